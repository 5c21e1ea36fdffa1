//! Deciding all claims of an event: each in a transaction of its own, by the granting that decides any claim.

use domain::access::{Permission, StaffActor};
use domain::deeds::REVIEW_LEASE_S;
use domain::events::EventState;
use domain::ids::{ClaimId, EventId, ReviewId};
use domain::text::{self, REASON};
use domain::{Code, Day, Ts};
use foundation::{App, Error, RequestContext, Result};
use serde_json::json;
use store::Db;
use store::events::attendance::{self, Outcome};

use super::{note, reached};
use crate::claims::{ClaimDecision, Matter};

/// Claims that one request decides; asking again goes on.
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
    let left = decide_all(app, who, id, &decision).await?;
    let outcome = app.store.read(move |conn| attendance::outcome(conn, id)).await?;
    Ok(Awarded { outcome, left })
}

/// Decides up to [`REQUEST_MAX`] claims; those that are refused stay in the queue of reviews, and are returned with why.
pub(super) async fn decide_all(
    app: &App,
    who: &StaffActor,
    id: EventId,
    decision: &ClaimDecision,
) -> Result<Vec<(ClaimId, Code)>> {
    let (mut after, mut seen, mut left) = (None, 0, Vec::new());
    while seen < REQUEST_MAX {
        let page = app.store.read(move |conn| attendance::undecided(conn, id, after, PAGE)).await?;
        let Some((last, _)) = page.last().copied() else { break };
        (after, seen) = (Some(last), seen + page.len());
        for (claim, review) in page {
            let (who, decision) = (who.clone(), decision.clone());
            let (now, today) = (app.now(), app.store.today());
            let decided = app
                .store
                .write(move |conn| decide(conn, &who, (claim, review), decision.clone(), (now, today)))
                .await;
            match decided {
                Ok(()) => {}
                Err(Error::Refused(why)) => left.push((claim, why.code)),
                Err(other) => return Err(other),
            }
        }
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
