//! The one face of both kinds of board.

use domain::ranking::{BoardKey, LogEntry};
use uuid::Uuid;

use crate::error::BoardError;
use crate::in_process::{Filling, InProcess};
use crate::model::{Applied, Page, Snapshot, SnapshotScore, Standing, Status, Tree};
use crate::on_redis::{self, RedisBoard};

/// How many scores are added at a time.
const PIECE: usize = 2_000;

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

    /// Replaces everything by this snapshot, at one moment for all readers.
    pub async fn load<I>(&self, snapshot: Snapshot<I>) -> Result<(), BoardError>
    where
        I: IntoIterator<Item = SnapshotScore> + Send,
        I::IntoIter: Send,
    {
        let (head, scores) = snapshot.apart();
        let (mut loading, mut scores) = (self.begin(head).await?, scores.into_iter());
        loop {
            let rows: Vec<SnapshotScore> = scores.by_ref().take(PIECE).collect();
            if rows.is_empty() {
                return loading.finish().await;
            }
            loading.add(rows).await?;
        }
    }

    /// The same in pieces, so that nobody has to hold all scores: what was begun takes scores until it is finished. Dropped before that, it
    /// changes nothing.
    pub async fn begin(&self, head: Snapshot<()>) -> Result<Loading<'_>, BoardError> {
        Ok(match self {
            Self::InProcess(board) => Loading(Way::InProcess(board, Box::new(board.begin(head)))),
            Self::Redis(board) => Loading(Way::Redis(Box::new(board.begin(head).await?))),
        })
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
        match self {
            Self::InProcess(board) => board.last_seq(),
            Self::Redis(board) => Ok(board.status().await?.as_of_seq),
        }
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

/// A loading under way.
#[derive(Debug)]
pub struct Loading<'a>(Way<'a>);

#[derive(Debug)]
enum Way<'a> {
    InProcess(&'a InProcess, Box<Filling>),
    Redis(Box<on_redis::Filling<'a>>),
}

impl Loading<'_> {
    /// Adds scores, some thousands at a time.
    pub async fn add(&mut self, rows: Vec<SnapshotScore>) -> Result<(), BoardError> {
        match &mut self.0 {
            Way::InProcess(_, filling) => filling.add(rows),
            Way::Redis(filling) => filling.add(&rows).await,
        }
    }

    /// Puts the boards that were made in the place of those that are there.
    pub async fn finish(self) -> Result<(), BoardError> {
        match self.0 {
            Way::InProcess(board, filling) => {
                // Millions of places are sorted, and nobody is to wait for that.
                let settled = tokio::task::spawn_blocking(move || filling.settled()).await;
                board.finish(settled.map_err(BoardError::unavailable)?);
                Ok(())
            }
            Way::Redis(filling) => filling.finish().await,
        }
    }
}
