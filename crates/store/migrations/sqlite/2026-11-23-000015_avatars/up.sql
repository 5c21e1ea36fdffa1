-- The picture that a person is shown by. Without a position it belongs to the person and nobody sees it: it is still looked at, or waits for
-- a decision.
ALTER TABLE pictures ADD COLUMN avatar_of BLOB CONSTRAINT pictures_avatar REFERENCES identities (id);
CREATE INDEX pictures_by_avatar ON pictures (avatar_of, position) WHERE avatar_of IS NOT NULL;
-- Only the CHECK changes and no row: SQLite's own recipe for that is to write the new text of the table.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '(''deed'', ''comment'', ''claim'', ''nickname'')', '(''deed'', ''comment'', ''claim'', ''nickname'', ''avatar'')')
    WHERE type = 'table' AND name = 'reviews';
PRAGMA writable_schema = RESET;
