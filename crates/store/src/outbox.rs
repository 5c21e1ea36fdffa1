//! The outbox: effects outside the database, written in the transaction that wants them and done after its commit, with leases, safe to
//! repeat.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Text};
use domain::Ts;

use crate::adapters::{AnyId, Uid};
use crate::db::Db;
use crate::error::Result;
use crate::schema::outbox;
use crate::stmt;

/// An effect to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: AnyId,
    /// Which effect.
    pub kind: String,
    /// What it concerns, as JSON of ids.
    pub payload: String,
    /// How often it was tried.
    pub attempts: i32,
}

/// Queues an effect.
pub fn add(conn: &mut Db, kind: &str, payload: &serde_json::Value, due_at: Ts, now: Ts) -> Result<()> {
    let row = (
        outbox::id.eq(AnyId(uuid::Uuid::now_v7())),
        outbox::kind.eq(kind),
        outbox::payload.eq(payload.to_string()),
        outbox::due_at.eq(due_at.0),
        outbox::attempts.eq(0),
        outbox::leased_until.eq(None::<i64>),
        outbox::created_at.eq(now.0),
    );
    diesel::insert_into(outbox::table).values(row).execute(conn)?;
    Ok(())
}

stmt! { LeaseSqlite { until: i64 => BigInt, due: i64 => BigInt, now: i64 => BigInt, slow: bool => Bool, limit: i64 => BigInt } -> (Uid, Text, Text, Integer) =
"UPDATE outbox SET leased_until = ?, attempts = attempts + 1 WHERE id IN (\
  SELECT id FROM outbox WHERE due_at <= ? AND (leased_until IS NULL OR leased_until <= ?) \
  AND (kind IN ('picture.check', 'content.again', 'export.make')) = ? ORDER BY due_at LIMIT ?) \
RETURNING id, kind, payload, attempts" }
stmt! { LeasePostgres { until: i64 => BigInt, due: i64 => BigInt, now: i64 => BigInt, slow: bool => Bool, limit: i64 => BigInt } -> (Uid, Text, Text, Integer) =
"UPDATE outbox SET leased_until = ?, attempts = attempts + 1 WHERE id IN (\
  SELECT id FROM outbox WHERE due_at <= ? AND (leased_until IS NULL OR leased_until <= ?) \
  AND (kind IN ('picture.check', 'content.again', 'export.make')) = ? ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED) \
RETURNING id, kind, payload, attempts" }

/// Which tasks are done together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Those that wait for nobody outside.
    Quick,
    /// Those that ask WeChat, which may not answer, and those that write a long file.
    Slow,
}

/// Leases due tasks of a pace.
pub fn lease(conn: &mut Db, pace: Pace, now: Ts, until: Ts, limit: i64) -> Result<Vec<Task>> {
    let slow = pace == Pace::Slow;
    let rows: Vec<(AnyId, String, String, i32)> = if conn.is_sqlite() {
        LeaseSqlite { until: until.0, due: now.0, now: now.0, slow, limit }.load(conn)?
    } else {
        LeasePostgres { until: until.0, due: now.0, now: now.0, slow, limit }.load(conn)?
    };
    Ok(rows.into_iter().map(|(id, kind, payload, attempts)| Task { id, kind, payload, attempts }).collect())
}

stmt! { Comes { kind: &'static str => Text, payload: String => Text, now: i64 => BigInt } -> Uid =
"SELECT id FROM outbox WHERE kind = ? AND payload = ? AND due_at > ? LIMIT 1" }

/// Whether an effect is queued for later. (One that is done at this moment is not.)
pub fn comes(conn: &mut Db, kind: &'static str, payload: &serde_json::Value, now: Ts) -> Result<bool> {
    let queued: Option<AnyId> =
        Comes { kind, payload: payload.to_string(), now: now.0 }.get_result(conn).optional()?;
    Ok(queued.is_some())
}

/// A task is done.
pub fn done(conn: &mut Db, id: AnyId) -> Result<()> {
    diesel::delete(outbox::table.find(id)).execute(conn)?;
    Ok(())
}

/// A task is done with the transaction that does it; `false` if it was done before.
pub fn take(conn: &mut Db, id: AnyId) -> Result<bool> {
    Ok(diesel::delete(outbox::table.find(id)).execute(conn)? == 1)
}

/// A task failed; it is due again later.
pub fn retry(conn: &mut Db, id: AnyId, due_at: Ts) -> Result<()> {
    diesel::update(outbox::table.find(id))
        .set((outbox::due_at.eq(due_at.0), outbox::leased_until.eq(None::<i64>)))
        .execute(conn)?;
    Ok(())
}
