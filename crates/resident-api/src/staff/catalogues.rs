//! The desk's rule catalogues: drafting, checking, adopting.

use actix_web::web::Path;
use actix_web::{get, post};
use community::catalogues::{self, Catalogue, Detail, Draft};
use domain::catalogue::CatalogueDocument;
use domain::ids::{CatalogueId, UnitId};
use domain::{Day, FieldFault, Refusal, Ts};
use http_kit::json::Params;
use http_kit::paging::PageView;
use http_kit::who::CurrentStaff;
use http_kit::{ApiError, Body, Context, Created, Etag, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::catalogue_schema::Document;
use crate::list::{list_params, listed};

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_catalogues).service(draft_catalogue).service(get_catalogue).service(adopt_catalogue);
}

/// A version of a unit's catalogue.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "cat_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "number": 2, "state": "draft",
    "nameZh": "积分细则", "nameEn": "Points rules", "forceFrom": null, "forceUntil": null, "createdBy": "staff_01jbr62tryfk1sh9p01j0gre6f",
    "adoptedBy": null, "createdAt": "2026-03-01T02:00:00Z", "version": 1}))]
pub struct CatalogueView {
    /// Its id.
    pub id: String,
    /// The unit whose it is.
    pub unit_id: String,
    /// Which version of its unit, counted from 1.
    pub number: i32,
    /// `draft` or `adopted`.
    pub state: String,
    /// The name in Chinese.
    pub name_zh: String,
    /// The name in English.
    pub name_en: String,
    /// From which day it is in force; null for a draft.
    #[schema(value_type = Option<String>, format = Date)]
    pub force_from: Option<Day>,
    /// Until the day before this. A version whose last day lies before its first never came into force.
    #[schema(value_type = Option<String>, format = Date)]
    pub force_until: Option<Day>,
    /// Who drafted it.
    pub created_by: Option<String>,
    /// Who adopted it.
    pub adopted_by: Option<String>,
    /// When it was drafted.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Ts,
    /// Send it back as `If-Match: "v1"` to adopt it.
    pub version: i64,
}

impl From<Catalogue> for CatalogueView {
    fn from(c: Catalogue) -> Self {
        Self {
            id: c.id.to_string(),
            unit_id: c.unit.to_string(),
            number: c.number,
            state: c.state,
            name_zh: c.name_zh,
            name_en: c.name_en,
            force_from: c.force_from.map(Day),
            force_until: c.force_until.map(Day),
            created_by: c.created_by.map(|id| id.to_string()),
            adopted_by: c.adopted_by.map(|id| id.to_string()),
            created_at: Ts(c.created_at),
            version: c.version,
        }
    }
}

/// Something that keeps a catalogue from being adopted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FaultView {
    /// The place in the document, such as `items[3].clause`.
    pub field: String,
    /// A stable word.
    pub code: String,
    /// What is expected, in Chinese.
    pub zh: String,
    /// What is expected, in English.
    pub en: String,
}

impl From<FieldFault> for FaultView {
    fn from(fault: FieldFault) -> Self {
        Self { field: fault.field, code: fault.code.to_owned(), zh: fault.zh, en: fault.en }
    }
}

/// A version with its document.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "cat_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "number": 2, "state": "draft",
    "nameZh": "积分细则", "nameEn": "Points rules", "forceFrom": null, "forceUntil": null, "createdBy": "staff_01jbr62tryfk1sh9p01j0gre6f",
    "adoptedBy": null, "createdAt": "2026-03-01T02:00:00Z", "version": 1, "document": {"nameZh": "积分细则", "nameEn": "Points rules",
    "items": [{"code": "A-1", "nameZh": "志愿服务", "nameEn": "Volunteer service", "direction": "award", "points": {"fixed": "2.00"},
    "perQuantity": false, "subject": "resident"}]}, "faults": []}))]
pub struct CatalogueDetailView {
    /// The version.
    #[serde(flatten)]
    pub catalogue: CatalogueView,
    /// The document.
    #[schema(value_type = Document)]
    pub document: CatalogueDocument,
    /// What keeps it from being adopted, against what holds above its unit today; at most 100.
    pub faults: Vec<FaultView>,
}

impl From<Detail> for CatalogueDetailView {
    fn from(detail: Detail) -> Self {
        Self {
            catalogue: detail.catalogue.into(),
            document: detail.document,
            faults: detail.faults.into_iter().map(FaultView::from).collect(),
        }
    }
}

list_params! {
    /// Which catalogues to list.
    CatalogueQuery {
        /// In the subtree of this unit; everything within reach if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
    }
}

