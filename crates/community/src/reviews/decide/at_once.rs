//! The grant that nothing is in the way of, on PostgreSQL: decided from what is read outside any transaction, and written with those of
//! other requests under the same guards. Whatever else it turns out to be, a refusal or a repetition, is for the long way to find and say.

use domain::Day;
use domain::access::StaffActor;
use domain::ids::ReviewId;
use domain::{Points, Ts};
use foundation::{App, Error, RequestContext, Result};
use store::Db;
use store::claims::at_once::Writes;
use store::idempotency::KeyUse;
use store::reviews::Kind;

use super::{Decided, Decision, act};
use crate::claims::{ClaimDecision, Matter};

/// Grants, or says that this one has to go the long way.
pub(super) async fn grant(
    app: &App,
    who: &StaffActor,
    id: ReviewId,
    decision: &Decision,
    ctx: &RequestContext,
) -> Result<Option<Decided>> {
    let Decision { publish: None, grant: Some(ClaimDecision::Grant { points, quantity }) } = decision else {
        return Ok(None);
    };
    let Some(key) = ctx.key.clone().filter(|_| app.store.gathers()) else { return Ok(None) };
    let wanted = Wanted { who: who.clone(), id, figures: (*points, *quantity), key, ctx: ctx.clone() };
    let (now, today) = (app.now(), app.store.today());
    let found = app.store.read(move |conn| wanted.writes(conn, now, today)).await;
    let Some((decided, writes)) = found.or_else(|error| match error {
        Error::Refused(_) => Ok(None),
        other => Err(other),
    })?
    else {
        return Ok(None);
    };
    Ok(app.store.grant(writes).await.then_some(decided))
}

/// What is asked for.
struct Wanted {
    who: StaffActor,
    id: ReviewId,
    /// Points and quantity, where whoever decides says them.
    figures: (Option<Points>, Option<Points>),
    key: KeyUse,
    ctx: RequestContext,
}

impl Wanted {
    fn writes(self, conn: &mut Db, now: Ts, today: Day) -> Result<Option<(Decided, Writes)>> {
        let Self { who, id, figures, key, ctx } = self;
        let mut found = super::super::reached(conn, &who, id)?;
        let claim = found.claim.take();
        let Some(claim) = claim.filter(|_| found.review.kind == Kind::Claim.word()) else { return Ok(None) };
        let (claim_id, version) = (claim.id, claim.version);
        let matter = Matter::with(conn, claim, found.abode.clone(), &found.place)?;
        let Some((settled, group)) = matter.writes(conn, &who, figures, today)? else { return Ok(None) };
        let points = settled.decided();
        let decided =
            Decided { review: id, published: None, granted: Some((points.merit, points.redeemable)) };
        let outcome =
            serde_json::to_string(&decided).map_err(|e| Error::corrupt(format!("an outcome: {e}")))?;
        let act = act(&who, &found, &decided, &ctx);
        let writes = Writes {
            key,
            outcome,
            review: id,
            claim: claim_id,
            version,
            granted: settled.granted,
            by: who.id,
            takes: settled.takes,
            group,
            act,
            now,
        };
        Ok(Some((decided, writes)))
    }
}
