//! The desk: policies of units.

use actix_web::web::Path;
use actix_web::{get, put};
use community::policies::{self, Policies};
use domain::ids::UnitId;
use domain::policy::{AccountHolder, PolicyPart};
use domain::{FieldFault, Points, Refusal};
use http_kit::who::CurrentStaff;
use http_kit::{ApiError, Body, Context, Etag, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::units::PolicyView;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_policies).service(put_policies);
}

/// Whose account an award goes to.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountHolderWord {
    /// The resident's own.
    Resident,
    /// The household's, shared by its members.
    Household,
}

/// What a unit states of its own; null or nothing inherits from its parent.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"accountHolder": "household", "claimDaysBack": 60, "commentsReviewed": null, "fourEyes": null,
    "rankings": null, "comments": null, "tapAbove": null, "voidWithinH": null}))]
pub struct PolicyPartBody {
    /// Whose account an award goes to.
    pub account_holder: Option<AccountHolderWord>,
    /// How many days back an act may be claimed.
    #[validate(range(max = 366))]
    #[schema(minimum = 0, maximum = 366)]
    pub claim_days_back: Option<u16>,
    /// Whether comments wait for review.
    pub comments_reviewed: Option<bool>,
    /// Whether who entered a claim may not approve it, and who drafted a catalogue may not adopt it.
    pub four_eyes: Option<bool>,
    /// Whether there are public boards.
    pub rankings: Option<bool>,
    /// Whether comments are possible.
    pub comments: Option<bool>,
    /// Above how many points a plain redemption code needs the resident's own tap as well.
    #[schema(value_type = Option<String>, example = "0.00", pattern = r"^[0-9]{1,8}(\.[0-9]{1,2})?$")]
    pub tap_above: Option<Points>,
    /// Within how many hours a shop may void a captured redemption.
    #[validate(range(max = 720))]
    #[schema(minimum = 0, maximum = 720)]
    pub void_within_h: Option<u16>,
}

impl From<PolicyPart> for PolicyPartBody {
    fn from(p: PolicyPart) -> Self {
        Self {
            account_holder: p.account_holder.map(|holder| match holder {
                AccountHolder::Resident => AccountHolderWord::Resident,
                AccountHolder::Household => AccountHolderWord::Household,
            }),
            claim_days_back: p.claim_days_back,
            comments_reviewed: p.comments_reviewed,
            four_eyes: p.four_eyes,
            rankings: p.rankings,
            comments: p.comments,
            tap_above: p.tap_above,
            void_within_h: p.void_within_h,
        }
    }
}

impl From<PolicyPartBody> for PolicyPart {
    fn from(p: PolicyPartBody) -> Self {
        Self {
            account_holder: p.account_holder.map(|holder| match holder {
                AccountHolderWord::Resident => AccountHolder::Resident,
                AccountHolderWord::Household => AccountHolder::Household,
            }),
            claim_days_back: p.claim_days_back,
            comments_reviewed: p.comments_reviewed,
            four_eyes: p.four_eyes,
            rankings: p.rankings,
            comments: p.comments,
            tap_above: p.tap_above,
            void_within_h: p.void_within_h,
        }
    }
}

/// The policies of a unit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "own": {"accountHolder": null, "claimDaysBack": 60,
    "commentsReviewed": null, "fourEyes": null, "rankings": null, "comments": null, "tapAbove": null, "voidWithinH": null}, "effective": {"accountHolder": "resident",
    "claimDaysBack": 60, "commentsReviewed": true, "fourEyes": true, "rankings": true, "comments": true,
    "tapAbove": "0.00", "voidWithinH": 24}, "version": 1}))]
pub struct PoliciesView {
    /// The unit.
    pub unit_id: String,
    /// What it states of its own.
    pub own: PolicyPartBody,
    /// What holds there.
    pub effective: PolicyView,
    /// Send it back as `If-Match: "v1"`; 0 while the unit states nothing.
    pub version: i64,
}

impl From<Policies> for PoliciesView {
    fn from(p: Policies) -> Self {
        Self {
            unit_id: p.unit.to_string(),
            own: p.part.into(),
            effective: p.effective.into(),
            version: p.version,
        }
    }
}

/// Reads the policies of a unit.
#[utoipa::path(tag = "staff units", security(("bearer" = [])), params(("unitId" = String, Path, description = "The unit")),
    responses((status = 200, description = "The policies", body = PoliciesView)))]
#[get("/policies/{unitId}")]
async fn get_policies(
    app: Tenant,
    who: CurrentStaff,
    id: Path<UnitId>,
) -> Result<Tagged<PoliciesView>, ApiError> {
    let found = policies::read(&app, &who.0, *id).await?;
    let version = found.version;
    Ok(Tagged::versioned(found.into(), version))
}

/// Replaces what a unit states of its policies.
#[utoipa::path(tag = "staff units", security(("bearer" = [])), request_body = PolicyPartBody,
    params(("unitId" = String, Path, description = "The unit"),
        ("If-Match" = String, Header, description = "The version that was read; \"v0\" while the unit states nothing", example = "\"v0\"")),
    responses((status = 200, description = "The policies", body = PoliciesView)))]
#[put("/policies/{unitId}")]
async fn put_policies(
    app: Tenant,
    who: CurrentStaff,
    id: Path<UnitId>,
    etag: Etag,
    context: Context,
    body: Body<PolicyPartBody>,
) -> Result<Tagged<PoliciesView>, ApiError> {
    if body.value.tap_above.is_some_and(|above| above < Points::ZERO) {
        let fault = FieldFault::new("tapAbove", "out_of_range", "不能小于 0", "is not less than nothing");
        return Err(Refusal::field(fault).into());
    }
    let found = policies::update(&app, &who.0, *id, etag.0, body.value.into(), context.plain()).await?;
    let version = found.version;
    Ok(Tagged::versioned(found.into(), version))
}
