//! The tests of the foundation that need a server beside them.

mod rate;
mod servers;
