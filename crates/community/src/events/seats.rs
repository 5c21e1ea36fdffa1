//! Seats: signing up, waiting, being offered a seat, giving it back.

use domain::access::{Path, Person};
use domain::events::{EventState, check_age, published};
use domain::ids::{EventId, ResidentId, SignUpId, StaffId};
use domain::time::{DAY, Zone};
use domain::{Code, Ts};
use foundation::inbox::{self, Kind, Note, Owner};
use foundation::{App, Error, Result};
use store::Db;
use store::events::sign_ups::{self, SignUp, Standing};
use store::events::{self, Event};
use store::residents::Resident;

use super::read::Mine;

/// How many seats one transaction offers, and how many offers it ends.
const PASS: i64 = 50;

/// Ends offers that nobody accepted in time, and offers what seats are free to those who wait longest. The event was locked by the caller,
/// who has given back so many seats since; returns how many seats changed hands.
pub(super) fn settle(conn: &mut Db, event: &Event, given_back: i32, now: Ts) -> Result<usize> {
    let id = event.id;
    let told = |kind: Kind| {
        move |(_, resident): &(_, ResidentId)| Note::new(Owner::Resident(*resident), kind, id).event(id)
    };
    let lapsed = sign_ups::lapse(conn, id, now, PASS)?;
    let freed = i32::try_from(lapsed.len()).unwrap_or(i32::MAX);
    if freed > 0 {
        events::give_seats(conn, id, freed)?;
        let notes: Vec<Note> = lapsed.iter().map(told(Kind::SignUpLapsed)).collect();
        inbox::tell(conn, &notes, now)?;
    }
    let free = i64::from(event.capacity - event.taken + given_back + freed).min(PASS);
    let until = event.times().offer_until(event.offer_minutes, now);
    let Some(until) = until.filter(|_| free > 0 && event.state == EventState::Published.word()) else {
        return Ok(lapsed.len());
    };
    let offered = sign_ups::offer(conn, id, until, free)?;
    if !offered.is_empty() {
        events::take_seats(conn, id, i32::try_from(offered.len()).unwrap_or(i32::MAX))?;
        let notes: Vec<Note> =
            offered.iter().map(told(Kind::SignUpOffered)).map(|note| note.until(until)).collect();
        inbox::tell(conn, &notes, now)?;
    }
    Ok(lapsed.len() + offered.len())
}

/// A person who may want a seat, read before the event is locked: whoever comes at the same moment waits for that lock.
pub(super) struct Comer {
    resident: Resident,
    home: Path,
}

impl Comer {
    pub(super) fn of(conn: &mut Db, id: ResidentId) -> Result<Self> {
        let resident = store::residents::require(conn, id)?;
        Ok(Self { home: store::units::path(conn, resident.unit)?, resident })
    }
    /// Refuses who is not for this event.
    fn may_come(&self, conn: &mut Db, event: &Event, zone: &Zone) -> Result<()> {
        if !self.resident.is_active() || !self.home.is_within(event.unit) {
            return Err(Code::EventOtherUnit.into());
        }
        let born = match event.minimum_age {
            Some(_) => store::births::find(conn, self.resident.id)?,
            None => None,
        };
        Ok(check_age(event.minimum_age, born, event.times().day(zone))?)
    }
}

/// Signs somebody up for a locked event, or accepts what is offered. To do it again changes nothing.
pub(super) fn enter(
    conn: &mut Db,
    event: &Event,
    who: &Comer,
    by: Option<StaffId>,
    (now, zone): (Ts, &Zone),
) -> Result<SignUp> {
    let (id, resident) = (event.id, who.resident.id);
    published(event.state()?)?;
    if let Some(row) = sign_ups::find(conn, id, resident)? {
        if sign_ups::accept(conn, id, resident, now)? {
            return sign_ups::find(conn, id, resident)?.ok_or_else(|| Code::SignUpNotFound.into());
        }
        if matches!(row.state.as_str(), "confirmed" | "waiting") {
            return Ok(row);
        }
    }
    // Staff sign people up at the door, too.
    if by.is_none() {
        event.times().may_sign_up(event.state()?, now)?;
    }
    who.may_come(conn, event, zone)?;
    // Perhaps a seat is only kept by an offer that is over.
    let seated =
        events::take_free(conn, id)? || (settle(conn, event, 0, now)? > 0 && events::take_free(conn, id)?);
    let standing =
        if seated { Standing::Confirmed } else { Standing::Waiting(events::next_place(conn, id)?) };
    let row = sign_ups::enter(conn, id, resident, standing, by, now)?;
    row.ok_or_else(|| Error::corrupt("an offer that is over and did not lapse"))
}

