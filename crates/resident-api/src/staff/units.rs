//! The desk: the tree of units.

use actix_web::web::Path;
use actix_web::{get, post, put};
use community::units::{self, NewUnit, UnitChange};
use domain::ids::UnitId;
use http_kit::who::CurrentStaff;
use http_kit::{ApiError, Body, Context, Created, Etag, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::units::UnitView;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_unit).service(read_unit).service(change_unit);
}

/// The type of a unit.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitType {
    /// A town or street, below the district.
    Town,
    /// A community, below a town.
    Community,
    /// A village, below a town.
    Village,
    /// A grid: people live in it.
    Grid,
    /// A villagers' group: people live in it.
    Group,
    /// A courtyard: people live in it.
    Courtyard,
    /// An estate: people live in it.
    Estate,
}

impl UnitType {
    fn word(self) -> &'static str {
        match self {
            Self::Town => "town",
            Self::Community => "community",
            Self::Village => "village",
            Self::Grid => "grid",
            Self::Group => "group",
            Self::Courtyard => "courtyard",
            Self::Estate => "estate",
        }
    }
}

/// The setting of a unit.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitSetting {
    /// In town.
    Urban,
    /// In the country.
    Rural,
}

impl UnitSetting {
    fn word(self) -> &'static str {
        match self {
            Self::Urban => "urban",
            Self::Rural => "rural",
        }
    }
}

/// A unit as the desk sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "unit_01jbr62tryfk1sh9p01j0gre6f", "parentId": "unit_01jbr62tryfk1sh9p01j0gre6e", "type": "village",
    "setting": "rural", "name": "石桥村", "code": "YX-SQ-01", "version": 1}))]
pub struct StaffUnitView {
    /// The unit.
    #[serde(flatten)]
    pub unit: UnitView,
    /// Send it back as `If-Match: "v1"` to change the unit.
    pub version: i64,
}

impl From<units::Unit> for StaffUnitView {
    fn from(unit: units::Unit) -> Self {
        Self { version: unit.version, unit: unit.into() }
    }
}

/// A unit to make.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"parentId": "unit_01jbr62tryfk1sh9p01j0gre6e", "type": "grid", "setting": "urban", "name": "第三网格", "code": "YX-SQ-01-03"}))]
pub struct CreateUnit {
    /// The parent.
    #[schema(value_type = String, example = "unit_01jbr62tryfk1sh9p01j0gre6e")]
    pub parent_id: UnitId,
    /// The type: below that of the parent.
    #[serde(rename = "type")]
    pub kind: UnitType,
    /// The setting.
    pub setting: UnitSetting,
    /// The name.
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
    /// The code that staff and imports know it by: used by no other unit.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub code: String,
}

/// Makes a unit below another.
#[utoipa::path(tag = "staff units", security(("bearer" = [])), request_body = CreateUnit,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "unit-2026-03-01-0001", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The unit", body = StaffUnitView)))]
#[post("/units")]
async fn create_unit(
    app: Tenant,
    who: CurrentStaff,
    context: Context,
    body: Body<CreateUnit>,
) -> Result<Created<StaffUnitView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let CreateUnit { parent_id, kind, setting, name, code } = body.value;
    let new = NewUnit { parent: parent_id, kind: kind.word(), setting: setting.word(), name, code };
    let once = units::create(&app, &who.0, new, ctx).await?;
    let body = units::detail(&app, once.outcome).await?.unit.into();
    Ok(Created { body, location: format!("/v1/units/{}", once.outcome), replayed: once.replayed })
}

/// Reads a unit with the version that a change of it names.
#[utoipa::path(tag = "staff units", security(("bearer" = [])), params(("id" = String, Path, description = "The unit")),
    responses((status = 200, description = "The unit", body = StaffUnitView)))]
#[get("/units/{id}")]
async fn read_unit(
    app: Tenant,
    who: CurrentStaff,
    id: Path<UnitId>,
) -> Result<Tagged<StaffUnitView>, ApiError> {
    let unit = units::read(&app, &who.0, *id).await?;
    let version = unit.version;
    Ok(Tagged::versioned(unit.into(), version))
}

/// What may change of a unit.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "第三网格", "code": "YX-SQ-01-03", "setting": "urban"}))]
pub struct ChangeUnit {
    /// The name.
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
    /// The code.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub code: String,
    /// The setting.
    pub setting: UnitSetting,
}

/// Changes a unit.
#[utoipa::path(tag = "staff units", security(("bearer" = [])), request_body = ChangeUnit,
    params(("id" = String, Path, description = "The unit"),
        ("If-Match" = String, Header, description = "The version that was read", example = "\"v1\"")),
    responses((status = 200, description = "The unit", body = StaffUnitView)))]
#[put("/units/{id}")]
async fn change_unit(
    app: Tenant,
    who: CurrentStaff,
    id: Path<UnitId>,
    etag: Etag,
    context: Context,
    body: Body<ChangeUnit>,
) -> Result<Tagged<StaffUnitView>, ApiError> {
    let ChangeUnit { name, code, setting } = body.value;
    let change = UnitChange { name, code, setting: setting.word() };
    let unit = units::update(&app, &who.0, *id, etag.0, change, context.plain()).await?;
    let version = unit.version;
    Ok(Tagged::versioned(unit.into(), version))
}
