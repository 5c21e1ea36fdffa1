//! What is done for several requests at once: writes on PostgreSQL, where a transaction for each would be dearer than what it does, and the
//! reads of hot pages; on SQLite those are done by themselves while a reader is free.

use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::oneshot::Sender;

use crate::claims::at_once::Writes;
use crate::claims::facts::FactsOf;
use crate::clerks::ClerkOf;
use crate::content::known::KnownOf;
use crate::db::{Db, look_after};
use crate::deeds::CardOf;
use crate::deeds::at_once::Post;
use crate::editions::{self, CountsOf};
use crate::error::{Error, Result};
use crate::events::arrivals::Arrival;
use crate::gather::{Asked, Gather, Gathered, Lead, apart};
use crate::handle::{ANSWER_WITHIN, Store, again, busy, silent, transact};
use crate::ledger::purses::PursesOf;
use crate::rankings::NamesOf;
use crate::reactions::{Like, MineOf};
use crate::redemptions::at_once::{Capture, CapturedOf, Hold, OfferedOf, RoomFor};
use crate::sessions::PersonOf;

/// What PostgreSQL is given in one transaction or statement of several requests: more of them only wait for each other.
const BATCH_MAX: usize = 64;
/// Reads of one kind that are on their way beside each other.
const READS: usize = 1;

/// After a batch of so many, the next one is given this long to gather: where requests come one by one nobody waits, where batches are large
/// by themselves it would only take time, and in between a round trip or a commit is dearer than what it is made for.
const FEW: RangeInclusive<usize> = 2..=15;
const GATHERS_FOR: Duration = Duration::from_micros(500);

/// What waits to be read.
type Reads<T> = Gather<T, Result<<T as Asked>::Answer>>;
/// What waits to be written.
type Waiting<T> = Gather<T, <T as Gathered>::Answer>;

/// What waits, by kind.
#[derive(Debug)]
pub(crate) struct AtOnce {
    grants: Waiting<Writes>,
    holds: Waiting<Hold>,
    captures: Waiting<Capture>,
    pub(crate) likes: Waiting<Like>,
    pub(crate) posts: Waiting<Post>,
    pub(crate) arrivals: Waiting<Arrival>,
    pub(crate) facts: Reads<FactsOf>,
    pub(crate) clerks: Reads<ClerkOf>,
    pub(crate) offered: Reads<OfferedOf>,
    pub(crate) room: Reads<RoomFor>,
    pub(crate) captured: Reads<CapturedOf>,
    pub(crate) people: Reads<PersonOf>,
    pub(crate) mine: Reads<MineOf>,
    pub(crate) cards: Reads<CardOf>,
    pub(crate) known: Reads<KnownOf>,
    pub(crate) counts: Reads<CountsOf>,
    pub(crate) names: Reads<NamesOf>,
    pub(crate) purses: Reads<PursesOf>,
}

impl Default for AtOnce {
    fn default() -> Self {
        // Writes of a kind go one after the other: what waits meanwhile is the next transaction.
        Self {
            grants: Gather::new(BATCH_MAX, 1),
            holds: Gather::new(BATCH_MAX, 1),
            captures: Gather::new(BATCH_MAX, 1),
            likes: Gather::new(BATCH_MAX, 1),
            posts: Gather::new(BATCH_MAX, 1),
            arrivals: Gather::new(BATCH_MAX, 1),
            facts: reads(),
            clerks: reads(),
            offered: reads(),
            room: reads(),
            captured: reads(),
            people: reads(),
            mine: reads(),
            cards: reads(),
            known: reads(),
            counts: reads(),
            names: reads(),
            purses: reads(),
        }
    }
}

/// Where reads of a kind wait.
fn reads<T: Asked>() -> Reads<T> {
    Gather::new(BATCH_MAX, READS)
}

impl Store {
    /// Writes a grant together with those of other requests. `false`: it has to go the long way, one by one. Most often nothing was written
    /// then; where a connection was lost with the commit, the request's key tells the long way what became of it.
    pub async fn grant(&self, writes: Writes) -> bool {
        self.gather(&self.at_once.grants, writes).await.is_some()
    }

    /// Holds the points of a sale together with those of other requests; `false` as for [`Store::grant`].
    pub async fn hold(&self, hold: Hold) -> bool {
        self.gather(&self.at_once.holds, hold).await.is_some()
    }

    /// Captures a redemption together with those of other requests; `false` as for [`Store::grant`], and the redemption itself tells the
    /// long way what became of it.
    pub async fn capture(&self, capture: Capture) -> bool {
        self.gather(&self.at_once.captures, capture).await.is_some()
    }

    /// What became of it; nothing if it has to go the long way.
    pub(crate) async fn gather<T: Gathered>(&self, with: &Waiting<T>, what: T) -> Option<T::Answer> {
        let (answer, lead) = with.join(what);
        if let Some(lead) = lead {
            // A task of its own: whoever leads may go away before the others have their answers.
            tokio::spawn(self.clone().lead(lead, write::<T>));
        }
        tokio::time::timeout(ANSWER_WITHIN, answer).await.ok()?.ok()
    }

