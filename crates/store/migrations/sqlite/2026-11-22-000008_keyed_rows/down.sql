CREATE TABLE sessions_next (
    id BLOB PRIMARY KEY,
    principal TEXT NOT NULL CONSTRAINT sessions_principal CHECK (principal IN ('person', 'staff', 'clerk')),
    principal_id BLOB NOT NULL,
    current_hash BLOB NOT NULL,
    previous_hash BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
INSERT INTO sessions_next SELECT * FROM sessions ORDER BY id;
DROP TABLE sessions;
ALTER TABLE sessions_next RENAME TO sessions;
CREATE INDEX sessions_by_principal ON sessions (principal_id, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE idempotency_next (
    principal BLOB NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    outcome TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (principal, key)
) STRICT;
INSERT INTO idempotency_next SELECT * FROM idempotency ORDER BY principal, key;
DROP TABLE idempotency;
ALTER TABLE idempotency_next RENAME TO idempotency;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE account_owners_next (
    account_id BLOB PRIMARY KEY CONSTRAINT account_owners_account REFERENCES accounts (id),
    holder TEXT NOT NULL,
    owner_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    CONSTRAINT account_owners_once UNIQUE (owner_id, holder, kind)
) STRICT;
INSERT INTO account_owners_next SELECT * FROM account_owners ORDER BY account_id;
DROP TABLE account_owners;
ALTER TABLE account_owners_next RENAME TO account_owners;

CREATE TABLE balances_next (
    account_id BLOB PRIMARY KEY CONSTRAINT balances_account REFERENCES accounts (id),
    posted INTEGER NOT NULL,
    pending INTEGER NOT NULL CONSTRAINT balances_pending CHECK (pending >= 0),
    floor INTEGER,
    version INTEGER NOT NULL,
    CONSTRAINT balances_floor CHECK (floor IS NULL OR posted - pending >= floor)
) STRICT;
INSERT INTO balances_next SELECT * FROM balances ORDER BY account_id;
DROP TABLE balances;
ALTER TABLE balances_next RENAME TO balances;

CREATE TABLE folds_next (
    account_id BLOB PRIMARY KEY CONSTRAINT folds_account REFERENCES accounts (id),
    balance INTEGER NOT NULL,
    seq INTEGER NOT NULL
) STRICT;
INSERT INTO folds_next SELECT * FROM folds ORDER BY account_id;
DROP TABLE folds;
ALTER TABLE folds_next RENAME TO folds;

CREATE TABLE holds_next (
    transfer_id BLOB PRIMARY KEY CONSTRAINT holds_transfer REFERENCES transfers (id),
    account_id BLOB NOT NULL CONSTRAINT holds_account REFERENCES accounts (id),
    amount INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL CONSTRAINT holds_state CHECK (state IN ('open', 'posted', 'voided', 'expired'))
) STRICT;
INSERT INTO holds_next SELECT * FROM holds ORDER BY transfer_id;
DROP TABLE holds;
ALTER TABLE holds_next RENAME TO holds;
CREATE INDEX holds_open ON holds (account_id, expires_at) WHERE state = 'open';
CREATE INDEX holds_due ON holds (expires_at) WHERE state = 'open';

CREATE TABLE counters_next (
    scope TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    span TEXT NOT NULL,
    start INTEGER NOT NULL,
    used INTEGER NOT NULL CONSTRAINT counters_used CHECK (used >= 0),
    PRIMARY KEY (scope, subject_id, span, start)
) STRICT;
INSERT INTO counters_next SELECT * FROM counters ORDER BY scope, subject_id, span, start;
DROP TABLE counters;
ALTER TABLE counters_next RENAME TO counters;

CREATE TABLE claim_takes_next (
    claim_id BLOB NOT NULL CONSTRAINT claim_takes_claim REFERENCES claims (id),
    scope TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    span TEXT NOT NULL,
    start INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (claim_id, scope, span)
) STRICT;
INSERT INTO claim_takes_next SELECT * FROM claim_takes ORDER BY claim_id, scope, span;
DROP TABLE claim_takes;
ALTER TABLE claim_takes_next RENAME TO claim_takes;

CREATE TABLE redemption_codes_next (
    hash BLOB PRIMARY KEY,
    kind TEXT NOT NULL CONSTRAINT redemption_codes_kind CHECK (kind IN ('shown', 'typed')),
    resident_id BLOB NOT NULL CONSTRAINT redemption_codes_resident REFERENCES residents (id),
    household_id BLOB,
    -- The account that pays: the resident's, or the household's where the unit's policy says so.
    account_id BLOB NOT NULL CONSTRAINT redemption_codes_account REFERENCES accounts (id),
    -- A code made for an offer says yes to its price at that version; a typed one is bound to a shop.
    offer_id BLOB CONSTRAINT redemption_codes_offer REFERENCES offers (id),
    offer_version INTEGER,
    merchant_id BLOB CONSTRAINT redemption_codes_merchant REFERENCES merchants (id),
    -- Above this many points the resident's own tap is needed beside the code: the policy of that moment.
    tap_above INTEGER NOT NULL,
    state TEXT NOT NULL CONSTRAINT redemption_codes_state CHECK (state IN ('issued', 'claimed', 'ended')),
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO redemption_codes_next SELECT * FROM redemption_codes ORDER BY hash;
DROP TABLE redemption_codes;
ALTER TABLE redemption_codes_next RENAME TO redemption_codes;
CREATE UNIQUE INDEX redemption_codes_one ON redemption_codes (resident_id) WHERE state = 'issued';
CREATE INDEX redemption_codes_by_expiry ON redemption_codes (expires_at);

CREATE TABLE merchant_customers_next (
    merchant_id BLOB NOT NULL CONSTRAINT merchant_customers_merchant REFERENCES merchants (id),
    resident_id BLOB NOT NULL,
    first_day INTEGER NOT NULL,
    visits INTEGER NOT NULL CONSTRAINT merchant_customers_visits CHECK (visits >= 0),
    PRIMARY KEY (merchant_id, resident_id)
) STRICT;
INSERT INTO merchant_customers_next SELECT * FROM merchant_customers ORDER BY merchant_id, resident_id;
DROP TABLE merchant_customers;
ALTER TABLE merchant_customers_next RENAME TO merchant_customers;
CREATE INDEX merchant_customers_by_day ON merchant_customers (merchant_id, first_day);
