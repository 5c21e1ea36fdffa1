//! Requests that Redis has granted ahead to a process. Whoever asks once costs one round trip; a key that keeps a process busy is granted
//! twice as many each time, so that the trips become few. What is granted is taken off the quota at once: never more pass than the quota
//! says, and as the quota runs out the grants shrink to one (see `gcra.lua`).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use domain::Ts;
use quick_cache::sync::Cache;

/// How many keys are held: some 2 MB.
const KEYS_MAX: usize = 16_384;
/// The most that is asked for at once.
const WISH_MAX: u32 = 256;
/// For how long a grant is good: what is not used by then is given up.
const GOOD_FOR_S: i64 = 1;

/// The grants that this process holds, by key.
#[derive(Debug)]
pub(super) struct Leases {
    held: Cache<Box<str>, Arc<Lease>>,
}

#[derive(Debug, Default)]
struct Lease {
    left: AtomicU32,
    until: AtomicI64,
    /// How many more Redis could have granted.
    beyond: AtomicU32,
    /// How many were asked for last.
    wished: AtomicU32,
}

/// What to do with a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It passes; so many more could.
    Pass { remaining: u32 },
    /// Redis has to be asked, for so many.
    Ask { wish: u32 },
}

impl Default for Leases {
    fn default() -> Self {
        Self { held: Cache::new(KEYS_MAX) }
    }
}

impl Leases {
    /// Takes one of what is held, or says for how many to ask: twice as many as last time if those were used up in time.
    pub(super) fn take(&self, key: &str, now: Ts) -> Held {
        let Some(lease) = self.held.get(key) else { return Held::Ask { wish: 1 } };
        let good_for = lease.until.load(Ordering::Acquire) - now.0;
        if !(0..=GOOD_FOR_S * 1_000_000).contains(&good_for) {
            lease.left.store(0, Ordering::Release);
            return Held::Ask { wish: 1 };
        }
        let taken = lease.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1));
        match taken {
            Ok(left) => Held::Pass { remaining: left - 1 + lease.beyond.load(Ordering::Acquire) },
            Err(_) => Held::Ask { wish: (lease.wished.load(Ordering::Acquire) * 2).clamp(1, WISH_MAX) },
        }
    }

    /// Keeps what was granted beyond the request that asked. Two that asked at once both keep theirs.
    pub(super) fn keep(&self, key: &str, wish: u32, more: u32, beyond: u32, now: Ts) {
        let lease = self.held.get(key).unwrap_or_else(|| {
            let fresh = Arc::new(Lease::default());
            self.held.insert(key.into(), fresh.clone());
            fresh
        });
        lease.until.store(now.plus_seconds(GOOD_FOR_S).0, Ordering::Release);
        lease.beyond.store(beyond, Ordering::Release);
        lease.wished.store(wish, Ordering::Release);
        lease.left.fetch_add(more, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Ts = Ts(1_767_225_600_000_000);

    #[test]
    fn who_keeps_asking_is_granted_more_and_who_stops_gives_it_up() {
        let leases = Leases::default();
        assert_eq!(leases.take("wang", NOW), Held::Ask { wish: 1 });
        leases.keep("wang", 1, 0, 99, NOW);
        for wish in [2, 4, 8, 16, 32, 64, 128, 256, 256] {
            assert_eq!(leases.take("wang", NOW), Held::Ask { wish });
            leases.keep("wang", wish, wish - 1, 99, NOW);
            for left in (0..wish - 1).rev() {
                assert_eq!(leases.take("wang", NOW), Held::Pass { remaining: left + 99 });
            }
        }
        leases.keep("wang", 256, 255, 99, NOW);
        assert_eq!(leases.take("li", NOW), Held::Ask { wish: 1 }, "another's are no help");
        assert_eq!(leases.take("wang", NOW.plus_seconds(2)), Held::Ask { wish: 1 });
        assert_eq!(leases.take("wang", NOW), Held::Ask { wish: 256 }, "what was given up is not there");
    }
}
