//! The board in this process. Readers share a lock that a batch takes in short pieces; a new snapshot is made beside the old state
//! and put in its place at one moment.

mod flat;
mod index;
mod order;
mod pack;
mod people;
mod state;

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicU64};

use domain::period::Period;
use domain::ranking::{BoardChange, BoardKey, Line, LogEntry, Place, lines};
use parking_lot::RwLock;
use uuid::Uuid;

use self::order::Order;
use self::pack::{Held, Spot};
use self::state::State;
use crate::batch::Batch;
use crate::error::BoardError;
use crate::model::{
    Applied, NEIGHBOURS, PAGE_MAX, POSITION_MAX, Page, Snapshot, SnapshotScore, Standing, Status, Tree,
};

/// How many entries are applied under one lock: about a millisecond for the readers who wait.
const PIECE: usize = 32;

/// The boards in this process. All methods return at once, [`InProcess::load`] excepted.
#[derive(Debug)]
pub struct InProcess {
    state: RwLock<Option<Box<State>>>,
    tree: RwLock<Arc<Tree>>,
    epochs: AtomicU64,
}

impl InProcess {
    /// An unloaded board.
    pub fn new(tree: Tree) -> Self {
        Self { state: RwLock::new(None), tree: RwLock::new(Arc::new(tree)), epochs: AtomicU64::new(0) }
    }

    /// See [`crate::Board::set_tree`].
    pub fn set_tree(&self, tree: Tree) -> bool {
        let mut current = self.tree.write();
        let reshaped = current.is_reshaped_by(&tree);
        *current = Arc::new(tree);
        reshaped
    }

    /// See [`crate::Board::apply`].
    pub fn apply(&self, entries: &[LogEntry]) -> Result<Applied, BoardError> {
        let tree = self.tree.read().clone();
        let batch = Batch::check(entries, &tree)?;
        let mut as_of_seq = self.read(|state| state.seq)?;
        for piece in batch.entries.chunks(PIECE) {
            let mut guard = self.state.write();
            let state = guard.as_deref_mut().ok_or(BoardError::NeedsRebuild)?;
            joins_on(state, piece)?;
            let last = state.seq;
            for entry in piece.iter().filter(|entry| entry.seq > last) {
                let reach = match entry.change {
                    BoardChange::Score { unit, .. } => batch.reach[&unit],
                    _ => &[],
                };
                state.take(entry, reach);
            }
            as_of_seq = state.seq;
        }
        Ok(Applied { as_of_seq })
    }

    /// See [`crate::Board::load`].
    pub fn load<I: IntoIterator<Item = SnapshotScore>>(
        &self,
        snapshot: Snapshot<I>,
    ) -> Result<(), BoardError> {
        let (head, scores) = snapshot.apart();
        let mut filling = self.begin(head);
        filling.add(scores)?;
        self.finish(filling.settled());
        Ok(())
    }

    /// See [`crate::Board::begin`].
    pub(crate) fn begin(&self, head: Snapshot<()>) -> Filling {
        let epoch = self.epochs.fetch_add(1, atomic::Ordering::Relaxed) + 1;
        Filling { state: State::begin(head, epoch), tree: self.tree.read().clone() }
    }

    /// Puts boards that were made in the place of those that are there.
    pub(crate) fn finish(&self, settled: Settled) {
        let old = self.state.write().replace(settled.0);
        drop(old); // after the lock: millions of subjects take their time to go
    }

    /// The last entry of the log that is in the board.
    pub fn last_seq(&self) -> Result<u64, BoardError> {
        self.read(|state| state.seq)
    }

    /// See [`crate::Board::page`].
    pub fn page(&self, key: BoardKey, from_position: u64, limit: u64) -> Result<Page, BoardError> {
        self.read_open(key, |state| {
            let order = state.order(key);
            let from = from_position.clamp(1, POSITION_MAX) as usize - 1;
            let range = from..from + limit.min(PAGE_MAX) as usize;
            let lines_on = |order: &Order| stretch(state, key, order, range, |_, score| order.above(score));
            Page {
                lines: order.map_or_else(Vec::new, lines_on),
                total: order.map_or(0, |order| order.len() as u64),
                as_of_seq: state.seq,
                log_day: state.day,
            }
        })
    }

    /// See [`crate::Board::standing`].
    pub fn standing(&self, key: BoardKey, id: Uuid) -> Result<Standing, BoardError> {
        self.read_open(key, |state| match state.order(key) {
            Some(order) => standing_on(state, key, order, id),
            None => Standing { rank: 1, ..nowhere(state, key, state.people(key.subject).find(id)) },
        })
    }

