//! Completion: hours are computed from coming and leaving, and who earned something gets a claim, once. A large event is settled some rows
//! at a time; if that is interrupted, completing it again goes on where it stopped.
//!
//! Per person everybody who came earns alike. Per hour it takes coming and leaving: without a check-out (by code, or recorded by staff)
//! there are no hours. The claims wait for somebody else than who drafted or completed the event, unless the unit's policy does without four
//! eyes: then they are granted at once, as far as whoever completes the event may grant them.

use domain::access::{Permission, StaffActor};
use domain::catalogue::{Item, Subject};
use domain::events::{AwardPer, EventState, earned};
use domain::ids::{ClaimId, EventId, ItemId, ReviewId, SignUpId, StaffId};
use domain::time::Zone;
use domain::{Code, Points, Ts};
use foundation::inbox::Kind;
use foundation::{AnyId, App, Error, RequestContext, Result};
use serde_json::json;
use store::Db;
use store::claims::{Cause, NewClaim};
use store::events::attendance::{self, Outcome};
use store::events::sign_ups::SignUp;
use store::events::{self, Event};

use super::award::decide_all;
use super::{held, note, seats, tell};
use crate::claims::{Beneficiary, ClaimDecision};
use crate::rules::stored;

/// Stays that one transaction settles: each is a claim, a review and the row itself.
const CHUNK: i64 = 50;
/// Stays that one request settles; asking again goes on.
const REQUEST_MAX: usize = 1_000;

/// What a completion did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    /// What became of the stays, as of now.
    pub outcome: Outcome,
}

/// Completes an event that is over; to do it again goes on where it was interrupted.
pub async fn complete(app: &App, who: &StaffActor, id: EventId, ctx: RequestContext) -> Result<Completed> {
    let at_once = begin(app, who, id, ctx).await?;
    let (mut after, mut settled) = (None, 0);
    while settled < REQUEST_MAX {
        let (now, zone) = (app.now(), app.store.zone().clone());
        let (last, count) = app.store.write(move |conn| settle_some(conn, id, after, (now, &zone))).await?;
        settled += count;
        if last.is_none() {
            break;
        }
        after = last;
    }
    if at_once {
        decide_all(app, who, id, &ClaimDecision::Grant { points: None, quantity: None }).await?;
    }
    let outcome = app.store.read(move |conn| attendance::outcome(conn, id)).await?;
    Ok(Completed { outcome })
}

/// The event becomes completed; whether its claims are granted in the same act.
async fn begin(app: &App, who: &StaffActor, id: EventId, ctx: RequestContext) -> Result<bool> {
    let (who, now) = (who.clone(), app.now());
    app.store
        .write(move |conn| {
            let (event, (path, policy)) = held(conn, &who, id)?;
            let at_once = !policy.four_eyes && who.may(Permission::Award, &path);
            match event.state()? {
                EventState::Completed => return Ok(at_once),
                EventState::Published if event.ends_at <= now.0 => {}
                _ => return Err(Code::EventStateConflict.into()),
            }
            if !events::enter(conn, id, EventState::Published, EventState::Completed)? {
                return Err(Code::EventStateConflict.into());
            }
            events::set_completed(conn, id, who.id, now)?;
            let completed = events::require(conn, id)?;
            seats::settle(conn, &completed, 0, now)?;
            tell::all(conn, id, Kind::EventCompleted, now)?;
            note(conn, &who, "events.complete", &event, json!({"grantsAtOnce": at_once}), &ctx, now)?;
            Ok(at_once)
        })
        .await
}

/// By what those who came are paid.
struct Paid {
    id: ItemId,
    item: Item,
    per: AwardPer,
}

impl Paid {
    fn of(conn: &mut Db, event: &Event) -> Result<Option<Self>> {
        let Some((id, per)) = event.award()? else { return Ok(None) };
        let row = store::catalogues::item(conn, id)?.ok_or(Error::from(Code::ItemNotFound))?;
        Ok(Some(Self { id, item: stored("item", &row.body)?, per }))
    }
}

/// Settles the next stays of a completed event: the last one, if more may follow, and how many.
fn settle_some(
    conn: &mut Db,
    id: EventId,
    after: Option<SignUpId>,
    (now, zone): (Ts, &Zone),
) -> Result<(Option<SignUpId>, usize)> {
    let event = events::lock(conn, id)?;
    let by = event.completed_by.ok_or_else(|| Error::corrupt("an event that nobody completed"))?;
    let paid = Paid::of(conn, &event)?;
    let rows = attendance::unsettled(conn, id, after, CHUNK)?;
    for row in &rows {
        let (came, left) = (row.checked_in_at, row.checked_out_at);
        let minutes = came.zip(left).map_or(0, |(came, left)| event.times().minutes(Ts(came), Ts(left)));
        let claim = match &paid {
            Some(paid) => claim(conn, &event, paid, (row, minutes, by), (now, zone))?,
            None => None,
        };
        if !attendance::settle(conn, row.id, minutes, claim)? {
            return Err(Error::corrupt("a stay that was settled twice"));
        }
    }
    let last = rows.last().map(|row| row.id).filter(|_| rows.len() as i64 == CHUNK);
    Ok((last, rows.len()))
}

/// The claim of a stay, with its review; none for who earned nothing, has left, or has no household where that is paid.
fn claim(
    conn: &mut Db,
    event: &Event,
    paid: &Paid,
    (row, minutes, by): (&SignUp, i32, StaffId),
    (now, zone): (Ts, &Zone),
) -> Result<Option<ClaimId>> {
    let Some(quantity) = earned(paid.per, minutes, paid.item.needs_quantity()) else { return Ok(None) };
    let whom = Beneficiary::resident(conn, row.resident)?;
    let household = paid.item.subject == Subject::Household;
    if !whom.active || (household && whom.household.is_none()) {
        return Ok(None);
    }
    let id = ClaimId::new();
    let new = NewClaim {
        id,
        unit: whom.unit,
        subject: paid.item.subject,
        resident: whom.resident.filter(|_| !household),
        household: whom.household,
        item: paid.id,
        day_of_act: event.times().day(zone),
        quantity: quantity.map(Points::hundredths),
        cause: Cause::CheckIn,
        cause_id: AnyId::of(row.id),
        claimant: None,
        entered_by: Some(by),
        proxy: None,
        note: None,
    };
    store::claims::insert(conn, &new, now)?;
    let kind = store::reviews::Kind::Claim;
    store::reviews::open(conn, ReviewId::new(), kind, AnyId::of(id), whom.unit, now)?;
    Ok(Some(id))
}
