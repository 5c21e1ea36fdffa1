//! The handle by which everything reads and writes. Reads run on a pool; writes run in one transaction each, by the single writer on
//! SQLite and on the pool on PostgreSQL, and are run again when the database asks for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use domain::time::{Clock, Zone};
use domain::{Code, Refusal};
use tokio::sync::{Notify, Semaphore};

use crate::at_once::AtOnce;
use crate::db::{Address, Db, Manager, Purpose, look_after};
use crate::editions;
use crate::error::{Error, Result};
use crate::ledger::sequencer;
use crate::writer::{self, Writer};

/// How often a transaction is run before the answer is "busy".
const ATTEMPTS: u32 = 6;
/// For how long a request waits for a connection.
const POOL_WAIT: Duration = Duration::from_secs(2);
/// For how long PostgreSQL has to do what a request asks, statements of two seconds each. A server that is there and says nothing would
/// hold the request for ever; past this it is told that nobody knows, as when an answer is lost.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The same for an import, and for the loading of boards.
const AT_LENGTH: Duration = Duration::from_secs(120);
/// Reads and writes waiting for a connection: past that the answer is "busy".
const WAITING_MAX: usize = 1_024;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the database is.
    pub address: Address,
    /// Connections: readers on SQLite, readers and writers on PostgreSQL.
    pub pool: u32,
    /// What the connections are for.
    pub purpose: Purpose,
}

