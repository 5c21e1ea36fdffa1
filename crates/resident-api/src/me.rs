//! The caller's own things: nickname and hiding, the household, requests to join.

use actix_web::{HttpResponse, delete, get, post, put};
use community::avatars;
use community::me::{self, Asking, Home, Me};
use domain::ids::{PictureId, UnitId};
use domain::masking::{Audience, display_name};
use domain::{Ts, access::Person};
use http_kit::json::Params;
use http_kit::paging::{PageParams, PageView};
use http_kit::who::{CurrentPerson, CurrentResident};
use http_kit::{ApiError, Body, Context, Created, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(get_me)
        .service(put_me)
        .service(put_my_avatar)
        .service(delete_my_avatar)
        .service(get_my_household)
        .service(list_my_requests)
        .service(ask_to_join);
}

/// The resident that the caller is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "res_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f",
    "householdId": "hh_01jbr62tryfk1sh9p01j0gre6f", "name": "王小明", "hidden": false}))]
pub struct MyResidentView {
    /// Its id.
    pub id: String,
    /// The smallest unit.
    pub unit_id: String,
    /// The household, if known.
    pub household_id: Option<String>,
    /// The real name.
    pub name: String,
    /// Whether it hides from every public list.
    pub hidden: bool,
}

/// A nickname of which a person decides, because the check was in doubt, or failed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"nickname": "阳光", "reason": null}))]
pub struct NicknameProposalView {
    /// What is wanted.
    pub nickname: String,
    /// Why it was refused; null while it waits.
    pub reason: Option<String>,
}

impl From<me::Proposal> for NicknameProposalView {
    fn from(me::Proposal { nickname, reason, .. }: me::Proposal) -> Self {
        Self { nickname, reason }
    }
}

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"identityId": "idn_01jbr62tryfk1sh9p01j0gre6f", "nickname": "阳光", "nicknameProposal": null, "avatarId": null, "avatarProposalId": null, "publicName": "阳光",
    "phoneMasked": "138****1234", "resident": {"id": "res_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "householdId": null,
    "name": "王小明", "hidden": false}, "consentsDue": ["service"]}))]
pub struct MeView {
    /// The way to sign in.
    pub identity_id: String,
    /// The chosen nickname.
    pub nickname: Option<String>,
    /// The nickname that waits for a decision, or was refused; null if there is none.
    pub nickname_proposal: Option<NicknameProposalView>,
    /// The picture that the caller is shown by; null if there is none.
    pub avatar_id: Option<String>,
    /// A picture that waits for its check, or for a decision; null if there is none.
    pub avatar_proposal_id: Option<String>,
    /// How everybody else sees the resident; null for a guest.
    pub public_name: Option<String>,
    /// The telephone number that is bound, masked; null where none is.
    pub phone_masked: Option<String>,
    /// The resident; null for a guest.
    pub resident: Option<MyResidentView>,
    /// Purposes whose text in force the caller is to be asked about. What is optional hinders nothing.
    pub consents_due: Vec<String>,
}

impl From<Me> for MeView {
    fn from(me: Me) -> Self {
        let identity_id = me.identity.id.to_string();
        let nickname_proposal = me.proposal.map(NicknameProposalView::from);
        let phone_masked = me.phone;
        let avatar = |shown: bool| {
            let found = me.avatars.iter().find(|picture| picture.position.is_some() == shown);
            found.map(|picture| picture.id.to_string())
        };
        let (avatar_id, avatar_proposal_id) = (avatar(true), avatar(false));
        let consents_due = me.consents_due.iter().map(|purpose| purpose.word().to_owned()).collect();
        let Some(r) = me.resident else {
            let nickname = me.identity.nickname;
            let (public_name, resident) = (None, None);
            return Self {
                identity_id,
                nickname,
                nickname_proposal,
                avatar_id,
                avatar_proposal_id,
                public_name,
                phone_masked,
                resident,
                consents_due,
            };
        };
        Self {
            identity_id,
            nickname_proposal,
            avatar_id,
            avatar_proposal_id,
            phone_masked,
            nickname: r.nickname.clone(),
            public_name: Some(display_name(r.person(), Audience::Public)),
            resident: Some(MyResidentView {
                id: r.id.to_string(),
                unit_id: r.unit.to_string(),
                household_id: r.household.map(|id| id.to_string()),
                name: display_name(r.person(), Audience::Own),
                hidden: r.hidden,
            }),
            consents_due,
        }
    }
}