    /// Reads something together with what other requests ask; on SQLite by itself, as [`Store::glance`] does.
    pub(crate) async fn ask<T: Asked>(&self, with: &Reads<T>, what: T) -> Result<T::Answer> {
        let early = || Error::corrupt("a read ended early");
        if let Some(mut conn) = self.at_hand() {
            return T::read(&mut conn, &[what])?.pop().ok_or_else(early);
        }
        let (answer, lead) = with.join(what);
        if let Some(lead) = lead {
            tokio::spawn(self.clone().lead(lead, read::<T>));
        }
        let answered = tokio::time::timeout(ANSWER_WITHIN, answer).await;
        answered.map_err(|_| silent())?.map_err(|_| early())?
    }

    /// Does what waits, batch by batch, until nothing waits.
    async fn lead<T: Send + 'static, A: Send + 'static>(self, lead: Lead<T, A>, each: Each<T, A>) {
        let mut led = Some(lead);
        while let Some(mut lead) = led.take() {
            let Some(first) = lead.next() else { return };
            let Some(place) = self.place().await else {
                each(&self, Err(busy()), first);
                led = Some(lead);
                continue;
            };
            let store = self.clone();
            let on_thread = tokio::task::spawn_blocking(move || store.lead_with((place, lead), first, each));
            led = on_thread.await.ok().flatten();
        }
    }

    /// Does the first batch on this thread and the next ones, too: those who are answered wake the threads that serve, and a lead that went
    /// back there after each batch would wait behind all of them. Comes back with the lead if something still waits: when others wait for a
    /// connection, or this one may be of no more use.
    fn lead_with<T, A>(
        &self,
        (place, mut lead): (OwnedSemaphorePermit, Lead<T, A>),
        mut batch: Vec<(T, Sender<A>)>,
        each: Each<T, A>,
    ) -> Option<Lead<T, A>> {
        // Given back before the place is, so that whoever has the place finds it.
        let _place = place;
        let mut conn = match self.connection() {
            Ok(conn) => conn,
            Err(error) => {
                each(self, Err(error), batch);
                return Some(lead);
            }
        };
        loop {
            let goes_on = catch_unwind(AssertUnwindSafe(|| each(self, Ok(&mut conn), batch)));
            if self.is_waited_for() || !goes_on.unwrap_or(false) {
                return Some(lead);
            }
            batch = lead.next()?;
        }
    }
}

/// What is done with a batch; `false` when the connection may be of no more use.
type Each<T, A> = fn(&Store, Result<&mut Db>, Vec<(T, Sender<A>)>) -> bool;

/// Writes a batch. Who is not answered goes the long way.
fn write<T: Gathered>(store: &Store, conn: Result<&mut Db>, batch: Vec<(T, Sender<T::Answer>)>) -> bool {
    let (batch, answers) = apart(batch);
    let now = store.now();
    let mut write = |conn: &mut Db| {
        let written = T::write(conn, &batch, now)?;
        if T::SEEN {
            editions::next(conn)?;
        }
        Ok(written)
    };
    let mut run =
        |conn: &mut Db| if T::ONE_STATEMENT { again(|| write(conn)) } else { transact(conn, &mut write) };
    let Ok(written) = conn.and_then(|conn| run(conn).inspect_err(|error| look_after(conn, error))) else {
        return false;
    };
    if T::SEEN {
        store.changed();
    }
    if T::QUEUES {
        store.queued();
    }
    let many = answers.len();
    for (answer, became) in answers.into_iter().zip(written) {
        // Whoever asked may be gone; what is written stands all the same.
        let _gone = answer.send(became);
    }
    rest(many);
    true
}

/// After a batch of so many, the next one is given a moment.
#[expect(clippy::disallowed_methods, reason = "what is waited for is that others come, whoever they are")]
fn rest(many: usize) {
    if FEW.contains(&many) {
        std::thread::sleep(GATHERS_FOR);
    }
}

/// Answers a batch of questions.
fn read<T: Asked>(_: &Store, conn: Result<&mut Db>, batch: Vec<(T, Sender<Result<T::Answer>>)>) -> bool {
    let (batch, askers): (Vec<T>, Vec<_>) = batch.into_iter().unzip();
    match conn.and_then(|conn| T::read(conn, &batch).inspect_err(|error| look_after(conn, error))) {
        Ok(answers) => {
            let many = askers.len();
            for (asker, answer) in askers.into_iter().zip(answers) {
                let _gone = asker.send(Ok(answer));
            }
            rest(many);
            true
        }
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                askers = askers.len(),
                "store.read.failed"
            );
            for asker in askers {
                let _gone = asker.send(Err(Error::Refused(error.refusal())));
            }
            false
        }
    }
}
