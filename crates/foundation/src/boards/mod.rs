//! The live board follows the log: it is loaded from the database, takes every entry in order, and repairs itself whatever became of its
//! memory. What it does not hold (periods that are over) or cannot tell (Redis is away) is folded from the database in [`past`].

mod compare;
mod load;
pub mod past;
mod read;

use std::sync::Arc;
use std::time::Duration;

use domain::Ts;
use domain::ranking::BoardChange;
use leaderboard::{BoardError, Tree};
use store::ledger::{accounts, scores};
use store::{Error, Result};
use tokio::sync::watch;

use self::load::{load_board, load_unless_done};
use crate::app::App;

pub use compare::differences;
pub use leaderboard::{Page, Standing};
pub use load::{Loads, load};
pub use past::{Past, Sheet};
pub use read::{Read, page, standing};

/// Entries of the log in one batch.
const BATCH: i64 = 500;
/// How often the log is looked at when nobody signals.
const EVERY: Duration = Duration::from_millis(200);
/// How long it rests after a round, so that what comes close together is followed together.
const REST: Duration = Duration::from_millis(20);
/// Repairs in a row without a batch that was taken: past that the fault is told, and tried again later.
const REPAIRS_MAX: u32 = 4;
/// How often the same trouble is written to the log, in seconds.
const TELL_EVERY_S: i64 = 60;
/// How often the tree is looked at for units that moved, in seconds.
const TREE_EVERY_S: i64 = 60;
/// How often the board is compared with the database, in seconds.
const COMPARE_EVERY_S: i64 = 3_600;
/// How long after its start a process compares for the first time, in seconds: the first have other work.
const COMPARE_AFTER_S: i64 = 60;

/// What hinders a follower.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    /// The board.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The database.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Store(error) => error,
            Trouble::Board(error @ BoardError::Unavailable(_)) => Self::unreachable(error.to_string()),
            Trouble::Board(error) => Self::corrupt(error.to_string()),
        }
    }
}

/// Brings the board to the end of the log, whatever state it is in; returns the last entry that is in it.
pub async fn follow(app: &App) -> Result<u64> {
    Ok(follow_board(app).await?)
}

async fn follow_board(app: &App) -> Result<u64, Trouble> {
    let mut repairs = 0;
    loop {
        let loads = app.past.loads.count();
        match take_batches(app, &mut repairs).await {
            Ok(seq) => {
                app.past.forget_before(seq);
                return Ok(seq);
            }
            Err(Trouble::Board(error)) if repairs < REPAIRS_MAX && is_curable(&error) => {
                repairs += 1;
                tracing::info!(tenant = %app.id, cause = %error, "boards.repair");
                repair(app, error, loads).await?;
            }
            Err(trouble) => return Err(trouble),
        }
    }
}

fn is_curable(error: &BoardError) -> bool {
    matches!(error, BoardError::Gap { .. } | BoardError::NeedsRebuild | BoardError::UnknownUnit(_))
}

async fn repair(app: &App, error: BoardError, loads: u64) -> Result<(), Trouble> {
    match error {
        // The next turn asks the board anew how far it is.
        BoardError::Gap { .. } => Ok(()),
        BoardError::UnknownUnit(_) => renew_tree(app).await,
        _ => load_unless_done(app, loads).await,
    }
}

/// Gives the board the tree as it is; when units moved, the board was counted by the old shape and is loaded again.
async fn renew_tree(app: &App) -> Result<(), Trouble> {
    let paths = app.store.read(store::units::every_path).await?;
    if app.board.set_tree(Tree(paths.into_iter().collect())) {
        load_board(app).await?;
    }
    Ok(())
}

/// Applies the log from where the board is to the end.
async fn take_batches(app: &App, repairs: &mut u32) -> Result<u64, Trouble> {
    let mut last = app.board.last_seq().await?;
    loop {
        let (end, entries) = app
            .store
            .read(move |conn| {
                let (end, _) = accounts::log_end(conn)?;
                let entries = if end > last { scores::log_after(conn, last, BATCH)? } else { Vec::new() };
                Ok((end, entries))
            })
            .await?;
        if end < last {
            // The database is older than the board: it was restored from a backup, and what the board knows did not happen.
            return Err(BoardError::NeedsRebuild.into());
        }
        if entries.is_empty() {
            return Ok(last);
        }
        last = app.board.apply(&entries).await?.as_of_seq;
        // What was spent at a shop is on no board.
        if entries.iter().any(|entry| entry.change != BoardChange::Nothing) {
            app.store.changed();
        }
        *repairs = 0;
    }
}

/// Appends what waits for the log, and brings scores and board to its end.
pub async fn follow_until_drained(app: &App) -> Result<u64> {
    loop {
        let sequenced = app.store.sequence().await?;
        let scored = app.store.write_quietly(|conn| scores::follow(conn, BATCH)).await?;
        if sequenced == 0 && scored == 0 {
            return follow(app).await;
        }
    }
}

/// Throws the board away and makes it again from the database and the log.
pub async fn rebuild(app: &App) -> Result<u64> {
    load(app).await?;
    follow(app).await
}

/// What the loop remembers between its turns.
#[derive(Debug, Default)]
struct Rounds {
    told: Option<Ts>,
    tree: Option<Ts>,
    compared: Option<Ts>,
}

/// Whether something that is done every so often is due; if so it counts as done now.
fn is_due(last: &mut Option<Ts>, now: Ts, every_s: i64) -> bool {
    // A clock that went back makes it due, too.
    let due = last.is_none_or(|at| now >= at.plus_seconds(every_s) || now < at);
    if due {
        *last = Some(now);
    }
    due
}

/// Follows the log until told to stop. Any number of processes may do this for one board on Redis.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let compared = app.now().plus_seconds(COMPARE_AFTER_S - COMPARE_EVERY_S);
    let mut rounds = Rounds { compared: Some(compared), ..Rounds::default() };
    while !*stop.borrow() {
        let woken = app.store.appended().notified();
        tokio::pin!(woken);
        // From here on a signal is not missed, though nobody waits yet.
        woken.as_mut().enable();
        if let Err(trouble) = round(&app, &mut rounds).await {
            metrics::counter!("jishan_board_failures_total", "tenant" => app.id.clone()).increment(1);
            if is_due(&mut rounds.told, app.now(), TELL_EVERY_S) {
                tracing::warn!(error = &trouble as &dyn std::error::Error, tenant = %app.id, "boards.follow.failed");
            }
        }
        tokio::time::sleep(REST).await;
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(EVERY) => {}
            changed = stop.changed() => if changed.is_err() { return },
        }
    }
}

async fn round(app: &App, rounds: &mut Rounds) -> Result<(), Trouble> {
    let now = app.now();
    if is_due(&mut rounds.tree, now, TREE_EVERY_S) {
        renew_tree(app).await?;
    }
    let seq = follow_board(app).await?;
    metrics::gauge!("jishan_board_seq", "tenant" => app.id.clone()).set(seq as f64);
    if is_due(&mut rounds.compared, now, COMPARE_EVERY_S) {
        let found = compare::differences_of(app).await?;
        if found > 0 {
            metrics::counter!("jishan_board_differences_total", "tenant" => app.id.clone()).increment(found);
            tracing::error!(tenant = %app.id, found, "boards.differ");
            load_board(app).await?;
            follow_board(app).await?;
        }
    }
    Ok(())
}
