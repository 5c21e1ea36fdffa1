//! The state of all boards after one entry of the log, and what each kind of entry does to it.

use std::collections::HashMap;

use domain::Day;
use domain::ids::UnitId;
use domain::period::{Period, Span};
use domain::ranking::{BoardChange, BoardKey, LogEntry, Subject};
use uuid::Uuid;

use super::flat::Flat;
use super::order::Order;
use super::pack::{Held, Spot};
use super::people::{People, Person};
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
    /// Whether its scores did not always count for the same units: then who scored in it is apart.
    moved: bool,
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
    /// The state of a snapshot without its scores.
    pub fn begin(snapshot: Snapshot<()>, epoch: u64) -> Self {
        let Snapshot { seq, day, scores: (), hidden, erased } = snapshot;
        let mut state =
            Self { seq, day, epoch, people: Default::default(), numbers: HashMap::new(), units: Vec::new() };
        for (subject, id) in hidden {
            state.name(subject, id).hide(true);
        }
        for (subject, id) in erased {
            state.name(subject, id).erase();
        }
        state
    }

    /// The subjects of a kind.
    pub fn people(&self, subject: Subject) -> &People {
        &self.people[kind(subject)]
    }

    /// The order of a board, if anybody ever scored on it. Its period has to be open.
    pub fn order(&self, key: BoardKey) -> Option<&Order> {
        Some(&self.board(*self.numbers.get(&key.unit)?, key)?.order)
    }

    fn board(&self, unit: u32, key: BoardKey) -> Option<&Flat> {
        self.units[unit as usize].boards[slot(key.subject, key.period.span)].as_deref()
    }

    /// What a subject holds on a board.
    pub fn held(&self, key: BoardKey, who: u32) -> Held {
        let Some(unit) = self.numbers.get(&key.unit).copied() else { return Held::NOTHING };
        let (people, span) = (self.people(key.subject), key.period.span);
        // Asked for at once, because each of the two has to come from far.
        let (person, held) = (people.get(who), people.held(span, who));
        if person.is_apart() {
            let own = self.board(unit, key).and_then(|board| board.own.get(&who));
            return own.copied().unwrap_or(Held::NOTHING);
        }
        let counts = person.home().is_some_and(|home| self.units[home as usize].reach.contains(&unit));
        if counts { held } else { Held::NOTHING }
    }

    /// How it is.
    pub fn status(&self) -> Status {
        let boards = || self.units.iter().flat_map(|unit| unit.boards.iter().flatten());
        let people: usize = self.people.iter().map(People::bytes).sum();
        let reach: usize = self.units.iter().map(|unit| unit.reach.capacity()).sum();
        let bytes = people
            + boards().map(|board| board.bytes()).sum::<usize>()
            + self.units.capacity() * size_of::<Unit>()
            + reach * size_of::<u32>()
            + self.numbers.capacity() * 8 / 7 * (size_of::<(UnitId, u32)>() + 1);
        Status {
            as_of_seq: self.seq,
            log_day: self.day,
            epoch: self.epoch,
            members: boards().map(|board| u64::from(board.members)).sum(),
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
                let (home, reach) = self.widen(unit, reach);
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
            for subject in Subject::BOTH {
                self.people[kind(subject)].close(span);
                for unit in &mut self.units {
                    unit.boards[slot(subject, span)] = None;
                }
            }
        }
        self.day = day;
    }

    fn score(&mut self, subject: Subject, id: Uuid, home: u32, reach: &[u32], (amount, seq): (i64, u64)) {
        let Some(who) = self.arrive(subject, id, home) else { return };
        let people = &mut self.people[kind(subject)];
        let (apart, visible) = (people.get(who).is_apart(), people.get(who).is_visible());
        for span in Span::EVERY {
            let (old, new) =
                if apart { (Held::NOTHING, Held::NOTHING) } else { add(people, span, who, amount, seq) };
            for at in reach {
                let board = self.units[*at as usize].boards[slot(subject, span)].get_or_insert_default();
                if apart {
                    let own = board.own.entry(who).or_insert(Held::NOTHING);
                    let old = std::mem::replace(own, own.plus(amount, seq));
                    let new = *own;
                    board.turn(who, old, new, visible);
                } else {
                    board.turn(who, old, new, visible);
                }
            }
        }
    }

    /// The number of a subject that scores in a smallest unit, unless it was erased. One that scored elsewhere before, or whose unit
    /// moved, is apart from now on.
    fn arrive(&mut self, subject: Subject, id: Uuid, home: u32) -> Option<u32> {
        let people = &mut self.people[kind(subject)];
        let who = people.number(id);
        let person = people.get(who);
        if person.is_erased() {
            return None;
        }
        let only_here = people.settle_in(who, home);
        if !person.is_apart() && (!only_here || self.units[home as usize].moved) {
            self.part(subject, who, person.home());
        }
        Some(who)
    }

    /// Gives the boards what a subject holds, so that it can become different on each of them.
    fn part(&mut self, subject: Subject, who: u32, home: Option<u32>) {
        let people = &mut self.people[kind(subject)];
        let reach = home.map_or_else(Vec::new, |home| self.units[home as usize].reach.clone());
        for span in Span::EVERY {
            let held = people.held(span, who);
            if held != Held::NOTHING {
                for at in &reach {
                    let board = self.units[*at as usize].boards[slot(subject, span)].get_or_insert_default();
                    board.own.insert(who, held);
                }
            }
        }
        people.part(who);
    }

    fn show(&mut self, subject: Subject, id: Uuid, shown: bool) {
        let person = self.name(subject, id);
        if person.is_erased() || person.is_hidden() != shown {
            return;
        }
        person.hide(!shown);
        self.on_boards_of(
            subject,
            id,
            |board, who, held| {
                if shown { board.list(who, held) } else { board.unlist(who, held) }
            },
        );
    }

    fn erase(&mut self, subject: Subject, id: Uuid) {
        self.on_boards_of(subject, id, |board, who, held| {
            board.unlist(who, held);
            board.own.remove(&who);
            board.members -= 1;
        });
        self.name(subject, id).erase();
        if let Some(who) = self.people(subject).find(id) {
            self.people[kind(subject)].part(who);
        }
    }

    /// Does something on each board where a subject holds something.
    fn on_boards_of(&mut self, subject: Subject, id: Uuid, act: impl Fn(&mut Flat, u32, Held)) {
        let people = &self.people[kind(subject)];
        let Some(who) = people.find(id) else { return };
        let mut reached: Vec<u32> =
            people.homes(who).flat_map(|home| self.units[home as usize].reach.clone()).collect();
        reached.sort_unstable();
        reached.dedup();
        for span in Span::EVERY {
            let common = people.held(span, who);
            for at in &reached {
                let Some(board) = &mut self.units[*at as usize].boards[slot(subject, span)] else { continue };
                let held = board.own.get(&who).copied().unwrap_or(common);
                if held != Held::NOTHING {
                    act(board, who, held);
                }
            }
        }
    }

    fn name(&mut self, subject: Subject, id: Uuid) -> &mut Person {
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

    /// The numbers of a smallest unit and of the units that it counts for now. When those are others than before, what it ever reached
    /// is remembered, and who scored in it is apart.
    fn widen(&mut self, unit: UnitId, reach: &[UnitId]) -> (u32, Vec<u32>) {
        let number = self.number(unit);
        let reach: Vec<u32> = reach.iter().map(|unit| self.number(*unit)).collect();
        let known = &self.units[number as usize].reach;
        if known.is_empty() {
            self.units[number as usize].reach.clone_from(&reach);
        } else if *known != reach {
            self.move_away(number);
            let known = &mut self.units[number as usize].reach;
            for above in &reach {
                if !known.contains(above) {
                    known.push(*above);
                }
            }
        }
        (number, reach)
    }

    fn move_away(&mut self, unit: u32) {
        if std::mem::replace(&mut self.units[unit as usize].moved, true) {
            return;
        }
        for subject in Subject::BOTH {
            let here = |(_, person): &(u32, Person)| person.home() == Some(unit) && !person.is_apart();
            let all: Vec<u32> = self.people(subject).iter().filter(here).map(|(who, _)| who).collect();
            all.into_iter().for_each(|who| self.part(subject, who, Some(unit)));
        }
    }

    /// Counts a score of a snapshot without a look at the order, for [`State::settle`] to make up. The `Err` is a unit that the tree does
    /// not know. Scores of periods that are not open are passed over.
    pub fn gather(&mut self, row: &SnapshotScore, tree: &Tree) -> Result<(), UnitId> {
        if !row.period.contains(self.day) {
            return Ok(());
        }
        let reach = tree.ancestors(row.unit);
        if reach.is_empty() {
            return Err(row.unit);
        }
        let unit = match self.numbers.get(&row.unit) {
            Some(unit) if !self.units[*unit as usize].reach.is_empty() => *unit,
            _ => self.widen(row.unit, reach).0,
        };
        let Some(who) = self.arrive(row.subject, row.id, unit) else { return Ok(()) };
        let people = &mut self.people[kind(row.subject)];
        let apart = people.get(who).is_apart();
        let common =
            if apart { None } else { Some(add(people, row.period.span, who, row.score, row.reached).0) };
        for i in 0..self.units[unit as usize].reach.len() {
            let at = self.units[unit as usize].reach[i] as usize;
            let board = self.units[at].boards[slot(row.subject, row.period.span)].get_or_insert_default();
            let old = common.unwrap_or_else(|| {
                let own = board.own.entry(who).or_insert(Held::NOTHING);
                std::mem::replace(own, own.plus(row.score, row.reached))
            });
            board.turn(who, old, Held::NOTHING, false);
        }
        Ok(())
    }

    /// Makes the orders after everything was gathered, and gives back the room that the growing left over.
    pub fn settle(&mut self) {
        self.people.iter_mut().for_each(People::shrink);
        for subject in Subject::BOTH {
            for span in Span::EVERY {
                for (at, spots) in self.spots(subject, span).into_iter().enumerate() {
                    if let Some(board) = &mut self.units[at].boards[slot(subject, span)] {
                        board.own.shrink_to_fit();
                        board.order = Order::of(spots);
                    }
                }
            }
        }
    }

    /// Who is listed, by the number of the unit.
    fn spots(&self, subject: Subject, span: Span) -> Vec<Vec<Spot>> {
        let people = self.people(subject);
        let members =
            |unit: &Unit| unit.boards[slot(subject, span)].as_ref().map_or(0, |board| board.members);
        let mut spots: Vec<Vec<Spot>> =
            self.units.iter().map(|unit| Vec::with_capacity(members(unit) as usize)).collect();
        for (who, person) in people.iter().filter(|(_, person)| person.is_visible()) {
            let (held, home) = (people.held(span, who), person.home());
            let reach = home.map_or(&[][..], |home| &self.units[home as usize].reach[..]);
            for at in reach.iter().filter(|_| held.score() > 0) {
                spots[*at as usize].push(held.spot(who));
            }
        }
        for (unit, spots) in self.units.iter().zip(&mut spots) {
            let own = unit.boards[slot(subject, span)].iter().flat_map(|board| &board.own);
            let listed = own.filter(|(who, held)| held.score() > 0 && people.get(**who).is_visible());
            spots.extend(listed.map(|(who, held)| held.spot(*who)));
        }
        spots
    }
}

/// Adds to what a subject holds on all its boards; what it held before, and what it holds now.
fn add(people: &mut People, span: Span, who: u32, amount: i64, reached: u64) -> (Held, Held) {
    let old = people.held(span, who);
    let new = old.plus(amount, reached);
    people.hold(span, who, new);
    (old, new)
}
