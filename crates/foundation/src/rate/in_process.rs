//! The limiter of one process: maps under locks, of which each holds a part of the keys, with a bound on what they hold.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use domain::Ts;
use domain::rate::{Quota, Verdict};
use parking_lot::Mutex;

/// How many locks share the keys.
const SHARDS: usize = 128;
/// How many keys are held: with 100 bytes each some 13 MB, whoever invents keys.
pub(super) const ENTRIES_MAX: usize = 131_072;
const SHARD_ENTRIES_MAX: usize = ENTRIES_MAX / SHARDS;
/// A shard of fewer keys is not worth sweeping.
const SWEEP_FROM: usize = 64;

/// One number per key, in this process.
#[derive(Debug)]
pub struct InProcess {
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
}

#[derive(Debug)]
struct Shard {
    arrivals: HashMap<Box<str>, i64>,
    /// At how many keys the next new one sweeps: twice what the last sweep left, so that sweeping costs little per key.
    sweep_at: usize,
}

impl Default for InProcess {
    fn default() -> Self {
        let shard = || Mutex::new(Shard { arrivals: HashMap::new(), sweep_at: SWEEP_FROM });
        Self { hasher: RandomState::new(), shards: std::iter::repeat_with(shard).take(SHARDS).collect() }
    }
}

impl InProcess {
    /// Counts one request of this key against this quota.
    pub fn check(&self, key: &str, quota: Quota, now: Ts) -> Verdict {
        let place = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        let mut shard = self.shards[place].lock();
        if let Some(arrival) = shard.arrivals.get_mut(key) {
            let (verdict, next) = quota.decide(Some(*arrival), now.0);
            *arrival = next;
            return verdict;
        }
        let (verdict, next) = quota.decide(None, now.0);
        if next > now.0 {
            shard.make_room(now);
            shard.arrivals.insert(key.into(), next);
        }
        verdict
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().arrivals.len()).sum()
    }
}

impl Shard {
    /// Forgets the keys whose whole burst is there again, which is what an unknown key has. If the shard is full nevertheless,
    /// the key that is nearest to that goes, so that inventing keys does not free the one that asks most.
    fn make_room(&mut self, now: Ts) {
        if self.arrivals.len() < self.sweep_at {
            return;
        }
        self.arrivals.retain(|_, arrival| *arrival > now.0);
        if self.arrivals.len() >= SHARD_ENTRIES_MAX {
            let least = self.arrivals.iter().min_by_key(|(_, arrival)| **arrival).map(|(key, _)| key.clone());
            if let Some(key) = least {
                self.arrivals.remove(&key);
            }
        }
        self.sweep_at = (self.arrivals.len() * 2).clamp(SWEEP_FROM, SHARD_ENTRIES_MAX);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const HUNDRED: Quota = Quota::per_minute(100);
    const NOW: Ts = Ts(1_767_225_600_000_000);

    fn passes(verdict: Verdict) -> bool {
        matches!(verdict, Verdict::Pass { .. })
    }

    #[test]
    fn of_a_thousand_at_once_a_hundred_pass() {
        let (limiter, passed) = (Arc::new(InProcess::default()), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        passed.fetch_add(
                            usize::from(passes(limiter.check("one", HUNDRED, NOW))),
                            Ordering::Relaxed,
                        );
                    }
                });
            }
        });
        assert_eq!(passed.load(Ordering::Relaxed), 100);
    }

    #[test]
    fn keys_do_not_share_a_quota() {
        let limiter = InProcess::default();
        let once = Quota::per_minute(1);
        assert!(passes(limiter.check("one", once, NOW)) && passes(limiter.check("two", once, NOW)));
        assert!(!passes(limiter.check("one", once, NOW)) && !passes(limiter.check("two", once, NOW)));
        assert!(passes(limiter.check("one", once, NOW.plus_seconds(60))));
    }

    #[test]
    fn stale_keys_are_swept() {
        let limiter = InProcess::default();
        for round in 0..10 {
            let now = NOW.plus_seconds(round * 120);
            for n in 0..20_000 {
                limiter.check(&format!("{round}/{n}"), HUNDRED, now);
            }
        }
        assert!(limiter.len() < 50_000, "{}", limiter.len());
    }

    #[test]
    fn invented_keys_fill_no_memory_and_free_nobody() {
        let limiter = InProcess::default();
        (0..100).for_each(|_| assert!(passes(limiter.check("who asks most", HUNDRED, NOW))));
        for n in 0..ENTRIES_MAX + 20_000 {
            limiter.check(&format!("invented/{n}"), HUNDRED, NOW);
        }
        assert!(limiter.len() <= ENTRIES_MAX, "{}", limiter.len());
        assert!(!passes(limiter.check("who asks most", HUNDRED, NOW)));
    }

    #[test]
    fn a_quota_of_nothing_lets_nothing_through_and_holds_nothing() {
        let limiter = InProcess::default();
        assert!(!passes(limiter.check("one", Quota::per_minute(0), NOW)));
        assert_eq!(limiter.len(), 0);
    }
}
