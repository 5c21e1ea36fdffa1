//! Seats: signing up, waiting, being offered a seat, giving it back.

use domain::access::Person;
use domain::events::{EventState, check_age, published};
use domain::ids::{EventId, ResidentId, StaffId};
use domain::time::{DAY, Zone};
use domain::{Code, Ts};
use foundation::inbox::{self, Kind, Note, Owner};
use foundation::{App, Error, Result};
use store::Db;
use store::events::sign_ups::{self, SignUp, Standing};
use store::events::{self, Event};

use super::lives_there;
use super::read::Mine;

/// How many seats one transaction offers, and how many offers it ends.
const PASS: i64 = 50;

/// Ends offers that nobody accepted in time, and offers what seats are free to those who wait longest. The event is locked by the caller.
pub(super) fn settle(conn: &mut Db, id: EventId, now: Ts) -> Result<usize> {
    let told = |kind: Kind| {
        move |(_, resident): &(_, ResidentId)| Note::new(Owner::Resident(*resident), kind, id).event(id)
    };
    let lapsed = sign_ups::lapse(conn, id, now, PASS)?;
    if !lapsed.is_empty() {
        events::give_seats(conn, id, i32::try_from(lapsed.len()).unwrap_or(i32::MAX))?;
        let notes: Vec<Note> = lapsed.iter().map(told(Kind::SignUpLapsed)).collect();
        inbox::tell(conn, &notes, now)?;
    }
    let event = events::require(conn, id)?;
    let free = i64::from(event.capacity - event.taken).min(PASS);
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

/// Signs somebody up for a locked event, or accepts what is offered. To do it again changes nothing.
pub(super) fn enter(
    conn: &mut Db,
    event: &Event,
    resident: ResidentId,
    by: Option<StaffId>,
    (now, zone): (Ts, &Zone),
) -> Result<SignUp> {
    let id = event.id;
    published(event.state()?)?;
    let stands = if sign_ups::accept(conn, id, resident, now)? {
        true
    } else {
        sign_ups::find(conn, id, resident)?
            .is_some_and(|row| matches!(row.state.as_str(), "confirmed" | "waiting"))
    };
    if !stands {
        // Staff sign people up at the door, too.
        if by.is_none() {
            event.times().may_sign_up(event.state()?, now)?;
        }
        let person = store::residents::require(conn, resident)?;
        lives_there(conn, event, &person)?;
        check_age(event.minimum_age, store::births::find(conn, resident)?, event.times().day(zone))?;
        let seated = events::take_free(conn, id)? || {
            // Perhaps a seat is only kept by an offer that is over.
            settle(conn, id, now)?;
            events::take_free(conn, id)?
        };
        let standing =
            if seated { Standing::Confirmed } else { Standing::Waiting(events::next_place(conn, id)?) };
        if !sign_ups::enter(conn, id, resident, standing, by, now)? {
            return Err(Error::corrupt("an offer that is over and did not lapse"));
        }
    }
    sign_ups::find(conn, id, resident)?.ok_or_else(|| Code::SignUpNotFound.into())
}

/// An event that everybody can see, locked.
fn locked(conn: &mut Db, id: EventId) -> Result<Event> {
    let event = events::lock(conn, id)?;
    if event.state()? == EventState::Draft { Err(Code::EventNotFound.into()) } else { Ok(event) }
}

/// Signs a resident up: on a free seat if nobody waits, else in the waitlist. An offered seat is accepted by it.
pub async fn sign_up(app: &App, who: Person, id: EventId) -> Result<Mine> {
    let resident = who.require_resident()?;
    let (now, zone) = (app.now(), app.store.zone().clone());
    app.store
        .write(move |conn| {
            let event = locked(conn, id)?;
            let row = enter(conn, &event, resident, None, (now, &zone))?;
            Mine::of(conn, row)
        })
        .await
}

/// Gives a place back: a confirmed seat until the event says, an offer or a place in the waitlist at any time. A seat goes to the next.
pub async fn withdraw(app: &App, who: Person, id: EventId) -> Result<()> {
    let resident = who.require_resident()?;
    let now = app.now();
    app.store
        .write(move |conn| {
            let event = locked(conn, id)?;
            let row = sign_ups::find(conn, id, resident)?.ok_or(Error::from(Code::SignUpNotFound))?;
            if matches!(row.state.as_str(), "withdrawn" | "lapsed") {
                return Ok(());
            }
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
                settle(conn, id, now)?;
            }
            Ok(())
        })
        .await
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
                events::lock(conn, id)?;
                settle(conn, id, now)
            })
            .await?;
    }
    Ok(done)
}
