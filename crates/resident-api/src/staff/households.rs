//! The desk: households.

use actix_web::web::Path;
use actix_web::{get, post, put};
use community::households::{self, HouseholdChange, NewHousehold, Query};
use domain::ids::{HouseholdId, ResidentId, UnitId};
use http_kit::json::Params;
use http_kit::paging::PageView;
use http_kit::who::CurrentStaff;
use http_kit::{ApiError, Body, Context, Created, Etag, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::list::{list_params, listed};

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_households).service(create_household).service(change_household);
}

/// A household as the desk sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "hh_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "code": "YX-SQ-01-0501",
    "door": "3-2-501", "householderId": null, "hidden": false, "version": 1}))]
pub struct HouseholdView {
    /// Its id.
    pub id: String,
    /// The smallest unit.
    pub unit_id: String,
    /// The code that staff know it by.
    pub code: String,
    /// The address.
    pub door: Option<String>,
    /// The member who stands for it.
    pub householder_id: Option<String>,
    /// Whether it hides from every public list.
    pub hidden: bool,
    /// Send it back as `If-Match: "v1"` to change the household.
    pub version: i64,
}

impl From<households::Household> for HouseholdView {
    fn from(h: households::Household) -> Self {
        Self {
            id: h.id.to_string(),
            unit_id: h.unit.to_string(),
            code: h.code,
            door: h.door,
            householder_id: h.householder.map(|id| id.to_string()),
            hidden: h.hidden,
            version: h.version,
        }
    }
}

list_params! {
    /// Which households to list.
    HouseholdQuery {
        /// In the subtree of this unit; everything within reach if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
        /// Whose codes start so.
        #[validate(length(max = 40))]
        #[param(max_length = 40)]
        code_prefix: Option<String>,
    }
}

/// Lists households.
#[utoipa::path(tag = "staff people", security(("bearer" = [])), params(HouseholdQuery),
    responses((status = 200, description = "A page of households", body = PageView<HouseholdView>),
        (status = 404, description = "No such unit, or not within reach", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/households")]
async fn list_households(
    app: Tenant,
    who: CurrentStaff,
    query: Params<HouseholdQuery>,
) -> Result<Tagged<PageView<HouseholdView>>, ApiError> {
    let page = query.0.page()?;
    let HouseholdQuery { unit, code_prefix, .. } = query.0;
    Ok(listed(households::list(&app, &who.0, Query { unit, code_prefix }, page).await?))
}

/// A household to make.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "code": "YX-SQ-01-0501", "door": "3-2-501"}))]
pub struct CreateHousehold {
    /// A smallest unit.
    #[schema(value_type = String, example = "unit_01jbr62tryfk1sh9p01j0gre6f")]
    pub unit_id: UnitId,
    /// The code that staff and imports know it by: used by no other household.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub code: String,
    /// The address.
    #[validate(length(max = 60))]
    #[schema(max_length = 60)]
    pub door: Option<String>,
}

/// Makes a household.
#[utoipa::path(tag = "staff people", security(("bearer" = [])), request_body = CreateHousehold,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "household-2026-03-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The household", body = HouseholdView)))]
#[post("/households")]
async fn create_household(
    app: Tenant,
    who: CurrentStaff,
    context: Context,
    body: Body<CreateHousehold>,
) -> Result<Created<HouseholdView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let CreateHousehold { unit_id, code, door } = body.value;
    let once = households::create(&app, &who.0, NewHousehold { unit: unit_id, code, door }, ctx).await?;
    let body = households::read(&app, &who.0, once.outcome).await?.into();
    Ok(Created { body, location: format!("/v1/staff/households/{}", once.outcome), replayed: once.replayed })
}

/// What may change of a household. Its unit never changes.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"code": "YX-SQ-01-0501", "door": "3-2-501", "householderId": "res_01jbr62tryfk1sh9p01j0gre6f", "hidden": false}))]
pub struct ChangeHousehold {
    /// The code.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub code: String,
    /// The address; null deletes it.
    #[validate(length(max = 60))]
    #[schema(max_length = 60)]
    pub door: Option<String>,
    /// The member who stands for it.
    #[schema(value_type = Option<String>, example = "res_01jbr62tryfk1sh9p01j0gre6f")]
    pub householder_id: Option<ResidentId>,
    /// Whether it hides from every public list, as its members wish.
    pub hidden: bool,
}

/// Changes a household.
#[utoipa::path(tag = "staff people", security(("bearer" = [])), request_body = ChangeHousehold,
    params(("id" = String, Path, description = "The household"),
        ("If-Match" = String, Header, description = "The version that was read", example = "\"v1\"")),
    responses((status = 200, description = "The household", body = HouseholdView)))]
#[put("/households/{id}")]
async fn change_household(
    app: Tenant,
    who: CurrentStaff,
    id: Path<HouseholdId>,
    etag: Etag,
    context: Context,
    body: Body<ChangeHousehold>,
) -> Result<Tagged<HouseholdView>, ApiError> {
    let ChangeHousehold { code, door, householder_id, hidden } = body.value;
    let change = HouseholdChange { code, door, householder: householder_id, hidden };
    let household = households::update(&app, &who.0, *id, etag.0, change, context.plain()).await?;
    let version = household.version;
    Ok(Tagged::versioned(household.into(), version))
}
