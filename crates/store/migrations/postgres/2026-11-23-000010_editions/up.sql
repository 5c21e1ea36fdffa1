-- How often something changed that others may see, likes aside: with the change, in the same transaction. Who keeps a page that was read when
-- the sum was as it is now keeps it right, but for the counts on it. In several rows, so that writers seldom wait for each other's commit.
CREATE TABLE editions (
    shard integer PRIMARY KEY,
    n bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO editions (shard, n) SELECT shard, 0 FROM generate_series(0, 15) AS shard;
-- Who could turn it back could have an old page shown for ever. The trigger only raises.
CREATE FUNCTION grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.n <= OLD.n THEN
        RAISE EXCEPTION '% only grows', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER editions_grow BEFORE UPDATE ON editions FOR EACH ROW EXECUTE FUNCTION grows();
