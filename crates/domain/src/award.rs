//! What an item pays.
