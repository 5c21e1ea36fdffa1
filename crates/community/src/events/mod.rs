//! Events at the desk: drafting, changing, publishing, cancelling. Seats, the door, completion and reading stand in files of their own.
//!
//! Every transaction of an event locks the event's row first, then touches sign-ups.

mod award;
mod complete;
mod door;
mod plan;
mod read;
mod recap;
mod roster;
mod seats;
mod tell;

use domain::access::{Permission, StaffActor};
use domain::award::may_claim;
use domain::catalogue::Item;
use domain::content::Finding;
use domain::deeds::check_day_of_act;
use domain::events::{EventState, published};
use domain::ids::{EventId, PictureId, UnitId};
use domain::paging::{Page, Slice};
use domain::text::{self, PUBLIC_REASON};
use domain::time::Zone;
use domain::{Code, Points, Ts};
use foundation::content::{self, Author, Kind as Text, Scene};
use foundation::inbox::Kind;
use foundation::pictures::uploads::{Home, rehang};
use foundation::{AnyId, App, Once, RequestContext, Result};
use serde_json::json;
use store::Db;
pub use store::events::Event;

use crate::people::{Deed, Place, reach_object, record, roots, unchanged};
use crate::rules::stored;

pub use award::{Awarded, award};
pub use complete::{Completed, GO_ON, complete, go_on};
pub use door::{Attendance, DoorCodes, Entry, Noted, attend, check_in, check_out, door_codes};
pub use plan::{NewPlan, Planned};
pub use read::{CalendarPlace, CalendarQuery, Mine, Shown, calendar, detail, mine};
pub use recap::{Recap, recap};
pub use roster::{EXPORT_MAX, Line, Month, Sheet, attendance, roster, sheet};
pub(crate) use seats::vacate;
pub use seats::{lapse, sign_up, withdraw};
pub use tell::{TELL, remind, tell_some};

/// An event as the desk sees it.
#[derive(Debug, Clone)]
pub struct DeskEvent {
    /// The event.
    pub event: Event,
    /// Its unit's name.
    pub unit_name: String,
    /// Its pictures, in order.
    pub pictures: Vec<PictureId>,
    /// How many wait for a seat.
    pub waiting: i64,
    /// What the check of its text said; none if it passed.
    pub check: Option<Finding>,
}

/// The place of an event's unit, if the account may do this there.
fn reached(conn: &mut Db, who: &StaffActor, permission: Permission, event: &Event) -> Result<Place> {
    reach_object(conn, who, permission, event.unit, Code::EventNotFound)
}

/// The locked event, if the account may run it.
fn held(conn: &mut Db, who: &StaffActor, id: EventId) -> Result<(Event, Place)> {
    let event = store::events::lock(conn, id)?;
    let place = reached(conn, who, Permission::ManageEvents, &event)?;
    Ok((event, place))
}

fn note(
    conn: &mut Db,
    who: &StaffActor,
    action: &'static str,
    event: &Event,
    detail: serde_json::Value,
    ctx: &RequestContext,
    now: Ts,
) -> Result<()> {
    let (object, unit) = (event.id.to_string(), event.unit);
    record(conn, Deed { who: Some(who), action, object, unit, detail }, &ctx.request_id, now)
}

/// The item by which who came may claim: refused unless it holds on the day of the event and pays.
fn check_award(conn: &mut Db, place: &Place, planned: &store::events::Plan, zone: &Zone) -> Result<()> {
    let Some((item, _)) = planned.award else { return Ok(()) };
    let holds = crate::rules::holding(conn, item, &place.0, planned.times.day(zone))?;
    let item: Item = stored("item", &holds.body)?;
    Ok(may_claim(&item, Some(Points::whole(1)), item.subject)?)
}

/// What staff write is looked at, too. They are the people who decide, so what is in doubt is noted beside the event and stops nobody.
fn as_text<'a>(author: Author, fields: &'static [&'static str], said: &'a str) -> content::Text<'a> {
    content::Text { author, scene: Scene::Social, fields, text: said }
}

/// The events within reach, newest first.
pub async fn list(
    app: &App,
    who: &StaffActor,
    unit: Option<UnitId>,
    state: Option<EventState>,
    page: Page<EventId>,
) -> Result<Slice<DeskEvent, EventId>> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let roots = roots(conn, &who, Permission::ReadDesk, unit)?;
            let state = state.map(EventState::word);
            let found = store::events::list(conn, &roots, state, page.after, page.limit + 1)?;
            let slice = Slice::cut(found, page.limit, |event| event.id);
            let next = slice.next;
            let items = slice.items.into_iter().map(|event| dressed(conn, event)).collect::<Result<_>>()?;
            Ok(Slice { items, next })
        })
        .await
}

fn dressed(conn: &mut Db, event: Event) -> Result<DeskEvent> {
    let mut names = store::events::calendar::unit_names(conn, &[event.unit])?;
    let pictures = store::pictures::of_events(conn, &[event.id])?.into_iter().map(|(_, id)| id).collect();
    let waiting = store::events::sign_ups::waiting(conn, event.id, None)?;
    let id = AnyId::of(event.id);
    let check = store::content::notes(conn, Text::Event, &[id])?.remove(&id);
    let unit_name = names.remove(&event.unit).unwrap_or_default();
    Ok(DeskEvent { unit_name, pictures, waiting, check, event })
}

/// One event within reach.
pub async fn read(app: &App, who: &StaffActor, id: EventId) -> Result<DeskEvent> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let event = store::events::require(conn, id)?;
            reached(conn, &who, Permission::ReadDesk, &event)?;
            dressed(conn, event)
        })
        .await
}

