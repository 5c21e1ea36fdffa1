//! Signing in and out of the merchant service. Its clerks have accounts and tokens of their own.

use actix_web::web::Json;
use actix_web::{HttpResponse, delete, get, post};
use domain::{Refusal, text};
use foundation::{Service, sessions};
use http_kit::sessions::{DevSignIn, JwksView, PasswordSignIn, Refresh, TokensView, WechatSignIn};
use http_kit::who::SignedIn as Caller;
use http_kit::{ApiError, Body, Tenant};
use utoipa_actix_web::service_config::ServiceConfig;

const HERE: Service = Service::Merchant;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(sign_in_wechat)
        .service(sign_in_password)
        .service(sign_in_dev)
        .service(refresh)
        .service(sign_out);
}

/// Signs a clerk in by a WeChat code; whoever signs in for the first time works in no shop yet and may apply for one.
#[utoipa::path(tag = "sessions", request_body = WechatSignIn, responses((status = 200, description = "Signed in", body = TokensView)))]
#[post("/sessions/wechat")]
async fn sign_in_wechat(app: Tenant, body: Body<WechatSignIn>) -> Result<Json<TokensView>, ApiError> {
    let signed = sessions::by_wechat(&app, HERE, &body.value.code).await?;
    TokensView::of(&app, HERE, signed)
}

/// Signs a clerk in.
///
/// Five failures lock the account for five minutes. An unknown name is answered as a wrong password is, and as slowly.
#[utoipa::path(tag = "sessions", request_body = PasswordSignIn, responses((status = 200, description = "Signed in", body = TokensView)))]
#[post("/sessions/password")]
async fn sign_in_password(app: Tenant, body: Body<PasswordSignIn>) -> Result<Json<TokensView>, ApiError> {
    let login = text::parse("login", &body.value.login, text::LOGIN).map_err(Refusal::field)?;
    let signed = sessions::by_password(&app, HERE, &login, &body.value.password).await?;
    TokensView::of(&app, HERE, signed)
}

/// Signs a clerk in by a mere name: on a demo database and loopback only.
#[utoipa::path(tag = "sessions", request_body = DevSignIn, responses((status = 200, description = "Signed in", body = TokensView)))]
#[post("/sessions/dev")]
async fn sign_in_dev(app: Tenant, body: Body<DevSignIn>) -> Result<Json<TokensView>, ApiError> {
    let name = text::parse("name", &body.value.name, text::PERSON_NAME).map_err(Refusal::field)?;
    let signed = sessions::by_development_name(&app, HERE, &name).await?;
    TokensView::of(&app, HERE, signed)
}

/// Exchanges a refresh token for a new pair.
///
/// If the answer is lost, the same token may be sent again until its successor is used. Any other reuse ends the session.
#[utoipa::path(tag = "sessions", request_body = Refresh, responses((status = 200, description = "A new pair", body = TokensView)))]
#[post("/sessions/refresh")]
async fn refresh(app: Tenant, body: Body<Refresh>) -> Result<Json<TokensView>, ApiError> {
    let signed = sessions::refresh(&app, HERE, &body.value.refresh_token).await?;
    TokensView::of(&app, HERE, signed)
}

/// Ends the session at once.
#[utoipa::path(tag = "sessions", security(("bearer" = [])), responses((status = 204, description = "Signed out")))]
#[delete("/sessions/current")]
async fn sign_out(app: Tenant, who: Caller) -> Result<HttpResponse, ApiError> {
    sessions::sign_out(&app, sessions::session_of(&who.0)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The public keys by which access tokens are checked.
#[utoipa::path(tag = "sessions", responses((status = 200, description = "The keys", body = JwksView)))]
#[get("/.well-known/jwks.json")]
pub(crate) async fn jwks(app: Tenant) -> Result<Json<JwksView>, ApiError> {
    JwksView::of(&app, HERE)
}
