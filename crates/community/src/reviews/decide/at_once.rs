//! The grant that nothing is in the way of, on PostgreSQL: decided from what is read outside any transaction, and written with those of
//! other requests under the same guards. Whatever else it turns out to be, a refusal or a repetition, is for the long way to find and say.

use domain::access::Permission;
use domain::ids::{ReviewId, SessionId};
use domain::{Day, Points, Ts};
use foundation::{App, Error, RequestContext, Result};
use store::claims::at_once::Writes;
use store::claims::facts::Facts;
use store::idempotency::KeyUse;

use super::{Decided, Decision, act};
use crate::claims::{ClaimDecision, Matter};
use crate::notes;

/// Grants, or says that this one has to go the long way.
pub(super) async fn grant(
    app: &App,
    session: SessionId,
    review: ReviewId,
    decision: &Decision,
    ctx: &RequestContext,
) -> Result<Option<Decided>> {
    let Decision { publish: None, grant: Some(ClaimDecision::Grant { points, quantity }) } = decision else {
        return Ok(None);
    };
    let Some(key) = ctx.key.clone().filter(|_| app.store.gathers()) else { return Ok(None) };
    let wanted = Wanted { figures: (*points, *quantity), key, ctx: ctx.clone() };
    let Some(facts) = app.store.facts(session, review).await? else { return Ok(None) };
    match wanted.writes(&facts, app.now(), app.store.today()) {
        Ok(Some((decided, writes))) => Ok(app.store.grant(writes).await.then_some(decided)),
        Ok(None) | Err(Error::Refused(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// What is asked for.
struct Wanted {
    /// Points and quantity, where whoever decides says them.
    figures: (Option<Points>, Option<Points>),
    key: KeyUse,
    ctx: RequestContext,
}

impl Wanted {
    fn writes(self, facts: &Facts, now: Ts, today: Day) -> Result<Option<(Decided, Writes)>> {
        let Self { figures, key, ctx } = self;
        let Facts { who, review, claim, place, .. } = facts;
        who.require(Permission::Award, &place.0)?;
        // One that a guard would refuse must not take the others of its batch with it.
        if review.state != "open" || review.holder(now) != Some(who.id) {
            return Ok(None);
        }
        let Some((settled, group)) = Matter::at_once(facts, figures, today)? else { return Ok(None) };
        let points = settled.decided();
        let granted = Some((points.merit, points.redeemable));
        let decided = Decided { review: review.id, published: None, granted };
        let outcome =
            serde_json::to_string(&decided).map_err(|e| Error::corrupt(format!("an outcome: {e}")))?;
        let told = match claim.resident {
            Some(resident) => vec![notes::granted_to(resident, claim, points.redeemable).written()?],
            None => return Ok(None),
        };
        let writes = Writes {
            request: Some((key, outcome)),
            review: review.id,
            claim: claim.id,
            version: claim.version,
            granted: settled.granted,
            by: who.id,
            takes: settled.takes,
            group,
            act: Some(act(who, review, &decided, &ctx)?),
            told,
            now,
        };
        Ok(Some((decided, writes)))
    }
}
