//! Units: the tenant's tree, readable by anyone.

use actix_web::get;
use actix_web::web::Path;
use community::units::{self, UnitDetail};
use domain::ids::UnitId;
use http_kit::json::Params;
use http_kit::paging::PageView;
use http_kit::{ApiError, Tagged, Tenant};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::list::list_params;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_units).service(get_unit).service(list_sections);
}

/// A unit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "unit_01jbr62tryfk1sh9p01j0gre6f", "parentId": "unit_01jbr62tryfk1sh9p01j0gre6e", "type": "village",
    "setting": "rural", "name": "石桥村", "code": "YX-SQ-01"}))]
pub struct UnitView {
    /// Its id.
    pub id: String,
    /// Its parent; null for the root.
    pub parent_id: Option<String>,
    /// `district`, `town`, `community`, `village`, `grid`, `group`, `courtyard` or `estate`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `urban` or `rural`.
    pub setting: String,
    /// Its name.
    pub name: String,
    /// The code that staff know it by.
    pub code: String,
}

impl From<units::Unit> for UnitView {
    fn from(u: units::Unit) -> Self {
        Self {
            id: u.id.to_string(),
            parent_id: u.parent.map(|id| id.to_string()),
            kind: u.kind,
            setting: u.setting,
            name: u.name,
            code: u.code,
        }
    }
}

list_params! {
    /// Which units to list.
    UnitQuery {
        /// The parent whose children are listed; the root alone if nothing is said.
        #[param(value_type = Option<String>)]
        parent: Option<UnitId>,
    }
}

/// Lists the children of a unit, or the root.
#[utoipa::path(tag = "units", params(UnitQuery), responses((status = 200, description = "A page of units", body = PageView<UnitView>)))]
#[get("/units")]
async fn list_units(app: Tenant, query: Params<UnitQuery>) -> Result<Tagged<PageView<UnitView>>, ApiError> {
    let found = units::children(&app, query.0.parent, query.0.page()?).await?;
    Ok(Tagged::public(PageView::of(found, UnitView::from)))
}

/// The policies that hold in a unit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"accountHolder": "resident", "claimDaysBack": 30, "commentsReviewed": true, "fourEyes": true, "rankings": true, "comments": true,
    "tapAbove": "0.00", "voidWithinH": 24}))]
pub struct PolicyView {
    /// `resident` or `household`: whose account an award goes to.
    pub account_holder: String,
    /// How many days back an act may be claimed.
    pub claim_days_back: u16,
    /// Whether comments wait for review.
    pub comments_reviewed: bool,
    /// Whether who entered a claim may not approve it, and who drafted a catalogue may not adopt it.
    pub four_eyes: bool,
    /// Whether there are public boards.
    pub rankings: bool,
    /// Whether comments are possible.
    pub comments: bool,
    /// Above how many points a plain redemption code needs the resident's own tap as well.
    pub tap_above: String,
    /// Within how many hours a shop may void a captured redemption.
    pub void_within_h: u16,
}

impl From<domain::policy::Policy> for PolicyView {
    fn from(p: domain::policy::Policy) -> Self {
        let account_holder = match p.account_holder {
            domain::policy::AccountHolder::Resident => "resident",
            domain::policy::AccountHolder::Household => "household",
        };
        Self {
            account_holder: account_holder.to_owned(),
            claim_days_back: p.claim_days_back,
            comments_reviewed: p.comments_reviewed,
            four_eyes: p.four_eyes,
            rankings: p.rankings,
            comments: p.comments,
            tap_above: p.tap_above.to_string(),
            void_within_h: p.void_within_h,
        }
    }
}

/// A unit with its place in the tree and what holds there.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "unit_01jbr62tryfk1sh9p01j0gre6f", "parentId": null, "type": "district", "setting": "urban", "name": "云溪区",
    "code": "YX", "path": ["unit_01jbr62tryfk1sh9p01j0gre6f"], "policy": {"accountHolder": "resident", "claimDaysBack": 30,
    "commentsReviewed": true, "fourEyes": true, "rankings": true, "comments": true, "tapAbove": "0.00", "voidWithinH": 24}}))]
pub struct UnitDetailView {
    /// The unit.
    #[serde(flatten)]
    pub unit: UnitView,
    /// Ids from the root to the unit itself.
    pub path: Vec<String>,
    /// What holds there.
    pub policy: PolicyView,
}

impl From<UnitDetail> for UnitDetailView {
    fn from(d: UnitDetail) -> Self {
        Self {
            unit: d.unit.into(),
            path: d.path.iter().map(ToString::to_string).collect(),
            policy: d.policy.into(),
        }
    }
}

/// Reads one unit.
#[utoipa::path(tag = "units", params(("id" = String, Path, description = "The unit")),
    responses((status = 200, description = "The unit", body = UnitDetailView)))]
#[get("/units/{id}")]
async fn get_unit(app: Tenant, id: Path<UnitId>) -> Result<Tagged<UnitDetailView>, ApiError> {
    Ok(Tagged::public(units::detail(&app, *id).await?.into()))
}

/// A section of the community's page.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"key": "neighbours", "nameZh": "邻里互助", "nameEn": "Neighbours"}))]
pub struct SectionView {
    /// The word in addresses.
    pub key: String,
    /// The name in Chinese.
    pub name_zh: String,
    /// The name in English.
    pub name_en: String,
}

/// The sections.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"items": [{"key": "neighbours", "nameZh": "邻里互助", "nameEn": "Neighbours"}]}))]
pub struct SectionsView {
    /// In the order in which pages show them.
    pub items: Vec<SectionView>,
}

/// Lists the sections that deeds are posted in.
#[utoipa::path(tag = "units", responses((status = 200, description = "The sections", body = SectionsView)))]
#[get("/sections")]
async fn list_sections() -> Tagged<SectionsView> {
    let view = |section: domain::deeds::Section| {
        let (zh, en) = section.names();
        SectionView { key: section.word().to_owned(), name_zh: zh.to_owned(), name_en: en.to_owned() }
    };
    Tagged::public(SectionsView { items: domain::deeds::Section::EVERY.into_iter().map(view).collect() })
}
