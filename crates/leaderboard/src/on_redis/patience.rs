//! A Redis that is there and says nothing would cost every reader all the time that it waits. So one who waited in vain speaks for those who
//! come after it: for a moment nobody else asks, then one does, and as soon as Redis answers anybody, everybody asks again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// For how long nobody asks.
const PAUSE: Duration = Duration::from_millis(500);
/// Redis answers.
const NEVER: u64 = 0;

/// Whether it is worth asking.
#[derive(Debug)]
pub struct Patience {
    began: Instant,
    /// Until when nobody asks, in milliseconds since the beginning.
    until: AtomicU64,
}

impl Patience {
    /// Redis is thought to answer.
    pub fn new() -> Self {
        Self { began: Instant::now(), until: AtomicU64::new(NEVER) }
    }

    /// Whether to ask. Of those who come when the pause is over, one does.
    pub fn may_ask(&self) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        until == NEVER
            || (self.now() >= until
                && self
                    .until
                    .compare_exchange(until, self.after_a_pause(), Ordering::Relaxed, Ordering::Relaxed)
                    .is_ok())
    }

    /// Redis answered, or said that it does not: neither takes time.
    pub fn answered(&self) {
        self.until.store(NEVER, Ordering::Relaxed);
    }

    /// Somebody waited in vain.
    pub fn waited(&self) {
        self.until.store(self.after_a_pause(), Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn after_a_pause(&self) -> u64 {
        self.now() + PAUSE.as_millis() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waited_in_vain_speaks_for_others_until_somebody_is_answered() {
        let patience = Patience::new();
        assert!(patience.may_ask() && patience.may_ask());
        patience.waited();
        assert!(!patience.may_ask());
        patience.answered();
        assert!(patience.may_ask());
    }

    #[test]
    fn one_asks_when_the_pause_is_over() {
        let past = Instant::now().checked_sub(PAUSE * 4).unwrap();
        let patience = Patience { began: past, until: AtomicU64::new(PAUSE.as_millis() as u64) };
        assert!(patience.may_ask());
        assert!(!patience.may_ask());
    }
}
