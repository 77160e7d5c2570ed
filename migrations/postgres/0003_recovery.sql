-- A person's recovery key, at most one. The key is only on the person's paper; here is its SHA-256.
CREATE TABLE recovery (
    person TEXT PRIMARY KEY REFERENCES people,
    hash BYTEA NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    used BIGINT
);
