ALTER TABLE deed_feed ADD COLUMN likes INTEGER NOT NULL DEFAULT 0;
UPDATE deed_feed SET likes = (SELECT p.likes FROM deed_popularity p WHERE p.deed_id = deed_feed.deed_id AND p.unit_id = deed_feed.unit_id);
CREATE INDEX deed_feed_popular ON deed_feed (unit_id, likes, deed_id);
CREATE INDEX deed_feed_section_popular ON deed_feed (unit_id, section, likes, deed_id);
DROP TABLE deed_popularity;
