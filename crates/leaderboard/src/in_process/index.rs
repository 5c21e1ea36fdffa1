//! From an id to the number of its subject: open addressing with four bytes a slot. The bits of a slot that the number does not need hold
//! some of the id's hash, so that hardly ever another subject is looked at than the right one.

use std::hash::{BuildHasher, RandomState};

use uuid::Uuid;

/// A slot without a number: the largest number that fits, which no subject has while an eighth of the slots are empty.
const EMPTY: u32 = u32::MAX;
/// Slots of the first table.
const SLOTS_LEAST: usize = 16;

/// The numbers by id. The ids themselves are kept elsewhere.
#[derive(Debug)]
pub struct Index {
    slots: Vec<u32>,
    len: usize,
    /// Nobody can choose ids to collide.
    seed: u64,
}

impl Default for Index {
    fn default() -> Self {
        Self { slots: Vec::new(), len: 0, seed: RandomState::new().hash_one(EMPTY) }
    }
}

impl Index {
    /// The number of an id, if it was put in; `id_of` tells the id of a number.
    pub fn find(&self, id: Uuid, id_of: impl Fn(u32) -> Uuid) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let (first, tag) = self.place(id);
        for at in (0..=mask).map(|step| (first + step) & mask) {
            let slot = self.slots[at];
            if slot == EMPTY {
                return None;
            }
            let number = slot & mask as u32;
            if slot & !(mask as u32) == tag && id_of(number) == id {
                return Some(number);
            }
        }
        None
    }

    /// Puts a number in: the next one after all that are in. Its id must not be there yet.
    pub fn push(&mut self, id: Uuid, id_of: impl Fn(u32) -> Uuid) {
        if self.len >= self.slots.len() / 8 * 7 {
            self.slots = vec![EMPTY; (self.slots.len() * 2).max(SLOTS_LEAST)];
            for number in 0..self.len as u32 {
                self.put(id_of(number), number);
            }
        }
        self.put(id, self.len as u32);
        self.len += 1;
    }

    /// The memory it takes.
    pub fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u32>()
    }

    fn put(&mut self, id: Uuid, number: u32) {
        let mask = self.slots.len() - 1;
        let (mut at, tag) = self.place(id);
        while self.slots[at] != EMPTY {
            at = (at + 1) & mask;
        }
        self.slots[at] = tag | number;
    }

    /// The slot where an id is looked for first, and what its slot holds beside the number.
    fn place(&self, id: Uuid) -> (usize, u32) {
        let mask = self.slots.len() - 1;
        let (high, low) = id.as_u64_pair();
        let mixed = (high ^ self.seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ mixed >> 32 ^ low).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = mixed ^ mixed >> 29;
        (mixed as usize & mask, (mixed >> 32) as u32 & !(mask as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_found_and_no_other() {
        let ids: Vec<Uuid> = (0..10_000).map(|n| Uuid::from_u128(n * 0x1_0000_0001)).collect();
        let mut index = Index::default();
        assert_eq!(index.find(ids[0], |n| ids[n as usize]), None);
        for (n, id) in ids.iter().enumerate() {
            index.push(*id, |n| ids[n as usize]);
            assert_eq!(index.find(*id, |n| ids[n as usize]), Some(n as u32));
        }
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(index.find(*id, |n| ids[n as usize]), Some(n as u32));
            assert_eq!(index.find(Uuid::from_u128(!id.as_u128()), |n| ids[n as usize]), None);
        }
    }
}
