//! One board in memory: what each subject holds, hidden or not, and the order of those who are listed.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::order::Order;
use super::pack::{Held, Spot};
use crate::model::MERIT_MAX;

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

/// One board.
#[derive(Debug, Default)]
pub struct Flat {
    held: Numbered<Held>,
    order: Order,
}

impl Flat {
    /// What a subject holds.
    pub fn held(&self, who: u32) -> Option<Held> {
        self.held.get(&who).copied()
    }

    /// The order of the listed.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// How many subjects it holds.
    pub fn members(&self) -> usize {
        self.held.len()
    }

    /// The memory it takes: a bucket and its control byte for seven eighths of the room, and the order.
    pub fn bytes(&self) -> usize {
        let buckets = self.held.capacity() * 8 / 7;
        buckets * (size_of::<(u32, Held)>() + 1) + self.order.bytes() + size_of::<Self>()
    }

    /// Counts an amount, reached by this entry.
    pub fn add(&mut self, who: u32, amount: i64, reached: u64, visible: bool) {
        if visible {
            self.unlist(who);
        }
        self.gather(who, amount, reached);
        if visible {
            self.list(who);
        }
    }

    /// Counts an amount without a look at the order, for [`Flat::settle`] to make up.
    pub fn gather(&mut self, who: u32, amount: i64, reached: u64) {
        let held = self.held.entry(who).or_insert(Held::new(0, 0));
        let amount = amount.clamp(-MERIT_MAX, MERIT_MAX);
        *held = Held::new(held.score() + amount, reached.max(held.reached()));
    }

    /// Makes the order after everything was gathered, and gives back the room that the growing left over.
    pub fn settle(&mut self, is_visible: impl Fn(u32) -> bool) {
        self.held.shrink_to_fit();
        let listed = self.held.iter().filter(|(who, held)| held.score() > 0 && is_visible(**who));
        self.order = Order::of(listed.map(|(who, held)| held.spot(*who)).collect());
    }

    /// Puts a subject that became visible in its place.
    pub fn list(&mut self, who: u32) {
        if let Some(spot) = self.spot(who) {
            self.order.insert(spot);
        }
    }

    /// Takes a subject out of the list; its score stays.
    pub fn unlist(&mut self, who: u32) {
        if let Some(spot) = self.spot(who) {
            self.order.remove(spot);
        }
    }

    /// Takes a subject out altogether.
    pub fn forget(&mut self, who: u32) {
        self.unlist(who);
        self.held.remove(&who);
    }

    fn spot(&self, who: u32) -> Option<Spot> {
        self.held(who).filter(|held| held.score() > 0).map(|held| held.spot(who))
    }
}
