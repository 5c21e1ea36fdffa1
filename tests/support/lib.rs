//! What the stories share: servers of a town of their own, actors who send requests, pictures, and the specification against which every
//! answer is held. Everything is black-box: the binary, HTTP, and nothing of the workspace's crates.

pub mod actor;
pub mod faults;
pub mod grown;
pub mod line;
pub mod market;
pub mod picture;
pub mod process;
pub mod redis;
pub mod rows;
pub mod spec;
pub mod stand_in;
pub mod town;
pub mod wechat;

pub use actor::{Actor, Answer};
pub use line::Line;
pub use process::Engine;
pub use town::{Options, Town};
pub use wechat::Wechat;
