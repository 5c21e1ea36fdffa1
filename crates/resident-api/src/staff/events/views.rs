//! Events as the desk sees them.

use community::events::{Awarded, Completed, DeskEvent, DoorCodes, Line};
use domain::Ts;
use domain::events::hours;
use http_kit::findings::FindingView;
use serde::Serialize;
use utoipa::ToSchema;

use crate::events::views::EventDetailsView;

/// An event as the desk sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "evt_01jbr62tryfk1sh9p01j0gre6f", "unit": {"id": "unit_01jbr62tryfk1sh9p01j0gre6f", "name": "柳湾村"},
    "kind": "volunteering", "section": "environment", "themes": ["积分+清洁"], "title": "河道清洁日", "place": "村口石桥",
    "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T03:00:00Z", "signUpFrom": "2026-03-01T00:00:00Z",
    "signUpUntil": "2026-03-06T12:00:00Z", "capacity": 30, "taken": 12, "state": "published", "pictureIds": [],
    "text": "自带手套，村里备有垃圾袋和饮水。", "withdrawUntil": "2026-03-06T12:00:00Z", "offerMinutes": 60, "minimumAge": 16,
    "itemId": "item_01jbr62tryfk1sh9p01j0gre6f", "awardPer": "hour", "reason": null, "recapId": null, "waiting": 0,
    "draftedBy": "staff_01jbr62tryfk1sh9p01j0gre6f", "completedBy": null, "completedAt": null, "check": null, "version": 2}))]
pub struct StaffEventView {
    /// What it says.
    #[serde(flatten)]
    pub details: EventDetailsView,
    /// Who drafted it.
    pub drafted_by: String,
    /// Who completed it.
    pub completed_by: Option<String>,
    /// When.
    pub completed_at: Option<String>,
    /// What the check of its text said: whoever publishes it answers for it. Null if it passed, or nobody was asked.
    pub check: Option<FindingView>,
    /// Send it back as `If-Match: "v2"` to change the event.
    pub version: i64,
}

impl From<DeskEvent> for StaffEventView {
    fn from(found: DeskEvent) -> Self {
        let event = found.event;
        Self {
            drafted_by: event.drafted_by.to_string(),
            completed_by: event.completed_by.map(|id| id.to_string()),
            completed_at: event.completed_at.map(|at| Ts(at).to_string()),
            version: event.version,
            check: found.check.map(Into::into),
            details: EventDetailsView::of(event, found.unit_name, &found.pictures, found.waiting),
        }
    }
}

/// The codes of the door.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"in": "7K2M9QXD", "out": "0T4ZB8RW", "expiresAt": "2026-03-07T01:00:30Z"}))]
pub struct DoorCodesView {
    /// For checking in.
    #[serde(rename = "in")]
    pub enter: String,
    /// For checking out.
    #[serde(rename = "out")]
    pub leave: String,
    /// When the next ones are to be shown.
    pub expires_at: String,
}

impl From<DoorCodes> for DoorCodesView {
    fn from(codes: DoorCodes) -> Self {
        Self { enter: codes.enter, leave: codes.leave, expires_at: codes.expires_at.to_string() }
    }
}

/// What became of an event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"confirmed": 30, "attended": 28, "unsettled": 0, "hours": "52.50", "claims": 28, "undecided": 28, "granted": 0}))]
pub struct CompletedView {
    /// Confirmed seats.
    pub confirmed: i64,
    /// Who came.
    pub attended: i64,
    /// Who came and whose stay is not settled yet.
    pub unsettled: i64,
    /// Hours that count.
    pub hours: String,
    /// Claims.
    pub claims: i64,
    /// Claims that wait for a decision.
    pub undecided: i64,
    /// Claims that were granted.
    pub granted: i64,
}

impl From<Completed> for CompletedView {
    fn from(done: Completed) -> Self {
        let o = done.outcome;
        Self {
            confirmed: o.confirmed,
            attended: o.attended,
            unsettled: o.unsettled,
            hours: hours(i32::try_from(o.minutes).unwrap_or(i32::MAX)).to_string(),
            claims: o.claims,
            undecided: o.undecided,
            granted: o.granted,
        }
    }
}

/// A claim that was not decided with the others.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"claimId": "claim_01jbr62tryfk1sh9p01j0gre6f", "code": "cap_reached"}))]
pub struct LeftClaim {
    /// The claim.
    pub claim_id: String,
    /// Why, as the code of a refusal.
    pub code: String,
}

/// What became of an event's claims.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"claims": 28, "undecided": 1, "granted": 27,
    "left": [{"claimId": "claim_01jbr62tryfk1sh9p01j0gre6f", "code": "cap_reached"}]}))]
pub struct AwardsView {
    /// Claims.
    pub claims: i64,
    /// Claims that wait for a decision.
    pub undecided: i64,
    /// Claims that were granted.
    pub granted: i64,
    /// Those that this request could not decide.
    pub left: Vec<LeftClaim>,
}

impl From<Awarded> for AwardsView {
    fn from(done: Awarded) -> Self {
        let left = |(claim, code): (domain::ids::ClaimId, domain::Code)| LeftClaim {
            claim_id: claim.to_string(),
            code: code.word().to_owned(),
        };
        Self {
            claims: done.outcome.claims,
            undecided: done.outcome.undecided,
            granted: done.outcome.granted,
            left: done.left.into_iter().map(left).collect(),
        }
    }
}

/// A line of the roster.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"residentId": "res_01jbr62tryfk1sh9p01j0gre6f", "name": "王小明", "unitName": "一组", "code": "R-0001",
    "state": "confirmed", "place": null, "offeredUntil": null, "checkedInAt": "2026-03-07T00:55:00Z", "checkedOutAt": null,
    "hours": null, "claimId": null, "entered": false, "signedUpAt": "2026-03-02T02:00:00Z"}))]
pub struct RosterLine {
    /// The person.
    pub resident_id: String,
    /// The real name.
    pub name: String,
    /// The unit where the person lives.
    pub unit_name: String,
    /// The code that staff know the person by.
    pub code: Option<String>,
    /// `confirmed`, `waiting`, `offered`, `withdrawn` or `lapsed`.
    pub state: String,
    /// The place in the waitlist, of who waits or waited: lower ones come first.
    pub place: Option<i64>,
    /// Until when the offered seat can be accepted.
    pub offered_until: Option<String>,
    /// When the person came.
    pub checked_in_at: Option<String>,
    /// When the person left.
    pub checked_out_at: Option<String>,
    /// The hours that count, once the event is completed.
    pub hours: Option<String>,
    /// The claim that came of it.
    pub claim_id: Option<String>,
    /// Whether staff signed the person up or recorded that it came.
    pub entered: bool,
    /// When the person signed up first.
    pub signed_up_at: String,
}

impl From<Line> for RosterLine {
    fn from(line: Line) -> Self {
        let row = line.sign_up;
        let moment = |at: Option<i64>| at.map(|at| Ts(at).to_string());
        Self {
            resident_id: row.resident.to_string(),
            name: line.name,
            unit_name: line.unit_name,
            code: line.code,
            state: row.state,
            place: row.place,
            offered_until: moment(row.offered_until),
            checked_in_at: moment(row.checked_in_at),
            checked_out_at: moment(row.checked_out_at),
            hours: row.minutes.map(|minutes| hours(minutes).to_string()),
            claim_id: row.claim.map(|id| id.to_string()),
            entered: row.entered_by.is_some(),
            signed_up_at: Ts(row.created_at).to_string(),
        }
    }
}
