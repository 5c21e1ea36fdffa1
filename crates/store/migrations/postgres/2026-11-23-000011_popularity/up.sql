-- The popular order has a table of its own: a like moves a deed in it for each unit above, and every index of the table takes part in each
-- such move, also those of the order by time, which likes do not change.
CREATE TABLE deed_popularity (
    deed_id uuid NOT NULL CONSTRAINT deed_popularity_deed REFERENCES deeds (id),
    unit_id uuid NOT NULL,
    section text NOT NULL,
    -- As of the last refresh: at most a few seconds old.
    likes bigint NOT NULL,
    PRIMARY KEY (deed_id, unit_id)
);
INSERT INTO deed_popularity (deed_id, unit_id, section, likes) SELECT deed_id, unit_id, section, likes FROM deed_feed;
CREATE INDEX deed_popularity_order ON deed_popularity (unit_id, likes, deed_id);
CREATE INDEX deed_popularity_section_order ON deed_popularity (unit_id, section, likes, deed_id);
DROP INDEX deed_feed_popular;
DROP INDEX deed_feed_section_popular;
ALTER TABLE deed_feed DROP COLUMN likes;
