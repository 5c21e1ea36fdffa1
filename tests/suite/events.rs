//! Events, told as stories: from the draft to the recap, with seats, a waitlist, a door and points at the end.

use reqwest::Method;
use serde_json::{Value, json};
use tests::town::text;
use tests::{Actor, Engine, Options, picture};

use crate::stage::{Stage, adopt, draft, hundredths, redeemable, rule};

/// Saturday 7 March 2026, nine to eleven in Shanghai.
const STARTS: &str = "2026-03-07T01:00:00Z";
const ENDS: &str = "2026-03-07T03:00:00Z";

/// A stage with an item by the hour beside those of any stage, and a second secretary.
struct Fair {
    stage: Stage,
    village: String,
    hourly: String,
    each: String,
}

impl Fair {
    async fn open() -> Self {
        Self::on(Stage::open().await).await
    }

    async fn on(stage: Stage) -> Self {
        let town = &stage.town;
        let village = town.world.village.clone();
        let mut hourly = rule("H-1", "2.00");
        hourly["unitOfMeasure"] = json!("per hour");
        hourly["perQuantity"] = json!(true);
        let made = draft(town, &village, vec![hourly, rule("E-1", "3.00")]).await;
        adopt(&town.ops, &made).await.expect(200);
        let (hourly, each) = (stage.item("H-1").await, stage.item("E-1").await);
        Self { village, hourly, each, stage }
    }

    /// What staff say about an event of the village, with these fields otherwise.
    fn plan(&self, other: &Value) -> Value {
        let mut plan = json!({"kind": "volunteering", "section": "environment", "themes": ["积分+清洁"], "title": "河道清洁日",
            "text": "自带手套，村里备有垃圾袋和饮水。", "place": "村口石桥", "startsAt": STARTS, "endsAt": ENDS,
            "signUpFrom": "2026-03-02T00:00:00Z", "signUpUntil": "2026-03-07T00:00:00Z",
            "withdrawUntil": "2026-03-06T00:00:00Z", "capacity": 2, "offerMinutes": 60, "minimumAge": null, "itemId": null,
            "awardPer": null, "pictureIds": []});
        for (key, value) in other.as_object().into_iter().flatten() {
            plan[key] = value.clone();
        }
        plan
    }

    /// Drafts an event; its path at the desk, and its id.
    async fn draft(&self, other: Value) -> (String, String) {
        let mut body = self.plan(&other);
        if body["unitId"].is_null() {
            body["unitId"] = json!(self.village);
        }
        let made = self.desk().await.post("staff/events", body).await.expect(201);
        let id = text(&made["id"]);
        (format!("staff/events/{id}"), id)
    }

    /// Drafts an event and publishes it.
    async fn publish(&self, other: Value) -> (String, String) {
        let (path, id) = self.draft(other).await;
        self.desk().await.post(&format!("{path}/publish"), json!({})).await.expect(200);
        (path, id)
    }

    /// The secretary as of now: a token lives five minutes, and the clock of a story moves.
    async fn desk(&self) -> Actor {
        self.stage.town.staff("liu").await
    }

    async fn again(&self, name: &str) -> Actor {
        self.stage.town.guest(name).await
    }

    async fn resident(&self, name: &str) -> Actor {
        self.stage.town.resident(name, &self.stage.town.world.group1, None).await
    }

    async fn at(&self, moment: &str) {
        self.stage.town.set_clock(moment).await;
    }
}

async fn sign_up(who: &Actor, event: &str) -> Value {
    who.put_empty(&format!("events/{event}/sign-up")).await.expect(200)
}

async fn state(who: &Actor, event: &str) -> String {
    text(&who.get(&format!("events/{event}")).await.expect(200)["signUp"]["state"])
}

async fn told(who: &Actor) -> Vec<String> {
    let page = who.get("inbox").await.expect(200);
    page["items"].as_array().into_iter().flatten().map(|entry| text(&entry["kind"])).collect()
}

