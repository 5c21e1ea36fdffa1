//! Rate limits. One number per key decides (see `domain::rate`), and whoever reads it writes it in the same step: under a lock
//! where one process serves, in one Redis script where several do. So a quota holds exactly, however the requests are spread: never more
//! pass, and fewer only by what a process was granted ahead and did not use (see `leases`).
//!
//! When Redis does not answer, each process limits by itself: the quota then holds per process, which is better than letting
//! everything through and better than letting nothing through.

mod in_process;
mod leases;
mod redis;

pub use in_process::InProcess;
pub use redis::{ANSWER_WITHIN, InRedis, RateError};

use std::time::Duration;

use domain::Ts;
use domain::rate::{Quota, Verdict};

/// Decides whether a request may pass.
#[derive(Debug)]
pub enum Limiter {
    /// For one process.
    InProcess(InProcess),
    /// For several processes that share a Redis.
    Redis(Box<InRedis>),
}

impl Limiter {
    /// A limiter for one process.
    pub fn in_process() -> Self {
        Self::InProcess(InProcess::default())
    }

    /// A limiter for all processes that name the same Redis and the same prefix of keys. Connects when first asked, so that a
    /// process starts although Redis does not. What Redis does not answer within this time ([`ANSWER_WITHIN`], if nothing
    /// speaks for another) is decided in the process. Call it within the runtime.
    pub fn redis(url: &str, prefix: &str, answer_within: Duration) -> Result<Self, RateError> {
        InRedis::new(url, prefix, answer_within).map(|limiter| Self::Redis(Box::new(limiter)))
    }

    /// Counts one request of this key against this quota. A key belongs to one quota: its name holds who asks and for what.
    pub async fn check(&self, key: &str, quota: Quota, now: Ts) -> Verdict {
        if quota.interval_us() == 0 {
            // More than one request per microsecond is no limit, and would divide by zero.
            return Verdict::Pass { remaining: quota.burst };
        }
        match self {
            Self::InProcess(limiter) => limiter.check(key, quota, now),
            Self::Redis(limiter) => limiter.check(key, quota, now).await,
        }
    }
}
