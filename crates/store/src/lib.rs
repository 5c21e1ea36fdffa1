#![doc = include_str!("../README.md")]
#![recursion_limit = "256"]

pub mod adapters;
pub mod clock;
pub mod db;
pub mod error;
pub mod ledger;
pub mod migrations;
pub mod schema;
mod handle;
mod writer;

pub use adapters::{AnyId, Both, Uid, per, uid};
pub use db::{Address, Db};
pub use error::{Error, Result};
pub use handle::{Settings, Store};
