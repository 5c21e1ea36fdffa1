DROP TABLE inbox_switches;
DROP TABLE inbox;
