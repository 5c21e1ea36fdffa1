//! Completing events that are larger than one transaction and one request: the worker goes on with what is left, also when the process that
//! began has ended, and everybody is paid once.

use serde_json::{Value, json};
use tests::process::Engine;
use tests::town::text;
use tests::{Actor, Options};

use crate::stage::{AWARD, Stage, hundredths};

/// Who came to the large event: more than one request settles, and no whole number of transactions.
const MANY: usize = 230;
/// Stays that one request settles.
const REQUEST: usize = 200;

/// An event of this morning that pays everybody who came by an item, and those who came: its path at the desk.
async fn held(stage: &Stage, item: &str, came: &[String]) -> String {
    let body = json!({"unitId": stage.town.world.village, "kind": "activity", "section": "environment", "title": "春季大扫除",
        "text": "全村一起来。", "place": "村口", "startsAt": "2026-03-02T00:00:00Z", "endsAt": "2026-03-02T01:30:00Z",
        "signUpFrom": "2026-02-01T00:00:00Z", "signUpUntil": "2026-03-01T00:00:00Z", "withdrawUntil": "2026-03-01T00:00:00Z",
        "capacity": 500, "offerMinutes": 60, "itemId": item, "awardPer": "person"});
    let event = text(&stage.secretary.post("staff/events", body).await.expect(201)["id"]);
    let path = format!("staff/events/{event}");
    stage.secretary.post(&format!("{path}/publish"), json!({})).await.expect(200);
    for some in came.chunks(100) {
        let entries: Vec<Value> = some
            .iter()
            .flat_map(|id| {
                let came = json!({"residentId": id, "what": "check_in", "at": "2026-03-02T00:00:00Z"});
                [json!({"residentId": id, "what": "sign_up"}), came]
            })
            .collect();
        let noted = stage.secretary.post(&format!("{path}/attendance"), json!({"entries": entries})).await;
        noted.expect(200);
    }
    path
}

/// Residents whom the desk knows; they have no telephone.
async fn crowd(stage: &Stage, many: usize) -> Vec<String> {
    let mut ids = Vec::with_capacity(many);
    for n in 0..many {
        let unit = if n % 2 == 0 { &stage.town.world.group1 } else { &stage.town.world.group2 };
        let body = json!({"unitId": unit, "name": format!("村民{n}")});
        ids.push(text(&stage.town.ops.post("staff/residents", body).await.expect(201)["id"]));
    }
    ids
}

async fn complete(desk: &Actor, path: &str) -> Value {
    desk.post(&format!("{path}/complete"), json!({})).await.expect(200)
}

fn figures(done: &Value) -> [u64; 4] {
    ["attended", "unsettled", "claims", "granted"].map(|name| done[name].as_u64().unwrap_or(u64::MAX))
}

/// What residents got by claims, once all of them are posted. The worker is asked to work everything off until then: a pass of its own may
/// have it in hand.
async fn paid(stage: &Stage, many: usize) -> Vec<(String, i64)> {
    for _ in 0..100 {
        stage.town.drain().await;
        let claims = claims(&stage.secretary).await;
        if claims.len() == many && claims.iter().all(|claim| claim["state"] == "posted") {
            let of = |claim: &Value| (text(&claim["residentId"]), hundredths(&claim["redeemable"]));
            let mut paid: Vec<_> = claims.iter().map(of).collect();
            paid.sort();
            return paid;
        }
    }
    panic!("the worker does not come to an end: {}", stage.town.log());
}

async fn claims(desk: &Actor) -> Vec<Value> {
    let (mut out, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = desk.get(&format!("staff/claims?limit=100{cursor}")).await.expect(200);
        out.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return out,
        }
    }
}

/// Everything ends, and starts anew; the clock stands a little after the event.
async fn restart(stage: &mut Stage, moment: &str) {
    stage.town.processes.iter_mut().for_each(tests::process::Process::kill);
    stage.town.processes.clear();
    stage.town.start("resident,merchant,worker");
    stage.town.set_clock(moment).await;
    stage.secretary = stage.town.staff("liu").await;
}

