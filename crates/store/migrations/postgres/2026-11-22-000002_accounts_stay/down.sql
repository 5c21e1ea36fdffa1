ALTER TABLE transfers
    ADD CONSTRAINT transfers_group FOREIGN KEY (business_key) REFERENCES transfer_groups (business_key),
    ADD CONSTRAINT transfers_debit FOREIGN KEY (debit) REFERENCES accounts (id),
    ADD CONSTRAINT transfers_credit FOREIGN KEY (credit) REFERENCES accounts (id);
DROP TRIGGER accounts_no_truncate ON accounts;
DROP TRIGGER accounts_append_only ON accounts;
