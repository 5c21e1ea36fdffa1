//! Whether WeChat is asked at all: when it does not answer several times in a row, people are not kept waiting for it for a moment. What
//! they hand in meanwhile waits for a person, as it would anyway.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use domain::Ts;
use wechat::WechatError;

/// So many failures in a row open it.
const FAILURES_MAX: u32 = 5;
/// For how many seconds.
const OPEN_S: i64 = 10;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: AtomicU32,
    open_until: AtomicI64,
}

impl Breaker {
    /// Whether WeChat is asked at this moment.
    pub(super) fn is_closed(&self, now: Ts) -> bool {
        self.open_until.load(Ordering::Relaxed) <= now.0
    }
    /// WeChat answered.
    pub(super) fn answered(&self) {
        self.failures.store(0, Ordering::Relaxed);
    }
    /// WeChat said this. Only what all will be told alike counts: not that it has not seen this person.
    pub(super) fn failed(&self, now: Ts, error: &WechatError) {
        let alike = matches!(
            error,
            WechatError::Unavailable(_) | WechatError::TooOften { .. } | WechatError::OurConfiguration { .. }
        );
        if alike { self.timed_out(now) } else { self.answered() }
    }
    /// WeChat said nothing in time.
    pub(super) fn timed_out(&self, now: Ts) {
        if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FAILURES_MAX {
            self.failures.store(0, Ordering::Relaxed);
            self.open_until.store(now.plus_seconds(OPEN_S).0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use wechat::Outage;

    use super::*;

    #[test]
    fn failures_in_a_row_open_it_for_a_moment() {
        let (breaker, now) = (Breaker::default(), Ts(1_000_000_000));
        let down = WechatError::Unavailable(Outage::Timeout);
        for _ in 0..FAILURES_MAX - 1 {
            breaker.failed(now, &down);
        }
        breaker.answered();
        for _ in 0..FAILURES_MAX - 1 {
            breaker.failed(now, &down);
            breaker.failed(now, &WechatError::NotSeenLately);
        }
        assert!(breaker.is_closed(now), "an answer lies between");
        for _ in 0..FAILURES_MAX {
            breaker.failed(now, &down);
        }
        assert!(!breaker.is_closed(now) && !breaker.is_closed(now.plus_seconds(OPEN_S - 1)));
        assert!(breaker.is_closed(now.plus_seconds(OPEN_S)));
    }
}
