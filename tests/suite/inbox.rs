//! Inboxes: what happened to one's own matters, and nobody else's.

use serde_json::{Value, json};
use tests::town::{TODAY, text};
use tests::{Actor, Answer, Town};

use crate::stage::{Stage, adopt, at_once, claimed, draft, grant, post_deed, publish, rule};

async fn inbox(who: &Actor) -> Value {
    who.get("inbox").await.expect(200)
}

/// What somebody was told, newest first: the kinds.
async fn told(who: &Actor) -> Vec<String> {
    let page = inbox(who).await;
    page["items"].as_array().into_iter().flatten().map(|entry| text(&entry["kind"])).collect()
}

async fn newest(who: &Actor) -> Value {
    inbox(who).await["items"][0].clone()
}

/// Two neighbours of one group and the secretary who decides.
async fn scene() -> (Stage, Actor, Actor) {
    let stage = Stage::open().await;
    let group = stage.town.world.group1.clone();
    let (wang, li) =
        (stage.town.resident("wang", &group, None).await, stage.town.resident("li", &group, None).await);
    (stage, wang, li)
}

async fn decide(stage: &Stage, kind: &str, object: &str, decision: Value) -> Answer {
    let path = claimed(&stage.secretary, kind, object).await;
    stage.secretary.post(&format!("{path}/decide"), decision).await
}

fn reject(reason: &str) -> Value {
    json!({"publish": {"decision": "reject", "reason": reason}})
}

#[tokio::test]
async fn an_author_is_told_what_became_of_a_deed() {
    let (stage, wang, li) = scene().await;
    assert_eq!(told(&wang).await, ["join_accepted"]);
    let shown = stage.published(&wang, 1).await;
    let entry = newest(&wang).await;
    assert_eq!((&entry["kind"], &entry["object"]), (&json!("deed_published"), &json!(shown)));
    assert_eq!(entry["textZh"], "您发布的好事《帮邻居修水管》已通过审核并公开。");
    assert_eq!(entry["textEn"], "Your deed “帮邻居修水管” was published.");

    let refused = text(&post_deed(&wang, 2).await.expect(201)["id"]);
    decide(&stage, "deed", &refused, reject("照片不清楚")).await.expect(200);
    let entry = newest(&wang).await;
    assert_eq!((&entry["kind"], &entry["reason"]), (&json!("deed_rejected"), &json!("照片不清楚")));

    let report = li.post(&format!("deeds/{shown}/reports"), json!({"cause": "untrue"})).await.expect(201);
    let path = format!("staff/reports/{}/decide", text(&report["id"]));
    let uphold = json!({"decision": "uphold", "reason": "经核实不属实"});
    stage.secretary.post(&path, uphold).await.expect(200);
    let entry = newest(&wang).await;
    assert_eq!((&entry["kind"], &entry["reason"]), (&json!("deed_taken_down"), &json!("经核实不属实")));

    // The title is looked up, so it goes with the deed.
    assert_eq!(wang.delete(&format!("deeds/{shown}")).await.status, 204);
    assert_eq!(newest(&wang).await["textZh"], "您发布的好事已被下架。");
    // The other one was told of joining and of nothing else.
    assert_eq!(told(&li).await, ["join_accepted"]);
}

#[tokio::test]
async fn a_commenter_is_told_what_became_of_a_comment() {
    let (stage, wang, li) = scene().await;
    let path = format!("deeds/{}/comments", stage.published(&wang, 1).await);
    let say = async || text(&li.post(&path, json!({"text": "好样的！"})).await.expect(201)["id"]);
    decide(&stage, "comment", &say().await, publish()).await.expect(200);
    decide(&stage, "comment", &say().await, reject("与好事无关")).await.expect(200);
    let entry = newest(&li).await;
    assert_eq!(entry["textZh"], "您对好事《帮邻居修水管》的评论未通过审核。");
    assert_eq!(entry["reason"], "与好事无关");
    let third = say().await;
    decide(&stage, "comment", &third, publish()).await.expect(200);
    assert_eq!(stage.secretary.delete(&format!("comments/{third}")).await.status, 204);
    let kinds =
        ["comment_removed", "comment_published", "comment_rejected", "comment_published", "join_accepted"];
    assert_eq!(told(&li).await, kinds);
}

