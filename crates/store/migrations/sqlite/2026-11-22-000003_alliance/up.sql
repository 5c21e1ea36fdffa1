-- The merchant alliance: shops and who works there, offers, codes, redemptions, thanks. Prices are fen, points are hundredths.

-- An account of the merchant service: it is nobody's resident account. It signs in by WeChat (provider and subject), by name and
-- password, or both. The name is the person's: it is emptied when the person goes.
CREATE TABLE clerks (
    id BLOB PRIMARY KEY,
    provider TEXT CONSTRAINT clerks_provider CHECK (provider IN ('wechat', 'dev')),
    subject TEXT,
    login TEXT CONSTRAINT clerks_login UNIQUE,
    password_hash TEXT,
    name TEXT NOT NULL,
    -- The resident this person is, as the worker found it by the same provider and subject, or staff said: a clerk does not take the
    -- own code, and the shop shows what its people do.
    resident_id BLOB CONSTRAINT clerks_resident REFERENCES residents (id),
    disabled INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    locked_until INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT clerks_subject UNIQUE (provider, subject),
    CONSTRAINT clerks_way CHECK ((provider IS NULL) = (subject IS NULL) AND (login IS NULL) = (password_hash IS NULL)
                                 AND (provider IS NOT NULL OR login IS NOT NULL))
) STRICT;
CREATE INDEX clerks_by_resident ON clerks (resident_id) WHERE resident_id IS NOT NULL;

