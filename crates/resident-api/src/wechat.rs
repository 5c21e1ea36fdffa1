//! What WeChat itself asks for: message push, and the pictures that it looks at.

use actix_web::http::header;
use actix_web::web::{Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use domain::Code;
use foundation::content::pictures;
use foundation::pushes;
use http_kit::json::{BODY_MAX, read};
use http_kit::pictures::Jpeg;
use http_kit::{ApiError, Tenant};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(verify_push).service(receive_push).service(get_checked_picture);
}

/// What WeChat signs its requests with.
#[derive(Deserialize, IntoParams, Default)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PushQuery {
    /// Over the token of the console, the timestamp and the nonce.
    signature: String,
    /// Seconds since 1970.
    timestamp: String,
    /// By chance.
    nonce: String,
    /// What the verification of the address wants to read back.
    #[param(nullable = false)]
    echostr: Option<String>,
    /// `aes` in secure mode.
    #[param(nullable = false)]
    encrypt_type: Option<String>,
    /// Over the token, the timestamp, the nonce and the enciphered body.
    #[param(nullable = false)]
    msg_signature: Option<String>,
}

impl From<PushQuery> for pushes::Query {
    fn from(query: PushQuery) -> Self {
        let PushQuery { signature, timestamp, nonce, echostr, encrypt_type, msg_signature } = query;
        Self { signature, timestamp, nonce, echostr, encrypt_type, msg_signature }
    }
}

/// What WeChat pushes: in secure mode as here, plain or as XML otherwise.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"ToUserName": "gh_97417a04a28d", "Encrypt": "o9AgO5Kd5ggOC…"}))]
#[expect(dead_code, reason = "the bytes are read as they are; this is how the specification shows them")]
pub struct Pushed {
    /// The account that is told.
    #[schema(rename = "ToUserName")]
    to_user_name: String,
    /// The message, enciphered.
    #[schema(rename = "Encrypt")]
    encrypt: String,
}

/// What the query says; WeChat adds to it what it likes, so nothing is refused for being unknown.
fn signed(req: &HttpRequest) -> Result<pushes::Query, ApiError> {
    let read = Query::<PushQuery>::from_query(req.query_string());
    Ok(read.map_err(|_| ApiError::from(Code::MalformedQuery))?.into_inner().into())
}

/// Answers WeChat's verification of this address with what it sent.
#[utoipa::path(tag = "wechat", params(PushQuery),
    responses((status = 200, description = "What `echostr` said", body = String, content_type = "text/plain")))]
#[get("/wechat/push")]
async fn verify_push(app: Tenant, req: HttpRequest) -> Result<HttpResponse, ApiError> {
    let said = pushes::verify(&app, &signed(&req)?)?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(said))
}

/// Takes what WeChat pushes: an event or a message, JSON or XML. In production the console has to say secure mode (or compatible): what is not enciphered is refused there.
///
/// It is kept and worked off afterwards; one that is sent again is kept once. An event that is not known is kept, too.
#[utoipa::path(tag = "wechat", params(PushQuery), request_body(content = Pushed, content_type = "application/json"),
    responses((status = 200, description = "Kept", body = String, content_type = "text/plain")))]
#[post("/wechat/push")]
async fn receive_push(app: Tenant, req: HttpRequest, payload: Payload) -> Result<HttpResponse, ApiError> {
    let query = signed(&req)?;
    let body = read(payload, BODY_MAX).await?;
    pushes::receive(&app, &query, &body).await?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("success"))
}

/// Gives WeChat a picture to look at, by an address that only it was told and that ends after two hours.
#[utoipa::path(tag = "wechat", params(("link" = String, Path, description = "The signed end of the address")),
    responses((status = 200, description = "The picture", body = Jpeg, content_type = "image/jpeg")))]
#[get("/wechat/pictures/{link}")]
async fn get_checked_picture(app: Tenant, link: Path<String>) -> Result<HttpResponse, ApiError> {
    let jpeg = pictures::fetch(&app, &link).await?;
    Ok(HttpResponse::Ok()
        .content_type("image/jpeg")
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(jpeg))
}
