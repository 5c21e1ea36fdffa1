//! Events: the activities themselves and their seats. Who writes to an event or to its sign-ups locks the event's row first, so that seats
//! and the waitlist are decided one after the other; the guards stand in the statements all the same.

pub mod arrivals;
pub mod attendance;
pub mod calendar;
pub mod sign_ups;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer};
use domain::events::{AwardPer, EventState, Kind, Times};
use domain::ids::{DeedId, EventId, ItemId, StaffId, UnitId};
use domain::{Code, Ts};

use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::lists::among;
use crate::schema::events;
use crate::stmt;
use crate::units::within;

/// An event as stored.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// The unit it belongs to.
    pub unit: UnitId,
    /// The kind's word.
    pub kind: String,
    /// The section's word.
    pub section: String,
    /// Free tags, as JSON.
    pub themes: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Where it is.
    pub place: String,
    /// When it starts, in microseconds.
    pub starts_at: i64,
    /// When it ends.
    pub ends_at: i64,
    /// From when people sign up.
    pub sign_up_from: i64,
    /// Until when.
    pub sign_up_until: i64,
    /// Until when a confirmed seat may be given back.
    pub withdraw_until: i64,
    /// How many seats there are.
    pub capacity: i32,
    /// For how many minutes a free seat waits for whoever it is offered to.
    pub offer_minutes: i32,
    /// The least age.
    pub minimum_age: Option<i32>,
    /// The rule item that who came may claim.
    pub item: Option<ItemId>,
    /// `person` or `hour`.
    pub award_per: Option<String>,
    /// The state's word.
    pub state: String,
    /// Why it was cancelled.
    pub reason: Option<String>,
    /// Seats that are confirmed or offered.
    pub taken: i32,
    /// The next place in the waitlist.
    pub next_place: i64,
    /// What the codes at the door are made from.
    pub door_secret: Vec<u8>,
    /// Whether those who signed up were reminded.
    pub reminded: bool,
    /// Its recap in the feed.
    pub recap: Option<DeedId>,
    /// Who drafted it.
    pub drafted_by: StaffId,
    /// Who completed it.
    pub completed_by: Option<StaffId>,
    /// When, in microseconds.
    pub completed_at: Option<i64>,
    /// Counts changes by staff; sign-ups do not count.
    pub version: i64,
    /// When it was drafted, in microseconds.
    pub created_at: i64,
}

/// Texts and the secret stay out of logs.
impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Event").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

impl Event {
    /// Where it stands.
    pub fn state(&self) -> Result<EventState> {
        EventState::from_word(&self.state).ok_or_else(|| Error::corrupt("an event of no state"))
    }
    /// What it pays who came, if anything.
    pub fn award(&self) -> Result<Option<(ItemId, AwardPer)>> {
        let Some((item, per)) = self.item.zip(self.award_per.as_deref()) else { return Ok(None) };
        let per = AwardPer::from_word(per).ok_or_else(|| Error::corrupt("an award by no measure"))?;
        Ok(Some((item, per)))
    }
    /// Its times.
    pub fn times(&self) -> Times {
        Times {
            starts_at: Ts(self.starts_at),
            ends_at: Ts(self.ends_at),
            sign_up_from: Ts(self.sign_up_from),
            sign_up_until: Ts(self.sign_up_until),
            withdraw_until: Ts(self.withdraw_until),
        }
    }
}

/// What staff say about an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The kind.
    pub kind: Kind,
    /// The section's word.
    pub section: &'static str,
    /// Free tags, as JSON.
    pub themes: String,
    /// The title.
    pub title: String,
    /// The text.
    pub text: String,
    /// The place.
    pub place: String,
    /// The times.
    pub times: Times,
    /// How many seats.
    pub capacity: i32,
    /// Minutes of an offer.
    pub offer_minutes: i32,
    /// The least age.
    pub minimum_age: Option<i32>,
    /// The item, and what it is counted by.
    pub award: Option<(ItemId, AwardPer)>,
}

