//! Chance that repeats: xoshiro256++, seeded from one number. It is written out here, and not taken from a crate, so that the demo of a
//! seed is the same in every version of the program.

use domain::ids::uuid_v7;
use domain::{Id, Ts};

/// A stream of chance.
#[derive(Debug, Clone)]
pub(super) struct Chance([u64; 4]);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        // SplitMix64 spreads a small seed over the state.
        let mut state = seed;
        Self([(); 4].map(|()| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }))
    }

    pub(super) fn next(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let out = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let t = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= t;
        *d = d.rotate_left(45);
        out
    }

    /// A number below `n`; 0 for 0.
    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from((u128::from(self.next()) * n as u128) >> 64).unwrap_or(0)
    }

    /// A number from `least` to `most`, both included.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        let width = usize::try_from(most - least + 1).unwrap_or(0);
        least + i64::try_from(self.below(width)).unwrap_or(0)
    }

    /// A fraction from 0 up to, but not including, 1.
    pub(super) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True `n` times in a hundred.
    pub(super) fn percent(&mut self, n: u64) -> bool {
        self.below(100) < usize::try_from(n).unwrap_or(0)
    }

    /// One of these.
    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// An index below `n` that prefers small ones: the first hundredth is met ten times as often as its share.
    pub(super) fn skewed(&mut self, n: usize) -> usize {
        let u = self.fraction();
        ((n as f64 * u * u) as usize).min(n.saturating_sub(1))
    }

    /// The index of one of these weights, as often as it weighs.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let total: usize = weights.clone().map(|w| w as usize).sum();
        let mut left = self.below(total);
        for (i, weight) in weights.enumerate() {
            let weight = weight as usize;
            if left < weight {
                return i;
            }
            left -= weight;
        }
        0
    }

    /// An id of this moment.
    pub(super) fn id<I: Id>(&mut self, at: Ts) -> I {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.next().to_le_bytes());
        bytes[8..].copy_from_slice(&self.next().to_le_bytes()[..2]);
        I::from_uuid(uuid_v7(u64::try_from(at.0 / 1_000).unwrap_or(0), bytes))
    }
}
