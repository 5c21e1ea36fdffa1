//! The rate-limit decision: the generic cell rate algorithm. One number per key (the theoretical arrival time) decides exactly,
//! however the requests are spread over processes, as long as that number is read and written in one step.

/// A quota: `burst` requests at once, refilled evenly over `per_us` microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many requests may come at once.
    pub burst: u32,
    /// In how many microseconds the whole burst is there again.
    pub per_us: i64,
}

/// What the limiter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The request may pass; `remaining` more could pass right now.
    Pass {
        /// How many more could pass at this moment.
        remaining: u32,
    },
    /// The request has to wait.
    Wait {
        /// After how many microseconds one may pass.
        retry_after_us: i64,
    },
}

impl Quota {
    /// A quota of so many a minute.
    pub const fn per_minute(burst: u32) -> Self {
        Self { burst, per_us: 60_000_000 }
    }

    /// Microseconds in which one request is refilled.
    pub const fn interval_us(self) -> i64 {
        let burst = if self.burst == 0 { 1 } else { self.burst as i64 };
        let interval = self.per_us / burst;
        // More than one a microsecond is no limit; an interval of nothing would divide by zero.
        if interval == 0 { 1 } else { interval }
    }

    /// Decides one request at `now_us`, given the stored number of the key; returns the verdict and the number to store.
    pub fn decide(self, stored: Option<i64>, now_us: i64) -> (Verdict, i64) {
        let interval = self.interval_us();
        let arrival = stored.unwrap_or(now_us).max(now_us);
        let tolerance = interval * (i64::from(self.burst) - 1);
        if arrival - now_us > tolerance {
            return (Verdict::Wait { retry_after_us: arrival - now_us - tolerance }, arrival);
        }
        let next = arrival + interval;
        let remaining = ((tolerance + interval - (next - now_us)) / interval).max(0);
        (Verdict::Pass { remaining: u32::try_from(remaining).unwrap_or(0) }, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_exactly_and_one_more_after_an_interval() {
        let quota = Quota { burst: 5, per_us: 5_000_000 };
        let mut stored = None;
        let mut passed = 0;
        for _ in 0..20 {
            let (verdict, next) = quota.decide(stored, 1_000);
            stored = Some(next);
            passed += i32::from(matches!(verdict, Verdict::Pass { .. }));
        }
        assert_eq!(passed, 5);
        let (verdict, _) = quota.decide(stored, 1_000);
        assert_eq!(verdict, Verdict::Wait { retry_after_us: 1_000_000 });
        assert_eq!(quota.decide(stored, 1_001_000).0, Verdict::Pass { remaining: 0 });
    }
}