macro_rules! planned {
    ($plan:expr) => {
        (
            events::kind.eq($plan.kind.word()),
            events::section.eq($plan.section),
            events::themes.eq(&$plan.themes),
            events::title.eq(&$plan.title),
            events::body.eq(&$plan.text),
            events::place.eq(&$plan.place),
            events::starts_at.eq($plan.times.starts_at.0),
            events::ends_at.eq($plan.times.ends_at.0),
            events::sign_up_from.eq($plan.times.sign_up_from.0),
            events::sign_up_until.eq($plan.times.sign_up_until.0),
            events::withdraw_until.eq($plan.times.withdraw_until.0),
            events::capacity.eq($plan.capacity),
            events::offer_minutes.eq($plan.offer_minutes),
            events::minimum_age.eq($plan.minimum_age),
            events::item_id.eq($plan.award.map(|(item, _)| uid(item))),
            events::award_per.eq($plan.award.map(|(_, per)| per.word())),
        )
    };
}

/// Adds a draft.
pub fn insert(
    conn: &mut Db,
    id: EventId,
    unit: UnitId,
    plan: &Plan,
    (by, secret): (StaffId, &[u8]),
    now: Ts,
) -> Result<()> {
    let row = (
        planned!(plan),
        (
            events::id.eq(uid(id)),
            events::unit_id.eq(uid(unit)),
            events::state.eq(EventState::Draft.word()),
            events::taken.eq(0),
            events::next_place.eq(1_i64),
            events::door_secret.eq(secret),
            events::reminded.eq(false),
            events::drafted_by.eq(uid(by)),
            events::version.eq(1_i64),
            events::created_at.eq(now.0),
        ),
    );
    diesel::insert_into(events::table).values(row).execute(conn)?;
    Ok(())
}

/// One event.
pub fn find(conn: &mut Db, id: EventId) -> Result<Option<Event>> {
    Ok(events::table.find(uid(id)).first(conn).optional()?)
}

/// One event, or the refusal that there is none.
pub fn require(conn: &mut Db, id: EventId) -> Result<Event> {
    find(conn, id)?.ok_or_else(|| Code::EventNotFound.into())
}

/// One event, which nobody else changes until the commit: the first lock of whatever writes to it or to its sign-ups.
pub fn lock(conn: &mut Db, id: EventId) -> Result<Event> {
    let Db::Pg(pg) = conn else { return require(conn, id) };
    let found = events::table.find(uid(id)).for_no_key_update().first(pg).optional()?;
    found.ok_or_else(|| Code::EventNotFound.into())
}

/// The events in these subtrees, newest first, before one.
pub fn list(
    conn: &mut Db,
    roots: &[UnitId],
    state: Option<&'static str>,
    before: Option<EventId>,
    limit: u32,
) -> Result<Vec<Event>> {
    let mut query = events::table.filter(events::unit_id.eq_any(within!(roots))).into_boxed();
    if let Some(state) = state {
        query = query.filter(events::state.eq(state));
    }
    if let Some(before) = before {
        query = query.filter(events::id.lt(uid(before)));
    }
    Ok(query.order(events::id.desc()).limit(i64::from(limit)).load(conn)?)
}

/// These events, by their ids.
pub fn by_ids(conn: &mut Db, ids: &[EventId]) -> Result<Vec<Event>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(events::table.filter(among(events::id, ids.iter().copied())).load(conn)?)
}

/// Changes what an event of this version says. Refused: another version, fewer seats than are taken.
pub fn update(conn: &mut Db, id: EventId, version: i64, plan: &Plan) -> Result<()> {
    let row = events::table
        .find(uid(id))
        .filter(events::version.eq(version))
        .filter(events::taken.le(plan.capacity));
    let change = (planned!(plan), events::version.eq(events::version + 1));
    if diesel::update(row).set(change).execute(conn)? == 1 {
        return Ok(());
    }
    let same = find(conn, id)?.is_some_and(|event| event.version == version);
    Err(if same { Code::CapacityTooSmall } else { Code::PreconditionFailed }.into())
}

/// Moves an event from one state to another; `false` if it is not in the first.
pub fn enter(conn: &mut Db, id: EventId, from: EventState, to: EventState) -> Result<bool> {
    let row = events::table.find(uid(id)).filter(events::state.eq(from.word()));
    let change = (events::state.eq(to.word()), events::version.eq(events::version + 1));
    Ok(diesel::update(row).set(change).execute(conn)? == 1)
}

/// Says why an event does not take place.
pub fn set_reason(conn: &mut Db, id: EventId, reason: &str) -> Result<()> {
    diesel::update(events::table.find(uid(id))).set(events::reason.eq(reason)).execute(conn)?;
    Ok(())
}

