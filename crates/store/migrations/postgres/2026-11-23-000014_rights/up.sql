-- The rights of a person over the own data: what was agreed to, copies of it, corrections, and the deletion of the account.

-- What a person said about a purpose, in order: it is added to and never changed, and goes with the account. The texts come with the program.
CREATE TABLE consents (
    id uuid PRIMARY KEY,
    identity_id uuid NOT NULL CONSTRAINT consents_identity REFERENCES identities (id),
    purpose text NOT NULL CONSTRAINT consents_purpose CHECK (purpose IN ('service', 'public_posts', 'wechat_messages', 'phone')),
    -- Which version of the text.
    version integer NOT NULL,
    -- Given, or withdrawn.
    given boolean NOT NULL,
    at bigint NOT NULL
);
CREATE INDEX consents_by_identity ON consents (identity_id, purpose, at, id);

-- Copies of the own data. The file lies beside the pictures, under the row's id.
CREATE TABLE exports (
    id uuid PRIMARY KEY,
    identity_id uuid NOT NULL CONSTRAINT exports_identity REFERENCES identities (id),
    state text NOT NULL CONSTRAINT exports_state CHECK (state IN ('asked', 'ready', 'failed', 'expired')),
    bytes bigint,
    created_at bigint NOT NULL,
    ready_at bigint,
    expires_at bigint
);
-- One is made at a time.
CREATE UNIQUE INDEX exports_one ON exports (identity_id) WHERE state = 'asked';
CREATE INDEX exports_by_identity ON exports (identity_id, id);
CREATE INDEX exports_due ON exports (expires_at) WHERE state = 'ready';
CREATE INDEX exports_by_age ON exports (created_at);

-- What a resident wants to have corrected in the own record; the desk makes the change and decides.
CREATE TABLE corrections (
    id uuid PRIMARY KEY,
    resident_id uuid NOT NULL CONSTRAINT corrections_resident REFERENCES residents (id),
    unit_id uuid NOT NULL CONSTRAINT corrections_unit REFERENCES units (id),
    field text NOT NULL CONSTRAINT corrections_field CHECK (field IN ('name', 'born', 'household', 'unit', 'other')),
    wanted text NOT NULL,
    note text,
    state text NOT NULL CONSTRAINT corrections_state CHECK (state IN ('open', 'done', 'refused')),
    reason text,
    decided_by uuid,
    decided_at bigint,
    created_at bigint NOT NULL
);
-- Of each field one wish waits.
CREATE UNIQUE INDEX corrections_open ON corrections (resident_id, field) WHERE state = 'open';
CREATE INDEX corrections_by_resident ON corrections (resident_id, id);
CREATE INDEX corrections_by_unit ON corrections (unit_id, state, id);

-- Deletions of accounts. A row holds ids only and stays: it is what proves that the deletion happened, and how far it has come.
CREATE TABLE deletions (
    id uuid PRIMARY KEY,
    -- Of whom: by then ids that lead to nothing.
    identity_id uuid NOT NULL,
    resident_id uuid,
    posts text NOT NULL CONSTRAINT deletions_posts CHECK (posts IN ('anonymous', 'remove')),
    why text NOT NULL CONSTRAINT deletions_why CHECK (why IN ('wish', 'wechat')),
    state text NOT NULL CONSTRAINT deletions_state CHECK (state IN ('waiting', 'running', 'done', 'cancelled')),
    -- The next of the steps.
    step integer NOT NULL,
    asked_at bigint NOT NULL,
    due_at bigint NOT NULL,
    done_at bigint,
    -- When the places were overwritten in which the deleted rows had lain.
    cleansed_at bigint
);
-- One at a time.
CREATE UNIQUE INDEX deletions_one ON deletions (identity_id) WHERE state IN ('waiting', 'running');
CREATE INDEX deletions_to_cleanse ON deletions (done_at) WHERE state = 'done' AND cleansed_at IS NULL;

