ALTER TABLE identities DROP COLUMN wrote_at;
