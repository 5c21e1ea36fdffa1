//! The roster of an event, its sheet, and the attendance of a unit over time. Names leave here for staff only.

use std::collections::HashMap;

use domain::access::{Permission, StaffActor};
use domain::events::hours;
use domain::ids::{EventId, ResidentId, SignUpId, UnitId};
use domain::masking::{Audience, display_name};
use domain::paging::{Page, Slice};
use domain::period::{Period, Span};
use domain::{Code, Day, FieldFault, Points};
use foundation::{App, Result};
use store::Db;
use store::events::calendar::{Figures, figures};
use store::events::sign_ups::{self, SignUp};

use super::{DeskEvent, dressed, reached};
use crate::people;

/// The most lines of a sheet.
pub const EXPORT_MAX: i64 = 5_000;
/// The longest time of which attendance is told, in months.
const MONTHS_MAX: usize = 36;

/// A line of the roster.
#[derive(Clone)]
pub struct Line {
    /// The sign-up.
    pub sign_up: SignUp,
    /// The person's real name.
    pub name: String,
    /// The unit where the person lives.
    pub unit_name: String,
    /// The code that staff know the person by.
    pub code: Option<String>,
}

/// Names stay out of logs.
impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("sign_up", &self.sign_up.id).finish_non_exhaustive()
    }
}

fn lines(conn: &mut Db, rows: Vec<SignUp>) -> Result<Vec<Line>> {
    let ids: Vec<ResidentId> = rows.iter().map(|row| row.resident).collect();
    let mut people: HashMap<ResidentId, store::residents::Resident> = HashMap::new();
    for some in ids.chunks(250) {
        people.extend(store::residents::by_ids(conn, some)?.into_iter().map(|person| (person.id, person)));
    }
    let mut units: Vec<UnitId> = people.values().map(|person| person.unit).collect();
    units.sort_unstable();
    units.dedup();
    let units = store::events::calendar::unit_names(conn, &units)?;
    let line = |sign_up: SignUp| {
        let person = people.get(&sign_up.resident);
        Line {
            name: person.map(|p| display_name(p.person(), Audience::Staff)).unwrap_or_default(),
            unit_name: person.and_then(|p| units.get(&p.unit).cloned()).unwrap_or_default(),
            code: person.and_then(|p| p.code.clone()),
            sign_up,
        }
    };
    Ok(rows.into_iter().map(line).collect())
}

/// Who signed up for an event, in the order of their sign-ups.
pub async fn roster(
    app: &App,
    who: &StaffActor,
    id: EventId,
    state: Option<&'static str>,
    page: Page<SignUpId>,
) -> Result<Slice<Line, SignUpId>> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let event = store::events::require(conn, id)?;
            reached(conn, &who, Permission::ReadDesk, &event)?;
            let states: Vec<&'static str> = state.into_iter().collect();
            let rows = sign_ups::roster(conn, id, &states, page.after, i64::from(page.limit) + 1)?;
            let slice = Slice::cut(rows, page.limit, |row| row.id);
            Ok(Slice { items: lines(conn, slice.items)?, next: slice.next })
        })
        .await
}

/// An event with its roster, to be printed or kept.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The event.
    pub event: DeskEvent,
    /// Who has a seat, is offered one or waits, in the order of their sign-ups.
    pub lines: Vec<Line>,
}

/// The sheet of an event: at most [`EXPORT_MAX`] lines.
pub async fn sheet(app: &App, who: &StaffActor, id: EventId) -> Result<Sheet> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let event = store::events::require(conn, id)?;
            reached(conn, &who, Permission::ReadDesk, &event)?;
            let states = ["confirmed", "offered", "waiting"];
            let rows = sign_ups::roster(conn, id, &states, None, EXPORT_MAX)?;
            Ok(Sheet { event: dressed(conn, event)?, lines: lines(conn, rows)? })
        })
        .await
}

/// A month of a unit's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    pub start: Day,
    /// What there was.
    pub figures: Figures,
    /// Hours that counted.
    pub hours: Points,
}

/// The attendance of a unit's subtree over time, a line for each month.
pub async fn attendance(
    app: &App,
    who: &StaffActor,
    unit: UnitId,
    (from, until): (Day, Day),
) -> Result<Vec<Month>> {
    let (who, zone) = (who.clone(), app.store.zone().clone());
    let mut months = Vec::new();
    let mut month = Period::of(Span::Month, from);
    while month.start <= until {
        months.push(month);
        let fault = || FieldFault::new("until", "out_of_range", "最多 36 个月", "at most 36 months");
        let next = month.end().filter(|_| months.len() <= MONTHS_MAX).ok_or_else(fault)?;
        month = Period::of(Span::Month, next);
    }
    app.store
        .read(move |conn| {
            people::reach_object(conn, &who, Permission::ReadDesk, unit, Code::UnitNotFound)?;
            let mut out = Vec::with_capacity(months.len());
            for month in &months {
                let end = month.end().unwrap_or(month.start);
                // The first and the last month count from and to the day that was asked for.
                let (first, last) = (month.start.max(from), end.min(until.plus(1)));
                let found = figures(conn, unit, first.starts_at(&zone).0, last.starts_at(&zone).0)?;
                let minutes = i32::try_from(found.minutes).unwrap_or(i32::MAX);
                out.push(Month { start: month.start, figures: found, hours: hours(minutes) });
            }
            Ok(out)
        })
        .await
}
