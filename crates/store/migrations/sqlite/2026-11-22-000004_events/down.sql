PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ', ''check_in'')', ')') WHERE type = 'table' AND name = 'claims';
UPDATE sqlite_schema SET sql = replace(sql, 'resident_id BLOB CONSTRAINT deeds_resident', 'resident_id BLOB NOT NULL CONSTRAINT deeds_resident')
    WHERE type = 'table' AND name = 'deeds';
PRAGMA writable_schema = RESET;
ALTER TABLE deeds DROP COLUMN event_id;
DROP INDEX pictures_unattached;
DROP INDEX pictures_by_event;
ALTER TABLE pictures DROP COLUMN event_id;
CREATE INDEX pictures_unattached ON pictures (created_at) WHERE deed_id IS NULL;
DROP TABLE resident_births;
DROP TABLE sign_ups;
DROP TABLE event_calendar;
DROP TABLE events;
