//! The desk: corrections that residents ask for in their own record.

use actix_web::web::Path;
use actix_web::{get, post};
use community::corrections::{self, Correction};
use domain::Ts;
use domain::ids::{CorrectionId, UnitId};
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
    config.service(list_corrections).service(decide_correction);
}

/// A correction as the desk sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "cor_01jbr62tryfk1sh9p01j0gre6f", "residentId": "res_01jbr62tryfk1sh9p01j0gre6f",
    "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "field": "name", "wanted": "王晓明", "note": null, "state": "open", "reason": null,
    "decidedBy": null, "decidedAt": null, "createdAt": "2026-03-01T08:00:00Z"}))]
pub struct CorrectionView {
    /// Its id.
    pub id: String,
    /// Whose record.
    pub resident_id: String,
    /// The resident's unit when it was asked.
    pub unit_id: String,
    /// `name`, `born`, `household`, `unit` or `other`.
    pub field: String,
    /// What the record should say.
    pub wanted: String,
    /// What else the person says.
    pub note: Option<String>,
    /// `open`, `done` or `refused`.
    pub state: String,
    /// What the desk said.
    pub reason: Option<String>,
    /// The staff account that decided.
    pub decided_by: Option<String>,
    /// When it was decided.
    pub decided_at: Option<String>,
    /// When it was asked for.
    pub created_at: String,
}

impl From<Correction> for CorrectionView {
    fn from(c: Correction) -> Self {
        Self {
            id: c.id.to_string(),
            resident_id: c.resident.to_string(),
            unit_id: c.unit.to_string(),
            field: c.field,
            wanted: c.wanted,
            note: c.note,
            state: c.state,
            reason: c.reason,
            decided_by: c.decided_by.map(|id| id.to_string()),
            decided_at: c.decided_at.map(|at| Ts(at).to_string()),
            created_at: Ts(c.created_at).to_string(),
        }
    }
}

/// The state of a correction.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionState {
    /// Waits for the desk.
    Open,
    /// The record was corrected.
    Done,
    /// Refused.
    Refused,
}

impl CorrectionState {
    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

list_params! {
    /// Which corrections to list.
    CorrectionQuery {
        /// In the subtree of this unit; everything within reach if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
        /// In this state; open ones if nothing is said.
        #[param(inline)]
        state: Option<CorrectionState>,
    }
}

/// Lists corrections that residents ask for, oldest first.
#[utoipa::path(tag = "staff people", security(("bearer" = [])), params(CorrectionQuery),
    responses((status = 200, description = "A page of corrections", body = PageView<CorrectionView>),
        (status = 404, description = "No such unit, or not within reach", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/corrections")]
async fn list_corrections(
    app: Tenant,
    who: CurrentStaff,
    query: Params<CorrectionQuery>,
) -> Result<Tagged<PageView<CorrectionView>>, ApiError> {
    let state = query.0.state.unwrap_or(CorrectionState::Open).word();
    Ok(listed(corrections::list(&app, &who.0, query.0.unit, state, query.0.page()?).await?))
}

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionDecision {
    /// The record says so now.
    Done,
    /// It stays as it is.
    Refuse,
}

/// A decision on a correction.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"decision": "refuse", "reason": "请带身份证到社区办理"}))]
pub struct DecideCorrection {
    /// What became of it. The change itself is made by the operation for residents or households.
    pub decision: CorrectionDecision,
    /// To refuse: the reason, which the person reads.
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// Decides a correction: once. Nobody decides on the own or the own household's.
#[utoipa::path(tag = "staff people", security(("bearer" = [])), request_body = DecideCorrection,
    params(("id" = String, Path, description = "The correction"),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "decide-2026-03-01-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The correction as decided", body = CorrectionView)))]
#[post("/corrections/{id}/decide")]
async fn decide_correction(
    app: Tenant,
    who: CurrentStaff,
    id: Path<CorrectionId>,
    context: Context,
    body: Body<DecideCorrection>,
) -> Result<Done<CorrectionView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let done = body.value.decision == CorrectionDecision::Done;
    let (once, correction) =
        corrections::decide(&app, &who.0, *id, done, body.value.reason.as_deref(), ctx).await?;
    Ok(Done { body: correction.into(), replayed: once.replayed })
}
