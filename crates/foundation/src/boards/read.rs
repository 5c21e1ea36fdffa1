//! One way to read a board, wherever it is: the live one where it is open and there, the database for the rest.

use domain::ranking::BoardKey;
use leaderboard::{BoardError, Page, Standing};
use store::Result;
use uuid::Uuid;

use super::past::{Found, is_over, sheet};
use crate::app::App;

/// What was read, and what is to be said about it.
#[derive(Debug, Clone)]
pub struct Read<T> {
    /// The answer.
    pub what: T,
    /// Whether the live board could not be asked.
    pub away: bool,
    /// Whether the period is over for the log: nothing counts there any more.
    pub frozen: bool,
}

/// The lines of a board from a position (1 is the first) on.
pub async fn page(app: &App, key: BoardKey, from_position: u64, limit: u64) -> Result<Read<Page>> {
    let away = match app.board.page(key, from_position, limit).await {
        Ok(what) => return Ok(Read { what, away: false, frozen: false }),
        Err(error) => is_away(app, &error),
    };
    let found = sheet(app, key).await?;
    let what = Page { as_of_seq: found.as_of_seq, ..found.page(from_position, limit) };
    Ok(told(key, &found, what, away))
}

/// Where a subject stands.
pub async fn standing(app: &App, key: BoardKey, id: Uuid) -> Result<Read<Standing>> {
    let away = match app.board.standing(key, id).await {
        Ok(what) => return Ok(Read { what, away: false, frozen: false }),
        Err(error) => is_away(app, &error),
    };
    let found = sheet(app, key).await?;
    let what = Standing { as_of_seq: found.as_of_seq, ..found.standing(id) };
    Ok(told(key, &found, what, away))
}

/// Whether the live board should have known.
fn is_away(app: &App, error: &BoardError) -> bool {
    let away = !matches!(error, BoardError::NotLive { .. });
    if away {
        metrics::counter!("jishan_board_away_total", "tenant" => app.id.clone()).increment(1);
        tracing::debug!(tenant = %app.id, cause = %error, "boards.away");
    }
    away
}

fn told<T>(key: BoardKey, found: &Found, what: T, away: bool) -> Read<T> {
    // What is over stands as it stands, whether the live board is there or not.
    let frozen = is_over(key, found.log_day);
    Read { what, away: away && !frozen, frozen }
}
