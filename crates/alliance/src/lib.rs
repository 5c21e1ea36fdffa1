#![doc = include_str!("../README.md")]

pub mod figures;
mod receipts;
pub mod redemption_codes;
pub mod redemptions;
