//! Quotas: how often something may happen per minute or per day.

use std::collections::HashMap;

use crate::clock::SECOND_US;

/// The length of the windows in which calls are counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Per {
    Minute,
    Day,
}

impl Per {
    /// The number of the window in which a moment lies; days begin at midnight in Beijing.
    fn window(self, now_us: i64) -> i64 {
        match self {
            Self::Minute => now_us.div_euclid(60 * SECOND_US),
            Self::Day => (now_us + 8 * 3600 * SECOND_US).div_euclid(86_400 * SECOND_US),
        }
    }
}

/// Counters are dropped when their window is over and there are more than this many.
const METERS_MAX: usize = 10_000;

#[derive(Default)]
pub(super) struct Meters(HashMap<(String, Per), (i64, u32)>);

impl Meters {
    /// Counts one call for `who`; false if it is one too many in this window.
    pub(super) fn count(&mut self, who: String, per: Per, max: u32, now_us: i64) -> bool {
        let window = per.window(now_us);
        if self.0.len() > METERS_MAX {
            self.0.retain(|(_, per), (counted, _)| *counted == per.window(now_us));
        }
        let meter = self.0.entry((who, per)).or_insert((window, 0));
        if meter.0 != window {
            *meter = (window, 0);
        }
        meter.1 = meter.1.saturating_add(1);
        meter.1 <= max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_renews_with_the_next_minute() {
        let mut meters = Meters::default();
        let mut count = |at_s: i64| meters.count("a".into(), Per::Minute, 2, at_s * SECOND_US);
        assert!(count(0) && count(59) && !count(59) && count(60));
    }
}