#[tokio::test]
async fn every_change_of_points_is_told_with_what_it_was_and_how_much() {
    let (stage, wang, _) = scene().await;
    let item = stage.item("A-1").await;
    // The first grant opens accounts; where requests are gathered, the second goes with them.
    stage.award(&wang, &item).await;
    let claim = stage.award(&wang, &item).await;
    assert_eq!(told(&wang).await, ["claim_granted", "claim_granted", "join_accepted"]);
    let entry = newest(&wang).await;
    assert_eq!((&entry["object"], &entry["points"]), (&json!(claim), &json!("5.00")));
    assert_eq!(entry["textZh"], "积分申报《好事A-1》已通过，获得 5.00 积分。");
    assert_eq!(entry["textEn"], "A claim “Deed A-1” was granted: 5.00 points.");

    let path = format!("staff/claims/{claim}/reverse");
    stage.secretary.post(&path, json!({"reason": "重复申报"})).await.expect(200);
    let entry = newest(&wang).await;
    assert_eq!(
        (&entry["kind"], &entry["points"], &entry["reason"]),
        (&json!("claim_reversed"), &json!("5.00"), &json!("重复申报"))
    );
    stage.town.verify().await;
}

/// What a household is given, everybody of it is told.
#[tokio::test]
async fn every_member_of_a_household_is_told_what_it_was_given() {
    let (stage, wang, _) = scene().await;
    let group = stage.town.world.group1.clone();
    let home = stage.town.household(&group, "LW-1-09").await;
    let one = stage.town.resident("one", &group, Some(&home)).await;
    let two = stage.town.resident("two", &group, Some(&home)).await;
    let mut tidy = rule("H-1", "3.00");
    tidy["subject"] = json!("household");
    let made = draft(&stage.town, &group, vec![tidy]).await;
    adopt(&stage.town.ops, &made).await.expect(200);
    let body = json!({"householdId": home, "itemId": stage.item("H-1").await, "dayOfAct": TODAY});
    let claim = text(&stage.secretary.post("staff/claims", body).await.expect(201)["id"]);
    decide(&stage, "claim", &claim, grant()).await.expect(200);
    for member in [&one, &two] {
        let entry = newest(member).await;
        assert_eq!((&entry["kind"], &entry["points"]), (&json!("claim_granted"), &json!("3.00")));
    }
    assert_eq!(told(&wang).await, ["join_accepted"]);
}

/// Nobody is told of what did not happen, and of what did, once.
#[tokio::test]
async fn what_was_refused_is_not_told_and_what_is_repeated_is_told_once() {
    let (stage, wang, _) = scene().await;
    let item = stage.item("D-1").await;
    stage.award(&wang, &item).await;
    let again = stage.enter(&wang, &item).await;
    decide(&stage, "claim", &again, grant()).await.refused(409, "cap_reached");
    assert_eq!(told(&wang).await, ["claim_granted", "join_accepted"]);

    let once = stage.enter(&wang, &stage.item("A-1").await).await;
    let path = format!("{}/decide", claimed(&stage.secretary, "claim", &once).await);
    for _ in 0..2 {
        stage.secretary.post_keyed(&path, grant(), "decide-once-0000001").await.expect(200);
    }
    assert_eq!(told(&wang).await, ["claim_granted", "claim_granted", "join_accepted"]);

    // Who entered a claim learns that it was refused; the resident, who knows nothing of it, does not.
    let refuse = json!({"grant": {"decision": "refuse", "reason": "没有发生"}});
    decide(&stage, "claim", &again, refuse).await.expect(200);
    let entry = newest(&stage.secretary).await;
    assert_eq!((&entry["kind"], &entry["reason"]), (&json!("claim_rejected"), &json!("没有发生")));
    assert_eq!(told(&wang).await.len(), 3);
}

#[tokio::test]
async fn a_guests_inbox_goes_along_when_the_guest_becomes_a_resident() {
    let town = Town::open().await;
    let guest = town.guest("alice").await;
    assert_eq!(inbox(&guest).await, json!({"items": [], "nextCursor": null, "unreadCount": 0}));
    let asking = json!({"unitId": town.world.group1, "name": "王小明"});
    let ask = async || {
        let made = guest.post("me/join-requests", asking.clone()).await.expect(201);
        format!("staff/join-requests/{}/decide", text(&made["id"]))
    };
    let refuse = json!({"decision": "refuse", "reason": "请到社区核实"});
    town.ops.post(&ask().await, refuse).await.expect(200);
    let entry = newest(&guest).await;
    assert_eq!((&entry["kind"], &entry["reason"]), (&json!("join_refused"), &json!("请到社区核实")));
    town.ops.post(&ask().await, json!({"decision": "accept", "newResident": {}})).await.expect(200);
    assert_eq!(told(&guest).await, ["join_accepted", "join_refused"]);
}

