//! The desk: reviews.

mod views;

use actix_web::web::{Json, Path};
use actix_web::{get, post};
use community::claims::ClaimDecision;
use community::reviews::{self, Decided, Decision, Kind, Publishing, ReviewQuery};
use domain::ids::{ReviewId, UnitId};
use domain::{Code, Points};
use http_kit::answers::Done;
use http_kit::json::Params;
use http_kit::paging::PageView;
use http_kit::who::{CurrentStaff, NamedStaff};
use http_kit::{ApiError, Body, Context, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::list::{list_params, listed};
use views::ReviewView;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_reviews).service(claim_review).service(release_review).service(decide_review);
}

/// What a review is of.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewKind {
    /// A deed, with its claim if it carries one.
    Deed,
    /// A comment.
    Comment,
    /// A claim that staff entered.
    Claim,
    /// A nickname whose check was in doubt, or failed.
    Nickname,
    /// The picture of a person, whose check was in doubt, or failed.
    Avatar,
}

impl From<ReviewKind> for Kind {
    fn from(kind: ReviewKind) -> Self {
        match kind {
            ReviewKind::Deed => Self::Deed,
            ReviewKind::Comment => Self::Comment,
            ReviewKind::Claim => Self::Claim,
            ReviewKind::Nickname => Self::Nickname,
            ReviewKind::Avatar => Self::Avatar,
        }
    }
}

/// Where a review stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// It waits.
    #[default]
    Open,
    /// It was decided.
    Decided,
}

list_params! {
    /// Which reviews to list.
    ReviewParams {
        /// In the subtree of this unit; everything within reach if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
        /// Of this kind.
        #[param(inline)]
        kind: Option<ReviewKind>,
        /// `open` if nothing is said.
        #[param(inline)]
        state: Option<ReviewState>,
        /// Only what the asker has claimed, or has decided.
        mine: Option<bool>,
    }
}

/// Lists what waits for a decision, oldest first.
#[utoipa::path(tag = "staff desk", security(("bearer" = [])), params(ReviewParams),
    responses((status = 200, description = "A page of reviews", body = PageView<ReviewView>),
        (status = 404, description = "No such unit, or not within reach", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/reviews")]
async fn list_reviews(
    app: Tenant,
    who: CurrentStaff,
    query: Params<ReviewParams>,
) -> Result<Tagged<PageView<ReviewView>>, ApiError> {
    let query = query.0;
    let part = ReviewQuery {
        unit: query.unit,
        kind: query.kind.map(Into::into),
        open: query.state.unwrap_or_default() == ReviewState::Open,
        mine: query.mine.unwrap_or(false),
    };
    Ok(listed(reviews::list(&app, who.0, part, query.page()?).await?))
}

/// Claims a review for 15 minutes. To claim it again begins the time anew.
#[utoipa::path(tag = "staff desk", security(("bearer" = [])), params(("id" = String, Path, description = "The review")),
    responses((status = 200, description = "The review, claimed", body = ReviewView)))]
#[post("/reviews/{id}/claim")]
async fn claim_review(
    app: Tenant,
    who: CurrentStaff,
    id: Path<ReviewId>,
    context: Context,
) -> Result<Json<ReviewView>, ApiError> {
    Ok(Json(reviews::claim(&app, who.0, *id, context.plain()).await?.into()))
}

/// Gives a claimed review back.
#[utoipa::path(tag = "staff desk", security(("bearer" = [])), params(("id" = String, Path, description = "The review")),
    responses((status = 200, description = "The review, free", body = ReviewView)))]
#[post("/reviews/{id}/release")]
async fn release_review(
    app: Tenant,
    who: CurrentStaff,
    id: Path<ReviewId>,
    context: Context,
) -> Result<Json<ReviewView>, ApiError> {
    Ok(Json(reviews::release(&app, who.0, *id, context.plain()).await?.into()))
}

/// Whether others may see it.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "publish")]
pub enum PublishWord {
    /// Everybody may.
    Publish,
    /// Nobody may.
    Reject,
}

