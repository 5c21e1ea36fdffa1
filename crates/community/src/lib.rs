#![doc = include_str!("../README.md")]

pub mod audits;
pub mod catalogues;
pub mod claim_desk;
pub mod claims;
pub mod comments;
pub mod deeds;
pub mod events;
pub mod households;
pub mod imports;
pub mod invitations;
pub mod join_requests;
pub mod me;
mod notes;
mod people;
pub mod phones;
pub mod pictures;
pub mod points;
pub mod policies;
pub mod qr_codes;
pub mod rankings;
pub mod reactions;
pub mod reports;
pub mod residents;
pub mod reviews;
pub mod rules;
pub mod staffing;
pub mod units;
