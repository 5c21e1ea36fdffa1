//! Who works in a shop. A clerk works in one shop at a time; whoever leaves keeps a row with its end, and may come back.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use domain::access::ShopRole;
use domain::ids::{ClerkId, HouseholdId, MerchantId, ResidentId};
use domain::period::{Period, Span};
use domain::{Code, Day, Points, Ts};

use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::schema::{clerks, merchant_staff};
use crate::stmt;

/// Somebody who works in a shop.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Member {
    /// The account.
    pub clerk: ClerkId,
    /// The role's word.
    pub role: String,
    /// Since when, in microseconds.
    pub since: i64,
    /// The name it signs in by.
    pub login: Option<String>,
    /// The person's name; empty until it is said.
    pub name: String,
    /// The resident this person is, if known.
    pub resident: Option<ResidentId>,
}

/// Names stay out of logs.
impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Member").field("clerk", &self.clerk).finish_non_exhaustive()
    }
}

/// Everybody who works in a shop, the longest there first: no shop has so many that they would need pages.
pub fn of_shop(conn: &mut Db, merchant: MerchantId) -> Result<Vec<Member>> {
    let rows = merchant_staff::table
        .inner_join(clerks::table.on(clerks::id.eq(merchant_staff::clerk_id)))
        .filter(merchant_staff::merchant_id.eq(uid(merchant)))
        .filter(merchant_staff::ended_at.is_null())
        .order((merchant_staff::since, clerks::id))
        .select((
            clerks::id,
            merchant_staff::role,
            merchant_staff::since,
            clerks::login,
            clerks::name,
            clerks::resident_id,
        ))
        .load(conn)?;
    Ok(rows)
}

/// How many work in a shop.
pub fn count(conn: &mut Db, merchant: MerchantId) -> Result<i64> {
    let there = merchant_staff::table
        .filter(merchant_staff::merchant_id.eq(uid(merchant)))
        .filter(merchant_staff::ended_at.is_null());
    Ok(there.count().get_result(conn)?)
}

stmt! { Add { merchant: MerchantId => Uid, clerk: ClerkId => Uid, role: String => Text, since: i64 => BigInt, again: ClerkId => Uid } -> Uid =
"INSERT INTO merchant_staff (merchant_id, clerk_id, role, since) SELECT ?, ?, ?, ? \
WHERE NOT EXISTS (SELECT 1 FROM merchant_staff WHERE clerk_id = ? AND ended_at IS NULL) \
ON CONFLICT (merchant_id, clerk_id) DO UPDATE SET role = excluded.role, since = excluded.since, ended_at = NULL \
WHERE merchant_staff.ended_at IS NOT NULL RETURNING clerk_id" }

/// Lets somebody work in a shop. Refused: whoever works in one already.
pub fn add(conn: &mut Db, merchant: MerchantId, clerk: ClerkId, role: ShopRole, now: Ts) -> Result<()> {
    let row = Add { merchant, clerk, role: role.word().to_owned(), since: now.0, again: clerk };
    // Two who add the same clerk at once meet at the unique key.
    let added: Option<ClerkId> =
        row.get_result(conn).optional().map_err(|e| Error::from(e).unique_as(Code::ShopExists))?;
    if added.is_some() { Ok(()) } else { Err(Code::ShopExists.into()) }
}

stmt! { Remove { now: i64 => BigInt, merchant: MerchantId => Uid, clerk: ClerkId => Uid, same: MerchantId => Uid, other: ClerkId => Uid } -> Text =
"UPDATE merchant_staff SET ended_at = ? WHERE merchant_id = ? AND clerk_id = ? AND ended_at IS NULL AND (role <> 'owner' OR EXISTS \
(SELECT 1 FROM merchant_staff o WHERE o.merchant_id = ? AND o.clerk_id <> ? AND o.role = 'owner' AND o.ended_at IS NULL)) RETURNING role" }

/// Ends somebody's work in a shop, whose row is locked, so that two owners do not remove each other. Refused: whoever does not work
/// there, and the last owner.
pub fn remove(conn: &mut Db, merchant: MerchantId, clerk: ClerkId, now: Ts) -> Result<()> {
    crate::merchants::lock(conn, merchant)?;
    let end = Remove { now: now.0, merchant, clerk, same: merchant, other: clerk };
    if end.get_result::<String>(conn).optional()?.is_some() {
        return Ok(());
    }
    let there = merchant_staff::table
        .find((uid(merchant), uid(clerk)))
        .filter(merchant_staff::ended_at.is_null())
        .select(merchant_staff::clerk_id);
    let found: Option<ClerkId> = there.first(conn).optional()?;
    Err(if found.is_some() { Code::LastOwner } else { Code::ClerkNotFound }.into())
}

stmt! { People { merchant: MerchantId => Uid, applied: MerchantId => Uid } -> (Nullable<Uid>, Nullable<Uid>) =
"SELECT r.id, r.household_id FROM residents r WHERE r.id IN (SELECT c.resident_id FROM clerks c \
JOIN merchant_staff m ON m.clerk_id = c.id WHERE m.merchant_id = ? AND m.ended_at IS NULL) \
OR r.id IN (SELECT c.resident_id FROM clerks c JOIN merchants m ON m.applied_by = c.id WHERE m.id = ?)" }

/// The residents who work in a shop or applied for it, with their households: their own matter is decided by somebody else.
pub fn people(conn: &mut Db, merchant: MerchantId) -> Result<Vec<(Option<ResidentId>, Option<HouseholdId>)>> {
    Ok(People { merchant, applied: merchant }.load(conn)?)
}

stmt! { Merit { start: i32 => Integer, merchant: MerchantId => Uid } -> BigInt =
"SELECT CAST(coalesce(sum(s.score), 0) AS BIGINT) FROM merchant_staff m JOIN clerks c ON c.id = m.clerk_id \
JOIN residents r ON r.id = c.resident_id JOIN board_scores s ON s.span = 'year' AND s.start = ? AND s.subject = 'resident' \
AND s.unit_id = r.unit_id AND s.subject_id = r.id \
WHERE m.merchant_id = ? AND m.ended_at IS NULL AND r.hidden = FALSE AND r.state = 'active'" }

/// What the people of a shop earned as residents where they live, in the year of this day: as their boards have it. Whoever hides from
/// public lists is not counted.
pub fn merit(conn: &mut Db, merchant: MerchantId, today: Day) -> Result<Points> {
    let start = Period::of(Span::Year, today).start.0;
    Ok(Points::from_hundredths(Merit { start, merchant }.get_result(conn)?))
}
