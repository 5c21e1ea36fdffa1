//! The limiter of several processes: one script in Redis reads, decides and writes. The caller's clock is an argument of it, so
//! that a test moves the time here as everywhere.

use std::time::Duration;

use domain::Ts;
use domain::rate::{Quota, Verdict};
use redis::aio::ConnectionManager;
use redis::{RedisError, Script};

use super::InProcess;
use super::leases::{Held, Leases};
use crate::redis_link::{Patience, RedisLink};

/// How long a request waits for Redis before this process decides alone.
pub const ANSWER_WITHIN: Duration = Duration::from_millis(100);
/// For how long Redis is left alone after it did not answer.
const LEFT_ALONE_FOR: Duration = Duration::from_secs(1);
/// For how much longer than needed a number is kept: far more than clocks differ.
const KEPT_LONGER_MS: i64 = 60_000;

/// The limiter cannot be made, because of its settings.
#[derive(Debug, thiserror::Error)]
#[error("the address of Redis for rate limits is not usable")]
pub struct RateError(#[from] RedisError);

/// One number per key, in Redis.
pub struct InRedis {
    link: RedisLink,
    script: Script,
    prefix: String,
    fallback: InProcess,
    leases: Leases,
}

impl InRedis {
    pub(super) fn new(url: &str, prefix: &str, answer_within: Duration) -> Result<Self, RateError> {
        let patience = Patience { answer_within, left_alone_for: LEFT_ALONE_FOR };
        Ok(Self {
            link: RedisLink::new(url, patience, "each process limits rates by itself")?,
            script: Script::new(include_str!("gcra.lua")),
            prefix: prefix.to_owned(),
            fallback: InProcess::default(),
            leases: Leases::default(),
        })
    }

    pub(super) async fn check(&self, key: &str, quota: Quota, now: Ts) -> Verdict {
        if !self.link.is_left_alone() {
            let wish = match self.leases.take(key, now) {
                Held::Pass { remaining } => return Verdict::Pass { remaining },
                Held::Ask { wish } => wish,
            };
            let asked = self.link.ask(async |connection| self.ask(connection, key, quota, now, wish).await);
            if let Some(verdict) = asked.await {
                return verdict;
            }
        }
        metrics::counter!("jishan_rate_fallback_total").increment(1);
        self.fallback.check(key, quota, now)
    }

    async fn ask(
        &self,
        connection: &mut ConnectionManager,
        key: &str,
        quota: Quota,
        now: Ts,
        wish: u32,
    ) -> Result<Verdict, RedisError> {
        let (granted, number): (u32, i64) = self
            .script
            .key(format!("{}{key}", self.prefix))
            .arg(now.0)
            .arg(quota.interval_us())
            .arg(quota.burst)
            .arg(KEPT_LONGER_MS)
            .arg(wish)
            .invoke_async(connection)
            .await?;
        if granted == 0 {
            return Ok(Verdict::Wait { retry_after_us: number });
        }
        let beyond = u32::try_from(number).unwrap_or(0);
        self.leases.keep(key, wish, granted - 1, beyond, now);
        Ok(Verdict::Pass { remaining: granted - 1 + beyond })
    }
}

impl std::fmt::Debug for InRedis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InRedis")
            .field("prefix", &self.prefix)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}