#[tokio::test]
async fn the_worker_goes_on_with_a_large_event_after_its_process_was_killed() {
    let mut stage = Stage::open().await;
    let item = stage.item("A-1").await;
    let mut came = crowd(&stage, MANY).await;
    let path = held(&stage, &item, &came).await;
    // The request does its part, and then nobody asks again.
    let done = complete(&stage.secretary, &path).await;
    let left = MANY - REQUEST;
    assert_eq!(figures(&done), [MANY as u64, left as u64, REQUEST as u64, 0], "{done}");
    restart(&mut stage, "2026-03-02T02:01:00Z").await;
    came.sort();
    let everybody: Vec<(String, i64)> = came.into_iter().map(|id| (id, AWARD)).collect();
    assert_eq!(paid(&stage, MANY).await, everybody);
    // To ask again changes nothing.
    for _ in 0..2 {
        let done = complete(&stage.secretary, &path).await;
        assert_eq!(figures(&done), [MANY as u64, 0, MANY as u64, MANY as u64], "{done}");
    }
    assert_eq!(paid(&stage, MANY).await, everybody);
    stage.town.verify().await;
}

/// Killed at whatever moment: between two transactions, or in one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_whose_completion_is_killed_is_completed_all_the_same() {
    let mut stage = Stage::open().await;
    let item = stage.item("A-1").await;
    let mut came = crowd(&stage, REQUEST).await;
    let path = held(&stage, &item, &came).await;
    let completing =
        stage.secretary.request(reqwest::Method::POST, &format!("{path}/complete")).json(&json!({}));
    let completing = tokio::spawn(crate::stage::attempt(completing));
    let roster = format!("{path}/roster?state=confirmed&limit=100");
    loop {
        let page = stage.secretary.get(&roster).await;
        let settled = |row: &Value| !row["hours"].is_null();
        if page.status != 200 || page.json["items"].as_array().is_some_and(|rows| rows.iter().any(settled)) {
            break;
        }
    }
    restart(&mut stage, "2026-03-02T02:01:00Z").await;
    drop(completing.await);
    came.sort();
    let everybody: Vec<(String, i64)> = came.into_iter().map(|id| (id, AWARD)).collect();
    assert_eq!(paid(&stage, REQUEST).await, everybody);
    stage.town.verify().await;
}

/// One has done today's act already: that leaves the others alone, who are granted together.
#[tokio::test]
async fn a_cap_that_one_has_reached_leaves_the_others_alone() {
    let stage = Stage::open().await;
    let item = stage.item("D-1").await;
    let came = crowd(&stage, 60).await;
    let mut first = stage.town.anybody();
    first.id = came[7].clone();
    stage.award(&first, &item).await;
    let path = held(&stage, &item, &came).await;
    for _ in 0..2 {
        let done = complete(&stage.secretary, &path).await;
        assert_eq!((figures(&done), &done["undecided"]), ([60, 0, 60, 59], &json!(1)), "{done}");
    }
    stage.town.verify().await;
}

/// What a completion says to PostgreSQL, where each statement is a round trip: nothing in it grows with who came.
#[tokio::test]
async fn fifty_stays_are_settled_and_paid_in_few_statements() {
    if Engine::of_run() == Engine::Sqlite {
        return;
    }
    let stage = Stage::open_with(Options { roles_apart: true, ..Options::default() }).await;
    let item = stage.item("A-1").await;
    let came = crowd(&stage, 151).await;
    // The first award of all opens the accounts that exist once.
    complete(&stage.secretary, &held(&stage, &item, &came[..1]).await).await;
    let mut said = Vec::new();
    for some in [&came[1..51], &came[51..]] {
        let path = held(&stage, &item, some).await;
        let before = crate::statements::said(&stage.town, 0).await;
        let done = complete(&stage.secretary, &path).await;
        assert_eq!(done["granted"], some.len());
        said.push(crate::statements::said(&stage.town, 0).await - before);
    }
    let each_fifty = said[1] - said[0];
    println!("{} statements for fifty, {each_fifty} for each fifty more", said[0]);
    // Less than one for each who came, whatever the process asks for itself meanwhile.
    assert!(said[0] < 100 && each_fifty < 50, "{} for fifty, {each_fifty} for each fifty more", said[0]);
    stage.town.verify().await;
}
