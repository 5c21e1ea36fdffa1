//! Time as it is handed to this crate: reading it and letting it pass.
//!
//! Neither the client nor the stand-in asks the system for the time. The caller passes a [`Clock`], and a [`Pause`] where
//! the client waits between two tries, so that a test moves time with a number and nothing sleeps.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// Microseconds in a second, the unit in which WeChat counts the life of a token.
pub(crate) const SECOND_US: i64 = 1_000_000;

/// Where the time comes from.
///
/// Any closure is a clock: `Arc::new(move || app_clock.now_us())`.
pub trait Clock: Send + Sync {
    /// Microseconds since 1970-01-01T00:00:00Z.
    fn now_us(&self) -> i64;
}

impl<F: Fn() -> i64 + Send + Sync> Clock for F {
    fn now_us(&self) -> i64 {
        self()
    }
}

/// How the client waits before it tries again.
pub trait Pause: Send + Sync {
    /// Ends after `length`; a test's pause ends at once.
    fn pause(&self, length: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The pause of production: a timer of the async runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct TimerPause;

impl Pause for TimerPause {
    fn pause(&self, length: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(length))
    }
}
