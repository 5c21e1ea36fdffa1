DROP TRIGGER accounts_no_delete;
DROP TRIGGER accounts_no_update;
