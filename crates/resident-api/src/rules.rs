//! Rules: what is rewarded where, readable by anyone.

use actix_web::get;
use actix_web::web::Path;
use community::rules::{self, Rule};
use domain::catalogue::{Cap, CapAmount, CapScope, Direction, PointsRule, Subject, source_entry, unit_zh};
use domain::ids::{ItemId, UnitId};
use domain::{Day, Points};
use http_kit::json::Params;
use http_kit::paging::PageView;
use http_kit::{ApiError, Tagged, Tenant};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::list::list_params;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_rules).service(get_rule);
}

/// The figure of an item, by its kind.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FigureView {
    /// `fixed`, `range`, `grades` or `stepped`.
    pub kind: &'static str,
    /// Of a fixed figure: the points. Of a stepped one: the points of one step.
    #[schema(value_type = Option<String>, example = "2.00")]
    pub points: Option<Points>,
    /// The least that it pays.
    #[schema(value_type = Option<String>, example = "0.10")]
    pub min: Option<Points>,
    /// The most that it pays.
    #[schema(value_type = Option<String>, example = "0.90")]
    pub max: Option<Points>,
    /// Of grades: each.
    #[schema(value_type = Vec<String>)]
    pub grades: Vec<Points>,
    /// Of a stepped figure: how much of the quantity is a step.
    #[schema(value_type = Option<String>, example = "10.00")]
    pub step: Option<Points>,
}

impl From<&PointsRule> for FigureView {
    fn from(rule: &PointsRule) -> Self {
        let none = Self::default();
        match rule {
            PointsRule::Fixed(points) => Self { kind: "fixed", points: Some(*points), ..none },
            PointsRule::Range { min, max } => {
                Self { kind: "range", min: Some(*min), max: Some(*max), ..none }
            }
            PointsRule::Grades(grades) => Self { kind: "grades", grades: grades.clone(), ..none },
            PointsRule::Stepped { points, step, min, max } => {
                let (points, step) = (Some(*points), Some(*step));
                Self { kind: "stepped", points, step, min: *min, max: *max, ..none }
            }
        }
    }
}

/// A limit on what one subject gets: points or times.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CapView {
    /// `occurrence`, `day`, `week`, `month`, `quarter`, `year` or `ever`.
    #[schema(value_type = String, example = "day")]
    pub scope: CapScope,
    /// At most so many points.
    #[schema(value_type = Option<String>, example = "8.00")]
    pub points: Option<Points>,
    /// At most so many times.
    pub times: Option<u32>,
    /// The pot, if several items draw on one.
    pub shared_key: Option<String>,
}

impl From<&Cap> for CapView {
    fn from(cap: &Cap) -> Self {
        let (points, times) = match cap.amount {
            CapAmount::Points(points) => (Some(points), None),
            CapAmount::Times(times) => (None, Some(times)),
        };
        Self { scope: cap.scope, points, times, shared_key: cap.shared_key.clone() }
    }
}

/// Where a catalogue was taken from.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceView {
    /// The key of the carried rule table.
    pub key: Option<String>,
    /// The address of the page or document.
    pub address: Option<String>,
    /// How much of the source's table this is.
    pub coverage: Option<String>,
}

impl From<domain::catalogue::CatalogueSource> for SourceView {
    fn from(source: domain::catalogue::CatalogueSource) -> Self {
        Self { key: source.key, address: source.address, coverage: source.coverage }
    }
}

/// A rule item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "item_01jbr62tryfk1sh9p01j0gre6f", "code": "CMP-005", "category": "志愿服务", "nameZh": "参加志愿服务",
    "nameEn": "Volunteer service", "direction": "award", "points": {"kind": "fixed", "points": "5.00", "min": null, "max": null, "grades": [],
    "step": null}, "unitOfMeasure": "per hour", "unitOfMeasureZh": "每小时", "perQuantity": true, "thresholdHours": null,
    "caps": [{"scope": "day", "points": "20.00", "times": null, "sharedKey": null}], "subject": "resident", "evidence": null,
    "approver": null, "clause": null, "effect": null, "appealPath": null, "expiryDays": null, "themes": [],
    "catalogueId": "cat_01jbr62tryfk1sh9p01j0gre6f", "catalogueVersion": 1, "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f",
    "forceFrom": "2026-01-01", "forceUntil": null, "source": {"key": "sample-composed", "address": null, "coverage": null}}))]
pub struct RuleView {
    /// Its id: of this version.
    pub id: String,
    /// The code: the same in every version.
    pub code: String,
    /// The heading under which it stands.
    pub category: Option<String>,
    /// The act, in Chinese.
    pub name_zh: String,
    /// The act, in English.
    pub name_en: String,
    /// `award` or `deduction`; null where the source leaves it open.
    #[schema(value_type = Option<String>, example = "award")]
    pub direction: Option<Direction>,
    /// The figure; null until staff set one in a new version.
    pub points: Option<FigureView>,
    /// What it is paid for.
    pub unit_of_measure: Option<String>,
    /// The same in Chinese, if it is a usual one.
    pub unit_of_measure_zh: Option<String>,
    /// Whether a claim must state a quantity.
    pub per_quantity: bool,
    /// The service hours that must have been reached.
    #[schema(value_type = Option<String>, example = "10.00")]
    pub threshold_hours: Option<Points>,
    /// What limits it.
    pub caps: Vec<CapView>,
    /// `resident` or `household`.
    #[schema(value_type = String, example = "resident")]
    pub subject: Subject,
    /// What proves the act.
    pub evidence: Option<String>,
    /// Who approves.
    pub approver: Option<String>,
    /// The clause of the convention.
    pub clause: Option<String>,
    /// What it leads to beside points.
    pub effect: Option<String>,
    /// Of a deduction: how one appeals.
    pub appeal_path: Option<String>,
    /// Of a deduction: after how many days its listing ends.
    pub expiry_days: Option<u16>,
    /// Tags of programmes.
    pub themes: Vec<String>,
    /// The version of the catalogue that it stands in.
    pub catalogue_id: String,
    /// Which version of its unit that is.
    pub catalogue_version: i32,
    /// The unit that it comes from.
    pub unit_id: String,
    /// From which day it is in force.
    #[schema(value_type = Option<String>, example = "2026-01-01")]
    pub force_from: Option<Day>,
    /// Until the day before this.
    #[schema(value_type = Option<String>, example = "2027-01-01")]
    pub force_until: Option<Day>,
    /// Where the catalogue was taken from.
    pub source: Option<SourceView>,
}