/// Lists versions of catalogues, newest first.
#[utoipa::path(tag = "staff catalogues", security(("bearer" = [])), params(CatalogueQuery),
    responses((status = 200, description = "A page of versions", body = PageView<CatalogueView>),
        (status = 404, description = "No such unit within reach", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/catalogues")]
async fn list_catalogues(
    app: Tenant,
    who: CurrentStaff,
    query: Params<CatalogueQuery>,
) -> Result<Tagged<PageView<CatalogueView>>, ApiError> {
    Ok(listed(catalogues::list(&app, &who.0, query.0.unit, query.0.page()?).await?))
}

/// A draft: either a document, or a carried rule table to start from.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "document": {"nameZh": "积分细则", "nameEn": "Points rules",
    "items": [{"code": "A-1", "nameZh": "志愿服务", "nameEn": "Volunteer service", "direction": "award", "points": {"fixed": "2.00"},
    "subject": "resident"}]}}))]
pub struct DraftCatalogue {
    /// The unit.
    #[schema(value_type = String, example = "unit_01jbr62tryfk1sh9p01j0gre6f")]
    pub unit_id: UnitId,
    /// The document.
    #[schema(value_type = Option<Document>)]
    pub document: Option<CatalogueDocument>,
    /// The key of a carried rule table, such as `baqiao`.
    #[validate(length(min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60)]
    pub carried: Option<String>,
    /// Of a carried table: its awards only.
    pub awards_only: Option<bool>,
}

fn draft_of(body: DraftCatalogue) -> Result<Draft, ApiError> {
    match (body.document, body.carried, body.awards_only) {
        (Some(document), None, None) => Ok(Draft::Document(Box::new(document))),
        (None, Some(key), awards_only) => {
            Ok(Draft::Carried { key, awards_only: awards_only.unwrap_or(false) })
        }
        _ => {
            let zh = "请填写 document，或填写 carried（可加 awardsOnly）";
            let en = "give either document, or carried with awardsOnly if wanted";
            Err(Refusal::field(FieldFault::new("document", "one_of", zh, en)).into())
        }
    }
}

/// The largest draft: a real table of 139 rows, each with the row of its source, has 131 KiB.
const DOCUMENT_MAX: usize = 1024 * 1024;

/// Keeps a draft.
#[utoipa::path(tag = "staff catalogues", security(("bearer" = [])), request_body = DraftCatalogue,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "catalogue-2026-03-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The draft", body = CatalogueDetailView)))]
#[post("/catalogues")]
async fn draft_catalogue(
    app: Tenant,
    who: CurrentStaff,
    context: Context,
    body: Body<DraftCatalogue, DOCUMENT_MAX>,
) -> Result<Created<CatalogueDetailView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let unit = body.value.unit_id;
    let once = catalogues::draft(&app, &who.0, unit, draft_of(body.value)?, ctx).await?;
    let body = catalogues::detail(&app, &who.0, once.outcome).await?.into();
    Ok(Created { body, location: format!("/v1/staff/catalogues/{}", once.outcome), replayed: once.replayed })
}

/// Reads a version with its document and what keeps it from being adopted.
#[utoipa::path(tag = "staff catalogues", security(("bearer" = [])), params(("id" = String, Path, description = "The version")),
    responses((status = 200, description = "The version", body = CatalogueDetailView)))]
#[get("/catalogues/{id}")]
async fn get_catalogue(
    app: Tenant,
    who: CurrentStaff,
    id: Path<CatalogueId>,
) -> Result<Tagged<CatalogueDetailView>, ApiError> {
    let detail = catalogues::detail(&app, &who.0, *id).await?;
    let version = detail.catalogue.version;
    Ok(Tagged::versioned(detail.into(), version))
}

/// From when a draft is to be in force.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"forceFrom": "2026-04-01"}))]
pub struct AdoptCatalogue {
    /// The first day: today or later.
    #[schema(value_type = String, format = Date, example = "2026-04-01")]
    pub force_from: Day,
}

/// Adopts a draft from a day on.
///
/// What the unit had in force ends on the day before; what it had planned for later never comes into force.
#[utoipa::path(tag = "staff catalogues", security(("bearer" = [])), request_body = AdoptCatalogue,
    params(("id" = String, Path, description = "The draft"),
        ("If-Match" = String, Header, description = "The version that was read", example = "\"v1\"")),
    responses((status = 200, description = "It is adopted", body = CatalogueDetailView)))]
#[post("/catalogues/{id}/adopt")]
async fn adopt_catalogue(
    app: Tenant,
    who: CurrentStaff,
    id: Path<CatalogueId>,
    etag: Etag,
    context: Context,
    body: Body<AdoptCatalogue>,
) -> Result<Tagged<CatalogueDetailView>, ApiError> {
    catalogues::adopt(&app, &who.0, *id, etag.0, body.value.force_from, context.plain()).await?;
    let detail = catalogues::detail(&app, &who.0, *id).await?;
    let version = detail.catalogue.version;
    Ok(Tagged::versioned(detail.into(), version))
}
