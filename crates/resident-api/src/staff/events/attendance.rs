//! The desk: who came. The roster, recording it for those without a phone, and a unit's attendance over time.

use actix_web::web::Path;
use actix_web::{get, post};
use community::events::{self, Attendance, Entry, Month, Noted};
use domain::ids::{EventId, ResidentId, UnitId};
use domain::{Day, Ts};
use http_kit::answers::Done;
use http_kit::json::Params;
use http_kit::paging::PageView;
use http_kit::who::CurrentStaff;
use http_kit::{ApiError, Body, Context, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::views::RosterLine;
use crate::list::{list_params, listed};

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_roster).service(record_attendance).service(get_attendance);
}

/// Where a sign-up stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignUpState {
    /// Has a seat.
    Confirmed,
    /// Waits for one.
    Waiting,
    /// Is offered one.
    Offered,
    /// Gave the place back.
    Withdrawn,
    /// Did not accept the offer in time.
    Lapsed,
}

impl SignUpState {
    const fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Waiting => "waiting",
            Self::Offered => "offered",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
        }
    }
}

list_params! {
    /// Which lines of the roster.
    RosterQuery {
        /// In this state; in any if nothing is said.
        #[param(inline)]
        state: Option<SignUpState>,
    }
}

/// Lists who signed up for an event, with their names, in the order of their sign-ups.
#[utoipa::path(tag = "staff events", security(("bearer" = [])), params(("id" = String, Path, description = "The event"), RosterQuery),
    responses((status = 200, description = "A page of the roster", body = PageView<RosterLine>)))]
#[get("/events/{id}/roster")]
async fn get_roster(
    app: Tenant,
    who: CurrentStaff,
    id: Path<EventId>,
    query: Params<RosterQuery>,
) -> Result<Tagged<PageView<RosterLine>>, ApiError> {
    let page = query.0.page()?;
    let state = query.0.state.map(SignUpState::word);
    Ok(listed(events::roster(&app, &who.0, *id, state, page).await?))
}

/// What staff record for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "check_in")]
pub enum AttendanceWord {
    /// Signing up.
    SignUp,
    /// Coming.
    CheckIn,
    /// Leaving.
    CheckOut,
}

/// An entry.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"residentId": "res_01jbr62tryfk1sh9p01j0gre6f", "what": "check_in", "at": "2026-03-07T00:58:00Z"}))]
pub struct AttendanceEntry {
    /// For whom.
    #[schema(value_type = String, example = "res_01jbr62tryfk1sh9p01j0gre6f")]
    pub resident_id: ResidentId,
    /// What.
    pub what: AttendanceWord,
    /// When somebody came or left; now if nothing is said. Of a time at which the door was open.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-03-07T00:58:00Z")]
    pub at: Option<Ts>,
}

/// Entries, in the order in which they are recorded.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"entries": [{"residentId": "res_01jbr62tryfk1sh9p01j0gre6f", "what": "sign_up"},
    {"residentId": "res_01jbr62tryfk1sh9p01j0gre6f", "what": "check_in", "at": "2026-03-07T00:58:00Z"}]}))]
pub struct RecordAttendance {
    /// Up to 200.
    #[validate(length(min = 1, max = 200), nested)]
    #[schema(min_items = 1, max_items = 200)]
    pub entries: Vec<AttendanceEntry>,
}

/// What became of an entry.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"residentId": "res_01jbr62tryfk1sh9p01j0gre6f", "state": "confirmed", "code": null}))]
pub struct AttendanceResult {
    /// For whom.
    pub resident_id: String,
    /// The state of the sign-up; null if it was refused.
    pub state: Option<String>,
    /// Why it was refused, as the code of a refusal.
    pub code: Option<String>,
}

impl From<Noted> for AttendanceResult {
    fn from(noted: Noted) -> Self {
        Self { resident_id: noted.resident.to_string(), state: noted.state, code: noted.code }
    }
}

/// What became of all entries.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"results": [{"residentId": "res_01jbr62tryfk1sh9p01j0gre6f", "state": "confirmed", "code": null},
    {"residentId": "res_01jbr62tryfk1sh9p01j0gre6e", "state": null, "code": "no_seat"}]}))]
pub struct AttendanceRecorded {
    /// In the order of the entries.
    pub results: Vec<AttendanceResult>,
}

