//! The order of a board: sorted leaves of a few keys, in groups with counts. "How many stand before" and "who stands at" look at the first
//! keys of the groups (which stay in the cache), at those of one group, and at one leaf: a few lines of memory each, read side by side
//! rather than one after the other, however long the board is.

use super::pack::Spot;

/// The most keys of a leaf: a kilobyte.
const LEAF_MAX: usize = 64;
/// How full leaves are made when a whole board is loaded, leaving room for the changes of some days.
const LEAF_LOADED: usize = 56;
/// A leaf with fewer keys joins its neighbour where both fit well.
const LEAF_MIN: usize = LEAF_MAX / 4;
/// Leaves grow by this many keys at a time: doubling would leave a third of the memory empty.
const GROWTH: usize = 8;
/// The most leaves of a group.
const GROUP_MAX: usize = 64;
/// How full groups are made when a whole board is loaded.
const GROUP_LOADED: usize = 48;
/// A group with fewer leaves joins its neighbour where both fit well.
const GROUP_MIN: usize = GROUP_MAX / 8;
/// A list of keys is looked at in strides: two cache lines.
const STRIDE: usize = 8;

/// Leaves that follow each other.
#[derive(Debug, Default)]
struct Group {
    /// The first key of each leaf.
    firsts: Vec<Spot>,
    /// How many keys each leaf has: all of it fits into one cache line.
    sizes: Vec<u8>,
    leaves: Vec<Vec<Spot>>,
}

/// The listed subjects of one board, best first.
#[derive(Debug, Default)]
pub struct Order {
    groups: Vec<Group>,
    /// The first key of each group.
    firsts: Vec<Spot>,
    /// A Fenwick tree over the lengths of the groups, counted from 1.
    sums: Vec<u32>,
    len: usize,
}

/// How many keys of a short sorted list are smaller: every eighth first, then the eight between two of them. None of the looks waits for
/// another one.
fn smaller(keys: &[Spot], than: Spot) -> usize {
    let coarse = keys.iter().step_by(STRIDE).filter(|key| **key < than).count();
    let from = coarse.saturating_sub(1) * STRIDE;
    let fine = keys[from..].iter().take(STRIDE);
    from + fine.filter(|key| **key < than).count()
}

/// The part of a list, by its first keys, that a key belongs to.
fn part_of(firsts: &[Spot], spot: Spot) -> usize {
    let before = smaller(firsts, spot);
    if firsts.get(before) == Some(&spot) { before } else { before.saturating_sub(1) }
}

impl Group {
    fn of(leaves: Vec<Vec<Spot>>) -> Self {
        let mut group = Self { firsts: Vec::new(), sizes: Vec::new(), leaves };
        group.name();
        group
    }

    /// Makes the first keys and the sizes anew.
    fn name(&mut self) {
        self.firsts = self.leaves.iter().map(|leaf| leaf[0]).collect();
        self.sizes = self.leaves.iter().map(|leaf| leaf.len() as u8).collect();
    }

    fn len(&self) -> usize {
        self.sum_before(self.sizes.len())
    }

    fn sum_before(&self, leaf: usize) -> usize {
        self.sizes[..leaf].iter().map(|size| usize::from(*size)).sum()
    }

    fn before(&self, spot: Spot) -> usize {
        let at = part_of(&self.firsts, spot);
        self.sum_before(at) + smaller(&self.leaves[at], spot)
    }

    /// The leaf and the index within it of an index of the group.
    fn locate(&self, index: usize) -> (usize, usize) {
        let mut rest = index;
        for (at, size) in self.sizes.iter().enumerate() {
            if rest < usize::from(*size) {
                return (at, rest);
            }
            rest -= usize::from(*size);
        }
        (self.sizes.len(), 0)
    }

