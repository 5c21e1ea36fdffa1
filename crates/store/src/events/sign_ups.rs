//! Sign-ups: who has a seat, who is offered one, and who waits in which place. A person has one row in an event, whatever becomes of it.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use domain::Ts;
use domain::ids::{ClaimId, EventId, ResidentId, SignUpId, StaffId};

use crate::adapters::{AnyId, Uid, uid};
use crate::db::Db;
use crate::error::Result;
use crate::lists::among;
use crate::schema::sign_ups;
use crate::stmt;

/// A sign-up as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct SignUp {
    /// Its id.
    pub id: SignUpId,
    /// The event.
    pub event: EventId,
    /// Who.
    pub resident: ResidentId,
    /// `confirmed`, `waiting`, `offered`, `withdrawn` or `lapsed`.
    pub state: String,
    /// The place in the waitlist, of who waits or waited.
    pub place: Option<i64>,
    /// Until when a seat is offered, in microseconds.
    pub offered_until: Option<i64>,
    /// Who of the staff signed this person up or recorded that it came.
    pub entered_by: Option<StaffId>,
    /// When it came, in microseconds.
    pub checked_in_at: Option<i64>,
    /// When it left.
    pub checked_out_at: Option<i64>,
    /// Minutes that count.
    pub minutes: Option<i32>,
    /// What it claims.
    pub claim: Option<ClaimId>,
    /// Counts changes.
    pub version: i64,
    /// When it was made, in microseconds.
    pub created_at: i64,
}

/// A person's sign-up for an event.
pub fn find(conn: &mut Db, event: EventId, resident: ResidentId) -> Result<Option<SignUp>> {
    let row = sign_ups::table
        .filter(sign_ups::event_id.eq(uid(event)))
        .filter(sign_ups::resident_id.eq(uid(resident)));
    Ok(row.first(conn).optional()?)
}

pub(super) type SignUpSql = (
    Uid,
    Uid,
    Uid,
    Text,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<Uid>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<Integer>,
    Nullable<Uid>,
    BigInt,
    BigInt,
);
stmt! { Enter { id: SignUpId => Uid, event: EventId => Uid, resident: ResidentId => Uid, state: String => Text,
                place: Option<i64> => Nullable<BigInt>, by: Option<AnyId> => Nullable<Uid>, now: i64 => BigInt } -> SignUpSql =
"INSERT INTO sign_ups (id, event_id, resident_id, state, place, entered_by, version, created_at) VALUES (?, ?, ?, ?, ?, ?, 1, ?) \
ON CONFLICT (event_id, resident_id) DO UPDATE SET state = excluded.state, place = excluded.place, offered_until = NULL, \
entered_by = excluded.entered_by, version = sign_ups.version + 1 WHERE sign_ups.state IN ('withdrawn', 'lapsed') \
RETURNING id, event_id, resident_id, state, place, offered_until, entered_by, checked_in_at, checked_out_at, minutes, claim_id, version, \
created_at" }

/// Where somebody stands who signs up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// On a seat that was taken.
    Confirmed,
    /// In this place of the waitlist.
    Waiting(i64),
}

/// Signs somebody up who has no seat and does not wait; none if the person does.
pub fn enter(
    conn: &mut Db,
    event: EventId,
    resident: ResidentId,
    standing: Standing,
    by: Option<StaffId>,
    now: Ts,
) -> Result<Option<SignUp>> {
    let (state, place) = match standing {
        Standing::Confirmed => ("confirmed", None),
        Standing::Waiting(place) => ("waiting", Some(place)),
    };
    let statement = Enter {
        id: SignUpId::new(),
        event,
        resident,
        state: state.to_owned(),
        place,
        by: by.map(uid),
        now: now.0,
    };
    Ok(statement.get_result(conn).optional()?)
}

stmt! { Accept { event: EventId => Uid, resident: ResidentId => Uid, now: i64 => BigInt } -> Uid =
"UPDATE sign_ups SET state = 'confirmed', offered_until = NULL, version = version + 1 \
WHERE event_id = ? AND resident_id = ? AND state = 'offered' AND offered_until > ? RETURNING id" }

/// Accepts the seat that is offered to somebody; `false` if none is, or not any more. The seat was taken when it was offered.
pub fn accept(conn: &mut Db, event: EventId, resident: ResidentId, now: Ts) -> Result<bool> {
    Ok(Accept { event, resident, now: now.0 }.get_result::<SignUpId>(conn).optional()?.is_some())
}

stmt! { Withdraw { id: SignUpId => Uid, state: String => Text } -> Uid =
"UPDATE sign_ups SET state = 'withdrawn', offered_until = NULL, version = version + 1 \
WHERE id = ? AND state = ? AND checked_in_at IS NULL RETURNING id" }

/// Withdraws a sign-up that is in this state and whose person has not come; `false` otherwise.
pub fn withdraw(conn: &mut Db, id: SignUpId, state: &str) -> Result<bool> {
    let statement = Withdraw { id, state: state.to_owned() };
    Ok(statement.get_result::<SignUpId>(conn).optional()?.is_some())
}

// On SQLite and PostgreSQL alike the former state is not returned by an update: the event is locked, and nobody changes it meanwhile.
stmt! { StateOf { id: SignUpId => Uid } -> Text =
"SELECT state FROM sign_ups WHERE id = ? AND state IN ('confirmed', 'waiting', 'offered') AND minutes IS NULL AND claim_id IS NULL" }
stmt! { Vacate { id: SignUpId => Uid } -> Uid =
"UPDATE sign_ups SET state = 'withdrawn', offered_until = NULL, checked_in_at = NULL, checked_out_at = NULL, version = version + 1 \
WHERE id = ?" }

