-- The foundation's tables. The same names stand in the other engine's folder; a change is made in both.
-- Times are microseconds of UTC, days are days since 1970-01-01, points are hundredths. Enumerations are texts with a CHECK, so that
-- a row can be read without the program. Names and free texts stand in rows of their own that can be deleted; the ledger holds ids only.

-- What this database is: the tenant, its time zone, whether a demo made it.
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- The tenant's tree of units.
CREATE TABLE units (
    id BLOB PRIMARY KEY,
    parent_id BLOB CONSTRAINT units_parent REFERENCES units (id),
    type TEXT NOT NULL CONSTRAINT units_type CHECK (type IN ('district', 'town', 'community', 'village', 'grid', 'group', 'courtyard', 'estate')),
    setting TEXT NOT NULL CONSTRAINT units_setting CHECK (setting IN ('urban', 'rural')),
    name TEXT NOT NULL,
    -- The code that staff and imports know the unit by.
    code TEXT NOT NULL CONSTRAINT units_code UNIQUE,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX units_by_parent ON units (parent_id, id);

-- Every unit with each of its ancestors and itself (depth 0 is the root): "in the subtree of" is one join.
CREATE TABLE unit_paths (
    unit_id BLOB NOT NULL CONSTRAINT unit_paths_unit REFERENCES units (id),
    ancestor_id BLOB NOT NULL CONSTRAINT unit_paths_ancestor REFERENCES units (id),
    depth INTEGER NOT NULL,
    PRIMARY KEY (unit_id, ancestor_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX unit_paths_by_ancestor ON unit_paths (ancestor_id, unit_id);

-- What a unit states of its policies; the rest is inherited.
CREATE TABLE policies (
    unit_id BLOB PRIMARY KEY CONSTRAINT policies_unit REFERENCES units (id),
    part TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE households (
    id BLOB PRIMARY KEY,
    unit_id BLOB NOT NULL CONSTRAINT households_unit REFERENCES units (id),
    code TEXT NOT NULL CONSTRAINT households_code UNIQUE,
    householder_id BLOB,
    hidden INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX households_by_unit ON households (unit_id, id);
-- The address is personal: deletable.
CREATE TABLE household_doors (
    household_id BLOB PRIMARY KEY CONSTRAINT household_doors_household REFERENCES households (id),
    door TEXT NOT NULL
) STRICT;

CREATE TABLE residents (
    id BLOB PRIMARY KEY,
    unit_id BLOB NOT NULL CONSTRAINT residents_unit REFERENCES units (id),
    household_id BLOB CONSTRAINT residents_household REFERENCES households (id),
    code TEXT CONSTRAINT residents_code UNIQUE,
    hidden INTEGER NOT NULL,
    state TEXT NOT NULL CONSTRAINT residents_state CHECK (state IN ('active', 'left', 'erased')),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX residents_by_unit ON residents (unit_id, id);
CREATE INDEX residents_by_household ON residents (household_id, id);
-- The names are personal: deletable.
CREATE TABLE resident_names (
    resident_id BLOB PRIMARY KEY CONSTRAINT resident_names_resident REFERENCES residents (id),
    name TEXT NOT NULL,
    nickname TEXT
) STRICT;

-- A way to sign in: a WeChat openid, or a development name. Without a resident it is a guest.
CREATE TABLE identities (
    id BLOB PRIMARY KEY,
    provider TEXT NOT NULL CONSTRAINT identities_provider CHECK (provider IN ('wechat', 'dev')),
    subject TEXT NOT NULL,
    resident_id BLOB CONSTRAINT identities_resident UNIQUE CONSTRAINT identities_of_resident REFERENCES residents (id),
    nickname TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT identities_subject UNIQUE (provider, subject)
) STRICT;

CREATE TABLE join_requests (
    id BLOB PRIMARY KEY,
    identity_id BLOB NOT NULL CONSTRAINT join_requests_identity REFERENCES identities (id),
    unit_id BLOB NOT NULL CONSTRAINT join_requests_unit REFERENCES units (id),
    name TEXT NOT NULL,
    door TEXT,
    note TEXT,
    state TEXT NOT NULL CONSTRAINT join_requests_state CHECK (state IN ('open', 'accepted', 'refused')),
    reason TEXT,
    decided_by BLOB,
    decided_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
-- A guest has one open request at a time.
CREATE UNIQUE INDEX join_requests_open ON join_requests (identity_id) WHERE state = 'open';
CREATE INDEX join_requests_by_unit ON join_requests (unit_id, state, id);
CREATE INDEX join_requests_by_identity ON join_requests (identity_id, id);

CREATE TABLE staff (
    id BLOB PRIMARY KEY,
    login TEXT NOT NULL CONSTRAINT staff_login UNIQUE,
    password_hash TEXT NOT NULL,
    name TEXT NOT NULL,
    -- The resident this person is, so that nobody decides on the own or the own household's matter.
    resident_id BLOB CONSTRAINT staff_resident REFERENCES residents (id),
    disabled INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    locked_until INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE staff_roles (
    id BLOB PRIMARY KEY,
    staff_id BLOB NOT NULL CONSTRAINT staff_roles_staff REFERENCES staff (id),
    unit_id BLOB NOT NULL CONSTRAINT staff_roles_unit REFERENCES units (id),
    role TEXT NOT NULL CONSTRAINT staff_roles_role CHECK (role IN ('secretary', 'grid_worker', 'assessor', 'supervisor', 'operations')),
    CONSTRAINT staff_roles_once UNIQUE (staff_id, unit_id, role)
) STRICT;
CREATE INDEX staff_roles_by_unit ON staff_roles (unit_id, role);

-- A signed-in device. Only hashes of refresh tokens are kept: the one to be presented next, and the one before it.
CREATE TABLE sessions (
    id BLOB PRIMARY KEY,
    principal TEXT NOT NULL CONSTRAINT sessions_principal CHECK (principal IN ('person', 'staff')),
    principal_id BLOB NOT NULL,
    current_hash BLOB NOT NULL,
    previous_hash BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX sessions_by_principal ON sessions (principal_id, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- A request's key with what came of it: written in the transaction of the effect.
CREATE TABLE idempotency (
    principal BLOB NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    outcome TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (principal, key)
) STRICT;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- What staff did: ids only, never changed, in the transaction of the act.
CREATE TABLE audit (
    id BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    staff_id BLOB,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    unit_id BLOB,
    detail TEXT NOT NULL,
    request_id TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_unit ON audit (unit_id, id);

-- Effects outside the database, done after the commit, with leases, safe to repeat.
CREATE TABLE outbox (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    leased_until INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at);

-- Which process does a job that only one may do at a time.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder BLOB NOT NULL,
    until INTEGER NOT NULL
) STRICT;

-- The ledger ------------------------------------------------------------------------------------------------------------------

CREATE TABLE accounts (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL CONSTRAINT accounts_kind CHECK (kind IN ('merit', 'redeemable')),
    holder TEXT NOT NULL CONSTRAINT accounts_holder CHECK (holder IN ('resident', 'household', 'merchant', 'issuing', 'expiry', 'budget')),
    created_at INTEGER NOT NULL
) STRICT;
-- Whose account it is: deletable, so that the ledger stays when a person goes. System accounts are owned by the nil id.
CREATE TABLE account_owners (
    account_id BLOB PRIMARY KEY CONSTRAINT account_owners_account REFERENCES accounts (id),
    holder TEXT NOT NULL,
    owner_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    CONSTRAINT account_owners_once UNIQUE (owner_id, holder, kind)
) STRICT;
-- Only accounts with a floor have a balance row. `pending` is what holds keep; `floor` NULL means that the balance may go below zero (merit).
CREATE TABLE balances (
    account_id BLOB PRIMARY KEY CONSTRAINT balances_account REFERENCES accounts (id),
    posted INTEGER NOT NULL,
    pending INTEGER NOT NULL CONSTRAINT balances_pending CHECK (pending >= 0),
    floor INTEGER,
    version INTEGER NOT NULL,
    CONSTRAINT balances_floor CHECK (floor IS NULL OR posted - pending >= floor)
) STRICT;

-- One row per business step: its key makes the step happen once, for ever.
CREATE TABLE transfer_groups (
    business_key TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE transfers (
    id BLOB PRIMARY KEY,
    business_key TEXT NOT NULL CONSTRAINT transfers_group REFERENCES transfer_groups (business_key),
    kind TEXT NOT NULL CONSTRAINT transfers_kind CHECK (kind IN ('merit', 'redeemable')),
    debit BLOB NOT NULL CONSTRAINT transfers_debit REFERENCES accounts (id),
    credit BLOB NOT NULL CONSTRAINT transfers_credit REFERENCES accounts (id),
    amount INTEGER NOT NULL CONSTRAINT transfers_amount CHECK (amount > 0 AND amount <= 1000000000),
    mode TEXT NOT NULL CONSTRAINT transfers_mode CHECK (mode IN ('posted', 'pending', 'post', 'void')),
    reason TEXT NOT NULL CONSTRAINT transfers_reason CHECK (reason IN ('award', 'deduction', 'redemption', 'reset', 'base_score', 'reversal')),
    -- The pending transfer that this one posts or voids.
    pending_id BLOB CONSTRAINT transfers_pending REFERENCES transfers (id),
    -- The transfer that this one reverses.
    reverses BLOB CONSTRAINT transfers_reversed REFERENCES transfers (id),
    unit_id BLOB,
    household_id BLOB,
    resident_id BLOB,
    created_at INTEGER NOT NULL,
    CONSTRAINT transfers_apart CHECK (debit <> credit)
) STRICT;
CREATE INDEX transfers_by_group ON transfers (business_key);
CREATE INDEX transfers_by_debit ON transfers (debit, id);
CREATE INDEX transfers_by_credit ON transfers (credit, id);
-- A transfer is reversed at most once, and a pending one settled at most once.
CREATE UNIQUE INDEX transfers_reversed_once ON transfers (reverses) WHERE reverses IS NOT NULL;
CREATE UNIQUE INDEX transfers_settled_once ON transfers (pending_id) WHERE pending_id IS NOT NULL;

-- Open pending transfers: the state changes once.
CREATE TABLE holds (
    transfer_id BLOB PRIMARY KEY CONSTRAINT holds_transfer REFERENCES transfers (id),
    account_id BLOB NOT NULL CONSTRAINT holds_account REFERENCES accounts (id),
    amount INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL CONSTRAINT holds_state CHECK (state IN ('open', 'posted', 'voided', 'expired'))
) STRICT;
CREATE INDEX holds_open ON holds (account_id, expires_at) WHERE state = 'open';
CREATE INDEX holds_due ON holds (expires_at) WHERE state = 'open';

-- What waits for its place in the log.
CREATE TABLE ledger_queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    entry TEXT NOT NULL CONSTRAINT ledger_queue_entry CHECK (entry IN ('transfer', 'hide', 'show', 'erase')),
    transfer_id BLOB,
    subject TEXT,
    subject_id BLOB
) STRICT;
-- The log: gapless, in order, never changed. Boards, folded balances and proofs follow it and nothing else. `score` is the merit that
-- counts on boards, signed; unit, household and resident are those of the transfer.
CREATE TABLE ledger_log (
    seq INTEGER PRIMARY KEY,
    day INTEGER NOT NULL,
    entry TEXT NOT NULL CONSTRAINT ledger_log_entry CHECK (entry IN ('transfer', 'hide', 'show', 'erase')),
    transfer_id BLOB CONSTRAINT ledger_log_once UNIQUE,
    subject TEXT,
    subject_id BLOB,
    unit_id BLOB,
    household_id BLOB,
    resident_id BLOB,
    score INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX ledger_log_by_day ON ledger_log (day, seq);
-- The end of the log: one row, locked by whoever appends.
CREATE TABLE sequencer (
    id INTEGER PRIMARY KEY CONSTRAINT sequencer_single CHECK (id = 1),
    seq INTEGER NOT NULL,
    day INTEGER NOT NULL
) STRICT;
INSERT INTO sequencer (id, seq, day) VALUES (1, 0, -1000000);
-- Balances of accounts that have no balance row: folded from the log by the sequencer.
CREATE TABLE folds (
    account_id BLOB PRIMARY KEY CONSTRAINT folds_account REFERENCES accounts (id),
    balance INTEGER NOT NULL,
    seq INTEGER NOT NULL
) STRICT;

-- Caps, limits, seats and quotas: used up under a guard.
CREATE TABLE counters (
    scope TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    span TEXT NOT NULL,
    start INTEGER NOT NULL,
    used INTEGER NOT NULL CONSTRAINT counters_used CHECK (used >= 0),
    PRIMARY KEY (scope, subject_id, span, start)
) STRICT;

-- Scores that boards are made from: merit by subject and smallest unit, of each day, month, year and of all time. Weeks and quarters
-- are sums of days and months. Follows the log by the cursor in `projections`.
CREATE TABLE board_scores (
    span TEXT NOT NULL CONSTRAINT board_scores_span CHECK (span IN ('day', 'month', 'year', 'all')),
    start INTEGER NOT NULL,
    subject TEXT NOT NULL CONSTRAINT board_scores_subject CHECK (subject IN ('resident', 'household')),
    unit_id BLOB NOT NULL,
    subject_id BLOB NOT NULL,
    score INTEGER NOT NULL,
    reached INTEGER NOT NULL,
    PRIMARY KEY (span, start, subject, unit_id, subject_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE board_visibility (
    subject TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    state TEXT NOT NULL CONSTRAINT board_visibility_state CHECK (state IN ('hidden', 'erased')),
    PRIMARY KEY (subject, subject_id)
) STRICT;
CREATE TABLE projections (
    name TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    day INTEGER NOT NULL
) STRICT;
INSERT INTO projections (name, seq, day) VALUES ('board_scores', 0, -1000000);

-- Rules and claims -------------------------------------------------------------------------------------------------------------

CREATE TABLE catalogues (
    id BLOB PRIMARY KEY,
    unit_id BLOB NOT NULL CONSTRAINT catalogues_unit REFERENCES units (id),
    number INTEGER NOT NULL,
    state TEXT NOT NULL CONSTRAINT catalogues_state CHECK (state IN ('draft', 'adopted')),
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    source TEXT,
    -- In force from this day until the day before the next version's; NULL while a draft.
    force_from INTEGER,
    force_until INTEGER,
    document TEXT NOT NULL,
    created_by BLOB,
    adopted_by BLOB,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT catalogues_number UNIQUE (unit_id, number)
) STRICT;
CREATE INDEX catalogues_in_force ON catalogues (unit_id, force_from) WHERE state = 'adopted';
CREATE TABLE items (
    id BLOB PRIMARY KEY,
    catalogue_id BLOB NOT NULL CONSTRAINT items_catalogue REFERENCES catalogues (id),
    position INTEGER NOT NULL,
    code TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT items_code UNIQUE (catalogue_id, code)
) STRICT;

CREATE TABLE claims (
    id BLOB PRIMARY KEY,
    unit_id BLOB NOT NULL CONSTRAINT claims_unit REFERENCES units (id),
    subject TEXT NOT NULL CONSTRAINT claims_subject CHECK (subject IN ('resident', 'household')),
    resident_id BLOB,
    household_id BLOB,
    item_id BLOB NOT NULL CONSTRAINT claims_item REFERENCES items (id),
    day_of_act INTEGER NOT NULL,
    quantity INTEGER,
    cause TEXT NOT NULL CONSTRAINT claims_cause CHECK (cause IN ('deed', 'staff_entry')),
    cause_id BLOB NOT NULL,
    claimant_id BLOB,
    entered_by BLOB,
    proxy_id BLOB,
    state TEXT NOT NULL CONSTRAINT claims_state CHECK (state IN ('submitted', 'rejected', 'posted', 'reversed')),
    merit INTEGER,
    redeemable INTEGER,
    decided_by BLOB,
    decided_at INTEGER,
    reversed_by BLOB,
    reversed_at INTEGER,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    -- One cause is claimed once.
    CONSTRAINT claims_once UNIQUE (cause, cause_id)
) STRICT;
CREATE INDEX claims_by_unit ON claims (unit_id, id);
CREATE INDEX claims_by_resident ON claims (resident_id, id);
CREATE INDEX claims_by_state ON claims (state, id);
-- Free texts of a claim: deletable.
CREATE TABLE claim_notes (
    claim_id BLOB PRIMARY KEY CONSTRAINT claim_notes_claim REFERENCES claims (id),
    note TEXT,
    reason TEXT
) STRICT;
-- What a posted claim took from counters: given back by a reversal.
CREATE TABLE claim_takes (
    claim_id BLOB NOT NULL CONSTRAINT claim_takes_claim REFERENCES claims (id),
    scope TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    span TEXT NOT NULL,
    start INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (claim_id, scope, span)
) STRICT;

-- Deeds and the desk -----------------------------------------------------------------------------------------------------------

CREATE TABLE deeds (
    id BLOB PRIMARY KEY,
    identity_id BLOB NOT NULL,
    resident_id BLOB NOT NULL CONSTRAINT deeds_resident REFERENCES residents (id),
    household_id BLOB,
    unit_id BLOB NOT NULL CONSTRAINT deeds_unit REFERENCES units (id),
    section TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    day_of_act INTEGER NOT NULL,
    item_id BLOB CONSTRAINT deeds_item REFERENCES items (id),
    quantity INTEGER,
    state TEXT NOT NULL CONSTRAINT deeds_state CHECK (state IN ('pending', 'published', 'rejected', 'taken_down')),
    reason TEXT,
    like_count INTEGER NOT NULL,
    comment_count INTEGER NOT NULL,
    share_count INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    published_at INTEGER
) STRICT;
CREATE INDEX deeds_by_resident ON deeds (resident_id, id);
-- A published deed once per unit above it: the feed of any subtree is one index range.
CREATE TABLE deed_feed (
    unit_id BLOB NOT NULL,
    deed_id BLOB NOT NULL CONSTRAINT deed_feed_deed REFERENCES deeds (id),
    section TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    -- Likes as of the last refresh, for the popular order; at most a few seconds old.
    likes INTEGER NOT NULL,
    PRIMARY KEY (unit_id, deed_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deed_feed_latest ON deed_feed (unit_id, published_at, deed_id);
CREATE INDEX deed_feed_section_latest ON deed_feed (unit_id, section, published_at, deed_id);
CREATE INDEX deed_feed_popular ON deed_feed (unit_id, likes, deed_id);
CREATE INDEX deed_feed_section_popular ON deed_feed (unit_id, section, likes, deed_id);
CREATE INDEX deed_feed_by_deed ON deed_feed (deed_id);
-- Deeds whose likes changed since the last refresh.
CREATE TABLE deed_feed_dirty (
    deed_id BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE likes (
    deed_id BLOB NOT NULL CONSTRAINT likes_deed REFERENCES deeds (id),
    identity_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (deed_id, identity_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE shares (
    deed_id BLOB NOT NULL CONSTRAINT shares_deed REFERENCES deeds (id),
    identity_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (deed_id, identity_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE pictures (
    id BLOB PRIMARY KEY,
    identity_id BLOB NOT NULL,
    -- SHA-256 of the stored JPEG, in hex: the name in the picture store.
    hash TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    deed_id BLOB CONSTRAINT pictures_deed REFERENCES deeds (id),
    position INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX pictures_by_deed ON pictures (deed_id, position);
CREATE INDEX pictures_by_hash ON pictures (hash);
CREATE INDEX pictures_unattached ON pictures (created_at) WHERE deed_id IS NULL;

CREATE TABLE comments (
    id BLOB PRIMARY KEY,
    deed_id BLOB NOT NULL CONSTRAINT comments_deed REFERENCES deeds (id),
    identity_id BLOB NOT NULL,
    resident_id BLOB NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CONSTRAINT comments_state CHECK (state IN ('pending', 'published', 'rejected', 'removed')),
    reason TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX comments_by_deed ON comments (deed_id, state, id);

CREATE TABLE reports (
    id BLOB PRIMARY KEY,
    deed_id BLOB NOT NULL CONSTRAINT reports_deed REFERENCES deeds (id),
    identity_id BLOB NOT NULL,
    unit_id BLOB NOT NULL,
    cause TEXT NOT NULL,
    note TEXT,
    state TEXT NOT NULL CONSTRAINT reports_state CHECK (state IN ('open', 'upheld', 'dismissed')),
    decided_by BLOB,
    decided_at INTEGER,
    created_at INTEGER NOT NULL,
    -- One person reports one deed once.
    CONSTRAINT reports_once UNIQUE (deed_id, identity_id)
) STRICT;
CREATE INDEX reports_by_unit ON reports (unit_id, state, id);

-- The desk's queue. A claimed review stays with who claimed it until the lease ends.
CREATE TABLE reviews (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL CONSTRAINT reviews_kind CHECK (kind IN ('deed', 'comment', 'claim')),
    object_id BLOB NOT NULL,
    unit_id BLOB NOT NULL CONSTRAINT reviews_unit REFERENCES units (id),
    state TEXT NOT NULL CONSTRAINT reviews_state CHECK (state IN ('open', 'decided', 'withdrawn')),
    claimed_by BLOB,
    lease_until INTEGER,
    decided_by BLOB,
    decided_at INTEGER,
    created_at INTEGER NOT NULL,
    CONSTRAINT reviews_once UNIQUE (kind, object_id)
) STRICT;
CREATE INDEX reviews_by_unit ON reviews (unit_id, state, id);

-- Imports ----------------------------------------------------------------------------------------------------------------------

CREATE TABLE imports (
    id BLOB PRIMARY KEY,
    unit_id BLOB NOT NULL CONSTRAINT imports_unit REFERENCES units (id),
    state TEXT NOT NULL CONSTRAINT imports_state CHECK (state IN ('faulty', 'ready', 'applied')),
    rows_total INTEGER NOT NULL,
    rows_faulty INTEGER NOT NULL,
    rows_created INTEGER NOT NULL,
    rows_updated INTEGER NOT NULL,
    created_by BLOB,
    created_at INTEGER NOT NULL,
    applied_at INTEGER
) STRICT;
CREATE TABLE import_rows (
    import_id BLOB NOT NULL CONSTRAINT import_rows_import REFERENCES imports (id),
    line INTEGER NOT NULL,
    entity TEXT NOT NULL,
    data TEXT NOT NULL,
    effect TEXT NOT NULL CONSTRAINT import_rows_effect CHECK (effect IN ('create', 'update', 'same', 'fault')),
    fault_code TEXT,
    fault_zh TEXT,
    fault_en TEXT,
    PRIMARY KEY (import_id, line)
) STRICT;

-- What may never change: transfers, their groups, the log, the audit.
CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers BEGIN SELECT RAISE(ABORT, 'transfers is append-only'); END;
CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers BEGIN SELECT RAISE(ABORT, 'transfers is append-only'); END;
CREATE TRIGGER transfer_groups_no_update BEFORE UPDATE ON transfer_groups BEGIN SELECT RAISE(ABORT, 'transfer_groups is append-only'); END;
CREATE TRIGGER transfer_groups_no_delete BEFORE DELETE ON transfer_groups BEGIN SELECT RAISE(ABORT, 'transfer_groups is append-only'); END;
CREATE TRIGGER ledger_log_no_update BEFORE UPDATE ON ledger_log BEGIN SELECT RAISE(ABORT, 'ledger_log is append-only'); END;
CREATE TRIGGER ledger_log_no_delete BEFORE DELETE ON ledger_log BEGIN SELECT RAISE(ABORT, 'ledger_log is append-only'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
