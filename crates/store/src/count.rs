//! Counts what is said to the database: every statement, and what begins and ends a transaction. A round trip of a hot path that nobody
//! meant to add is seen there, exactly and on a busy machine too. What is built for tests also counts what SQLite does for it.

use diesel::connection::{Instrumentation, InstrumentationEvent};
use metrics::Counter;

/// The counter, by its name in the metrics.
const NAME: &str = "jishan_statements_total";

/// Hears what a connection does.
pub(crate) struct Count(Counter);

impl Count {
    pub(crate) fn new() -> Self {
        Self(metrics::counter!(NAME))
    }
}

impl Instrumentation for Count {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            self.0.increment(1);
        }
    }
}

/// The steps of SQLite's virtual machine, whatever statement takes them: what a query costs, free of clocks and caches. Counting them takes
/// time, so that only what is built for tests does it.
#[cfg(debug_assertions)]
pub(crate) mod steps {
    use std::ffi::{c_char, c_int, c_uint, c_void};

    use libsqlite3_sys as sqlite;

    use crate::db;

    /// From now on the statements of every connection that is opened are counted.
    pub(crate) fn count() {
        db::tell_of_connections(opened);
    }

    #[expect(unsafe_code, reason = "called by SQLite with a connection that it has just opened")]
    unsafe extern "C" fn opened(
        db: *mut sqlite::sqlite3,
        _error: *mut *mut c_char,
        _api: *const sqlite::sqlite3_api_routines,
    ) -> c_int {
        // SAFETY: the connection is open, and no context is given.
        unsafe {
            sqlite::sqlite3_trace_v2(
                db,
                sqlite::SQLITE_TRACE_PROFILE as c_uint,
                Some(ended),
                std::ptr::null_mut(),
            )
        }
    }

    #[expect(unsafe_code, reason = "called by SQLite with a statement that has just ended")]
    unsafe extern "C" fn ended(_: c_uint, _: *mut c_void, statement: *mut c_void, _: *mut c_void) -> c_int {
        // SAFETY: for this event the third argument is the statement; its counter is read and set back.
        let steps =
            unsafe { sqlite::sqlite3_stmt_status(statement.cast(), sqlite::SQLITE_STMTSTATUS_VM_STEP, 1) };
        metrics::counter!("jishan_sqlite_steps_total").increment(u64::try_from(steps).unwrap_or(0));
        0
    }
}
