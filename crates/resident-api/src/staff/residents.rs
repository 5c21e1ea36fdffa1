//! The desk: residents.

use actix_web::web::Path;
use actix_web::{get, post, put};
use community::residents::{self, NewResident, Query, ResidentChange};
use domain::Day;
use domain::ids::{HouseholdId, ResidentId, UnitId};
use domain::masking::{Audience, display_name};
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
    config.service(list_residents).service(create_resident).service(get_resident).service(change_resident);
}

/// A resident as the desk sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "res_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "householdId": null,
    "code": "R-0001", "name": "王小明", "nickname": "阳光", "hidden": false, "state": "active", "born": "1958-04-12", "version": 1}))]
pub struct ResidentView {
    /// Its id.
    pub id: String,
    /// The smallest unit.
    pub unit_id: String,
    /// The household, if known.
    pub household_id: Option<String>,
    /// The code that staff know it by.
    pub code: Option<String>,
    /// The real name.
    pub name: String,
    /// The nickname.
    pub nickname: Option<String>,
    /// Whether it hides from every public list.
    pub hidden: bool,
    /// `active`, `left` or `erased`.
    pub state: String,
    /// The day of birth, where the desk knows it: for events with a minimum age, and for the desk's eyes only.
    pub born: Option<String>,
    /// Send it back as `If-Match: "v1"` to change the resident.
    pub version: i64,
}

impl From<residents::Resident> for ResidentView {
    fn from(r: residents::Resident) -> Self {
        Self {
            name: display_name(r.person(), Audience::Staff),
            id: r.id.to_string(),
            unit_id: r.unit.to_string(),
            household_id: r.household.map(|id| id.to_string()),
            code: r.code,
            nickname: r.nickname,
            hidden: r.hidden,
            state: r.state,
            born: r.born.map(|born| Day(born).to_string()),
            version: r.version,
        }
    }
}

/// Whether a resident lives here.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResidentState {
    /// Lives here.
    Active,
    /// Has left. Who signs in as this resident becomes a guest.
    Left,
}

impl ResidentState {
    fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Left => "left",
        }
    }
}

list_params! {
    /// Which residents to list.
    ResidentQuery {
        /// In the subtree of this unit; everything within reach if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
        /// Of this household.
        #[param(value_type = Option<String>)]
        household: Option<HouseholdId>,
        /// Of exactly this code.
        #[validate(length(max = 40))]
        #[param(max_length = 40)]
        code: Option<String>,
        /// In this state; in any if nothing is said.
        #[param(inline)]
        state: Option<ResidentState>,
    }
}

/// Lists residents.
#[utoipa::path(tag = "staff people", security(("bearer" = [])), params(ResidentQuery),
    responses((status = 200, description = "A page of residents", body = PageView<ResidentView>),
        (status = 404, description = "No such unit, or not within reach", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/residents")]
async fn list_residents(
    app: Tenant,
    who: CurrentStaff,
    query: Params<ResidentQuery>,
) -> Result<Tagged<PageView<ResidentView>>, ApiError> {
    let page = query.0.page()?;
    let ResidentQuery { unit, household, code, state, .. } = query.0;
    let query = Query { unit, household, code, state: state.map(ResidentState::word) };
    Ok(listed(residents::list(&app, &who.0, query, page).await?))
}

/// A resident to make.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "householdId": "hh_01jbr62tryfk1sh9p01j0gre6f",
    "code": "R-0001", "name": "王小明", "nickname": "阳光", "born": "1958-04-12"}))]
pub struct CreateResident {
    /// A smallest unit.
    #[schema(value_type = String, example = "unit_01jbr62tryfk1sh9p01j0gre6f")]
    pub unit_id: UnitId,
    /// A household of that unit.
    #[schema(value_type = Option<String>, example = "hh_01jbr62tryfk1sh9p01j0gre6f")]
    pub household_id: Option<HouseholdId>,
    /// The code that staff and imports know the person by: used by no other resident.
    #[validate(length(max = 40))]
    #[schema(max_length = 40)]
    pub code: Option<String>,
    /// The real name.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub name: String,
    /// The nickname.
    #[validate(length(max = 20))]
    #[schema(max_length = 20)]
    pub nickname: Option<String>,
    /// The day of birth, where the desk knows it: for events with a minimum age.
    #[schema(value_type = Option<String>, format = Date, example = "1958-04-12")]
    pub born: Option<Day>,
}

