-- What a person likes, and since when, is read from the index alone.
DROP INDEX likes_by_identity;
CREATE INDEX likes_by_identity ON likes (identity_id, deed_id) INCLUDE (created_at);
