//! Redeeming an invitation into a household.

use actix_web::post;
use community::invitations;
use domain::invitations::InvitationCode;
use http_kit::answers::Done;
use http_kit::limits::Guesses;
use http_kit::who::CurrentPerson;
use http_kit::{ApiError, Body, Context, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(redeem_invitation);
}

/// A code, and who has it.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"code": "7K2M-9QXD-4RTZ", "name": "王小明"}))]
pub struct RedeemInvitation {
    /// The code as it is printed. Small letters, spaces and hyphens do not matter; the last character finds what was mistyped.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, pattern = "^[0-9A-Za-z -]{1,40}$")]
    pub code: String,
    /// The real name, as the community knows it.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub name: String,
}

impl std::fmt::Debug for RedeemInvitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedeemInvitation").finish_non_exhaustive()
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The person is a resident now.
    Joined,
    /// The person asked to join, and staff decide.
    Asked,
}

/// What came of an invitation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"outcome": "joined", "residentId": "res_01jbr62tryfk1sh9p01j0gre6f",
    "joinRequestId": "join_01jbr62tryfk1sh9p01j0gre6f"}))]
pub struct RedeemedView {
    /// `joined` or `asked`.
    pub outcome: Outcome,
    /// The resident that the person is now; null where staff decide.
    pub resident_id: Option<String>,
    /// The request to join, among the caller's own: accepted, or open.
    pub join_request_id: String,
}

impl From<invitations::Redeemed> for RedeemedView {
    fn from(redeemed: invitations::Redeemed) -> Self {
        Self {
            outcome: if redeemed.resident.is_some() { Outcome::Joined } else { Outcome::Asked },
            resident_id: redeemed.resident.map(|id| id.to_string()),
            join_request_id: redeemed.request.to_string(),
        }
    }
}

/// Redeems an invitation into a household.
///
/// Whose name exactly one member of the household bears, as whom nobody signs in yet, becomes that member at once; anybody else asks to join,
/// and staff decide. A code that is unknown, used up, ended or expired is refused in one and the same way, and who tries too many has to wait;
/// one that is mistyped is told before it counts.
#[utoipa::path(tag = "me", security(("bearer" = [])), request_body = RedeemInvitation,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "invited-2026-03-01-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "A resident, or one who asked to be", body = RedeemedView)))]
#[post("/me/invitation")]
async fn redeem_invitation(
    app: Tenant,
    who: CurrentPerson,
    guesses: Guesses,
    context: Context,
    body: Body<RedeemInvitation>,
) -> Result<Done<RedeemedView>, ApiError> {
    let ctx = context.keyed(who.0.identity, &body);
    let code = InvitationCode::parse("code", &body.value.code)?;
    guesses.count_invitation(&app, who.0.identity).await?;
    let once = invitations::redeem(&app, who.0, code, &body.value.name, ctx).await?;
    Ok(Done { body: once.outcome.into(), replayed: once.replayed })
}