// BQ-7: published, signed up, checked in, paid, told again: one record. ES-15: a theme tags it.
#[tokio::test]
async fn an_event_goes_from_the_draft_to_the_recap() {
    let fair = Fair::open().await;
    let town = &fair.stage.town;
    let (wang, li) = (fair.resident("wang").await, fair.resident("li").await);
    let li_id = li.id.clone();
    let uploaded = text(&fair.desk().await.upload(picture::jpeg(1)).await.expect(201)["id"]);
    let other = json!({"itemId": fair.hourly, "awardPer": "hour", "pictureIds": [uploaded]});
    let (path, event) = fair.draft(other).await;
    town.anybody().get(&format!("events/{event}")).await.refused(404, "event_not_found");
    wang.put_empty(&format!("events/{event}/sign-up")).await.refused(404, "event_not_found");
    fair.desk().await.post(&format!("{path}/publish"), json!({})).await.expect(200);
    fair.desk().await.post(&format!("{path}/publish"), json!({})).await.refused(409, "event_state_conflict");

    // Everybody finds it: in the calendar of the group, the village and the district, and not elsewhere.
    let shown = town.anybody().get(&format!("events/{event}")).await.expect(200);
    assert_eq!((&shown["themes"], &shown["signUp"]), (&json!(["积分+清洁"]), &Value::Null));
    let w = &town.world;
    for (unit, count) in [(&w.group1, 1), (&w.village, 1), (&w.district, 1), (&w.other_town, 0)] {
        let found = town.anybody().get(&format!("events?unit={unit}")).await.expect(200);
        assert_eq!(found["items"].as_array().map(Vec::len), Some(count), "{unit}");
    }
    let other_section =
        town.anybody().get(&format!("events?unit={}&section=family", w.village)).await.expect(200);
    assert_eq!(other_section["items"], json!([]));

    assert_eq!(sign_up(&wang, &event).await["state"], "confirmed");
    assert_eq!(sign_up(&wang, &event).await["state"], "confirmed", "again changes nothing");
    sign_up(&li, &event).await;
    town.drain().await;
    fair.at("2026-03-06T02:00:00Z").await;
    town.drain().await;
    town.drain().await;
    let wang = fair.again("wang").await;
    assert_eq!(told(&wang).await.iter().filter(|kind| *kind == "event_reminder").count(), 1, "once");

    // The door: Wang by the code, Li by staff, because the battery is empty.
    fair.at("2026-03-07T00:50:10Z").await;
    let (wang, desk) = (fair.again("wang").await, fair.desk().await);
    let codes = desk.get(&format!("{path}/door-code")).await;
    assert_eq!(codes.header("cache-control"), "no-store");
    let codes = codes.expect(200);
    assert_eq!(codes["expiresAt"], "2026-03-07T00:50:30Z");
    let check_in = format!("events/{event}/check-in");
    wang.post(&check_in, json!({"code": "00000000"})).await.refused(409, "door_code_wrong");
    wang.post(&check_in, json!({"code": codes["out"]})).await.refused(409, "door_code_wrong");
    wang.post(&format!("events/{event}/check-out"), json!({"code": codes["out"]}))
        .await
        .refused(409, "not_checked_in");
    wang.post(&check_in, json!({"code": codes["in"]})).await.expect(200);
    fair.at("2026-03-07T00:51:10Z").await;
    let wang = fair.again("wang").await;
    wang.post(&check_in, json!({"code": codes["in"]})).await.refused(409, "door_code_wrong");
    let entries = json!({"entries": [{"residentId": li_id, "what": "check_in"},
        {"residentId": li_id, "what": "check_in", "at": "2026-03-08T00:00:00Z"}]});
    let results = fair.desk().await.post(&format!("{path}/attendance"), entries).await.expect(200);
    assert_eq!(
        (&results["results"][0]["state"], &results["results"][1]["code"]),
        (&json!("confirmed"), &json!("door_closed"))
    );

    // Wang stays 100 minutes of the event, Li never checks out.
    fair.at("2026-03-07T02:40:20Z").await;
    let (wang, desk) = (fair.again("wang").await, fair.desk().await);
    let codes = desk.get(&format!("{path}/door-code")).await.expect(200);
    wang.post(&format!("events/{event}/check-out"), json!({"code": codes["out"]})).await.expect(200);
    desk.post(&format!("{path}/complete"), json!({})).await.refused(409, "event_state_conflict");

    // Without four eyes whoever completes it grants it in the same act: 1.67 hours at 2 points.
    fair.at("2026-03-07T03:30:00Z").await;
    let desk = fair.desk().await;
    let done = desk.post(&format!("{path}/complete"), json!({})).await.expect(200);
    let expected = json!({"confirmed": 2, "attended": 2, "unsettled": 0, "hours": "1.67", "claims": 1, "undecided": 0, "granted": 1});
    assert_eq!(done, expected);
    assert_eq!(
        desk.post(&format!("{path}/complete"), json!({})).await.expect(200),
        expected,
        "again changes nothing"
    );
    assert_eq!(redeemable(&fair.again("wang").await).await, 334);
    let why = fair.again("wang").await.get("me/transfers").await.expect(200);
    assert_eq!(why["items"][0]["claim"]["eventTitle"], "河道清洁日");

    let uploaded = text(&desk.upload(picture::jpeg(2)).await.expect(201)["id"]);
    let recap =
        json!({"title": "河道清洁日回顾", "text": "邻居们清出二十袋垃圾。", "pictureIds": [uploaded]});
    let deed = desk.post(&format!("{path}/recap"), recap.clone()).await.expect(201);
    desk.post(&format!("{path}/recap"), recap).await.refused(409, "event_state_conflict");
    let deed = text(&deed["id"]);
    let feed = town.anybody().get(&format!("deeds?unit={}", w.village)).await.expect(200);
    assert_eq!((&feed["items"][0]["id"], &feed["items"][0]["author"]), (&json!(deed), &json!("柳湾村")));
    let wang = fair.again("wang").await;
    for count in [1, 1] {
        assert_eq!(wang.put_empty(&format!("deeds/{deed}/like")).await.expect(200)["likeCount"], count);
    }
    wang.delete(&format!("deeds/{deed}/like")).await.expect(200);
    wang.post(&format!("deeds/{deed}/comments"), json!({"text": "下次还来！"})).await.expect(201);
    wang.delete(&format!("deeds/{deed}")).await.refused(403, "forbidden");
    assert_eq!(town.anybody().get(&format!("events/{event}")).await.expect(200)["recapId"], json!(deed));

    let months = format!("staff/attendance?unit={}&from=2026-02-15&until=2026-03-31&by=month", w.village);
    let months = fair.desk().await.get(&months).await.expect(200);
    assert_eq!(months["months"][0]["events"], 0);
    let march = json!({"start": "2026-03-01", "events": 1, "signUps": 2, "attended": 2, "persons": 2, "hours": "1.67"});
    assert_eq!(months["months"][1], march);
    town.verify().await;
}

