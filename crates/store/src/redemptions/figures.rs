//! What a shop sold in a span of days, by day, week or month.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use domain::ids::MerchantId;
use domain::period::Span;
use domain::{Day, Money, Points};

use crate::adapters::Uid;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::stmt;

/// What was sold in one period, or in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sold {
    /// How many redemptions.
    pub redemptions: i64,
    /// How many different customers.
    pub customers: i64,
    /// How many of them bought for the first time.
    pub new_customers: i64,
    /// The points that came in.
    pub points: Points,
    /// What the customers paid.
    pub cash: Money,
    /// What they would have paid without the offers.
    pub list: Money,
}

impl Sold {
    /// Customers who had bought before.
    pub fn returning(&self) -> i64 {
        self.customers - self.new_customers
    }
}

macro_rules! sold {
    ($start:literal, $group:literal) => {
        concat!(
            "SELECT ", $start, ", COUNT(*), COUNT(DISTINCT r.resident_id), COUNT(DISTINCT CASE WHEN c.first_day >= ", $start,
            " THEN r.resident_id END), CAST(COALESCE(SUM(r.points), 0) AS BIGINT), CAST(COALESCE(SUM(r.price), 0) AS BIGINT), \
             CAST(COALESCE(SUM(r.list_price), 0) AS BIGINT) \
             FROM redemptions r JOIN merchant_customers c ON c.merchant_id = r.merchant_id AND c.resident_id = r.resident_id \
             WHERE r.merchant_id = ? AND r.state = 'captured' AND r.day >= ? AND r.day < ?", $group
        )
    };
}
type Columns = (Integer, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt);
type Row = (i32, i64, i64, i64, i64, i64, i64);

stmt! { ByDay { merchant: MerchantId => Uid, from: i32 => Integer, until: i32 => Integer } -> Columns = sold!("r.day", " GROUP BY r.day ORDER BY 1") }
stmt! { ByWeek { merchant: MerchantId => Uid, from: i32 => Integer, until: i32 => Integer } -> Columns = sold!("r.week", " GROUP BY r.week ORDER BY 1") }
stmt! { ByMonth { merchant: MerchantId => Uid, from: i32 => Integer, until: i32 => Integer } -> Columns = sold!("r.month", " GROUP BY r.month ORDER BY 1") }
stmt! { InAll { start: i32 => Integer, first: i32 => Integer, merchant: MerchantId => Uid, from: i32 => Integer, until: i32 => Integer } -> Columns =
sold!("CAST(? AS INTEGER)", "") }

/// What was sold from `from` to before `until`, by the first days of the periods in which anything was.
pub fn by(
    conn: &mut Db,
    merchant: MerchantId,
    span: Span,
    (from, until): (Day, Day),
) -> Result<Vec<(Day, Sold)>> {
    let (from, until) = (from.0, until.0);
    let rows: Vec<Row> = match span {
        Span::Day => ByDay { merchant, from, until }.load(conn)?,
        Span::Week => ByWeek { merchant, from, until }.load(conn)?,
        Span::Month => ByMonth { merchant, from, until }.load(conn)?,
        Span::Quarter | Span::Year | Span::All => return Err(Error::corrupt("figures of another span")),
    };
    Ok(rows.into_iter().map(sold).collect())
}

/// What was sold in all of it: a customer of two periods is one.
pub fn in_all(conn: &mut Db, merchant: MerchantId, (from, until): (Day, Day)) -> Result<Sold> {
    let (from, until) = (from.0, until.0);
    let row: Row = InAll { start: from, first: from, merchant, from, until }.get_result(conn)?;
    Ok(sold(row).1)
}

fn sold((start, redemptions, customers, new_customers, points, cash, list): Row) -> (Day, Sold) {
    let sold = Sold {
        redemptions,
        customers,
        new_customers,
        points: Points::from_hundredths(points),
        cash: Money::from_fen(cash),
        list: Money::from_fen(list),
    };
    (Day(start), sold)
}
