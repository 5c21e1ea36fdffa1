//! Attendance: who came and left when, and what became of it when the event was completed.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text};
use domain::Ts;
use domain::ids::{ClaimId, EventId, ResidentId, ReviewId, SignUpId, StaffId};

use super::sign_ups::SignUp;
use crate::adapters::{AnyId, Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::schema::sign_ups;
use crate::{pg_stmt, stmt};

stmt! { CheckIn { at: i64 => BigInt, event: EventId => Uid, resident: ResidentId => Uid } -> Uid =
"UPDATE sign_ups SET checked_in_at = ?, version = version + 1 \
WHERE event_id = ? AND resident_id = ? AND state = 'confirmed' AND checked_in_at IS NULL RETURNING id" }
stmt! { CheckOut { at: i64 => BigInt, event: EventId => Uid, resident: ResidentId => Uid, least: i64 => BigInt } -> Uid =
"UPDATE sign_ups SET checked_out_at = ?, version = version + 1 \
WHERE event_id = ? AND resident_id = ? AND state = 'confirmed' AND checked_in_at <= ? AND checked_out_at IS NULL RETURNING id" }

/// Somebody with a seat comes; `false` if there is no seat, or the person is there already.
pub fn check_in(conn: &mut Db, event: EventId, resident: ResidentId, at: Ts) -> Result<bool> {
    Ok(CheckIn { at: at.0, event, resident }.get_result::<SignUpId>(conn).optional()?.is_some())
}

/// Somebody who came leaves; `false` if the person did not come, or has left already.
pub fn check_out(conn: &mut Db, event: EventId, resident: ResidentId, at: Ts) -> Result<bool> {
    Ok(CheckOut { at: at.0, event, resident, least: at.0 }.get_result::<SignUpId>(conn).optional()?.is_some())
}

/// Staff say when somebody with a seat came and left; what they say stands instead of what was known. `false` if there is no seat.
pub fn record(
    conn: &mut Db,
    id: SignUpId,
    (came, left): (Option<i64>, Option<i64>),
    by: StaffId,
) -> Result<bool> {
    let row = sign_ups::table.find(uid(id)).filter(sign_ups::state.eq("confirmed"));
    let change = (
        sign_ups::checked_in_at.eq(came),
        sign_ups::checked_out_at.eq(left),
        sign_ups::entered_by.eq(Some(uid(by))),
        sign_ups::version.eq(sign_ups::version + 1),
    );
    Ok(diesel::update(row).set(change).execute(conn)? == 1)
}

/// Who came to a completed event and whose stay is not settled yet, after a sign-up.
pub fn unsettled(conn: &mut Db, event: EventId, after: Option<SignUpId>, limit: i64) -> Result<Vec<SignUp>> {
    let mut query = sign_ups::table
        .filter(sign_ups::event_id.eq(uid(event)))
        .filter(sign_ups::state.eq("confirmed"))
        .filter(sign_ups::checked_in_at.is_not_null())
        .filter(sign_ups::minutes.is_null())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(sign_ups::id.gt(uid(after)));
    }
    Ok(query.order(sign_ups::id).limit(limit).load(conn)?)
}

/// A stay that is settled: its minutes, and what it claims.
pub type Settled = (SignUpId, i32, Option<ClaimId>);

pg_stmt! { SettlePostgres { ids: Vec<SignUpId> => Array<Uid>, minutes: Vec<i32> => Array<Integer>,
                            claims: Vec<Option<AnyId>> => Array<Nullable<Uid>> } -> Uid =
"UPDATE sign_ups s SET minutes = x.minutes, claim_id = x.claim, version = s.version + 1 \
FROM unnest(?, ?, ?) AS x (id, minutes, claim) WHERE s.id = x.id AND s.minutes IS NULL" }
stmt! { SettleSqlite { minutes: i32 => Integer, claim: Option<AnyId> => Nullable<Uid>, id: SignUpId => Uid } -> Uid =
"UPDATE sign_ups SET minutes = ?, claim_id = ?, version = version + 1 WHERE id = ? AND minutes IS NULL" }

