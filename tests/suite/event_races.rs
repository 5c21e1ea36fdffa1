//! Races for seats: fifty people, five seats, a waitlist, and one in five who changes the mind.
//!
//! `JISHAN_ROUNDS` says how many events there are; [`ROUNDS`] if it says nothing.

use serde_json::{Value, json};
use tests::town::text;
use tests::{Actor, Answer};

use crate::stage::{Stage, at_once, insist};
use crate::till::both_ways;

/// Events of a usual run.
const ROUNDS: u32 = 200;
/// How many of them are raced for at the same time: fifty who wait for each other at one event leave the server time for another. Where roles
/// can be apart, they are in every other lane.
const LANES: u32 = 2;
const RACERS: usize = 50;
const SEATS: usize = 5;

fn rounds() -> u32 {
    std::env::var("JISHAN_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS)
}

async fn event(staff: &Actor, unit: &str, round: u32) -> String {
    let body = json!({"unitId": unit, "kind": "activity", "section": "environment", "title": format!("清洁日 {round}"), "text": "一起来。",
        "place": "村口", "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T03:00:00Z",
        "signUpFrom": "2026-03-01T00:00:00Z", "signUpUntil": "2026-03-07T00:00:00Z", "withdrawUntil": "2026-03-07T00:00:00Z",
        "capacity": SEATS, "offerMinutes": 60});
    let made = insist(|| staff.post("staff/events", body.clone())).await.expect(201);
    let id = text(&made["id"]);
    let publish = format!("staff/events/{id}/publish");
    insist(|| staff.post(&publish, json!({}))).await.expect(200);
    id
}

/// Everybody who ever signed up.
async fn roster(staff: &Actor, event: &str) -> Vec<Value> {
    let page = insist(|| async { staff.get(&format!("staff/events/{event}/roster?limit=100")).await })
        .await
        .expect(200);
    page["items"].as_array().cloned().unwrap_or_default()
}

fn seated(rows: &[Value]) -> usize {
    rows.iter().filter(|row| row["state"] == "confirmed" || row["state"] == "offered").count()
}

/// Nobody waits who came before one who got a seat from the waitlist.
fn in_order(rows: &[Value]) {
    let places = |states: &[&str]| -> Vec<i64> {
        let of = |row: &&Value| states.iter().any(|state| row["state"] == *state);
        rows.iter().filter(of).filter_map(|row| row["place"].as_i64()).collect()
    };
    let (last, first) = (places(&["confirmed", "offered"]), places(&["waiting"]));
    if let (Some(last), Some(first)) = (last.iter().max(), first.iter().min()) {
        assert!(last < first, "place {last} has a seat and {first} waits");
    }
    let mut all: Vec<i64> = rows.iter().filter_map(|row| row["place"].as_i64()).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "two have one place");
}

#[tokio::test]
async fn fifty_race_for_five_seats_and_the_line_keeps_its_order() {
    let mut towns = Vec::new();
    for options in both_ways() {
        let stage = Stage::open_with(options).await;
        let (town, mut people) = (&stage.town, Vec::new());
        for n in 0..RACERS {
            people.push(town.resident(&format!("racer-{n}"), &town.world.group1, None).await);
        }
        towns.push((stage, people));
    }
    let lanes = (0..LANES).zip(towns.iter().cycle()).map(|(lane, (stage, people))| async move {
        for round in (lane..rounds()).step_by(LANES as usize) {
            race(stage, people, round).await;
        }
    });
    futures_util::future::join_all(lanes).await;
    for (stage, _) in &towns {
        stage.town.verify().await;
    }
}