    fn insert(&mut self, spot: Spot) {
        let mut at = part_of(&self.firsts, spot);
        if self.leaves[at].len() == LEAF_MAX {
            self.split(at);
            at += usize::from(self.firsts[at + 1] <= spot);
        }
        let leaf = &mut self.leaves[at];
        if leaf.len() == leaf.capacity() {
            leaf.reserve_exact(GROWTH);
        }
        let within = smaller(leaf, spot);
        leaf.insert(within, spot);
        self.firsts[at] = leaf[0];
        self.sizes[at] += 1;
    }

    /// Halves a full leaf.
    fn split(&mut self, at: usize) {
        let leaf = &mut self.leaves[at];
        let mut upper = Vec::with_capacity(LEAF_MAX / 2 + GROWTH);
        upper.extend(leaf.drain(LEAF_MAX / 2..));
        leaf.shrink_to(LEAF_MAX / 2 + GROWTH);
        self.leaves.insert(at + 1, upper);
        self.name();
    }

    /// Takes a key out; whether it was there.
    fn remove(&mut self, spot: Spot) -> bool {
        let at = part_of(&self.firsts, spot);
        let leaf = &mut self.leaves[at];
        let within = smaller(leaf, spot);
        if leaf.get(within) != Some(&spot) {
            return false;
        }
        leaf.remove(within);
        if leaf.len() < LEAF_MIN && self.join(at) {
            self.name();
        } else {
            self.firsts[at] = self.leaves[at][0];
            self.sizes[at] -= 1;
        }
        true
    }

    /// Joins a small leaf with the one behind or before it, or drops it when it is empty. Whether anything was done.
    fn join(&mut self, at: usize) -> bool {
        if self.leaves[at].is_empty() {
            self.leaves.remove(at);
            return true;
        }
        let left = if at + 1 < self.leaves.len() { at } else { at.wrapping_sub(1) };
        let Some([a, b]) = self.leaves.get(left..).and_then(|rest| rest.first_chunk::<2>()) else {
            return false;
        };
        if a.len() + b.len() > LEAF_MAX / 2 {
            return false;
        }
        let b = self.leaves.remove(left + 1);
        self.leaves[left].extend(b);
        true
    }

    fn bytes(&self) -> usize {
        let keys: usize = self.leaves.iter().map(Vec::capacity).sum();
        (keys + self.firsts.capacity()) * size_of::<Spot>()
            + self.leaves.capacity() * size_of::<Vec<Spot>>()
            + self.sizes.capacity()
    }
}

impl Order {
    /// The order of these keys.
    pub fn of(mut spots: Vec<Spot>) -> Self {
        spots.sort_unstable();
        let mut order = Self { len: spots.len(), ..Self::default() };
        let group = |keys: &[Spot]| Group::of(keys.chunks(LEAF_LOADED).map(<[Spot]>::to_vec).collect());
        order.groups = spots.chunks(LEAF_LOADED * GROUP_LOADED).map(group).collect();
        order.count();
        order
    }

    /// How many are listed.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The memory it takes.
    pub fn bytes(&self) -> usize {
        let groups: usize = self.groups.iter().map(Group::bytes).sum();
        groups
            + self.groups.capacity() * size_of::<Group>()
            + self.firsts.capacity() * size_of::<Spot>()
            + self.sums.capacity() * size_of::<u32>()
    }

    /// How many stand before this key.
    pub fn before(&self, spot: Spot) -> usize {
        let at = self.group_of(spot);
        self.groups.get(at).map_or(0, |group| self.sum_before(at) + group.before(spot))
    }

    /// How many have a higher score.
    pub fn above(&self, score: i64) -> usize {
        if score > 0 { self.before(Spot::first_of(score)) } else { self.len }
    }

