-- A space's snapshot stands apart from its row: the row changes with every op, and would be written whole.
-- `state` has folded the events up to `seq`, in the way of `fold_version`.
CREATE TABLE snapshots (
    space TEXT PRIMARY KEY REFERENCES spaces,
    seq BIGINT NOT NULL,
    fold_version BIGINT NOT NULL,
    state TEXT NOT NULL
);
INSERT INTO snapshots (space, seq, fold_version, state)
    SELECT space, state_seq, fold_version, state FROM spaces WHERE state_seq > 0;
ALTER TABLE spaces DROP COLUMN state;
ALTER TABLE spaces DROP COLUMN state_seq;
ALTER TABLE spaces DROP COLUMN fold_version;
