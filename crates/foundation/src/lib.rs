#![doc = include_str!("../README.md")]

pub mod passwords;
pub mod pictures;
pub mod rate;
pub mod tokens;
