//! The desk: requests to join.

use actix_web::web::Path;
use actix_web::{get, post};
use community::join_requests::{self, Decision};
use community::residents::NewResident;
use domain::ids::{HouseholdId, JoinRequestId, ResidentId, UnitId};
use domain::{Code, FieldFault, Ts};
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
    config.service(list_requests).service(decide_request);
}

/// A request to join as the desk sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "join_01jbr62tryfk1sh9p01j0gre6f", "identityId": "idn_01jbr62tryfk1sh9p01j0gre6f",
    "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "name": "王小明", "door": "3-2-501", "note": null, "state": "open", "reason": null,
    "householdId": null, "invitationId": null, "residentId": null, "decidedBy": null, "decidedAt": null, "createdAt": "2026-03-01T08:00:00Z"}))]
pub struct JoinRequestView {
    /// Its id.
    pub id: String,
    /// Who asks.
    pub identity_id: String,
    /// The unit to join.
    pub unit_id: String,
    /// The name that the person gives.
    pub name: String,
    /// The address that the person gives.
    pub door: Option<String>,
    /// What else the person says.
    pub note: Option<String>,
    /// `open`, `accepted` or `refused`.
    pub state: String,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The household that invited the person, if one did.
    pub household_id: Option<String>,
    /// By which invitation.
    pub invitation_id: Option<String>,
    /// The resident that the person is by now.
    pub resident_id: Option<String>,
    /// The staff account that decided.
    pub decided_by: Option<String>,
    /// When it was decided.
    pub decided_at: Option<String>,
    /// When it was made.
    pub created_at: String,
}

impl From<join_requests::JoinRequest> for JoinRequestView {
    fn from(r: join_requests::JoinRequest) -> Self {
        Self {
            id: r.id.to_string(),
            identity_id: r.identity.to_string(),
            unit_id: r.unit.to_string(),
            name: r.name,
            door: r.door,
            note: r.note,
            state: r.state,
            reason: r.reason,
            household_id: r.household.map(|id| id.to_string()),
            invitation_id: r.invitation.map(|id| id.to_string()),
            resident_id: r.resident.map(|id| id.to_string()),
            decided_by: r.decided_by.map(|id| id.to_string()),
            decided_at: r.decided_at.map(|at| Ts(at).to_string()),
            created_at: Ts(r.created_at).to_string(),
        }
    }
}

/// The state of a request.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// Waits for a decision.
    Open,
    /// The person became a resident.
    Accepted,
    /// Refused.
    Refused,
}

impl RequestState {
    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
        }
    }
}

list_params! {
    /// Which requests to list.
    RequestQuery {
        /// In the subtree of this unit; everything within reach if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
        /// In this state; open ones if nothing is said.
        #[param(inline)]
        state: Option<RequestState>,
    }
}

/// Lists requests to join, oldest first.
#[utoipa::path(tag = "staff people", security(("bearer" = [])), params(RequestQuery),
    responses((status = 200, description = "A page of requests", body = PageView<JoinRequestView>),
        (status = 404, description = "No such unit, or not within reach", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/join-requests")]
async fn list_requests(
    app: Tenant,
    who: CurrentStaff,
    query: Params<RequestQuery>,
) -> Result<Tagged<PageView<JoinRequestView>>, ApiError> {
    let state = query.0.state.unwrap_or(RequestState::Open).word();
    Ok(listed(join_requests::list(&app, &who.0, query.0.unit, state, query.0.page()?).await?))
}

/// Accept or refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionWord {
    /// The person becomes a resident.
    Accept,
    /// The person stays a guest.
    Refuse,
}

/// The resident whom an accepted person becomes.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"householdId": null, "code": "R-0002", "name": "王小明", "nickname": null}))]
pub struct JoiningResident {
    /// The smallest unit; that of the request if nothing is said.
    #[schema(value_type = Option<String>, example = "unit_01jbr62tryfk1sh9p01j0gre6f")]
    pub unit_id: Option<UnitId>,
    /// A household of that unit; the one that invited the person if nothing is said.
    #[schema(value_type = Option<String>, example = "hh_01jbr62tryfk1sh9p01j0gre6f")]
    pub household_id: Option<HouseholdId>,
    /// The code that staff know the person by.
    #[validate(length(max = 40))]
    #[schema(max_length = 40)]
    pub code: Option<String>,
    /// The real name; that of the request if nothing is said.
    #[validate(length(max = 40))]
    #[schema(max_length = 40)]
    pub name: Option<String>,
    /// The nickname; that of the guest if nothing is said.
    #[validate(length(max = 20))]
    #[schema(max_length = 20)]
    pub nickname: Option<String>,
}

/// A decision on a request to join.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"decision": "accept", "residentId": "res_01jbr62tryfk1sh9p01j0gre6f"}))]
pub struct DecideRequest {
    /// Accept or refuse.
    pub decision: DecisionWord,
    /// To accept: the resident, entered before, who this person is. Either this or `newResident`.
    #[schema(value_type = Option<String>, example = "res_01jbr62tryfk1sh9p01j0gre6f")]
    pub resident_id: Option<ResidentId>,
    /// To accept: the resident to make.
    #[validate(nested)]
    pub new_resident: Option<JoiningResident>,
    /// To refuse: the reason, which the person reads.
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

impl DecideRequest {
    fn read(self, asked: &join_requests::JoinRequest) -> Result<Decision, ApiError> {
        match (self.decision, self.resident_id, self.new_resident) {
            (DecisionWord::Refuse, None, None) => {
                self.reason.map(Decision::Refused).ok_or_else(|| Code::ReasonRequired.into())
            }
            (DecisionWord::Accept, Some(resident), None) => Ok(Decision::Known(resident)),
            (DecisionWord::Accept, None, Some(new)) => Ok(Decision::New(NewResident {
                unit: new.unit_id.unwrap_or(asked.unit),
                household: new.household_id.or_else(|| asked.invited_into(new.unit_id)),
                code: new.code,
                name: new.name.unwrap_or_else(|| asked.name.clone()),
                nickname: new.nickname,
                born: None,
            })),
            (DecisionWord::Accept, ..) => {
                let zh = "请填写 residentId 或 newResident 其中之一";
                Err(FieldFault::new("residentId", "one_of", zh, "give either residentId or newResident")
                    .into())
            }
            (DecisionWord::Refuse, ..) => {
                let zh = "拒绝时不能指定居民";
                Err(FieldFault::new("residentId", "not_allowed", zh, "a refusal names no resident").into())
            }
        }
    }
}

/// Decides a request to join: once.
#[utoipa::path(tag = "staff people", security(("bearer" = [])), request_body = DecideRequest,
    params(("id" = String, Path, description = "The request"),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "decide-2026-03-01-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The request as decided", body = JoinRequestView)))]
#[post("/join-requests/{id}/decide")]
async fn decide_request(
    app: Tenant,
    who: CurrentStaff,
    id: Path<JoinRequestId>,
    context: Context,
    body: Body<DecideRequest>,
) -> Result<Done<JoinRequestView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let asked = join_requests::read(&app, &who.0, *id).await?;
    let decision = body.value.read(&asked)?;
    let (once, request) = join_requests::decide(&app, &who.0, *id, decision, ctx).await?;
    Ok(Done { body: request.into(), replayed: once.replayed })
}
