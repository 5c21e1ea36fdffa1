//! Boards folded from the database: of periods that are over, which never change but for who is hidden, and of open ones while the live
//! board is away. Folded ones are kept for a while, so that a board that many look at is folded once.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use domain::ranking::{BoardKey, Line, Place, lines};
use domain::{Day, Ts};
use leaderboard::{NEIGHBOURS, Page, Standing};
use parking_lot::Mutex;
use store::Result;
use store::ledger::accounts;
use store::rankings::{self, Fold};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::load::Loads;
use crate::app::App;

/// The most boards that are kept.
const KEPT_MAX: usize = 64;
/// The most places on all kept boards together: some 100 MB.
const PLACES_MAX: usize = 2_000_000;
/// For how long an open board is believed at least; one that takes long to fold is believed for so many times as long.
const OPEN_FOR: Duration = Duration::from_secs(2);
const OPEN_FOR_FOLDS: u32 = 4;
/// Boards that are folded at the same time: they are the most that a reader can ask for.
const FOLDS_AT_ONCE: usize = 2;

/// A whole board in order, as of one entry of the log.
#[derive(Debug)]
pub struct Sheet {
    listed: Vec<Place>,
    /// Where in the list everybody is, by id.
    by_id: Vec<u32>,
    /// Who has a place and is not listed: hidden, or without points.
    others: HashMap<Uuid, Place>,
    hidden: HashSet<Uuid>,
    /// The last entry that is in it.
    pub as_of_seq: u64,
    /// The log's day at that entry.
    pub log_day: Day,
}

impl Sheet {
    /// The board that was folded.
    pub fn of(fold: Fold) -> Self {
        let Fold { places, hidden, erased, as_of_seq, log_day } = fold;
        let here = places.into_iter().filter(|place| !erased.contains(&place.id));
        let (mut listed, others): (Vec<Place>, Vec<Place>) =
            here.partition(|place| place.is_listed() && !hidden.contains(&place.id));
        listed.sort_unstable();
        let mut by_id: Vec<u32> = (0..listed.len() as u32).collect();
        by_id.sort_unstable_by_key(|at| listed[*at as usize].id);
        let others = others.into_iter().map(|place| (place.id, place)).collect();
        Self { listed, by_id, others, hidden, as_of_seq, log_day }
    }

    /// Everybody with a place, the listed first and in order.
    pub fn ids(&self) -> impl Iterator<Item = Uuid> {
        self.listed.iter().map(|place| place.id).chain(self.others.keys().copied())
    }

    /// As [`leaderboard::Board::page`].
    pub fn page(&self, from_position: u64, limit: u64) -> Page {
        let from = usize::try_from(from_position.max(1) - 1).unwrap_or(usize::MAX);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Page {
            lines: self.stretch(from, limit),
            total: self.listed.len() as u64,
            as_of_seq: self.as_of_seq,
            log_day: self.log_day,
        }
    }

    /// As [`leaderboard::Board::standing`].
    pub fn standing(&self, id: Uuid) -> Standing {
        let own = self.others.get(&id).or_else(|| self.listed(id)).copied();
        let score = own.map_or(0, |place| place.score());
        let hidden = self.hidden.contains(&id);
        let is_listed = score > 0 && !hidden;
        let index = match own {
            Some(own) if score > 0 => self.listed.partition_point(|place| *place < own),
            _ => self.listed.len(),
        };
        let near = NEIGHBOURS as usize;
        let start = index.saturating_sub(near);
        Standing {
            rank: self.above(score) as u64 + 1,
            position: is_listed.then_some(index as u64 + 1),
            score,
            hidden,
            above: self.stretch(start, index - start),
            below: self.stretch(index + usize::from(is_listed), near),
            total: self.listed.len() as u64,
            as_of_seq: self.as_of_seq,
            log_day: self.log_day,
        }
    }

    fn listed(&self, id: Uuid) -> Option<&Place> {
        let id_at = |at: &u32| self.listed[*at as usize].id;
        let found = self.by_id.binary_search_by_key(&id, id_at).ok()?;
        self.listed.get(self.by_id[found] as usize)
    }

    fn above(&self, score: i64) -> usize {
        self.listed.partition_point(|place| place.score() > score)
    }

    fn stretch(&self, from: usize, limit: usize) -> Vec<Line> {
        let from = from.min(self.listed.len());
        let to = from.saturating_add(limit).min(self.listed.len());
        let places = &self.listed[from..to];
        let above = places.first().map_or(0, |first| self.above(first.score()));
        lines(places, from as u64 + 1, above as u64)
    }

    fn len(&self) -> usize {
        self.listed.len() + self.others.len()
    }
}

/// A board that is kept.
#[derive(Debug)]
struct Kept {
    sheet: Sheet,
    made_at: Ts,
    /// For how long it is believed while its period is open.
    open_for: Duration,
    /// Up to which entry nobody hid, showed or was erased since the fold.
    unchanged_until: AtomicU64,
}

