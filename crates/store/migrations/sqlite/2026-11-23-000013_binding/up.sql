-- The telephone of a sign-in: enciphered, beside a hash by which it is found again. Keys of both are not in the database, and `key_id` says
-- which of them it was. Personal: deletable, and gone with the sign-in.
CREATE TABLE phones (
    id BLOB PRIMARY KEY,
    identity_id BLOB NOT NULL CONSTRAINT phones_one UNIQUE
        CONSTRAINT phones_identity REFERENCES identities (id) ON DELETE CASCADE,
    key_id TEXT NOT NULL,
    -- Nonce, number, tag (AES-256-GCM; the row's id is authenticated with it).
    sealed BLOB NOT NULL,
    -- HMAC-SHA-256 of the number in its international form.
    hash BLOB NOT NULL,
    -- The nil id where a number belongs to one account; else the account's own, so that several may have it.
    slot BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT phones_once UNIQUE (hash, slot)
) STRICT;
CREATE INDEX phones_by_key ON phones (key_id, id);

-- An invitation into a household. The code itself is nowhere: it is kept by an HMAC under a key that is not in the database.
CREATE TABLE invitations (
    id BLOB PRIMARY KEY,
    household_id BLOB NOT NULL CONSTRAINT invitations_household REFERENCES households (id),
    hash BLOB NOT NULL CONSTRAINT invitations_hash UNIQUE,
    uses_max INTEGER NOT NULL CONSTRAINT invitations_uses_max CHECK (uses_max > 0),
    used INTEGER NOT NULL,
    made_by BLOB NOT NULL CONSTRAINT invitations_maker REFERENCES staff (id),
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    created_at INTEGER NOT NULL,
    CONSTRAINT invitations_used CHECK (used BETWEEN 0 AND uses_max)
) STRICT;
CREATE INDEX invitations_by_household ON invitations (household_id, id);

-- Whom an invitation did not know by name asks to join; the household that invited is noted.
ALTER TABLE join_requests ADD COLUMN household_id BLOB CONSTRAINT join_requests_household REFERENCES households (id);
ALTER TABLE join_requests ADD COLUMN invitation_id BLOB CONSTRAINT join_requests_invitation REFERENCES invitations (id);

-- The short word by which a printed code names something that is public. No secret, and made once.
CREATE TABLE qr_codes (
    word TEXT PRIMARY KEY,
    kind TEXT NOT NULL CONSTRAINT qr_codes_kind CHECK (kind IN ('deed', 'event', 'merchant')),
    object_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT qr_codes_once UNIQUE (kind, object_id)
) STRICT;

-- Pictures of codes that WeChat made: where the picture store keeps them.
CREATE TABLE qr_images (
    page TEXT NOT NULL,
    scene TEXT NOT NULL,
    release TEXT NOT NULL,
    hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (page, scene, release)
) STRICT;
CREATE INDEX qr_images_by_hash ON qr_images (hash);
