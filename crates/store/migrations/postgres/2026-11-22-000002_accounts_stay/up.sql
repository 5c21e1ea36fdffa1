-- An account never goes and never becomes another. With that, what PostgreSQL does to check the accounts of a transfer (a lock on both rows
-- until the commit, which every award takes on the one account that issues) tells nothing that the posting statement does not know: it
-- takes its rows from `accounts` and from the group that it wrote itself. `verify` looks again.
CREATE TRIGGER accounts_append_only BEFORE UPDATE OR DELETE ON accounts FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER accounts_no_truncate BEFORE TRUNCATE ON accounts FOR EACH STATEMENT EXECUTE FUNCTION append_only();
ALTER TABLE transfers DROP CONSTRAINT transfers_debit, DROP CONSTRAINT transfers_credit, DROP CONSTRAINT transfers_group;
