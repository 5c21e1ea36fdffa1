//! The one face of both kinds of board.

use domain::ranking::{BoardKey, LogEntry};
use uuid::Uuid;

use crate::error::BoardError;
use crate::in_process::InProcess;
use crate::model::{Applied, Page, Snapshot, SnapshotScore, Standing, Status, Tree};
use crate::on_redis::RedisBoard;

/// The live boards of one tenant. A new board wants a [`Board::load`] before anything else; until then, and whenever its memory was
/// lost, it answers [`BoardError::NeedsRebuild`].
#[derive(Debug)]
pub enum Board {
    /// In this process: for a single server. Lost with the process.
    InProcess(InProcess),
    /// On Redis: shared by all servers.
    Redis(RedisBoard),
}

impl Board {
    /// Applies entries of the log, each exactly once whatever is delivered how often and by how many. A batch is checked as a whole
    /// before the first write; a failure on the way leaves a prefix of it, never a part of an entry.
    pub async fn apply(&self, entries: &[LogEntry]) -> Result<Applied, BoardError> {
        match self {
            Self::InProcess(board) => board.apply(entries),
            Self::Redis(board) => board.apply(entries).await,
        }
    }

    /// Replaces everything by this snapshot, at one moment for all readers. In process this computes for as long as it takes (some
    /// seconds for millions): call it where that is welcome.
    pub async fn load<I>(&self, snapshot: Snapshot<I>) -> Result<(), BoardError>
    where
        I: IntoIterator<Item = SnapshotScore> + Send,
        I::IntoIter: Send,
    {
        match self {
            Self::InProcess(board) => board.load(snapshot),
            Self::Redis(board) => board.load(snapshot).await,
        }
    }

    /// The lines of a board from a position (1 is the first) on, at most [`crate::PAGE_MAX`].
    pub async fn page(&self, key: BoardKey, from_position: u64, limit: u64) -> Result<Page, BoardError> {
        match self {
            Self::InProcess(board) => board.page(key, from_position, limit),
            Self::Redis(board) => board.page(key, from_position, limit).await,
        }
    }

    /// Where a subject stands; who is not known stands behind all with a score of zero.
    pub async fn standing(&self, key: BoardKey, id: Uuid) -> Result<Standing, BoardError> {
        match self {
            Self::InProcess(board) => board.standing(key, id),
            Self::Redis(board) => board.standing(key, id).await,
        }
    }

    /// How the board is.
    pub async fn status(&self) -> Result<Status, BoardError> {
        match self {
            Self::InProcess(board) => board.status(),
            Self::Redis(board) => board.status().await,
        }
    }

    /// The last entry of the log that is in the board: the next one to deliver is one more.
    pub async fn last_seq(&self) -> Result<u64, BoardError> {
        Ok(self.status().await?.as_of_seq)
    }

    /// Gives the board a new tree, for batches from now on. When it answers `true` the tree was not only extended: what is in the
    /// board was counted by the old shape, and the caller has to [`Board::load`].
    pub fn set_tree(&self, tree: Tree) -> bool {
        match self {
            Self::InProcess(board) => board.set_tree(tree),
            Self::Redis(board) => board.set_tree(tree),
        }
    }
}
