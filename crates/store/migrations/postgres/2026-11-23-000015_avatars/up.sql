-- The picture that a person is shown by. Without a position it belongs to the person and nobody sees it: it is still looked at, or waits for
-- a decision.
ALTER TABLE pictures ADD COLUMN avatar_of uuid CONSTRAINT pictures_avatar REFERENCES identities (id);
CREATE INDEX pictures_by_avatar ON pictures (avatar_of, position) WHERE avatar_of IS NOT NULL;
ALTER TABLE reviews DROP CONSTRAINT reviews_kind;
ALTER TABLE reviews ADD CONSTRAINT reviews_kind CHECK (kind IN ('deed', 'comment', 'claim', 'nickname', 'avatar'));