    /// See [`crate::Board::status`].
    pub fn status(&self) -> Result<Status, BoardError> {
        self.read(State::status)
    }

    fn read<T>(&self, act: impl FnOnce(&State) -> T) -> Result<T, BoardError> {
        self.state.read().as_deref().map(act).ok_or(BoardError::NeedsRebuild)
    }

    fn read_open<T>(&self, key: BoardKey, act: impl FnOnce(&State) -> T) -> Result<T, BoardError> {
        self.read(|state| {
            let is_open = key.period == Period::of(key.period.span, state.day);
            if is_open { Ok(act(state)) } else { Err(BoardError::NotLive { log_day: state.day }) }
        })?
    }
}

/// Boards that are being made.
#[derive(Debug)]
pub(crate) struct Filling {
    state: State,
    tree: Arc<Tree>,
}

/// Boards that are made.
#[derive(Debug)]
pub(crate) struct Settled(Box<State>);

impl Filling {
    /// Adds scores.
    pub(crate) fn add(&mut self, rows: impl IntoIterator<Item = SnapshotScore>) -> Result<(), BoardError> {
        for row in rows {
            self.state.gather(&row, &self.tree).map_err(BoardError::UnknownUnit)?;
        }
        Ok(())
    }

    /// Puts everybody in order: the longest of a loading that cannot be done in pieces.
    pub(crate) fn settled(mut self) -> Settled {
        self.state.settle();
        Settled(Box::new(self.state))
    }
}

/// Whether a piece, free of holes in itself, follows what the state has, in number and in day.
fn joins_on(state: &State, piece: &[&LogEntry]) -> Result<(), BoardError> {
    let first = piece.iter().find(|entry| entry.seq > state.seq);
    match first {
        Some(entry) if entry.seq > state.seq + 1 => Err(BoardError::Gap { expected: state.seq + 1 }),
        Some(entry) if entry.day < state.day => Err(BoardError::DayWentBack { seq: entry.seq }),
        _ => Ok(()),
    }
}

/// The standing of who has nothing on this board, the rank excepted.
fn nowhere(state: &State, key: BoardKey, who: Option<u32>) -> Standing {
    let person = who.map(|who| state.people(key.subject).get(who));
    let hidden = person.is_some_and(|person| person.is_hidden() && !person.is_erased());
    Standing {
        rank: 0,
        position: None,
        score: 0,
        hidden,
        above: Vec::new(),
        below: Vec::new(),
        total: 0,
        as_of_seq: state.seq,
        log_day: state.day,
    }
}

fn standing_on(state: &State, key: BoardKey, order: &Order, id: Uuid) -> Standing {
    let who = state.people(key.subject).find(id);
    let held = who.map_or(Held::NOTHING, |who| state.held(key, who));
    let (score, bare) = (held.score(), nowhere(state, key, who));
    let listed = score > 0 && !bare.hidden;
    let index = match who {
        Some(who) if score > 0 => order.before(held.spot(who)),
        _ => order.len(),
    };
    let near = NEIGHBOURS as usize;
    let start = index.saturating_sub(near);
    let above = order.above(score);
    let below = index + usize::from(listed);
    // Nearly always known without another search: the neighbours share the own score, or begin just behind it.
    let above_of = |from: usize, other: i64| match other.cmp(&score) {
        Ordering::Equal => above,
        Ordering::Less => from,
        Ordering::Greater => order.above(other),
    };
    Standing {
        rank: above as u64 + 1,
        position: listed.then_some(index as u64 + 1),
        score,
        above: stretch(state, key, order, start..index, above_of),
        below: stretch(state, key, order, below..below + near, above_of),
        total: order.len() as u64,
        ..bare
    }
}

/// The lines of a range (0 is the first). `above_of` says how many stand above the score of the first line.
fn stretch(
    state: &State,
    key: BoardKey,
    order: &Order,
    range: Range<usize>,
    above_of: impl FnOnce(usize, i64) -> usize,
) -> Vec<Line> {
    let people = state.people(key.subject);
    let place = |spot: Spot| spot.place(people.get(spot.who()).id);
    let mut places: Vec<Place> = Vec::with_capacity(range.len().min(order.len()));
    places.extend(order.from(range.start).take(range.len()).map(place));
    let above = places.first().map_or(0, |first| above_of(range.start, first.score()));
    lines(&places, range.start as u64 + 1, above as u64)
}
