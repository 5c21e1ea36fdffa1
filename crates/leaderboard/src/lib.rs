#![doc = include_str!("../README.md")]

mod batch;
mod board;
mod error;
pub mod in_process;
mod model;
pub mod on_redis;

pub use board::{Board, Loading};
pub use error::BoardError;
pub use in_process::InProcess;
pub use model::{
    Applied, MERIT_MAX, NEIGHBOURS, PAGE_MAX, Page, Snapshot, SnapshotScore, Standing, Status, Tree,
};
pub use on_redis::{Connections, RedisBoard, RedisSettings};
