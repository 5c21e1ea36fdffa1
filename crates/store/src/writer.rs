//! The one writer of SQLite: a thread that owns the only writing connection. It takes what is queued (at most [`BATCH_MAX`]), runs every
//! operation in a savepoint of one `BEGIN IMMEDIATE` transaction, appends to the ledger log, commits once, and only then answers. So an
//! answer means that the change is on disk, and many changes share one flush.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};
use domain::Code;
use tokio::sync::oneshot;

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
    fn run(&mut self, conn: &mut Db) -> std::result::Result<(), Error>;
    /// Answers, after the commit or its failure.
    fn answer(self: Box<Self>, commit: std::result::Result<(), String>);
}

struct Operation<T, F> {
    body: F,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T: Send, F: FnMut(&mut Db) -> Result<T> + Send> Job for Operation<T, F> {
    fn run(&mut self, conn: &mut Db) -> std::result::Result<(), Error> {
        let body = &mut self.body;
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| conn.transaction(|c| body(c))));
        match outcome {
            Ok(Err(error)) if error.is_retryable() => return Err(error),
            Ok(result) => self.result = Some(result),
            // A panic leaves the savepoint open; the whole batch is rolled back, and this operation fails alone when it is run again.
            Err(_) => {
                self.result = Some(Err(Error::corrupt("a write panicked")));
                return Err(Error::corrupt("a write panicked"));
            }
        }
        Ok(())
    }
    fn answer(self: Box<Self>, commit: std::result::Result<(), String>) {
        let result = match commit {
            Ok(()) => self.result.unwrap_or_else(|| Err(Error::corrupt("a write was not run"))),
            Err(cause) => Err(Error::unreachable(cause)),
        };
        // Whoever asked may be gone; the change stands all the same.
        drop(self.reply.send(result));
    }
}

/// The way to the writer thread.
#[derive(Clone)]
pub(crate) struct Writer {
    jobs: SyncSender<Box<dyn Job>>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

impl Writer {
    /// Starts the thread. It ends when the last [`Writer`] is dropped and the queue is empty.
    pub(crate) fn start(address: &Address, context: Arc<sequencer::Context>) -> Result<Self> {
        let conn = db::open(address, Purpose::Write)?;
        let (jobs, queue) = sync_channel(QUEUE_MAX);
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || work(conn, &queue, &context))
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
        let job = Box::new(Operation { body, result: None, reply });
        self.jobs.try_send(job).map_err(|e| match e {
            TrySendError::Full(_) => Error::Refused(domain::Refusal::from(Code::Busy).retry_after(1)),
            TrySendError::Disconnected(_) => Error::unreachable("the writer has ended"),
        })?;
        answer.await.map_err(|_| Error::unreachable("the writer has ended"))?
    }
}

fn work(mut conn: Db, queue: &Receiver<Box<dyn Job>>, context: &sequencer::Context) {
    while let Ok(first) = queue.recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH_MAX {
            match queue.try_recv() {
                Ok(job) => batch.push(job),
                Err(_) => break,
            }
        }
        metrics::histogram!("jishan_writer_batch").record(batch.len() as f64);
        let appended = run_batch(&mut conn, &mut batch, context);
        let commit = appended.as_ref().map(|_| ()).map_err(|e| {
            tracing::error!(error = e as &dyn std::error::Error, "write.batch.failed");
            e.to_string()
        });
        if appended.is_ok_and(|n| n > 0) {
            context.appended.notify_waiters();
        }
        for job in batch {
            job.answer(commit.clone());
        }
    }
}

/// Runs a batch as one transaction; if an operation asks for it, everything is run again, each operation in a transaction of its own.
fn run_batch(conn: &mut Db, batch: &mut Vec<Box<dyn Job>>, context: &sequencer::Context) -> Result<u64> {
    match run_once(conn, batch, context) {
        Ok(n) => Ok(n),
        Err(first) if batch.len() > 1 => {
            tracing::warn!(error = &first as &dyn std::error::Error, "write.batch.split");
            let mut appended = 0;
            for mut job in batch.drain(..) {
                let outcome = run_once(conn, std::slice::from_mut(&mut job), context);
                appended += *outcome.as_ref().unwrap_or(&0);
                job.answer(outcome.map(|_| ()).map_err(|e| e.to_string()));
            }
            Ok(appended)
        }
        Err(error) => Err(error),
    }
}

fn run_once(conn: &mut Db, batch: &mut [Box<dyn Job>], context: &sequencer::Context) -> Result<u64> {
    begin(conn)?;
    let outcome = batch
        .iter_mut()
        .try_for_each(|job| job.run(conn))
        .and_then(|()| sequencer::append(conn, context.clock.now(), &context.zone, sequencer::PASS_MAX));
    match outcome {
        Ok(appended) => commit(conn).map(|()| appended),
        Err(error) => {
            rollback(conn);
            Err(error)
        }
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
    while let Ok(Some(_)) =
        <Db as Connection>::TransactionManager::transaction_manager_status_mut(conn).transaction_depth()
    {
        if <Db as Connection>::TransactionManager::rollback_transaction(conn).is_err() {
            break;
        }
    }
}
