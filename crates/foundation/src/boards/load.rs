//! Loading the live board from the database: what one moment shows is read in pieces, and each piece is in the board before the next but
//! few are read. So a load holds little memory however large the town is, and its two sides work at the same time.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::period::Period;
use domain::ranking::Subject;
use leaderboard::{BoardError, Loading, Snapshot, SnapshotScore, Tree};
use store::ledger::scores;
use store::rankings::at_one_moment;
use store::{Db, Error, Result};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use uuid::Uuid;

use super::Trouble;
use crate::app::App;

/// Scores of one piece.
const PIECE: i64 = 2_000;
/// Pieces that wait to be taken.
const WAITING: usize = 2;

/// The loads of one tenant's board by this process: one at a time.
#[derive(Debug, Default)]
pub struct Loads {
    turn: Mutex<()>,
    count: AtomicU64,
}

impl Loads {
    /// How many there were.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }
}

/// Loads the board from the database, as of the entry up to which the kept scores have followed the log. [`super::follow`] does the rest.
pub async fn load(app: &App) -> Result<()> {
    Ok(load_board(app).await?)
}

pub(super) async fn load_board(app: &App) -> Result<(), Trouble> {
    let _turn = app.past.loads.turn.lock().await;
    load_now(app).await
}

/// As [`load_board`], unless somebody has loaded it since there were so many loads: several may find at once that it is not there, and a
/// second load would put a board in place that is older than what was applied to the first.
pub(super) async fn load_unless_done(app: &App, loads: u64) -> Result<(), Trouble> {
    let _turn = app.past.loads.turn.lock().await;
    if app.past.loads.count() == loads { load_now(app).await } else { Ok(()) }
}

/// What is read before the scores.
struct Head {
    tree: Tree,
    snapshot: Snapshot<()>,
}

enum Piece {
    Head(Head),
    Scores(Vec<SnapshotScore>),
}

async fn load_now(app: &App) -> Result<(), Trouble> {
    let (send, pieces) = channel(WAITING);
    let reading = app.store.read_at_length(move |conn| at_one_moment(conn, |conn| read(conn, &send)));
    let (read, loading) = tokio::join!(reading, take(app, pieces));
    // A board that takes no more is why nobody reads on.
    let loading = loading?;
    read?;
    let Some(loading) = loading else { return Err(Error::corrupt("a snapshot of nothing").into()) };
    loading.finish().await?;
    app.past.loads.count.fetch_add(1, Ordering::AcqRel);
    metrics::counter!("jishan_board_loads_total", "tenant" => app.id.clone()).increment(1);
    app.store.changed();
    Ok(())
}

async fn take(app: &App, mut pieces: Receiver<Piece>) -> Result<Option<Loading<'_>>, BoardError> {
    let mut loading = None;
    while let Some(piece) = pieces.recv().await {
        match (piece, &mut loading) {
            (Piece::Head(Head { tree, snapshot }), _) => {
                tracing::info!(tenant = %app.id, seq = snapshot.seq, "boards.load");
                app.board.set_tree(tree);
                loading = Some(app.board.begin(snapshot).await?);
            }
            (Piece::Scores(rows), Some(loading)) => loading.add(rows).await?,
            (Piece::Scores(_), None) => {}
        }
    }
    Ok(loading)
}

/// The tree and every open board.
fn read(conn: &mut Db, to: &Sender<Piece>) -> Result<()> {
    let give = |piece| to.blocking_send(piece).map_err(|_| Error::unreachable("the board takes no more"));
    let tree = Tree(store::units::every_path(conn)?.into_iter().collect());
    let (seq, day) = scores::cursor(conn)?;
    let (erased, hidden): (Vec<_>, Vec<_>) =
        scores::concealed(conn)?.into_iter().partition(|(_, _, erased)| *erased);
    let whom = |rows: Vec<(Subject, Uuid, bool)>| rows.into_iter().map(|(s, id, _)| (s, id)).collect();
    let snapshot = Snapshot { seq, day, scores: (), hidden: whom(hidden), erased: whom(erased) };
    give(Piece::Head(Head { tree, snapshot }))?;
    scores::each_open(conn, day, PIECE, |subject, periods, rows| {
        let of = |period: Period| {
            let score = move |s: &scores::Score| SnapshotScore {
                period,
                subject,
                unit: s.unit,
                id: s.id,
                score: s.score,
                reached: s.reached,
            };
            rows.iter().map(score).collect()
        };
        periods.iter().try_for_each(|period| give(Piece::Scores(of(*period))))
    })
}
