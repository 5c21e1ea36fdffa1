#![doc = include_str!("../README.md")]

pub mod audits;
pub mod catalogues;
pub mod households;
pub mod join_requests;
pub mod me;
mod people;
pub mod policies;
pub mod rankings;
pub mod residents;
pub mod rules;
pub mod staffing;
pub mod units;
