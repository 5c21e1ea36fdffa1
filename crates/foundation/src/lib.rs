#![doc = include_str!("../README.md")]

pub mod app;
pub mod boards;
pub mod codes;
pub mod config;
pub mod content;
pub mod desk;
pub mod doors;
pub mod inbox;
pub mod messages;
pub mod own;
pub mod pages;
pub mod passwords;
pub mod pictures;
pub mod pushes;
pub mod rate;
mod redis_link;
pub mod sessions;
pub mod tokens;

pub use app::{App, Service, Tenants};
pub use domain::access::{ClerkActor, Person, StaffActor};
pub use store::idempotency::{KeyUse, Once};
pub use store::{AnyId, Error, Result};

/// What a request brings along beside its body: for the audit and for doing things once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestContext {
    /// The request's id.
    pub request_id: String,
    /// The idempotency key, if one was sent.
    pub key: Option<KeyUse>,
}
