ALTER TABLE transfers DROP CONSTRAINT transfers_reason;
ALTER TABLE transfers ADD CONSTRAINT transfers_reason
    CHECK (reason IN ('award', 'deduction', 'redemption', 'reset', 'base_score', 'reversal')) NOT VALID;
DROP INDEX pictures_by_owner;
DROP INDEX shares_by_identity;
DROP INDEX reports_by_identity;
DROP INDEX comments_by_resident;
DROP TABLE former_residents;
DROP TABLE deletions;
DROP TABLE corrections;
DROP TABLE exports;
DROP TABLE consents;
DROP FUNCTION consents_stand();
