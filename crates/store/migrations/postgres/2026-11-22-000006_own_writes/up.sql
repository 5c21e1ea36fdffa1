-- When a person last changed something that others see, but for likes, in microseconds: for a moment pages that may be a second old are
-- not for this person, whichever process is asked.
ALTER TABLE identities ADD COLUMN wrote_at bigint NOT NULL DEFAULT 0;
