PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ', ''erasure''', '')
    WHERE type = 'table' AND name = 'transfers';
PRAGMA writable_schema = RESET;
DROP INDEX pictures_by_owner;
DROP INDEX shares_by_identity;
DROP INDEX reports_by_identity;
DROP INDEX comments_by_resident;
DROP TABLE former_residents;
DROP TABLE deletions;
DROP TABLE corrections;
DROP TABLE exports;
DROP TABLE consents;
