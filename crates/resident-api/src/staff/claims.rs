//! The desk's claims.

use actix_web::web::Path;
use actix_web::{get, post};
use community::claim_desk::{self, DeskClaim, Entry, For};
use community::claims;
use domain::ids::{ClaimId, HouseholdId, ItemId, ResidentId, UnitId};
use domain::{Day, FieldFault, Points, Refusal, Ts};
use http_kit::answers::Done;
use http_kit::json::Params;
use http_kit::paging::PageView;
use http_kit::who::CurrentStaff;
use http_kit::{ApiError, Body, Context, Created, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::list::{list_params, listed};

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_claims).service(enter_claim).service(get_claim).service(reverse_claim);
}

/// A claim as the desk sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "claim_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "state": "submitted",
    "subject": "resident", "residentId": "res_01jbr62tryfk1sh9p01j0gre6f", "householdId": null, "beneficiary": "王小明",
    "itemId": "item_01jbr62tryfk1sh9p01j0gre6f", "itemCode": "BQ-001", "itemNameZh": "助人为乐", "itemNameEn": "Helping others",
    "itemPoints": {"kind": "fixed", "points": "2.00", "min": null, "max": null, "grades": [], "step": null}, "catalogueVersion": 1,
    "dayOfAct": "2026-03-01", "quantity": null, "cause": "staff_entry", "deedId": null, "enteredBy": "staff_01jbr62tryfk1sh9p01j0gre6f",
    "note": "邻居反映", "reason": null, "merit": null, "redeemable": null, "decidedBy": null, "decidedAt": null, "reversedBy": null,
    "reversedAt": null, "createdAt": "2026-03-01T02:00:00Z"}))]
pub struct ClaimView {
    /// Its id.
    pub id: String,
    /// The smallest unit it concerns.
    pub unit_id: String,
    /// `submitted`, `rejected`, `posted` or `reversed`.
    pub state: String,
    /// `resident` or `household`.
    pub subject: String,
    /// The resident.
    pub resident_id: Option<String>,
    /// The household.
    pub household_id: Option<String>,
    /// The resident's name, or the household's code.
    pub beneficiary: String,
    /// The rule item.
    pub item_id: String,
    /// Its code.
    pub item_code: String,
    /// The act, in Chinese.
    pub item_name_zh: String,
    /// The act, in English.
    pub item_name_en: String,
    /// The item's figure.
    pub item_points: Option<crate::rules::FigureView>,
    /// Which version of its unit's catalogue.
    pub catalogue_version: i32,
    /// The day of the act.
    #[schema(value_type = String, format = Date, example = "2026-03-01")]
    pub day_of_act: Day,
    /// The quantity.
    #[schema(value_type = Option<String>, example = "1.50")]
    pub quantity: Option<Points>,
    /// `deed` or `staff_entry`.
    pub cause: String,
    /// The deed, if it comes from one.
    pub deed_id: Option<String>,
    /// Who of the staff entered it.
    pub entered_by: Option<String>,
    /// The note for whoever decides.
    pub note: Option<String>,
    /// Why it was refused or reversed.
    pub reason: Option<String>,
    /// The merit that was granted.
    #[schema(value_type = Option<String>, example = "2.00")]
    pub merit: Option<Points>,
    /// The redeemable points that were granted.
    #[schema(value_type = Option<String>, example = "2.00")]
    pub redeemable: Option<Points>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Ts>,
    /// Who reversed it.
    pub reversed_by: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reversed_at: Option<Ts>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Ts,
}

impl From<DeskClaim> for ClaimView {
    fn from(desk: DeskClaim) -> Self {
        let (claim, item) = (desk.claim, desk.rule.item);
        let deed_id = claim.deed().map(|id| id.to_string());
        Self {
            id: claim.id.to_string(),
            unit_id: claim.unit.to_string(),
            state: claim.state,
            subject: claim.subject,
            resident_id: claim.resident.map(|id| id.to_string()),
            household_id: claim.household.map(|id| id.to_string()),
            beneficiary: desk.beneficiary,
            item_id: claim.item.to_string(),
            item_points: item.points.as_ref().map(Into::into),
            item_code: item.code,
            item_name_zh: item.name_zh,
            item_name_en: item.name_en,
            catalogue_version: desk.rule.number,
            day_of_act: Day(claim.day_of_act),
            quantity: claim.quantity.map(Points::from_hundredths),
            cause: claim.cause,
            deed_id,
            entered_by: claim.entered_by.map(|id| id.to_string()),
            note: desk.notes.note,
            reason: desk.notes.reason,
            merit: claim.merit.map(Points::from_hundredths),
            redeemable: claim.redeemable.map(Points::from_hundredths),
            decided_by: claim.decided_by.map(|id| id.to_string()),
            decided_at: claim.decided_at.map(Ts),
            reversed_by: claim.reversed_by.map(|id| id.to_string()),
            reversed_at: claim.reversed_at.map(Ts),
            created_at: Ts(claim.created_at),
        }
    }
}

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// Waits for a decision.
    Submitted,
    /// Refused.
    Rejected,
    /// Granted.
    Posted,
    /// Granted, and taken back.
    Reversed,
}

impl ClaimState {
    const fn word(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Rejected => "rejected",
            Self::Posted => "posted",
            Self::Reversed => "reversed",
        }
    }
}

list_params! {
    /// Which claims to list.
    ClaimQuery {
        /// In the subtree of this unit; everything within reach if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
        /// Those in this state only.
        #[param(inline)]
        state: Option<ClaimState>,
    }
}