/// Reads who the caller is.
#[utoipa::path(tag = "me", security(("bearer" = [])), responses((status = 200, description = "The caller", body = MeView)))]
#[get("/me")]
async fn get_me(app: Tenant, who: CurrentPerson) -> Result<Tagged<MeView>, ApiError> {
    Ok(Tagged::private(me::read(&app, who.0).await?.into()))
}

/// What a person may change of oneself.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"nickname": "阳光", "hidden": false}))]
pub struct MeChange {
    /// The nickname, up to 20 characters; null or nothing removes it.
    #[validate(length(max = 20))]
    #[schema(max_length = 20)]
    pub nickname: Option<String>,
    /// Residents only: whether to hide from every public list. Nothing leaves it as it is.
    pub hidden: Option<bool>,
}

/// Sets the nickname, and hides or shows oneself.
///
/// A nickname is looked at: what must not be shown is refused, and what is in doubt waits for a decision; until then everybody sees the
/// one before.
#[utoipa::path(tag = "me", security(("bearer" = [])), request_body = MeChange,
    responses((status = 200, description = "The caller", body = MeView)))]
#[put("/me")]
async fn put_me(app: Tenant, who: CurrentPerson, body: Body<MeChange>) -> Result<Tagged<MeView>, ApiError> {
    let MeChange { nickname, hidden } = body.value;
    Ok(Tagged::private(me::update(&app, who.0, nickname, hidden).await?.into()))
}

/// The picture to be shown by.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"pictureId": "pic_01jbr62tryfk1sh9p01j0gre6f"}))]
pub struct ChooseAvatar {
    /// An upload of the caller's own that belongs to nothing else.
    #[schema(value_type = String)]
    pub picture_id: PictureId,
}

/// Chooses the picture that the caller is shown by.
///
/// It is looked at first, by WeChat or by the desk; until then everybody sees the one before.
#[utoipa::path(tag = "me", security(("bearer" = [])), request_body = ChooseAvatar,
    responses((status = 200, description = "The caller", body = MeView)))]
#[put("/me/avatar")]
async fn put_my_avatar(
    app: Tenant,
    who: CurrentPerson,
    body: Body<ChooseAvatar>,
) -> Result<Tagged<MeView>, ApiError> {
    Ok(Tagged::private(avatars::choose(&app, who.0, body.value.picture_id).await?.into()))
}

/// Takes the caller's picture away, and one that waits. There may be none.
#[utoipa::path(tag = "me", security(("bearer" = [])), responses((status = 204, description = "Gone")))]
#[delete("/me/avatar")]
async fn delete_my_avatar(app: Tenant, who: CurrentPerson) -> Result<HttpResponse, ApiError> {
    avatars::remove(&app, who.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A member of the caller's household.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "res_01jbr62tryfk1sh9p01j0gre6f", "name": "王*", "me": false, "householder": true}))]
pub struct MemberView {
    /// The resident.
    pub id: String,
    /// The name: one's own in full, others' as neighbours see them.
    pub name: String,
    /// Whether it is the caller.
    pub me: bool,
    /// Whether this member stands for the household.
    pub householder: bool,
}

/// The caller's household.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "hh_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "door": "3-2-501",
    "hidden": false, "members": [{"id": "res_01jbr62tryfk1sh9p01j0gre6f", "name": "王小明", "me": true, "householder": true}]}))]
pub struct MyHouseholdView {
    /// Its id.
    pub id: String,
    /// The smallest unit.
    pub unit_id: String,
    /// The address.
    pub door: Option<String>,
    /// Whether it hides from every public list.
    pub hidden: bool,
    /// Who lives there.
    pub members: Vec<MemberView>,
}

