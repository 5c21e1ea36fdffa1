//! What can go wrong below the handlers. A refusal is for the person; everything else is for the log.

use diesel::result::{DatabaseErrorKind, Error as Diesel};
use domain::{Code, Refusal};

/// An error of a read or a write.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is refused; nothing was changed.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The database cannot be reached or does not answer in time; a repetition may succeed.
    #[error("the database does not answer: {0}")]
    Unreachable(String),
    /// The database refused a statement.
    #[error("a statement failed: {0}")]
    Database(Diesel),
    /// Somebody else made at the same time what this transaction was about to make; run again, it finds what they made.
    #[error("somebody else was faster")]
    Overtaken,
    /// Something that can only be a fault of the program or of the data.
    #[error("{0}")]
    Corrupt(String),
}

/// The result of a read or a write.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A fault of the program or the data.
    pub fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt(what.into())
    }
    /// A database that cannot be reached.
    pub fn unreachable(cause: impl Into<String>) -> Self {
        Self::Unreachable(cause.into())
    }
    /// This refusal instead of a broken unique key: for an UPDATE, which has no ON CONFLICT. The transaction still ends with it.
    pub fn unique_as(self, code: Code) -> Self {
        match self {
            Self::Database(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => code.into(),
            other => other,
        }
    }
    /// With the seconds after which the refusal of this code is none any more.
    pub fn told_when(self, code: Code, seconds: i64) -> Self {
        match self {
            Self::Refused(refusal) if refusal.code == code => {
                Self::Refused(refusal.retry_after(u32::try_from(seconds.max(1)).unwrap_or(u32::MAX)))
            }
            other => other,
        }
    }
    /// [`Error::Overtaken`] instead of a broken unique key: for rows that many open and whoever comes second only has to find.
    pub fn unique_as_overtaken(self) -> Self {
        match self {
            Self::Database(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Self::Overtaken,
            other => other,
        }
    }
    /// Whether running the transaction again may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Overtaken => true,
            Self::Database(Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => true,
            Self::Database(Diesel::DatabaseError(_, info)) => {
                let text = info.message();
                text.contains("deadlock detected") || text.contains("database is locked")
            }
            _ => false,
        }
    }
    /// The refusal that the person is shown.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal.clone(),
            Self::Overtaken => Refusal::from(Code::Busy).retry_after(1),
            Self::Unreachable(_) => Refusal::from(Code::Unavailable).retry_after(1),
            Self::Database(Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection, _)) => {
                Refusal::from(Code::Unavailable).retry_after(1)
            }
            Self::Database(Diesel::DatabaseError(_, info))
                if is_timeout(info.message()) || self.is_retryable() =>
            {
                Refusal::from(Code::Busy).retry_after(1)
            }
            Self::Database(_) | Self::Corrupt(_) => Code::Internal.into(),
        }
    }
}

fn is_timeout(message: &str) -> bool {
    [
        "statement timeout",
        "lock timeout",
        "canceling statement due to user request",
        "server closed the connection",
        "terminating connection",
        "no connection to the server",
    ]
    .iter()
    .any(|known| message.contains(known))
}

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        Self::Database(error)
    }
}
impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Refused(code.into())
    }
}
impl From<domain::FieldFault> for Error {
    fn from(fault: domain::FieldFault) -> Self {
        Self::Refused(Refusal::field(fault))
    }
}
