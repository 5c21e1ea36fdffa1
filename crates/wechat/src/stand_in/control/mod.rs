//! The control paths, which WeChat does not have: they begin with `/_` and speak JSON.
//!
//! Each is one call of [`Handle`]. Bodies must be sent as `application/json`, which a web page of another origin cannot do
//! behind the user's back.

mod push;

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Json, ServiceConfig};
use actix_web::{HttpResponse, ResponseError};
use serde::Deserialize;
use serde_json::json;

use super::fault::Fault;
use super::handle::{AppSwitches, ControlError, Handle, RiskyWord, TemplateFacts, UnknownApp, UserFacts};
use super::push::SubscriptionAnswer;

impl ResponseError for UnknownApp {
    fn status_code(&self) -> StatusCode {
        StatusCode::NOT_FOUND
    }
}

impl ResponseError for ControlError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::UnknownApp(_) | Self::UnknownCheck => StatusCode::NOT_FOUND,
            Self::NoPush => StatusCode::CONFLICT,
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::TooLate => StatusCode::GATEWAY_TIMEOUT,
        }
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
        .route("/_clock", web::post().to(move_clock))
        .route("/_faults", web::post().to(inject_fault))
        .route("/_faults", web::delete().to(clear_faults))
        .route("/_faults/let_go", web::post().to(let_go))
        .route("/_messages", web::get().to(list_messages))
        .route("/_messages", web::delete().to(clear_messages))
        .route("/_calls", web::get().to(list_calls))
        .route("/_calls", web::delete().to(clear_calls))
        .route("/_calls/await", web::post().to(await_calls))
        .configure(push::routes);
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
    /// What was answered; yes, if not told.
    #[serde(default = "yes")]
    accepted: bool,
    /// The server of the app is told.
    #[serde(default)]
    push: bool,
}

fn yes() -> bool {
    true
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
struct Moved {
    #[serde(default)]
    advance_s: u32,
    stand_at_us: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Awaited {
    path: String,
    times: usize,
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

async fn subscribe(handle: Data<Handle>, agreed: Json<Agreed>) -> Result<HttpResponse, ControlError> {
    let Agreed { app_id, openid, template, accepted, push } = agreed.into_inner();
    let app_id = app_id.as_deref();
    if push {
        let answer = SubscriptionAnswer { template, accepted };
        return Ok(HttpResponse::Ok().json(handle.answer_popup(app_id, &openid, answer).await?));
    }
    if accepted {
        handle.subscribe(app_id, &openid, &template)?;
    }
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

async fn move_clock(handle: Data<Handle>, moved: Json<Moved>) -> HttpResponse {
    if let Some(at_us) = moved.stand_at_us {
        handle.stand_at_us(at_us);
    }
    handle.advance_s(moved.advance_s);
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

async fn let_go(handle: Data<Handle>) -> HttpResponse {
    handle.let_go();
    HttpResponse::NoContent().finish()
}

async fn list_messages(handle: Data<Handle>) -> HttpResponse {
    HttpResponse::Ok().json(handle.messages())
}

async fn clear_messages(handle: Data<Handle>) -> HttpResponse {
    handle.clear_messages();
    HttpResponse::NoContent().finish()
}

async fn await_calls(handle: Data<Handle>, awaited: Json<Awaited>) -> Result<HttpResponse, ControlError> {
    handle.until_called(&awaited.path, awaited.times).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn list_calls(handle: Data<Handle>) -> HttpResponse {
    HttpResponse::Ok().json(handle.calls())
}

async fn clear_calls(handle: Data<Handle>) -> HttpResponse {
    handle.clear_calls();
    HttpResponse::NoContent().finish()
}
