//! A string that cannot be printed by accident.
//!
//! Everything that must stay out of logs (the app secret, the access token) is held in a [`Secret`]; reading it takes a
//! call whose name a reviewer can search for.

use std::fmt;

/// A string whose `Debug` shows nothing of it; it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The string itself, for the request that needs it and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}
