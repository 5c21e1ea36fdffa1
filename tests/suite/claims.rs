//! Claims, points and their reasons.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::town::{TODAY, text};
use tests::{Actor, Answer, Town};

/// A town with rules, and a village with two who may decide.
struct Village {
    town: Town,
    secretary: Actor,
    assessor: Actor,
}

impl Village {
    async fn open() -> Self {
        let town = Town::open().await;
        town.adopt(&town.world.district.clone(), "sample-composed").await;
        let secretary = town.appoint("liu", "secretary", &town.world.village).await;
        let assessor = town.appoint("chen", "secretary", &town.world.village).await;
        Self { town, secretary, assessor }
    }
    async fn item(&self, code: &str) -> String {
        self.town.item(&self.town.world.group1, code).await
    }
    /// Tokens end before a story's next day begins.
    async fn next_morning(&mut self, moment: &str) {
        self.town.set_clock(moment).await;
        self.secretary = self.town.staff("liu").await;
        self.assessor = self.town.staff("chen").await;
    }
    /// Enters a claim by the secretary; its id.
    async fn enter(&self, body: Value) -> String {
        text(&self.secretary.post("staff/claims", body).await.expect(201)["id"])
    }
    /// Enters a claim and has it granted by the other one.
    async fn award(&self, body: Value) -> String {
        let claim = self.enter(body).await;
        grant(&self.assessor, &claim, json!({"decision": "grant"})).await.expect(200);
        claim
    }
}

/// The open review of a claim.
async fn review(staff: &Actor, claim: &str) -> String {
    let queue = staff.get("staff/reviews?kind=claim&limit=100").await.expect(200);
    let found = queue["items"].as_array().into_iter().flatten().find(|r| r["claim"]["id"] == claim);
    text(&found.unwrap_or_else(|| panic!("no review of {claim} in {queue}"))["id"])
}

/// Claims the review of a claim and decides it.
async fn grant(staff: &Actor, claim: &str, decision: Value) -> Answer {
    let path = format!("staff/reviews/{}", review(staff, claim).await);
    staff.post(&format!("{path}/claim"), json!({})).await.expect(200);
    staff.post(&format!("{path}/decide"), json!({"grant": decision})).await
}

/// Available merit and redeemable points of one holder of the caller's.
async fn purse(person: &Actor, holder: &str) -> (String, String) {
    let account = person.get("me/account").await.expect(200);
    let found = account["accounts"].as_array().into_iter().flatten().find(|p| p["holder"] == holder);
    let purse = found.unwrap_or_else(|| panic!("no {holder} in {account}"));
    (text(&purse["merit"]["available"]), text(&purse["redeemable"]["available"]))
}

fn points(merit: &str, redeemable: &str) -> (String, String) {
    (merit.to_owned(), redeemable.to_owned())
}

#[tokio::test]
async fn what_staff_enter_needs_anothers_eyes_and_is_told_with_its_reason() {
    let village = Village::open().await;
    let wang = village.town.resident("wang", &village.town.world.group1, None).await;
    let item = village.item("CMP-011").await;
    let body = json!({"residentId": wang.id, "itemId": item, "dayOfAct": TODAY, "note": "邻居反映"});
    let claim = village.enter(body.clone()).await;

    grant(&village.secretary, &claim, json!({"decision": "grant"})).await.refused(403, "four_eyes");
    let path = format!("staff/reviews/{}", review(&village.secretary, &claim).await);
    village.secretary.post(&format!("{path}/release"), json!({})).await;
    grant(&village.assessor, &claim, json!({"decision": "grant"})).await.expect(200);

    assert_eq!(purse(&wang, "resident").await, points("5.00", "5.00"));
    let history = wang.get("me/transfers").await.expect(200);
    let changes = history["items"].as_array().unwrap();
    assert_eq!(changes.len(), 2, "{history}");
    for change in changes {
        assert_eq!((change["reason"].as_str(), change["amount"].as_str()), (Some("award"), Some("5.00")));
        let told = &change["claim"];
        assert_eq!(told["claimId"], claim);
        assert_eq!(told["itemId"], item);
        assert_eq!(told["itemCode"], "CMP-011");
        assert_eq!(told["catalogueVersion"], 1);
        assert_eq!(told["itemPoints"]["points"], "5.00");
        assert_eq!(told["dayOfAct"], TODAY);
        assert_eq!(told["decidedBy"], json!({"role": "secretary", "name": "c*"}));
        assert_eq!(told["note"], "邻居反映");
    }
    let seen = village.secretary.get(&format!("staff/claims/{claim}")).await.expect(200);
    assert_eq!((seen["state"].as_str(), seen["beneficiary"].as_str()), (Some("posted"), Some("王wang")));
    assert_eq!(seen["decidedBy"], village.assessor.id);

    // A page at a time, newest first, nothing twice.
    let first = wang.get("me/transfers?limit=1").await.expect(200);
    let next = format!("me/transfers?limit=1&cursor={}", text(&first["nextCursor"]));
    let second = wang.get(&next).await.expect(200);
    assert_eq!(second["nextCursor"], Value::Null);
    assert_eq!(json!([first["items"][0], second["items"][0]]), history["items"]);
    village.town.verify().await;
}