/// Drafts an event of a unit.
pub async fn draft(
    app: &App,
    who: &StaffActor,
    unit: UnitId,
    new: NewPlan,
    ctx: RequestContext,
) -> Result<Once<EventId>> {
    let (who, now, zone, id) = (who.clone(), app.now(), app.store.zone().clone(), EventId::new());
    let (planned, secret) = (new.parse()?, foundation::doors::secret()?);
    let author = Author::Staff(who.id);
    let finding = content::check_once(app, &ctx, as_text(author, plan::SAID, &planned.said())).await?;
    app.store
        .write(move |conn| {
            let place = store::units::place(conn, unit)?;
            who.require(Permission::ManageEvents, &place.0)?;
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                check_award(conn, &place, &planned.plan, &zone)?;
                store::events::insert(conn, id, unit, &planned.plan, (who.id, &secret), now)?;
                content::note(conn, Text::Event, AnyId::of(id), author, finding, now)?;
                rehang(conn, AnyId::of(who.id), Home::Event(id), &planned.pictures, now)?;
                let act = Deed {
                    who: Some(&who),
                    action: "events.draft",
                    object: id.to_string(),
                    unit,
                    detail: json!({}),
                };
                record(conn, act, &ctx.request_id, now)?;
                Ok(id)
            })
        })
        .await
}

/// Changes an event of this version. Of a published one only what does not hurt who signed up; more seats go to who waits.
pub async fn update(
    app: &App,
    who: &StaffActor,
    id: EventId,
    version: i64,
    new: NewPlan,
    ctx: RequestContext,
) -> Result<DeskEvent> {
    let (who, now, zone) = (who.clone(), app.now(), app.store.zone().clone());
    let planned = new.parse()?;
    let author = Author::Staff(who.id);
    let finding = content::check(app, as_text(author, plan::SAID, &planned.said())).await?;
    app.store
        .write(move |conn| {
            let (event, place) = held(conn, &who, id)?;
            unchanged(event.version, version)?;
            let plan = &planned.plan;
            let state = event.state()?;
            let wanted = state == EventState::Published && store::events::sign_ups::is_wanted(conn, id)?;
            if state != EventState::Draft {
                published(state)?;
            }
            if wanted {
                plan::harms_nobody(&event, plan)?;
            }
            if event.award()? != plan.award || event.times().day(&zone) != plan.times.day(&zone) {
                check_award(conn, &place, plan, &zone)?;
            }
            store::events::update(conn, id, version, plan)?;
            content::note(conn, Text::Event, AnyId::of(id), author, finding, now)?;
            rehang(conn, AnyId::of(who.id), Home::Event(id), &planned.pictures, now)?;
            if state == EventState::Published {
                content::pictures::may_show(conn, &planned.pictures)?;
                if (event.starts_at, event.section.as_str()) != (plan.times.starts_at.0, plan.section) {
                    store::events::calendar::hide(conn, id)?;
                    store::events::calendar::show(conn, id)?;
                }
                if wanted && event.place != plan.place {
                    tell::all(conn, id, Kind::EventChanged, now)?;
                }
                let changed = store::events::require(conn, id)?;
                seats::settle(conn, &changed, 0, now)?;
            }
            note(conn, &who, "events.update", &event, json!({"version": version}), &ctx, now)?;
            let event = store::events::require(conn, id)?;
            dressed(conn, event)
        })
        .await
}

/// Publishes a draft.
pub async fn publish(app: &App, who: &StaffActor, id: EventId, ctx: RequestContext) -> Result<DeskEvent> {
    let (who, now, zone) = (who.clone(), app.now(), app.store.zone().clone());
    let today = app.store.today();
    app.store
        .write(move |conn| {
            let (event, place) = held(conn, &who, id)?;
            if let Some((item, _)) = event.award()? {
                crate::rules::holding(conn, item, &place.0, event.times().day(&zone))?;
            }
            // One that took place already is recorded from paper, as far back as any act may be claimed.
            if event.ends_at <= now.0 {
                check_day_of_act(event.times().day(&zone), today, place.1.claim_days_back)?;
            }
            let pictures = store::pictures::in_home(conn, Home::Event(id))?;
            content::pictures::may_show(conn, &pictures)?;
            if !store::events::enter(conn, id, EventState::Draft, EventState::Published)? {
                return Err(Code::EventStateConflict.into());
            }
            store::events::calendar::show(conn, id)?;
            note(conn, &who, "events.publish", &event, json!({}), &ctx, now)?;
            let event = store::events::require(conn, id)?;
            dressed(conn, event)
        })
        .await
}

/// Cancels a draft or a published event, and tells everybody who signed up.
pub async fn cancel(
    app: &App,
    who: &StaffActor,
    id: EventId,
    reason: &str,
    ctx: RequestContext,
) -> Result<Once<EventId>> {
    let (who, now) = (who.clone(), app.now());
    let reason = text::parse("reason", reason, PUBLIC_REASON)?;
    content::check_once(app, &ctx, as_text(Author::Staff(who.id), &["reason"], &reason)).await?;
    app.store
        .write(move |conn| {
            let (event, _) = held(conn, &who, id)?;
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let from = event.state()?;
                let may = matches!(from, EventState::Draft | EventState::Published);
                if !may || !store::events::enter(conn, id, from, EventState::Cancelled)? {
                    return Err(Code::EventStateConflict.into());
                }
                store::events::set_reason(conn, id, &reason)?;
                if from == EventState::Published {
                    tell::all(conn, id, Kind::EventCancelled, now)?;
                }
                note(conn, &who, "events.cancel", &event, json!({}), &ctx, now)?;
                Ok(id)
            })
        })
        .await
}
