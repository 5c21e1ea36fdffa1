ALTER TABLE deed_feed ADD COLUMN likes bigint NOT NULL DEFAULT 0;
UPDATE deed_feed f SET likes = p.likes FROM deed_popularity p WHERE p.unit_id = f.unit_id AND p.deed_id = f.deed_id;
ALTER TABLE deed_feed ALTER COLUMN likes DROP DEFAULT;
CREATE INDEX deed_feed_popular ON deed_feed (unit_id, likes, deed_id);
CREATE INDEX deed_feed_section_popular ON deed_feed (unit_id, section, likes, deed_id);
DROP TABLE deed_popularity;