/// Says who completed an event.
pub fn set_completed(conn: &mut Db, id: EventId, by: StaffId, now: Ts) -> Result<()> {
    let change = (events::completed_by.eq(Some(uid(by))), events::completed_at.eq(Some(now.0)));
    diesel::update(events::table.find(uid(id))).set(change).execute(conn)?;
    Ok(())
}

/// Names the recap of an event; `false` if it has one.
pub fn set_recap(conn: &mut Db, id: EventId, recap: DeedId) -> Result<bool> {
    let row = events::table.find(uid(id)).filter(events::recap_id.is_null());
    Ok(diesel::update(row).set(events::recap_id.eq(uid(recap))).execute(conn)? == 1)
}

stmt! { TakeFree { id: EventId => Uid, event: EventId => Uid } -> Integer =
"UPDATE events SET taken = taken + 1 WHERE id = ? AND taken < capacity \
AND NOT EXISTS (SELECT 1 FROM sign_ups WHERE event_id = ? AND state = 'waiting') RETURNING taken" }
stmt! { TakeSeats { by: i32 => Integer, id: EventId => Uid, again: i32 => Integer } -> Integer =
"UPDATE events SET taken = taken + ? WHERE id = ? AND taken + ? <= capacity RETURNING taken" }
stmt! { GiveSeats { by: i32 => Integer, id: EventId => Uid, again: i32 => Integer } -> Integer =
"UPDATE events SET taken = taken - ? WHERE id = ? AND taken >= ? RETURNING taken" }
stmt! { NextPlace { id: EventId => Uid } -> BigInt =
"UPDATE events SET next_place = next_place + 1 WHERE id = ? RETURNING next_place - 1" }

/// Takes a seat, if one is free and nobody waits for it.
pub fn take_free(conn: &mut Db, id: EventId) -> Result<bool> {
    Ok(TakeFree { id, event: id }.get_result::<i32>(conn).optional()?.is_some())
}

/// Takes so many seats for those to whom they are offered. Anything but enough free ones is a fault of the program.
pub fn take_seats(conn: &mut Db, id: EventId, by: i32) -> Result<()> {
    let taken: Option<i32> = TakeSeats { by, id, again: by }.get_result(conn).optional()?;
    taken.map(drop).ok_or_else(|| Error::corrupt("more seats were offered than are free"))
}

/// Gives so many seats back.
pub fn give_seats(conn: &mut Db, id: EventId, by: i32) -> Result<()> {
    let taken: Option<i32> = GiveSeats { by, id, again: by }.get_result(conn).optional()?;
    taken.map(drop).ok_or_else(|| Error::corrupt("more seats were given back than were taken"))
}

/// The next place in the waitlist; no place is given twice.
pub fn next_place(conn: &mut Db, id: EventId) -> Result<i64> {
    Ok(NextPlace { id }.get_result(conn)?)
}

stmt! { Remind { by: i64 => BigInt, limit: i64 => BigInt } -> (Uid, Bool) =
"UPDATE events SET reminded = TRUE WHERE id IN (SELECT id FROM events WHERE state = 'published' AND NOT reminded AND starts_at <= ? \
ORDER BY starts_at LIMIT ?) AND NOT reminded RETURNING id, reminded" }
stmt! { Filling { past: i64 => BigInt, now: i64 => BigInt, limit: i64 => BigInt } -> Uid =
"SELECT e.id FROM events e WHERE e.state = 'published' AND e.starts_at > ? AND e.ends_at > ? AND e.taken < e.capacity \
AND EXISTS (SELECT 1 FROM sign_ups s WHERE s.event_id = e.id AND s.state = 'waiting') LIMIT ?" }

/// Marks published events that start by then as reminded, each once; returns them.
pub fn remind(conn: &mut Db, by: Ts, limit: i64) -> Result<Vec<EventId>> {
    let rows: Vec<(EventId, bool)> = Remind { by: by.0, limit }.load(conn)?;
    Ok(rows.into_iter().map(|(id, _)| id).collect())
}

/// Events that have free seats and people who wait for one: there were more than one pass offers.
pub fn filling(conn: &mut Db, past: Ts, now: Ts, limit: i64) -> Result<Vec<EventId>> {
    Ok(Filling { past: past.0, now: now.0, limit }.load(conn)?)
}
