#![doc = include_str!("../README.md")]

pub mod answers;
pub mod context;
pub mod docs;
pub mod findings;
pub mod forms;
pub mod html;
pub mod inbox;
pub mod json;
pub mod limits;
pub mod methods;
pub mod offers;
pub mod paging;
pub mod pictures;
pub mod problem;
mod redemptions;
pub mod server;
pub mod sessions;
pub mod shops;
pub mod spec;
pub mod strict;
pub mod who;

pub use answers::{Created, Etag, Own, Shared, Tagged, address, json_bytes, shared_or_own};
pub use context::{Context, Tenant};
pub use json::{Body, Params};
pub use problem::ApiError;
pub use who::{CurrentClerk, CurrentPerson, CurrentResident, CurrentStaff, Viewer};
