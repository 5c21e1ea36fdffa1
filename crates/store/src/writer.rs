//! The one writer of SQLite: a thread that owns the only writing connection. It takes what is queued (at most [`BATCH_MAX`]), runs every
//! operation in a savepoint of one `BEGIN IMMEDIATE` transaction, appends to the ledger log, commits once, and only then answers. So an
//! answer means that the change is on disk, and many changes share one flush.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};
use domain::Code;
use tokio::sync::oneshot;

use crate::checkpoint::{self, Checkpoints};
use crate::db::{self, Address, Db, Purpose};
use crate::error::{Error, Result};
use crate::ledger::sequencer;

/// Operations in one transaction: at 32 the flush is paid for; more only adds waiting.
const BATCH_MAX: usize = 32;
/// Operations waiting: past that the answer is "busy".
const QUEUE_MAX: usize = 1_024;

/// An operation that may be run again until its transaction is committed.
trait Job: Send {
    /// Runs it; `Err` asks for the whole batch to be rolled back and run again.
    fn run(&mut self, conn: &mut Db) -> Result<()>;
    /// Answers, after the commit or its failure.
    fn answer(self: Box<Self>, commit: Result<()>);
}

struct Operation<T, F> {
    body: F,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T: Send, F: FnMut(&mut Db) -> Result<T> + Send> Job for Operation<T, F> {
    fn run(&mut self, conn: &mut Db) -> Result<()> {
        let body = &mut self.body;
        let outcome =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| conn.transaction(|c| body(c))));
        // SQLite ends a transaction by itself when the disk is full. What ran after that would be committed alone, and then again.
        let intact = db::depth(conn) == Some(1);
        match outcome {
            Ok(Err(error)) if error.is_retryable() || !intact => Err(error),
            Ok(_) if !intact => Err(Error::corrupt("a write ended the transaction that it was part of")),
            Ok(result) => {
                self.result = Some(result);
                Ok(())
            }
            // A panic leaves the savepoint open; the whole batch is rolled back, and this operation fails alone when it is run again.
            Err(_) => Err(Error::corrupt("a write panicked")),
        }
    }
    fn answer(self: Box<Self>, commit: Result<()>) {
        let Self { result, reply, .. } = *self;
        let result =
            commit.and_then(|()| result.unwrap_or_else(|| Err(Error::corrupt("a write was not run"))));
        // Whoever asked may be gone; the change stands all the same.
        drop(reply.send(result));
    }
}

/// What the thread does next.
enum Work {
    /// An operation of a batch.
    Job(Box<dyn Job>),
    /// Something that is no transaction, while nobody else writes.
    Alone(Box<dyn FnOnce() + Send>),
}

/// The way to the writer thread.
#[derive(Clone)]
pub(crate) struct Writer {
    jobs: SyncSender<Work>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

impl Writer {
    /// Starts the thread. It ends when the last [`Writer`] is dropped and the queue is empty.
    pub(crate) fn start(address: &Address, context: Arc<sequencer::Context>) -> Result<Self> {
        let mut conn = db::open(address, Purpose::Write)?;
        let mut checkpoints = Checkpoints::start(&mut conn, address)?;
        let address = address.clone();
        let (jobs, queue) = sync_channel(QUEUE_MAX);
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || work(conn, &address, &queue, &context, &mut checkpoints))
            .map_err(|e| Error::unreachable(e.to_string()))?;
        Ok(Self { jobs })
    }

    /// Queues an operation and waits for its commit.
    pub(crate) async fn run<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Db) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.queue(Work::Job(Box::new(Operation { body, result: None, reply })))?;
        answer.await.map_err(|_| Error::unreachable("the writer has ended"))?
    }

    /// Runs something on the thread that is no transaction of its connection, while nobody else writes.
    pub(crate) async fn alone<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        // Whoever asked may be gone.
        self.queue(Work::Alone(Box::new(move || drop(reply.send(body())))))?;
        answer.await.map_err(|_| Error::unreachable("the writer has ended"))?
    }

    fn queue(&self, work: Work) -> Result<()> {
        self.jobs.try_send(work).map_err(|e| match e {
            TrySendError::Full(_) => Error::Refused(domain::Refusal::from(Code::Busy).retry_after(1)),
            TrySendError::Disconnected(_) => Error::unreachable("the writer has ended"),
        })
    }
}

