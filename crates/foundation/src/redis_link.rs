//! A connection to Redis for what a request can do without: it waits a short while, and after an outage leaves Redis alone for a moment.

use std::time::Duration;

use parking_lot::Mutex;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError};
use tokio::time::{Instant, timeout};

/// How often an outage is told to the log.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// The connection.
pub(crate) struct RedisLink {
    connection: ConnectionManager,
    patience: Patience,
    outage: Mutex<Outage>,
    /// What the log is told of an outage.
    means: &'static str,
}

/// How an outage is met.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// How long a request waits.
    pub(crate) answer_within: Duration,
    /// For how long Redis is left alone after it did not answer, so that an outage does not make every request wait.
    pub(crate) left_alone_for: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Away {
    /// There is no Redis to be talked to.
    Gone,
    /// Redis has not answered yet: it may do what it was asked, and may answer others.
    Late,
}

#[derive(Debug, Default)]
struct Outage {
    left_alone: Option<(Instant, Away)>,
    told_at: Option<Instant>,
}

impl RedisLink {
    /// Connects when first asked, so that a process starts although Redis does not. `means` is what an outage means. Call it within the
    /// runtime.
    pub(crate) fn new(url: &str, patience: Patience, means: &'static str) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(patience.answer_within))
            .set_response_timeout(Some(patience.answer_within))
            .set_number_of_retries(0);
        let connection = ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?;
        Ok(Self { connection, patience, outage: Mutex::default(), means })
    }

    /// How Redis failed a moment ago, if it did.
    pub(crate) fn is_away(&self) -> Option<Away> {
        let (until, away) = self.outage.lock().left_alone?;
        (Instant::now() < until).then_some(away)
    }

    /// What Redis answers, unless it does not, or did not a moment ago.
    pub(crate) async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&mut ConnectionManager) -> Result<T, RedisError>,
    ) -> Result<T, Away> {
        if let Some(away) = self.is_away() {
            return Err(away);
        }
        let mut connection = self.connection.clone();
        match timeout(self.patience.answer_within, question(&mut connection)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                let away = if error.is_timeout() { Away::Late } else { Away::Gone };
                Err(self.leave_alone(away, &error))
            }
            Err(elapsed) => Err(self.leave_alone(Away::Late, &elapsed)),
        }
    }

    fn leave_alone(&self, away: Away, error: &(dyn std::error::Error + 'static)) -> Away {
        let now = Instant::now();
        let mut outage = self.outage.lock();
        outage.left_alone = Some((now + self.patience.left_alone_for, away));
        if outage.told_at.is_none_or(|told| now.duration_since(told) >= TOLD_EVERY) {
            outage.told_at = Some(now);
            tracing::warn!(error, means = self.means, "redis.away");
        }
        away
    }
}

impl std::fmt::Debug for RedisLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisLink").field("outage", &self.outage).finish_non_exhaustive()
    }
}