CREATE TABLE merchants (
    id BLOB PRIMARY KEY,
    unit_id BLOB NOT NULL CONSTRAINT merchants_unit REFERENCES units (id),
    category TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    -- The shop's own public number.
    phone TEXT,
    body TEXT NOT NULL,
    -- Name, address and text in lower case: what a search looks at, alike on both engines.
    search_text TEXT NOT NULL,
    state TEXT NOT NULL CONSTRAINT merchants_state CHECK (state IN ('applied', 'approved', 'rejected', 'suspended')),
    reason TEXT,
    -- What its owner wants a shop that was approved to say, as JSON: nobody sees it before the desk agrees.
    proposal TEXT,
    -- Where redeemed points go; opened by the approval.
    account_id BLOB CONSTRAINT merchants_account REFERENCES accounts (id),
    applied_by BLOB NOT NULL CONSTRAINT merchants_applicant REFERENCES clerks (id),
    decided_by BLOB,
    decided_at INTEGER,
    thanks_count INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX merchants_by_unit ON merchants (unit_id, state, id);
CREATE INDEX merchants_by_state ON merchants (state, id);

-- Who works in a shop. A clerk works in one shop at a time.
CREATE TABLE merchant_staff (
    merchant_id BLOB NOT NULL CONSTRAINT merchant_staff_merchant REFERENCES merchants (id),
    clerk_id BLOB NOT NULL CONSTRAINT merchant_staff_clerk REFERENCES clerks (id),
    role TEXT NOT NULL CONSTRAINT merchant_staff_role CHECK (role IN ('owner', 'clerk')),
    since INTEGER NOT NULL,
    ended_at INTEGER,
    PRIMARY KEY (merchant_id, clerk_id)
) STRICT;
CREATE UNIQUE INDEX merchant_staff_one_shop ON merchant_staff (clerk_id) WHERE ended_at IS NULL;

CREATE TABLE offers (
    id BLOB PRIMARY KEY,
    merchant_id BLOB NOT NULL CONSTRAINT offers_merchant REFERENCES merchants (id),
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    list_price INTEGER NOT NULL,
    price INTEGER NOT NULL,
    points INTEGER NOT NULL CONSTRAINT offers_points CHECK (points > 0 AND points <= 1000000000),
    -- First and last day, and hours of the week as JSON; NULL: always.
    from_day INTEGER,
    until_day INTEGER,
    windows TEXT,
    -- How often one resident may use it in a span, and how often it is to be had in a day; NULL: no limit.
    per_resident INTEGER,
    per_resident_span TEXT CONSTRAINT offers_span CHECK (per_resident_span IN ('day', 'week', 'month', 'year', 'all')),
    per_day INTEGER,
    state TEXT NOT NULL CONSTRAINT offers_state CHECK (state IN ('pending', 'published', 'rejected')),
    open INTEGER NOT NULL,
    reason TEXT,
    decided_by BLOB,
    decided_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT offers_prices CHECK (price >= 0 AND price < list_price AND list_price <= 100000000),
    CONSTRAINT offers_limit CHECK ((per_resident IS NULL) = (per_resident_span IS NULL))
) STRICT;
CREATE INDEX offers_by_merchant ON offers (merchant_id, id);
CREATE INDEX offers_by_state ON offers (state, id);

-- A code that a resident shows. The secret itself is nowhere: a shown code is kept by its SHA-256, a typed one by an HMAC under a key
-- that is not in the database.
CREATE TABLE redemption_codes (
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
-- A resident has one code that can be used.
CREATE UNIQUE INDEX redemption_codes_one ON redemption_codes (resident_id) WHERE state = 'issued';
CREATE INDEX redemption_codes_by_expiry ON redemption_codes (expires_at);

CREATE TABLE redemptions (
    id BLOB PRIMARY KEY,
    merchant_id BLOB NOT NULL CONSTRAINT redemptions_merchant REFERENCES merchants (id),
    offer_id BLOB NOT NULL CONSTRAINT redemptions_offer REFERENCES offers (id),
    clerk_id BLOB NOT NULL CONSTRAINT redemptions_clerk REFERENCES clerks (id),
    -- The shop's own number for this sale.
    order_no TEXT NOT NULL,
    code_hash BLOB NOT NULL CONSTRAINT redemptions_code UNIQUE,
    resident_id BLOB NOT NULL,
    household_id BLOB,
    account_id BLOB NOT NULL CONSTRAINT redemptions_account REFERENCES accounts (id),
    hold_id BLOB NOT NULL CONSTRAINT redemptions_hold UNIQUE CONSTRAINT redemptions_of_transfer REFERENCES transfers (id),
    -- As agreed when the code was taken: a later change of the offer does not touch it.
    list_price INTEGER NOT NULL,
    price INTEGER NOT NULL,
    points INTEGER NOT NULL,
    state TEXT NOT NULL CONSTRAINT redemptions_state
        CHECK (state IN ('held', 'captured', 'cancelled', 'declined', 'expired', 'voided')),
    approval TEXT NOT NULL CONSTRAINT redemptions_approval CHECK (approval IN ('given', 'awaited', 'approved')),
    expires_at INTEGER NOT NULL,
    -- The local day, and the first days of its week and month: what figures are grouped by.
    day INTEGER NOT NULL,
    week INTEGER NOT NULL,
    month INTEGER NOT NULL,
    -- The span of the limit per resident that was taken from; NULL: none was.
    limit_span TEXT,
    limit_start INTEGER,
    -- Whether the offer's daily limit was taken from.
    limit_of_day INTEGER NOT NULL,
    settled_at INTEGER,
    voided_at INTEGER,
    -- Who cancelled or voided, when a clerk did.
    ended_by BLOB,
    -- The version of the balance that a void gave back to: on PostgreSQL the shop's role can raise a balance by this and nothing else.
    returned_version INTEGER,
    -- Signed statements of what happened (compact JWS; ids and amounts only).
    receipt TEXT,
    void_receipt TEXT,
    created_at INTEGER NOT NULL,
    -- One sale of a shop is one redemption.
    CONSTRAINT redemptions_order UNIQUE (merchant_id, order_no)
) STRICT;
CREATE INDEX redemptions_by_merchant ON redemptions (merchant_id, id);
CREATE INDEX redemptions_by_day ON redemptions (merchant_id, day, id);
CREATE INDEX redemptions_by_state ON redemptions (merchant_id, state, id);
CREATE INDEX redemptions_by_resident ON redemptions (resident_id, id);
CREATE INDEX redemptions_held_by_account ON redemptions (account_id, expires_at) WHERE state = 'held';
CREATE INDEX redemptions_held_by_offer ON redemptions (offer_id, expires_at) WHERE state = 'held';
CREATE INDEX redemptions_due ON redemptions (expires_at) WHERE state = 'held';
CREATE INDEX redemptions_captured ON redemptions (merchant_id, day) WHERE state = 'captured';
CREATE INDEX redemptions_of_customer ON redemptions (merchant_id, resident_id, day) WHERE state = 'captured';
-- Why a shop cancelled or voided: a text, deletable.
CREATE TABLE redemption_notes (
    redemption_id BLOB PRIMARY KEY CONSTRAINT redemption_notes_redemption REFERENCES redemptions (id),
    note TEXT NOT NULL
) STRICT;

-- When a resident first bought at a shop with points, and how often: new and returning customers are told apart by it.
CREATE TABLE merchant_customers (
    merchant_id BLOB NOT NULL CONSTRAINT merchant_customers_merchant REFERENCES merchants (id),
    resident_id BLOB NOT NULL,
    first_day INTEGER NOT NULL,
    visits INTEGER NOT NULL CONSTRAINT merchant_customers_visits CHECK (visits >= 0),
    PRIMARY KEY (merchant_id, resident_id)
) STRICT;
CREATE INDEX merchant_customers_by_day ON merchant_customers (merchant_id, first_day);

-- A resident's thanks to a shop: chosen words, no free text, once a day.
CREATE TABLE thanks (
    id BLOB PRIMARY KEY,
    merchant_id BLOB NOT NULL CONSTRAINT thanks_merchant REFERENCES merchants (id),
    resident_id BLOB NOT NULL,
    words TEXT NOT NULL,
    day INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT thanks_once UNIQUE (merchant_id, resident_id, day)
) STRICT;
CREATE INDEX thanks_by_merchant ON thanks (merchant_id, id);

-- Pictures of shops and offers. `identity_id` is whoever uploaded: an identity, a clerk, or staff.
ALTER TABLE pictures ADD COLUMN merchant_id BLOB CONSTRAINT pictures_merchant REFERENCES merchants (id);
ALTER TABLE pictures ADD COLUMN offer_id BLOB CONSTRAINT pictures_offer REFERENCES offers (id);
CREATE INDEX pictures_by_merchant ON pictures (merchant_id, position) WHERE merchant_id IS NOT NULL;
CREATE INDEX pictures_by_offer ON pictures (offer_id, position) WHERE offer_id IS NOT NULL;

-- How a shop may call a customer: the surname with a star, as `domain::masking` has it. Beside the name, so that the shop's role can be
-- let at it alone; made by the database, so that it cannot be forgotten.
ALTER TABLE resident_names ADD COLUMN masked_name TEXT GENERATED ALWAYS AS (CASE
    WHEN length(name) > 2 AND substr(name, 1, 2) IN ('欧阳', '司马', '上官', '诸葛', '东方', '皇甫', '尉迟', '公孙', '慕容', '司徒')
    THEN substr(name, 1, 2) ELSE substr(name, 1, 1) END || '*') VIRTUAL;

-- Clerks have sessions. Only the CHECK changes and no row: SQLite's own recipe for that is to write the new text of the table.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '(''person'', ''staff'')', '(''person'', ''staff'', ''clerk'')')
    WHERE type = 'table' AND name = 'sessions';
PRAGMA writable_schema = RESET;

-- A redemption moves only as the table of its states says, once, and what was agreed never changes.
CREATE TRIGGER redemptions_move BEFORE UPDATE ON redemptions
WHEN OLD.state IN ('cancelled', 'declined', 'expired', 'voided')
  OR (OLD.state = 'held' AND NEW.state = 'voided')
  OR (OLD.state = 'captured' AND NEW.state NOT IN ('captured', 'voided'))
  OR (OLD.merchant_id, OLD.offer_id, OLD.order_no, OLD.code_hash, OLD.resident_id, OLD.account_id, OLD.hold_id, OLD.price, OLD.points)
     IS NOT (NEW.merchant_id, NEW.offer_id, NEW.order_no, NEW.code_hash, NEW.resident_id, NEW.account_id, NEW.hold_id, NEW.price, NEW.points)
BEGIN SELECT RAISE(ABORT, 'a redemption does not move so'); END;
CREATE TRIGGER redemptions_no_delete BEFORE DELETE ON redemptions BEGIN SELECT RAISE(ABORT, 'redemptions are kept'); END;