#[tokio::test]
async fn an_inbox_is_paged_counted_and_marked_as_read() {
    let (stage, wang, _) = scene().await;
    let item = stage.item("A-1").await;
    for _ in 0..4 {
        stage.award(&wang, &item).await;
    }
    let (mut ids, mut path) = (Vec::new(), "inbox?limit=2".to_owned());
    loop {
        let page = wang.get(&path).await.expect(200);
        assert_eq!(page["unreadCount"], 5);
        ids.extend(page["items"].as_array().into_iter().flatten().map(|entry| text(&entry["id"])));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("inbox?limit=2&cursor={cursor}");
    }
    assert_eq!(ids.len(), 5);

    let marked = wang.post("inbox/read", json!({"ids": [ids[1], ids[3]]})).await.expect(200);
    assert_eq!(marked["unreadCount"], 3);
    let again = wang.post("inbox/read", json!({"ids": [ids[1]]})).await.expect(200);
    assert_eq!(again["unreadCount"], 3);
    let unread = wang.get("inbox?unreadOnly=true").await.expect(200);
    let left: Vec<_> = unread["items"].as_array().into_iter().flatten().map(|e| text(&e["id"])).collect();
    assert_eq!(left, [&*ids[0], &*ids[2], &*ids[4]]);
    assert_eq!(inbox(&wang).await["items"][1]["read"], true);
    let up_to = wang.post("inbox/read", json!({"upTo": ids[2]})).await.expect(200);
    assert_eq!(up_to["unreadCount"], 1);
    for wrong in [json!({}), json!({"ids": [ids[0]], "upTo": ids[0]}), json!({"ids": []})] {
        wang.post("inbox/read", wrong).await.refused(422, "invalid");
    }
}

#[tokio::test]
async fn nobody_reads_or_marks_the_inbox_of_another() {
    let (stage, wang, li) = scene().await;
    let entry = newest(&wang).await;
    for other in [&li, &stage.secretary, &stage.town.guest("nobody").await] {
        let page = inbox(other).await.to_string();
        assert!(!page.contains(&text(&entry["id"])) && !page.contains(&text(&entry["object"])), "{page}");
        other.post("inbox/read", json!({"ids": [entry["id"]]})).await.expect(200);
        other.post("inbox/read", json!({"upTo": entry["id"]})).await.expect(200);
    }
    assert_eq!(
        (&newest(&wang).await["read"], &inbox(&wang).await["unreadCount"]),
        (&json!(false), &json!(1))
    );
    stage.town.anybody().get("inbox").await.refused(401, "sign_in_required");
}

#[tokio::test]
async fn kinds_are_switched_off_and_changes_of_points_are_not() {
    let (stage, wang, _) = scene().await;
    let settings = wang.get("inbox/settings").await.expect(200);
    let kinds = settings["kinds"].as_array().expect("a list");
    assert!(kinds.iter().all(|kind| kind["on"] == true && kind["kind"] != "shop_applied"));
    let changed =
        wang.put("inbox/settings", json!({"off": ["deed_published", "deed_published"]})).await.expect(200);
    let off: Vec<_> =
        changed["kinds"].as_array().into_iter().flatten().filter(|k| k["on"] == false).collect();
    assert_eq!(off.len(), 1);
    stage.published(&wang, 1).await;
    stage.award(&wang, &stage.item("A-1").await).await;
    assert_eq!(told(&wang).await, ["claim_granted", "join_accepted"]);
    wang.put("inbox/settings", json!({"off": []})).await.expect(200);
    stage.published(&wang, 2).await;
    assert_eq!(told(&wang).await, ["deed_published", "claim_granted", "join_accepted"]);

    for (kind, code) in
        [("claim_granted", "stays_on"), ("shop_applied", "not_yours"), ("gossip", "unknown_value")]
    {
        let answer = wang.put("inbox/settings", json!({"off": ["join_refused", kind]})).await;
        answer.refused(422, "invalid");
        assert_eq!(
            answer.json["fields"][0],
            json!({"field": "off[1]", "code": code,
            "detail": answer.json["fields"][0]["detail"]})
        );
    }
    stage.secretary.put("inbox/settings", json!({"off": ["shop_applied"]})).await.expect(200);
}

