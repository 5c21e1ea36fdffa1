-- What somebody likes among the deeds of some weeks is one range, and all of it is found when the person is forgotten.
CREATE INDEX likes_by_identity ON likes (identity_id, deed_id);
