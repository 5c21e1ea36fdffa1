DROP INDEX likes_by_identity;
