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
use super::handle::{AppSwitches, Handle, UnknownApp, UserFacts};

impl ResponseError for UnknownApp {
    fn status_code(&self) -> StatusCode {
        StatusCode::NOT_FOUND
    }
}

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/_codes", web::post().to(issue_code))
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