/// The decision on publishing.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"decision": "publish"}))]
pub struct PublishDecision {
    /// What is decided.
    pub decision: PublishWord,
    /// Why it is rejected: required then, and read by its author.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// Whether points are granted.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "grant")]
pub enum GrantWord {
    /// They are.
    Grant,
    /// They are not.
    Refuse,
}

/// The decision on granting.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"decision": "grant", "points": "5.00"}))]
pub struct GrantDecision {
    /// What is decided.
    pub decision: GrantWord,
    /// How many points, where the item leaves that to who decides.
    #[schema(value_type = Option<String>, example = "5.00", pattern = "^[0-9]{1,12}(\\.[0-9]{1,2})?$")]
    pub points: Option<Points>,
    /// The quantity, if another than was claimed.
    #[schema(value_type = Option<String>, example = "1.50", pattern = "^[0-9]{1,12}(\\.[0-9]{1,2})?$")]
    pub quantity: Option<Points>,
    /// Why it is refused: required then, and read by whoever claimed.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// The decisions of a review.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"publish": {"decision": "publish"}, "grant": {"decision": "grant", "points": "5.00"}}))]
pub struct DecideReview {
    /// On publishing: required for a deed and for a comment.
    #[validate(nested)]
    pub publish: Option<PublishDecision>,
    /// On granting: required for a claim, and for a published deed that carries one.
    #[validate(nested)]
    pub grant: Option<GrantDecision>,
}

impl DecideReview {
    fn read(self) -> Result<Decision, ApiError> {
        let publish = self.publish.map(|publish| match publish.decision {
            PublishWord::Publish => Publishing::Publish,
            PublishWord::Reject => Publishing::Reject { reason: publish.reason },
        });
        let grant = match self.grant {
            None => None,
            Some(GrantDecision { decision: GrantWord::Grant, points, quantity, .. }) => {
                Some(ClaimDecision::Grant { points, quantity })
            }
            Some(GrantDecision { decision: GrantWord::Refuse, reason, .. }) => {
                Some(ClaimDecision::Refuse { reason: reason.ok_or(Code::ReasonRequired)? })
            }
        };
        Ok(Decision { publish, grant })
    }
}

/// What a decision did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "rev_01jbr62tryfk1sh9p01j0gre6f", "state": "decided", "published": true, "merit": "5.00", "redeemable": "5.00"}))]
pub struct ReviewDecidedView {
    /// The review.
    pub id: String,
    /// Always `decided`.
    pub state: String,
    /// Whether it was published; null where there was nothing to publish.
    pub published: Option<bool>,
    /// Merit that was granted; null where there was no claim.
    pub merit: Option<String>,
    /// Redeemable points that were granted; null where there was no claim.
    pub redeemable: Option<String>,
}

impl From<Decided> for ReviewDecidedView {
    fn from(decided: Decided) -> Self {
        Self {
            id: decided.review.to_string(),
            state: "decided".to_owned(),
            published: decided.published,
            merit: decided.granted.map(|(merit, _)| merit.to_string()),
            redeemable: decided.granted.map(|(_, redeemable)| redeemable.to_string()),
        }
    }
}

/// Decides a claimed review, once.
///
/// Publishing and granting are two decisions of one review and happen together or not at all: if a cap is reached, nothing is published.
#[utoipa::path(tag = "staff desk", security(("bearer" = [])), request_body = DecideReview,
    params(("id" = String, Path, description = "The review"),
        ("Idempotency-Key" = String, Header, description = "A key of the client's choice: the same request is done once",
        example = "decide-2026-03-01-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "What was decided", body = ReviewDecidedView)))]
#[post("/reviews/{id}/decide")]
async fn decide_review(
    app: Tenant,
    who: NamedStaff,
    id: Path<ReviewId>,
    context: Context,
    body: Body<DecideReview>,
) -> Result<Done<ReviewDecidedView>, ApiError> {
    let ctx = context.keyed_strictly(who.staff, &body)?;
    let decided = reviews::decide(&app, who.session, *id, body.value.read()?, ctx).await?;
    Ok(Done { body: decided.outcome.into(), replayed: decided.replayed })
}
