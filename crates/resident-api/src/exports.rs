//! Copies of the own data.

use actix_web::http::header;
use actix_web::web::Path;
use actix_web::{HttpResponse, get, post};
use community::exports::{self, Export};
use domain::Ts;
use domain::ids::ExportId;
use http_kit::json::Params;
use http_kit::paging::{PageParams, PageView};
use http_kit::who::CurrentPerson;
use http_kit::{ApiError, Created, Tagged, Tenant};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(ask_for_export).service(list_my_exports).service(get_export_file);
}

/// A copy of the own data.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "exp_01jbr62tryfk1sh9p01j0gre6f", "state": "ready", "bytes": "48123", "createdAt": "2026-03-01T08:00:00Z",
    "readyAt": "2026-03-01T08:00:04Z", "expiresAt": "2026-03-08T08:00:04Z"}))]
pub struct ExportView {
    /// Its id.
    pub id: String,
    /// `asked`, `ready`, `failed` or `expired`.
    pub state: String,
    /// How large the file is.
    pub bytes: Option<String>,
    /// When it was asked for.
    pub created_at: String,
    /// When it was ready.
    pub ready_at: Option<String>,
    /// Until when it can be fetched.
    pub expires_at: Option<String>,
}

impl From<Export> for ExportView {
    fn from(export: Export) -> Self {
        Self {
            id: export.id.to_string(),
            state: export.state,
            bytes: export.bytes.map(|bytes| bytes.to_string()),
            created_at: Ts(export.created_at).to_string(),
            ready_at: export.ready_at.map(|at| Ts(at).to_string()),
            expires_at: export.expires_at.map(|at| Ts(at).to_string()),
        }
    }
}

/// Asks for a copy of everything that is kept of the caller: a ZIP with JSON, sheets and pictures, within a minute. One is made at a time,
/// and three a day.
#[utoipa::path(tag = "exports", security(("bearer" = [])),
    responses((status = 201, description = "It is being made", body = ExportView)))]
#[post("/me/exports")]
async fn ask_for_export(app: Tenant, who: CurrentPerson) -> Result<Created<ExportView>, ApiError> {
    let body = exports::ask(&app, who.0).await?.into();
    Ok(Created { body, location: "/v1/me/exports".to_owned(), replayed: false })
}

/// Lists the caller's copies, newest first.
#[utoipa::path(tag = "exports", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of copies", body = PageView<ExportView>)))]
#[get("/me/exports")]
async fn list_my_exports(
    app: Tenant,
    who: CurrentPerson,
    query: Params<PageParams>,
) -> Result<Tagged<PageView<ExportView>>, ApiError> {
    let found = exports::mine(&app, who.0, query.0.page()?).await?;
    Ok(Tagged::private(PageView::of(found, ExportView::from)))
}

/// The bytes of a ZIP.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary, example = "(the bytes of a ZIP)")]
#[expect(dead_code, reason = "the bytes are sent as they are; this is how the specification shows them")]
pub struct Zip(Vec<u8>);

/// Fetches the file of one of the caller's copies, for seven days.
#[utoipa::path(tag = "exports", security(("bearer" = [])), params(("id" = String, Path, description = "The copy")),
    responses((status = 200, description = "The file", body = Zip, content_type = "application/zip"),
        (status = 409, description = "It is being made", body = http_kit::problem::Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such copy of the caller's, or not any more", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/me/exports/{id}/file")]
async fn get_export_file(
    app: Tenant,
    who: CurrentPerson,
    id: Path<ExportId>,
) -> Result<HttpResponse, ApiError> {
    let file = exports::file(&app, who.0, *id).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"jishan-my-data.zip\""))
        .no_chunking(file.bytes)
        .streaming(file.content))
}