#[tokio::test]
async fn a_full_event_has_a_waitlist_and_an_offer_lapses() {
    let fair = Fair::open().await;
    let town = &fair.stage.town;
    let (_, event) = fair.publish(json!({"capacity": 1})).await;
    let mut people = Vec::new();
    for name in ["a-1", "b-2", "c-3", "d-4"] {
        people.push(fair.resident(name).await);
    }
    assert_eq!(sign_up(&people[0], &event).await["state"], "confirmed");
    for (n, who) in people.iter().enumerate().skip(1) {
        let mine = sign_up(who, &event).await;
        assert_eq!((&mine["state"], &mine["ahead"]), (&json!("waiting"), &json!(n - 1)));
    }
    // The seat that becomes free is the first one's, for an hour; it is taken meanwhile.
    people[0].delete(&format!("events/{event}/sign-up")).await;
    people[0].delete(&format!("events/{event}/sign-up")).await;
    assert_eq!(state(&people[0], &event).await, "withdrawn");
    let offer = people[1].get(&format!("events/{event}")).await.expect(200);
    assert_eq!((&offer["signUp"]["state"], &offer["taken"]), (&json!("offered"), &json!(1)));
    assert_eq!(offer["signUp"]["offeredUntil"], "2026-03-02T03:00:00Z");
    assert!(told(&people[1]).await.contains(&"sign_up_offered".to_owned()));
    // Who waits does not get a seat by asking again; nor does who comes anew.
    assert_eq!(sign_up(&people[2], &event).await["state"], "waiting");
    assert_eq!(sign_up(&people[0], &event).await["state"], "waiting");

    // It lapses with nobody's help, and goes to the next, who accepts.
    fair.at("2026-03-02T03:00:01Z").await;
    town.drain().await;
    let (b, c) = (fair.again("b-2").await, fair.again("c-3").await);
    assert_eq!((state(&b, &event).await, state(&c, &event).await), ("lapsed".into(), "offered".into()));
    assert!(told(&b).await.contains(&"sign_up_lapsed".to_owned()));
    assert_eq!(sign_up(&c, &event).await["state"], "confirmed");
    assert_eq!(sign_up(&c, &event).await["state"], "confirmed");

    // An offer that is over lapses at the next touch, too, though no worker runs.
    c.delete(&format!("events/{event}/sign-up")).await;
    fair.at("2026-03-02T04:30:00Z").await;
    let (d, a) = (fair.again("d-4").await, fair.again("a-1").await);
    let late = sign_up(&d, &event).await;
    assert_eq!(late["state"], "waiting", "it was offered and is over: a new place, behind the others");
    assert_eq!(state(&a, &event).await, "offered");
    // More seats go to who waits.
    let path = format!("staff/events/{event}");
    let desk = fair.desk().await;
    let etag = desk.get(&path).await.etag();
    let more = fair.plan(&json!({"capacity": 3}));
    desk.put_if(&path, &etag, more.clone()).await.expect(200);
    desk.put_if(&path, &etag, more).await.refused(412, "precondition_failed");
    assert_eq!(state(&d, &event).await, "offered");
    let etag = desk.get(&path).await.etag();
    desk.put_if(&path, &etag, fair.plan(&json!({"capacity": 1}))).await.refused(409, "capacity_too_small");
    let moved = fair.plan(&json!({"capacity": 3, "startsAt": "2026-03-07T01:30:00Z", "minimumAge": 18}));
    let refused = desk.put_if(&path, &etag, moved).await;
    refused.refused(422, "invalid");
    let fields: Vec<String> =
        refused.json["fields"].as_array().into_iter().flatten().map(|f| text(&f["field"])).collect();
    assert_eq!(fields, ["startsAt", "minimumAge"]);
    // Another place is told.
    desk.put_if(&path, &etag, fair.plan(&json!({"capacity": 3, "place": "村委会"}))).await.expect(200);
    town.drain().await;
    assert!(told(&a).await.contains(&"event_changed".to_owned()));
    town.verify().await;
}

