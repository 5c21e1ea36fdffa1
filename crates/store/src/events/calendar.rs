//! The calendar: published events, once per unit above them, so that the calendar of any subtree is one index range. What the units above
//! announce for themselves is read beside it, a range for each.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::ids::{EventId, UnitId};

use super::Event;
use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::error::Result;
use crate::lists::among;
use crate::schema::{event_calendar, events, units};
use crate::stmt;

/// A place in the calendar: the start and the event.
pub type Place = (i64, EventId);
/// An event with the name of its unit.
pub type Listed = (Event, String);

stmt! { Show { event: EventId => Uid } -> BigInt =
"INSERT INTO event_calendar (unit_id, starts_at, event_id, section) \
SELECT p.ancestor_id, e.starts_at, e.id, e.section FROM events e JOIN unit_paths p ON p.unit_id = e.unit_id WHERE e.id = ?" }

/// Puts an event into the calendars of its unit and every unit above.
pub fn show(conn: &mut Db, event: EventId) -> Result<()> {
    Show { event }.execute(conn)?;
    Ok(())
}

/// Takes an event out of every calendar: to put it at another time.
pub fn hide(conn: &mut Db, event: EventId) -> Result<()> {
    diesel::delete(event_calendar::table.filter(event_calendar::event_id.eq(uid(event)))).execute(conn)?;
    Ok(())
}

/// Whether an event was ever published.
pub fn is_shown(conn: &mut Db, event: EventId) -> Result<bool> {
    let query = event_calendar::table.filter(event_calendar::event_id.eq(uid(event)));
    Ok(query.select(event_calendar::event_id).first::<EventId>(conn).optional()?.is_some())
}

/// Which part of a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range<'a> {
    /// Events that start from here, in microseconds.
    pub from: i64,
    /// And before here.
    pub until: i64,
    /// Of this section.
    pub section: Option<&'a str>,
    /// After this one.
    pub after: Option<Place>,
    /// At most so many.
    pub limit: u32,
}

/// The calendar of a subtree, in order of the starts.
pub fn below(conn: &mut Db, unit: UnitId, range: Range<'_>) -> Result<Vec<Listed>> {
    let mut query = event_calendar::table
        .inner_join(events::table.on(events::id.eq(event_calendar::event_id)))
        .inner_join(units::table.on(units::id.eq(events::unit_id)))
        .filter(event_calendar::unit_id.eq(uid(unit)))
        .filter(event_calendar::starts_at.ge(range.from))
        .filter(event_calendar::starts_at.lt(range.until))
        .into_boxed();
    if let Some(section) = range.section {
        query = query.filter(event_calendar::section.eq(section));
    }
    if let Some((start, id)) = range.after {
        let later = event_calendar::starts_at.gt(start);
        let beside = event_calendar::starts_at.eq(start).and(event_calendar::event_id.gt(uid(id)));
        query = query.filter(event_calendar::starts_at.ge(start)).filter(later.or(beside));
    }
    let query = query.order((event_calendar::starts_at, event_calendar::event_id));
    Ok(query.limit(i64::from(range.limit)).select((events::all_columns, units::name)).load(conn)?)
}

/// What a unit announces for itself (its own row in its own calendar), in order of the starts.
pub fn own(conn: &mut Db, unit: UnitId, range: Range<'_>) -> Result<Vec<Listed>> {
    let shown = event_calendar::unit_id
        .eq(events::unit_id)
        .and(event_calendar::starts_at.eq(events::starts_at))
        .and(event_calendar::event_id.eq(events::id));
    let mut query = events::table
        .inner_join(event_calendar::table.on(shown))
        .inner_join(units::table.on(units::id.eq(events::unit_id)))
        .filter(events::unit_id.eq(uid(unit)))
        .filter(events::starts_at.ge(range.from))
        .filter(events::starts_at.lt(range.until))
        .into_boxed();
    if let Some(section) = range.section {
        query = query.filter(events::section.eq(section));
    }
    if let Some((start, id)) = range.after {
        let later = events::starts_at.gt(start);
        let beside = events::starts_at.eq(start).and(events::id.gt(uid(id)));
        query = query.filter(events::starts_at.ge(start)).filter(later.or(beside));
    }
    let query = query.order((events::starts_at, events::id));
    Ok(query.limit(i64::from(range.limit)).select((events::all_columns, units::name)).load(conn)?)
}

stmt! { Month { unit: UnitId => Uid, from: i64 => BigInt, until: i64 => BigInt } -> (BigInt, BigInt, BigInt, BigInt, BigInt) =
"SELECT COUNT(DISTINCT e.id), COUNT(s.id), COUNT(s.checked_in_at), \
COUNT(DISTINCT CASE WHEN s.checked_in_at IS NOT NULL THEN s.resident_id END), CAST(COALESCE(SUM(s.minutes), 0) AS BIGINT) \
FROM event_calendar c JOIN events e ON e.id = c.event_id AND e.state <> 'cancelled' \
LEFT JOIN sign_ups s ON s.event_id = e.id AND s.state = 'confirmed' WHERE c.unit_id = ? AND c.starts_at >= ? AND c.starts_at < ?" }

/// How many came to the events of a subtree in a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Events that were not cancelled.
    pub events: i64,
    /// Confirmed seats.
    pub sign_ups: i64,
    /// How many of them checked in.
    pub attended: i64,
    /// How many persons those were.
    pub persons: i64,
    /// Minutes that counted.
    pub minutes: i64,
}

/// The figures of a subtree's events that start from here and before there.
pub fn figures(conn: &mut Db, unit: UnitId, from: i64, until: i64) -> Result<Figures> {
    let row: (i64, i64, i64, i64, i64) = Month { unit, from, until }.get_result(conn)?;
    let (events, sign_ups, attended, persons, minutes) = row;
    Ok(Figures { events, sign_ups, attended, persons, minutes })
}

/// The names of units.
pub fn unit_names(conn: &mut Db, ids: &[UnitId]) -> Result<std::collections::HashMap<UnitId, String>> {
    let wanted = units::table.filter(among(units::id, ids.iter().copied()));
    let rows: Vec<(UnitId, String)> = wanted.select((units::id, units::name)).load(conn)?;
    Ok(rows.into_iter().collect())
}
