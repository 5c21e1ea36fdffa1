//! The desk: imports from CSV.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{self, Path};
use actix_web::{FromRequest, HttpRequest, get, post};
use community::imports::{self, BYTES_MAX, Report, RowReport};
use domain::ids::{ImportId, UnitId};
use domain::paging::{PAGE_DEFAULT, Page};
use domain::{Code, Ts};
use http_kit::answers::Done;
use http_kit::json::{Params, read};
use http_kit::paging::{PageParams, PageView};
use http_kit::who::CurrentStaff;
use http_kit::{ApiError, Body, Context, Created, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(preview_import).service(get_import).service(apply_import);
}

/// The bytes of a CSV file: `text/csv`, at most 5 MB.
#[derive(Debug)]
pub struct CsvFile(web::Bytes);

impl FromRequest for CsvFile {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type =
            req.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let payload = web::Payload::from_request(req, payload);
        Box::pin(async move {
            if essence != "text/csv" {
                return Err(Code::UnsupportedMediaType.into());
            }
            let payload = payload.await.map_err(|_| ApiError::from(Code::MalformedUpload))?;
            Ok(Self(read(payload, BYTES_MAX).await?))
        })
    }
}

/// What a file holds.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntityWord {
    /// Units: `code,parent_code,type,setting,name`.
    Units,
    /// Households: `code,unit_code,door`.
    Households,
    /// Residents: `code,unit_code,household_code,name,nickname`.
    Residents,
}

impl From<EntityWord> for imports::Entity {
    fn from(word: EntityWord) -> Self {
        match word {
            EntityWord::Units => Self::Units,
            EntityWord::Households => Self::Households,
            EntityWord::Residents => Self::Residents,
        }
    }
}

/// What is imported where.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// The unit in whose subtree everything must lie.
    #[param(value_type = String)]
    pub unit: UnitId,
    /// What the file holds.
    #[param(inline)]
    pub entity: EntityWord,
}

/// What a row would do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"line": 3, "code": "R-0002", "effect": "fault", "faultCode": "unknown_unit",
    "faultZh": "没有这个单位，或不在导入范围内。", "faultEn": "The unit is unknown or outside."}))]
pub struct ImportRowView {
    /// The line of the file; the header is line 1.
    pub line: i32,
    /// The outer code.
    pub code: String,
    /// `create`, `update`, `same` or `fault`.
    pub effect: String,
    /// What is wrong, as a stable code.
    pub fault_code: Option<String>,
    /// What is wrong, in Chinese.
    pub fault_zh: Option<String>,
    /// What is wrong, in English.
    pub fault_en: Option<String>,
}

impl From<RowReport> for ImportRowView {
    fn from(row: RowReport) -> Self {
        let (code, zh, en) = match row.fault {
            Some(fault) => (Some(fault.code), Some(fault.zh), Some(fault.en)),
            None => (None, None, None),
        };
        Self {
            line: row.line,
            code: row.code,
            effect: row.effect,
            fault_code: code,
            fault_zh: zh,
            fault_en: en,
        }
    }
}

/// An import with a page of its rows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "imp_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "state": "ready",
    "rowsTotal": 2, "rowsFaulty": 0, "rowsCreated": 1, "rowsUpdated": 0, "rowsSame": 1, "createdAt": "2026-03-01T08:00:00Z",
    "appliedAt": null, "rows": {"items": [{"line": 2, "code": "R-0001", "effect": "create", "faultCode": null, "faultZh": null,
    "faultEn": null}], "nextCursor": null}}))]
pub struct ImportView {
    /// Its id.
    pub id: String,
    /// The unit in whose subtree everything lies.
    pub unit_id: String,
    /// `faulty`, `ready` or `applied`.
    pub state: String,
    /// How many rows it has.
    pub rows_total: i32,
    /// How many cannot be applied.
    pub rows_faulty: i32,
    /// How many make something.
    pub rows_created: i32,
    /// How many change something.
    pub rows_updated: i32,
    /// How many change nothing.
    pub rows_same: i32,
    /// When it was previewed.
    pub created_at: String,
    /// When it was applied.
    pub applied_at: Option<String>,
    /// A page of its rows.
    pub rows: PageView<ImportRowView>,
}

