//! The connection: an enum of the two engines, and the manager that opens one by the scheme of its address.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use domain::Refusal;
use parking_lot::{Condvar, Mutex};

use crate::count::Count;
use crate::error::Error;

pub use connection::{Db, MultiBackend};

#[expect(missing_docs, reason = "what the derive makes has no documentation of its own")]
mod connection {
    use super::{PgConnection, SqliteConnection};

    /// A connection to one of the two engines.
    #[derive(diesel::MultiConnection)]
    pub enum Db {
        /// PostgreSQL.
        Pg(PgConnection),
        /// SQLite.
        Sqlite(SqliteConnection),
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_sqlite() { "Db::Sqlite" } else { "Db::Pg" })
    }
}

impl Db {
    /// Whether this is the embedded engine.
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }
}

/// Does something inside the caller's transaction that may be refused: then nothing of it stands, and the transaction goes on.
pub fn attempt<T>(
    conn: &mut Db,
    body: impl FnOnce(&mut Db) -> Result<T, Error>,
) -> Result<Result<T, Refusal>, Error> {
    match conn.transaction(body) {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Refused(why)) => Ok(Err(why)),
        Err(other) => Err(other),
    }
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A SQLite file.
    Sqlite(std::path::PathBuf),
    /// A PostgreSQL URL.
    Postgres(String),
}

/// The URL may hold a password: only the kind of address is shown.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

impl Address {
    /// Reads `sqlite:PATH`, `postgres://…` or `postgresql://…`; anything else is refused rather than taken for a file name.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err("sqlite: needs a path".to_owned());
            }
            return Ok(Self::Sqlite(path.into()));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        Err("a database address starts with sqlite: or postgres://".to_owned())
    }
}

/// What a connection is for: SQLite opens its readers read-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Reads and writes.
    Write,
    /// Reads.
    Read,
    /// Long work of a command or the worker: a longer statement time.
    Long,
}

/// The least SQLite that is free of the WAL-reset corruption (fixed in 3.51.3).
const SQLITE_LEAST: i32 = 3_051_003;

/// How often a file that others open at the same time is turned to WAL before the opening fails.
const WAL_ATTEMPTS: u32 = 50;

/// Opens a connection.
pub fn open(address: &Address, purpose: Purpose) -> Result<Db, Error> {
    match address {
        Address::Sqlite(path) => open_sqlite(path, purpose),
        Address::Postgres(url) => open_postgres(url, purpose),
    }
    .map(|mut conn| {
        conn.set_instrumentation(Count::new());
        conn
    })
}

fn open_sqlite(path: &std::path::Path, purpose: Purpose) -> Result<Db, Error> {
    let text = path.to_str().ok_or_else(|| Error::corrupt("the path of the SQLite file is not UTF-8"))?;
    #[cfg(debug_assertions)]
    crate::count::steps::count();
    let mut conn =
        SqliteConnection::establish(text).map_err(|e| Error::unreachable(format!("{text}: {e}")))?;
    // busy_timeout first, so that the others wait for a checkpoint instead of failing.
    conn.batch_execute("PRAGMA busy_timeout=5000;")?;
    turn_to_wal(&mut conn)?;
    conn.batch_execute(
        "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; \
         PRAGMA journal_size_limit=67108864; PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF;",
    )?;
    // Pages that were read before. Of many readers a few are used most of the time, and behind them the kernel keeps the whole file; what a
    // transaction changes is read back from its own log when it does not fit.
    conn.batch_execute(match purpose {
        Purpose::Read => "PRAGMA cache_size=-1000; PRAGMA query_only=ON;",
        Purpose::Write => "PRAGMA cache_size=-6000;",
        Purpose::Long => "PRAGMA cache_size=-16000;",
    })?;
    // SAFETY is not in question: the function reads a constant of the linked library.
    #[expect(unsafe_code, reason = "the version of the linked SQLite is only to be had from C")]
    let version = unsafe { libsqlite3_sys::sqlite3_libversion_number() };
    if version < SQLITE_LEAST {
        return Err(Error::corrupt("the linked SQLite is older than 3.51.3 and may corrupt a WAL file"));
    }
    Ok(Db::Sqlite(conn))
}

