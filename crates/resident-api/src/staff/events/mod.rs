//! The desk: events, from the draft to the recap.

mod attendance;
mod plan;
mod sheet;
mod views;

use actix_web::web::{Json, Path};
use actix_web::{get, post, put};
use community::claims::ClaimDecision;
use community::deeds::Reader;
use community::events::{self, Recap};
use domain::Code;
use domain::ids::{EventId, PictureId, UnitId};
use http_kit::answers::Done;
use http_kit::json::Params;
use http_kit::paging::PageView;
use http_kit::who::CurrentStaff;
use http_kit::{ApiError, Body, Context, Created, Etag, Tagged, Tenant};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::deeds::views::DeedView;
use crate::list::{list_params, listed};
use crate::staff::reviews::GrantWord;
use plan::{ChangeEvent, DraftEvent};
use views::{AwardsView, CompletedView, DoorCodesView, StaffEventView};

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_staff_events).service(draft_event).service(get_staff_event).service(change_event);
    config.service(publish_event).service(cancel_event).service(complete_event).service(award_event);
    config.service(get_door_code).service(recap_event);
    attendance::routes(config);
    sheet::routes(config);
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventStateWord {
    /// Seen by the desk only.
    Draft,
    /// Everybody can see it.
    Published,
    /// It does not take place.
    Cancelled,
    /// It is over.
    Completed,
}

impl From<EventStateWord> for domain::events::EventState {
    fn from(word: EventStateWord) -> Self {
        match word {
            EventStateWord::Draft => Self::Draft,
            EventStateWord::Published => Self::Published,
            EventStateWord::Cancelled => Self::Cancelled,
            EventStateWord::Completed => Self::Completed,
        }
    }
}

list_params! {
    /// Which events to list.
    StaffEventQuery {
        /// In the subtree of this unit; everything within reach if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
        /// In this state; in any if nothing is said.
        #[param(inline)]
        state: Option<EventStateWord>,
    }
}

/// Lists events, newest first.
#[utoipa::path(tag = "staff events", security(("bearer" = [])), params(StaffEventQuery),
    responses((status = 200, description = "A page of events", body = PageView<StaffEventView>),
        (status = 404, description = "No such unit, or not within reach", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/events")]
async fn list_staff_events(
    app: Tenant,
    who: CurrentStaff,
    query: Params<StaffEventQuery>,
) -> Result<Tagged<PageView<StaffEventView>>, ApiError> {
    let page = query.0.page()?;
    let StaffEventQuery { unit, state, .. } = query.0;
    Ok(listed(events::list(&app, &who.0, unit, state.map(Into::into), page).await?))
}

/// Drafts an event of a unit. Nobody but the desk sees it until it is published.
#[utoipa::path(tag = "staff events", security(("bearer" = [])), request_body = DraftEvent,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "event-2026-03-01-0001", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The event", body = StaffEventView)))]
#[post("/events")]
async fn draft_event(
    app: Tenant,
    who: CurrentStaff,
    context: Context,
    body: Body<DraftEvent>,
) -> Result<Created<StaffEventView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let unit = body.value.unit_id;
    let once = events::draft(&app, &who.0, unit, body.value.into(), ctx).await?;
    let body = events::read(&app, &who.0, once.outcome).await?.into();
    Ok(Created { body, location: format!("/v1/staff/events/{}", once.outcome), replayed: once.replayed })
}

/// Reads an event.
#[utoipa::path(tag = "staff events", security(("bearer" = [])), params(("id" = String, Path, description = "The event")),
    responses((status = 200, description = "The event", body = StaffEventView)))]
#[get("/events/{id}")]
async fn get_staff_event(
    app: Tenant,
    who: CurrentStaff,
    id: Path<EventId>,
) -> Result<Tagged<StaffEventView>, ApiError> {
    let found = events::read(&app, &who.0, *id).await?;
    let version = found.event.version;
    Ok(Tagged::versioned(found.into(), version))
}

/// Changes an event that is not over.
///
/// Where somebody signed up already, its times, its award, an earlier `withdrawUntil` and a higher minimum age are refused; who signed up is
/// told of another place. It never has fewer seats than are taken; more seats are offered to those who wait.
#[utoipa::path(tag = "staff events", security(("bearer" = [])), request_body = ChangeEvent,
    params(("id" = String, Path, description = "The event"),
        ("If-Match" = String, Header, description = "The version that was read", example = "\"v1\"")),
    responses((status = 200, description = "The event", body = StaffEventView)))]
#[put("/events/{id}")]
async fn change_event(
    app: Tenant,
    who: CurrentStaff,
    id: Path<EventId>,
    etag: Etag,
    context: Context,
    body: Body<ChangeEvent>,
) -> Result<Tagged<StaffEventView>, ApiError> {
    let found = events::update(&app, &who.0, *id, etag.0, body.value.into(), context.plain()).await?;
    let version = found.event.version;
    Ok(Tagged::versioned(found.into(), version))
}

/// Publishes a draft.
///
/// One that took place already can be recorded so, as far back as the unit's policy lets an act be claimed.
#[utoipa::path(tag = "staff events", security(("bearer" = [])), params(("id" = String, Path, description = "The event")),
    responses((status = 200, description = "The event, published", body = StaffEventView)))]
#[post("/events/{id}/publish")]
async fn publish_event(
    app: Tenant,
    who: CurrentStaff,
    id: Path<EventId>,
    context: Context,
) -> Result<Json<StaffEventView>, ApiError> {
    Ok(Json(events::publish(&app, &who.0, *id, context.plain()).await?.into()))
}

