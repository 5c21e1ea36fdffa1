//! The desk: staff accounts and their roles.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, get, post, put};
use community::staffing::{self, Granting, NewStaff, Staff, StaffChange};
use domain::FieldFault;
use domain::access::Role;
use domain::ids::{ResidentId, StaffId, UnitId};
use http_kit::json::Params;
use http_kit::paging::PageView;
use http_kit::who::CurrentStaff;
use http_kit::{ApiError, Body, Context, Created, Etag, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::list::{list_params, listed};

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_accounts)
        .service(create_account)
        .service(change_account)
        .service(grant_role)
        .service(revoke_role);
}

/// A role.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleWord {
    /// Reviews, awards, organises, manages people.
    Secretary,
    /// Enters and reviews, manages people of the grid.
    GridWorker,
    /// Decides claims.
    Assessor,
    /// Reads everything, decides nothing.
    Supervisor,
    /// Units, staff, policies, catalogues.
    Operations,
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Secretary => Self::Secretary,
            RoleWord::GridWorker => Self::GridWorker,
            RoleWord::Assessor => Self::Assessor,
            RoleWord::Supervisor => Self::Supervisor,
            RoleWord::Operations => Self::Operations,
        }
    }
}

impl From<Role> for RoleWord {
    fn from(role: Role) -> Self {
        match role {
            Role::Secretary => Self::Secretary,
            Role::GridWorker => Self::GridWorker,
            Role::Assessor => Self::Assessor,
            Role::Supervisor => Self::Supervisor,
            Role::Operations => Self::Operations,
        }
    }
}

/// A role on a unit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "role": "secretary"}))]
pub struct RoleView {
    /// The unit whose subtree it reaches.
    pub unit_id: String,
    /// The role.
    pub role: RoleWord,
}