/// A function that SQLite calls with a connection that it has just opened.
type Opened = unsafe extern "C" fn(
    *mut libsqlite3_sys::sqlite3,
    *mut *mut std::ffi::c_char,
    *const libsqlite3_sys::sqlite3_api_routines,
) -> std::ffi::c_int;

/// From now on a function is told of every connection to SQLite that is opened. To say it again changes nothing.
#[expect(unsafe_code, reason = "SQLite tells of connections to functions of C")]
pub(crate) fn tell_of_connections(opened: Opened) {
    // SAFETY: the function lives as long as the process, and SQLite calls it with what its type says; one that it knows it does not add.
    unsafe {
        libsqlite3_sys::sqlite3_auto_extension(Some(opened));
    }
}

/// Several processes may open a new file at once, and SQLite does not wait when two turn it to WAL: it says at once that it is locked.
/// Beginning a write does wait; after that the file has most likely been turned.
fn turn_to_wal(conn: &mut SqliteConnection) -> Result<(), Error> {
    for _ in 0..WAL_ATTEMPTS {
        match conn.batch_execute("PRAGMA journal_mode=WAL;").map_err(Error::from) {
            Err(error) if error.is_retryable() => conn.batch_execute("BEGIN IMMEDIATE; COMMIT;")?,
            outcome => return outcome,
        }
    }
    Ok(conn.batch_execute("PRAGMA journal_mode=WAL;")?)
}

fn open_postgres(url: &str, purpose: Purpose) -> Result<Db, Error> {
    let mut conn =
        PgConnection::establish(&with_limits(url)).map_err(|e| Error::unreachable(e.to_string()))?;
    let statement = if purpose == Purpose::Long { "15min" } else { "2s" };
    // Requests run fixed statements of which each is one range of an index: planning them again for their values (PostgreSQL's choice,
    // where a list is bound) costs more than running them.
    let plan = if purpose == Purpose::Long { "auto" } else { "force_generic_plan" };
    // What they look for is mostly in memory, and is a few rows: the default, made for turning disks, reads a table of shops or units as a
    // whole for each request, which is dearer today and grows with the town.
    let page = if purpose == Purpose::Long { "4" } else { "1.1" };
    conn.batch_execute(&format!(
        "SET timezone='UTC'; SET statement_timeout='{statement}'; SET lock_timeout='2s'; SET plan_cache_mode='{plan}'; SET random_page_cost={page}; \
         SET jit=off; SET max_parallel_workers_per_gather=0; \
         SET idle_in_transaction_session_timeout='30s'; SET synchronous_commit=on; SET client_min_messages=warning;"
    ))?;
    Ok(Db::Pg(conn))
}

/// What libpq would wait for without end: a server that takes a connection and says nothing (seconds), and one that is gone without a word
/// (milliseconds). An address that says otherwise is left as it is.
const LIMITS: [(&str, &str); 2] = [("connect_timeout", "5"), ("tcp_user_timeout", "10000")];

fn with_limits(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in LIMITS {
        if !url.contains(&format!("{name}=")) {
            let joint = if url.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{joint}{name}={value}"));
        }
    }
    url
}

/// The pool's manager. It names the cause when a database cannot be reached, which diesel's own does not.
#[derive(Debug, Clone)]
pub struct Manager {
    /// Where the database is.
    pub address: Address,
    /// What the connections are for.
    pub purpose: Purpose,
    /// How many of those that are taken next are tried first: one was lost, and so may be the others that waited beside it.
    doubted: Arc<AtomicU32>,
    opening: Arc<Opening>,
}