#[tokio::test]
async fn a_claim_is_entered_within_reach_for_others_by_an_item_that_holds() {
    let village = Village::open().await;
    let town = &village.town;
    let door = town.household(&town.world.group1, "LW-1-1").await;
    let wang = town.resident("wang", &town.world.group1, Some(&door)).await;
    let (fixed, hourly, household) =
        (village.item("CMP-011").await, village.item("CMP-005").await, village.item("CMP-023").await);
    let enter = async |staff: &Actor, change: Value| {
        let mut body = json!({"residentId": wang.id, "itemId": fixed, "dayOfAct": TODAY});
        body.as_object_mut().unwrap().extend(change.as_object().cloned().unwrap());
        staff.post("staff/claims", body).await
    };
    let liu = &village.secretary;
    enter(liu, json!({"dayOfAct": "2026-03-03"})).await.refused(422, "day_in_future");
    enter(liu, json!({"dayOfAct": "2026-01-30"})).await.refused(422, "day_too_old");
    enter(liu, json!({"itemId": household})).await.refused(422, "item_other_subject");
    enter(liu, json!({"itemId": hourly})).await.refused(422, "quantity_required");
    enter(liu, json!({"householdId": door})).await.refused(422, "invalid");
    // The catalogue is in force from today on.
    enter(liu, json!({"dayOfAct": "2026-02-28"})).await.refused(422, "item_not_in_force");
    let unknown = "item_01jbr62tryfk1sh9p01j0gre6f";
    enter(liu, json!({"itemId": unknown})).await.refused(404, "item_not_found");

    let kin = town.appoint_resident("wang-desk", "grid_worker", &town.world.village, Some(&wang.id)).await;
    enter(&kin, json!({})).await.refused(403, "own_act");
    let foreign = town.appoint("zhou", "grid_worker", &town.world.other_community).await;
    enter(&foreign, json!({})).await.refused(404, "not_found");
    let panel = town.appoint("sun", "assessor", &town.world.village).await;
    enter(&panel, json!({})).await.refused(403, "forbidden");
    let keyless = liu.request(reqwest::Method::POST, "staff/claims");
    let body = json!({"residentId": wang.id, "itemId": fixed, "dayOfAct": TODAY});
    liu.send(keyless.json(&body)).await.refused(400, "idempotency_key_required");

    let once = liu.post_keyed("staff/claims", body.clone(), "claim-once-0000001").await;
    let again = liu.post_keyed("staff/claims", body, "claim-once-0000001").await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    let claim = text(&once.expect(201)["id"]);
    assert_eq!(again.expect(201)["id"], claim);
    let waiting = liu.get("staff/claims?state=submitted").await.expect(200);
    assert_eq!(waiting["items"].as_array().map(Vec::len), Some(1), "{waiting}");
    foreign.get(&format!("staff/claims/{claim}")).await.refused(404, "claim_not_found");
    assert_eq!(foreign.get("staff/claims").await.expect(200)["items"], json!([]));

    let refusal = json!({"decision": "refuse", "reason": "无法核实"});
    grant(&panel, &claim, refusal).await.expect(200);
    let seen = village.secretary.get(&format!("staff/claims/{claim}")).await.expect(200);
    assert_eq!((seen["state"].as_str(), seen["reason"].as_str()), (Some("rejected"), Some("无法核实")));
    let path = format!("staff/claims/{claim}/reverse");
    let reason = json!({"reason": "重复"});
    village.assessor.post(&path, reason).await.refused(409, "claim_not_posted");
    village.town.verify().await;
}

