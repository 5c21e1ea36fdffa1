//! The desk: reports of deeds.

use actix_web::web::Path;
use actix_web::{get, post};
use community::reports::{self, Entry};
use domain::Ts;
use domain::ids::{ReportId, UnitId};
use http_kit::answers::Done;
use http_kit::json::Params;
use http_kit::paging::PageView;
use http_kit::who::CurrentStaff;
use http_kit::{ApiError, Body, Context, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::list::{list_params, listed};

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_reports).service(decide_report);
}

/// Where a report stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportState {
    /// It waits.
    #[default]
    Open,
    /// It was upheld or dismissed.
    Decided,
}

list_params! {
    /// Which reports to list.
    ReportParams {
        /// In the subtree of this unit; everything within reach if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
        /// `open` if nothing is said.
        #[param(inline)]
        state: Option<ReportState>,
    }
}

/// A report as the desk sees it. Who reported is not shown: nobody is to answer for a report.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "rpt_01jbr62tryfk1sh9p01j0gre6f", "deedId": "deed_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f",
    "cause": "privacy", "note": "照片里有我家的孩子", "state": "open", "decidedBy": null, "decidedAt": null, "createdAt": "2026-03-01T08:00:00Z",
    "deedState": "published", "title": "帮邻居修水管", "text": "周六上午帮三单元的李奶奶修好了漏水的水管。", "author": "王小明"}))]
pub struct ReportView {
    /// Its id.
    pub id: String,
    /// Of which deed.
    pub deed_id: String,
    /// The deed's unit.
    pub unit_id: String,
    /// `untrue`, `privacy`, `offensive`, `advertising` or `other`.
    pub cause: String,
    /// What the person adds.
    pub note: Option<String>,
    /// `open`, `upheld` or `dismissed`.
    pub state: String,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When it was decided.
    pub decided_at: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// Where the deed stands; null if its author withdrew it.
    pub deed_state: Option<String>,
    /// The deed's title.
    pub title: Option<String>,
    /// The deed's text.
    pub text: Option<String>,
    /// The deed's author.
    pub author: Option<String>,
}

impl From<Entry> for ReportView {
    fn from(entry: Entry) -> Self {
        let report = entry.report;
        let (card, author) = entry.deed.unzip();
        let (deed_state, title, text) = match card {
            Some(card) => (Some(card.state), Some(card.title), Some(card.text)),
            None => (None, None, None),
        };
        Self {
            id: report.id.to_string(),
            deed_id: report.deed.to_string(),
            unit_id: report.unit.to_string(),
            cause: report.cause,
            note: report.note,
            state: report.state,
            decided_by: report.decided_by.map(|id| id.to_string()),
            decided_at: report.decided_at.map(|at| Ts(at).to_string()),
            created_at: Ts(report.created_at).to_string(),
            deed_state,
            title,
            text,
            author,
        }
    }
}

/// Lists reports of deeds, oldest first.
#[utoipa::path(tag = "staff desk", security(("bearer" = [])), params(ReportParams),
    responses((status = 200, description = "A page of reports", body = PageView<ReportView>),
        (status = 404, description = "No such unit, or not within reach", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/reports")]
async fn list_reports(
    app: Tenant,
    who: CurrentStaff,
    query: Params<ReportParams>,
) -> Result<Tagged<PageView<ReportView>>, ApiError> {
    let open = query.0.state.unwrap_or_default() == ReportState::Open;
    Ok(listed(reports::list(&app, who.0, query.0.unit, open, query.0.page()?).await?))
}

/// The decision on a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "uphold")]
pub enum ReportDecision {
    /// The deed is taken down.
    Uphold,
    /// The deed stays.
    Dismiss,
}

/// Decides a report.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"decision": "uphold", "reason": "照片未经家长同意"}))]
pub struct DecideReport {
    /// What is decided.
    pub decision: ReportDecision,
    /// Why the deed is taken down: required then, and read by its author.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// Decides a report, once. Upholding it takes the deed down and settles every other open report of it.
#[utoipa::path(tag = "staff desk", security(("bearer" = [])), request_body = DecideReport,
    params(("id" = String, Path, description = "The report"),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "decide-2026-03-01-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The report as decided", body = ReportView)))]
#[post("/reports/{id}/decide")]
async fn decide_report(
    app: Tenant,
    who: CurrentStaff,
    id: Path<ReportId>,
    context: Context,
    body: Body<DecideReport>,
) -> Result<Done<ReportView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let (uphold, reason) = (body.value.decision == ReportDecision::Uphold, body.value.reason.as_deref());
    let decided = reports::decide(&app, who.0.clone(), *id, uphold, reason, ctx).await?;
    let entry = reports::one(&app, who.0, decided.outcome).await?;
    Ok(Done { body: entry.into(), replayed: decided.replayed })
}
