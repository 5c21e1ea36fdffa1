//! Comparing the live board with the database: the month of the whole tenant, the best of it and a spread of the others.

use std::collections::HashSet;

use domain::period::{Period, Span};
use domain::ranking::{BoardChange, BoardKey, Subject};
use leaderboard::BoardError;
use store::Result;
use store::ledger::{accounts, scores};
use uuid::Uuid;

use super::{Sheet, Trouble, follow_board};
use crate::app::App;

/// How many of the best are compared, and how many of all the others.
const SAMPLE: usize = 1_000;
/// How much of the log may pass while it is compared; past that the comparison says nothing.
const MOVED_MAX: i64 = 5_000;

/// How many of the compared standings differ between the live board and the database.
pub async fn differences(app: &App) -> Result<u64> {
    Ok(differences_of(app).await?)
}

pub(super) async fn differences_of(app: &App) -> Result<u64, Trouble> {
    let Some((root, day)) =
        app.store.read(|conn| Ok(store::rankings::root(conn)?.zip(Some(accounts::log_end(conn)?.1)))).await?
    else {
        return Ok(0);
    };
    let mut found = 0;
    for subject in Subject::BOTH {
        let key = BoardKey { unit: root, period: Period::of(Span::Month, day), subject };
        found += match differences_on(app, key).await {
            // The month ended meanwhile.
            Err(Trouble::Board(BoardError::NotLive { .. })) => 0,
            other => other?,
        };
    }
    Ok(found)
}

/// Both sides move while they are compared: whoever the log names meanwhile is left out.
async fn differences_on(app: &App, key: BoardKey) -> Result<u64, Trouble> {
    let sheet = Sheet::of(app.store.read(move |conn| store::rankings::fold(conn, key)).await?);
    follow_board(app).await?;
    let ids = sample(&sheet, app.now().unix_seconds());
    let mut differing = Vec::new();
    for id in ids {
        let (there, here) = (app.board.standing(key, id).await?, sheet.standing(id));
        if there.as_of_seq < sheet.as_of_seq {
            // Another process loaded it anew from an earlier entry.
            return Ok(0);
        }
        let quiet = there.as_of_seq == sheet.as_of_seq;
        let alike = there.score == here.score && there.hidden == here.hidden;
        if !alike
            || (quiet && (there.rank, there.position, there.total) != (here.rank, here.position, here.total))
        {
            differing.push(id);
        }
    }
    if !differing.is_empty() {
        let Some(moved) = moved_since(app, sheet.as_of_seq, key.subject).await? else { return Ok(0) };
        differing.retain(|id| !moved.contains(id));
    }
    Ok(differing.len() as u64)
}

/// The best, and others spread over the rest; which ones changes with the time.
fn sample(sheet: &Sheet, turn: i64) -> Vec<Uuid> {
    let (best, others): (Vec<Uuid>, Vec<Uuid>) = {
        let mut all = sheet.ids();
        let best = all.by_ref().take(SAMPLE).collect();
        (best, all.collect())
    };
    let stride = others.len().div_ceil(SAMPLE).max(1);
    let first = usize::try_from(turn.rem_euclid(i64::try_from(stride).unwrap_or(1))).unwrap_or(0);
    best.into_iter().chain(others.into_iter().skip(first).step_by(stride)).collect()
}

/// Whom the log names after an entry; nothing when that is too much to say.
async fn moved_since(app: &App, seq: u64, subject: Subject) -> Result<Option<HashSet<Uuid>>, Trouble> {
    let entries = app.store.read(move |conn| scores::log_after(conn, seq, MOVED_MAX)).await?;
    if entries.len() as i64 == MOVED_MAX {
        return Ok(None);
    }
    let whom = entries.iter().filter_map(|entry| match &entry.change {
        BoardChange::Score { resident, household, .. } => {
            if subject == Subject::Resident {
                *resident
            } else {
                *household
            }
        }
        BoardChange::Hide(s, id) | BoardChange::Show(s, id) | BoardChange::Erase(s, id) => {
            (*s == subject).then_some(*id)
        }
        BoardChange::Nothing => None,
    });
    Ok(Some(whom.collect()))
}
