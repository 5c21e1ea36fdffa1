//! The subjects of one kind: residents or households. Boards know them by a number of four bytes.

use std::collections::HashMap;

use uuid::Uuid;

use super::flat::Numbered;

/// The home of who has not scored yet.
const NOWHERE: u32 = u32::MAX;

/// A resident or household.
#[derive(Debug)]
pub struct Person {
    /// Who it is.
    pub id: Uuid,
    /// The number of the smallest unit where it scored first; for nearly everybody the only one.
    home: u32,
    /// Whether it is in no list.
    pub hidden: bool,
    /// Whether it was erased: it never comes back.
    pub erased: bool,
}

impl Person {
    /// Whether its scores are listed.
    pub fn is_visible(&self) -> bool {
        !self.hidden && !self.erased
    }
}

/// All of one kind.
#[derive(Debug, Default)]
pub struct People {
    numbers: HashMap<Uuid, u32>,
    rows: Vec<Person>,
    /// The further units of the few who scored in more than one.
    more: Numbered<Vec<u32>>,
}

impl People {
    /// The number of an id, if it was ever named.
    pub fn find(&self, id: Uuid) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    /// The number of an id, given now if need be.
    pub fn number(&mut self, id: Uuid) -> u32 {
        *self.numbers.entry(id).or_insert_with(|| {
            self.rows.push(Person { id, home: NOWHERE, hidden: false, erased: false });
            self.rows.len() as u32 - 1
        })
    }

    /// The subject of a number.
    pub fn get(&self, who: u32) -> &Person {
        &self.rows[who as usize]
    }

    /// The subject of a number.
    pub fn get_mut(&mut self, who: u32) -> &mut Person {
        &mut self.rows[who as usize]
    }

    /// Remembers that a subject scored in a smallest unit.
    pub fn settle_in(&mut self, who: u32, unit: u32) {
        let home = &mut self.rows[who as usize].home;
        if *home == NOWHERE {
            *home = unit;
        } else if *home != unit {
            let more = self.more.entry(who).or_default();
            if !more.contains(&unit) {
                more.push(unit);
            }
        }
    }

    /// The smallest units in which a subject scored.
    pub fn homes(&self, who: u32) -> Vec<u32> {
        let more = self.more.get(&who).map_or(&[][..], Vec::as_slice);
        let home = Some(self.get(who).home).filter(|home| *home != NOWHERE);
        home.into_iter().chain(more.iter().copied()).collect()
    }

    /// Gives back the room that the growing left over.
    pub fn shrink(&mut self) {
        self.numbers.shrink_to_fit();
        self.rows.shrink_to_fit();
    }

    /// The memory it takes.
    pub fn bytes(&self) -> usize {
        self.numbers.capacity() * 8 / 7 * (size_of::<(Uuid, u32)>() + 1)
            + self.rows.capacity() * size_of::<Person>()
    }
}
