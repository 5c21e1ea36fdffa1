-- How often something changed that others may see, likes aside: with the change, in the same transaction. Who keeps a page that was read when
-- the sum was as it is now keeps it right, but for the counts on it. One row: there is one writer.
CREATE TABLE editions (
    shard INTEGER PRIMARY KEY,
    n INTEGER NOT NULL
) STRICT;
INSERT INTO editions (shard, n) VALUES (0, 0);
CREATE TRIGGER editions_grow BEFORE UPDATE ON editions WHEN NEW.n <= OLD.n BEGIN SELECT RAISE(ABORT, 'editions only grows'); END;