/// Takes a place back that was not settled yet, whether its person came or not; returns the state in which it was, or none if there is
/// nothing to take. The event is locked.
pub fn vacate(conn: &mut Db, id: SignUpId) -> Result<Option<String>> {
    let state: Option<String> = StateOf { id }.get_result(conn).optional()?;
    if state.is_some() {
        Vacate { id }.execute(conn)?;
    }
    Ok(state)
}

stmt! { Lapse { event: EventId => Uid, now: i64 => BigInt, limit: i64 => BigInt } -> (Uid, Uid) =
"UPDATE sign_ups SET state = 'lapsed', offered_until = NULL, version = version + 1 WHERE id IN (\
SELECT id FROM sign_ups WHERE event_id = ? AND state = 'offered' AND offered_until <= ? ORDER BY place LIMIT ?) \
AND state = 'offered' RETURNING id, resident_id" }
stmt! { Offer { until: i64 => BigInt, event: EventId => Uid, limit: i64 => BigInt } -> (Uid, Uid) =
"UPDATE sign_ups SET state = 'offered', offered_until = ?, version = version + 1 WHERE id IN (\
SELECT id FROM sign_ups WHERE event_id = ? AND state = 'waiting' ORDER BY place LIMIT ?) AND state = 'waiting' RETURNING id, resident_id" }

/// Ends offers of an event that nobody accepted in time, at most so many; returns whose they were. Their seats are still taken.
pub fn lapse(conn: &mut Db, event: EventId, now: Ts, limit: i64) -> Result<Vec<(SignUpId, ResidentId)>> {
    Ok(Lapse { event, now: now.0, limit }.load(conn)?)
}

/// Offers a seat to those who have waited longest, at most so many; returns to whom. Their seats are to be taken with it.
pub fn offer(conn: &mut Db, event: EventId, until: Ts, limit: i64) -> Result<Vec<(SignUpId, ResidentId)>> {
    Ok(Offer { until: until.0, event, limit }.load(conn)?)
}

stmt! { Lapsing { now: i64 => BigInt, limit: i64 => BigInt } -> Uid =
"SELECT event_id FROM sign_ups WHERE state = 'offered' AND offered_until <= ? ORDER BY offered_until LIMIT ?" }

/// Events that have offers that nobody accepted in time.
pub fn lapsing(conn: &mut Db, now: Ts, limit: i64) -> Result<Vec<EventId>> {
    let mut found: Vec<EventId> = Lapsing { now: now.0, limit }.load(conn)?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// How many wait for a seat of an event, and how many of them stand before this place.
pub fn waiting(conn: &mut Db, event: EventId, before: Option<i64>) -> Result<i64> {
    let mut query = sign_ups::table
        .filter(sign_ups::event_id.eq(uid(event)))
        .filter(sign_ups::state.eq("waiting"))
        .into_boxed();
    if let Some(place) = before {
        query = query.filter(sign_ups::place.assume_not_null().lt(place));
    }
    Ok(query.count().get_result(conn)?)
}

/// Whether anybody has a seat in an event, is offered one or waits for one.
pub fn is_wanted(conn: &mut Db, event: EventId) -> Result<bool> {
    let row = sign_ups::table.filter(sign_ups::event_id.eq(uid(event))).filter(sign_ups::state.eq_any([
        "confirmed",
        "offered",
        "waiting",
    ]));
    Ok(row.select(sign_ups::id).first::<SignUpId>(conn).optional()?.is_some())
}

/// The sign-ups of an event after one: in every state, or in these.
pub fn roster(
    conn: &mut Db,
    event: EventId,
    states: &[&'static str],
    after: Option<SignUpId>,
    limit: i64,
) -> Result<Vec<SignUp>> {
    let mut query = sign_ups::table.filter(sign_ups::event_id.eq(uid(event))).into_boxed();
    if !states.is_empty() {
        query = query.filter(sign_ups::state.eq_any(states.to_vec()));
    }
    if let Some(after) = after {
        query = query.filter(sign_ups::id.gt(uid(after)));
    }
    Ok(query.order(sign_ups::id).limit(limit).load(conn)?)
}

/// A person's sign-ups, newest first, before one.
pub fn of_resident(
    conn: &mut Db,
    resident: ResidentId,
    before: Option<SignUpId>,
    limit: u32,
) -> Result<Vec<SignUp>> {
    let mut query = sign_ups::table.filter(sign_ups::resident_id.eq(uid(resident))).into_boxed();
    if let Some(before) = before {
        query = query.filter(sign_ups::id.lt(uid(before)));
    }
    Ok(query.order(sign_ups::id.desc()).limit(i64::from(limit)).load(conn)?)
}

/// The sign-ups of these persons for an event.
pub fn of_residents(
    conn: &mut Db,
    event: EventId,
    residents: &[ResidentId],
) -> Result<HashMap<ResidentId, SignUp>> {
    let rows: Vec<SignUp> = sign_ups::table
        .filter(sign_ups::event_id.eq(uid(event)))
        .filter(among(sign_ups::resident_id, residents.iter().copied()))
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.resident, row)).collect())
}
