//! The order of a board: sorted blocks with counts. Putting in, taking out, "how many stand before" and "who stands at" each touch
//! one block, one short list of first keys, and a Fenwick tree over the sizes of the blocks, both small enough to stay in the cache.

use super::pack::Spot;

/// The most keys of a block: four kilobytes, searched with few misses of the cache and moved in a fraction of a microsecond.
const BLOCK_MAX: usize = 256;
/// How full blocks are made when a whole board is loaded, leaving room for the changes of some days.
const BLOCK_LOADED: usize = 224;
/// A block with fewer keys joins its neighbour where both fit well.
const BLOCK_MIN: usize = BLOCK_MAX / 4;
/// Blocks grow by this many keys at a time: doubling would leave a third of the memory empty.
const GROWTH: usize = 32;

/// The listed subjects of one board, best first.
#[derive(Debug, Default)]
pub struct Order {
    blocks: Vec<Vec<Spot>>,
    /// The first key of each block.
    firsts: Vec<Spot>,
    /// A Fenwick tree over the lengths of the blocks, counted from 1.
    sums: Vec<u32>,
    len: usize,
}

impl Order {
    /// The order of these keys.
    pub fn of(mut spots: Vec<Spot>) -> Self {
        spots.sort_unstable();
        let mut order = Self { len: spots.len(), ..Self::default() };
        order.blocks = spots.chunks(BLOCK_LOADED).map(<[Spot]>::to_vec).collect();
        order.firsts = order.blocks.iter().map(|block| block[0]).collect();
        order.count();
        order
    }

    /// How many are listed.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The memory it takes.
    pub fn bytes(&self) -> usize {
        let spots: usize = self.blocks.iter().map(Vec::capacity).sum();
        (spots + self.firsts.capacity()) * size_of::<Spot>()
            + self.blocks.capacity() * size_of::<Vec<Spot>>()
            + self.sums.capacity() * size_of::<u32>()
    }

    /// How many stand before this key.
    pub fn before(&self, spot: Spot) -> usize {
        let at = self.block_of(spot);
        let Some(block) = self.blocks.get(at) else { return 0 };
        self.sum_before(at) + block.partition_point(|other| *other < spot)
    }

    /// How many have a higher score.
    pub fn above(&self, score: i64) -> usize {
        if score > 0 { self.before(Spot::first_of(score)) } else { self.len }
    }

