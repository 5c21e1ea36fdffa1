//! Pictures: uploading one, and reading it as what it belongs to may be seen.

use actix_web::web::{Path, Payload};
use actix_web::{HttpRequest, HttpResponse, get, post};
use community::pictures;
use domain::ids::PictureId;
use foundation::pictures::uploads;
use http_kit::json::Params;
use http_kit::pictures::{Jpeg, PictureQuery, PictureView, Upload, answer, uploaded};
use http_kit::who::Uploader;
use http_kit::{ApiError, Created, Tenant, Viewer};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::deeds::reader;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(upload_picture).service(get_picture);
}

/// Uploads a picture for a deed or of oneself, or, as staff who run events, for an event or its recap.
///
/// It is turned upright, made smaller, and freed of what it tells about its maker. Attach it within 24 hours.
#[utoipa::path(tag = "pictures", security(("bearer" = [])), request_body(content = Upload, content_type = "multipart/form-data"),
    responses((status = 201, description = "The picture", body = PictureView)))]
#[post("/pictures")]
async fn upload_picture(
    app: Tenant,
    who: Uploader,
    req: HttpRequest,
    payload: Payload,
) -> Result<Created<PictureView>, ApiError> {
    let bytes = uploaded(&req, payload).await?;
    Ok(PictureView::created(uploads::upload(&app, who.0, bytes).await?))
}

/// Reads a picture.
///
/// That of a published deed, of a shop that takes part, of its published offers and of a published event is for anyone and may be kept for
/// ever; any other is for its uploader and for staff who reach what it belongs to.
#[utoipa::path(tag = "pictures", params(("id" = String, Path, description = "The picture"), PictureQuery),
    responses((status = 200, description = "The picture", body = Jpeg, content_type = "image/jpeg")))]
#[get("/pictures/{id}")]
async fn get_picture(
    app: Tenant,
    viewer: Viewer,
    id: Path<PictureId>,
    query: Params<PictureQuery>,
    req: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let size = query.0.size();
    let given = pictures::give(&app, reader(&viewer), *id, size).await?;
    Ok(answer(&req, size, given))
}
