-- The inbox of a resident, a guest, a clerk or a member of staff: what happened to their matters. An entry holds ids and amounts; the
-- sentence is made when it is read, in the reader's language.
CREATE TABLE inbox (
    id uuid PRIMARY KEY,
    -- A resident, an identity without one, a clerk, or a staff account.
    owner_id uuid NOT NULL,
    owner text NOT NULL CONSTRAINT inbox_owner CHECK (owner IN ('resident', 'identity', 'clerk', 'staff')),
    kind text NOT NULL,
    -- The id of the matter, in its text form.
    object text NOT NULL,
    detail text NOT NULL,
    created_at bigint NOT NULL,
    read_at bigint
);
CREATE INDEX inbox_by_owner ON inbox (owner_id, id);
CREATE INDEX inbox_unread ON inbox (owner_id, id) WHERE read_at IS NULL;
CREATE INDEX inbox_by_age ON inbox (created_at);
-- Kinds that the owner does not want.
CREATE TABLE inbox_switches (
    owner_id uuid NOT NULL,
    kind text NOT NULL,
    PRIMARY KEY (owner_id, kind)
);