/// Why an event does not take place.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "大雨预警，活动取消。"}))]
pub struct CancelEvent {
    /// The reason, which everybody reads.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Cancels an event that is not over. Everybody who signed up is told.
#[utoipa::path(tag = "staff events", security(("bearer" = [])), request_body = CancelEvent,
    params(("id" = String, Path, description = "The event"),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "cancel-2026-03-01-0001", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The event, cancelled", body = StaffEventView)))]
#[post("/events/{id}/cancel")]
async fn cancel_event(
    app: Tenant,
    who: CurrentStaff,
    id: Path<EventId>,
    context: Context,
    body: Body<CancelEvent>,
) -> Result<Done<StaffEventView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let once = events::cancel(&app, &who.0, *id, &body.value.reason, ctx).await?;
    Ok(Done { body: events::read(&app, &who.0, *id).await?.into(), replayed: once.replayed })
}

/// Completes an event that is over: hours are computed, and who earned something gets a claim.
///
/// Per person everybody who checked in earns; per hour it takes a check-out, too: without one there are no hours, so staff record missing
/// ones before. Minutes count between the start and the end of the event, and make hours of two places, rounded half up. The claims wait
/// for somebody else than who drafted or completed the event; where the unit's policy does without four eyes, they are granted at once. A
/// request settles up to 200. While `unsettled` is more than nothing the rest follows by itself within a minute, or at once when it is sent
/// again; to send it once more changes nothing.
#[utoipa::path(tag = "staff events", security(("bearer" = [])), params(("id" = String, Path, description = "The event")),
    responses((status = 200, description = "What became of it", body = CompletedView)))]
#[post("/events/{id}/complete")]
async fn complete_event(
    app: Tenant,
    who: CurrentStaff,
    id: Path<EventId>,
    context: Context,
) -> Result<Json<CompletedView>, ApiError> {
    Ok(Json(events::complete(&app, &who.0, *id, context.plain()).await?.into()))
}

/// The decision on all claims of an event.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"decision": "grant"}))]
pub struct AwardEvent {
    /// What is decided.
    pub decision: GrantWord,
    /// Why they are refused: required then, and read by whoever came.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// Decides the claims of a completed event that nobody has decided yet, up to 200 at once.
///
/// Where the policy wants four eyes it is somebody else than who drafted and who completed the event. What cannot be decided so (the own
/// household's, a cap that is reached, an item that wants a figure) stays with the reviews, and is told. While `undecided` is more than
/// what is left, send it again with another key.
#[utoipa::path(tag = "staff events", security(("bearer" = [])), request_body = AwardEvent,
    params(("id" = String, Path, description = "The event"),
        ("Idempotency-Key" = String, Header, description = "A key of the client's choice: the same request is done once",
        example = "awards-2026-03-01-0001", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "What became of them", body = AwardsView)))]
#[post("/events/{id}/awards")]
async fn award_event(
    app: Tenant,
    who: CurrentStaff,
    id: Path<EventId>,
    context: Context,
    body: Body<AwardEvent>,
) -> Result<Json<AwardsView>, ApiError> {
    let ctx = context.keyed_strictly(who.0.id, &body)?;
    let decision = match body.value {
        AwardEvent { decision: GrantWord::Grant, .. } => {
            ClaimDecision::Grant { points: None, quantity: None }
        }
        AwardEvent { decision: GrantWord::Refuse, reason } => {
            ClaimDecision::Refuse { reason: reason.ok_or(Code::ReasonRequired)? }
        }
    };
    Ok(Json(events::award(&app, &who.0, *id, decision, ctx).await?.into()))
}

/// Shows the codes of the door, which change every 30 seconds.
///
/// A code counts until the one after it ends. Show `in` where people come and `out` where they leave; ask again at `expiresAt`.
#[utoipa::path(tag = "staff events", security(("bearer" = [])), params(("id" = String, Path, description = "The event")),
    responses((status = 200, description = "The codes", body = DoorCodesView),
        (status = 409, description = "The event takes place no more, or not yet", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/events/{id}/door-code")]
async fn get_door_code(
    app: Tenant,
    who: CurrentStaff,
    id: Path<EventId>,
) -> Result<Done<DoorCodesView>, ApiError> {
    // As an answer that nobody keeps.
    Ok(Done { body: events::door_codes(&app, &who.0, *id).await?.into(), replayed: false })
}

/// What an event was like.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"title": "河道清洁日回顾", "text": "三十位邻居清出二十袋垃圾。", "pictureIds": ["pic_01jbr62tryfk1sh9p01j0gre6f"]}))]
pub struct RecapEvent {
    /// Its title.
    #[validate(length(min = 2, max = 40))]
    #[schema(min_length = 2, max_length = 40)]
    pub title: String,
    /// Its text.
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub text: String,
    /// Pictures that this account uploaded before, in order.
    #[validate(length(min = 1, max = 9))]
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 9)]
    pub picture_ids: Vec<PictureId>,
}

/// Publishes the recap of a completed event in the feed, once, as a deed of the unit itself.
#[utoipa::path(tag = "staff events", security(("bearer" = [])), request_body = RecapEvent,
    params(("id" = String, Path, description = "The event"),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "recap-2026-03-01-0001", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The deed", body = DeedView)))]
#[post("/events/{id}/recap")]
async fn recap_event(
    app: Tenant,
    who: CurrentStaff,
    id: Path<EventId>,
    context: Context,
    body: Body<RecapEvent>,
) -> Result<Created<DeedView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let RecapEvent { title, text, picture_ids } = body.value;
    let recap = Recap { title, text, pictures: picture_ids };
    let once = events::recap(&app, &who.0, *id, recap, ctx).await?;
    let shown = community::deeds::detail(&app, Reader::default(), once.outcome).await?;
    Ok(Created {
        body: shown.into(),
        location: format!("/v1/deeds/{}", once.outcome),
        replayed: once.replayed,
    })
}
