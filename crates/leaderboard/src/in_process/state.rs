//! The state of all boards after one entry of the log, and what each kind of entry does to it.

use std::collections::HashMap;

use domain::Day;
use domain::ids::UnitId;
use domain::period::{Period, Span};
use domain::ranking::{BoardChange, BoardKey, LogEntry, Subject};
use uuid::Uuid;

use super::flat::Flat;
use super::people::People;
use crate::model::{Snapshot, SnapshotScore, Status, Tree};

/// The boards of a unit: [`Subject::BOTH`] × [`Span::EVERY`].
const BOARDS: usize = Subject::BOTH.len() * Span::EVERY.len();

/// A unit with its boards; each is made by its first score.
#[derive(Debug, Default)]
struct Unit {
    boards: [Option<Box<Flat>>; BOARDS],
    /// For a smallest unit: every unit on whose boards its scores ever counted. Hiding and erasing follow it, so that nobody stays
    /// on a board that the tree has since moved away.
    reach: Vec<u32>,
}

/// All boards.
#[derive(Debug)]
pub struct State {
    /// The last entry in it.
    pub seq: u64,
    /// The log's day.
    pub day: Day,
    /// Which loading this is.
    pub epoch: u64,
    people: [People; 2],
    numbers: HashMap<UnitId, u32>,
    units: Vec<Unit>,
}

const fn kind(subject: Subject) -> usize {
    subject as usize
}
const fn slot(subject: Subject, span: Span) -> usize {
    kind(subject) * Span::EVERY.len() + span as usize
}

impl State {
    /// The state that a snapshot tells. The `Err` is a unit that the tree does not know.
    pub fn load<I>(snapshot: Snapshot<I>, tree: &Tree, epoch: u64) -> Result<Self, UnitId>
    where
        I: IntoIterator<Item = SnapshotScore>,
    {
        let Snapshot { seq, day, scores, hidden, erased } = snapshot;
        let mut state =
            Self { seq, day, epoch, people: Default::default(), numbers: HashMap::new(), units: Vec::new() };
        for (subject, id) in hidden {
            state.name(subject, id).hidden = true;
        }
        for (subject, id) in erased {
            state.name(subject, id).erased = true;
        }
        let open = Period::every(day);
        for row in scores {
            if open.contains(&row.period) {
                state.gather(row, tree)?;
            }
        }
        state.settle();
        Ok(state)
    }

    /// The subjects of a kind.
    pub fn people(&self, subject: Subject) -> &People {
        &self.people[kind(subject)]
    }

    /// A board, if anybody ever scored on it. Its period has to be open.
    pub fn board(&self, key: BoardKey) -> Option<&Flat> {
        let unit = self.units.get(*self.numbers.get(&key.unit)? as usize)?;
        unit.boards[slot(key.subject, key.period.span)].as_deref()
    }

    /// How it is.
    pub fn status(&self) -> Status {
        let boards = || self.units.iter().flat_map(|unit| unit.boards.iter().flatten());
        let people: usize = self.people.iter().map(People::bytes).sum();
        let bytes = people
            + boards().map(|board| board.bytes()).sum::<usize>()
            + self.units.capacity() * size_of::<Unit>();
        Status {
            as_of_seq: self.seq,
            log_day: self.day,
            epoch: self.epoch,
            members: boards().map(|board| board.members() as u64).sum(),
            approx_bytes: bytes as u64,
        }
    }

    /// Applies the next entry. `reach` is the smallest unit and its ancestors where the entry scores.
    pub fn take(&mut self, entry: &LogEntry, reach: &[UnitId]) {
        self.turn(entry.day);
        self.seq = entry.seq;
        match entry.change {
            BoardChange::Score { amount: 0, .. } | BoardChange::Nothing => {}
            BoardChange::Score { unit, resident, household, amount } => {
                let home = self.widen(unit, reach);
                let reach: Vec<u32> = reach.iter().map(|unit| self.number(*unit)).collect();
                for (subject, id) in [(Subject::Resident, resident), (Subject::Household, household)] {
                    if let Some(id) = id {
                        self.score(subject, id, home, &reach, (amount, entry.seq));
                    }
                }
            }
            BoardChange::Hide(subject, id) => self.show(subject, id, false),
            BoardChange::Show(subject, id) => self.show(subject, id, true),
            BoardChange::Erase(subject, id) => self.erase(subject, id),
        }
    }