/// Two devices read one inbox while more comes in: no entry is lost, and none is marked that was not yet there.
#[tokio::test]
async fn two_readers_at_once_lose_nothing() {
    let (stage, wang, _) = scene().await;
    let item = stage.item("A-1").await;
    for _ in 0..3 {
        stage.award(&wang, &item).await;
    }
    let last = text(&newest(&wang).await["id"]);
    let claim = stage.enter(&wang, &item).await;
    let path = format!("{}/decide", claimed(&stage.secretary, "claim", &claim).await);
    let decide = stage.secretary.request(reqwest::Method::POST, &path);
    let mut requests = vec![decide.header("Idempotency-Key", "two-readers-at-once").json(&grant())];
    for _ in 0..6 {
        let mark = wang.request(reqwest::Method::POST, "inbox/read");
        requests.push(mark.json(&json!({"upTo": last})));
    }
    let answers = at_once(requests.into_iter().map(|request| {
        let actor = wang.clone();
        async move { actor.send(request).await.status }
    }))
    .await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    let page = inbox(&wang).await;
    assert_eq!((&page["unreadCount"], &page["items"][0]["read"]), (&json!(1), &json!(false)));
    assert_eq!(page["items"].as_array().map(Vec::len), Some(5));
}

#[tokio::test]
async fn an_entry_is_kept_for_half_a_year() {
    let (stage, wang, _) = scene().await;
    stage.town.set_clock("2026-08-27T00:00:00Z").await;
    stage.town.drain().await;
    let wang = stage.town.guest("wang").await.with_id(&wang.id);
    assert_eq!(told(&wang).await, ["join_accepted"]);
    stage.town.set_clock("2026-09-15T00:00:00Z").await;
    stage.town.drain().await;
    let wang = stage.town.guest("wang").await;
    assert_eq!(told(&wang).await, [""; 0]);
}

// BQ-14: a resident thanks a shop, which reads by whom and for what.
#[tokio::test]
async fn a_shop_is_thanked_once_a_day_by_each_resident() {
    let (stage, wang, li) = scene().await;
    let shop = stage.town.shop("lily", &stage.town.world.village).await;
    let path = format!("merchants/{}/thanks", shop.id);
    let said = wang.post(&path, json!({"words": ["quick", "warm", "quick"]})).await.expect(201);
    assert_eq!((&said["words"], &said["day"]), (&json!(["warm", "quick"]), &json!(TODAY)));
    wang.post(&path, json!({"words": ["fair"]})).await.refused(409, "thanked_today");
    wang.post(&path, json!({"words": []})).await.refused(422, "invalid");
    wang.post(&path, json!({"words": ["cheap"]})).await.refused(422, "invalid");
    let again = at_once((0..8).map(|_| {
        let (li, path) = (li.clone(), path.clone());
        async move { li.post(&path, json!({"words": ["fair"]})).await.status }
    }))
    .await;
    assert_eq!(again.iter().filter(|status| **status == 201).count(), 1, "{again:?}");
    stage
        .town
        .guest("guest")
        .await
        .post(&path, json!({"words": ["fair"]}))
        .await
        .refused(403, "residents_only");

    let read = shop.owner.get("thanks").await.expect(200);
    let thanks: Vec<_> =
        read["items"].as_array().into_iter().flatten().map(|t| (&t["who"], &t["words"])).collect();
    assert_eq!(thanks, [(&json!("王*"), &json!(["fair"])), (&json!("王*"), &json!(["warm", "quick"]))]);
    assert_eq!(told(&shop.owner).await, ["shop_thanked", "shop_thanked", "shop_approved"]);
    assert_eq!(newest(&shop.owner).await["textZh"], "有居民感谢了您的商户《lily 理发店》。");
    // Another shop reads its own.
    let other = stage.town.shop("mary", &stage.town.world.village).await;
    assert_eq!(other.owner.get("thanks").await.expect(200)["items"], json!([]));

    stage.town.set_clock("2026-03-03T02:00:00Z").await;
    let wang = stage.town.guest("wang").await;
    wang.post(&path, json!({"words": ["generous"]})).await.expect(201);
    stage.town.verify().await;
}

/// Clerks have an inbox of their own, which opens at their service only.
#[tokio::test]
async fn a_clerk_reads_and_marks_the_own_inbox() {
    let (stage, wang, _) = scene().await;
    let shop = stage.town.shop("lily", &stage.town.world.village).await;
    let entry = newest(&shop.owner).await;
    assert_eq!((&entry["kind"], &entry["object"]), (&json!("shop_approved"), &json!(shop.id)));
    let marked = shop.owner.post("inbox/read", json!({"upTo": entry["id"]})).await.expect(200);
    assert_eq!(marked["unreadCount"], 0);
    shop.owner.put("inbox/settings", json!({"off": ["deed_published"]})).await.refused(422, "invalid");
    shop.owner.put("inbox/settings", json!({"off": ["shop_thanked"]})).await.expect(200);
    wang.post(&format!("merchants/{}/thanks", shop.id), json!({"words": ["fair"]})).await.expect(201);
    assert_eq!(told(&shop.owner).await, ["shop_approved"]);
    shop.owner.at(&stage.town.base(0)).get("inbox").await.refused(401, "token_invalid");
}
