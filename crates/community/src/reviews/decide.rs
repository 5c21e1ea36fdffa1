//! Deciding a review: publishing and granting are two decisions of one review, in one transaction. If one of them is refused, neither
//! happens.

use domain::access::{Path, StaffActor};
use domain::deeds::DeedState;
use domain::ids::{ClaimId, CommentId, DeedId, ReviewId};
use domain::{Code, Day, FieldFault, Points, Ts, text};
use foundation::{App, Error, Once, RequestContext, Result};
use serde::{Deserialize, Serialize};
use store::Db;
use store::claims::Claim;
use store::reviews::{Kind, Review};

use crate::claims::{ClaimDecision, Matter};

/// Whether others may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publishing {
    /// Everybody may.
    Publish,
    /// Nobody may.
    Reject {
        /// Why; its author reads it.
        reason: Option<String>,
    },
}

/// The two decisions of a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// On publishing a deed or a comment.
    pub publish: Option<Publishing>,
    /// On granting a claim.
    pub grant: Option<ClaimDecision>,
}

/// What a decision did: no texts, because it is kept to be answered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The review.
    pub review: ReviewId,
    /// Whether it was published; none where there was nothing to publish.
    pub published: Option<bool>,
    /// Merit and redeemable points that were granted; none where there was no claim.
    pub granted: Option<(Points, Points)>,
}

/// Decides a review that the account has claimed. Of many who decide at once, one does.
pub async fn decide(
    app: &App,
    who: StaffActor,
    id: ReviewId,
    decision: Decision,
    ctx: RequestContext,
) -> Result<Once<Decided>> {
    let decision = parsed(decision)?;
    let (now, today) = (app.now(), app.store.today());
    app.store
        .write(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let (review, path) = super::reached(conn, &who, id)?;
                let matter = match super::kind(&review)? {
                    Kind::Claim => Some(entered(conn, &review, &path)?),
                    Kind::Deed | Kind::Comment => None,
                };
                match &matter {
                    Some(matter) => matter.recuse(&who)?,
                    None => super::recuse(conn, &who, &review)?,
                }
                if !store::reviews::decide(conn, id, who.id, now)? {
                    return Err(super::why_not(conn, &who, id, now)?);
                }
                let desk = Desk { who: &who, path: &path, now, today };
                let decided = match (super::kind(&review)?, &matter) {
                    (Kind::Comment, _) => desk.comment(conn, &review, &decision)?,
                    (_, Some(matter)) => desk.claim(conn, &review, matter, &decision)?,
                    (_, None) => desk.deed(conn, &review, &decision)?,
                };
                let points = decided.granted.map(|(merit, redeemable)| [merit, redeemable]);
                let detail = serde_json::json!({ "object": review.object.to_string(), "published": decided.published,
                    "granted": points });
                super::record(conn, &who, "reviews.decide", &review, detail, &ctx, now)?;
                Ok(decided)
            })
        })
        .await
}

/// The claim that a review is of.
fn entered(conn: &mut Db, review: &Review, path: &Path) -> Result<Matter> {
    let id: ClaimId = review.object.typed();
    let claim = store::claims::find(conn, id)?.ok_or(Error::from(Code::ReviewNotFound))?;
    Matter::of(conn, claim, path)
}

/// Reads the reason of a rejection, which must be there.
fn parsed(decision: Decision) -> Result<Decision> {
    let Some(Publishing::Reject { reason }) = &decision.publish else { return Ok(decision) };
    let reason = crate::people::optional("publish.reason", reason.as_deref(), text::REASON)?;
    let reason = Some(reason.ok_or(Code::ReasonRequired)?);
    Ok(Decision { publish: Some(Publishing::Reject { reason }), ..decision })
}

fn missing(field: &'static str) -> FieldFault {
    FieldFault::new(field, "missing", "此事项需要作出这一决定", "this review needs that decision")
}

fn unexpected(field: &'static str) -> FieldFault {
    FieldFault::new(field, "unexpected", "此事项没有这一决定", "this review has no such decision")
}

struct Desk<'a> {
    who: &'a StaffActor,
    path: &'a Path,
    now: Ts,
    today: Day,
}

impl Desk<'_> {
    fn deed(&self, conn: &mut Db, review: &Review, decision: &Decision) -> Result<Decided> {
        let id: DeedId = review.object.typed();
        let publish = decision.publish.as_ref().ok_or_else(|| missing("publish"))?;
        let carried = store::deeds::claims_of(conn, &[id])?.into_iter().find(|c| c.state == "submitted");
        let granted = match (carried, &decision.grant) {
            (Some(claim), Some(grant)) => {
                let matter = Matter::of(conn, claim, self.path)?;
                Some(self.grant(conn, &matter, grant.clone())?)
            }
            (Some(claim), None) => self.fall(conn, &claim, publish)?,
            (None, Some(_)) => return Err(unexpected("grant").into()),
            (None, None) => None,
        };
        let done = match publish {
            Publishing::Publish => store::deeds::publish(conn, id, self.now)?,
            Publishing::Reject { reason } => {
                store::deeds::close(conn, id, DeedState::Pending, DeedState::Rejected, reason.as_deref())?
            }
        };
        if !done {
            return Err(Code::AlreadyDecided.into());
        }
        let published = *publish == Publishing::Publish;
        if published {
            store::feed::show(conn, id)?;
        }
        Ok(Decided { review: review.id, published: Some(published), granted })
    }

    /// A deed that is rejected takes its claim with it; one that is published needs the second decision.
    fn fall(&self, conn: &mut Db, claim: &Claim, publish: &Publishing) -> Result<Option<(Points, Points)>> {
        let Publishing::Reject { reason } = publish else { return Err(missing("grant").into()) };
        if !store::claims::refuse(conn, claim.id, self.who.id, self.now)? {
            return Err(Code::AlreadyDecided.into());
        }
        if let Some(reason) = reason {
            store::claims::set_reason(conn, claim.id, reason)?;
        }
        Ok(Some((Points::ZERO, Points::ZERO)))
    }

    fn grant(&self, conn: &mut Db, matter: &Matter, decision: ClaimDecision) -> Result<(Points, Points)> {
        let decided = matter.decide(conn, self.who, decision, self.now, self.today)?;
        Ok((decided.merit, decided.redeemable))
    }

    fn comment(&self, conn: &mut Db, review: &Review, decision: &Decision) -> Result<Decided> {
        let id: CommentId = review.object.typed();
        let publish = decision.publish.as_ref().ok_or_else(|| missing("publish"))?;
        if decision.grant.is_some() {
            return Err(unexpected("grant").into());
        }
        let (published, reason) = match publish {
            Publishing::Publish => (true, None),
            Publishing::Reject { reason } => (false, reason.as_deref()),
        };
        if !store::comments::decide(conn, id, published, reason)? {
            return Err(Code::AlreadyDecided.into());
        }
        if published {
            let comment = store::comments::find(conn, id)?.ok_or(Code::CommentNotFound)?;
            store::comments::count(conn, comment.deed, 1)?;
        }
        Ok(Decided { review: review.id, published: Some(published), granted: None })
    }

    fn claim(&self, conn: &mut Db, review: &Review, matter: &Matter, decision: &Decision) -> Result<Decided> {
        if decision.publish.is_some() {
            return Err(unexpected("publish").into());
        }
        let grant = decision.grant.clone().ok_or_else(|| missing("grant"))?;
        let granted = self.grant(conn, matter, grant)?;
        Ok(Decided { review: review.id, published: None, granted: Some(granted) })
    }
}