    /// Drops the boards of the periods that a new day closes.
    fn turn(&mut self, day: Day) {
        if day == self.day {
            return;
        }
        let closed = Span::EVERY.into_iter().filter(|span| !Period::of(*span, self.day).contains(day));
        for span in closed {
            for unit in &mut self.units {
                for subject in Subject::BOTH {
                    unit.boards[slot(subject, span)] = None;
                }
            }
        }
        self.day = day;
    }

    fn score(&mut self, subject: Subject, id: Uuid, home: u32, reach: &[u32], (amount, seq): (i64, u64)) {
        let people = &mut self.people[kind(subject)];
        let who = people.number(id);
        if people.get(who).erased {
            return;
        }
        let visible = people.get(who).is_visible();
        people.settle_in(who, home);
        for at in reach {
            for span in Span::EVERY {
                let board = self.units[*at as usize].boards[slot(subject, span)].get_or_insert_default();
                board.add(who, amount, seq, visible);
            }
        }
    }

    fn show(&mut self, subject: Subject, id: Uuid, shown: bool) {
        let person = self.name(subject, id);
        if person.erased || person.hidden != shown {
            return;
        }
        person.hidden = !shown;
        self.on_boards_of(subject, id, |board, who| if shown { board.list(who) } else { board.unlist(who) });
    }

    fn erase(&mut self, subject: Subject, id: Uuid) {
        self.on_boards_of(subject, id, Flat::forget);
        self.name(subject, id).erased = true;
    }

    fn on_boards_of(&mut self, subject: Subject, id: Uuid, act: impl Fn(&mut Flat, u32)) {
        let Some(who) = self.people(subject).find(id) else { return };
        let homes = self.people(subject).homes(who);
        let mut reached: Vec<u32> =
            homes.iter().flat_map(|home| self.units[*home as usize].reach.clone()).collect();
        reached.sort_unstable();
        reached.dedup();
        for at in reached {
            let boards =
                &mut self.units[at as usize].boards[slot(subject, Span::Day)..=slot(subject, Span::All)];
            boards.iter_mut().flatten().for_each(|board| act(board, who));
        }
    }

    fn name(&mut self, subject: Subject, id: Uuid) -> &mut super::people::Person {
        let people = &mut self.people[kind(subject)];
        let who = people.number(id);
        people.get_mut(who)
    }

    fn number(&mut self, unit: UnitId) -> u32 {
        *self.numbers.entry(unit).or_insert_with(|| {
            self.units.push(Unit::default());
            self.units.len() as u32 - 1
        })
    }

    /// The number of a smallest unit, whose remembered reach is widened to these units.
    fn widen(&mut self, unit: UnitId, reach: &[UnitId]) -> u32 {
        let number = self.number(unit);
        for above in reach {
            let above = self.number(*above);
            let known = &mut self.units[number as usize].reach;
            if !known.contains(&above) {
                known.push(above);
            }
        }
        number
    }

    fn gather(&mut self, row: SnapshotScore, tree: &Tree) -> Result<(), UnitId> {
        let reach = tree.ancestors(row.unit);
        if reach.is_empty() {
            return Err(row.unit);
        }
        let unit = match self.numbers.get(&row.unit) {
            Some(unit) if !self.units[*unit as usize].reach.is_empty() => *unit,
            _ => self.widen(row.unit, reach),
        };
        let people = &mut self.people[kind(row.subject)];
        let who = people.number(row.id);
        if people.get(who).erased {
            return Ok(());
        }
        people.settle_in(who, unit);
        for i in 0..self.units[unit as usize].reach.len() {
            let at = self.units[unit as usize].reach[i] as usize;
            let board = self.units[at].boards[slot(row.subject, row.period.span)].get_or_insert_default();
            board.gather(who, row.score, row.reached);
        }
        Ok(())
    }

    fn settle(&mut self) {
        self.people.iter_mut().for_each(People::shrink);
        for unit in &mut self.units {
            for (i, board) in unit.boards.iter_mut().enumerate() {
                let people = &self.people[i / Span::EVERY.len()];
                if let Some(board) = board {
                    board.settle(|who| people.get(who).is_visible());
                }
            }
        }
    }
}
