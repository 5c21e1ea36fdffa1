//! The control paths of message push and of files that are looked at.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, ServiceConfig};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{ControlError, Handle, OfApp};
use crate::stand_in::media::MediaVerdict;
use crate::stand_in::push::{How, NamedEvent, PushSettings};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/_push/settings", web::post().to(set_push))
        .route("/_push/verify", web::post().to(verify))
        .route("/_push/send", web::post().to(send))
        .route("/_push/settle", web::post().to(settle))
        .route("/_push", web::get().to(list_told))
        .route("/_media", web::get().to(list_media))
        .route("/_media/settings", web::post().to(set_media))
        .route("/_media/verdicts", web::post().to(set_verdict))
        .route("/_media/finish", web::post().to(finish));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Send {
    app_id: Option<String>,
    event: Option<Map<String, Value>>,
    named: Option<NamedEvent>,
    #[serde(default)]
    how: How,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MediaSettings {
    after_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Finish {
    trace_ids: Option<Vec<String>>,
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

async fn set_push(handle: Data<Handle>, settings: Json<PushSettings>) -> Result<HttpResponse, ControlError> {
    handle.set_push(&settings)?;
    Ok(HttpResponse::NoContent().finish())
}

async fn verify(handle: Data<Handle>, of: Json<OfApp>) -> Result<HttpResponse, ControlError> {
    Ok(HttpResponse::Ok().json(handle.verify_push(of.app_id.as_deref()).await?))
}

async fn send(handle: Data<Handle>, order: Json<Send>) -> Result<HttpResponse, ControlError> {
    let Send { app_id, event, named, how } = order.into_inner();
    let app_id = app_id.as_deref();
    let delivered = match (event, named) {
        (Some(event), None) => handle.push_event(app_id, &event, &how).await?,
        (None, Some(named)) => handle.push_named(app_id, &named, &how).await?,
        _ => return Err(ControlError::Bad("tell either an event or a named one")),
    };
    Ok(HttpResponse::Ok().json(delivered))
}

async fn settle(handle: Data<Handle>) -> Result<HttpResponse, ControlError> {
    handle.until_settled().await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn list_told(handle: Data<Handle>) -> HttpResponse {
    HttpResponse::Ok().json(handle.told())
}

async fn list_media(handle: Data<Handle>) -> HttpResponse {
    HttpResponse::Ok().json(handle.media())
}

async fn set_media(handle: Data<Handle>, settings: Json<MediaSettings>) -> HttpResponse {
    handle.set_media_after_ms(settings.after_ms);
    HttpResponse::NoContent().finish()
}

async fn set_verdict(
    handle: Data<Handle>,
    verdict: Json<MediaVerdict>,
) -> Result<HttpResponse, ControlError> {
    handle.set_media_verdict(verdict.into_inner())?;
    Ok(HttpResponse::NoContent().finish())
}

async fn finish(handle: Data<Handle>, order: Json<Finish>) -> Result<HttpResponse, ControlError> {
    let finished = handle.finish_media(order.trace_ids.as_deref(), order.times).await?;
    Ok(HttpResponse::Ok().json(json!(finished)))
}
