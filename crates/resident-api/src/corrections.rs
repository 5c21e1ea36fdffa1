//! Corrections of the own record, as the person asks for them.

use actix_web::{get, post};
use community::corrections::{self, Correction, Field};
use domain::Ts;
use http_kit::json::Params;
use http_kit::paging::{PageParams, PageView};
use http_kit::who::CurrentResident;
use http_kit::{ApiError, Body, Context, Created, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(ask_for_correction).service(list_my_corrections);
}

/// A correction that the caller asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "cor_01jbr62tryfk1sh9p01j0gre6f", "field": "name", "wanted": "王晓明", "note": "身份证上是“晓”", "state": "open",
    "reason": null, "createdAt": "2026-03-01T08:00:00Z", "decidedAt": null}))]
pub struct MyCorrectionView {
    /// Its id.
    pub id: String,
    /// `name`, `born`, `household`, `unit` or `other`.
    pub field: String,
    /// What the record should say.
    pub wanted: String,
    /// What else was said.
    pub note: Option<String>,
    /// `open`, `done` or `refused`.
    pub state: String,
    /// What the desk says.
    pub reason: Option<String>,
    /// When it was asked for.
    pub created_at: String,
    /// When it was decided.
    pub decided_at: Option<String>,
}

impl From<Correction> for MyCorrectionView {
    fn from(correction: Correction) -> Self {
        Self {
            id: correction.id.to_string(),
            field: correction.field,
            wanted: correction.wanted,
            note: correction.note,
            state: correction.state,
            reason: correction.reason,
            created_at: Ts(correction.created_at).to_string(),
            decided_at: correction.decided_at.map(|at| Ts(at).to_string()),
        }
    }
}

/// What of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionField {
    /// The name.
    Name,
    /// The day of birth.
    Born,
    /// The household or its address.
    Household,
    /// The unit.
    Unit,
    /// Anything else.
    Other,
}

impl From<CorrectionField> for Field {
    fn from(field: CorrectionField) -> Self {
        match field {
            CorrectionField::Name => Self::Name,
            CorrectionField::Born => Self::Born,
            CorrectionField::Household => Self::Household,
            CorrectionField::Unit => Self::Unit,
            CorrectionField::Other => Self::Other,
        }
    }
}

/// A wish for a correction.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"field": "name", "wanted": "王晓明", "note": "身份证上是“晓”"}))]
pub struct AskForCorrection {
    /// What of the record.
    pub field: CorrectionField,
    /// What it should say.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub wanted: String,
    /// What else the desk should know.
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// Asks the desk to correct the own record. Of each field one wish waits at a time.
#[utoipa::path(tag = "corrections", security(("bearer" = [])), request_body = AskForCorrection,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "correct-2026-03-01-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "It waits for the desk", body = MyCorrectionView)))]
#[post("/me/corrections")]
async fn ask_for_correction(
    app: Tenant,
    who: CurrentResident,
    context: Context,
    body: Body<AskForCorrection>,
) -> Result<Created<MyCorrectionView>, ApiError> {
    let ctx = context.keyed(who.person.identity, &body);
    let AskForCorrection { field, wanted, note } = body.value;
    let once = corrections::ask(&app, who.person, field.into(), &wanted, note.as_deref(), ctx).await?;
    let body = corrections::one(&app, who.person, once.outcome).await?.into();
    Ok(Created { body, location: "/v1/me/corrections".to_owned(), replayed: once.replayed })
}

/// Lists the corrections that the caller asked for, newest first.
#[utoipa::path(tag = "corrections", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of corrections", body = PageView<MyCorrectionView>)))]
#[get("/me/corrections")]
async fn list_my_corrections(
    app: Tenant,
    who: CurrentResident,
    query: Params<PageParams>,
) -> Result<Tagged<PageView<MyCorrectionView>>, ApiError> {
    let found = corrections::mine(&app, who.person, query.0.page()?).await?;
    Ok(Tagged::private(PageView::of(found, MyCorrectionView::from)))
}
