//! Group commit for PostgreSQL: what several requests write in one transaction. Whoever comes while no transaction is on its way leads one
//! with all that waits; those who come meanwhile are the next one's. So a lone request waits for nobody.

use std::collections::HashSet;
use std::sync::Arc;

use domain::Ts;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::db::Db;
use crate::error::Result;

/// Something that is written with what other requests write.
pub(crate) trait Gathered: Send + Sized + 'static {
    /// What no two of one batch may have in common: rows that each of them has to be alone with.
    fn marks(&self) -> Vec<String>;
    /// Writes them all, or refuses: then the transaction must be rolled back, and each goes the long way.
    fn write(conn: &mut Db, batch: &[Self], now: Ts) -> Result<()>;
}

/// Who of a batch touches nobody else's rows. Of those that do, one is in the batch; the others find out the long way.
pub(crate) fn apart<T: Gathered, A>(batch: Vec<(T, A)>) -> (Vec<T>, Vec<A>) {
    let mut taken = HashSet::new();
    let mut is_apart = |one: &T| {
        let marks = one.marks();
        let free = marks.iter().all(|mark| !taken.contains(mark));
        if free {
            taken.extend(marks);
        }
        free
    };
    batch.into_iter().filter(|(one, _)| is_apart(one)).unzip()
}

/// Something that waits, and where its answer goes.
type Waiting<T> = (T, oneshot::Sender<bool>);

/// What waits to be written.
#[derive(Debug)]
pub(crate) struct Gather<T> {
    state: Arc<Mutex<State<T>>>,
    most: usize,
}

#[derive(Debug)]
struct State<T> {
    waiting: Vec<Waiting<T>>,
    led: bool,
}

impl<T> Clone for Gather<T> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), most: self.most }
    }
}

/// Whoever leads. One that goes early, because it panicked or the process ends, leaves the lead to the next.
pub(crate) struct Lead<T> {
    of: Gather<T>,
    held: bool,
}

impl<T> Drop for Lead<T> {
    fn drop(&mut self) {
        if self.held {
            self.of.state.lock().led = false;
        }
    }
}

impl<T> Gather<T> {
    /// With at most so many in one transaction.
    pub(crate) fn new(most: usize) -> Self {
        Self { state: Arc::new(Mutex::new(State { waiting: Vec::new(), led: false })), most }
    }

    /// Puts something to what waits. Comes with the lead if nobody has it.
    pub(crate) fn join(&self, what: T) -> (oneshot::Receiver<bool>, Option<Lead<T>>) {
        let (answer, wait) = oneshot::channel();
        let mut state = self.state.lock();
        state.waiting.push((what, answer));
        let lead = !std::mem::replace(&mut state.led, true);
        drop(state);
        (wait, lead.then(|| Lead { of: self.clone(), held: true }))
    }
}

impl<T> Lead<T> {
    /// What to write next, or nothing: then the lead is given up, under the lock, so that nobody joins in between and waits for ever.
    pub(crate) fn next(&mut self) -> Option<Vec<Waiting<T>>> {
        let mut state = self.of.state.lock();
        let many = state.waiting.len().min(self.of.most);
        if many == 0 {
            state.led = false;
            self.held = false;
            return None;
        }
        Some(state.waiting.drain(..many).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_leads_and_takes_what_waits_in_order() {
        let gather = Gather::new(2);
        let (_first, lead) = gather.join(1);
        let mut lead = lead.unwrap();
        let others = [gather.join(2), gather.join(3)];
        assert!(others.iter().all(|(_, lead)| lead.is_none()));
        let take =
            |lead: &mut Lead<i32>| lead.next().map(|batch| batch.iter().map(|(n, _)| *n).collect::<Vec<_>>());
        assert_eq!(take(&mut lead), Some(vec![1, 2]));
        assert_eq!(take(&mut lead), Some(vec![3]));
        assert_eq!(take(&mut lead), None);
        assert!(gather.join(4).1.is_some());
    }

    #[test]
    fn a_lead_that_is_lost_goes_to_the_next() {
        let gather = Gather::new(8);
        let (_first, lead) = gather.join(1);
        drop(lead);
        let (_second, lead) = gather.join(2);
        assert_eq!(lead.unwrap().next().unwrap().len(), 2);
    }
}