/// Signs people up, or records that they came and left, for who has no phone: up to 200 entries with a result each.
///
/// Staff sign up outside of its time, too, as long as there are seats; who finds none waits. What staff say about coming and leaving
/// stands instead of what was known.
#[utoipa::path(tag = "staff events", security(("bearer" = [])), request_body = RecordAttendance,
    params(("id" = String, Path, description = "The event"),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "attend-2026-03-01-0001", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "What became of each", body = AttendanceRecorded)))]
#[post("/events/{id}/attendance")]
async fn record_attendance(
    app: Tenant,
    who: CurrentStaff,
    id: Path<EventId>,
    context: Context,
    body: Body<RecordAttendance>,
) -> Result<Done<AttendanceRecorded>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let entry = |entry: AttendanceEntry| {
        let what = match entry.what {
            AttendanceWord::SignUp => Attendance::SignUp,
            AttendanceWord::CheckIn => Attendance::CheckIn(entry.at),
            AttendanceWord::CheckOut => Attendance::CheckOut(entry.at),
        };
        Entry { resident: entry.resident_id, what }
    };
    let entries = body.value.entries.into_iter().map(entry).collect();
    let once = events::attend(&app, &who.0, *id, entries, ctx).await?;
    let results = once.outcome.into_iter().map(AttendanceResult::from).collect();
    Ok(Done { body: AttendanceRecorded { results }, replayed: once.replayed })
}

/// What attendance is told by.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttendanceBy {
    /// A line for each month.
    #[default]
    Month,
}

/// Which attendance.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct AttendanceQuery {
    /// The unit whose subtree it is.
    #[param(value_type = String)]
    pub unit: UnitId,
    /// From this day.
    #[param(value_type = String, format = Date, example = "2026-01-01")]
    pub from: Day,
    /// To this day: within 36 months.
    #[param(value_type = String, format = Date, example = "2026-03-31")]
    pub until: Day,
    /// `month` if nothing is said.
    #[param(inline)]
    pub by: Option<AttendanceBy>,
}

/// A month of a unit's events.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"start": "2026-03-01", "events": 4, "signUps": 96, "attended": 81, "persons": 54, "hours": "142.50"}))]
pub struct AttendanceMonth {
    /// Its first day.
    pub start: String,
    /// Events that were not cancelled.
    pub events: i64,
    /// Confirmed seats.
    pub sign_ups: i64,
    /// How many of them came.
    pub attended: i64,
    /// How many persons those were.
    pub persons: i64,
    /// Hours that counted.
    pub hours: String,
}

impl From<Month> for AttendanceMonth {
    fn from(month: Month) -> Self {
        Self {
            start: month.start.to_string(),
            events: month.figures.events,
            sign_ups: month.figures.sign_ups,
            attended: month.figures.attended,
            persons: month.figures.persons,
            hours: month.hours.to_string(),
        }
    }
}

/// The attendance of a unit over time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"unitId": "unit_01jbr62tryfk1sh9p01j0gre6f",
    "months": [{"start": "2026-03-01", "events": 4, "signUps": 96, "attended": 81, "persons": 54, "hours": "142.50"}]}))]
pub struct AttendanceView {
    /// The unit.
    pub unit_id: String,
    /// Every month of the time, in order; the first and the last count from and to the day that was asked for.
    pub months: Vec<AttendanceMonth>,
}

/// Tells how many came to the events of a unit, month by month.
#[utoipa::path(tag = "staff events", security(("bearer" = [])), params(AttendanceQuery),
    responses((status = 200, description = "The attendance", body = AttendanceView),
        (status = 404, description = "No such unit, or not within reach", body = http_kit::problem::Problem, content_type = "application/problem+json"),
        (status = 422, description = "More than 36 months", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/attendance")]
async fn get_attendance(
    app: Tenant,
    who: CurrentStaff,
    query: Params<AttendanceQuery>,
) -> Result<Tagged<AttendanceView>, ApiError> {
    let AttendanceQuery { unit, from, until, by } = query.0;
    let AttendanceBy::Month = by.unwrap_or_default();
    let months = events::attendance(&app, &who.0, unit, (from, until)).await?;
    let months = months.into_iter().map(AttendanceMonth::from).collect();
    Ok(Tagged::private(AttendanceView { unit_id: unit.to_string(), months }))
}
