//! What several requests want at the same time, done at once. Whoever comes while nothing of the kind is on its way leads, with all that
//! waits; those who come meanwhile are the next one's. So a lone request waits for nobody, and on a busy server a round trip, a commit and
//! a change of threads are shared by many.

use std::collections::HashSet;
use std::sync::Arc;

use domain::Ts;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::db::Db;
use crate::error::Result;

/// Something that is written with what other requests write: group commit, for PostgreSQL. On SQLite the writer gathers everything anyway.
pub(crate) trait Gathered: Send + Sized + 'static {
    /// What becomes of one.
    type Answer: Send + 'static;
    /// Whether a batch is one statement, which is a transaction by itself.
    const ONE_STATEMENT: bool = false;
    /// Whether it changes what pages show that everybody reads.
    const SEEN: bool = false;
    /// Whether it queues something for the log.
    const QUEUES: bool = false;
    /// What no two of one batch may have in common: rows that each of them has to be alone with.
    fn marks(&self) -> Vec<String>;
    /// Writes them all and says, in their order, what became of each; or refuses: then the transaction must be rolled back, and each goes
    /// the long way.
    fn write(conn: &mut Db, batch: &[Self], now: Ts) -> Result<Vec<Self::Answer>>;
}

/// Something that is read with what other requests read. Nobody is answered from before the question was asked.
pub(crate) trait Asked: Send + Sized + 'static {
    /// What one is told.
    type Answer: Send + 'static;
    /// The answers, in the order of the questions.
    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Self::Answer>>;
}

/// The answers to so many questions, from rows that say, counted from one, whose they are: where there is none, there is no answer.
pub(crate) fn by_number<T>(many: usize, rows: impl Iterator<Item = (i64, Option<T>)>) -> Vec<Option<T>> {
    let mut answers: Vec<Option<T>> = (0..many).map(|_| None).collect();
    for (n, row) in rows {
        if let Some(answer) = usize::try_from(n - 1).ok().and_then(|at| answers.get_mut(at)) {
            *answer = row;
        }
    }
    answers
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
type Waiting<T, A> = (T, oneshot::Sender<A>);

/// What waits.
#[derive(Debug)]
pub(crate) struct Gather<T, A> {
    state: Arc<Mutex<State<T, A>>>,
    most: usize,
    lanes: usize,
}

#[derive(Debug)]
struct State<T, A> {
    waiting: Vec<Waiting<T, A>>,
    leads: usize,
}

impl<T, A> Clone for Gather<T, A> {
    fn clone(&self) -> Self {
        Self { state: self.state.clone(), most: self.most, lanes: self.lanes }
    }
}

/// Whoever leads. One that goes early, because it panicked or the process ends, leaves the lead to the next.
pub(crate) struct Lead<T, A> {
    of: Gather<T, A>,
    held: bool,
}

impl<T, A> Drop for Lead<T, A> {
    fn drop(&mut self) {
        if self.held {
            self.of.state.lock().leads -= 1;
        }
    }
}

impl<T, A> Gather<T, A> {
    /// With at most so many at once, on so many ways beside each other.
    pub(crate) fn new(most: usize, lanes: usize) -> Self {
        Self { state: Arc::new(Mutex::new(State { waiting: Vec::new(), leads: 0 })), most, lanes }
    }

    /// Puts something to what waits. Comes with a lead if there is one to be had.
    pub(crate) fn join(&self, what: T) -> (oneshot::Receiver<A>, Option<Lead<T, A>>) {
        let (answer, wait) = oneshot::channel();
        let mut state = self.state.lock();
        state.waiting.push((what, answer));
        let leads = state.leads < self.lanes;
        state.leads += usize::from(leads);
        drop(state);
        (wait, leads.then(|| Lead { of: self.clone(), held: true }))
    }
}

impl<T, A> Lead<T, A> {
    /// What to do next, or nothing: then the lead is given up, under the lock, so that nobody joins in between and waits for ever.
    pub(crate) fn next(&mut self) -> Option<Vec<Waiting<T, A>>> {
        let mut state = self.of.state.lock();
        let many = state.waiting.len().min(self.of.most);
        if many == 0 {
            state.leads -= 1;
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
        let gather = Gather::<i32, bool>::new(2, 1);
        let (_first, lead) = gather.join(1);
        let mut lead = lead.unwrap();
        let others = [gather.join(2), gather.join(3)];
        assert!(others.iter().all(|(_, lead)| lead.is_none()));
        let take = |lead: &mut Lead<i32, bool>| {
            lead.next().map(|batch| batch.iter().map(|(n, _)| *n).collect::<Vec<_>>())
        };
        assert_eq!(take(&mut lead), Some(vec![1, 2]));
        assert_eq!(take(&mut lead), Some(vec![3]));
        assert_eq!(take(&mut lead), None);
        assert!(gather.join(4).1.is_some());
    }

    #[test]
    fn a_lead_that_is_lost_goes_to_the_next() {
        let gather = Gather::<i32, bool>::new(8, 1);
        let (_first, lead) = gather.join(1);
        drop(lead);
        let (_second, lead) = gather.join(2);
        assert_eq!(lead.unwrap().next().unwrap().len(), 2);
    }

    #[test]
    fn no_more_than_the_lanes_are_led() {
        let gather = Gather::<i32, bool>::new(8, 2);
        let (_one, first) = gather.join(1);
        let (_two, second) = gather.join(2);
        assert!(first.is_some() && second.is_some());
        assert!(gather.join(3).1.is_none());
        drop(first);
        assert!(gather.join(4).1.is_some());
    }
}
