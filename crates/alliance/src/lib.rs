#![doc = include_str!("../README.md")]

pub mod clerks;
pub mod desk_notes;
pub mod figures;
pub mod merchant_desk;
pub mod merchant_staff;
pub mod merchants;
pub mod offers;
pub mod pictures;
pub mod receipts;
pub mod redemption_codes;
pub mod redemptions;
pub mod thanks;
