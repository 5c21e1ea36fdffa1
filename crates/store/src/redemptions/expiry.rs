//! Redemptions whose time is over: they are noticed at the next touch of their offer or account, and by the worker's sweep. Points are free
//! again by the hold itself; here the offer's limits get back what was taken of them.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use domain::ids::{AccountId, MerchantId, OfferId, RedemptionId, ResidentId};
use domain::{Day, Points, Ts};

use super::{Limits, limits};
use crate::adapters::Uid;
use crate::db::Db;
use crate::error::Result;
use crate::stmt;

/// One that expired just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// Its id.
    pub id: RedemptionId,
    /// The shop.
    pub merchant: MerchantId,
    /// The points that are free again.
    pub points: Points,
    /// The offer.
    pub offer: OfferId,
    /// The customer.
    pub resident: ResidentId,
    /// What it had taken of the offer's limits.
    pub limits: Limits,
}

macro_rules! expire {
    ($which:literal) => {
        concat!(
            "UPDATE redemptions SET state = 'expired', settled_at = expires_at WHERE id IN (SELECT id FROM redemptions WHERE state = 'held' AND ",
            $which,
            ") RETURNING id, merchant_id, points, offer_id, resident_id, limit_span, limit_start, limit_of_day, day"
        )
    };
}
type Columns = (Uid, Uid, BigInt, Uid, Uid, Nullable<Text>, Nullable<Integer>, Bool, Integer);

// In the order of their ids, so that two who notice the same wait for each other and not in a circle.
stmt! { TouchSqlite { now: i64 => BigInt, account: AccountId => Uid, offer: OfferId => Uid } -> Columns =
expire!("expires_at <= ? AND (account_id = ? OR offer_id = ?)") }
stmt! { TouchPostgres { now: i64 => BigInt, account: AccountId => Uid, offer: OfferId => Uid } -> Columns =
expire!("expires_at <= ? AND (account_id = ? OR offer_id = ?) ORDER BY id FOR UPDATE") }
stmt! { SweepSqlite { now: i64 => BigInt, limit: i64 => BigInt } -> Columns = expire!("expires_at <= ? ORDER BY expires_at LIMIT ?") }
stmt! { SweepPostgres { now: i64 => BigInt, limit: i64 => BigInt } -> Columns =
expire!("expires_at <= ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED") }

type Row = (RedemptionId, MerchantId, i64, OfferId, ResidentId, Option<String>, Option<i32>, bool, i32);

/// Those of an account and of an offer.
pub fn touch(conn: &mut Db, account: AccountId, offer: OfferId, now: Ts) -> Result<Vec<Expired>> {
    let now = now.0;
    let rows: Vec<Row> = if conn.is_sqlite() {
        TouchSqlite { now, account, offer }.load(conn)?
    } else {
        TouchPostgres { now, account, offer }.load(conn)?
    };
    rows.into_iter().map(expired).collect()
}

/// At most `limit` of any.
pub fn sweep(conn: &mut Db, now: Ts, limit: i64) -> Result<Vec<Expired>> {
    let now = now.0;
    let rows: Vec<Row> = if conn.is_sqlite() {
        SweepSqlite { now, limit }.load(conn)?
    } else {
        SweepPostgres { now, limit }.load(conn)?
    };
    rows.into_iter().map(expired).collect()
}

fn expired((id, merchant, points, offer, resident, span, start, of_day, day): Row) -> Result<Expired> {
    let limits = limits(span.as_deref(), start, of_day.then_some(Day(day)))?;
    Ok(Expired { id, merchant, points: Points::from_hundredths(points), offer, resident, limits })
}
