DROP TABLE qr_images;
DROP TABLE qr_codes;
ALTER TABLE join_requests DROP COLUMN invitation_id;
ALTER TABLE join_requests DROP COLUMN household_id;
DROP TABLE invitations;
DROP TABLE phones;
