//! Connections to Redis for what a request can do without: it waits a short while, and after an outage leaves Redis alone for a moment.

use std::time::Duration;

use leaderboard::Connections;
use parking_lot::Mutex;
use redis::RedisError;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use tokio::time::{Instant, timeout};

/// How often an outage is told to the log.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// The connections.
pub(crate) struct RedisLink {
    connections: Connections,
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

#[derive(Debug, Default)]
struct Outage {
    left_alone_until: Option<Instant>,
    told_at: Option<Instant>,
}

impl RedisLink {
    /// Connects when a thread asks first, so that a process starts although Redis does not. `means` is what an outage means. Call it within the
    /// runtime.
    pub(crate) fn new(url: &str, patience: Patience, means: &'static str) -> Result<Self, RedisError> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(patience.answer_within))
            .set_response_timeout(Some(patience.answer_within))
            .set_number_of_retries(0);
        let connections = Connections::new(url, config)?;
        Ok(Self { connections, patience, outage: Mutex::default(), means })
    }

    /// Whether Redis failed a moment ago.
    pub(crate) fn is_left_alone(&self) -> bool {
        self.outage.lock().left_alone_until.is_some_and(|until| Instant::now() < until)
    }

    /// What Redis answers; none if it does not, in time, or did not a moment ago.
    pub(crate) async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&mut ConnectionManager) -> Result<T, RedisError>,
    ) -> Option<T> {
        if self.is_left_alone() {
            return None;
        }
        let mut connection = self.connections.own();
        match timeout(self.patience.answer_within, question(&mut connection)).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => self.leave_alone(&error),
            Err(elapsed) => self.leave_alone(&elapsed),
        }
        None
    }

    /// As [`RedisLink::ask`], for what others wait for: asked whatever happened a moment ago, and once more where a connection was lost, which
    /// is made anew meanwhile.
    pub(crate) async fn try_again<T>(
        &self,
        question: impl AsyncFn(&mut ConnectionManager) -> Result<T, RedisError>,
    ) -> Option<T> {
        let mut connection = self.connections.own();
        let twice = async {
            match question(&mut connection).await {
                Err(error) if error.is_io_error() => question(&mut connection).await,
                answer => answer,
            }
        };
        match timeout(self.patience.answer_within, twice).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => self.leave_alone(&error),
            Err(elapsed) => self.leave_alone(&elapsed),
        }
        None
    }

    fn leave_alone(&self, error: &(dyn std::error::Error + 'static)) {
        let now = Instant::now();
        let mut outage = self.outage.lock();
        outage.left_alone_until = Some(now + self.patience.left_alone_for);
        if outage.told_at.is_none_or(|told| now.duration_since(told) >= TOLD_EVERY) {
            outage.told_at = Some(now);
            tracing::warn!(error, means = self.means, "redis.away");
        }
    }
}

impl std::fmt::Debug for RedisLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisLink").field("outage", &self.outage).finish_non_exhaustive()
    }
}
