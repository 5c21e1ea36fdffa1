//! Deciding a review: publishing and granting are two decisions of one review, in one transaction. If one of them is refused, neither
//! happens.

mod at_once;

use domain::access::StaffActor;
use domain::deeds::DeedState;
use domain::ids::{CommentId, DeedId, ReviewId, SessionId};
use domain::{Code, Day, FieldFault, Points, Ts, text};
use foundation::inbox::{self, Kind as Told};
use foundation::{App, Error, Once, RequestContext, Result};
use serde::{Deserialize, Serialize};
use store::Db;
use store::audit::Act;
use store::claims::Claim;
use store::reviews::{Kind, Review};

use super::Found;
use crate::claims::{ClaimDecision, Matter};
use crate::notes;

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

/// Decides a review that the account of this session has claimed. Of many who decide at once, one does.
pub async fn decide(
    app: &App,
    session: SessionId,
    id: ReviewId,
    decision: Decision,
    ctx: RequestContext,
) -> Result<Once<Decided>> {
    let decision = parsed(decision)?;
    if let Some(decided) = at_once::grant(app, session, id, &decision, &ctx).await? {
        return Ok(Once { outcome: decided, replayed: false });
    }
    let (now, today) = (app.now(), app.store.today());
    app.store
        .write(move |conn| {
            let who = store::sessions::staff_actor(conn, session, now)?;
            store::idempotency::once_recorded(conn, ctx.key.as_ref(), now, |conn| {
                let found = super::reached(conn, &who, id)?;
                let desk = Desk { who: &who, found: &found, now, today };
                let decided = match super::kind(&found.review)? {
                    Kind::Deed => desk.deed(conn, &decision)?,
                    Kind::Comment => desk.comment(conn, &decision)?,
                    Kind::Claim => desk.claim(conn, &decision)?,
                    Kind::Nickname | Kind::Avatar => desk.face(conn, &decision)?,
                };
                Ok((decided, act(&who, &found.review, &decided, &ctx)?))
            })
        })
        .await
}

/// The row of the audit.
fn act(who: &StaffActor, review: &Review, decided: &Decided, ctx: &RequestContext) -> Result<Act> {
    let points = decided.granted.map(|(merit, redeemable)| [merit, redeemable]);
    let detail = serde_json::json!({ "object": super::object(review)?, "published": decided.published,
        "granted": points });
    Ok(super::act(who, "reviews.decide", review, detail, ctx))
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
    found: &'a Found,
    now: Ts,
    today: Day,
}

impl Desk<'_> {
    /// Decides the review itself, which stays with who claimed it.
    fn close(&self, conn: &mut Db) -> Result<()> {
        let (id, now) = (self.found.review.id, self.now);
        if store::reviews::decide(conn, id, self.who.id, now)? {
            return Ok(());
        }
        Err(super::why_not(conn, self.who, id, now)?)
    }

    fn deed(&self, conn: &mut Db, decision: &Decision) -> Result<Decided> {
        let author = super::recuse(conn, self.who, &self.found.review)?;
        self.close(conn)?;
        let id: DeedId = self.found.review.object.typed();
        let publish = decision.publish.as_ref().ok_or_else(|| missing("publish"))?;
        let carried = store::deeds::claims_of(conn, &[id])?.into_iter().find(|c| c.state == "submitted");
        let granted = match (carried, &decision.grant) {
            (Some(claim), Some(grant)) => {
                let matter = Matter::of(conn, claim, &self.found.place)?;
                Some(self.grant(conn, &matter, grant.clone(), None)?)
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
            super::checks::may_show(conn, id)?;
            store::feed::show(conn, id)?;
        }
        let kind = if published { Told::DeedPublished } else { Told::DeedRejected };
        inbox::tell(conn, &notes::of_deed(author, kind, id), self.now)?;
        Ok(Decided { review: self.found.review.id, published: Some(published), granted })
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

    fn grant(
        &self,
        conn: &mut Db,
        matter: &Matter,
        decision: ClaimDecision,
        review: Option<ReviewId>,
    ) -> Result<(Points, Points)> {
        let decided = matter.decide(conn, self.who, (decision, review), (self.now, self.today))?;
        Ok((decided.merit, decided.redeemable))
    }

    fn comment(&self, conn: &mut Db, decision: &Decision) -> Result<Decided> {
        super::recuse(conn, self.who, &self.found.review)?;
        self.close(conn)?;
        let id: CommentId = self.found.review.object.typed();
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
        let comment = store::comments::find(conn, id)?.ok_or(Code::CommentNotFound)?;
        if published {
            store::comments::count(conn, comment.deed, 1)?;
        }
        let kind = if published { Told::CommentPublished } else { Told::CommentRejected };
        inbox::tell(conn, &notes::of_comment(comment.resident, kind, id, comment.deed), self.now)?;
        Ok(Decided { review: self.found.review.id, published: Some(published), granted: None })
    }

    /// A nickname, or the picture of a person.
    fn face(&self, conn: &mut Db, decision: &Decision) -> Result<Decided> {
        super::recuse(conn, self.who, &self.found.review)?;
        self.close(conn)?;
        let publish = decision.publish.as_ref().ok_or_else(|| missing("publish"))?;
        if decision.grant.is_some() {
            return Err(unexpected("grant").into());
        }
        let reason = match publish {
            Publishing::Publish => None,
            Publishing::Reject { reason } => Some(reason.as_deref().unwrap_or_default()),
        };
        let (object, now) = (self.found.review.object, self.now);
        match super::kind(&self.found.review)? {
            Kind::Avatar => crate::avatars::decide(conn, object.typed(), reason.is_none(), now)?,
            _ => crate::me::nickname::decide(conn, object.typed(), reason, now)?,
        }
        Ok(Decided { review: self.found.review.id, published: Some(reason.is_none()), granted: None })
    }

    fn claim(&self, conn: &mut Db, decision: &Decision) -> Result<Decided> {
        let Found { review, place, claim, abode } = self.found;
        let claim = claim.clone().ok_or(Error::from(Code::ReviewNotFound))?;
        let matter = Matter::with(conn, claim, abode.clone(), place)?;
        matter.recuse(self.who)?;
        if review.state != "open" || review.holder(self.now) != Some(self.who.id) {
            return Err(super::why_not(conn, self.who, review.id, self.now)?);
        }
        if decision.publish.is_some() {
            return Err(unexpected("publish").into());
        }
        // A grant decides the review with the claim, under the guards of both.
        let granted = match decision.grant.clone().ok_or_else(|| missing("grant"))? {
            grant @ ClaimDecision::Grant { .. } => self.grant(conn, &matter, grant, Some(review.id))?,
            refuse @ ClaimDecision::Refuse { .. } => {
                self.close(conn)?;
                self.grant(conn, &matter, refuse, None)?
            }
        };
        Ok(Decided { review: review.id, published: None, granted: Some(granted) })
    }
}
