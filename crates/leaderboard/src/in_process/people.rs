//! Residents and households as the boards know them: each has a number of four bytes, and what it holds in each open period stands here
//! once. That is the same on the boards of all units above its home, so that a board itself only keeps the order of who is listed.

use domain::period::Span;
use uuid::Uuid;

use super::flat::Numbered;
use super::index::Index;
use super::pack::Held;

const HIDDEN: u32 = 1 << 31;
const ERASED: u32 = 1 << 30;
const APART: u32 = 1 << 29;
/// The home of who has not scored yet.
const NOWHERE: u32 = APART - 1;

/// A resident or household.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// Who it is.
    pub id: Uuid,
    /// The number of the smallest unit where it scored first, and above it what is true of it.
    state: u32,
}

impl Person {
    /// Whether it is in no list.
    pub fn is_hidden(self) -> bool {
        self.state & HIDDEN != 0
    }
    /// Whether it was erased: it never comes back.
    pub fn is_erased(self) -> bool {
        self.state & ERASED != 0
    }
    /// Whether what it holds differs from board to board, and is kept by each of them: it scored in more than one smallest unit, or in
    /// one that moved.
    pub fn is_apart(self) -> bool {
        self.state & APART != 0
    }
    /// Whether its scores are listed.
    pub fn is_visible(self) -> bool {
        self.state & (HIDDEN | ERASED) == 0
    }
    /// The smallest unit where it scored first.
    pub fn home(self) -> Option<u32> {
        Some(self.state & NOWHERE).filter(|home| *home != NOWHERE)
    }

    /// Hides or shows it.
    pub fn hide(&mut self, hidden: bool) {
        self.state = if hidden { self.state | HIDDEN } else { self.state & !HIDDEN };
    }
    /// Erases it.
    pub fn erase(&mut self) {
        self.state |= ERASED;
    }
}

/// All of one kind.
#[derive(Debug, Default)]
pub struct People {
    index: Index,
    rows: Vec<Person>,
    /// What everybody holds in the open period of each span, by number; shorter where the last ones hold nothing.
    held: [Vec<Held>; Span::EVERY.len()],
    /// The further units of the few who scored in more than one.
    more: Numbered<Vec<u32>>,
}

impl People {
    /// The number of an id, if it was ever named.
    pub fn find(&self, id: Uuid) -> Option<u32> {
        self.index.find(id, |who| self.rows[who as usize].id)
    }

    /// The number of an id, given now if need be.
    pub fn number(&mut self, id: Uuid) -> u32 {
        self.find(id).unwrap_or_else(|| {
            self.index.push(id, |who| self.rows[who as usize].id);
            self.rows.push(Person { id, state: NOWHERE });
            self.rows.len() as u32 - 1
        })
    }

    /// The subject of a number.
    pub fn get(&self, who: u32) -> Person {
        self.rows[who as usize]
    }

    /// The subject of a number.
    pub fn get_mut(&mut self, who: u32) -> &mut Person {
        &mut self.rows[who as usize]
    }

    /// Everybody, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Person)> + '_ {
        (0..).zip(self.rows.iter().copied())
    }

    /// What a subject holds in the open period of a span, unless that differs from board to board.
    pub fn held(&self, span: Span, who: u32) -> Held {
        self.held[span as usize].get(who as usize).copied().unwrap_or(Held::NOTHING)
    }

    /// Sets what a subject holds.
    pub fn hold(&mut self, span: Span, who: u32, held: Held) {
        let all = &mut self.held[span as usize];
        if all.len() <= who as usize {
            all.resize(who as usize + 1, Held::NOTHING);
        }
        all[who as usize] = held;
    }

    /// Forgets what everybody holds: the period is over.
    pub fn close(&mut self, span: Span) {
        self.held[span as usize] = Vec::new();
    }

    /// Remembers that a subject scored in a smallest unit. Whether it has scored in no other so far.
    pub fn settle_in(&mut self, who: u32, unit: u32) -> bool {
        let row = &mut self.rows[who as usize];
        match row.home() {
            None => row.state = row.state & !NOWHERE | unit,
            Some(home) if home == unit => {}
            Some(_) => {
                let more = self.more.entry(who).or_default();
                if !more.contains(&unit) {
                    more.push(unit);
                }
            }
        }
        !self.more.contains_key(&who)
    }

    /// Leaves to the boards what a subject holds; they were given it before.
    pub fn part(&mut self, who: u32) {
        self.rows[who as usize].state |= APART;
        for all in &mut self.held {
            if let Some(held) = all.get_mut(who as usize) {
                *held = Held::NOTHING;
            }
        }
    }

    /// The smallest units in which a subject scored.
    pub fn homes(&self, who: u32) -> impl Iterator<Item = u32> + '_ {
        let more = self.more.get(&who).map_or(&[][..], Vec::as_slice);
        self.get(who).home().into_iter().chain(more.iter().copied())
    }

    /// Gives back the room that the growing left over.
    pub fn shrink(&mut self) {
        self.rows.shrink_to_fit();
        self.held.iter_mut().for_each(Vec::shrink_to_fit);
    }

    /// The memory it takes.
    pub fn bytes(&self) -> usize {
        let held: usize = self.held.iter().map(Vec::capacity).sum();
        let more: usize = self.more.values().map(|units| units.capacity() * size_of::<u32>()).sum();
        self.index.bytes()
            + self.rows.capacity() * size_of::<Person>()
            + held * size_of::<Held>()
            + super::flat::bytes_of(&self.more)
            + more
    }
}
