//! Pictures of shops and offers.

use actix_web::web::{Path, Payload};
use actix_web::{HttpRequest, HttpResponse, get, post};
use alliance::pictures;
use domain::ids::PictureId;
use foundation::AnyId;
use foundation::pictures::uploads;
use http_kit::json::Params;
use http_kit::pictures::{Jpeg, PictureQuery, PictureView, Upload, answer, uploaded};
use http_kit::{ApiError, Created, CurrentClerk, Tenant};
use utoipa_actix_web::service_config::ServiceConfig;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(upload_picture).service(get_picture);
}

/// Uploads a picture for a shop or an offer.
///
/// It is turned upright, made smaller, and freed of what it tells about its maker. Attach it within 24 hours.
#[utoipa::path(tag = "pictures", security(("bearer" = [])), request_body(content = Upload, content_type = "multipart/form-data"),
    responses((status = 201, description = "The picture", body = PictureView)))]
#[post("/pictures")]
async fn upload_picture(
    app: Tenant,
    who: CurrentClerk,
    req: HttpRequest,
    payload: Payload,
) -> Result<Created<PictureView>, ApiError> {
    let bytes = uploaded(&req, payload).await?;
    Ok(PictureView::created(uploads::upload(&app, AnyId::of(who.0.id), bytes).await?))
}

/// Reads a picture of a shop or an offer: one that shows, one of the own shop, or an own upload.
#[utoipa::path(tag = "pictures", security(("bearer" = [])), params(("id" = String, Path, description = "The picture"), PictureQuery),
    responses((status = 200, description = "The picture", body = Jpeg, content_type = "image/jpeg")))]
#[get("/pictures/{id}")]
async fn get_picture(
    app: Tenant,
    who: CurrentClerk,
    id: Path<PictureId>,
    query: Params<PictureQuery>,
    req: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let size = query.0.size();
    let given = pictures::give(&app, who.0, *id, size).await?;
    Ok(answer(&req, size, given))
}