#[tokio::test]
async fn each_act_has_its_time_and_its_people() {
    let fair = Fair::open().await;
    let town = &fair.stage.town;
    let wang = fair.resident("wang").await;
    let stranger = town.resident("stranger", &town.world.other_grid, None).await;
    let late_id = fair.resident("late").await.id;
    let guest = town.guest("guest").await;
    let later = json!({"signUpFrom": "2026-03-03T00:00:00Z"});
    let (_, event) = fair.publish(later).await;
    let path = format!("events/{event}/sign-up");
    wang.put_empty(&path).await.refused(409, "sign_up_closed");
    assert_eq!(wang.delete(&path).await.status, 204, "there is nothing to give back");
    guest.put_empty(&path).await.refused(403, "residents_only");
    fair.at("2026-03-03T00:00:00Z").await;
    let (wang, stranger) = (fair.again("wang").await, fair.again("stranger").await.with_id(&stranger.id));
    stranger.put_empty(&path).await.refused(403, "event_other_unit");
    sign_up(&wang, &event).await;
    wang.post(&format!("events/{event}/check-in"), json!({"code": "00000000"}))
        .await
        .refused(409, "door_closed");
    fair.at("2026-03-06T00:00:00Z").await;
    fair.again("wang").await.delete(&path).await.refused(409, "withdrawal_closed");
    fair.at("2026-03-07T00:00:00Z").await;
    let late = fair.again("late").await.with_id(&late_id);
    late.put_empty(&path).await.refused(409, "sign_up_closed");

    // A minimum age: unknown, too young, old enough on the day.
    let grown = json!({"minimumAge": 18, "signUpUntil": "2026-03-07T03:00:00Z"});
    let (_, grown) = fair.publish(grown).await;
    let path = format!("events/{grown}/sign-up");
    late.put_empty(&path).await.refused(403, "age_unknown");
    let staff = town.staff("ops").await;
    let account = format!("staff/residents/{}", late.id);
    for (born, outcome) in [("2008-03-08", 403), ("2008-03-07", 200)] {
        let etag = staff.get(&account).await.etag();
        let body = json!({"unitId": town.world.group1, "householdId": null, "code": null, "name": "王晚", "nickname": null,
            "hidden": false, "state": "active", "born": born});
        assert_eq!(staff.put_if(&account, &etag, body).await.expect(200)["born"], born);
        let answer = late.put_empty(&path).await;
        assert_eq!(answer.status, outcome, "{}", answer.json);
    }
    let future = json!({"unitId": town.world.group1, "name": "未来", "born": "2027-01-01"});
    staff.post("staff/residents", future).await.refused(422, "invalid");

    // What an event may not say.
    let wrong = fair.plan(&json!({"unitId": fair.village, "endsAt": STARTS, "awardPer": "hour", "title": "河", "themes": ["", "好"]}));
    let refused = fair.desk().await.post("staff/events", wrong).await;
    refused.refused(422, "invalid");
    assert!(refused.json["fields"].as_array().is_some_and(|fields| !fields.is_empty()), "{}", refused.json);
    let foreign =
        fair.plan(&json!({"unitId": town.world.other_grid, "itemId": fair.hourly, "awardPer": "hour"}));
    fair.desk().await.post("staff/events", foreign).await.refused(422, "item_other_unit");
    town.verify().await;
}