impl From<Report> for ImportView {
    fn from(report: Report) -> Self {
        let i = report.import;
        Self {
            id: i.id.to_string(),
            unit_id: i.unit.to_string(),
            state: i.state,
            rows_total: i.total,
            rows_faulty: i.faulty,
            rows_created: i.created,
            rows_updated: i.updated,
            rows_same: i.total - i.faulty - i.created - i.updated,
            created_at: Ts(i.created_at).to_string(),
            applied_at: i.applied_at.map(|at| Ts(at).to_string()),
            rows: PageView::of(report.rows, ImportRowView::from),
        }
    }
}

/// The first page of rows.
const FIRST: Page<i32> = Page { after: None, limit: PAGE_DEFAULT };

/// Previews an import: reads the file, and says of every row what it would do. Nothing changes yet.
///
/// The file is CSV in UTF-8 (a byte-order mark is passed over), at most 5 MB and 5,000 rows, with a header line. `code` is the key: a row
/// whose code exists changes what differs, and a repeated import does nothing. An import moves no unit or household.
///
/// - `units`: `code,parent_code,type,setting,name`; a parent exists or stands further up; `type` is `town`, `community`, `village`,
///   `grid`, `group`, `courtyard` or `estate`; `setting` is `urban` or `rural`.
/// - `households`: `code,unit_code,door`; an empty door leaves the known one.
/// - `residents`: `code,unit_code,household_code,name,nickname`; an empty household means none; an empty nickname leaves the chosen one.
#[utoipa::path(tag = "staff imports", security(("bearer" = [])), params(ImportQuery),
    request_body(content = String, content_type = "text/csv", description = "The file",
        example = json!("code,unit_code,door\nYX-SQ-01-0501,YX-SQ-01-03,3-2-501\n")),
    responses((status = 201, description = "The preview", body = ImportView)))]
#[post("/imports")]
async fn preview_import(
    app: Tenant,
    who: CurrentStaff,
    context: Context,
    query: Params<ImportQuery>,
    file: CsvFile,
) -> Result<Created<ImportView>, ApiError> {
    let ImportQuery { unit, entity } = query.0;
    let id = imports::preview(&app, Some(&who.0), unit, entity.into(), file.0, context.plain()).await?;
    let body = imports::read(&app, Some(&who.0), id, FIRST).await?.into();
    Ok(Created { body, location: format!("/v1/staff/imports/{id}"), replayed: false })
}

/// Reads an import with a page of its rows.
#[utoipa::path(tag = "staff imports", security(("bearer" = [])),
    params(("id" = String, Path, description = "The import"), PageParams),
    responses((status = 200, description = "The import", body = ImportView)))]
#[get("/imports/{id}")]
async fn get_import(
    app: Tenant,
    who: CurrentStaff,
    id: Path<ImportId>,
    query: Params<PageParams>,
) -> Result<Tagged<ImportView>, ApiError> {
    let report = imports::read(&app, Some(&who.0), *id, query.0.page()?).await?;
    Ok(Tagged::private(report.into()))
}

/// Applies an import: all of it, once, or nothing. If anything would come out differently than previewed, it is refused.
#[utoipa::path(tag = "staff imports", security(("bearer" = [])),
    params(("id" = String, Path, description = "The import"),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "import-2026-03-01-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The import, applied", body = ImportView)))]
#[post("/imports/{id}/apply")]
async fn apply_import(
    app: Tenant,
    who: CurrentStaff,
    id: Path<ImportId>,
    context: Context,
) -> Result<Done<ImportView>, ApiError> {
    // There is no body: the path alone says what is asked.
    let ctx = context.keyed(who.0.id, &Body::<(), 0> { value: (), hash: [0; 32] });
    let once = imports::apply(&app, Some(&who.0), *id, ctx).await?;
    let body = imports::read(&app, Some(&who.0), once.outcome, FIRST).await?.into();
    Ok(Done { body, replayed: once.replayed })
}