/// The handle: cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: r2d2::Pool<Manager>,
    manager: Manager,
    places: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    writer: Option<Writer>,
    context: Arc<sequencer::Context>,
    generation: Arc<AtomicU64>,
    pub(crate) at_once: Arc<AtOnce>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("engine", &self.engine()).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens a database that is already migrated. Its zone is the tenant's.
    pub fn open(settings: &Settings, clock: Arc<dyn Clock>, zone: Zone) -> Result<Self> {
        let context = Arc::new(sequencer::Context { clock, zone, appended: Notify::new() });
        let embedded = matches!(settings.address, Address::Sqlite(_));
        // The writer first: it creates the WAL that readers need.
        let writer = if embedded { Some(Writer::start(&settings.address, context.clone())?) } else { None };
        let purpose = if embedded { Purpose::Read } else { settings.purpose };
        if !embedded {
            // The pool opens none before one is asked for; a server that is not there is to be named now.
            drop(crate::db::open(&settings.address, settings.purpose)?);
        }
        let manager = Manager::new(settings.address.clone(), purpose);
        let pool = r2d2::Pool::builder()
            .max_size(settings.pool)
            // None before it is asked for.
            .min_idle(Some(0))
            // Only after one was lost: see the manager.
            .test_on_check_out(true)
            .connection_timeout(POOL_WAIT)
            .build(manager.clone())
            .map_err(|e| Error::unreachable(e.to_string()))?;
        let places = Arc::new(Semaphore::new(settings.pool as usize));
        let waiting = Arc::new(Semaphore::new(WAITING_MAX));
        let (generation, at_once) = (Arc::default(), Arc::default());
        Ok(Self { pool, manager, places, waiting, writer, context, generation, at_once })
    }

    /// Before the process ends: opens no connection any more, and waits for those that are being opened.
    pub async fn end(&self) {
        let manager = self.manager.clone();
        // It waits for so long and no longer, and does not fail.
        let _ended = tokio::task::spawn_blocking(move || manager.end()).await;
    }

    /// Where the database is.
    pub(crate) fn address(&self) -> &Address {
        &self.manager.address
    }
    /// SQLite's writer.
    pub(crate) fn writer(&self) -> Option<&Writer> {
        self.writer.as_ref()
    }
    /// `sqlite` or `postgres`.
    pub fn engine(&self) -> &'static str {
        if self.writer.is_some() { "sqlite" } else { "postgres" }
    }
    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.context.clock
    }
    /// The present moment.
    pub fn now(&self) -> domain::Ts {
        self.context.clock.now()
    }
    /// The tenant's time zone.
    pub fn zone(&self) -> &Zone {
        &self.context.zone
    }
    /// Today in the tenant's time zone.
    pub fn today(&self) -> domain::Day {
        domain::Day::of(self.now(), self.zone())
    }
    /// Wakes when the log grew or a transaction queued something for it; a timer must stand beside it.
    pub fn appended(&self) -> &Notify {
        &self.context.appended
    }

    /// Grows with everything that this process wrote and that others may see: what was read at an older one may have changed.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }
    /// Says that something changed that others may see.
    pub fn changed(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Reads.
    pub async fn read<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T> + Send + 'static,
    {
        self.on_pool(body).await
    }

    /// As [`Store::read`], for a few rows by their keys. On SQLite they are read on the thread that asks: a change of threads costs more
    /// than they do.
    pub async fn glance<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T> + Send + 'static,
    {
        match self.at_hand() {
            Some(mut conn) => body(&mut conn),
            None => self.on_pool(body).await,
        }
    }

    /// A reader that is free, on SQLite; the pool opens one when there is none yet. Of those that are free it is the one that was used last,
    /// so that a few of them hold what is read often.
    pub(crate) fn at_hand(&self) -> Option<r2d2::PooledConnection<Manager>> {
        self.writer.as_ref().and_then(|_| self.pool.try_get())
    }

    /// As [`Store::read`], for what reads much: the scores of whole boards.
    pub async fn read_at_length<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T> + Send + 'static,
    {
        let and_forget = move |conn: &mut Db| {
            let outcome = body(conn);
            if conn.is_sqlite() {
                // What was read once is not what is read often.
                conn.batch_execute("PRAGMA shrink_memory")?;
            }
            outcome
        };
        self.on_pool_within(AT_LENGTH, and_forget).await
    }

    /// Writes: all of it or nothing, acknowledged after the commit. The body may be run more than once; an error rolls back.
    pub async fn write<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Db) -> Result<T> + Send + 'static,
    {
        let outcome = self.write_quietly(seen(body)).await;
        if outcome.is_ok() {
            self.wrote();
        }
        outcome
    }

    /// As [`Store::write`], for what moves points that no shared page shows: a sale. Whoever keeps what is the customer's own has to be told.
    pub async fn write_unseen<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Db) -> Result<T> + Send + 'static,
    {
        let outcome = self.write_quietly(body).await;
        if outcome.is_ok() {
            self.queued();
        }
        outcome
    }

    /// As [`Store::write`], for what has thousands of statements: an import.
    pub async fn write_at_length<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Db) -> Result<T> + Send + 'static,
    {
        let mut body = seen(body);
        let outcome = match &self.writer {
            Some(writer) => writer.run(body).await,
            None => self.on_pool_within(AT_LENGTH, move |conn| transact(conn, &mut body)).await,
        };
        if outcome.is_ok() {
            self.wrote();
        }
        outcome
    }

    /// Others may see what was written, and it may have queued something for the log.
    fn wrote(&self) {
        self.changed();
        self.queued();
    }

    /// Something may wait for the log; on SQLite the writer has appended it.
    pub(crate) fn queued(&self) {
        if self.writer.is_none() {
            self.context.appended.notify_waiters();
        }
    }

    /// Whether [`Store::grant`] and its like are worth the way: on SQLite the writer gathers everything anyway.
    pub fn gathers(&self) -> bool {
        self.writer.is_none()
    }

    /// As [`Store::write`], for what neither queues anything for the log nor changes anything that others have to see within the second:
    /// sessions, leases, marks, a like.
    pub async fn write_quietly<T, F>(&self, mut body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Db) -> Result<T> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.run(body).await,
            None => self.on_pool(move |conn| transact(conn, &mut body)).await,
        }
    }

    /// Appends to the log what waits for it. On SQLite the writer does it with every commit, and there is nothing to do.
    pub async fn sequence(&self) -> Result<u64> {
        let context = self.context.clone();
        if self.writer.is_some() {
            return self.write_quietly(|_| Ok(0)).await;
        }
        let mut pass = move |conn: &mut Db| {
            sequencer::append(conn, context.clock.now(), &context.zone, sequencer::PASS_MAX)
        };
        let outcome = self.on_pool(move |conn| transact(conn, &mut pass)).await;
        if outcome.as_ref().is_ok_and(|n| *n > 0) {
            self.context.appended.notify_waiters();
        }
        outcome
    }

    pub(crate) async fn on_pool<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T> + Send + 'static,
    {
        self.on_pool_within(ANSWER_WITHIN, body).await
    }

    async fn on_pool_within<T, F>(&self, limit: Duration, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Db) -> Result<T> + Send + 'static,
    {
        let place = self.place().await.ok_or_else(busy)?;
        let store = self.clone();
        let outcome = tokio::task::spawn_blocking(move || {
            let _place = place;
            let mut conn = store.connection()?;
            body(&mut conn).inspect_err(|error| look_after(&mut conn, error))
        });
        let outcome = if self.writer.is_some() {
            outcome.await
        } else {
            let answered = tokio::time::timeout(limit, outcome).await;
            answered.map_err(|_| silent())?
        };
        outcome.map_err(|e| Error::corrupt(format!("a read or write ended early: {e}")))?
    }

    /// A place before the pool: r2d2 blocks, and a blocked thread is dearer than a waiting task.
    pub(crate) async fn place(&self) -> Option<tokio::sync::OwnedSemaphorePermit> {
        if let Ok(permit) = self.places.clone().try_acquire_owned() {
            return Some(permit);
        }
        let _waiting = self.waiting.try_acquire().ok()?;
        let permit = tokio::time::timeout(POOL_WAIT, self.places.clone().acquire_owned()).await;
        permit.ok()?.ok()
    }

    /// Whether somebody waits for a place.
    pub(crate) fn is_waited_for(&self) -> bool {
        self.waiting.available_permits() < WAITING_MAX
    }

    /// A connection, for who has a place: on a thread that may block.
    pub(crate) fn connection(&self) -> Result<r2d2::PooledConnection<Manager>> {
        self.pool.get().map_err(|e| Error::unreachable(e.to_string()))
    }
}

