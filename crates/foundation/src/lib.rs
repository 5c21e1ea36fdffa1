#![doc = include_str!("../README.md")]

pub mod app;
pub mod boards;
pub mod codes;
pub mod config;
pub mod content;
pub mod data_keys;
pub mod desk;
pub mod doors;
pub mod inbox;
pub mod messages;
pub mod own;
pub mod pages;
pub mod passwords;
pub mod phones;
pub mod pictures;
pub mod pushes;
pub mod qr_codes;
pub mod rate;
mod redis_link;
pub mod sessions;
pub mod tokens;

pub use app::{App, Service, Tenants};
pub use domain::access::{ClerkActor, Person, StaffActor};
pub use store::idempotency::{KeyUse, Once};
pub use store::{AnyId, Error, Result};

/// Sixty-four bits of the system's chance. Fails only if the system gives none.
pub fn chance() -> Result<u64, domain::Code> {
    tokens::chance().map(u64::from_be_bytes)
}

/// Makes a folder that nobody but its owner enters, and those above it; one that is there stays as it is.
pub fn private_folder(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// What a request brings along beside its body: for the audit and for doing things once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestContext {
    /// The request's id.
    pub request_id: String,
    /// The idempotency key, if one was sent.
    pub key: Option<KeyUse>,
}
