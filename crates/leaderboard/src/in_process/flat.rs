//! One board in memory: the order of those who are listed, and what those few hold who hold something else on other boards.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::order::Order;
use super::pack::Held;

/// Spreads the numbers of subjects, which this process gives out itself: nobody can choose them to collide.
#[derive(Debug, Default)]
pub struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }
    fn write_u32(&mut self, n: u32) {
        let mixed = (self.0 ^ u64::from(n)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}

/// A map by the numbers of subjects.
pub type Numbered<T> = HashMap<u32, T, BuildHasherDefault<Spread>>;

/// The memory of a map: a bucket and its control byte for seven eighths of the room.
pub fn bytes_of<T>(map: &Numbered<T>) -> usize {
    map.capacity() * 8 / 7 * (size_of::<(u32, T)>() + 1)
}

/// One board.
#[derive(Debug, Default)]
pub struct Flat {
    /// Who is listed.
    pub order: Order,
    /// What those hold who are apart.
    pub own: Numbered<Held>,
    /// How many hold something here, listed or not.
    pub members: u32,
}

impl Flat {
    /// The memory it takes.
    pub fn bytes(&self) -> usize {
        bytes_of(&self.own) + self.order.bytes() + size_of::<Self>()
    }

    /// What was held became something else.
    pub fn turn(&mut self, who: u32, old: Held, new: Held, visible: bool) {
        self.members += u32::from(old == Held::NOTHING);
        if visible {
            self.unlist(who, old);
            self.list(who, new);
        }
    }

    /// Puts a subject that is visible in its place.
    pub fn list(&mut self, who: u32, held: Held) {
        if held.score() > 0 {
            self.order.insert(held.spot(who));
        }
    }

    /// Takes a subject out of the list, if it is there.
    pub fn unlist(&mut self, who: u32, held: Held) {
        if held.score() > 0 {
            self.order.remove(held.spot(who));
        }
    }
}
