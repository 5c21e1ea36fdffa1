//! Events as answers show them.

use community::events::{Event, Mine, Shown};
use domain::Ts;
use domain::events::hours;
use domain::ids::PictureId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::deeds::views::UnitName;

/// What kind of activity it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "volunteering")]
pub enum EventKind {
    /// 活动.
    Activity,
    /// 志愿服务.
    Volunteering,
    /// 培训.
    Training,
    /// 宣传.
    Publicity,
    /// 分享会.
    Sharing,
}

impl From<EventKind> for domain::events::Kind {
    fn from(kind: EventKind) -> Self {
        match kind {
            EventKind::Activity => Self::Activity,
            EventKind::Volunteering => Self::Volunteering,
            EventKind::Training => Self::Training,
            EventKind::Publicity => Self::Publicity,
            EventKind::Sharing => Self::Sharing,
        }
    }
}

/// An event in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "evt_01jbr62tryfk1sh9p01j0gre6f", "unit": {"id": "unit_01jbr62tryfk1sh9p01j0gre6f", "name": "柳湾村"},
    "kind": "volunteering", "section": "environment", "themes": ["积分+清洁"], "title": "河道清洁日", "place": "村口石桥",
    "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T03:00:00Z", "signUpFrom": "2026-03-01T00:00:00Z",
    "signUpUntil": "2026-03-06T12:00:00Z", "capacity": 30, "taken": 12, "state": "published",
    "pictureIds": ["pic_01jbr62tryfk1sh9p01j0gre6f"]}))]
pub struct EventCardView {
    /// Its id.
    pub id: String,
    /// The unit it belongs to.
    pub unit: UnitName,
    /// `activity`, `volunteering`, `training`, `publicity` or `sharing`.
    pub kind: String,
    /// The section's key.
    pub section: String,
    /// Free tags.
    pub themes: Vec<String>,
    /// Its title.
    pub title: String,
    /// Where it is.
    pub place: String,
    /// When it starts.
    pub starts_at: String,
    /// When it ends.
    pub ends_at: String,
    /// From when people sign up.
    pub sign_up_from: String,
    /// Until when.
    pub sign_up_until: String,
    /// How many seats there are.
    pub capacity: i32,
    /// Seats that are confirmed or offered: never more than the capacity.
    pub taken: i32,
    /// `draft` (for the desk only), `published`, `cancelled` or `completed`.
    pub state: String,
    /// Its pictures, in order.
    pub picture_ids: Vec<String>,
}

impl EventCardView {
    fn of(event: &Event, unit_name: String, pictures: &[PictureId]) -> Self {
        Self {
            id: event.id.to_string(),
            unit: UnitName { id: event.unit.to_string(), name: unit_name },
            kind: event.kind.clone(),
            section: event.section.clone(),
            themes: serde_json::from_str(&event.themes).unwrap_or_default(),
            title: event.title.clone(),
            place: event.place.clone(),
            starts_at: Ts(event.starts_at).to_string(),
            ends_at: Ts(event.ends_at).to_string(),
            sign_up_from: Ts(event.sign_up_from).to_string(),
            sign_up_until: Ts(event.sign_up_until).to_string(),
            capacity: event.capacity,
            taken: event.taken,
            state: event.state.clone(),
            picture_ids: pictures.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<Shown> for EventCardView {
    fn from(shown: Shown) -> Self {
        Self::of(&shown.event, shown.unit_name, &shown.pictures)
    }
}

/// Everything that an event says.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "evt_01jbr62tryfk1sh9p01j0gre6f", "unit": {"id": "unit_01jbr62tryfk1sh9p01j0gre6f", "name": "柳湾村"},
    "kind": "volunteering", "section": "environment", "themes": ["积分+清洁"], "title": "河道清洁日", "place": "村口石桥",
    "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T03:00:00Z", "signUpFrom": "2026-03-01T00:00:00Z",
    "signUpUntil": "2026-03-06T12:00:00Z", "capacity": 30, "taken": 12, "state": "published", "pictureIds": [],
    "text": "自带手套，村里备有垃圾袋和饮水。", "withdrawUntil": "2026-03-06T12:00:00Z", "offerMinutes": 60, "minimumAge": 16,
    "itemId": "item_01jbr62tryfk1sh9p01j0gre6f", "awardPer": "hour", "reason": null, "recapId": null, "waiting": 0}))]
pub struct EventDetailsView {
    /// What lists show of it.
    #[serde(flatten)]
    pub card: EventCardView,
    /// Its text.
    pub text: String,
    /// Until when a confirmed seat may be given back.
    pub withdraw_until: String,
    /// For how many minutes a free seat waits for whoever it is offered to.
    pub offer_minutes: i32,
    /// The least age on the day of the event.
    pub minimum_age: Option<i32>,
    /// The rule item that who came earns by.
    pub item_id: Option<String>,
    /// `person` or `hour`: what is earned is counted by.
    pub award_per: Option<String>,
    /// Why it was cancelled.
    pub reason: Option<String>,
    /// The deed that tells how it was.
    pub recap_id: Option<String>,
    /// How many wait for a seat.
    pub waiting: i64,
}

