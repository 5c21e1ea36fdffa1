//! Who bought at a shop with points, since when and how often.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use domain::Day;
use domain::ids::{MerchantId, ResidentId};

use crate::adapters::Uid;
use crate::db::Db;
use crate::error::Result;
use crate::stmt;

stmt! { Visit { merchant: MerchantId => Uid, resident: ResidentId => Uid, day: i32 => Integer } -> BigInt =
"INSERT INTO merchant_customers (merchant_id, resident_id, first_day, visits) VALUES (?, ?, ?, 1) \
ON CONFLICT (merchant_id, resident_id) DO UPDATE SET visits = merchant_customers.visits + 1, \
first_day = CASE WHEN merchant_customers.visits > 0 AND merchant_customers.first_day < excluded.first_day \
THEN merchant_customers.first_day ELSE excluded.first_day END" }

/// A customer bought something on this day.
pub fn visited(conn: &mut Db, merchant: MerchantId, resident: ResidentId, day: Day) -> Result<()> {
    Visit { merchant, resident, day: day.0 }.execute(conn)?;
    Ok(())
}

stmt! { Unvisit { merchant: MerchantId => Uid, resident: ResidentId => Uid } -> BigInt =
"UPDATE merchant_customers SET visits = visits - 1 WHERE merchant_id = ? AND resident_id = ?" }
stmt! { FirstDay { merchant: MerchantId => Uid, resident: ResidentId => Uid } -> BigInt =
"UPDATE merchant_customers SET first_day = (SELECT MIN(r.day) FROM redemptions r WHERE r.merchant_id = merchant_customers.merchant_id \
AND r.resident_id = merchant_customers.resident_id AND r.state = 'captured') WHERE merchant_id = ? AND resident_id = ? AND visits > 0" }

/// What a customer bought was taken back and its redemption is not captured any more. The row is locked by the first statement, so that the
/// second sees every capture that counts.
pub fn unvisited(conn: &mut Db, merchant: MerchantId, resident: ResidentId) -> Result<()> {
    Unvisit { merchant, resident }.execute(conn)?;
    FirstDay { merchant, resident }.execute(conn)?;
    Ok(())
}