    /// The keys from an index (0 is the first) on.
    pub fn from(&self, index: usize) -> impl Iterator<Item = Spot> + '_ {
        let (at, within) = self.locate(index.min(self.len));
        let (leaf, within) = self.groups.get(at).map_or((0, 0), |group| group.locate(within));
        let leaves = self.groups.get(at..).unwrap_or_default().iter().flat_map(|group| &group.leaves);
        let mut leaves = leaves.skip(leaf);
        let first = leaves.next().and_then(|leaf| leaf.get(within..)).unwrap_or_default();
        first.iter().chain(leaves.flatten()).copied()
    }

    /// Puts a key in; it must not be there yet.
    pub fn insert(&mut self, spot: Spot) {
        self.len += 1;
        if self.groups.is_empty() {
            self.groups.push(Group::of(vec![vec![spot]]));
            self.count();
            return;
        }
        let at = self.group_of(spot);
        let group = &mut self.groups[at];
        group.insert(spot);
        self.firsts[at] = group.firsts[0];
        if group.leaves.len() > GROUP_MAX {
            let upper = group.leaves.split_off(GROUP_MAX / 2);
            group.name();
            self.groups.insert(at + 1, Group::of(upper));
            self.count();
        } else {
            self.add(at, 1);
        }
    }

    /// Takes a key out, if it is there.
    pub fn remove(&mut self, spot: Spot) {
        let at = self.group_of(spot);
        let Some(group) = self.groups.get_mut(at) else { return };
        if !group.remove(spot) {
            return;
        }
        self.len -= 1;
        if group.leaves.len() < GROUP_MIN && self.join(at) {
            self.count();
        } else {
            self.firsts[at] = self.groups[at].firsts[0];
            self.add(at, -1);
        }
    }

    /// The group that a key belongs to.
    fn group_of(&self, spot: Spot) -> usize {
        self.firsts.partition_point(|first| *first <= spot).saturating_sub(1)
    }

    /// Joins a small group with the one behind or before it, or drops it when it is empty. Whether anything was done.
    fn join(&mut self, at: usize) -> bool {
        if self.groups[at].leaves.is_empty() {
            self.groups.remove(at);
            return true;
        }
        let left = if at + 1 < self.groups.len() { at } else { at.wrapping_sub(1) };
        let Some([a, b]) = self.groups.get(left..).and_then(|rest| rest.first_chunk::<2>()) else {
            return false;
        };
        if a.leaves.len() + b.leaves.len() > GROUP_MAX / 2 {
            return false;
        }
        let b = self.groups.remove(left + 1);
        self.groups[left].leaves.extend(b.leaves);
        self.groups[left].name();
        true
    }

    /// Makes the first keys and the counts anew.
    fn count(&mut self) {
        self.firsts = self.groups.iter().map(|group| group.firsts[0]).collect();
        self.sums.clear();
        self.sums.resize(self.groups.len() + 1, 0);
        for (i, group) in (1..).zip(&self.groups) {
            self.sums[i] += group.len() as u32;
            let parent = i + (i & i.wrapping_neg());
            if parent < self.sums.len() {
                self.sums[parent] += self.sums[i];
            }
        }
    }

    fn add(&mut self, group: usize, change: i32) {
        let mut i = group + 1;
        while i < self.sums.len() {
            self.sums[i] = self.sums[i].wrapping_add_signed(change);
            i += i & i.wrapping_neg();
        }
    }

    fn sum_before(&self, group: usize) -> usize {
        let (mut i, mut sum) = (group, 0);
        while i > 0 {
            sum += self.sums[i] as usize;
            i &= i - 1;
        }
        sum
    }

    /// The group and the index within it of an index of the whole.
    fn locate(&self, index: usize) -> (usize, usize) {
        let (mut group, mut rest) = (0, index);
        let mut step = self.groups.len().checked_ilog2().map_or(0, |bits| 1 << bits);
        while step > 0 {
            let next = group + step;
            if next < self.sums.len() && self.sums[next] as usize <= rest {
                group = next;
                rest -= self.sums[next] as usize;
            }
            step /= 2;
        }
        (group, rest)
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
