//! The control paths, which WeChat does not have: they begin with `/_` and speak JSON.
//!
//! Each is one call of [`Handle`]. Bodies must be sent as `application/json`, which a web page of another origin cannot do
//! behind the user's back.

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Json, ServiceConfig};
use actix_web::{HttpResponse, ResponseError};
use serde::Deserialize;
use serde_json::json;

use super::fault::Fault;
use super::handle::{AppSwitches, Handle, RiskyWord, TemplateFacts, UnknownApp, UserFacts};

impl ResponseError for UnknownApp {
    fn status_code(&self) -> StatusCode {
        StatusCode::NOT_FOUND
    }
}

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/_codes", web::post().to(issue_code))
        .route("/_phone_codes", web::post().to(issue_phone_code))
        .route("/_templates", web::post().to(set_template))
        .route("/_subscriptions", web::post().to(subscribe))
        .route("/_pages", web::post().to(release_pages))
        .route("/_words", web::post().to(add_word))
        .route("/_users", web::post().to(set_user))
        .route("/_apps", web::post().to(set_app))
        .route("/_tokens/kill", web::post().to(kill_tokens))
        .route("/_clock", web::get().to(read_clock))
        .route("/_clock", web::post().to(advance_clock))
        .route("/_faults", web::post().to(inject_fault))
        .route("/_faults", web::delete().to(clear_faults))
        .route("/_calls", web::get().to(list_calls))
        .route("/_calls", web::delete().to(clear_calls));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCode {
    app_id: Option<String>,
    openid: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPhoneCode {
    app_id: Option<String>,
    openid: String,
    number: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Agreed {
    app_id: Option<String>,
    openid: String,
    template: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pages {
    pages: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfApp {
    app_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_s: u32,
}

async fn issue_code(handle: Data<Handle>, new: Json<NewCode>) -> Result<HttpResponse, UnknownApp> {
    let code = handle.issue_code(new.app_id.as_deref(), &new.openid)?;
    Ok(HttpResponse::Created().json(json!({ "code": code })))
}

async fn issue_phone_code(handle: Data<Handle>, new: Json<NewPhoneCode>) -> Result<HttpResponse, UnknownApp> {
    let code = handle.issue_phone_code(new.app_id.as_deref(), &new.openid, &new.number)?;
    Ok(HttpResponse::Created().json(json!({ "code": code })))
}

async fn add_word(handle: Data<Handle>, word: Json<RiskyWord>) -> HttpResponse {
    handle.add_word(word.into_inner());
    HttpResponse::NoContent().finish()
}

async fn set_template(handle: Data<Handle>, template: Json<TemplateFacts>) -> HttpResponse {
    handle.set_template(template.into_inner());
    HttpResponse::NoContent().finish()
}

async fn subscribe(handle: Data<Handle>, agreed: Json<Agreed>) -> Result<HttpResponse, UnknownApp> {
    handle.subscribe(agreed.app_id.as_deref(), &agreed.openid, &agreed.template)?;
    Ok(HttpResponse::NoContent().finish())
}

async fn release_pages(handle: Data<Handle>, released: Json<Pages>) -> HttpResponse {
    handle.release_pages(released.into_inner().pages);
    HttpResponse::NoContent().finish()
}

async fn set_user(handle: Data<Handle>, facts: Json<UserFacts>) -> Result<HttpResponse, UnknownApp> {
    handle.set_user(facts.into_inner())?;
    Ok(HttpResponse::NoContent().finish())
}

async fn set_app(handle: Data<Handle>, switches: Json<AppSwitches>) -> Result<HttpResponse, UnknownApp> {
    handle.set_app(switches.into_inner())?;
    Ok(HttpResponse::NoContent().finish())
}

async fn kill_tokens(handle: Data<Handle>, of: Json<OfApp>) -> Result<HttpResponse, UnknownApp> {
    handle.kill_tokens(of.app_id.as_deref())?;
    Ok(HttpResponse::NoContent().finish())
}

async fn read_clock(handle: Data<Handle>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "now_us": handle.now_us() }))
}

async fn advance_clock(handle: Data<Handle>, by: Json<Advance>) -> HttpResponse {
    handle.advance_s(by.advance_s);
    read_clock(handle).await
}

async fn inject_fault(handle: Data<Handle>, fault: Json<Fault>) -> HttpResponse {
    handle.inject(fault.into_inner());
    HttpResponse::NoContent().finish()
}

async fn clear_faults(handle: Data<Handle>) -> HttpResponse {
    handle.clear_faults();
    HttpResponse::NoContent().finish()
}

async fn list_calls(handle: Data<Handle>) -> HttpResponse {
    HttpResponse::Ok().json(handle.calls())
}

async fn clear_calls(handle: Data<Handle>) -> HttpResponse {
    handle.clear_calls();
    HttpResponse::NoContent().finish()
}
