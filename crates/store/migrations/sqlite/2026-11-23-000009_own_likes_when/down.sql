DROP INDEX likes_by_identity;
CREATE INDEX likes_by_identity ON likes (identity_id, deed_id);
