//! What can go wrong on a board, and what the caller does about it.

use domain::Day;
use domain::ids::UnitId;

/// Why a board did not answer or did not take a batch. Nothing of a refused batch was written.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// Entries are missing before the batch: read the log again from `expected` and deliver that.
    #[error("the board expects entry {expected} of the log next")]
    Gap {
        /// The number that the board wants to see.
        expected: u64,
    },
    /// The log's day went backwards at this entry; the log is broken and wants a person.
    #[error("the day of entry {seq} is earlier than the board's")]
    DayWentBack {
        /// The entry.
        seq: u64,
    },
    /// The tree does not know a unit: give the board a new tree, then deliver the batch again.
    #[error("unit {0} is not in the board's tree")]
    UnknownUnit(UnitId),
    /// The period is not open at the log's day: a closed one is answered by the database.
    #[error("the period is not open on {log_day}, the day of the log")]
    NotLive {
        /// The log's day.
        log_day: Day,
    },
    /// There is no board, or none that can be trusted: call `load` with a snapshot.
    #[error("the board is empty or damaged and has to be loaded")]
    NeedsRebuild,
    /// Redis did not answer in time, or not at all. Whether a batch was written is open: deliver it again.
    #[error("the board's Redis is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl BoardError {
    pub(crate) fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into())
    }
}
