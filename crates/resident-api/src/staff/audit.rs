//! The desk: the audit.

use actix_web::get;
use community::audits::{self, Row};
use domain::Ts;
use domain::ids::UnitId;
use http_kit::json::Params;
use http_kit::paging::PageView;
use http_kit::who::CurrentStaff;
use http_kit::{ApiError, Tagged, Tenant};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::list::{list_params, listed};

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_audit);
}

/// An act of staff.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "aud_01jbr62tryfk1sh9p01j0gre6f", "at": "2026-03-01T08:00:00Z", "staffId": "staff_01jbr62tryfk1sh9p01j0gre6f",
    "action": "residents.update", "object": "res_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f",
    "detail": {"version": 1}, "requestId": "0192f0c1-6b1e-7cc3-98c4-dc0c0c07398f"}))]
pub struct AuditView {
    /// Its id.
    pub id: String,
    /// When.
    pub at: String,
    /// Who; null for the operator at the machine.
    pub staff_id: Option<String>,
    /// What, as `capability.verb`.
    pub action: String,
    /// On what.
    pub object: String,
    /// Where.
    pub unit_id: Option<String>,
    /// Ids, codes and amounts.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
    /// The request.
    pub request_id: String,
}

impl From<Row> for AuditView {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.to_string(),
            at: Ts(row.at).to_string(),
            staff_id: row.staff.map(|id| id.to_string()),
            action: row.action,
            object: row.object,
            unit_id: row.unit.map(|id| id.to_string()),
            detail: serde_json::from_str(&row.detail).unwrap_or_default(),
            request_id: row.request_id,
        }
    }
}

list_params! {
    /// Which acts to list.
    AuditQuery {
        /// The unit whose subtree is listed.
        #[param(value_type = String)]
        unit: UnitId,
    }
}

/// Lists what staff did, newest first.
#[utoipa::path(tag = "staff supervision", security(("bearer" = [])), params(AuditQuery),
    responses((status = 200, description = "A page of acts", body = PageView<AuditView>),
        (status = 404, description = "No such unit", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/audit")]
async fn list_audit(
    app: Tenant,
    who: CurrentStaff,
    query: Params<AuditQuery>,
) -> Result<Tagged<PageView<AuditView>>, ApiError> {
    Ok(listed(audits::list(&app, &who.0, query.0.unit, query.0.page()?).await?))
}