/// Makes a resident.
#[utoipa::path(tag = "staff people", security(("bearer" = [])), request_body = CreateResident,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "resident-2026-03-01-1", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The resident", body = ResidentView)))]
#[post("/residents")]
async fn create_resident(
    app: Tenant,
    who: CurrentStaff,
    context: Context,
    body: Body<CreateResident>,
) -> Result<Created<ResidentView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let CreateResident { unit_id, household_id, code, name, nickname, born } = body.value;
    let new = NewResident { unit: unit_id, household: household_id, code, name, nickname, born };
    let once = residents::create(&app, &who.0, new, ctx).await?;
    let body = residents::read(&app, &who.0, once.outcome).await?.into();
    Ok(Created { body, location: format!("/v1/staff/residents/{}", once.outcome), replayed: once.replayed })
}

/// A resident as who manages people sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "res_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "householdId": null,
    "code": "R-0001", "name": "王小明", "nickname": "阳光", "hidden": false, "state": "active", "born": "1958-04-12", "version": 1,
    "phoneMasked": "138****1234"}))]
pub struct ResidentDetailView {
    /// The resident.
    #[serde(flatten)]
    pub resident: ResidentView,
    /// The telephone number that the person bound, masked; null where none is, and for staff who do not manage people there.
    pub phone_masked: Option<String>,
}

impl From<residents::Seen> for ResidentDetailView {
    fn from(seen: residents::Seen) -> Self {
        Self { resident: seen.resident.into(), phone_masked: seen.phone }
    }
}

/// Reads one resident.
#[utoipa::path(tag = "staff people", security(("bearer" = [])), params(("id" = String, Path, description = "The resident")),
    responses((status = 200, description = "The resident", body = ResidentDetailView)))]
#[get("/residents/{id}")]
async fn get_resident(
    app: Tenant,
    who: CurrentStaff,
    id: Path<ResidentId>,
) -> Result<Tagged<ResidentDetailView>, ApiError> {
    let seen = residents::see(&app, &who.0, *id).await?;
    let version = seen.resident.version;
    Ok(Tagged::versioned(seen.into(), version))
}

/// What may change of a resident.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "householdId": null, "code": "R-0001", "name": "王小明",
    "nickname": "阳光", "hidden": false, "state": "active", "born": "1958-04-12"}))]
pub struct ChangeResident {
    /// The smallest unit; another one within reach moves the person. Points stay where they were earned.
    #[schema(value_type = String, example = "unit_01jbr62tryfk1sh9p01j0gre6f")]
    pub unit_id: UnitId,
    /// A household of that unit; null for none.
    #[schema(value_type = Option<String>, example = "hh_01jbr62tryfk1sh9p01j0gre6f")]
    pub household_id: Option<HouseholdId>,
    /// The code.
    #[validate(length(max = 40))]
    #[schema(max_length = 40)]
    pub code: Option<String>,
    /// The real name.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub name: String,
    /// The nickname.
    #[validate(length(max = 20))]
    #[schema(max_length = 20)]
    pub nickname: Option<String>,
    /// Whether the person hides from every public list, as the person wishes.
    pub hidden: bool,
    /// Whether the person lives here.
    pub state: ResidentState,
    /// The day of birth; null where the desk does not know it.
    #[schema(value_type = Option<String>, format = Date, example = "1958-04-12")]
    pub born: Option<Day>,
}

/// Changes a resident.
#[utoipa::path(tag = "staff people", security(("bearer" = [])), request_body = ChangeResident,
    params(("id" = String, Path, description = "The resident"),
        ("If-Match" = String, Header, description = "The version that was read", example = "\"v1\"")),
    responses((status = 200, description = "The resident", body = ResidentView)))]
#[put("/residents/{id}")]
async fn change_resident(
    app: Tenant,
    who: CurrentStaff,
    id: Path<ResidentId>,
    etag: Etag,
    context: Context,
    body: Body<ChangeResident>,
) -> Result<Tagged<ResidentView>, ApiError> {
    let ChangeResident { unit_id, household_id, code, name, nickname, hidden, state, born } = body.value;
    let change = ResidentChange {
        unit: unit_id,
        household: household_id,
        code,
        name,
        nickname,
        hidden,
        state: state.word(),
        born,
    };
    let resident = residents::update(&app, &who.0, *id, etag.0, change, context.plain()).await?;
    let version = resident.version;
    Ok(Tagged::versioned(resident.into(), version))
}