fn work(
    mut conn: Db,
    address: &Address,
    queue: &Receiver<Work>,
    context: &sequencer::Context,
    checkpoints: &mut Checkpoints,
) {
    while let Ok(first) = queue.recv() {
        let (mut batch, mut alone, mut next) = (Vec::new(), None, Some(first));
        while let Some(work) = next {
            match work {
                Work::Job(job) => batch.push(job),
                Work::Alone(body) => {
                    alone = Some(body);
                    break;
                }
            }
            next = if batch.len() < BATCH_MAX { queue.try_recv().ok() } else { None };
        }
        if !batch.is_empty() {
            metrics::histogram!("jishan_writer_batch").record(batch.len() as f64);
            run_batch(&mut conn, address, batch, context);
        }
        if let Some(body) = alone {
            body();
        }
        checkpoints.committed(&mut conn);
    }
}

/// Runs a batch as one transaction; if something in it fails, everything is run again, each operation in a transaction of its own.
fn run_batch(conn: &mut Db, address: &Address, mut batch: Vec<Box<dyn Job>>, context: &sequencer::Context) {
    let outcome = run_once(conn, address, &mut batch, context);
    if batch.len() == 1 || outcome.is_ok() {
        // Only a batch of one fails here, so that its error has one to go to.
        let mut failed = outcome.err();
        if let Some(error) = &failed {
            tracing::error!(error = error as &dyn std::error::Error, "write.failed");
        }
        for job in batch {
            job.answer(failed.take().map_or(Ok(()), Err));
        }
        return;
    }
    if let Err(error) = outcome {
        if error.is_retryable() {
            // Somebody else has the file and had it for as long as is waited: one after the other they would wait as long again, each.
            tracing::error!(error = &error as &dyn std::error::Error, "write.failed");
            let busy = || Error::Refused(domain::Refusal::from(Code::Busy).retry_after(1));
            batch.into_iter().for_each(|job| job.answer(Err(busy())));
            return;
        }
        tracing::warn!(error = &error as &dyn std::error::Error, "write.batch.split");
    }
    for job in batch {
        run_batch(conn, address, vec![job], context);
    }
}

fn run_once(
    conn: &mut Db,
    address: &Address,
    batch: &mut [Box<dyn Job>],
    context: &sequencer::Context,
) -> Result<()> {
    // The engine may have ended a transaction by itself (a full disk): a connection that is out of step is not used again.
    if !db::is_at_rest(conn) {
        *conn = db::open(address, Purpose::Write)?;
        checkpoint::hand_over(conn)?;
    }
    begin(conn)?;
    let outcome = batch.iter_mut().try_for_each(|job| job.run(conn)).and_then(|()| append_all(conn, context));
    match outcome.and_then(|appended| commit(conn).map(|()| appended)) {
        Ok(0) => Ok(()),
        Ok(_) => {
            context.appended.notify_waiters();
            Ok(())
        }
        Err(error) => {
            rollback(conn);
            Err(error)
        }
    }
}

/// Appends whatever the batch queued: nobody else would come for the rest.
fn append_all(conn: &mut Db, context: &sequencer::Context) -> Result<u64> {
    let mut appended = 0;
    loop {
        let n = sequencer::append(conn, context.clock.now(), &context.zone, sequencer::PASS_MAX)?;
        if n == 0 {
            return Ok(appended);
        }
        appended += n;
    }
}

/// Begins a write transaction: immediate on SQLite, because a deferred one that reads first fails at once when another writes.
pub(crate) fn begin(conn: &mut Db) -> Result<()> {
    match conn {
        Db::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?,
        Db::Pg(c) => AnsiTransactionManager::begin_transaction(c)?,
    }
    Ok(())
}

/// Commits.
pub(crate) fn commit(conn: &mut Db) -> Result<()> {
    <Db as Connection>::TransactionManager::commit_transaction(conn)?;
    Ok(())
}

/// Rolls back, to the outermost transaction.
pub(crate) fn rollback(conn: &mut Db) {
    while db::depth(conn).is_some_and(|depth| depth > 0) {
        if <Db as Connection>::TransactionManager::rollback_transaction(conn).is_err() {
            break;
        }
    }
}
