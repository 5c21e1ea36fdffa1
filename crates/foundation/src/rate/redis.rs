//! The limiter of several processes: one script in Redis reads, decides and writes. The caller's clock is an argument of it, so
//! that a test moves the time here as everywhere.

use std::time::Duration;

use domain::Ts;
use domain::rate::{Quota, Verdict};
use parking_lot::Mutex;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, Script};
use tokio::time::{Instant, timeout};

use super::InProcess;
use super::leases::{Held, Leases};

/// How long a request waits for Redis before this process decides alone.
pub const ANSWER_WITHIN: Duration = Duration::from_millis(100);
/// For how long Redis is left alone after it did not answer, so that an outage does not make every request wait.
const LEFT_ALONE_FOR: Duration = Duration::from_secs(1);
/// How often an outage is told to the log.
const TOLD_EVERY: Duration = Duration::from_secs(60);
/// For how much longer than needed a number is kept: far more than clocks differ.
const KEPT_LONGER_MS: i64 = 60_000;

/// The limiter cannot be made, because of its settings.
#[derive(Debug, thiserror::Error)]
#[error("the address of Redis for rate limits is not usable")]
pub struct RateError(#[from] RedisError);

/// One number per key, in Redis.
pub struct InRedis {
    connection: ConnectionManager,
    script: Script,
    prefix: String,
    answer_within: Duration,
    fallback: InProcess,
    leases: Leases,
    outage: Mutex<Outage>,
}

#[derive(Debug, Default)]
struct Outage {
    left_alone_until: Option<Instant>,
    told_at: Option<Instant>,
}

impl InRedis {
    pub(super) fn new(url: &str, prefix: &str, answer_within: Duration) -> Result<Self, RateError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(answer_within))
            .set_response_timeout(Some(answer_within))
            .set_number_of_retries(0);
        Ok(Self {
            connection: ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?,
            script: Script::new(include_str!("gcra.lua")),
            prefix: prefix.to_owned(),
            answer_within,
            fallback: InProcess::default(),
            leases: Leases::default(),
            outage: Mutex::default(),
        })
    }

    pub(super) async fn check(&self, key: &str, quota: Quota, now: Ts) -> Verdict {
        if !self.is_left_alone() {
            let wish = match self.leases.take(key, now) {
                Held::Pass { remaining } => return Verdict::Pass { remaining },
                Held::Ask { wish } => wish,
            };
            match timeout(self.answer_within, self.ask(key, quota, now, wish)).await {
                Ok(Ok(verdict)) => return verdict,
                Ok(Err(error)) => self.leave_alone(&error),
                Err(elapsed) => self.leave_alone(&elapsed),
            }
        }
        metrics::counter!("jishan_rate_fallback_total").increment(1);
        self.fallback.check(key, quota, now)
    }

    async fn ask(&self, key: &str, quota: Quota, now: Ts, wish: u32) -> Result<Verdict, RedisError> {
        let mut connection = self.connection.clone();
        let (granted, number): (u32, i64) = self
            .script
            .key(format!("{}{key}", self.prefix))
            .arg(now.0)
            .arg(quota.interval_us())
            .arg(quota.burst)
            .arg(KEPT_LONGER_MS)
            .arg(wish)
            .invoke_async(&mut connection)
            .await?;
        if granted == 0 {
            return Ok(Verdict::Wait { retry_after_us: number });
        }
        let beyond = u32::try_from(number).unwrap_or(0);
        self.leases.keep(key, wish, granted - 1, beyond, now);
        Ok(Verdict::Pass { remaining: granted - 1 + beyond })
    }

    fn is_left_alone(&self) -> bool {
        self.outage.lock().left_alone_until.is_some_and(|until| Instant::now() < until)
    }

    fn leave_alone(&self, error: &(dyn std::error::Error + 'static)) {
        let now = Instant::now();
        let mut outage = self.outage.lock();
        outage.left_alone_until = Some(now + LEFT_ALONE_FOR);
        if outage.told_at.is_none_or(|told| now.duration_since(told) >= TOLD_EVERY) {
            outage.told_at = Some(now);
            tracing::warn!(error, "Redis does not answer: each process limits rates by itself");
        }
    }
}

impl std::fmt::Debug for InRedis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InRedis")
            .field("prefix", &self.prefix)
            .field("outage", &self.outage)
            .finish_non_exhaustive()
    }
}
