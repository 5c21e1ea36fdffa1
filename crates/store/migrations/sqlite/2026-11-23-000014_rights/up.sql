-- The rights of a person over the own data: what was agreed to, copies of it, corrections, and the deletion of the account.

-- What a person said about a purpose, in order: it is added to and never changed, and goes with the account. The texts come with the program.
CREATE TABLE consents (
    id BLOB PRIMARY KEY,
    identity_id BLOB NOT NULL CONSTRAINT consents_identity REFERENCES identities (id),
    purpose TEXT NOT NULL CONSTRAINT consents_purpose CHECK (purpose IN ('service', 'public_posts', 'wechat_messages', 'phone')),
    -- Which version of the text.
    version INTEGER NOT NULL,
    -- Given, or withdrawn.
    given INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX consents_by_identity ON consents (identity_id, purpose, at, id);

-- Copies of the own data. The file lies beside the pictures, under the row's id.
CREATE TABLE exports (
    id BLOB PRIMARY KEY,
    identity_id BLOB NOT NULL CONSTRAINT exports_identity REFERENCES identities (id),
    state TEXT NOT NULL CONSTRAINT exports_state CHECK (state IN ('asked', 'ready', 'failed', 'expired')),
    bytes INTEGER,
    created_at INTEGER NOT NULL,
    ready_at INTEGER,
    expires_at INTEGER
) STRICT;
-- One is made at a time.
CREATE UNIQUE INDEX exports_one ON exports (identity_id) WHERE state = 'asked';
CREATE INDEX exports_by_identity ON exports (identity_id, id);
CREATE INDEX exports_due ON exports (expires_at) WHERE state = 'ready';
CREATE INDEX exports_by_age ON exports (created_at);

-- What a resident wants to have corrected in the own record; the desk makes the change and decides.
CREATE TABLE corrections (
    id BLOB PRIMARY KEY,
    resident_id BLOB NOT NULL CONSTRAINT corrections_resident REFERENCES residents (id),
    unit_id BLOB NOT NULL CONSTRAINT corrections_unit REFERENCES units (id),
    field TEXT NOT NULL CONSTRAINT corrections_field CHECK (field IN ('name', 'born', 'household', 'unit', 'other')),
    wanted TEXT NOT NULL,
    note TEXT,
    state TEXT NOT NULL CONSTRAINT corrections_state CHECK (state IN ('open', 'done', 'refused')),
    reason TEXT,
    decided_by BLOB,
    decided_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
-- Of each field one wish waits.
CREATE UNIQUE INDEX corrections_open ON corrections (resident_id, field) WHERE state = 'open';
CREATE INDEX corrections_by_resident ON corrections (resident_id, id);
CREATE INDEX corrections_by_unit ON corrections (unit_id, state, id);

-- Deletions of accounts. A row holds ids only and stays: it is what proves that the deletion happened, and how far it has come.
CREATE TABLE deletions (
    id BLOB PRIMARY KEY,
    -- Of whom: by then ids that lead to nothing.
    identity_id BLOB NOT NULL,
    resident_id BLOB,
    posts TEXT NOT NULL CONSTRAINT deletions_posts CHECK (posts IN ('anonymous', 'remove')),
    why TEXT NOT NULL CONSTRAINT deletions_why CHECK (why IN ('wish', 'wechat')),
    state TEXT NOT NULL CONSTRAINT deletions_state CHECK (state IN ('waiting', 'running', 'done', 'cancelled')),
    -- The next of the steps.
    step INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    done_at INTEGER,
    -- When the places were overwritten in which the deleted rows had lain.
    cleansed_at INTEGER
) STRICT;
-- One at a time.
CREATE UNIQUE INDEX deletions_one ON deletions (identity_id) WHERE state IN ('waiting', 'running');
CREATE INDEX deletions_to_cleanse ON deletions (done_at) WHERE state = 'done' AND cleansed_at IS NULL;

-- The residents that somebody was before: who leaves one unit and joins another is the same person, and is forgotten as a whole.
CREATE TABLE former_residents (
    identity_id BLOB NOT NULL CONSTRAINT former_residents_identity REFERENCES identities (id),
    resident_id BLOB NOT NULL CONSTRAINT former_residents_resident REFERENCES residents (id),
    PRIMARY KEY (identity_id, resident_id)
) STRICT, WITHOUT ROWID;

-- What somebody wrote, reported, shared and uploaded is found when the person asks for it or is forgotten.
CREATE INDEX comments_by_resident ON comments (resident_id, id);
CREATE INDEX reports_by_identity ON reports (identity_id, id);
CREATE INDEX shares_by_identity ON shares (identity_id, deed_id);
CREATE INDEX pictures_by_owner ON pictures (identity_id, id);

CREATE TRIGGER consents_no_update BEFORE UPDATE ON consents BEGIN SELECT RAISE(ABORT, 'consents is added to and not changed'); END;

-- What a deleted account could still spend goes to the expiry account, for a reason of its own. Only the CHECK changes and no row: SQLite's
-- own recipe for that is to write the new text of the table.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''base_score'', ''reversal''', '''base_score'', ''reversal'', ''erasure''')
    WHERE type = 'table' AND name = 'transfers';
PRAGMA writable_schema = RESET;
