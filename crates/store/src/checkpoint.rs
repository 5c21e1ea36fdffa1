//! Checkpoints of SQLite beside the writer. What is committed stands in the write-ahead log; sooner or later it has to be carried over into
//! the file, page by page and with a flush at the end. Done by the writer, as SQLite does by default, everybody who writes waits for that.
//! Here a thread of its own carries over a little at a time while the writer goes on: the disk takes a flush of the log after what it is
//! writing to the file, which is why the thread writes [`gently`]. When the log has become long, the writer carries over what came during a pass,
//! so that the log begins anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use crate::db::{self, Address, Db, Purpose};
use crate::error::{Error, Result};
use crate::gently::gently;
use crate::stmt;

/// Pages of the log that are worth a pass: a megabyte. With fewer, pages that many write are carried
/// over more often than they need to be (a quarter: 13 % fewer likes a second); with many more, the log grows while a pass lasts.
const WORTH: i32 = 256;
/// Pages of a log that should begin anew: 32 MB. Not sooner, because the writer flushes the file for it, and everybody waits.
const LONG: i32 = 8_000;
/// Pages past which the writer carries over by itself, whatever the thread does: 64 MB.
const MOST: i32 = 16_000;
/// After so many commits the log is looked at.
const LOOK_EVERY: u32 = 4;

stmt! { Look {} -> (Integer, Integer, Integer) = "PRAGMA wal_checkpoint(NOOP)" }
stmt! { Pass {} -> (Integer, Integer, Integer) = "PRAGMA wal_checkpoint(PASSIVE)" }

/// The writer's side.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    wake: SyncSender<()>,
    passed: Arc<AtomicBool>,
    commits: u32,
}

impl Checkpoints {
    /// Starts the thread for the writer of this connection. It ends with the writer.
    pub(crate) fn start(conn: &mut Db, address: &Address) -> Result<Self> {
        hand_over(conn)?;
        let passed = Arc::new(AtomicBool::new(false));
        let (wake, woken) = sync_channel(1);
        let (ready, opened) = sync_channel(1);
        let (told, address) = (passed.clone(), address.clone());
        let thread = move || match gently(|| db::open(&address, Purpose::Write)) {
            Ok(mut own) => {
                let _gone = ready.send(Ok(()));
                pass_when_told(&mut own, &woken, &told);
            }
            Err(error) => drop(ready.send(Err(error))),
        };
        std::thread::Builder::new()
            .name("sqlite-checkpoint".to_owned())
            .spawn(thread)
            .map_err(|e| Error::unreachable(e.to_string()))?;
        opened.recv().map_err(|_| Error::unreachable("the checkpoints have ended"))??;
        Ok(Self { wake, passed, commits: 0 })
    }

    /// After a commit of the writer: asks for a pass, or finishes one. A fault is no fault of the write, and is only told.
    pub(crate) fn committed(&mut self, conn: &mut Db) {
        self.commits = self.commits.wrapping_add(1);
        let passed = self.passed.swap(false, Ordering::AcqRel);
        if !passed && !self.commits.is_multiple_of(LOOK_EVERY) {
            return;
        }
        let outcome = (Look {}).get_result(conn).and_then(|(_, log, carried): (i32, i32, i32)| {
            if passed && log >= LONG {
                return (Pass {}).get_result::<(i32, i32, i32)>(conn).map(drop);
            }
            if log - carried >= WORTH {
                // A thread that is told already needs not be told again.
                let _full = self.wake.try_send(());
            }
            Ok(())
        });
        if let Err(error) = outcome {
            tracing::warn!(error = &error as &dyn std::error::Error, "checkpoint.failed");
        }
    }
}

/// Leaves the log to the thread, up to a limit.
pub(crate) fn hand_over(conn: &mut Db) -> Result<()> {
    Ok(conn.batch_execute(&format!("PRAGMA wal_autocheckpoint={MOST};"))?)
}

fn pass_when_told(conn: &mut Db, woken: &Receiver<()>, passed: &AtomicBool) {
    while woken.recv().is_ok() {
        match (Pass {}).get_result::<(i32, i32, i32)>(conn) {
            Ok(_) => {
                metrics::counter!("jishan_checkpoints_total").increment(1);
                passed.store(true, Ordering::Release);
            }
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "checkpoint.failed"),
        }
    }
}
