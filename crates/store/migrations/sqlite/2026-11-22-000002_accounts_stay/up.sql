-- An account never goes and never becomes another. Unlike PostgreSQL, SQLite keeps the foreign keys from transfers: they cost it no locks.
CREATE TRIGGER accounts_no_update BEFORE UPDATE ON accounts BEGIN SELECT RAISE(ABORT, 'accounts is append-only'); END;
CREATE TRIGGER accounts_no_delete BEFORE DELETE ON accounts BEGIN SELECT RAISE(ABORT, 'accounts is append-only'); END;