impl Kept {
    fn is_young(&self, now: Ts) -> bool {
        let age = u64::try_from(now.0 - self.made_at.0).map(Duration::from_micros);
        age.is_ok_and(|age| age < self.open_for)
    }
}

/// The boards that this process has folded, the last used first, and the loads of the live one, for which they stand in.
#[derive(Debug)]
pub struct Past {
    kept: Mutex<Vec<(BoardKey, Arc<Kept>)>>,
    /// Whose turn it is to fold a board, for every board that is being folded.
    turns: Mutex<HashMap<BoardKey, Weak<tokio::sync::Mutex<()>>>>,
    folding: Semaphore,
    pub(super) loads: Loads,
}

impl Default for Past {
    fn default() -> Self {
        let (kept, turns, loads) = (Mutex::default(), Mutex::default(), Loads::default());
        Self { kept, turns, folding: Semaphore::new(FOLDS_AT_ONCE), loads }
    }
}

/// A board from the database.
#[derive(Debug, Clone)]
pub struct Found {
    kept: Arc<Kept>,
    /// The entry of the log as of which it is true.
    pub as_of_seq: u64,
}

impl std::ops::Deref for Found {
    type Target = Sheet;
    fn deref(&self) -> &Sheet {
        &self.kept.sheet
    }
}

/// Whether nothing can count in a board's period any more.
pub(super) fn is_over(key: BoardKey, log_day: Day) -> bool {
    key.period.end().is_some_and(|end| end <= log_day)
}

/// The board, from what is kept or from the database. Of many who ask for one board at once one folds it, and the others wait for it.
pub async fn sheet(app: &App, key: BoardKey) -> Result<Found> {
    if let Some(found) = still_good(app, key).await? {
        return Ok(found);
    }
    let turn = app.past.turn_of(key);
    let _turn = turn.lock().await;
    // Whoever had the turn before has most likely folded it.
    if let Some(found) = still_good(app, key).await? {
        return Ok(found);
    }
    let _place = app.past.folding.acquire().await;
    let (made_at, began) = (app.now(), Instant::now());
    let fold = app.store.read(move |conn| rankings::fold(conn, key)).await?;
    let sheet = tokio::task::spawn_blocking(move || Sheet::of(fold))
        .await
        .map_err(|e| store::Error::corrupt(format!("a fold ended early: {e}")))?;
    let as_of_seq = sheet.as_of_seq;
    let open_for = OPEN_FOR.max(began.elapsed() * OPEN_FOR_FOLDS);
    let kept = Arc::new(Kept { sheet, made_at, open_for, unchanged_until: AtomicU64::new(as_of_seq) });
    // An empty board is folded in no time, and must not push out one that is not: anybody can ask for empty ones.
    if kept.sheet.len() > 0 {
        app.past.keep(key, kept.clone());
    }
    Ok(Found { kept, as_of_seq })
}

async fn still_good(app: &App, key: BoardKey) -> Result<Option<Found>> {
    let Some(kept) = app.past.find(key) else { return Ok(None) };
    let since = kept.unchanged_until.load(Ordering::Relaxed);
    if is_over(key, kept.sheet.log_day) {
        let (end, changed) = app
            .store
            .read(move |conn| {
                let (end, _) = accounts::log_end(conn)?;
                Ok((end, end > since && rankings::visibility_changed(conn, since)?))
            })
            .await?;
        if changed || end < since {
            return Ok(None);
        }
        kept.unchanged_until.fetch_max(end, Ordering::Relaxed);
        return Ok(Some(Found { kept, as_of_seq: end }));
    }
    let good = kept.is_young(app.now()) || app.store.read(accounts::log_end).await?.0 == since;
    Ok(good.then_some(Found { kept, as_of_seq: since }))
}

impl Past {
    /// The turn of a board; those that nobody waits for are forgotten.
    fn turn_of(&self, key: BoardKey) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock();
        if let Some(turn) = turns.get(&key).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(key, Arc::downgrade(&turn));
        turn
    }

    /// Forgets boards of open periods that the live one, which is there, has left behind: should it go away again, nobody is to be shown
    /// what was true before it came.
    pub(super) fn forget_before(&self, seq: u64) {
        let is_past = |kept: &Kept| kept.unchanged_until.load(Ordering::Relaxed) < seq;
        self.kept.lock().retain(|(key, kept)| is_over(*key, kept.sheet.log_day) || !is_past(kept));
    }

    fn find(&self, key: BoardKey) -> Option<Arc<Kept>> {
        let mut kept = self.kept.lock();
        let at = kept.iter().position(|(k, _)| *k == key)?;
        let found = kept.remove(at);
        let board = found.1.clone();
        kept.insert(0, found);
        Some(board)
    }

    fn keep(&self, key: BoardKey, board: Arc<Kept>) {
        let mut kept = self.kept.lock();
        kept.retain(|(k, _)| *k != key);
        kept.insert(0, (key, board));
        let mut places = 0;
        kept.retain(|(_, board)| {
            places += board.sheet.len();
            places <= PLACES_MAX
        });
        kept.truncate(KEPT_MAX);
    }
}