/// The connections that the pool's own threads are opening: a process that ended meanwhile would take OpenSSL away from under them.
#[derive(Debug, Default)]
struct Opening {
    state: Mutex<Underway>,
    done: Condvar,
}

#[derive(Debug, Default)]
struct Underway {
    many: usize,
    ended: bool,
}

/// One that is being opened.
struct Begun<'a>(&'a Opening);

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.0.state.lock().many -= 1;
        self.0.done.notify_all();
    }
}

impl Opening {
    /// Begins to open one, unless no more are to be.
    fn begin(&self) -> Result<Begun<'_>, Error> {
        let mut state = self.state.lock();
        if state.ended {
            return Err(Error::unreachable("the process ends"));
        }
        state.many += 1;
        Ok(Begun(self))
    }
}

/// How long a process waits for them before it ends: a server has five seconds for each of its addresses.
const OPENED_WITHIN: Duration = Duration::from_secs(10);

/// How many connections are tried after one was lost: more than there may be, and each costs a round trip.
const TRIED: u32 = 1_000;

impl Manager {
    /// Of connections to this database.
    pub fn new(address: Address, purpose: Purpose) -> Self {
        Self { address, purpose, doubted: Arc::default(), opening: Arc::default() }
    }

    /// Opens none from now on, and waits for those that are being opened, as long as a server may keep them waiting.
    pub(crate) fn end(&self) {
        let mut state = self.opening.state.lock();
        state.ended = true;
        let _in_time = self.opening.done.wait_while_for(&mut state, |state| state.many > 0, OPENED_WITHIN);
    }
}

impl r2d2::ManageConnection for Manager {
    type Connection = Db;
    type Error = Error;

    fn connect(&self) -> Result<Db, Error> {
        let _begun = self.opening.begin()?;
        open(&self.address, self.purpose)
    }
    fn is_valid(&self, conn: &mut Db) -> Result<(), Error> {
        // Most often there is no doubt, and then nothing is written that other threads read.
        let doubted =
            || self.doubted.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        if self.doubted.load(Ordering::Relaxed) == 0 || doubted().is_err() {
            return Ok(());
        }
        conn.batch_execute("SELECT 1").map_err(Error::from)
    }
    fn has_broken(&self, conn: &mut Db) -> bool {
        if depth(conn).is_none() {
            self.doubted.store(TRIED, Ordering::Relaxed);
        }
        std::thread::panicking() || !is_at_rest(conn)
    }
}

/// Whether a connection is fit for the next transaction: it is alive, and none is open.
pub(crate) fn is_at_rest(conn: &mut Db) -> bool {
    depth(conn) == Some(0)
}

/// Looks at a connection on which something failed. What a server said when it ended a connection may still lie unread, and until it is
/// read neither libpq nor diesel knows that the connection is lost: every further query would only hear that another is in progress.
/// `SELECT 1` reads it; then [`is_at_rest`] says what is true.
pub(crate) fn look_after(conn: &mut Db, failed: &Error) {
    if matches!(failed, Error::Refused(_) | Error::Overtaken) || conn.is_sqlite() {
        return;
    }
    // Whether it succeeds is known to the connection afterwards.
    let _known = conn.batch_execute("SELECT 1");
}

/// How many transactions are open, one in another; `None` when the connection is lost.
pub(crate) fn depth(conn: &mut Db) -> Option<u32> {
    let status = <Db as Connection>::TransactionManager::transaction_manager_status_mut(conn);
    status.transaction_depth().ok().map(|depth| depth.map_or(0, std::num::NonZeroU32::get))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_given_limits_that_it_does_not_state() {
        let plain = "postgres://jishan@db/town";
        assert_eq!(with_limits(plain), format!("{plain}?connect_timeout=5&tcp_user_timeout=10000"));
        let stated = "postgres://jishan@db/town?sslmode=require&connect_timeout=1";
        assert_eq!(with_limits(stated), format!("{stated}&tcp_user_timeout=10000"));
    }
}
