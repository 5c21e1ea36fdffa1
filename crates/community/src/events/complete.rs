//! Completion: hours are computed from coming and leaving, and who earned something gets a claim, once. A large event is settled some stays
//! at a time; what the request leaves, and what it could not do because its process ended, the worker goes on with. To complete an event
//! again goes on at once.
//!
//! Per person everybody who came earns alike. Per hour it takes coming and leaving: without a check-out (by code, or recorded by staff)
//! there are no hours. The claims wait for somebody else than who drafted or completed the event, unless the unit's policy does without four
//! eyes: then they are granted at once, as far as whoever completes the event may grant them.

use std::collections::HashMap;

use domain::access::{Permission, StaffActor};
use domain::catalogue::{Item, Subject};
use domain::events::{AwardPer, EventState, earned};
use domain::ids::{ClaimId, EventId, ItemId, ResidentId, SessionId, SignUpId, StaffId};
use domain::time::Zone;
use domain::{Code, Points, Ts};
use foundation::inbox::Kind;
use foundation::{AnyId, App, Error, RequestContext, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Db;
use store::claims::{Cause, NewClaim};
use store::events::attendance::{self, Outcome, Settled};
use store::events::sign_ups::SignUp;
use store::events::{self, Event};

use super::award::{REQUEST_MAX, decide_all};
use super::{held, note, seats, tell};
use crate::claims::{Beneficiary, ClaimDecision};
use crate::rules::stored;

/// The outbox's word for going on with a completion.
pub const GO_ON: &str = "event.complete";
/// Stays that one transaction settles.
const CHUNK: i64 = 50;
/// When the worker looks after a completion for the first time: mostly the request has done it all by then.
const GO_ON_AFTER_S: i64 = 30;
/// Every claim gets what its item gives.
const GRANT: ClaimDecision = ClaimDecision::Grant { points: None, quantity: None };

/// What a completion did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    /// What became of the stays, as of now.
    pub outcome: Outcome,
}

/// How far a completion has come, for whoever goes on with it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Progress {
    event: EventId,
    /// The session in which whoever grants the claims completed the event; none where they wait for others.
    granting: Option<SessionId>,
    /// The claims up to this one are decided, or left to the queue of reviews.
    after: Option<ClaimId>,
}

impl Progress {
    fn queue(&self, conn: &mut Db, due: Ts, now: Ts) -> Result<()> {
        let payload = serde_json::to_value(self).map_err(|e| Error::corrupt(format!("a completion: {e}")))?;
        store::outbox::add(conn, GO_ON, &payload, due, now)
    }
}

/// Completes an event that is over; to do it again goes on where it was interrupted.
pub async fn complete(app: &App, who: &StaffActor, id: EventId, ctx: RequestContext) -> Result<Completed> {
    let at_once = begin(app, who, id, ctx).await?;
    if settle(app, id).await? && at_once {
        decide_all(app, who, id, &GRANT, None).await?;
    }
    let outcome = app.store.read(move |conn| attendance::outcome(conn, id)).await?;
    Ok(Completed { outcome })
}

/// Goes on with a completion: the worker's part of a large one, and of one whose process ended. Safe to repeat: a stay is settled once, a
/// claim is decided once. Who lost the account or the role meanwhile grants nothing, and the claims wait for others.
pub async fn go_on(app: &App, task: AnyId, payload: &Value) -> Result<()> {
    let mut progress: Progress = serde_json::from_value(payload.clone())
        .map_err(|e| Error::corrupt(format!("a completion to go on with: {e}")))?;
    let mut done = settle(app, progress.event).await?;
    if let Some(session) = progress.granting.filter(|_| done) {
        let id = progress.event;
        let who = app.store.read(move |conn| by(conn, id, session)).await?;
        if let Some(who) = who {
            let decided = decide_all(app, &who, id, &GRANT, progress.after).await?;
            (progress.after, done) = (decided.last, decided.last.is_none());
        }
    }
    if done {
        return Ok(());
    }
    let now = app.now();
    let next = move |conn: &mut Db| {
        if store::outbox::take(conn, task)? { progress.queue(conn, now, now) } else { Ok(()) }
    };
    app.store.write_quietly(next).await
}

