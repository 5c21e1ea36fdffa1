//! Events: what everybody reads, what residents do, and what the desk does.

use serde_json::{Value, json};
use tests::town::{TODAY, text};
use tests::{Actor, Town};

use super::runner::check;
use super::{Row, row};

/// What an event says: it is to come, its door is open, or it is over.
fn plan(kind: &str) -> Value {
    let (starts, ends) = match kind {
        kind if kind.contains("open") || kind.contains("inside") => {
            ("2026-03-02T02:30:00Z", "2026-03-02T04:00:00Z")
        }
        kind if kind.contains("past") || kind.contains("done") => {
            ("2026-03-02T00:00:00Z", "2026-03-02T01:30:00Z")
        }
        _ => ("2026-03-07T01:00:00Z", "2026-03-07T03:00:00Z"),
    };
    json!({"kind": "volunteering", "section": "environment", "title": "河道清洁日", "text": "自带手套。", "place": "村口石桥",
        "startsAt": starts, "endsAt": ends, "signUpFrom": "2026-03-01T00:00:00Z", "signUpUntil": ends, "withdrawUntil": ends,
        "capacity": 30, "offerMinutes": 60})
}

/// An event of the village: a draft, one that is published, one that is over or completed; of the actor's own, with the actor in it.
pub async fn object(town: &Town, desk: &Actor, actor: &Actor, kind: &str) -> String {
    let mut body = plan(kind);
    body["unitId"] = json!(town.world.village);
    let id = text(&desk.post("staff/events", body).await.expect(201)["id"]);
    if kind.contains("draft") {
        return id;
    }
    desk.post(&format!("staff/events/{id}/publish"), json!({})).await.expect(200);
    if kind.contains("done") {
        desk.post(&format!("staff/events/{id}/complete"), json!({})).await.expect(200);
    }
    if kind.starts_with("my") {
        actor.put_empty(&format!("events/{id}/sign-up")).await;
    }
    if kind.contains("inside") {
        let code = code(desk, &id, "in").await;
        actor.post(&format!("events/{id}/check-in"), json!({"code": code})).await;
    }
    id
}

/// The code at the door of an event.
pub async fn code(desk: &Actor, event: &str, way: &str) -> String {
    text(&desk.get(&format!("staff/events/{event}/door-code")).await.expect(200)[way])
}

/// What is public, and what residents of the village do.
pub fn open() -> Vec<Row> {
    vec![
        row("GET", "/v1/events", "events?unit={village}", "+++++ ++++++ ++"),
        row("GET", "/v1/events", "events?unit={nounit}", "..... ...... .."),
        row("GET", "/v1/events/{id}", "events/{event}", "+++++ ++++++ +?"),
        row("GET", "/v1/events/{id}", "events/{draftevent}", "..... ...... .?"),
        row("PUT", "/v1/events/{id}/sign-up", "events/{newevent}/sign-up", "?x++x xxxxxx ??"),
        row("PUT", "/v1/events/{id}/sign-up", "events/{draftevent}/sign-up", "?x... xxxxxx ??"),
        row("DELETE", "/v1/events/{id}/sign-up", "events/{myevent}/sign-up", "?x+++ xxxxxx ??"),
        row("DELETE", "/v1/events/{id}/sign-up", "events/{draftevent}/sign-up", "?x... xxxxxx ??"),
        row("POST", "/v1/events/{id}/check-in", "events/{myopenevent}/check-in", "?x++b xxxxxx ??")
            .json(json!({"code": "{myincode}"})),
        row("POST", "/v1/events/{id}/check-out", "events/{myinsideevent}/check-out", "?x++b xxxxxx ??")
            .json(json!({"code": "{myoutcode}"})),
        row("GET", "/v1/me/sign-ups", "me/sign-ups", "?x+++ xxxxxx ??"),
    ]
}

/// What the desk does.
pub fn desk() -> Vec<Row> {
    let mut draft = plan("");
    draft["unitId"] = json!("{village}");
    let entries = json!({"entries": [{"residentId": "{newresident}", "what": "sign_up"}]});
    let recap = json!({"title": "河道清洁日回顾", "text": "清出二十袋垃圾。", "pictureIds": ["{myupload}"]});
    let figures = "staff/attendance?unit={village}&from=2026-03-01&until=2026-03-31";
    vec![
        row("GET", "/v1/staff/events", "staff/events?unit={village}", "?xxxx +++++. ??"),
        row("GET", "/v1/staff/events", "staff/events", "?xxxx +++++o ??"),
        row("POST", "/v1/staff/events", "staff/events", "?xxxx ++xx+. ??").json(draft),
        row("GET", "/v1/staff/events/{id}", "staff/events/{event}", "?xxxx +++++. ??"),
        row("PUT", "/v1/staff/events/{id}", "staff/events/{newdraftevent}", "?xxxx ++xx+. ??")
            .json(plan(""))
            .version("v1"),
        row(
            "POST",
            "/v1/staff/events/{id}/publish",
            "staff/events/{newdraftevent}/publish",
            "?xxxx ++xx+. ??",
        ),
        row("POST", "/v1/staff/events/{id}/cancel", "staff/events/{newevent}/cancel", "?xxxx ++xx+. ??")
            .json(json!({"reason": "大雨预警"})),
        row(
            "POST",
            "/v1/staff/events/{id}/complete",
            "staff/events/{newpastevent}/complete",
            "?xxxx ++xx+. ??",
        ),
        row("POST", "/v1/staff/events/{id}/complete", "staff/events/{event}/complete", "?xxxx bbxxb. ??"),
        // Granting is another permission than running the event.
        row("POST", "/v1/staff/events/{id}/awards", "staff/events/{newdoneevent}/awards", "?xxxx x++xx. ??")
            .json(json!({"decision": "grant"})),
        row("GET", "/v1/staff/events/{id}/door-code", "staff/events/{event}/door-code", "?xxxx ++xx+. ??"),
        row("GET", "/v1/staff/events/{id}/roster", "staff/events/{event}/roster", "?xxxx +++++. ??"),
        row(
            "POST",
            "/v1/staff/events/{id}/attendance",
            "staff/events/{newpastevent}/attendance",
            "?xxxx ++xx+. ??",
        )
        .json(entries),
        row("POST", "/v1/staff/events/{id}/recap", "staff/events/{newdoneevent}/recap", "?xxxx ++xx+. ??")
            .json(recap),
        row("GET", "/v1/staff/events/{id}/export", "staff/events/{event}/export", "?xxxx +++++. ??"),
        row("GET", "/v1/staff/attendance", figures, "?xxxx +++++. ??"),
    ]
}

#[tokio::test]
async fn everybody_reads_events_and_residents_of_the_unit_take_part() {
    assert!(plan("open")["startsAt"].as_str().is_some_and(|at| at.starts_with(TODAY)));
    check(open()).await;
}

#[tokio::test]
async fn the_desk_runs_the_events_of_its_units() {
    check(desk()).await;
}
