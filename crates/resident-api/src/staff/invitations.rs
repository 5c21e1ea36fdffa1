//! The desk: invitations into households.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use community::invitations::{self, Wanted};
use domain::Ts;
use domain::ids::{HouseholdId, InvitationId};
use domain::invitations::InvitationCode;
use domain::qr_codes::Scene;
use http_kit::json::Params;
use http_kit::paging::{PageParams, PageView};
use http_kit::who::CurrentStaff;
use http_kit::{ApiError, Body, Context, Created, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::qr_codes::{CodeQuery, Png, Svg, answer};

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_invitation)
        .service(list_invitations)
        .service(end_invitation)
        .service(print_invitation);
}

/// An invitation as the desk sees it. Its code is not kept.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "inv_01jbr62tryfk1sh9p01j0gre6f", "householdId": "hh_01jbr62tryfk1sh9p01j0gre6f", "uses": 3, "used": 1,
    "madeBy": "staff_01jbr62tryfk1sh9p01j0gre6f", "createdAt": "2026-03-01T08:00:00Z", "expiresAt": "2026-03-31T08:00:00Z", "endedAt": null}))]
pub struct InvitationView {
    /// Its id.
    pub id: String,
    /// The household.
    pub household_id: String,
    /// How many people it lets in.
    pub uses: i32,
    /// How many it has let in.
    pub used: i32,
    /// The staff account that made it.
    pub made_by: String,
    /// When it was made.
    pub created_at: String,
    /// Until when it is good.
    pub expires_at: String,
    /// When it was ended, if it was.
    pub ended_at: Option<String>,
}

impl From<invitations::Invitation> for InvitationView {
    fn from(i: invitations::Invitation) -> Self {
        Self {
            id: i.id.to_string(),
            household_id: i.household.to_string(),
            uses: i.uses_max,
            used: i.used,
            made_by: i.made_by.to_string(),
            created_at: Ts(i.created_at).to_string(),
            expires_at: Ts(i.expires_at).to_string(),
            ended_at: i.ended_at.map(|at| Ts(at).to_string()),
        }
    }
}

/// A new invitation with its code, which is told this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"invitation": {"id": "inv_01jbr62tryfk1sh9p01j0gre6f", "householdId": "hh_01jbr62tryfk1sh9p01j0gre6f", "uses": 3,
    "used": 0, "madeBy": "staff_01jbr62tryfk1sh9p01j0gre6f", "createdAt": "2026-03-01T08:00:00Z", "expiresAt": "2026-03-31T08:00:00Z",
    "endedAt": null}, "code": "7K2M-9QXD-4RTZ", "scene": "i=7K2M9QXD4RTZ"}))]
pub struct NewInvitationView {
    /// The invitation.
    pub invitation: InvitationView,
    /// The code, in groups, as it is printed.
    pub code: String,
    /// The scene of its picture: what a mini-program that was opened by it is given.
    pub scene: String,
}

/// What an invitation is wanted to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"expiresInDays": 30, "uses": 3}))]
pub struct CreateInvitation {
    /// For how many days it is good; 30 if nothing is said.
    #[validate(range(min = 1, max = 90))]
    #[schema(minimum = 1, maximum = 90)]
    pub expires_in_days: Option<u32>,
    /// How many people it lets in; if nothing is said, as many as the household has members without a sign-in, and at least one.
    #[validate(range(min = 1, max = 20))]
    #[schema(minimum = 1, maximum = 20)]
    pub uses: Option<u32>,
}

/// Invites a household. The code is told this once; whoever lost it makes another invitation, and ends this one.
#[utoipa::path(tag = "staff people", security(("bearer" = [])), request_body = CreateInvitation,
    params(("id" = String, Path, description = "The household")),
    responses((status = 201, description = "The invitation and its code", body = NewInvitationView)))]
#[post("/households/{id}/invitations")]
async fn create_invitation(
    app: Tenant,
    who: CurrentStaff,
    id: Path<HouseholdId>,
    context: Context,
    body: Body<CreateInvitation>,
) -> Result<Created<NewInvitationView>, ApiError> {
    let wanted = Wanted { days: body.value.expires_in_days, uses: body.value.uses };
    let (code, made) = invitations::create(&app, &who.0, *id, wanted, context.plain()).await?;
    let location = format!("/v1/staff/households/{}/invitations", *id);
    let (shown, scene) = (code.shown(), Scene::Invitation(code).text());
    let body = NewInvitationView { invitation: made.into(), code: shown, scene };
    Ok(Created { body, location, replayed: false })
}

/// Lists the invitations of a household, newest first, without their codes.
#[utoipa::path(tag = "staff people", security(("bearer" = [])), params(("id" = String, Path, description = "The household"), PageParams),
    responses((status = 200, description = "A page of invitations", body = PageView<InvitationView>)))]
#[get("/households/{id}/invitations")]
async fn list_invitations(
    app: Tenant,
    who: CurrentStaff,
    id: Path<HouseholdId>,
    query: Params<PageParams>,
) -> Result<Tagged<PageView<InvitationView>>, ApiError> {
    let found = invitations::list(&app, &who.0, *id, query.0.page()?).await?;
    Ok(Tagged::private(PageView::of(found, InvitationView::from)))
}

/// Ends an invitation: nobody uses it any more. To end it again changes nothing.
#[utoipa::path(tag = "staff people", security(("bearer" = [])),
    params(("id" = String, Path, description = "The household"),
        ("invitationId" = String, Path, description = "The invitation", pattern = "^inv_[0-7][0-9a-hjkmnp-tv-z]{25}$")),
    responses((status = 204, description = "Ended")))]
#[delete("/households/{id}/invitations/{invitationId}")]
async fn end_invitation(
    app: Tenant,
    who: CurrentStaff,
    path: Path<(HouseholdId, InvitationId)>,
    context: Context,
) -> Result<HttpResponse, ApiError> {
    let (household, id) = path.into_inner();
    invitations::end(&app, &who.0, household, id, context.plain()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The code of an invitation that can still be used.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"code": "7K2M-9QXD-4RTZ"}))]
pub struct PrintInvitation {
    /// As it was told when the invitation was made.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, pattern = "^[0-9A-Za-z -]{1,40}$")]
    pub code: String,
}

impl std::fmt::Debug for PrintInvitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PrintInvitation").finish_non_exhaustive()
    }
}

/// Makes the picture of an invitation, to be printed: the mini-program's code, or a plain one where WeChat makes none. It is kept nowhere.
#[utoipa::path(tag = "staff people", security(("bearer" = [])), request_body = PrintInvitation,
    params(("id" = String, Path, description = "The household"), CodeQuery),
    responses((status = 200, description = "The picture", content((Png = "image/png"), (Svg = "image/svg+xml")))))]
#[post("/households/{id}/invitation-code")]
async fn print_invitation(
    app: Tenant,
    who: CurrentStaff,
    id: Path<HouseholdId>,
    query: Params<CodeQuery>,
    context: Context,
    body: Body<PrintInvitation>,
    req: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let code = InvitationCode::parse("code", &body.value.code)?;
    let image = invitations::print(&app, &who.0, *id, code, query.0.format(), context.plain()).await?;
    Ok(answer(&req, image))
}
