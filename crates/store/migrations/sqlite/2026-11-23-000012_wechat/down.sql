DELETE FROM reviews WHERE kind = 'nickname';
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '(''deed'', ''comment'', ''claim'', ''nickname'')', '(''deed'', ''comment'', ''claim'')')
    WHERE type = 'table' AND name = 'reviews';
PRAGMA writable_schema = RESET;
DROP TRIGGER inbox_messages;
DROP TABLE message_stops;
DROP TABLE messages;
DROP TABLE message_switches;
DROP TABLE message_credits;
DROP TABLE nickname_proposals;
DROP TABLE picture_checks;
DROP TABLE text_checks;
DROP TABLE text_verdicts;
DROP TABLE pushes;