/// Who completed an event, if the account still is one.
fn by(conn: &mut Db, id: EventId, session: SessionId) -> Result<Option<StaffActor>> {
    let by = completed_by(&events::require(conn, id)?)?;
    store::sessions::staff_behind(conn, by, session)
}

fn completed_by(event: &Event) -> Result<StaffId> {
    event.completed_by.ok_or_else(|| Error::corrupt("an event that nobody completed"))
}

/// The event becomes completed, and that has to be gone on with; whether its claims are granted in the same act.
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
            let progress = Progress { event: id, granting: at_once.then_some(who.session), after: None };
            progress.queue(conn, now.plus_seconds(GO_ON_AFTER_S), now)?;
            note(conn, &who, "events.complete", &event, json!({"grantsAtOnce": at_once}), &ctx, now)?;
            Ok(at_once)
        })
        .await
}

/// Settles the next stays of a completed event, as many as one request does; whether none is left.
async fn settle(app: &App, id: EventId) -> Result<bool> {
    let (mut after, mut settled) = (None, 0);
    while settled < REQUEST_MAX {
        let (now, zone) = (app.now(), app.store.zone().clone());
        let (last, count) = app.store.write(move |conn| settle_some(conn, id, after, (now, &zone))).await?;
        settled += count;
        if last.is_none() {
            return Ok(true);
        }
        after = last;
    }
    Ok(false)
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

/// Settles the next stays of a completed event, all in the same few statements: the last one, if more may follow, and how many.
fn settle_some(
    conn: &mut Db,
    id: EventId,
    after: Option<SignUpId>,
    (now, zone): (Ts, &Zone),
) -> Result<(Option<SignUpId>, usize)> {
    let event = events::lock(conn, id)?;
    let by = completed_by(&event)?;
    let rows = attendance::unsettled(conn, id, after, CHUNK)?;
    if rows.is_empty() {
        return Ok((None, 0));
    }
    let paid = Paid::of(conn, &event)?;
    let known = Beneficiary::residents(conn, &rows.iter().map(|row| row.resident).collect::<Vec<_>>())?;
    let (mut stays, mut claims): (Vec<Settled>, Vec<NewClaim>) = (Vec::new(), Vec::new());
    for row in &rows {
        let (came, left) = (row.checked_in_at, row.checked_out_at);
        let minutes = came.zip(left).map_or(0, |(came, left)| event.times().minutes(Ts(came), Ts(left)));
        let claim = match &paid {
            Some(paid) => claim(&event, paid, &known, (row, minutes, by), zone)?,
            None => None,
        };
        stays.push((row.id, minutes, claim.as_ref().map(|claim| claim.id)));
        claims.extend(claim);
    }
    let reviews: Vec<_> = claims.iter().map(|claim| (AnyId::of(claim.id), claim.unit)).collect();
    store::claims::insert_all(conn, &claims, now)?;
    store::reviews::open_all(conn, store::reviews::Kind::Claim, &reviews, now)?;
    attendance::settle(conn, &stays)?;
    let last = rows.last().map(|row| row.id).filter(|_| rows.len() as i64 == CHUNK);
    Ok((last, rows.len()))
}

/// The claim of a stay; none for who earned nothing, has left, or has no household where that is paid.
fn claim(
    event: &Event,
    paid: &Paid,
    known: &HashMap<ResidentId, Beneficiary>,
    (row, minutes, by): (&SignUp, i32, StaffId),
    zone: &Zone,
) -> Result<Option<NewClaim>> {
    let Some(quantity) = earned(paid.per, minutes, paid.item.needs_quantity()) else { return Ok(None) };
    let whom = known.get(&row.resident).ok_or_else(|| Error::corrupt("a stay of nobody"))?;
    let household = paid.item.subject == Subject::Household;
    if !whom.active || (household && whom.household.is_none()) {
        return Ok(None);
    }
    Ok(Some(NewClaim {
        id: ClaimId::new(),
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
    }))
}