// JW-12, ES-16: a training and a sharing session are kinds of event. A cancelled one is told to everybody who signed up.
#[tokio::test]
async fn a_cancelled_event_says_so_to_everybody_who_signed_up() {
    let fair = Fair::open().await;
    let town = &fair.stage.town;
    let (wang, li) = (fair.resident("wang").await, fair.resident("li").await);
    for kind in ["training", "sharing", "publicity"] {
        let (_, id) = fair.publish(json!({"kind": kind})).await;
        assert_eq!(town.anybody().get(&format!("events/{id}")).await.expect(200)["kind"], kind);
    }
    let (path, event) = fair.publish(json!({"capacity": 1})).await;
    sign_up(&wang, &event).await;
    sign_up(&li, &event).await;
    let desk = fair.desk().await;
    desk.post(&format!("{path}/cancel"), json!({"reason": "大雨预警，活动取消。"})).await.expect(200);
    desk.post(&format!("{path}/cancel"), json!({"reason": "又"})).await.refused(409, "event_state_conflict");
    town.drain().await;
    town.drain().await;
    for who in [&wang, &li] {
        assert_eq!(told(who).await.iter().filter(|kind| *kind == "event_cancelled").count(), 1);
    }
    let shown = town.anybody().get(&format!("events/{event}")).await.expect(200);
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("cancelled"), &json!("大雨预警，活动取消。")));
    wang.delete(&format!("events/{event}/sign-up")).await.refused(409, "event_state_conflict");
    let mine = li.get("me/sign-ups").await.expect(200);
    assert_eq!(
        (&mine["items"][0]["state"], &mine["items"][0]["event"]["state"]),
        (&json!("waiting"), &json!("cancelled"))
    );
    // A draft that was dropped never existed for anybody.
    let (path, dropped) = fair.draft(json!({})).await;
    desk.post(&format!("{path}/cancel"), json!({"reason": "改期"})).await.expect(200);
    town.anybody().get(&format!("events/{dropped}")).await.refused(404, "event_not_found");
    town.verify().await;
}

/// On PostgreSQL the event is called off at another process than the one at whose door people stand, which knows the event by heart.
#[tokio::test]
async fn nobody_is_let_in_once_an_event_is_called_off() {
    let processes = if Engine::of_run() == Engine::Postgres { 2 } else { 1 };
    let options = Options { processes, ..Options::default() };
    let fair = Fair::on(Stage::open_with(options).await).await;
    let town = &fair.stage.town;
    let (path, event) = fair.publish(json!({})).await;
    for name in ["wang", "li"] {
        sign_up(&fair.resident(name).await, &event).await;
    }
    fair.at("2026-03-07T00:50:10Z").await;
    let (wang, li, desk) = (fair.again("wang").await, fair.again("li").await, fair.desk().await);
    let code = desk.get(&format!("{path}/door-code")).await.expect(200)["in"].clone();
    let check_in = format!("events/{event}/check-in");
    let came = wang.post(&check_in, json!({"code": code})).await.expect(200);
    let again = wang.post(&check_in, json!({"code": code})).await.expect(200);
    assert_eq!((&came["state"], &came["checkedInAt"]), (&json!("confirmed"), &json!("2026-03-07T00:50:10Z")));
    assert_eq!(again, came, "again changes nothing");
    let elsewhere = desk.at(&town.base(processes - 1));
    elsewhere.post(&format!("{path}/cancel"), json!({"reason": "大雨预警"})).await.expect(200);
    li.post(&check_in, json!({"code": code})).await.refused(409, "door_closed");
    assert_eq!(li.get("me/sign-ups").await.expect(200)["items"][0]["checkedInAt"], Value::Null);
}

