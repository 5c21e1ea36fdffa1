-- The inbox of a resident, a guest, a clerk or a member of staff: what happened to their matters. An entry holds ids and amounts; the
-- sentence is made when it is read, in the reader's language.
CREATE TABLE inbox (
    id BLOB PRIMARY KEY,
    -- A resident, an identity without one, a clerk, or a staff account.
    owner_id BLOB NOT NULL,
    owner TEXT NOT NULL CONSTRAINT inbox_owner CHECK (owner IN ('resident', 'identity', 'clerk', 'staff')),
    kind TEXT NOT NULL,
    -- The id of the matter, in its text form.
    object TEXT NOT NULL,
    detail TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    read_at INTEGER
) STRICT;
CREATE INDEX inbox_by_owner ON inbox (owner_id, id);
CREATE INDEX inbox_unread ON inbox (owner_id, id) WHERE read_at IS NULL;
CREATE INDEX inbox_by_age ON inbox (created_at);
-- Kinds that the owner does not want.
CREATE TABLE inbox_switches (
    owner_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (owner_id, kind)
) STRICT, WITHOUT ROWID;
