//! The tests of the foundation that need a server beside them.

mod boards;
mod own;
mod pictures;
mod rate;
mod servers;