#[tokio::test]
async fn a_cap_counts_by_the_day_of_the_act_and_a_reversal_gives_back() {
    let mut village = Village::open().await;
    let wang = village.town.resident("wang", &village.town.world.group1, None).await;
    let hourly = village.item("CMP-005").await; // 5 an hour, at most 20 a day
    let hours =
        |day: &str, n: &str| json!({"residentId": wang.id, "itemId": hourly, "dayOfAct": day, "quantity": n});
    let full = village.award(hours(TODAY, "4")).await;
    let more = village.enter(hours(TODAY, "1")).await;
    grant(&village.assessor, &more, json!({"decision": "grant"})).await.refused(409, "cap_reached");

    // After midnight the day of the act is still yesterday.
    village.next_morning("2026-03-02T16:00:01Z").await;
    let path = format!("staff/reviews/{}", review(&village.assessor, &more).await);
    let granted = json!({"grant": {"decision": "grant"}});
    village.assessor.post(&format!("{path}/claim"), json!({})).await;
    village.assessor.post(&format!("{path}/decide"), granted.clone()).await.refused(409, "cap_reached");
    village.award(hours("2026-03-03", "1.5")).await;
    let wang = village.town.guest("wang").await;
    assert_eq!(purse(&wang, "resident").await, points("27.50", "27.50"));
    village.town.verify().await;

    let reverse = format!("staff/claims/{full}/reverse");
    let reason = json!({"reason": "签到表与照片不符"});
    let done = village.assessor.post_keyed(&reverse, reason.clone(), "reverse-once-00001").await.expect(200);
    assert_eq!(done, json!({"claimId": full, "uncollected": "0.00"}));
    let again = village.assessor.post_keyed(&reverse, reason.clone(), "reverse-once-00001").await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    village.assessor.post(&reverse, reason).await.refused(409, "already_reversed");
    assert_eq!(purse(&wang, "resident").await, points("7.50", "7.50"));
    let newest = &wang.get("me/transfers?limit=1").await.expect(200)["items"][0];
    assert_eq!((newest["reason"].as_str(), newest["amount"].as_str()), (Some("reversal"), Some("-20.00")));
    assert_eq!(newest["claim"]["note"], "签到表与照片不符");
    assert_eq!(newest["claim"]["decidedBy"]["name"], "c*");

    village.assessor.post(&format!("{path}/decide"), granted).await.expect(200);
    assert_eq!(purse(&wang, "resident").await, points("12.50", "12.50"));
    village.town.verify().await;
}

#[tokio::test]
async fn a_household_account_is_credited_once_for_all_its_members() {
    let village = Village::open().await;
    let town = &village.town;
    let path = format!("staff/policies/{}", town.world.village);
    let etag = town.ops.get(&path).await.etag();
    town.ops.put_if(&path, &etag, json!({"accountHolder": "household"})).await.expect(200);
    let door = town.household(&town.world.group1, "LW-1-1").await;
    let mother = town.resident("mother", &town.world.group1, Some(&door)).await;
    let son = town.resident("son", &town.world.group1, Some(&door)).await;
    let alone = town.resident("alone", &town.world.group1, None).await;

    let item = village.item("CMP-011").await;
    for who in [&mother, &son, &alone] {
        village.award(json!({"residentId": who.id, "itemId": item, "dayOfAct": TODAY})).await;
    }
    let yard = village.item("CMP-023").await; // 10 to a household, once a month
    let body = json!({"householdId": door, "itemId": yard, "dayOfAct": TODAY});
    village.award(body.clone()).await;
    let twice = village.enter(body).await;
    grant(&village.assessor, &twice, json!({"decision": "grant"})).await.refused(409, "cap_reached");

    for member in [&mother, &son] {
        assert_eq!(purse(member, "household").await, points("20.00", "20.00"));
        assert_eq!(purse(member, "resident").await, points("0.00", "0.00"));
        let history = member.get("me/transfers").await.expect(200);
        assert_eq!(history["items"].as_array().map(Vec::len), Some(6), "{history}");
        assert!(history["items"].as_array().unwrap().iter().all(|c| c["holder"] == "household"));
        assert_eq!(history["items"][0]["claim"]["earnedBy"], Value::Null);
        assert_eq!(history["items"][2]["claim"]["earnedBy"], "王*");
    }
    assert_eq!(purse(&alone, "resident").await, points("5.00", "5.00"));
    town.verify().await;
}