/// Everybody races for one event, one in five changes the mind; then who waits asks again, and one in five leaves again.
async fn race(stage: &Stage, people: &[Actor], round: u32) {
    let (town, staff) = (&stage.town, &stage.secretary);
    let event = event(staff, &town.world.village, round).await;
    let path = format!("events/{event}/sign-up");
    let race = people.iter().cloned().enumerate().map(|(n, who)| {
        let (path, desk, event) = (path.clone(), staff.clone(), event.clone());
        async move {
            let answer = insist(|| who.put_empty(&path)).await;
            if n % 10 == 9 {
                // Somebody looks on meanwhile.
                let rows = roster(&desk, &event).await;
                assert!(seated(&rows) <= SEATS, "{} have a seat", seated(&rows));
            }
            if n % 5 == round as usize % 5 {
                assert_eq!(insist(|| who.delete(&path)).await.status, 204);
            }
            answer
        }
    });
    let answers: Vec<Answer> = at_once(race).await;
    let confirmed = answers.iter().filter(|a| a.json["state"] == "confirmed").count();
    assert!(
        answers.iter().all(|a| a.status == 200) && confirmed >= SEATS,
        "{confirmed} were confirmed at once"
    );
    check(staff, &event).await;

    // Everybody asks again: who is offered a seat accepts it, who waits goes on waiting, and some of them leave again.
    let leaving = (round as usize + 1) % 5;
    let again =
        people.iter().cloned().enumerate().filter(|(n, _)| n % 5 != round as usize % 5).map(|(n, who)| {
            let path = path.clone();
            async move {
                let answer = insist(|| who.put_empty(&path)).await;
                if n % 5 == leaving {
                    assert_eq!(insist(|| who.delete(&path)).await.status, 204);
                }
                answer
            }
        });
    assert!(at_once(again).await.iter().all(|a| a.status == 200));
    check(staff, &event).await;
}

/// Five have a seat, no more and no less as long as somebody waits; the event says so, too.
async fn check(staff: &Actor, event: &str) {
    let rows = roster(staff, event).await;
    assert_eq!(seated(&rows), SEATS);
    in_order(&rows);
    let path = format!("staff/events/{event}");
    let shown = insist(|| staff.get(&path)).await.expect(200);
    assert_eq!(shown["taken"], SEATS);
}

/// An event that two complete at once, several times over, pays everybody once.
#[tokio::test]
async fn an_event_that_is_completed_by_many_at_once_pays_everybody_once() {
    let stage = Stage::open().await;
    let (town, item) = (&stage.town, stage.item("A-1").await);
    let mut people = Vec::new();
    for n in 0..12 {
        people.push(town.resident(&format!("guest-{n}"), &town.world.group1, None).await);
    }
    let body = json!({"unitId": town.world.village, "kind": "activity", "section": "environment", "title": "早上的活动", "text": "补录。",
        "place": "村口", "startsAt": "2026-03-02T00:00:00Z", "endsAt": "2026-03-02T01:30:00Z",
        "signUpFrom": "2026-02-01T00:00:00Z", "signUpUntil": "2026-03-01T00:00:00Z", "withdrawUntil": "2026-03-01T00:00:00Z",
        "capacity": 20, "offerMinutes": 60, "itemId": item, "awardPer": "person"});
    let event = text(&stage.secretary.post("staff/events", body).await.expect(201)["id"]);
    let path = format!("staff/events/{event}");
    stage.secretary.post(&format!("{path}/publish"), json!({})).await.expect(200);
    let entries: Vec<Value> = people
        .iter()
        .flat_map(|who| {
            let came = json!({"residentId": who.id, "what": "check_in", "at": "2026-03-02T00:00:00Z"});
            [json!({"residentId": who.id, "what": "sign_up"}), came]
        })
        .collect();
    stage.secretary.post(&format!("{path}/attendance"), json!({"entries": entries})).await.expect(200);
    let desks = stage.secretaries(4).await;
    for _ in 0..2 {
        let answers = at_once(desks.iter().cloned().map(|desk| {
            let path = format!("{path}/complete");
            async move { desk.post(&path, json!({})).await }
        }))
        .await;
        assert!(
            answers.iter().all(|a| a.status == 200),
            "{:?}",
            answers.iter().map(|a| &a.json).collect::<Vec<_>>()
        );
    }
    let done = stage.secretary.post(&format!("{path}/complete"), json!({})).await.expect(200);
    assert_eq!((&done["claims"], &done["granted"]), (&json!(12), &json!(12)), "{done}");
    for who in &people {
        let history = who.get("me/transfers").await.expect(200);
        assert_eq!(history["items"].as_array().map(Vec::len), Some(2), "{history}");
    }
    town.verify().await;
}
