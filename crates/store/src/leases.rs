//! Leases: which process does a job that only one should do at a time. Correctness never rests on a lease; it only saves work.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::Ts;

use crate::adapters::{AnyId, Uid};
use crate::db::Db;
use crate::error::Result;
use crate::stmt;

stmt! { Take { name: String => Text, holder: AnyId => Uid, until: i64 => BigInt, now: i64 => BigInt } -> BigInt =
"INSERT INTO leases (name, holder, until) VALUES (?, ?, ?) \
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until \
WHERE leases.until <= ? OR leases.holder = excluded.holder RETURNING until" }

/// Takes or renews a lease; `false` when another holds it.
pub fn take(conn: &mut Db, name: &str, holder: AnyId, now: Ts, until: Ts) -> Result<bool> {
    let statement = Take { name: name.to_owned(), holder, until: until.0, now: now.0 };
    Ok(statement.get_result::<i64>(conn).optional()?.is_some())
}

stmt! { Give { name: String => Text, holder: AnyId => Uid } -> BigInt = "DELETE FROM leases WHERE name = ? AND holder = ?" }

/// Gives a lease back.
pub fn give_back(conn: &mut Db, name: &str, holder: AnyId) -> Result<()> {
    Give { name: name.to_owned(), holder }.execute(conn)?;
    Ok(())
}
