//! Numbers of people do not stand where everybody reads: whoever writes one is asked to take it out, and nothing is kept of it.

use serde_json::{Value, json};
use tests::town::{TODAY, text};
use tests::{Actor, Answer, Town, picture};

/// Refused because of what this field holds.
#[track_caller]
fn refused_for(answer: &Answer, field: &str) {
    answer.refused(422, "invalid");
    let faults: Vec<(&str, &str)> = answer.json["fields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|fault| Some((fault["field"].as_str()?, fault["code"].as_str()?)))
        .collect();
    assert_eq!(faults, [(field, "personal_data")], "{}", answer.json);
    // What is wrong is said, and not what was written.
    assert!(!answer.json.to_string().contains("0000"), "{}", answer.json);
}

/// Posts a deed with a picture of its own.
async fn post(who: &Actor, title: &str, words: &str, n: u32) -> Answer {
    let picture = text(&who.upload(picture::jpeg(n)).await.expect(201)["id"]);
    let deed = json!({"section": "neighbours", "title": title, "text": words, "pictureIds": [picture], "dayOfAct": TODAY});
    who.post("deeds", deed).await
}

fn event(town: &Town, words: &str) -> Value {
    json!({"unitId": town.world.village, "kind": "activity", "section": "environment", "title": "清洁日", "text": words,
        "place": "村口", "startsAt": "2026-03-07T01:00:00Z", "endsAt": "2026-03-07T03:00:00Z",
        "signUpFrom": "2026-03-01T00:00:00Z", "signUpUntil": "2026-03-07T00:00:00Z", "withdrawUntil": "2026-03-07T00:00:00Z",
        "capacity": 20, "offerMinutes": 60})
}

#[tokio::test]
async fn who_writes_a_number_of_a_person_is_asked_to_take_it_out() {
    let town = Town::open().await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;

    let told =
        ["修好了，有事打 138 0000 1234。", "李奶奶身份证 11010519491231002X", "转账到4111 1111 1111 1111"];
    for (n, words) in (0..).zip(told) {
        refused_for(&post(&wang, "帮邻居修水管", words, n).await, "text");
    }
    refused_for(&post(&wang, "找我13800001234", "修好了。", 3).await, "title");
    assert_eq!(wang.get("me/deeds").await.expect(200)["items"], json!([]));
    let deed = post(&wang, "帮邻居修水管", "2026年3月1日修好了，共花了35元。", 4).await.expect(201);
    let deed = text(&deed["id"]);
    let reviews = secretary.get("staff/reviews?limit=100").await.expect(200);
    assert_eq!(
        reviews["items"].as_array().map(Vec::len),
        Some(1),
        "only what may be read waits for a review"
    );

    refused_for(&wang.put("me", json!({"nickname": "13800001234"})).await, "nickname");
    let comment =
        wang.post(&format!("deeds/{deed}/comments"), json!({"text": "我是１３８００００１２３４"})).await;
    refused_for(&comment, "text");

    // Who organises something wants to be called; nobody's identity number is anybody's business.
    let called = event(&town, "报名请打13800001234。");
    secretary.post("staff/events", called).await.expect(201);
    let named = event(&town, "联系人身份证11010519491231002X。");
    refused_for(&secretary.post("staff/events", named).await, "text");
}
