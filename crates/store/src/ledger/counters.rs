//! Caps, limits, seats and quotas: a counter row per scope, subject and period, used up under a guard. What is given back is subtracted.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use domain::period::Period;
use domain::{Code, Day};

use crate::adapters::{AnyId, Uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::stmt;

/// What to take from a counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Take {
    /// What is counted, such as `item:BQ-001:times`.
    pub scope: String,
    /// For whom.
    pub subject: AnyId,
    /// In which period.
    pub period: Period,
    /// How much.
    pub amount: i64,
    /// How much there is in all.
    pub max: i64,
}

stmt! { Count { scope: String => Text, subject: AnyId => Uid, span: String => Text, start: i32 => Integer, amount: i64 => BigInt,
           more: i64 => BigInt, again: i64 => BigInt, max: i64 => BigInt } -> BigInt =
"INSERT INTO counters (scope, subject_id, span, start, used) VALUES (?, ?, ?, ?, ?) \
ON CONFLICT (scope, subject_id, span, start) DO UPDATE SET used = counters.used + ? WHERE counters.used + ? <= ? \
RETURNING used" }

/// Takes, or refuses with `over` and changes nothing.
pub fn take(conn: &mut Db, take: &Take, over: Code) -> Result<()> {
    if take.amount > take.max {
        return Err(over.into());
    }
    let statement = Count {
        scope: take.scope.clone(),
        subject: take.subject,
        span: take.period.span.word().to_owned(),
        start: take.period.start.0,
        amount: take.amount,
        more: take.amount,
        again: take.amount,
        max: take.max,
    };
    match statement.get_result::<i64>(conn).optional()? {
        Some(_) => Ok(()),
        None => Err(over.into()),
    }
}

stmt! { GiveBack { amount: i64 => BigInt, scope: String => Text, subject: AnyId => Uid, span: String => Text, start: i32 => Integer }
-> BigInt =
"UPDATE counters SET used = used - ? WHERE scope = ? AND subject_id = ? AND span = ? AND start = ? RETURNING used" }

/// Gives back what was taken. A counter from which nothing can have been taken is a fault of the data: nothing is changed.
pub fn give_back(conn: &mut Db, scope: &str, subject: AnyId, period: Period, amount: i64) -> Result<()> {
    let statement = GiveBack {
        amount,
        scope: scope.to_owned(),
        subject,
        span: period.span.word().to_owned(),
        start: period.start.0,
    };
    match statement.get_result::<i64>(conn).optional()? {
        Some(_) => Ok(()),
        None => {
            Err(Error::corrupt(format!("counter {scope} of {subject} is missing: nothing was taken from it")))
        }
    }
}

stmt! { Purge { scope: String => Text, before: i32 => Integer, limit: i64 => BigInt } -> BigInt =
"DELETE FROM counters WHERE (scope, subject_id, span, start) IN \
(SELECT scope, subject_id, span, start FROM counters WHERE scope = ? AND start < ? LIMIT ?)" }

/// Deletes counters of a scope that started before, at most `limit`: for scopes that nobody asks about afterwards.
pub fn purge(conn: &mut Db, scope: &str, before: Day, limit: i64) -> Result<usize> {
    Ok(Purge { scope: scope.to_owned(), before: before.0, limit }.execute(conn)?)
}