-- The residents that somebody was before: who leaves one unit and joins another is the same person, and is forgotten as a whole.
CREATE TABLE former_residents (
    identity_id uuid NOT NULL CONSTRAINT former_residents_identity REFERENCES identities (id),
    resident_id uuid NOT NULL CONSTRAINT former_residents_resident REFERENCES residents (id),
    PRIMARY KEY (identity_id, resident_id)
);

-- What somebody wrote, reported, shared and uploaded is found when the person asks for it or is forgotten.
CREATE INDEX comments_by_resident ON comments (resident_id, id);
CREATE INDEX reports_by_identity ON reports (identity_id, id);
CREATE INDEX shares_by_identity ON shares (identity_id, deed_id);
CREATE INDEX pictures_by_owner ON pictures (identity_id, id);

CREATE FUNCTION consents_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'consents is added to and not changed';
END
$$;
CREATE TRIGGER consents_no_update BEFORE UPDATE ON consents FOR EACH ROW EXECUTE FUNCTION consents_stand();

-- What a deleted account could still spend goes to the expiry account, for a reason of its own. The rows that are there satisfy the former
-- rule, which is narrower: they are not read again.
ALTER TABLE transfers DROP CONSTRAINT transfers_reason;
ALTER TABLE transfers ADD CONSTRAINT transfers_reason
    CHECK (reason IN ('award', 'deduction', 'redemption', 'reset', 'base_score', 'reversal', 'erasure')) NOT VALID;

-- The planner keeps samples of what stands in columns, and they would outlive the rows. Nothing is planned by what people write: these
-- columns are read, or found by a unique key.
ALTER TABLE resident_names ALTER COLUMN name SET STATISTICS 0, ALTER COLUMN nickname SET STATISTICS 0, ALTER COLUMN masked_name SET STATISTICS 0;
ALTER TABLE resident_births ALTER COLUMN born SET STATISTICS 0;
ALTER TABLE residents ALTER COLUMN code SET STATISTICS 0;
ALTER TABLE household_doors ALTER COLUMN door SET STATISTICS 0;
ALTER TABLE identities ALTER COLUMN subject SET STATISTICS 0, ALTER COLUMN nickname SET STATISTICS 0;
ALTER TABLE join_requests ALTER COLUMN name SET STATISTICS 0, ALTER COLUMN door SET STATISTICS 0, ALTER COLUMN note SET STATISTICS 0,
    ALTER COLUMN reason SET STATISTICS 0;
ALTER TABLE corrections ALTER COLUMN wanted SET STATISTICS 0, ALTER COLUMN note SET STATISTICS 0, ALTER COLUMN reason SET STATISTICS 0;
ALTER TABLE deeds ALTER COLUMN title SET STATISTICS 0, ALTER COLUMN body SET STATISTICS 0, ALTER COLUMN reason SET STATISTICS 0;
ALTER TABLE comments ALTER COLUMN body SET STATISTICS 0, ALTER COLUMN reason SET STATISTICS 0;
ALTER TABLE reports ALTER COLUMN note SET STATISTICS 0;
ALTER TABLE claim_notes ALTER COLUMN note SET STATISTICS 0, ALTER COLUMN reason SET STATISTICS 0;
ALTER TABLE redemption_notes ALTER COLUMN note SET STATISTICS 0;
ALTER TABLE import_rows ALTER COLUMN data SET STATISTICS 0;
ALTER TABLE idempotency ALTER COLUMN key SET STATISTICS 0, ALTER COLUMN outcome SET STATISTICS 0;
ALTER TABLE clerks ALTER COLUMN subject SET STATISTICS 0, ALTER COLUMN name SET STATISTICS 0, ALTER COLUMN login SET STATISTICS 0;
ALTER TABLE nickname_proposals ALTER COLUMN nickname SET STATISTICS 0, ALTER COLUMN reason SET STATISTICS 0;
ALTER TABLE pushes ALTER COLUMN body SET STATISTICS 0, ALTER COLUMN sender SET STATISTICS 0;
