//! Deciding all claims of an event, a page at a time, by the granting that decides any claim. What is refused of them leaves the others alone.

use domain::access::{Permission, StaffActor};
use domain::deeds::REVIEW_LEASE_S;
use domain::events::EventState;
use domain::ids::{ClaimId, EventId, ReviewId};
use domain::text::{self, REASON};
use domain::{Code, Day, Ts};
use foundation::{App, Error, RequestContext, Result};
use serde_json::json;
use store::Db;
use store::events::attendance::{self, Outcome, Undecided};

use super::{note, reached};
use crate::claims::{ClaimDecision, Matter, grants};

/// Stays that one request settles, and claims that it decides; asking again goes on.
pub const REQUEST_MAX: usize = 200;
/// Claims that are looked up at once.
const PAGE: i64 = 50;

/// What became of an event's claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awarded {
    /// All of them, as of now.
    pub outcome: Outcome,
    /// Those that this request could not decide, and why.
    pub left: Vec<(ClaimId, Code)>,
}

/// Decides the claims of a completed event that nobody decided yet. Where the policy wants four eyes it is somebody else than who drafted and
/// who completed the event.
pub async fn award(
    app: &App,
    who: &StaffActor,
    id: EventId,
    decision: ClaimDecision,
    ctx: RequestContext,
) -> Result<Awarded> {
    let (actor, now) = (who.clone(), app.now());
    if let ClaimDecision::Refuse { reason } = &decision {
        text::parse("reason", reason, REASON)?;
    }
    let word = if matches!(decision, ClaimDecision::Refuse { .. }) { "refuse" } else { "grant" };
    app.store
        .write(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let event = store::events::require(conn, id)?;
                let (_, policy) = reached(conn, &actor, Permission::Award, &event)?;
                if event.state()? != EventState::Completed {
                    return Err(Code::EventStateConflict.into());
                }
                let involved = event.drafted_by == actor.id || event.completed_by == Some(actor.id);
                if policy.four_eyes && involved {
                    return Err(Code::FourEyes.into());
                }
                note(conn, &actor, "events.award", &event, json!({"decision": word}), &ctx, now)
            })
        })
        .await?;
    let left = decide_all(app, who, id, &decision, None).await?.left;
    let outcome = app.store.read(move |conn| attendance::outcome(conn, id)).await?;
    Ok(Awarded { outcome, left })
}

/// What came of deciding some claims.
pub(super) struct Decided {
    /// Those that could not be decided stay in the queue of reviews, and why.
    pub(super) left: Vec<(ClaimId, Code)>,
    /// The last that was looked at, if more may follow.
    pub(super) last: Option<ClaimId>,
}

/// Decides up to [`REQUEST_MAX`] claims after one.
pub(super) async fn decide_all(
    app: &App,
    who: &StaffActor,
    id: EventId,
    decision: &ClaimDecision,
    mut after: Option<ClaimId>,
) -> Result<Decided> {
    let (mut seen, mut left) = (0, Vec::new());
    while seen < REQUEST_MAX {
        let page = app.store.read(move |conn| attendance::undecided(conn, id, after, PAGE)).await?;
        let Some((last, _)) = page.last().copied() else { return Ok(Decided { left, last: None }) };
        (after, seen) = (Some(last), seen + page.len());
        let rest = together(app, who, id, &page, decision).await?;
        left.extend(one_by_one(app, who, rest, decision).await?);
    }
    Ok(Decided { left, last: after })
}

/// Grants what it can of a page in one transaction, where each statement is a round trip; returns the rest.
async fn together(
    app: &App,
    who: &StaffActor,
    id: EventId,
    page: &[Undecided],
    decision: &ClaimDecision,
) -> Result<Vec<Undecided>> {
    let ClaimDecision::Grant { points, quantity } = *decision else { return Ok(page.to_vec()) };
    if !app.store.gathers() {
        return Ok(page.to_vec());
    }
    let (who, all, now, today) = (who.clone(), page.to_vec(), app.now(), app.store.today());
    let granted = app
        .store
        .write(move |conn| {
            let event = store::events::lock(conn, id)?;
            // Before accounts are opened: who goes the long way holds a review when it comes to the account.
            store::reviews::lock_all(conn, &all.iter().map(|(_, review)| *review).collect::<Vec<_>>())?;
            let mut writes = grants(conn, &who, &all, event.drafted_by, (points, quantity), (now, today))?;
            let reviews: Vec<ReviewId> = writes.iter().map(|one| one.review).collect();
            let until = now.plus_seconds(REVIEW_LEASE_S);
            let held = store::reviews::claim_all(conn, &reviews, who.id, now, until)?;
            writes.retain(|one| held.contains(&one.review));
            store::claims::at_once::write(conn, &writes, now)?;
            Ok(writes.iter().map(|one| one.claim).collect::<Vec<ClaimId>>())
        })
        .await;
    match granted {
        Ok(granted) => Ok(page.iter().copied().filter(|(claim, _)| !granted.contains(claim)).collect()),
        // A cap that one of them would pass, or somebody who decided meanwhile: nothing of any is written.
        Err(Error::Refused(_)) => Ok(page.to_vec()),
        Err(other) => Err(other),
    }
}

/// Decides claims, each on its own: on PostgreSQL in a transaction of its own, because each takes locks in its own order; on SQLite, which
/// has one writer, a page of them commits once. Returns those that are refused.
async fn one_by_one(
    app: &App,
    who: &StaffActor,
    claims: Vec<Undecided>,
    decision: &ClaimDecision,
) -> Result<Vec<(ClaimId, Code)>> {
    let (many, mut left) = (if app.store.gathers() { 1 } else { claims.len().max(1) }, Vec::new());
    for some in claims.chunks(many) {
        let (who, decision, some) = (who.clone(), decision.clone(), some.to_vec());
        let (now, today) = (app.now(), app.store.today());
        let decide = move |conn: &mut Db| {
            let mut refused = Vec::new();
            for one in &some {
                let decided =
                    store::attempt(conn, |conn| decide(conn, &who, *one, decision.clone(), (now, today)))?;
                refused.extend(decided.err().map(|why| (one.0, why.code)));
            }
            Ok(refused)
        };
        left.extend(app.store.write(decide).await?);
    }
    Ok(left)
}

fn decide(
    conn: &mut Db,
    who: &StaffActor,
    (claim, review): (ClaimId, ReviewId),
    decision: ClaimDecision,
    (now, today): (Ts, Day),
) -> Result<()> {
    let claim = store::claims::find(conn, claim)?.ok_or(Error::from(Code::ClaimNotFound))?;
    let place = store::units::place(conn, claim.unit)?;
    if !store::reviews::claim(conn, review, who.id, now, now.plus_seconds(REVIEW_LEASE_S))? {
        return Err(crate::reviews::why_not(conn, who, review, now)?);
    }
    let matter = Matter::of(conn, claim, &place)?;
    let review = match decision {
        ClaimDecision::Grant { .. } => Some(review),
        ClaimDecision::Refuse { .. } => {
            if !store::reviews::decide(conn, review, who.id, now)? {
                return Err(crate::reviews::why_not(conn, who, review, now)?);
            }
            None
        }
    };
    matter.decide(conn, who, (decision, review), (now, today)).map(drop)
}
