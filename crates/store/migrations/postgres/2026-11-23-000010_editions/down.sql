DROP TABLE editions;
DROP FUNCTION grows;
