-- The foundation's tables. The same names stand in the other engine's folder; a change is made in both.
-- Times are microseconds of UTC, days are days since 1970-01-01, points are hundredths. Enumerations are texts with a CHECK, so that
-- a row can be read without the program. Names and free texts stand in rows of their own that can be deleted; the ledger holds ids only.

-- What this database is: the tenant, its time zone, whether a demo made it.
CREATE TABLE meta (
    key text PRIMARY KEY,
    value text NOT NULL
);

-- The tenant's tree of units.
CREATE TABLE units (
    id uuid PRIMARY KEY,
    parent_id uuid CONSTRAINT units_parent REFERENCES units (id),
    type text NOT NULL CONSTRAINT units_type CHECK (type IN ('district', 'town', 'community', 'village', 'grid', 'group', 'courtyard', 'estate')),
    setting text NOT NULL CONSTRAINT units_setting CHECK (setting IN ('urban', 'rural')),
    name text NOT NULL,
    -- The code that staff and imports know the unit by.
    code text NOT NULL CONSTRAINT units_code UNIQUE,
    version bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX units_by_parent ON units (parent_id, id);

-- Every unit with each of its ancestors and itself (depth 0 is the root): "in the subtree of" is one join.
CREATE TABLE unit_paths (
    unit_id uuid NOT NULL CONSTRAINT unit_paths_unit REFERENCES units (id),
    ancestor_id uuid NOT NULL CONSTRAINT unit_paths_ancestor REFERENCES units (id),
    depth integer NOT NULL,
    PRIMARY KEY (unit_id, ancestor_id)
);
CREATE INDEX unit_paths_by_ancestor ON unit_paths (ancestor_id, unit_id);

-- What a unit states of its policies; the rest is inherited.
CREATE TABLE policies (
    unit_id uuid PRIMARY KEY CONSTRAINT policies_unit REFERENCES units (id),
    part text NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE households (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL CONSTRAINT households_unit REFERENCES units (id),
    code text NOT NULL CONSTRAINT households_code UNIQUE,
    householder_id uuid,
    hidden boolean NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX households_by_unit ON households (unit_id, id);
-- The address is personal: deletable.
CREATE TABLE household_doors (
    household_id uuid PRIMARY KEY CONSTRAINT household_doors_household REFERENCES households (id),
    door text NOT NULL
);

CREATE TABLE residents (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL CONSTRAINT residents_unit REFERENCES units (id),
    household_id uuid CONSTRAINT residents_household REFERENCES households (id),
    code text CONSTRAINT residents_code UNIQUE,
    hidden boolean NOT NULL,
    state text NOT NULL CONSTRAINT residents_state CHECK (state IN ('active', 'left', 'erased')),
    version bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX residents_by_unit ON residents (unit_id, id);
CREATE INDEX residents_by_household ON residents (household_id, id);
-- The names are personal: deletable.
CREATE TABLE resident_names (
    resident_id uuid PRIMARY KEY CONSTRAINT resident_names_resident REFERENCES residents (id),
    name text NOT NULL,
    nickname text
);

-- A way to sign in: a WeChat openid, or a development name. Without a resident it is a guest.
CREATE TABLE identities (
    id uuid PRIMARY KEY,
    provider text NOT NULL CONSTRAINT identities_provider CHECK (provider IN ('wechat', 'dev')),
    subject text NOT NULL,
    resident_id uuid CONSTRAINT identities_resident UNIQUE CONSTRAINT identities_of_resident REFERENCES residents (id),
    nickname text,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT identities_subject UNIQUE (provider, subject)
);

CREATE TABLE join_requests (
    id uuid PRIMARY KEY,
    identity_id uuid NOT NULL CONSTRAINT join_requests_identity REFERENCES identities (id),
    unit_id uuid NOT NULL CONSTRAINT join_requests_unit REFERENCES units (id),
    name text NOT NULL,
    door text,
    note text,
    state text NOT NULL CONSTRAINT join_requests_state CHECK (state IN ('open', 'accepted', 'refused')),
    reason text,
    decided_by uuid,
    decided_at bigint,
    created_at bigint NOT NULL
);
-- A guest has one open request at a time.
CREATE UNIQUE INDEX join_requests_open ON join_requests (identity_id) WHERE state = 'open';
CREATE INDEX join_requests_by_unit ON join_requests (unit_id, state, id);
CREATE INDEX join_requests_by_identity ON join_requests (identity_id, id);

CREATE TABLE staff (
    id uuid PRIMARY KEY,
    login text NOT NULL CONSTRAINT staff_login UNIQUE,
    password_hash text NOT NULL,
    name text NOT NULL,
    -- The resident this person is, so that nobody decides on the own or the own household's matter.
    resident_id uuid CONSTRAINT staff_resident REFERENCES residents (id),
    disabled boolean NOT NULL,
    failures integer NOT NULL,
    locked_until bigint,
    version bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE staff_roles (
    id uuid PRIMARY KEY,
    staff_id uuid NOT NULL CONSTRAINT staff_roles_staff REFERENCES staff (id),
    unit_id uuid NOT NULL CONSTRAINT staff_roles_unit REFERENCES units (id),
    role text NOT NULL CONSTRAINT staff_roles_role CHECK (role IN ('secretary', 'grid_worker', 'assessor', 'supervisor', 'operations')),
    CONSTRAINT staff_roles_once UNIQUE (staff_id, unit_id, role)
);
CREATE INDEX staff_roles_by_unit ON staff_roles (unit_id, role);

-- A signed-in device. Only hashes of refresh tokens are kept: the one to be presented next, and the one before it.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    principal text NOT NULL CONSTRAINT sessions_principal CHECK (principal IN ('person', 'staff')),
    principal_id uuid NOT NULL,
    current_hash bytea NOT NULL,
    previous_hash bytea,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at bigint
);
CREATE INDEX sessions_by_principal ON sessions (principal_id, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- A request's key with what came of it: written in the transaction of the effect.
CREATE TABLE idempotency (
    principal uuid NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    outcome text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- What staff did: ids only, never changed, in the transaction of the act.
CREATE TABLE audit (
    id uuid PRIMARY KEY,
    at bigint NOT NULL,
    staff_id uuid,
    action text NOT NULL,
    object text NOT NULL,
    unit_id uuid,
    detail text NOT NULL,
    request_id text NOT NULL
);
CREATE INDEX audit_by_unit ON audit (unit_id, id);

-- Effects outside the database, done after the commit, with leases, safe to repeat.
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    payload text NOT NULL,
    due_at bigint NOT NULL,
    attempts integer NOT NULL,
    leased_until bigint,
    created_at bigint NOT NULL
);
CREATE INDEX outbox_due ON outbox (due_at);

-- Which process does a job that only one may do at a time.
CREATE TABLE leases (
    name text PRIMARY KEY,
    holder uuid NOT NULL,
    until bigint NOT NULL
);

-- The ledger ------------------------------------------------------------------------------------------------------------------

CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT accounts_kind CHECK (kind IN ('merit', 'redeemable')),
    holder text NOT NULL CONSTRAINT accounts_holder CHECK (holder IN ('resident', 'household', 'merchant', 'issuing', 'expiry', 'budget')),
    created_at bigint NOT NULL
);
-- Whose account it is: deletable, so that the ledger stays when a person goes. System accounts are owned by the nil id.
CREATE TABLE account_owners (
    account_id uuid PRIMARY KEY CONSTRAINT account_owners_account REFERENCES accounts (id),
    holder text NOT NULL,
    owner_id uuid NOT NULL,
    kind text NOT NULL,
    CONSTRAINT account_owners_once UNIQUE (owner_id, holder, kind)
);
-- Only accounts with a floor have a balance row. `pending` is what holds keep; `floor` NULL means that the balance may go below zero (merit).
CREATE TABLE balances (
    account_id uuid PRIMARY KEY CONSTRAINT balances_account REFERENCES accounts (id),
    posted bigint NOT NULL,
    pending bigint NOT NULL CONSTRAINT balances_pending CHECK (pending >= 0),
    floor bigint,
    version bigint NOT NULL,
    CONSTRAINT balances_floor CHECK (floor IS NULL OR posted - pending >= floor)
);

-- One row per business step: its key makes the step happen once, for ever.
CREATE TABLE transfer_groups (
    business_key text PRIMARY KEY,
    created_at bigint NOT NULL
);
CREATE TABLE transfers (
    id uuid PRIMARY KEY,
    business_key text NOT NULL CONSTRAINT transfers_group REFERENCES transfer_groups (business_key),
    kind text NOT NULL CONSTRAINT transfers_kind CHECK (kind IN ('merit', 'redeemable')),
    debit uuid NOT NULL CONSTRAINT transfers_debit REFERENCES accounts (id),
    credit uuid NOT NULL CONSTRAINT transfers_credit REFERENCES accounts (id),
    amount bigint NOT NULL CONSTRAINT transfers_amount CHECK (amount > 0 AND amount <= 1000000000),
    mode text NOT NULL CONSTRAINT transfers_mode CHECK (mode IN ('posted', 'pending', 'post', 'void')),
    reason text NOT NULL CONSTRAINT transfers_reason CHECK (reason IN ('award', 'deduction', 'redemption', 'reset', 'base_score', 'reversal')),
    -- The pending transfer that this one posts or voids.
    pending_id uuid CONSTRAINT transfers_pending REFERENCES transfers (id),
    -- The transfer that this one reverses.
    reverses uuid CONSTRAINT transfers_reversed REFERENCES transfers (id),
    unit_id uuid,
    household_id uuid,
    resident_id uuid,
    created_at bigint NOT NULL,
    CONSTRAINT transfers_apart CHECK (debit <> credit)
);
CREATE INDEX transfers_by_group ON transfers (business_key);
CREATE INDEX transfers_by_debit ON transfers (debit, id);
CREATE INDEX transfers_by_credit ON transfers (credit, id);
-- A transfer is reversed at most once, and a pending one settled at most once.
CREATE UNIQUE INDEX transfers_reversed_once ON transfers (reverses) WHERE reverses IS NOT NULL;
CREATE UNIQUE INDEX transfers_settled_once ON transfers (pending_id) WHERE pending_id IS NOT NULL;

-- Open pending transfers: the state changes once.
CREATE TABLE holds (
    transfer_id uuid PRIMARY KEY CONSTRAINT holds_transfer REFERENCES transfers (id),
    account_id uuid NOT NULL CONSTRAINT holds_account REFERENCES accounts (id),
    amount bigint NOT NULL,
    expires_at bigint NOT NULL,
    state text NOT NULL CONSTRAINT holds_state CHECK (state IN ('open', 'posted', 'voided', 'expired'))
);
CREATE INDEX holds_open ON holds (account_id, expires_at) WHERE state = 'open';
CREATE INDEX holds_due ON holds (expires_at) WHERE state = 'open';

-- What waits for its place in the log.
CREATE TABLE ledger_queue (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    entry text NOT NULL CONSTRAINT ledger_queue_entry CHECK (entry IN ('transfer', 'hide', 'show', 'erase')),
    transfer_id uuid,
    subject text,
    subject_id uuid
);
-- The log: gapless, in order, never changed. Boards, folded balances and proofs follow it and nothing else. `score` is the merit that
-- counts on boards, signed; unit, household and resident are those of the transfer.
CREATE TABLE ledger_log (
    seq bigint PRIMARY KEY,
    day integer NOT NULL,
    entry text NOT NULL CONSTRAINT ledger_log_entry CHECK (entry IN ('transfer', 'hide', 'show', 'erase')),
    transfer_id uuid CONSTRAINT ledger_log_once UNIQUE,
    subject text,
    subject_id uuid,
    unit_id uuid,
    household_id uuid,
    resident_id uuid,
    score bigint NOT NULL,
    at bigint NOT NULL
);
CREATE INDEX ledger_log_by_day ON ledger_log (day, seq);
-- The end of the log: one row, locked by whoever appends.
CREATE TABLE sequencer (
    id integer PRIMARY KEY CONSTRAINT sequencer_single CHECK (id = 1),
    seq bigint NOT NULL,
    day integer NOT NULL
);
INSERT INTO sequencer (id, seq, day) VALUES (1, 0, -1000000);
-- Balances of accounts that have no balance row: folded from the log by the sequencer.
CREATE TABLE folds (
    account_id uuid PRIMARY KEY CONSTRAINT folds_account REFERENCES accounts (id),
    balance bigint NOT NULL,
    seq bigint NOT NULL
);

-- Caps, limits, seats and quotas: used up under a guard.
CREATE TABLE counters (
    scope text NOT NULL,
    subject_id uuid NOT NULL,
    span text NOT NULL,
    start integer NOT NULL,
    used bigint NOT NULL CONSTRAINT counters_used CHECK (used >= 0),
    PRIMARY KEY (scope, subject_id, span, start)
);

-- Scores that boards are made from: merit by subject and smallest unit, of each day, month, year and of all time. Weeks and quarters
-- are sums of days and months. Follows the log by the cursor in `projections`.
CREATE TABLE board_scores (
    span text NOT NULL CONSTRAINT board_scores_span CHECK (span IN ('day', 'month', 'year', 'all')),
    start integer NOT NULL,
    subject text NOT NULL CONSTRAINT board_scores_subject CHECK (subject IN ('resident', 'household')),
    unit_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    score bigint NOT NULL,
    reached bigint NOT NULL,
    PRIMARY KEY (span, start, subject, unit_id, subject_id)
);
CREATE TABLE board_visibility (
    subject text NOT NULL,
    subject_id uuid NOT NULL,
    state text NOT NULL CONSTRAINT board_visibility_state CHECK (state IN ('hidden', 'erased')),
    PRIMARY KEY (subject, subject_id)
);
CREATE TABLE projections (
    name text PRIMARY KEY,
    seq bigint NOT NULL,
    day integer NOT NULL
);
INSERT INTO projections (name, seq, day) VALUES ('board_scores', 0, -1000000);

-- Rules and claims -------------------------------------------------------------------------------------------------------------

CREATE TABLE catalogues (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL CONSTRAINT catalogues_unit REFERENCES units (id),
    number integer NOT NULL,
    state text NOT NULL CONSTRAINT catalogues_state CHECK (state IN ('draft', 'adopted')),
    name_zh text NOT NULL,
    name_en text NOT NULL,
    source text,
    -- In force from this day until the day before the next version's; NULL while a draft.
    force_from integer,
    force_until integer,
    document text NOT NULL,
    created_by uuid,
    adopted_by uuid,
    created_at bigint NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT catalogues_number UNIQUE (unit_id, number)
);
CREATE INDEX catalogues_in_force ON catalogues (unit_id, force_from) WHERE state = 'adopted';
CREATE TABLE items (
    id uuid PRIMARY KEY,
    catalogue_id uuid NOT NULL CONSTRAINT items_catalogue REFERENCES catalogues (id),
    position integer NOT NULL,
    code text NOT NULL,
    body text NOT NULL,
    CONSTRAINT items_code UNIQUE (catalogue_id, code)
);

CREATE TABLE claims (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL CONSTRAINT claims_unit REFERENCES units (id),
    subject text NOT NULL CONSTRAINT claims_subject CHECK (subject IN ('resident', 'household')),
    resident_id uuid,
    household_id uuid,
    item_id uuid NOT NULL CONSTRAINT claims_item REFERENCES items (id),
    day_of_act integer NOT NULL,
    quantity bigint,
    cause text NOT NULL CONSTRAINT claims_cause CHECK (cause IN ('deed', 'staff_entry')),
    cause_id uuid NOT NULL,
    claimant_id uuid,
    entered_by uuid,
    proxy_id uuid,
    state text NOT NULL CONSTRAINT claims_state CHECK (state IN ('submitted', 'rejected', 'posted', 'reversed')),
    merit bigint,
    redeemable bigint,
    decided_by uuid,
    decided_at bigint,
    reversed_by uuid,
    reversed_at bigint,
    created_at bigint NOT NULL,
    version bigint NOT NULL,
    -- One cause is claimed once.
    CONSTRAINT claims_once UNIQUE (cause, cause_id)
);
CREATE INDEX claims_by_unit ON claims (unit_id, id);
CREATE INDEX claims_by_resident ON claims (resident_id, id);
CREATE INDEX claims_by_state ON claims (state, id);
-- Free texts of a claim: deletable.
CREATE TABLE claim_notes (
    claim_id uuid PRIMARY KEY CONSTRAINT claim_notes_claim REFERENCES claims (id),
    note text,
    reason text
);
-- What a posted claim took from counters: given back by a reversal.
CREATE TABLE claim_takes (
    claim_id uuid NOT NULL CONSTRAINT claim_takes_claim REFERENCES claims (id),
    scope text NOT NULL,
    subject_id uuid NOT NULL,
    span text NOT NULL,
    start integer NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (claim_id, scope, span)
);

-- Deeds and the desk -----------------------------------------------------------------------------------------------------------

CREATE TABLE deeds (
    id uuid PRIMARY KEY,
    identity_id uuid NOT NULL,
    resident_id uuid NOT NULL CONSTRAINT deeds_resident REFERENCES residents (id),
    household_id uuid,
    unit_id uuid NOT NULL CONSTRAINT deeds_unit REFERENCES units (id),
    section text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    day_of_act integer NOT NULL,
    item_id uuid CONSTRAINT deeds_item REFERENCES items (id),
    quantity bigint,
    state text NOT NULL CONSTRAINT deeds_state CHECK (state IN ('pending', 'published', 'rejected', 'taken_down')),
    reason text,
    like_count bigint NOT NULL,
    comment_count bigint NOT NULL,
    share_count bigint NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    published_at bigint
);
CREATE INDEX deeds_by_resident ON deeds (resident_id, id);
-- A published deed once per unit above it: the feed of any subtree is one index range.
CREATE TABLE deed_feed (
    unit_id uuid NOT NULL,
    deed_id uuid NOT NULL CONSTRAINT deed_feed_deed REFERENCES deeds (id),
    section text NOT NULL,
    published_at bigint NOT NULL,
    -- Likes as of the last refresh, for the popular order; at most a few seconds old.
    likes bigint NOT NULL,
    PRIMARY KEY (unit_id, deed_id)
);
CREATE INDEX deed_feed_latest ON deed_feed (unit_id, published_at, deed_id);
CREATE INDEX deed_feed_section_latest ON deed_feed (unit_id, section, published_at, deed_id);
CREATE INDEX deed_feed_popular ON deed_feed (unit_id, likes, deed_id);
CREATE INDEX deed_feed_section_popular ON deed_feed (unit_id, section, likes, deed_id);
CREATE INDEX deed_feed_by_deed ON deed_feed (deed_id);
-- Deeds whose likes changed since the last refresh.
CREATE TABLE deed_feed_dirty (
    deed_id uuid PRIMARY KEY
);

CREATE TABLE likes (
    deed_id uuid NOT NULL CONSTRAINT likes_deed REFERENCES deeds (id),
    identity_id uuid NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (deed_id, identity_id)
);
CREATE TABLE shares (
    deed_id uuid NOT NULL CONSTRAINT shares_deed REFERENCES deeds (id),
    identity_id uuid NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (deed_id, identity_id)
);

CREATE TABLE pictures (
    id uuid PRIMARY KEY,
    identity_id uuid NOT NULL,
    -- SHA-256 of the stored JPEG, in hex: the name in the picture store.
    hash text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    bytes bigint NOT NULL,
    deed_id uuid CONSTRAINT pictures_deed REFERENCES deeds (id),
    position integer,
    created_at bigint NOT NULL
);
CREATE INDEX pictures_by_deed ON pictures (deed_id, position);
CREATE INDEX pictures_by_hash ON pictures (hash);
CREATE INDEX pictures_unattached ON pictures (created_at) WHERE deed_id IS NULL;

CREATE TABLE comments (
    id uuid PRIMARY KEY,
    deed_id uuid NOT NULL CONSTRAINT comments_deed REFERENCES deeds (id),
    identity_id uuid NOT NULL,
    resident_id uuid NOT NULL,
    body text NOT NULL,
    state text NOT NULL CONSTRAINT comments_state CHECK (state IN ('pending', 'published', 'rejected', 'removed')),
    reason text,
    created_at bigint NOT NULL
);
CREATE INDEX comments_by_deed ON comments (deed_id, state, id);

CREATE TABLE reports (
    id uuid PRIMARY KEY,
    deed_id uuid NOT NULL CONSTRAINT reports_deed REFERENCES deeds (id),
    identity_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    cause text NOT NULL,
    note text,
    state text NOT NULL CONSTRAINT reports_state CHECK (state IN ('open', 'upheld', 'dismissed')),
    decided_by uuid,
    decided_at bigint,
    created_at bigint NOT NULL,
    -- One person reports one deed once.
    CONSTRAINT reports_once UNIQUE (deed_id, identity_id)
);
CREATE INDEX reports_by_unit ON reports (unit_id, state, id);

-- The desk's queue. A claimed review stays with who claimed it until the lease ends.
CREATE TABLE reviews (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT reviews_kind CHECK (kind IN ('deed', 'comment', 'claim')),
    object_id uuid NOT NULL,
    unit_id uuid NOT NULL CONSTRAINT reviews_unit REFERENCES units (id),
    state text NOT NULL CONSTRAINT reviews_state CHECK (state IN ('open', 'decided', 'withdrawn')),
    claimed_by uuid,
    lease_until bigint,
    decided_by uuid,
    decided_at bigint,
    created_at bigint NOT NULL,
    CONSTRAINT reviews_once UNIQUE (kind, object_id)
);
CREATE INDEX reviews_by_unit ON reviews (unit_id, state, id);

-- Imports ----------------------------------------------------------------------------------------------------------------------

CREATE TABLE imports (
    id uuid PRIMARY KEY,
    unit_id uuid NOT NULL CONSTRAINT imports_unit REFERENCES units (id),
    state text NOT NULL CONSTRAINT imports_state CHECK (state IN ('faulty', 'ready', 'applied')),
    rows_total integer NOT NULL,
    rows_faulty integer NOT NULL,
    rows_created integer NOT NULL,
    rows_updated integer NOT NULL,
    created_by uuid,
    created_at bigint NOT NULL,
    applied_at bigint
);
CREATE TABLE import_rows (
    import_id uuid NOT NULL CONSTRAINT import_rows_import REFERENCES imports (id),
    line integer NOT NULL,
    entity text NOT NULL,
    data text NOT NULL,
    effect text NOT NULL CONSTRAINT import_rows_effect CHECK (effect IN ('create', 'update', 'same', 'fault')),
    fault_code text,
    fault_zh text,
    fault_en text,
    PRIMARY KEY (import_id, line)
);

-- What may never change: transfers, their groups, the log, the audit. The trigger only raises.
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER transfers_append_only BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER transfer_groups_append_only BEFORE UPDATE OR DELETE ON transfer_groups FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER ledger_log_append_only BEFORE UPDATE OR DELETE ON ledger_log FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION append_only();
-- A row's trigger is not asked when the whole table is emptied at once.
CREATE TRIGGER transfers_no_truncate BEFORE TRUNCATE ON transfers FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER transfer_groups_no_truncate BEFORE TRUNCATE ON transfer_groups FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER ledger_log_no_truncate BEFORE TRUNCATE ON ledger_log FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION append_only();
