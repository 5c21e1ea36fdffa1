//! Codes to scan: their pictures, and what a scanned one names.

use actix_web::http::header;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use community::qr_codes::{self, Format, Image, Object};
use domain::ids::{DeedId, EventId, MerchantId};
use foundation::pages::tag_of;
use http_kit::json::Params;
use http_kit::{ApiError, Tagged, Tenant, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::deeds::reader;

pub(crate) mod page;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(resolve_code).service(get_deed_code).service(get_event_code).service(get_merchant_code);
}

/// What a code names.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"kind": "deed", "id": "deed_01jbr62tryfk1sh9p01j0gre6f"}))]
pub struct NamedView {
    /// `deed`, `event` (where one checks in), `merchant` or `invitation`.
    pub kind: String,
    /// The id of what it names; null for an invitation, of which the scene holds the code.
    pub id: Option<String>,
}

/// Tells what a scanned code names, by the scene that the mini-program was opened with; 404 for what the asker may not see.
#[utoipa::path(tag = "qr codes",
    params(("scene" = String, Path, description = "The scene, as the code carries it", example = "d=7k2m9qxd4", pattern = "^[a-z]=[0-9A-Za-z]{9,12}$")),
    responses((status = 200, description = "What it names", body = NamedView)))]
#[get("/codes/{scene}")]
async fn resolve_code(
    app: Tenant,
    viewer: Viewer,
    scene: Path<String>,
) -> Result<Tagged<NamedView>, ApiError> {
    let named = qr_codes::resolve(&app, reader(&viewer), &scene).await?;
    let view = NamedView { kind: named.kind.word().to_owned(), id: named.id };
    Ok(if named.public { Tagged::public(view) } else { Tagged::private(view) })
}

/// How a picture is wanted.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeFormat {
    /// The mini-program's own code, or a plain one while WeChat makes none.
    Png,
    /// A plain code, drawn: for printing at any size.
    Svg,
}

/// How a picture is wanted.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct CodeQuery {
    /// `png` if nothing is said.
    #[param(inline)]
    pub format: Option<CodeFormat>,
}

impl CodeQuery {
    pub(crate) fn format(&self) -> Format {
        match self.format {
            None | Some(CodeFormat::Png) => Format::Png,
            Some(CodeFormat::Svg) => Format::Svg,
        }
    }
}

/// The bytes of a PNG.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary, example = "(the bytes of a PNG)")]
#[expect(dead_code, reason = "the bytes are sent as they are; this is how the specification shows them")]
pub struct Png(Vec<u8>);

/// The text of an SVG.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, example = "<svg xmlns=\"http://www.w3.org/2000/svg\">…</svg>")]
#[expect(dead_code, reason = "the text is sent as it is; this is how the specification shows it")]
pub struct Svg(String);

/// Answers with the picture of a code. The mini-program's own of something public is kept for a day; a plain one is kept by nobody, so that
/// the other is asked for again.
pub(crate) fn answer(req: &HttpRequest, image: Image) -> HttpResponse {
    let kind = match image.format {
        Format::Png => "image/png",
        Format::Svg => "image/svg+xml",
    };
    let tag = tag_of(&image.bytes);
    let asked = req.headers().get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let kept = image.real && image.public;
    let has_it =
        kept && asked.is_some_and(|list| list.split(',').any(|t| t.trim().trim_start_matches("W/") == tag));
    let mut builder = if has_it { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    builder.insert_header((header::VARY, "Authorization"));
    builder.insert_header(("X-Code", if image.real { "wechat" } else { "plain" }));
    if kept {
        builder.insert_header((header::ETAG, tag));
        builder.insert_header((header::CACHE_CONTROL, "public, max-age=86400"));
    } else {
        builder.insert_header((header::CACHE_CONTROL, "no-store"));
    }
    if has_it { builder.finish() } else { builder.content_type(kind).body(image.bytes) }
}

async fn picture(
    app: &Tenant,
    viewer: &Viewer,
    object: Object,
    query: &CodeQuery,
    req: &HttpRequest,
) -> Result<HttpResponse, ApiError> {
    Ok(answer(req, qr_codes::image(&app.0, reader(viewer), object, query.format()).await?))
}

/// The code of a deed, as a picture.
///
/// `X-Code` says whether it is the mini-program's own (`wechat`) or a `plain` QR code of an address, which stands in for it while WeChat makes
/// none, and is not to be kept. That of a published deed is for anyone; that of another leads only those to it who may see it.
#[utoipa::path(tag = "qr codes", params(("id" = String, Path, description = "The deed"), CodeQuery),
    responses((status = 200, description = "The picture", content((Png = "image/png"), (Svg = "image/svg+xml")))))]
#[get("/deeds/{id}/code")]
async fn get_deed_code(
    app: Tenant,
    viewer: Viewer,
    id: Path<DeedId>,
    query: Params<CodeQuery>,
    req: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    picture(&app, &viewer, Object::Deed(*id), &query.0, &req).await
}

/// The code of an event, as a picture: it opens the page where one checks in.
#[utoipa::path(tag = "qr codes", params(("id" = String, Path, description = "The event"), CodeQuery),
    responses((status = 200, description = "The picture", content((Png = "image/png"), (Svg = "image/svg+xml")))))]
#[get("/events/{id}/code")]
async fn get_event_code(
    app: Tenant,
    viewer: Viewer,
    id: Path<EventId>,
    query: Params<CodeQuery>,
    req: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    picture(&app, &viewer, Object::Event(*id), &query.0, &req).await
}

/// The code of a shop, as a picture: it does not change, and can hang at the door.
#[utoipa::path(tag = "qr codes", params(("id" = String, Path, description = "The shop"), CodeQuery),
    responses((status = 200, description = "The picture", content((Png = "image/png"), (Svg = "image/svg+xml")))))]
#[get("/merchants/{id}/code")]
async fn get_merchant_code(
    app: Tenant,
    viewer: Viewer,
    id: Path<MerchantId>,
    query: Params<CodeQuery>,
    req: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    picture(&app, &viewer, Object::Merchant(*id), &query.0, &req).await
}
