//! The sequencer moves queue rows in order into the log: gapless `seq`, and the log's day, which never decreases. On SQLite the writer
//! does it in every batch; on PostgreSQL the worker does it, holding the lock of the log's one end row, so that two sequencers take turns.

use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use domain::time::{Clock, Zone};
use domain::{Day, Ts};
use tokio::sync::Notify;

use crate::db::Db;
use crate::error::Result;
use crate::stmt;

/// Rows moved in one pass.
pub const PASS_MAX: i64 = 500;

/// What appending needs beside the connection.
#[derive(Debug)]
pub struct Context {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The tenant's zone: decides the log's day.
    pub zone: Zone,
    /// Wakes followers.
    pub appended: Notify,
}

stmt! { Waiting { } -> BigInt = "SELECT id FROM ledger_queue ORDER BY id LIMIT 1" }
stmt! { EndSqlite { } -> (BigInt, Integer) = "SELECT seq, day FROM sequencer WHERE id = 1" }
stmt! { EndPostgres { } -> (BigInt, Integer) = "SELECT seq, day FROM sequencer WHERE id = 1 FOR UPDATE" }

/// Appends at most `limit` waiting rows; returns how many.
pub fn append(conn: &mut Db, now: Ts, zone: &Zone, limit: i64) -> Result<u64> {
    if (Waiting {}).get_result::<i64>(conn).optional()?.is_none() {
        return Ok(0);
    }
    let (seq, day): (i64, i32) =
        if conn.is_sqlite() { EndSqlite {}.get_result(conn)? } else { EndPostgres {}.get_result(conn)? };
    let today = Day::of(now, zone).0.max(day);
    let moved = if conn.is_sqlite() {
        move_sqlite(conn, seq, today, now, limit)?
    } else {
        move_postgres(conn, seq, today, now, limit)?
    };
    SetEnd { seq: seq + moved, day: today }.execute(conn)?;
    Ok(u64::try_from(moved).unwrap_or(0))
}

stmt! { SetEnd { seq: i64 => BigInt, day: i32 => Integer } -> BigInt = "UPDATE sequencer SET seq = ?, day = ? WHERE id = 1" }

stmt! { CopySqlite { seq: i64 => BigInt, day: i32 => Integer, at: i64 => BigInt, limit: i64 => BigInt } -> BigInt =
"INSERT INTO ledger_log (seq, day, entry, transfer_id, subject, subject_id, unit_id, household_id, resident_id, score, at) \
SELECT ? + row_number() OVER (ORDER BY q.id), ?, q.entry, q.transfer_id, q.subject, q.subject_id, t.unit_id, t.household_id, t.resident_id, \
COALESCE(CASE WHEN t.kind = 'merit' AND t.mode IN ('posted', 'post') THEN \
  CASE WHEN c.holder IN ('resident', 'household') THEN t.amount WHEN d.holder IN ('resident', 'household') THEN -t.amount ELSE 0 END \
ELSE 0 END, 0), ? \
FROM (SELECT * FROM ledger_queue ORDER BY id LIMIT ?) q LEFT JOIN transfers t ON t.id = q.transfer_id LEFT JOIN accounts c ON c.id = t.credit LEFT JOIN accounts d ON d.id = t.debit ORDER BY q.id" }
stmt! { DropSqlite { limit: i64 => BigInt } -> BigInt =
"DELETE FROM ledger_queue WHERE id IN (SELECT id FROM ledger_queue ORDER BY id LIMIT ?)" }
// The balances of accounts that have no balance row.
stmt! { FoldSqlite { from: i64 => BigInt, to: i64 => BigInt, from_again: i64 => BigInt, to_again: i64 => BigInt, seq: i64 => BigInt } -> BigInt =
"INSERT INTO folds (account_id, balance, seq) \
SELECT x.account, CAST(SUM(x.amount) AS BIGINT), MAX(x.seq) FROM (\
  SELECT t.credit AS account, t.amount AS amount, l.seq AS seq FROM ledger_log l JOIN transfers t ON t.id = l.transfer_id \
   WHERE l.seq > ? AND l.seq <= ? AND t.mode IN ('posted', 'post') \
  UNION ALL \
  SELECT t.debit, -t.amount, l.seq FROM ledger_log l JOIN transfers t ON t.id = l.transfer_id \
   WHERE l.seq > ? AND l.seq <= ? AND t.mode IN ('posted', 'post')) x \
JOIN accounts a ON a.id = x.account \
WHERE a.holder NOT IN ('resident', 'household') AND x.seq <= ? GROUP BY x.account \
ON CONFLICT (account_id) DO UPDATE SET balance = folds.balance + excluded.balance, seq = excluded.seq" }

