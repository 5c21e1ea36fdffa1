//! Events: the calendar, one event, signing up, waiting and withdrawing, coming and leaving.

pub(crate) mod views;

use actix_web::web::{Json, Path};
use actix_web::{HttpRequest, HttpResponse, Responder, delete, get, post, put};
use community::events::{self, CalendarQuery};
use domain::Day;
use domain::ids::{EventId, UnitId};
use http_kit::answers::Shared;
use http_kit::json::Params;
use http_kit::paging::{PageParams, PageView};
use http_kit::who::CurrentResident;
use http_kit::{ApiError, Body, Tagged, Tenant, Viewer, shared_or_own};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::deeds::views::SectionKey;
use crate::list::list_params;
use views::{EventCardView, EventView, OwnSignUpView, SignUpView};

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_events).service(get_event).service(sign_up).service(withdraw);
    config.service(check_in).service(check_out).service(list_own_sign_ups);
}

list_params! {
    /// Which part of the calendar.
    EventQuery {
        /// The unit: events in its subtree, and what the units above it announce for themselves. The whole tenant if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
        /// Events that start on this day or later; today if nothing is said.
        #[param(value_type = Option<String>, format = Date, example = "2026-03-01")]
        from: Option<Day>,
        /// Events that start on this day or earlier.
        #[param(value_type = Option<String>, format = Date, example = "2026-03-31")]
        until: Option<Day>,
        /// One section.
        #[param(inline)]
        section: Option<SectionKey>,
    }
}

/// Lists published events in the order of their starts: a list of what comes, or with `from` and `until` a calendar.
#[utoipa::path(tag = "events", params(EventQuery),
    responses((status = 200, description = "A page of events", body = PageView<EventCardView>),
        (status = 404, description = "No such unit", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/events")]
async fn list_events(app: Tenant, req: HttpRequest, query: Params<EventQuery>) -> Result<Shared, ApiError> {
    let page = query.0.page()?;
    let EventQuery { unit, from, until, section, .. } = query.0;
    let part = CalendarQuery { unit, from, until, section: section.map(Into::into) };
    Shared::of(&app, &req, async || {
        Ok(PageView::of(events::calendar(&app, part, page).await?, EventCardView::from))
    })
    .await
}

/// Reads an event that was published; who is signed in sees the own sign-up, too.
#[utoipa::path(tag = "events", params(("id" = String, Path, description = "The event")),
    responses((status = 200, description = "The event", body = EventView)))]
#[get("/events/{id}")]
async fn get_event(
    app: Tenant,
    req: HttpRequest,
    viewer: Viewer,
    id: Path<EventId>,
) -> Result<impl Responder, ApiError> {
    let make = async || Ok(EventView::from(events::detail(&app, viewer.identity, *id).await?));
    shared_or_own(&app, &viewer, &req, make).await
}

/// Signs up for an event, or accepts the seat that is offered.
///
/// If a seat is free and nobody waits, it is confirmed; otherwise one waits, in the order of coming. A seat that becomes free is offered to
/// the first in line for as long as the event says; this same request accepts it. To send it again changes nothing. An event is for the
/// residents of its unit; where it has a minimum age, the desk has to know the day of birth.
#[utoipa::path(tag = "events", security(("bearer" = [])), params(("id" = String, Path, description = "The event")),
    responses((status = 200, description = "The sign-up", body = SignUpView)))]
#[put("/events/{id}/sign-up")]
async fn sign_up(app: Tenant, who: CurrentResident, id: Path<EventId>) -> Result<Json<SignUpView>, ApiError> {
    Ok(Json(events::sign_up(&app, who.person, *id).await?.into()))
}

/// Gives the own place back: a confirmed seat until the event's `withdrawUntil`, an offer or a place in the waitlist at any time.
#[utoipa::path(tag = "events", security(("bearer" = [])), params(("id" = String, Path, description = "The event")),
    responses((status = 204, description = "Given back")))]
#[delete("/events/{id}/sign-up")]
async fn withdraw(app: Tenant, who: CurrentResident, id: Path<EventId>) -> Result<HttpResponse, ApiError> {
    events::withdraw(&app, who.person, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The code at the door.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"code": "7K2M9QXD"}))]
pub struct DoorCode {
    /// As it is shown: eight characters; small letters, spaces and hyphens do not matter.
    #[validate(length(min = 8, max = 16))]
    #[schema(min_length = 8, max_length = 16)]
    pub code: String,
}

/// Checks in, by the code that the organiser shows at the door. To send it again changes nothing.
///
/// The door is open from an hour before the start to two hours after the end.
#[utoipa::path(tag = "events", security(("bearer" = [])), request_body = DoorCode,
    params(("id" = String, Path, description = "The event")),
    responses((status = 200, description = "The sign-up", body = SignUpView)))]
#[post("/events/{id}/check-in")]
async fn check_in(
    app: Tenant,
    who: CurrentResident,
    id: Path<EventId>,
    body: Body<DoorCode>,
) -> Result<Json<SignUpView>, ApiError> {
    Ok(Json(events::check_in(&app, who.person, *id, &body.value.code).await?.into()))
}

/// Checks out, by the code for leaving. The first time counts. Hours need it; without a check-out there are none.
#[utoipa::path(tag = "events", security(("bearer" = [])), request_body = DoorCode,
    params(("id" = String, Path, description = "The event")),
    responses((status = 200, description = "The sign-up", body = SignUpView)))]
#[post("/events/{id}/check-out")]
async fn check_out(
    app: Tenant,
    who: CurrentResident,
    id: Path<EventId>,
    body: Body<DoorCode>,
) -> Result<Json<SignUpView>, ApiError> {
    Ok(Json(events::check_out(&app, who.person, *id, &body.value.code).await?.into()))
}

/// Lists one's own sign-ups, newest first.
#[utoipa::path(tag = "me", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of own sign-ups", body = PageView<OwnSignUpView>)))]
#[get("/me/sign-ups")]
async fn list_own_sign_ups(
    app: Tenant,
    who: CurrentResident,
    query: Params<PageParams>,
) -> Result<Tagged<PageView<OwnSignUpView>>, ApiError> {
    let found = events::mine(&app, who.person, query.0.page()?).await?;
    Ok(Tagged::private(PageView::of(found, OwnSignUpView::from)))
}
