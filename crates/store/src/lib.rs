#![doc = include_str!("../README.md")]
#![recursion_limit = "256"]

pub mod adapters;
mod at_once;
pub mod audit;
pub mod births;
pub mod bulk;
pub mod catalogues;
pub mod claims;
pub mod clerks;
pub mod clock;
pub mod comments;
mod count;
pub mod db;
pub mod deeds;
pub mod error;
pub mod events;
pub mod feed;
mod gather;
mod handle;
pub mod households;
pub mod idempotency;
pub mod identities;
pub mod imports;
pub mod inbox;
pub mod join_requests;
pub mod leases;
pub mod ledger;
pub mod merchant_staff;
pub mod merchants;
pub mod meta;
pub mod migrations;
pub mod offers;
pub mod outbox;
pub mod pictures;
pub mod policies;
pub mod rankings;
pub mod reactions;
pub mod reasons;
pub mod redemption_codes;
pub mod redemptions;
pub mod reports;
pub mod residents;
pub mod reviews;
pub mod roles;
#[expect(missing_docs, reason = "a column is documented where it is made: in the migrations")]
pub mod schema;
pub mod sessions;
pub mod sign_ins;
pub mod staff;
pub mod thanks;
pub mod units;
mod writer;

pub use adapters::{AnyId, Both, Uid, per, uid};
pub use db::{Address, Db, attempt};
pub use error::{Error, Result};
pub use handle::{Settings, Store};
