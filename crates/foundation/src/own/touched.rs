//! What changed in this process, and when: so that what is kept of somebody is dropped when something of theirs changes. Nothing is kept for
//! each person: some share a place, and what is kept of one is then dropped for another, which costs a reading and is never wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

/// Places, of eight bytes each: so many that few share one within a second.
const PLACES: usize = 1 << 16;

/// A count of changes, and at which count something of each place changed last.
#[derive(Debug)]
pub(super) struct Touched {
    count: AtomicU64,
    last: Box<[AtomicU64]>,
}

impl Touched {
    pub(super) fn new() -> Self {
        Self { count: AtomicU64::new(0), last: (0..PLACES).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Something of this person, resident or household changed.
    pub(super) fn touch(&self, id: Uuid) {
        let count = self.count.fetch_add(1, Ordering::AcqRel) + 1;
        self.last[place(id)].fetch_max(count, Ordering::AcqRel);
    }

    /// To be asked before something is read.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }
}

fn place(id: Uuid) -> usize {
    // The last bits of an id are by chance.
    id.as_u128() as usize % PLACES
}

/// Whose things something is that was read.
#[derive(Debug)]
pub(super) struct Watch {
    touched: Arc<Touched>,
    since: u64,
    places: [usize; 3],
}

impl Watch {
    /// Of these, as of a count from before it was read.
    pub(super) fn new(touched: &Arc<Touched>, since: u64, of: [Uuid; 3]) -> Self {
        Self { touched: touched.clone(), since, places: of.map(place) }
    }
    /// Whether nothing of theirs has changed.
    pub(super) fn stands(&self) -> bool {
        self.places.iter().all(|place| self.touched.last[*place].load(Ordering::Acquire) <= self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_somebody_falls_with_a_change_of_theirs_and_of_nobody_else() {
        let touched = Arc::new(Touched::new());
        let [one, other] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        touched.touch(one);
        let watch = Watch::new(&touched, touched.count(), [one; 3]);
        assert!(watch.stands(), "it was read after the change");
        touched.touch(other);
        assert!(watch.stands());
        let early = touched.count();
        touched.touch(one);
        assert!(!watch.stands());
        assert!(
            !Watch::new(&touched, early, [other, one, other]).stands(),
            "it was read before the change was told"
        );
    }
}
