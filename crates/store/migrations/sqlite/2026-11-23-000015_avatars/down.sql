DELETE FROM reviews WHERE kind = 'avatar';
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '(''deed'', ''comment'', ''claim'', ''nickname'', ''avatar'')', '(''deed'', ''comment'', ''claim'', ''nickname'')')
    WHERE type = 'table' AND name = 'reviews';
PRAGMA writable_schema = RESET;
DELETE FROM pictures WHERE avatar_of IS NOT NULL;
DROP INDEX pictures_by_avatar;
ALTER TABLE pictures DROP COLUMN avatar_of;
