//! Holds: the open side of pending transfers. A hold is settled once. One that has expired gives back at the next touch of its account,
//! even if no worker runs.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::Ts;
use domain::ids::{AccountId, TransferId};

use crate::adapters::Uid;
use crate::db::Db;
use crate::error::Result;
use crate::stmt;

/// A hold that was settled just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) account: AccountId,
    pub(crate) amount: i64,
}

stmt! { Settle { state: String => diesel::sql_types::Text, transfer: TransferId => Uid, now: i64 => BigInt } -> (Uid, BigInt) =
"UPDATE holds SET state = ? WHERE transfer_id = ? AND state = 'open' AND expires_at > ? RETURNING account_id, amount" }

/// Settles an open hold that has not expired; `None` when it is settled or expired already.
pub(crate) fn settle(conn: &mut Db, transfer: TransferId, state: &str, now: Ts) -> Result<Option<Settled>> {
    let row: Option<(AccountId, i64)> =
        Settle { state: state.to_owned(), transfer, now: now.0 }.get_result(conn).optional()?;
    Ok(row.map(|(account, amount)| Settled { account, amount }))
}

stmt! { Free { amount: i64 => BigInt, account: AccountId => Uid } -> BigInt =
"UPDATE balances SET pending = pending - ?, version = version + 1 WHERE account_id = ? RETURNING pending" }

stmt! { Expire { account: AccountId => Uid, now: i64 => BigInt } -> BigInt =
"UPDATE holds SET state = 'expired' WHERE account_id = ? AND state = 'open' AND expires_at <= ? RETURNING amount" }

/// Expires the holds of an account whose time is over; returns what they kept, which the balance must give back in the same transaction.
pub(crate) fn expire(conn: &mut Db, account: AccountId, now: Ts) -> Result<i64> {
    let amounts: Vec<i64> = Expire { account, now: now.0 }.load(conn)?;
    Ok(amounts.iter().sum())
}

/// Releases the expired holds of an account.
fn release_expired(conn: &mut Db, account: AccountId, now: Ts) -> Result<()> {
    let amount = expire(conn, account, now)?;
    if amount > 0 {
        Free { amount, account }.get_result::<i64>(conn)?;
    }
    Ok(())
}

// The state stands in the text: with a bind PostgreSQL would not find the index of the open ones, and read every hold there ever was.
stmt! { Due { now: i64 => BigInt, limit: i64 => BigInt } -> Uid =
"SELECT account_id FROM holds WHERE state = 'open' AND expires_at <= ? LIMIT ?" }

/// Releases expired holds, at most `limit` accounts a pass: the worker's sweep. Returns how many accounts it touched.
pub fn sweep(conn: &mut Db, now: Ts, limit: i64) -> Result<usize> {
    let mut distinct: Vec<AccountId> = Due { now: now.0, limit }.load(conn)?;
    distinct.sort_unstable();
    distinct.dedup();
    for account in &distinct {
        release_expired(conn, *account, now)?;
    }
    Ok(distinct.len())
}