/// An event that everybody can see, locked.
pub(super) fn locked(conn: &mut Db, id: EventId) -> Result<Event> {
    let event = events::lock(conn, id)?;
    if event.state()? == EventState::Draft { Err(Code::EventNotFound.into()) } else { Ok(event) }
}

/// Signs a resident up: on a free seat if nobody waits, else in the waitlist. An offered seat is accepted by it.
pub async fn sign_up(app: &App, who: Person, id: EventId) -> Result<Mine> {
    let resident = who.require_resident()?;
    let (now, zone) = (app.now(), app.store.zone().clone());
    let row = app
        .store
        .write(move |conn| {
            let who = Comer::of(conn, resident)?;
            let event = locked(conn, id)?;
            enter(conn, &event, &who, None, (now, &zone))
        })
        .await?;
    // How many wait before is counted after the lock is given back.
    app.store.read(move |conn| Mine::of(conn, row)).await
}

/// Gives a place back: a confirmed seat until the event says, an offer or a place in the waitlist at any time. A seat goes to the next.
pub async fn withdraw(app: &App, who: Person, id: EventId) -> Result<()> {
    let resident = who.require_resident()?;
    let now = app.now();
    app.store
        .write(move |conn| {
            let event = locked(conn, id)?;
            // Nothing to give back: what is asked for holds already.
            let row = sign_ups::find(conn, id, resident)?;
            let Some(row) = row.filter(|row| !matches!(row.state.as_str(), "withdrawn" | "lapsed")) else {
                return Ok(());
            };
            published(event.state()?)?;
            if row.state == "confirmed" {
                event.times().may_withdraw(event.state()?, now)?;
            }
            if !sign_ups::withdraw(conn, row.id, &row.state)? {
                // Who came has been there.
                return Err(Code::WithdrawalClosed.into());
            }
            if row.state != "waiting" {
                events::give_seats(conn, id, 1)?;
                settle(conn, &event, 1, now)?;
            }
            Ok(())
        })
        .await
}

/// Takes the place of somebody who is to be forgotten, whether the person waits, is offered a seat, has one or has come: who is nobody
/// earns nothing. A seat goes to the next.
pub(crate) fn vacate(conn: &mut Db, id: EventId, sign_up: SignUpId, now: Ts) -> Result<()> {
    let event = events::lock(conn, id)?;
    if let Some(state) = sign_ups::vacate(conn, sign_up)?
        && state != "waiting"
    {
        events::give_seats(conn, id, 1)?;
        settle(conn, &event, 1, now)?;
    }
    Ok(())
}

/// How far back events are looked at whose seats were not all offered at once: no event lasts longer.
const LOOK_BACK: i64 = 32 * DAY;

/// Ends offers that are over, and offers seats that are free, of at most so many events; returns how much was done.
pub async fn lapse(app: &App, limit: i64) -> Result<usize> {
    let now = app.now();
    let due = app
        .store
        .read(move |conn| {
            let mut due = sign_ups::lapsing(conn, now, limit)?;
            due.extend(events::filling(conn, Ts(now.0 - LOOK_BACK), now, limit)?);
            due.sort_unstable();
            due.dedup();
            Ok(due)
        })
        .await?;
    let mut done = 0;
    for id in due {
        // Each by itself: one event's lock is not held for another's.
        done += app
            .store
            .write(move |conn| {
                let event = events::lock(conn, id)?;
                settle(conn, &event, 0, now)
            })
            .await?;
    }
    Ok(done)
}