impl From<Rule> for RuleView {
    fn from(rule: Rule) -> Self {
        let item = rule.item;
        Self {
            id: rule.id.to_string(),
            code: item.code,
            category: item.category,
            name_zh: item.name_zh,
            name_en: item.name_en,
            direction: item.direction,
            points: item.points.as_ref().map(FigureView::from),
            unit_of_measure_zh: item.unit_of_measure.as_deref().and_then(unit_zh).map(str::to_owned),
            unit_of_measure: item.unit_of_measure,
            per_quantity: item.per_quantity,
            threshold_hours: item.threshold_hours,
            caps: item.caps.iter().map(CapView::from).collect(),
            subject: item.subject,
            evidence: item.evidence,
            approver: item.approver,
            clause: item.clause,
            effect: item.effect,
            appeal_path: item.appeal_path,
            expiry_days: item.expiry_days,
            themes: item.themes,
            catalogue_id: rule.catalogue.to_string(),
            catalogue_version: rule.number,
            unit_id: rule.unit.to_string(),
            force_from: rule.force_from,
            force_until: rule.force_until,
            source: rule.source.map(SourceView::from),
        }
    }
}

list_params! {
    /// Whose rules, and when.
    RuleQuery {
        /// The unit.
        #[param(value_type = String, example = "unit_01jbr62tryfk1sh9p01j0gre6f")]
        unit: UnitId,
        /// The day; today if nothing is said.
        #[param(value_type = Option<String>, format = Date, example = "2026-03-01")]
        on: Option<Day>,
    }
}

/// Lists the items that hold in a unit on a day, by their codes.
///
/// A unit has the items of every unit above it; where it has an item of the same code itself, its own holds. A unit that does not exist has
/// none.
#[utoipa::path(tag = "rules", params(RuleQuery), responses((status = 200, description = "A page of items", body = PageView<RuleView>)))]
#[get("/rules")]
async fn list_rules(app: Tenant, query: Params<RuleQuery>) -> Result<Tagged<PageView<RuleView>>, ApiError> {
    let found = rules::effective(&app, query.0.unit, query.0.on, query.0.page()?).await?;
    Ok(Tagged::public(PageView::of(found, RuleView::from)))
}

/// A source that a row cites.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CitedView {
    /// Outlet and title.
    pub title: String,
    /// Where it stands, if that is known.
    pub address: Option<String>,
    /// When it was published, as precisely as known.
    pub date: String,
}

/// A rule item with its source.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "item_01jbr62tryfk1sh9p01j0gre6f", "code": "BQ-001", "category": null, "nameZh": "助人为乐",
    "nameEn": "Helping others", "direction": "award", "points": {"kind": "fixed", "points": "2.00", "min": null, "max": null, "grades": [],
    "step": null}, "unitOfMeasure": "per occurrence", "unitOfMeasureZh": "每次", "perQuantity": false, "thresholdHours": null, "caps": [],
    "subject": "resident", "evidence": null, "approver": null, "clause": null, "effect": null, "appealPath": null, "expiryDays": null,
    "themes": [], "catalogueId": "cat_01jbr62tryfk1sh9p01j0gre6f", "catalogueVersion": 1, "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f",
    "forceFrom": "2026-01-01", "forceUntil": null, "source": {"key": "baqiao", "address": null, "coverage": null},
    "verbatim": {"code": "BQ-001", "name_zh": "助人为乐"}, "cited": null}))]
pub struct RuleDetailView {
    /// The item.
    #[serde(flatten)]
    pub rule: RuleView,
    /// The row of the source, word for word; null for an item that staff wrote.
    pub verbatim: serde_json::Value,
    /// What the row cites.
    pub cited: Option<CitedView>,
}

/// Reads one item of an adopted catalogue with the row that it was read from.
#[utoipa::path(tag = "rules", params(("itemId" = String, Path, description = "The item")),
    responses((status = 200, description = "The item", body = RuleDetailView)))]
#[get("/rules/{itemId}")]
async fn get_rule(app: Tenant, id: Path<ItemId>) -> Result<Tagged<RuleDetailView>, ApiError> {
    let mut rule = rules::detail(&app, *id).await?;
    let verbatim = rule.item.verbatim.take();
    let cited = verbatim["source"].as_str().and_then(source_entry).map(|entry| CitedView {
        title: entry.title.to_owned(),
        address: entry.address.map(str::to_owned),
        date: entry.date.to_owned(),
    });
    Ok(Tagged::public(RuleDetailView { rule: rule.into(), verbatim, cited }))
}
