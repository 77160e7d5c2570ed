-- What the relay keeps. Ids are text (26 characters), times are milliseconds since 1970.

-- One row: which life of this database it is. Changes when it was restored from a backup.
CREATE TABLE relay (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL
);

CREATE TABLE people (
    person TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created BIGINT NOT NULL
);

-- SHA-256 of the tokens; the tokens themselves are nowhere.
CREATE TABLE credentials (
    hash BYTEA PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people,
    created BIGINT NOT NULL
);
CREATE INDEX credentials_person ON credentials (person);

CREATE TABLE devices (
    device TEXT PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people,
    created BIGINT NOT NULL
);
CREATE INDEX devices_person ON devices (person);

-- `head` is the log's; `state` has folded the events up to `state_seq`, in the way of `fold_version`.
CREATE TABLE spaces (
    space TEXT PRIMARY KEY,
    creator TEXT NOT NULL REFERENCES people,
    name TEXT NOT NULL,
    head BIGINT NOT NULL,
    state TEXT NOT NULL,
    state_seq BIGINT NOT NULL,
    fold_version BIGINT NOT NULL,
    streams BIGINT NOT NULL,
    deleted BOOLEAN NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX spaces_streams ON spaces (space) WHERE streams > 0;

-- Envelopes. `device` and `n` are absent in events that the relay wrote.
CREATE TABLE events (
    space TEXT NOT NULL REFERENCES spaces,
    seq BIGINT NOT NULL,
    member TEXT NOT NULL,
    device TEXT,
    n BIGINT,
    time BIGINT NOT NULL,
    class TEXT NOT NULL,
    PRIMARY KEY (space, seq)
);

-- What events say; a row that is gone is a payload that was erased.
CREATE TABLE payloads (
    space TEXT NOT NULL,
    seq BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (space, seq)
);

-- Every op that was decided: its place, or the code of its refusal.
CREATE TABLE ops (
    space TEXT NOT NULL REFERENCES spaces,
    device TEXT NOT NULL,
    n BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    seq BIGINT,
    code TEXT,
    PRIMARY KEY (space, device, n),
    CHECK ((seq IS NULL) <> (code IS NULL))
);

-- Everyone who ever was a member. `status` is active, left or removed.
CREATE TABLE members (
    space TEXT NOT NULL REFERENCES spaces,
    person TEXT NOT NULL REFERENCES people,
    member TEXT NOT NULL,
    role TEXT NOT NULL,
    since BIGINT NOT NULL,
    status TEXT NOT NULL,
    PRIMARY KEY (space, person),
    UNIQUE (space, member)
);
CREATE INDEX members_person ON members (person);

CREATE TABLE messages (
    space TEXT NOT NULL REFERENCES spaces,
    message TEXT NOT NULL,
    seq BIGINT NOT NULL,
    member TEXT NOT NULL,
    time BIGINT NOT NULL,
    text TEXT NOT NULL,
    edited BOOLEAN NOT NULL,
    deleted BOOLEAN NOT NULL,
    PRIMARY KEY (space, message)
);
CREATE UNIQUE INDEX messages_seq ON messages (space, seq);

CREATE TABLE tabs (
    space TEXT NOT NULL REFERENCES spaces,
    tab TEXT NOT NULL,
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    favicon TEXT,
    pinned BOOLEAN NOT NULL,
    tab_group TEXT,
    position TEXT NOT NULL,
    PRIMARY KEY (space, tab)
);

-- Links. The secret is only in the link; here is its SHA-256.
CREATE TABLE invites (
    invite TEXT PRIMARY KEY,
    space TEXT NOT NULL REFERENCES spaces,
    hash BYTEA NOT NULL UNIQUE,
    role TEXT NOT NULL,
    member TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    uses BIGINT NOT NULL,
    revoked BOOLEAN NOT NULL
);
CREATE INDEX invites_space ON invites (space);

CREATE TABLE favicons (
    space TEXT NOT NULL REFERENCES spaces,
    hash TEXT NOT NULL,
    png BYTEA NOT NULL,
    PRIMARY KEY (space, hash)
);