impl MyHouseholdView {
    fn of(home: &Home, own: domain::ids::ResidentId) -> Self {
        let household = &home.household;
        let member = |r: &community::residents::Resident| MemberView {
            id: r.id.to_string(),
            name: display_name(r.person(), if r.id == own { Audience::Own } else { Audience::SameUnit }),
            me: r.id == own,
            householder: household.householder == Some(r.id),
        };
        Self {
            id: household.id.to_string(),
            unit_id: household.unit.to_string(),
            door: household.door.clone(),
            hidden: household.hidden,
            members: home.members.iter().map(member).collect(),
        }
    }
}

/// Reads the caller's household; 404 when staff have entered none.
#[utoipa::path(tag = "me", security(("bearer" = [])),
    responses((status = 200, description = "The household", body = MyHouseholdView),
        (status = 404, description = "No household is known", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/me/household")]
async fn get_my_household(app: Tenant, who: CurrentResident) -> Result<Tagged<MyHouseholdView>, ApiError> {
    let home = me::household(&app, who.resident).await?;
    Ok(Tagged::private(MyHouseholdView::of(&home, who.resident)))
}

/// The caller's own request to join.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "join_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "name": "王小明",
    "door": "3-2-501", "note": "新搬来的", "state": "open", "reason": null, "createdAt": "2026-03-01T08:00:00Z", "decidedAt": null}))]
pub struct MyRequestView {
    /// Its id.
    pub id: String,
    /// The unit to join.
    pub unit_id: String,
    /// The name that was given.
    pub name: String,
    /// The address that was given.
    pub door: Option<String>,
    /// What else was said.
    pub note: Option<String>,
    /// `open`, `accepted` or `refused`.
    pub state: String,
    /// Why it was refused.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it was decided.
    pub decided_at: Option<String>,
}

impl From<me::JoinRequest> for MyRequestView {
    fn from(r: me::JoinRequest) -> Self {
        Self {
            id: r.id.to_string(),
            unit_id: r.unit.to_string(),
            name: r.name,
            door: r.door,
            note: r.note,
            state: r.state,
            reason: r.reason,
            created_at: Ts(r.created_at).to_string(),
            decided_at: r.decided_at.map(|at| Ts(at).to_string()),
        }
    }
}

/// Lists the caller's requests to join, newest first.
#[utoipa::path(tag = "me", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of requests", body = PageView<MyRequestView>)))]
#[get("/me/join-requests")]
async fn list_my_requests(
    app: Tenant,
    who: CurrentPerson,
    query: Params<PageParams>,
) -> Result<Tagged<PageView<MyRequestView>>, ApiError> {
    let found = me::requests(&app, who.0, query.0.page()?).await?;
    Ok(Tagged::private(PageView::of(found, MyRequestView::from)))
}

/// A request to join.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "name": "王小明", "door": "3-2-501", "note": "新搬来的"}))]
pub struct AskToJoin {
    /// A smallest unit: a grid, group, courtyard or estate.
    #[schema(value_type = String, example = "unit_01jbr62tryfk1sh9p01j0gre6f")]
    pub unit_id: UnitId,
    /// The real name, by which staff find the resident.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub name: String,
    /// The address.
    #[validate(length(max = 60))]
    #[schema(max_length = 60)]
    pub door: Option<String>,
    /// What else staff should know.
    #[validate(length(max = 500))]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// Asks to join a unit. A guest has one open request at a time; staff of the unit decide it.
#[utoipa::path(tag = "me", security(("bearer" = [])), request_body = AskToJoin,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "join-2026-03-01-0001", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "Asked", body = MyRequestView)))]
#[post("/me/join-requests")]
async fn ask_to_join(
    app: Tenant,
    who: CurrentPerson,
    context: Context,
    body: Body<AskToJoin>,
) -> Result<Created<MyRequestView>, ApiError> {
    let who: Person = who.0;
    let ctx = context.keyed(who.identity, &body);
    let AskToJoin { unit_id, name, door, note } = body.value;
    let once = me::ask(&app, who, Asking { unit: unit_id, name, door, note }, ctx).await?;
    let body = me::request(&app, who, once.outcome).await?.into();
    Ok(Created { body, location: "/v1/me/join-requests".to_owned(), replayed: once.replayed })
}
