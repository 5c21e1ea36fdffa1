//! Signing in and out.

use actix_web::web::Json;
use actix_web::{HttpResponse, delete, get, post};
use domain::{Refusal, text};
use foundation::app::App;
use foundation::sessions::{self, SignedIn};
use http_kit::who::SignedIn as Caller;
use http_kit::{ApiError, Body, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(sign_in_wechat)
        .service(sign_in_staff)
        .service(sign_in_dev)
        .service(refresh)
        .service(sign_out);
}

/// A pair of tokens.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"accessToken": "eyJ0eXAiOiJhdCtqd3Qi…", "expiresIn": 300, "refreshToken": "jrt_AZLwwWsefMOYxNwMDAc5jw…",
    "tokenType": "Bearer", "subject": "idn_01jbr62tryfk1sh9p01j0gre6f"}))]
pub struct TokensView {
    /// Send it as `Authorization: Bearer …`.
    pub access_token: String,
    /// For how many seconds it is good.
    pub expires_in: i64,
    /// Send it to `sessions/refresh` when the access token has expired. It is good once.
    pub refresh_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Whose they are: an identity (`idn_…`) or a staff account (`staff_…`).
    pub subject: String,
}

fn view(app: &App, signed: SignedIn) -> Result<Json<TokensView>, ApiError> {
    let claims = sessions::verify(app, &signed.access)?;
    Ok(Json(TokensView {
        access_token: signed.access,
        expires_in: signed.expires_in_s,
        refresh_token: signed.refresh,
        token_type: "Bearer".to_owned(),
        subject: claims.sub.clone(),
    }))
}

/// A code of `wx.login`.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"code": "0b3Kx0ll2TtYcd4Wlvnl2vKJDF2Kx0lV"}))]
pub struct WechatSignIn {
    /// The code: good for five minutes, once.
    #[validate(length(min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128)]
    pub code: String,
}

/// Signs a person in by a WeChat code.
#[utoipa::path(tag = "sessions", request_body = WechatSignIn, responses((status = 200, description = "Signed in", body = TokensView)))]
#[post("/sessions/wechat")]
async fn sign_in_wechat(app: Tenant, body: Body<WechatSignIn>) -> Result<Json<TokensView>, ApiError> {
    let signed = sessions::by_wechat(&app, &body.value.code).await?;
    view(&app, signed)
}

/// A staff sign-in.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"login": "secretary-1", "password": "correct horse battery"}))]
pub struct StaffSignIn {
    /// The sign-in name.
    #[validate(length(min = 3, max = 40))]
    #[schema(min_length = 3, max_length = 40)]
    pub login: String,
    /// The password.
    #[validate(length(min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128, format = Password)]
    pub password: String,
}

/// Signs a member of staff in.
///
/// Five failures lock the account for five minutes. An unknown name is answered as a wrong password is, and as slowly.
#[utoipa::path(tag = "sessions", request_body = StaffSignIn, responses((status = 200, description = "Signed in", body = TokensView)))]
#[post("/sessions/staff")]
async fn sign_in_staff(app: Tenant, body: Body<StaffSignIn>) -> Result<Json<TokensView>, ApiError> {
    let login = text::parse("login", &body.value.login, text::LOGIN).map_err(Refusal::field)?;
    let signed = sessions::by_password(&app, &login, &body.value.password).await?;
    view(&app, signed)
}

/// A development sign-in.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "resident-1"}))]
pub struct DevSignIn {
    /// A name of the demo town, such as `resident-1`; a new one becomes a guest. `visitor` if nothing is said.
    #[serde(default = "visitor")]
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub name: String,
}

fn visitor() -> String {
    "visitor".to_owned()
}

/// Signs a person in by a mere name: on a demo database and loopback only.
#[utoipa::path(tag = "sessions", request_body = DevSignIn, responses((status = 200, description = "Signed in", body = TokensView)))]
#[post("/sessions/dev")]
async fn sign_in_dev(app: Tenant, body: Body<DevSignIn>) -> Result<Json<TokensView>, ApiError> {
    let name = text::parse("name", &body.value.name, text::PERSON_NAME).map_err(Refusal::field)?;
    let signed = sessions::by_development_name(&app, &name).await?;
    view(&app, signed)
}

/// A refresh token.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"refreshToken": "jrt_AZLwwWsefMOYxNwMDAc5jw…"}))]
pub struct Refresh {
    /// The newest refresh token.
    #[validate(length(min = 1, max = 256))]
    #[schema(min_length = 1, max_length = 256)]
    pub refresh_token: String,
}

/// Exchanges a refresh token for a new pair.
///
/// If the answer is lost, the same token may be sent again until its successor is used. Any other reuse ends the session.
#[utoipa::path(tag = "sessions", request_body = Refresh, responses((status = 200, description = "A new pair", body = TokensView)))]
#[post("/sessions/refresh")]
async fn refresh(app: Tenant, body: Body<Refresh>) -> Result<Json<TokensView>, ApiError> {
    let signed = sessions::refresh(&app, &body.value.refresh_token).await?;
    view(&app, signed)
}

/// Ends the session at once.
#[utoipa::path(tag = "sessions", security(("bearer" = [])), responses((status = 204, description = "Signed out")))]
#[delete("/sessions/current")]
async fn sign_out(app: Tenant, who: Caller) -> Result<HttpResponse, ApiError> {
    sessions::sign_out(&app, sessions::session_of(&who.0)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Keys.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "…", "x": "…"}]}))]
pub struct JwksView {
    /// Public keys (RFC 7517).
    pub keys: Vec<serde_json::Value>,
}

/// The public keys by which access tokens are checked.
#[utoipa::path(tag = "sessions", responses((status = 200, description = "The keys", body = JwksView)))]
#[get("/.well-known/jwks.json")]
pub(crate) async fn jwks(app: Tenant) -> Json<JwksView> {
    let keys = app.keys.jwks()["keys"].as_array().cloned().unwrap_or_default();
    Json(JwksView { keys })
}