#[tokio::test]
async fn one_claim_is_posted_once_and_reversed_once_by_sixteen_at_once() {
    let village = Village::open().await;
    let wang = village.town.resident("wang", &village.town.world.group1, None).await;
    let item = village.item("CMP-011").await;
    let claim = village.enter(json!({"residentId": wang.id, "itemId": item, "dayOfAct": TODAY})).await;
    let path = format!("staff/reviews/{}", review(&village.assessor, &claim).await);
    village.assessor.post(&format!("{path}/claim"), json!({})).await.expect(200);
    let decide = format!("{path}/decide");
    let body = json!({"grant": {"decision": "grant"}});
    let answers = join_all((0..16).map(|_| village.assessor.post(&decide, body.clone()))).await;
    assert_eq!(answers.iter().filter(|a| a.status == 200).count(), 1);
    assert!(answers.iter().all(|a| matches!(a.status, 200 | 409)));
    assert_eq!(purse(&wang, "resident").await, points("5.00", "5.00"));

    let reverse = format!("staff/claims/{claim}/reverse");
    let answers = join_all((0..16).map(|_| village.assessor.post(&reverse, json!({"reason": "重复"})))).await;
    assert_eq!(answers.iter().filter(|a| a.status == 200).count(), 1);
    for late in answers.iter().filter(|a| a.status != 200) {
        late.refused(409, "already_reversed");
    }
    assert_eq!(purse(&wang, "resident").await, points("0.00", "0.00"));
    village.town.verify().await;
}

#[tokio::test]
async fn nobody_decides_or_reverses_for_the_own_household() {
    let village = Village::open().await;
    let town = &village.town;
    let door = town.household(&town.world.group1, "LW-1-1").await;
    let mother = town.resident("mother", &town.world.group1, Some(&door)).await;
    let son = town.resident("son", &town.world.group1, Some(&door)).await;
    let kin = town.appoint_resident("son-desk", "secretary", &town.world.village, Some(&son.id)).await;
    let item = village.item("CMP-011").await;
    let body = json!({"residentId": mother.id, "itemId": item, "dayOfAct": TODAY});
    let claim = village.enter(body).await;
    let path = format!("staff/reviews/{}", review(&village.assessor, &claim).await);
    let body = json!({"grant": {"decision": "grant"}});
    kin.post(&format!("{path}/claim"), json!({})).await;
    assert_eq!(kin.post(&format!("{path}/decide"), body).await.status / 100, 4);
    let seen = village.secretary.get(&format!("staff/claims/{claim}")).await.expect(200);
    assert_eq!(seen["state"], "submitted");

    let second = town.resident("neighbour", &town.world.group1, None).await;
    let other = village.award(json!({"residentId": second.id, "itemId": item, "dayOfAct": TODAY})).await;
    let reason = json!({"reason": "重复"});
    kin.post(&format!("staff/claims/{other}/reverse"), reason.clone()).await.expect(200);
    let own = village
        .award(json!({"householdId": door, "itemId": village.item("CMP-023").await, "dayOfAct": TODAY}));
    let own = own.await;
    kin.post(&format!("staff/claims/{own}/reverse"), reason).await.refused(403, "own_act");
}

/// What the audit names is found by its id: an id without its type is nobody's.
#[tokio::test]
async fn the_audit_names_what_was_decided_by_a_typed_id() {
    let village = Village::open().await;
    let person = village.town.resident("wang", &village.town.world.group1, None).await;
    let item = village.item("CMP-011").await;
    // The first one opens accounts; where requests are gathered, the second goes with them.
    for _ in 0..2 {
        let claim = village.award(json!({"residentId": person.id, "itemId": item, "dayOfAct": TODAY})).await;
        let path = format!("staff/audit?unit={}&limit=1", village.town.world.district);
        let audit = village.town.ops.get(&path).await.expect(200);
        let row = &audit["items"][0];
        assert_eq!((&row["action"], &row["detail"]["object"]), (&json!("reviews.decide"), &json!(claim)));
    }
}