/// A staff account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "staff_01jbr62tryfk1sh9p01j0gre6f", "login": "secretary-1", "name": "李书记", "residentId": null,
    "disabled": false, "roles": [{"unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "role": "secretary"}], "version": 1}))]
pub struct StaffView {
    /// Its id.
    pub id: String,
    /// The sign-in name.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The resident that this person is.
    pub resident_id: Option<String>,
    /// Whether it may not sign in.
    pub disabled: bool,
    /// Its roles.
    pub roles: Vec<RoleView>,
    /// Send it back as `If-Match: "v1"` to change the account.
    pub version: i64,
}

impl From<Staff> for StaffView {
    fn from(s: Staff) -> Self {
        let role = |(unit, role): (UnitId, Role)| RoleView { unit_id: unit.to_string(), role: role.into() };
        Self {
            id: s.id.to_string(),
            login: s.login,
            name: s.name,
            resident_id: s.resident.map(|id| id.to_string()),
            disabled: s.disabled,
            roles: s.roles.into_iter().map(role).collect(),
            version: s.version,
        }
    }
}

list_params! {
    /// Which accounts to list.
    AccountQuery {
        /// With a role in the subtree of this unit; everything within reach if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
    }
}

/// Lists staff accounts.
#[utoipa::path(tag = "staff accounts", security(("bearer" = [])), params(AccountQuery),
    responses((status = 200, description = "A page of accounts", body = PageView<StaffView>),
        (status = 404, description = "No such unit, or not within reach", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/accounts")]
async fn list_accounts(
    app: Tenant,
    who: CurrentStaff,
    query: Params<AccountQuery>,
) -> Result<Tagged<PageView<StaffView>>, ApiError> {
    Ok(listed(staffing::list(&app, &who.0, query.0.unit, query.0.page()?).await?))
}

/// A staff account to make.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"login": "secretary-2", "name": "赵书记", "password": "a long phrase of one's own",
    "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "role": "secretary"}))]
pub struct CreateAccount {
    /// The sign-in name: used by no other account.
    #[validate(length(min = 3, max = 40))]
    #[schema(min_length = 3, max_length = 40)]
    pub login: String,
    /// The person's name.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub name: String,
    /// The password: at least 12 characters, and nothing common.
    #[validate(length(min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128, format = Password)]
    pub password: String,
    /// The resident that this person is, so that nobody decides the own matter.
    #[schema(value_type = Option<String>, example = "res_01jbr62tryfk1sh9p01j0gre6f")]
    pub resident_id: Option<ResidentId>,
    /// The unit of the first role. An account without a role belongs to the root.
    #[schema(value_type = Option<String>, example = "unit_01jbr62tryfk1sh9p01j0gre6f")]
    pub unit_id: Option<UnitId>,
    /// The first role.
    pub role: Option<RoleWord>,
}

/// Makes a staff account.
#[utoipa::path(tag = "staff accounts", security(("bearer" = [])), request_body = CreateAccount,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "account-2026-03-01-1", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The account", body = StaffView)))]
#[post("/accounts")]
async fn create_account(
    app: Tenant,
    who: CurrentStaff,
    context: Context,
    body: Body<CreateAccount>,
) -> Result<Created<StaffView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let CreateAccount { login, name, password, resident_id, unit_id, role } = body.value;
    let role = match (unit_id, role) {
        (Some(unit), Some(role)) => Some((unit, role.into())),
        (None, None) => None,
        _ => {
            let zh = "unitId 与 role 须同时填写";
            return Err(FieldFault::new("role", "both_or_none", zh, "give unitId and role together").into());
        }
    };
    let new = NewStaff { login, name, password, resident: resident_id, role };
    let once = staffing::create(&app, &who.0, new, ctx).await?;
    let body = staffing::read(&app, &who.0, once.outcome).await?.into();
    Ok(Created { body, location: format!("/v1/staff/accounts/{}", once.outcome), replayed: once.replayed })
}

/// What may change of a staff account.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "赵书记", "disabled": false, "residentId": null}))]
pub struct ChangeAccount {
    /// The person's name.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub name: String,
    /// Whether it may not sign in. Its sessions end at once.
    pub disabled: bool,
    /// The resident that this person is; null for none.
    #[schema(value_type = Option<String>, example = "res_01jbr62tryfk1sh9p01j0gre6f")]
    pub resident_id: Option<ResidentId>,
    /// A new password, if it gets one. Its sessions end at once.
    #[validate(length(min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128, format = Password)]
    pub password: Option<String>,
}

/// Changes a staff account.
#[utoipa::path(tag = "staff accounts", security(("bearer" = [])), request_body = ChangeAccount,
    params(("id" = String, Path, description = "The account"),
        ("If-Match" = String, Header, description = "The version that was read", example = "\"v1\"")),
    responses((status = 200, description = "The account", body = StaffView)))]
#[put("/accounts/{id}")]
async fn change_account(
    app: Tenant,
    who: CurrentStaff,
    id: Path<StaffId>,
    etag: Etag,
    context: Context,
    body: Body<ChangeAccount>,
) -> Result<Tagged<StaffView>, ApiError> {
    let ChangeAccount { name, disabled, resident_id, password } = body.value;
    let change = StaffChange { name, resident: resident_id, disabled, password };
    let staff = staffing::update(&app, &who.0, *id, etag.0, change, context.plain()).await?;
    let version = staff.version;
    Ok(Tagged::versioned(staff.into(), version))
}

/// A role to grant.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"staffId": "staff_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "role": "assessor"}))]
pub struct GrantRole {
    /// The account.
    #[schema(value_type = String, example = "staff_01jbr62tryfk1sh9p01j0gre6f")]
    pub staff_id: StaffId,
    /// The unit whose subtree it shall reach.
    #[schema(value_type = String, example = "unit_01jbr62tryfk1sh9p01j0gre6f")]
    pub unit_id: UnitId,
    /// The role.
    pub role: RoleWord,
}

/// Grants a role; granting it again changes nothing.
///
/// A person who supervises a unit does not assess in it, nor above or below it, by whatever account.
#[utoipa::path(tag = "staff accounts", security(("bearer" = [])), request_body = GrantRole,
    responses((status = 200, description = "The account", body = StaffView)))]
#[put("/roles")]
async fn grant_role(
    app: Tenant,
    who: CurrentStaff,
    context: Context,
    body: Body<GrantRole>,
) -> Result<Tagged<StaffView>, ApiError> {
    let GrantRole { staff_id, unit_id, role } = body.value;
    let granting = Granting { staff: staff_id, unit: unit_id, role: role.into() };
    let staff = staffing::grant(&app, &who.0, granting, context.plain()).await?;
    let version = staff.version;
    Ok(Tagged::versioned(staff.into(), version))
}

/// The role to take away.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct RevokeQuery {
    /// The account.
    #[param(value_type = String)]
    pub staff_id: StaffId,
    /// The unit.
    #[param(value_type = String)]
    pub unit_id: UnitId,
    /// The role.
    #[param(inline)]
    pub role: RoleWord,
}

/// Takes a role away; taking it away again changes nothing. One operations role stays at the root.
#[utoipa::path(tag = "staff accounts", security(("bearer" = [])), params(RevokeQuery),
    responses((status = 204, description = "The account has not this role")))]
#[delete("/roles")]
async fn revoke_role(
    app: Tenant,
    who: CurrentStaff,
    context: Context,
    query: Params<RevokeQuery>,
) -> Result<HttpResponse, ApiError> {
    let RevokeQuery { staff_id, unit_id, role } = query.0;
    let granting = Granting { staff: staff_id, unit: unit_id, role: role.into() };
    staffing::revoke(&app, &who.0, granting, context.plain()).await?;
    Ok(HttpResponse::NoContent().finish())
}
