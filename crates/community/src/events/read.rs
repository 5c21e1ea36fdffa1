//! Events as everybody reads them: the calendar of a unit, one event, and one's own sign-ups.

use std::collections::HashMap;

use domain::access::Person;
use domain::deeds::Section;
use domain::events::EventState;
use domain::ids::{EventId, IdentityId, PictureId, SignUpId, UnitId};
use domain::paging::{Page, Slice};
use domain::{Code, Day};
use foundation::{App, Result};
use store::Db;
pub use store::events::calendar::Place as CalendarPlace;
use store::events::calendar::{self, Range};
use store::events::sign_ups::{self, SignUp};
use store::events::{self, Event};

/// Somebody's own place in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mine {
    /// The sign-up.
    pub sign_up: SignUp,
    /// How many wait before this person; none for who does not wait.
    pub ahead: Option<i64>,
}

impl Mine {
    pub(super) fn of(conn: &mut Db, sign_up: SignUp) -> Result<Self> {
        let ahead = match sign_up.place.filter(|_| sign_up.state == "waiting") {
            Some(place) => Some(sign_ups::waiting(conn, sign_up.event, Some(place))?),
            None => None,
        };
        Ok(Self { sign_up, ahead })
    }
}

/// An event as it is read.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The event.
    pub event: Event,
    /// Its unit's name.
    pub unit_name: String,
    /// Its pictures, in order.
    pub pictures: Vec<PictureId>,
    /// How many wait for a seat; not counted in lists.
    pub waiting: i64,
    /// The reader's own place.
    pub mine: Option<Mine>,
}

/// Which part of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarQuery {
    /// The unit: its subtree, and what the units above announce for themselves. The whole tenant if nothing is said.
    pub unit: Option<UnitId>,
    /// From this day; today if nothing is said.
    pub from: Option<Day>,
    /// To this day.
    pub until: Option<Day>,
    /// One section.
    pub section: Option<Section>,
}

fn dress(conn: &mut Db, rows: Vec<(Event, String)>) -> Result<Vec<Shown>> {
    let ids: Vec<EventId> = rows.iter().map(|(event, _)| event.id).collect();
    let mut pictures: HashMap<EventId, Vec<PictureId>> = HashMap::new();
    for (event, picture) in store::pictures::of_events(conn, &ids)? {
        pictures.entry(event).or_default().push(picture);
    }
    let shown = rows.into_iter().map(|(event, unit_name)| Shown {
        pictures: pictures.remove(&event.id).unwrap_or_default(),
        unit_name,
        waiting: 0,
        mine: None,
        event,
    });
    Ok(shown.collect())
}

/// A page of the calendar, in order of the starts.
pub async fn calendar(
    app: &App,
    query: CalendarQuery,
    page: Page<CalendarPlace>,
) -> Result<Slice<Shown, CalendarPlace>> {
    let zone = app.store.zone().clone();
    let from = query.from.unwrap_or_else(|| app.store.today()).starts_at(&zone).0;
    let until = query.until.map_or(i64::MAX, |day| day.plus(1).starts_at(&zone).0);
    app.store
        .read(move |conn| {
            let unit = match query.unit {
                Some(unit) => Some(unit),
                None => store::units::children(conn, None, None, 1)?.first().map(|root| root.id),
            };
            let Some(unit) = unit else { return Ok(Slice { items: Vec::new(), next: None }) };
            let path = store::units::path(conn, unit)?;
            let section = query.section.map(Section::word);
            let range = Range { from, until, section, after: page.after, limit: page.limit + 1 };
            let mut rows = calendar::below(conn, unit, range)?;
            for above in path.0.iter().filter(|above| **above != unit) {
                rows.extend(calendar::own(conn, *above, range)?);
            }
            rows.sort_by_key(|(event, _)| (event.starts_at, event.id));
            let slice = Slice::cut(rows, page.limit, |(event, _)| (event.starts_at, event.id));
            Ok(Slice { items: dress(conn, slice.items)?, next: slice.next })
        })
        .await
}

/// One event, if it was ever published; with the reader's own place in it.
pub async fn detail(app: &App, reader: Option<IdentityId>, id: EventId) -> Result<Shown> {
    app.store
        .read(move |conn| {
            let event = events::require(conn, id)?;
            let shown = match event.state()? {
                EventState::Draft => false,
                EventState::Cancelled => calendar::is_shown(conn, id)?,
                EventState::Published | EventState::Completed => true,
            };
            if !shown {
                return Err(Code::EventNotFound.into());
            }
            let mut names = calendar::unit_names(conn, &[event.unit])?;
            let name = names.remove(&event.unit).unwrap_or_default();
            let mut found = dress(conn, vec![(event, name)])?;
            let mut shown = found.pop().ok_or(foundation::Error::from(Code::EventNotFound))?;
            shown.waiting = sign_ups::waiting(conn, id, None)?;
            let home = match reader {
                Some(identity) => store::deeds::home(conn, identity)?,
                None => None,
            };
            if let Some(home) = home {
                let row = sign_ups::find(conn, id, home.resident)?;
                shown.mine = row.map(|row| Mine::of(conn, row)).transpose()?;
            }
            Ok(shown)
        })
        .await
}

/// A resident's own sign-ups, newest first.
pub async fn mine(app: &App, who: Person, page: Page<SignUpId>) -> Result<Slice<(Mine, Shown), SignUpId>> {
    let resident = who.require_resident()?;
    app.store
        .read(move |conn| {
            let rows = sign_ups::of_resident(conn, resident, page.after, page.limit + 1)?;
            let slice = Slice::cut(rows, page.limit, |row| row.id);
            let mut ids: Vec<EventId> = slice.items.iter().map(|row| row.event).collect();
            ids.sort_unstable();
            let found = events::by_ids(conn, &ids)?;
            let units: Vec<UnitId> = found.iter().map(|event| event.unit).collect();
            let names = calendar::unit_names(conn, &units)?;
            let named = found.into_iter().map(|event| {
                let name = names.get(&event.unit).cloned().unwrap_or_default();
                (event, name)
            });
            let named = named.collect();
            let shown: HashMap<EventId, Shown> =
                dress(conn, named)?.into_iter().map(|shown| (shown.event.id, shown)).collect();
            let mut items = Vec::with_capacity(slice.items.len());
            for row in slice.items {
                if let Some(shown) = shown.get(&row.event).cloned() {
                    items.push((Mine::of(conn, row)?, shown));
                }
            }
            Ok(Slice { items, next: slice.next })
        })
        .await
}
