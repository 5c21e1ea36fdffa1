DELETE FROM reviews WHERE kind = 'avatar';
ALTER TABLE reviews DROP CONSTRAINT reviews_kind;
ALTER TABLE reviews ADD CONSTRAINT reviews_kind CHECK (kind IN ('deed', 'comment', 'claim', 'nickname'));
DELETE FROM pictures WHERE avatar_of IS NOT NULL;
DROP INDEX pictures_by_avatar;
ALTER TABLE pictures DROP COLUMN avatar_of;