/// Lists claims, newest first.
#[utoipa::path(tag = "staff claims", security(("bearer" = [])), params(ClaimQuery),
    responses((status = 200, description = "A page of claims", body = PageView<ClaimView>),
        (status = 404, description = "No such unit within reach", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/claims")]
async fn list_claims(
    app: Tenant,
    who: CurrentStaff,
    query: Params<ClaimQuery>,
) -> Result<Tagged<PageView<ClaimView>>, ApiError> {
    let state = query.0.state.map(ClaimState::word);
    Ok(listed(claim_desk::list(&app, &who.0, query.0.unit, state, query.0.page()?).await?))
}

/// A claim that staff enter for a resident or a household: exactly one of them.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"residentId": "res_01jbr62tryfk1sh9p01j0gre6f", "itemId": "item_01jbr62tryfk1sh9p01j0gre6f",
    "dayOfAct": "2026-03-01", "note": "邻居反映"}))]
pub struct EnterClaim {
    /// The resident.
    #[schema(value_type = Option<String>, example = "res_01jbr62tryfk1sh9p01j0gre6f")]
    pub resident_id: Option<ResidentId>,
    /// The household.
    #[schema(value_type = Option<String>, example = "hh_01jbr62tryfk1sh9p01j0gre6f")]
    pub household_id: Option<HouseholdId>,
    /// The rule item, in force on the day of the act.
    #[schema(value_type = String, example = "item_01jbr62tryfk1sh9p01j0gre6f")]
    pub item_id: ItemId,
    /// The day of the act: not in the future, and not further back than the unit's policy allows.
    #[schema(value_type = String, format = Date, example = "2026-03-01")]
    pub day_of_act: Day,
    /// How much of the item's unit of measure, for an item that is paid by quantity.
    #[schema(value_type = Option<String>, example = "1.50", pattern = "^[0-9]{1,12}(\\.[0-9]{1,2})?$")]
    pub quantity: Option<Points>,
    /// A note for whoever decides; the beneficiary can read it.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub note: Option<String>,
}

fn whom(resident: Option<ResidentId>, household: Option<HouseholdId>) -> Result<For, ApiError> {
    match (resident, household) {
        (Some(id), None) => Ok(For::Resident(id)),
        (None, Some(id)) => Ok(For::Household(id)),
        _ => {
            let zh = "请填写 residentId 或 householdId，且只填一个";
            let fault = FieldFault::new("residentId", "one_of", zh, "give either residentId or householdId");
            Err(Refusal::field(fault).into())
        }
    }
}

/// Enters a claim for somebody.
///
/// It waits in the queue of reviews for another's eyes. Nobody enters for the own household.
#[utoipa::path(tag = "staff claims", security(("bearer" = [])), request_body = EnterClaim,
    params(("Idempotency-Key" = String, Header, description = "A key of the client's choice: the same request is done once",
        example = "claim-2026-03-01-0001", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The claim", body = ClaimView)))]
#[post("/claims")]
async fn enter_claim(
    app: Tenant,
    who: CurrentStaff,
    context: Context,
    body: Body<EnterClaim>,
) -> Result<Created<ClaimView>, ApiError> {
    let ctx = context.keyed_strictly(who.0.id, &body)?;
    let EnterClaim { resident_id, household_id, item_id, day_of_act, quantity, note } = body.value;
    let entry = Entry { whom: whom(resident_id, household_id)?, item: item_id, day_of_act, quantity, note };
    let once = claim_desk::enter(&app, &who.0, entry, ctx).await?;
    let body = claim_desk::detail(&app, &who.0, once.outcome).await?.into();
    Ok(Created { body, location: format!("/v1/staff/claims/{}", once.outcome), replayed: once.replayed })
}

/// Reads one claim.
#[utoipa::path(tag = "staff claims", security(("bearer" = [])), params(("id" = String, Path, description = "The claim")),
    responses((status = 200, description = "The claim", body = ClaimView)))]
#[get("/claims/{id}")]
async fn get_claim(app: Tenant, who: CurrentStaff, id: Path<ClaimId>) -> Result<Tagged<ClaimView>, ApiError> {
    Ok(Tagged::private(claim_desk::detail(&app, &who.0, *id).await?.into()))
}

/// Why a claim is reversed.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "与另一条申报重复"}))]
pub struct ReverseClaim {
    /// Why; the beneficiary can read it.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// What became of a reversal.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"claimId": "claim_01jbr62tryfk1sh9p01j0gre6f", "uncollected": "0.00"}))]
pub struct ReversedView {
    /// The claim.
    pub claim_id: String,
    /// What of the redeemable points had been spent and could not be taken back.
    #[schema(value_type = String, example = "0.00")]
    pub uncollected: Points,
}

/// Reverses a posted claim.
///
/// Merit is taken back in full, redeemable points as far as they are there; caps are given back. History stays: the reversal is a change of
/// its own.
#[utoipa::path(tag = "staff claims", security(("bearer" = [])), request_body = ReverseClaim,
    params(("id" = String, Path, description = "The claim"),
        ("Idempotency-Key" = String, Header, description = "A key of the client's choice: the same request is done once",
        example = "reverse-2026-03-01-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "It is reversed", body = ReversedView)))]
#[post("/claims/{id}/reverse")]
async fn reverse_claim(
    app: Tenant,
    who: CurrentStaff,
    id: Path<ClaimId>,
    context: Context,
    body: Body<ReverseClaim>,
) -> Result<Done<ReversedView>, ApiError> {
    let ctx = context.keyed_strictly(who.0.id, &body)?;
    let once = claims::reverse(&app, &who.0, *id, &body.value.reason, ctx).await?;
    let view =
        ReversedView { claim_id: once.outcome.claim.to_string(), uncollected: once.outcome.uncollected };
    Ok(Done { body: view, replayed: once.replayed })
}