impl EventDetailsView {
    pub(crate) fn of(event: Event, unit_name: String, pictures: &[PictureId], waiting: i64) -> Self {
        Self {
            card: EventCardView::of(&event, unit_name, pictures),
            text: event.text,
            withdraw_until: Ts(event.withdraw_until).to_string(),
            offer_minutes: event.offer_minutes,
            minimum_age: event.minimum_age,
            item_id: event.item.map(|id| id.to_string()),
            award_per: event.award_per,
            reason: event.reason,
            recap_id: event.recap.map(|id| id.to_string()),
            waiting,
        }
    }
}

/// An event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "evt_01jbr62tryfk1sh9p01j0gre6f", "unit": {"id": "unit_01jbr62tryfk1sh9p01j0gre6f", "name": "柳湾村"},
    "kind": "volunteering", "section": "environment", "themes": ["积分+清洁"], "title": "河道清洁日", "place": "村口石桥",
    "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T03:00:00Z", "signUpFrom": "2026-03-01T00:00:00Z",
    "signUpUntil": "2026-03-06T12:00:00Z", "capacity": 30, "taken": 30, "state": "published", "pictureIds": [],
    "text": "自带手套，村里备有垃圾袋和饮水。", "withdrawUntil": "2026-03-06T12:00:00Z", "offerMinutes": 60, "minimumAge": 16,
    "itemId": "item_01jbr62tryfk1sh9p01j0gre6f", "awardPer": "hour", "reason": null, "recapId": null, "waiting": 4,
    "signUp": {"eventId": "evt_01jbr62tryfk1sh9p01j0gre6f", "state": "waiting", "ahead": 3, "offeredUntil": null, "checkedInAt": null,
    "checkedOutAt": null, "hours": null}}))]
pub struct EventView {
    /// What it says.
    #[serde(flatten)]
    pub details: EventDetailsView,
    /// The reader's own sign-up; null for who has none or is not signed in.
    pub sign_up: Option<SignUpView>,
}

impl From<Shown> for EventView {
    fn from(shown: Shown) -> Self {
        Self {
            details: EventDetailsView::of(shown.event, shown.unit_name, &shown.pictures, shown.waiting),
            sign_up: shown.mine.map(SignUpView::from),
        }
    }
}

/// One's own place in an event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"eventId": "evt_01jbr62tryfk1sh9p01j0gre6f", "state": "confirmed", "ahead": null, "offeredUntil": null,
    "checkedInAt": "2026-03-07T00:55:00Z", "checkedOutAt": null, "hours": null}))]
pub struct SignUpView {
    /// The event.
    pub event_id: String,
    /// `confirmed`, `waiting`, `offered`, `withdrawn` or `lapsed`.
    pub state: String,
    /// How many wait before this person; null for who does not wait.
    pub ahead: Option<i64>,
    /// Until when the offered seat can be accepted.
    pub offered_until: Option<String>,
    /// When this person came.
    pub checked_in_at: Option<String>,
    /// When this person left.
    pub checked_out_at: Option<String>,
    /// The hours that count, once the event is completed.
    pub hours: Option<String>,
}

impl From<Mine> for SignUpView {
    fn from(mine: Mine) -> Self {
        let row = mine.sign_up;
        let moment = |at: Option<i64>| at.map(|at| Ts(at).to_string());
        Self {
            event_id: row.event.to_string(),
            state: row.state,
            ahead: mine.ahead,
            offered_until: moment(row.offered_until),
            checked_in_at: moment(row.checked_in_at),
            checked_out_at: moment(row.checked_out_at),
            hours: row.minutes.map(|minutes| hours(minutes).to_string()),
        }
    }
}

/// An own sign-up in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"eventId": "evt_01jbr62tryfk1sh9p01j0gre6f", "state": "offered", "ahead": null,
    "offeredUntil": "2026-03-05T09:00:00Z", "checkedInAt": null, "checkedOutAt": null, "hours": null,
    "event": {"id": "evt_01jbr62tryfk1sh9p01j0gre6f", "unit": {"id": "unit_01jbr62tryfk1sh9p01j0gre6f", "name": "柳湾村"},
    "kind": "volunteering", "section": "environment", "themes": [], "title": "河道清洁日", "place": "村口石桥",
    "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T03:00:00Z", "signUpFrom": "2026-03-01T00:00:00Z",
    "signUpUntil": "2026-03-06T12:00:00Z", "capacity": 30, "taken": 30, "state": "published", "pictureIds": []}}))]
pub struct OwnSignUpView {
    /// The sign-up.
    #[serde(flatten)]
    pub sign_up: SignUpView,
    /// The event.
    pub event: EventCardView,
}

impl From<(Mine, Shown)> for OwnSignUpView {
    fn from((mine, shown): (Mine, Shown)) -> Self {
        Self { sign_up: mine.into(), event: shown.into() }
    }
}