/// Settles stays, each once: in one statement on PostgreSQL, where each is a round trip. A stay that was settled before is a fault of the
/// program: nothing of them may stand then.
pub fn settle(conn: &mut Db, stays: &[Settled]) -> Result<()> {
    let done = match conn {
        Db::Pg(pg) => {
            let statement = SettlePostgres {
                ids: stays.iter().map(|stay| stay.0).collect(),
                minutes: stays.iter().map(|stay| stay.1).collect(),
                claims: stays.iter().map(|stay| stay.2.map(uid)).collect(),
            };
            statement.execute(pg)?
        }
        Db::Sqlite(_) => {
            let mut done = 0;
            for (id, minutes, claim) in stays.iter().copied() {
                done += SettleSqlite { minutes, claim: claim.map(uid), id }.execute(conn)?;
            }
            done
        }
    };
    if done == stays.len() { Ok(()) } else { Err(Error::corrupt("a stay that was settled twice")) }
}

/// A claim of an event that waits for a decision, with its review.
pub type Undecided = (ClaimId, ReviewId);

stmt! { UndecidedOf { event: EventId => Uid, after: AnyId => Uid, limit: i64 => BigInt } -> (Uid, Uid) =
"SELECT c.id, r.id FROM sign_ups s JOIN claims c ON c.id = s.claim_id AND c.state = 'submitted' \
JOIN reviews r ON r.object_id = c.id AND r.kind = 'claim' AND r.state = 'open' \
WHERE s.event_id = ? AND s.claim_id > ? ORDER BY s.claim_id LIMIT ?" }

/// The claims of an event that wait for a decision, after one.
pub fn undecided(
    conn: &mut Db,
    event: EventId,
    after: Option<ClaimId>,
    limit: i64,
) -> Result<Vec<Undecided>> {
    let after = after.map_or(AnyId(uuid::Uuid::nil()), AnyId::of);
    Ok(UndecidedOf { event, after, limit }.load(conn)?)
}

/// What became of an event's stays and claims.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Confirmed seats.
    pub confirmed: i64,
    /// Who came.
    pub attended: i64,
    /// Who came and is not settled yet.
    pub unsettled: i64,
    /// Minutes that count.
    pub minutes: i64,
    /// Claims.
    pub claims: i64,
    /// Claims that wait for a decision.
    pub undecided: i64,
    /// Claims that were granted.
    pub granted: i64,
}

stmt! { OutcomeOf { event: EventId => Uid } -> (BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt) =
"SELECT COUNT(*), COUNT(s.checked_in_at), COUNT(CASE WHEN s.checked_in_at IS NOT NULL AND s.minutes IS NULL THEN 1 END), \
CAST(COALESCE(SUM(s.minutes), 0) AS BIGINT), COUNT(s.claim_id), COUNT(CASE WHEN c.state = 'submitted' THEN 1 END), \
COUNT(CASE WHEN c.state = 'posted' THEN 1 END) FROM sign_ups s LEFT JOIN claims c ON c.id = s.claim_id \
WHERE s.event_id = ? AND s.state = 'confirmed'" }

/// What became of an event's stays and claims.
pub fn outcome(conn: &mut Db, event: EventId) -> Result<Outcome> {
    let row: (i64, i64, i64, i64, i64, i64, i64) = OutcomeOf { event }.get_result(conn)?;
    let (confirmed, attended, unsettled, minutes, claims, undecided, granted) = row;
    Ok(Outcome { confirmed, attended, unsettled, minutes, claims, undecided, granted })
}

stmt! { DrafterOf { claim: ClaimId => Uid } -> (Uid, Text) =
"SELECT e.drafted_by, e.title FROM claims c JOIN sign_ups s ON s.id = c.cause_id JOIN events e ON e.id = s.event_id \
WHERE c.id = ? AND c.cause = 'check_in'" }

/// Who drafted the event that a claim comes from.
pub fn drafter(conn: &mut Db, claim: ClaimId) -> Result<Option<StaffId>> {
    let row: Option<(StaffId, String)> = DrafterOf { claim }.get_result(conn).optional()?;
    Ok(row.map(|(drafter, _)| drafter))
}
