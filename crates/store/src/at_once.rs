//! What is done for several requests at once: writes on PostgreSQL, where a transaction for each would be dearer than what it does, and the
//! reads of hot pages; on SQLite those are done by themselves while a reader is free.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::claims::at_once::Writes;
use crate::db::Db;
use crate::deeds::CardOf;
use crate::deeds::at_once::Post;
use crate::editions::{self, CountsOf};
use crate::error::{Error, Result};
use crate::gather::{Asked, Gather, Gathered, Lead, apart};
use crate::handle::{Store, again, transact};
use crate::ledger::purses::PursesOf;
use crate::rankings::NamesOf;
use crate::reactions::{Like, MineOf};
use crate::redemptions::at_once::{Capture, Hold};
use crate::sessions::PersonOf;

/// What PostgreSQL is given in one transaction or statement of several requests: more of them only wait for each other.
const BATCH_MAX: usize = 64;
/// Reads of one kind that are on their way beside each other.
const READS: usize = 1;

/// After a batch of so many, the next one is given this long to gather: where requests come one by one nobody waits, where batches are large
/// by themselves it would only take time, and in between a commit is dearer than what it commits.
const FEW: RangeInclusive<usize> = 2..=7;
const GATHERS_FOR: Duration = Duration::from_millis(1);

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
    pub(crate) people: Reads<PersonOf>,
    pub(crate) mine: Reads<MineOf>,
    pub(crate) cards: Reads<CardOf>,
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
            people: Gather::new(BATCH_MAX, READS),
            mine: Gather::new(BATCH_MAX, READS),
            cards: Gather::new(BATCH_MAX, READS),
            counts: Gather::new(BATCH_MAX, READS),
            names: Gather::new(BATCH_MAX, READS),
            purses: Gather::new(BATCH_MAX, READS),
        }
    }
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
            tokio::spawn(self.clone().lead(lead));
        }
        answer.await.ok()
    }

    async fn lead<T: Gathered>(self, mut lead: Lead<T, T::Answer>) {
        while let Some(batch) = lead.next() {
            // Who is left out hears that nobody answers.
            let (batch, answers) = apart(batch);
            let now = self.now();
            let mut write = move |conn: &mut Db| {
                let written = T::write(conn, &batch, now)?;
                if T::SEEN {
                    editions::next(conn)?;
                }
                Ok(written)
            };
            let run = move |conn: &mut Db| {
                if T::ONE_STATEMENT { again(|| write(conn)) } else { transact(conn, &mut write) }
            };
            let many = answers.len();
            let Ok(written) = self.on_pool(run).await else { continue };
            if T::SEEN {
                self.changed();
            }
            if T::QUEUES {
                self.queued();
            }
            for (answer, became) in answers.into_iter().zip(written) {
                // Whoever asked may be gone; what is written stands all the same.
                let _gone = answer.send(became);
            }
            if FEW.contains(&many) {
                tokio::time::sleep(GATHERS_FOR).await;
            }
        }
    }

    /// Reads something together with what other requests ask; on SQLite by itself, as [`Store::glance`] does.
    pub(crate) async fn ask<T: Asked>(&self, with: &Reads<T>, what: T) -> Result<T::Answer> {
        let early = || Error::corrupt("a read ended early");
        if let Some(mut conn) = self.at_hand() {
            return T::read(&mut conn, &[what])?.pop().ok_or_else(early);
        }
        let (answer, lead) = with.join(what);
        if let Some(lead) = lead {
            tokio::spawn(self.clone().answer(lead));
        }
        answer.await.map_err(|_| early())?
    }

    async fn answer<T: Asked>(self, mut lead: Lead<T, Result<T::Answer>>) {
        while let Some(batch) = lead.next() {
            let (batch, askers): (Vec<T>, Vec<_>) = batch.into_iter().unzip();
            match self.on_pool(move |conn| T::read(conn, &batch)).await {
                Ok(answers) => {
                    for (asker, answer) in askers.into_iter().zip(answers) {
                        let _gone = asker.send(Ok(answer));
                    }
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
                }
            }
        }
    }
}