fn move_sqlite(conn: &mut Db, seq: i64, day: i32, at: Ts, limit: i64) -> Result<i64> {
    let copied = i64::try_from(CopySqlite { seq, day, at: at.0, limit }.execute(conn)?).unwrap_or(0);
    // Only the writer touches the queue, so these are the very rows that were copied.
    DropSqlite { limit }.execute(conn)?;
    let to = seq + copied;
    FoldSqlite { from: seq, to, from_again: seq, to_again: to, seq: to }.execute(conn)?;
    Ok(copied)
}

stmt! { MovePostgres { limit: i64 => BigInt, seq: i64 => BigInt, day: i32 => Integer, at: i64 => BigInt } -> BigInt =
"WITH q AS (DELETE FROM ledger_queue WHERE id IN (SELECT id FROM ledger_queue ORDER BY id LIMIT ?) RETURNING *), \
moved AS MATERIALIZED (SELECT CAST(? AS bigint) + row_number() OVER (ORDER BY q.id) AS seq, q.entry, q.transfer_id, q.subject, q.subject_id, \
  t.unit_id, t.household_id, t.resident_id, t.kind, t.credit, t.debit, t.amount, t.mode IN ('posted', 'post') AS counts, \
  c.holder IN ('resident', 'household') AS to_people, d.holder IN ('resident', 'household') AS from_people \
  FROM q LEFT JOIN transfers t ON t.id = q.transfer_id LEFT JOIN accounts c ON c.id = t.credit LEFT JOIN accounts d ON d.id = t.debit), \
folded AS (INSERT INTO folds (account_id, balance, seq) SELECT account, CAST(SUM(amount) AS bigint), MAX(seq) FROM (\
    SELECT credit AS account, amount, seq FROM moved WHERE counts AND NOT to_people \
    UNION ALL SELECT debit, -amount, seq FROM moved WHERE counts AND NOT from_people) x GROUP BY account ORDER BY account \
  ON CONFLICT (account_id) DO UPDATE SET balance = folds.balance + excluded.balance, seq = excluded.seq) \
INSERT INTO ledger_log (seq, day, entry, transfer_id, subject, subject_id, unit_id, household_id, resident_id, score, at) \
SELECT seq, CAST(? AS integer), entry, transfer_id, subject, subject_id, unit_id, household_id, resident_id, \
COALESCE(CASE WHEN kind = 'merit' AND counts THEN CASE WHEN to_people THEN amount WHEN from_people THEN -amount ELSE 0 END ELSE 0 END, 0), \
CAST(? AS bigint) FROM moved ORDER BY seq" }

fn move_postgres(conn: &mut Db, seq: i64, day: i32, at: Ts, limit: i64) -> Result<i64> {
    // One statement, so that what is deleted is exactly what is inserted, whatever commits meanwhile. It folds, too: a statement of its own
    // has to find in the log what this one has at hand, and its plan does not know that it is so little.
    let moved = MovePostgres { limit, seq, day, at: at.0 }.execute(conn)?;
    Ok(i64::try_from(moved).unwrap_or(0))
}
