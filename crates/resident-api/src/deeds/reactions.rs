//! What people do with a published deed: like, share, report.

use actix_web::web::{Json, Path};
use actix_web::{delete, post, put};
use community::reactions::{self, Liked, ReportCause};
use domain::ids::DeedId;
use http_kit::who::{CurrentPerson, NamedPerson};
use http_kit::{ApiError, Body, Context, Created, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(like_deed).service(unlike_deed).service(share_deed).service(report_deed);
}

/// Where a like stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"liked": true, "likeCount": 12}))]
pub struct LikeView {
    /// Whether the person likes the deed.
    pub liked: bool,
    /// How many do.
    pub like_count: i64,
}

impl From<Liked> for LikeView {
    fn from(liked: Liked) -> Self {
        Self { liked: liked.liked, like_count: liked.count }
    }
}

/// Likes a deed of somebody else's. A like moves no points.
#[utoipa::path(tag = "deeds", security(("bearer" = [])), params(("id" = String, Path, description = "The deed")),
    responses((status = 200, description = "The like", body = LikeView)))]
#[put("/deeds/{id}/like")]
async fn like_deed(app: Tenant, who: NamedPerson, id: Path<DeedId>) -> Result<Json<LikeView>, ApiError> {
    Ok(Json(reactions::like(&app, who.identity, who.session, *id).await?.into()))
}

/// Takes a like back.
#[utoipa::path(tag = "deeds", security(("bearer" = [])), params(("id" = String, Path, description = "The deed")),
    responses((status = 200, description = "The like", body = LikeView)))]
#[delete("/deeds/{id}/like")]
async fn unlike_deed(app: Tenant, who: CurrentPerson, id: Path<DeedId>) -> Result<Json<LikeView>, ApiError> {
    Ok(Json(reactions::unlike(&app, who.0, *id).await?.into()))
}

/// How often a deed was shared.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"shareCount": 3}))]
pub struct ShareView {
    /// How many people shared it.
    pub share_count: i64,
}

/// Counts that the person shared a deed; each person counts once.
#[utoipa::path(tag = "deeds", security(("bearer" = [])), params(("id" = String, Path, description = "The deed")),
    responses((status = 200, description = "The count", body = ShareView)))]
#[post("/deeds/{id}/shares")]
async fn share_deed(app: Tenant, who: CurrentPerson, id: Path<DeedId>) -> Result<Json<ShareView>, ApiError> {
    Ok(Json(ShareView { share_count: reactions::share(&app, who.0, *id).await? }))
}

/// Why a deed is reported.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "untrue")]
pub enum ReportCauseKey {
    /// It is not true.
    Untrue,
    /// It shows or names somebody who did not want that.
    Privacy,
    /// It offends.
    Offensive,
    /// It advertises.
    Advertising,
    /// Anything else.
    Other,
}

impl From<ReportCauseKey> for ReportCause {
    fn from(key: ReportCauseKey) -> Self {
        match key {
            ReportCauseKey::Untrue => Self::Untrue,
            ReportCauseKey::Privacy => Self::Privacy,
            ReportCauseKey::Offensive => Self::Offensive,
            ReportCauseKey::Advertising => Self::Advertising,
            ReportCauseKey::Other => Self::Other,
        }
    }
}

/// A report.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"cause": "privacy", "note": "照片里有我家的孩子"}))]
pub struct ReportDeed {
    /// Why.
    pub cause: ReportCauseKey,
    /// What else staff should know.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub note: Option<String>,
}

/// A report that was made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "rpt_01jbr62tryfk1sh9p01j0gre6f"}))]
pub struct ReportMadeView {
    /// Its id.
    pub id: String,
}

/// Reports a deed of somebody else's to staff; each person once.
#[utoipa::path(tag = "deeds", security(("bearer" = [])), request_body = ReportDeed,
    params(("id" = String, Path, description = "The deed"),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "report-2026-03-01-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The report", body = ReportMadeView)))]
#[post("/deeds/{id}/reports")]
async fn report_deed(
    app: Tenant,
    who: CurrentPerson,
    id: Path<DeedId>,
    context: Context,
    body: Body<ReportDeed>,
) -> Result<Created<ReportMadeView>, ApiError> {
    let ctx = context.keyed(who.0.identity, &body);
    let cause = body.value.cause.into();
    let made = reactions::report(&app, who.0, *id, cause, body.value.note.as_deref(), ctx).await?;
    let body = ReportMadeView { id: made.outcome.to_string() };
    Ok(Created { body, location: format!("/v1/deeds/{id}"), replayed: made.replayed })
}