/// The village wants four eyes: nobody who drafted or completed the event grants what came of it.
#[tokio::test]
async fn the_points_of_an_event_want_other_eyes() {
    let fair = Fair::open().await;
    let town = &fair.stage.town;
    let policy = format!("staff/policies/{}", fair.village);
    let etag = town.ops.get(&policy).await.etag();
    town.ops.put_if(&policy, &etag, json!({"fourEyes": true})).await.expect(200);
    town.appoint("worker", "grid_worker", &fair.village).await;
    town.appoint("other", "secretary", &fair.village).await;
    let people = [fair.resident("wang").await, fair.resident("li").await, fair.resident("zhao").await];
    let (path, event) =
        fair.publish(json!({"itemId": fair.each, "awardPer": "person", "capacity": 10})).await;
    for who in &people[..2] {
        sign_up(who, &event).await;
    }
    fair.at("2026-03-07T01:10:00Z").await;
    // Zhao has no phone: signed up and checked in at the door, in one call; Li never came.
    let worker = town.staff("worker").await;
    let entries = json!({"entries": [{"residentId": people[2].id, "what": "check_in"},
        {"residentId": people[2].id, "what": "sign_up"}, {"residentId": people[2].id, "what": "check_in"},
        {"residentId": people[0].id, "what": "check_in", "at": STARTS}]});
    let results = worker.post(&format!("{path}/attendance"), entries).await.expect(200);
    let codes: Vec<&Value> =
        results["results"].as_array().into_iter().flatten().map(|r| &r["code"]).collect();
    assert_eq!(codes, [&json!("sign_up_not_found"), &Value::Null, &Value::Null, &Value::Null]);

    fair.at("2026-03-07T03:00:00Z").await;
    let worker = town.staff("worker").await;
    let done = worker.post(&format!("{path}/complete"), json!({})).await.expect(200);
    assert_eq!((&done["claims"], &done["undecided"], &done["granted"]), (&json!(2), &json!(2), &json!(0)));
    let grant = json!({"decision": "grant"});
    let awards = format!("{path}/awards");
    worker.post(&awards, grant.clone()).await.refused(403, "forbidden");
    // The drafter may not, neither all at once nor one by one.
    let drafter = fair.desk().await;
    drafter.post(&awards, grant.clone()).await.refused(403, "four_eyes");
    let queue = drafter.get("staff/reviews?kind=claim").await.expect(200);
    let review = format!("staff/reviews/{}", text(&queue["items"][0]["id"]));
    drafter.post(&format!("{review}/claim"), json!({})).await.expect(200);
    let one = json!({"grant": {"decision": "grant"}});
    drafter.post(&format!("{review}/decide"), one).await.refused(403, "four_eyes");
    drafter.post(&format!("{review}/release"), json!({})).await.expect(200);
    // Somebody else may, and what is granted is granted once.
    let other = town.staff("other").await;
    let unkeyed = other.request(Method::POST, &awards).json(&grant);
    other.send(unkeyed).await.refused(400, "idempotency_key_required");
    for _ in 0..2 {
        let awarded = other.post(&awards, grant.clone()).await.expect(200);
        assert_eq!((&awarded["granted"], &awarded["undecided"]), (&json!(2), &json!(0)), "{awarded}");
    }
    let worker = town.staff("worker").await;
    assert_eq!(worker.post(&format!("{path}/complete"), json!({})).await.expect(200)["granted"], 2);
    assert_eq!(redeemable(&fair.again("wang").await).await, hundredths(&json!("3.00")));

    // The roster, as a page, a workbook and a sheet that runs nothing.
    let roster = worker.get(&format!("{path}/roster?state=confirmed&limit=2")).await.expect(200);
    assert_eq!(
        (&roster["items"][0]["name"], roster["items"].as_array().map(Vec::len)),
        (&json!("王wang"), Some(2))
    );
    assert!(roster["nextCursor"].is_string());
    let book = worker.get(&format!("{path}/export")).await;
    assert!(book.status == 200 && book.bytes.starts_with(b"PK"), "{}", book.status);
    let sheet = worker.get(&format!("{path}/export?format=html")).await;
    let page = String::from_utf8_lossy(&sheet.bytes).into_owned();
    assert!(
        sheet.header("content-type").starts_with("text/html")
            && page.contains("王zhao")
            && page.contains("签名")
    );
    town.verify().await;
}