    /// The keys from an index (0 is the first) on.
    pub fn from(&self, index: usize) -> impl Iterator<Item = Spot> + '_ {
        let (at, within) = self.locate(index.min(self.len));
        let blocks = self.blocks.get(at..).unwrap_or_default();
        blocks.iter().flatten().skip(within).copied()
    }

    /// Puts a key in; it must not be there yet.
    pub fn insert(&mut self, spot: Spot) {
        self.len += 1;
        let mut at = self.block_of(spot);
        if self.blocks.is_empty() {
            self.blocks.push(Vec::new());
            self.firsts.push(spot);
            self.sums.clear();
        } else if self.blocks[at].len() == BLOCK_MAX {
            self.split(at);
            at += usize::from(self.firsts[at + 1] <= spot);
        } else {
            self.add(at, 1);
        }
        let block = &mut self.blocks[at];
        if block.len() == block.capacity() {
            block.reserve_exact(GROWTH.min(BLOCK_MAX - block.len()));
        }
        let within = block.partition_point(|other| *other < spot);
        block.insert(within, spot);
        if within == 0 {
            self.firsts[at] = spot;
        }
        if self.sums.is_empty() {
            self.count();
        }
    }

    /// Takes a key out, if it is there.
    pub fn remove(&mut self, spot: Spot) {
        let at = self.block_of(spot);
        let Some(block) = self.blocks.get_mut(at) else { return };
        let Ok(within) = block.binary_search(&spot) else { return };
        block.remove(within);
        self.len -= 1;
        if block.len() < BLOCK_MIN && self.join(at) {
            self.count();
            return;
        }
        self.add(at, -1);
        if within == 0 {
            self.firsts[at] = self.blocks[at][0];
        }
    }

    /// The block that a key belongs to.
    fn block_of(&self, spot: Spot) -> usize {
        self.firsts.partition_point(|first| *first <= spot).saturating_sub(1)
    }

    /// Halves a full block. The counts are made anew by the insertion that asked for it.
    fn split(&mut self, at: usize) {
        let block = &mut self.blocks[at];
        let upper = block.split_off(BLOCK_MAX / 2);
        block.shrink_to(BLOCK_MAX / 2 + GROWTH);
        self.firsts.insert(at + 1, upper[0]);
        self.blocks.insert(at + 1, upper);
        self.sums.clear();
    }

    /// Joins a small block with the one behind or before it, or drops it when it is empty. Whether anything was done.
    fn join(&mut self, at: usize) -> bool {
        let Some(first) = self.blocks[at].first() else {
            self.blocks.remove(at);
            self.firsts.remove(at);
            return true;
        };
        self.firsts[at] = *first;
        let left = if at + 1 < self.blocks.len() { at } else { at.wrapping_sub(1) };
        let Some([a, b]) = self.blocks.get(left..).and_then(|rest| rest.first_chunk::<2>()) else {
            return false;
        };
        if a.len() + b.len() > BLOCK_MAX / 2 {
            return false;
        }
        let b = self.blocks.remove(left + 1);
        self.firsts.remove(left + 1);
        self.blocks[left].extend(b);
        true
    }

    /// Makes the counts anew.
    fn count(&mut self) {
        self.sums.clear();
        self.sums.resize(self.blocks.len() + 1, 0);
        for (i, block) in (1..).zip(&self.blocks) {
            self.sums[i] += block.len() as u32;
            let parent = i + (i & i.wrapping_neg());
            if parent < self.sums.len() {
                self.sums[parent] += self.sums[i];
            }
        }
    }

    fn add(&mut self, block: usize, change: i32) {
        let mut i = block + 1;
        while i < self.sums.len() {
            self.sums[i] = self.sums[i].wrapping_add_signed(change);
            i += i & i.wrapping_neg();
        }
    }

    fn sum_before(&self, block: usize) -> usize {
        let (mut i, mut sum) = (block, 0);
        while i > 0 {
            sum += self.sums[i] as usize;
            i &= i - 1;
        }
        sum
    }

    /// The block and the index within it of an index of the whole.
    fn locate(&self, index: usize) -> (usize, usize) {
        let (mut block, mut rest) = (0, index);
        let mut step = self.blocks.len().checked_ilog2().map_or(0, |bits| 1 << bits);
        while step > 0 {
            let next = block + step;
            if next < self.sums.len() && self.sums[next] as usize <= rest {
                block = next;
                rest -= self.sums[next] as usize;
            }
            step /= 2;
        }
        (block, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::super::pack::Held;
    use super::*;

    fn check(order: &Order, naive: &[Spot]) {
        assert_eq!(order.len(), naive.len());
        assert!(order.from(0).eq(naive.iter().copied()));
        for (index, spot) in naive.iter().enumerate().step_by(37) {
            assert_eq!(order.before(*spot), index);
            assert_eq!(order.from(index).next(), Some(*spot));
        }
        assert_eq!(order.from(naive.len()).next(), None);
    }

    #[test]
    fn an_order_that_grows_and_shrinks_is_a_sorted_list() {
        let mut order = Order::default();
        let mut naive: Vec<Spot> = Vec::new();
        let mut state = 7u64;
        for step in 0..12_000u32 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let grows = step < 6_000;
            if (state >> 33) % 4 == u64::from(grows) * 3 || naive.is_empty() || (grows && step % 3 != 0) {
                let spot = Held::new((state >> 50) as i64 + 1, u64::from(step)).spot(step);
                order.insert(spot);
                naive.insert(naive.partition_point(|other| *other < spot), spot);
            } else {
                let spot = naive.remove((state >> 33) as usize % naive.len());
                order.remove(spot);
                order.remove(spot);
            }
            if step % 1_000 == 0 {
                check(&order, &naive);
            }
        }
        check(&order, &naive);
        while let Some(spot) = naive.pop() {
            order.remove(spot);
        }
        check(&order, &naive);
    }

    #[test]
    fn an_order_made_at_once_is_the_same() {
        let spots: Vec<Spot> =
            (0..5_000u32).map(|n| Held::new(i64::from(n * 7919 % 1000) + 1, u64::from(n)).spot(n)).collect();
        let mut naive = spots.clone();
        naive.sort_unstable();
        let order = Order::of(spots);
        check(&order, &naive);
        assert_eq!(order.above(1000), 0);
        assert_eq!(order.above(0), 5_000);
    }
}