/// There are more requests than the database can answer.
pub(crate) fn busy() -> Error {
    Error::Refused(Refusal::from(Code::Busy).retry_after(1))
}

/// The database did not answer.
pub(crate) fn silent() -> Error {
    Error::unreachable("it said nothing for too long")
}

/// A body that changes something that others may see.
fn seen<T>(mut body: impl FnMut(&mut Db) -> Result<T>) -> impl FnMut(&mut Db) -> Result<T> {
    move |conn| {
        let value = body(conn)?;
        editions::next(conn)?;
        Ok(value)
    }
}

/// One write transaction on an own connection, run again when the database asks for it: for commands and for the pool.
pub(crate) fn transact<T>(conn: &mut Db, body: &mut dyn FnMut(&mut Db) -> Result<T>) -> Result<T> {
    again(|| {
        writer::begin(conn)?;
        let outcome = body(conn).and_then(|value| writer::commit(conn).map(|()| value));
        if outcome.is_err() {
            writer::rollback(conn);
        }
        outcome
    })
}

/// Runs something again while the database asks for it.
pub(crate) fn again<T>(mut run: impl FnMut() -> Result<T>) -> Result<T> {
    let mut attempt = 1;
    loop {
        match run() {
            Err(error) if error.is_retryable() && attempt < ATTEMPTS => {
                attempt += 1;
                metrics::counter!("jishan_write_retries_total").increment(1);
            }
            outcome => return outcome,
        }
    }
}
