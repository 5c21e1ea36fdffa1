//! The picture that a person is shown by: looked at by WeChat, or by the desk, before anybody else sees it.

use serde_json::{Value, json};
use tests::town::{TODAY, text};
use tests::{Actor, Answer, Town, Wechat, picture};

async fn uploaded(who: &Actor, n: u32) -> String {
    text(&who.upload(picture::jpeg(n)).await.expect(201)["id"])
}

async fn chosen(who: &Actor, n: u32) -> String {
    let picture = uploaded(who, n).await;
    let me = who.put("me/avatar", json!({"pictureId": picture})).await.expect(200);
    assert!(me["avatarProposalId"] == picture.as_str() || me["avatarId"] == picture.as_str(), "{me}");
    picture
}

/// The shown one and the waiting one.
async fn avatars(who: &Actor) -> (Value, Value) {
    let me = who.get("me").await.expect(200);
    (me["avatarId"].clone(), me["avatarProposalId"].clone())
}

async fn decide(staff: &Actor, picture: &str, publish: Value) -> Answer {
    let found = staff.get("staff/reviews?kind=avatar&limit=100").await.expect(200);
    let review = found["items"].as_array().into_iter().flatten().find(|r| r["avatarId"] == picture).cloned();
    let path =
        format!("staff/reviews/{}", text(&review.unwrap_or_else(|| panic!("no review of {picture}"))["id"]));
    staff.post(&format!("{path}/claim"), json!({})).await.expect(200);
    staff.post(&format!("{path}/decide"), json!({"publish": publish})).await
}

async fn posted(who: &Actor, n: u32) -> String {
    let picture = uploaded(who, n).await;
    let deed = json!({"section": "neighbours", "title": format!("第{n}件好事"), "text": "修好了。", "pictureIds": [picture], "dayOfAct": TODAY});
    text(&who.post("deeds", deed).await.expect(201)["id"])
}

/// Publishes the only one of its kind that waits.
async fn publish(staff: &Actor, kind: &str) {
    let found = staff.get(&format!("staff/reviews?kind={kind}&limit=100")).await.expect(200);
    let path = format!("staff/reviews/{}", text(&found["items"][0]["id"]));
    staff.post(&format!("{path}/claim"), json!({})).await.expect(200);
    staff.post(&format!("{path}/decide"), json!({"publish": {"decision": "publish"}})).await.expect(200);
}

async fn open(staff: &Actor) -> usize {
    let found = staff.get("staff/reviews?kind=avatar&limit=100").await.expect(200);
    found["items"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn without_a_check_the_desk_decides_and_others_see_the_one_before() {
    let town = Town::open().await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let wang = town.resident("wang", &town.world.group1, None).await;
    let li = town.resident("li", &town.world.group1, None).await;
    let first = chosen(&wang, 1).await;
    assert_eq!(avatars(&wang).await, (Value::Null, json!(first)));
    li.get(&format!("pictures/{first}")).await.refused(404, "picture_not_found");
    assert_eq!(secretary.get(&format!("pictures/{first}")).await.status, 200, "whoever decides sees it");
    decide(&secretary, &first, json!({"decision": "publish"})).await.expect(200);
    assert_eq!(avatars(&wang).await, (json!(first), Value::Null));
    assert_eq!(town.anybody().get(&format!("pictures/{first}")).await.status, 200);

    // To choose another shows the first as long as it waits; to choose a third takes the second back.
    let second = chosen(&wang, 2).await;
    assert_eq!(avatars(&wang).await, (json!(first), json!(second)));
    let third = chosen(&wang, 3).await;
    assert_eq!((avatars(&wang).await, open(&secretary).await), ((json!(first), json!(third)), 1));
    wang.put("me/avatar", json!({"pictureId": third})).await.expect(200);
    assert_eq!(open(&secretary).await, 1, "to choose it again changes nothing");
    let reject = json!({"decision": "reject", "reason": "请用自己的头像。"});
    decide(&secretary, &third, reject).await.expect(200);
    assert_eq!(avatars(&wang).await, (json!(first), Value::Null));
    let told = wang.get("inbox?limit=1").await.expect(200);
    assert_eq!(told["items"][0]["kind"], "avatar_refused");

    // Others see it beside what wang posts and says, unless wang hides.
    let deed = posted(&li, 9).await;
    publish(&secretary, "deed").await;
    let own = posted(&wang, 12).await;
    publish(&secretary, "deed").await;
    let said = wang.post(&format!("deeds/{deed}/comments"), json!({"text": "好样的！"})).await.expect(201);
    assert_eq!(said["authorAvatarId"], first.as_str());
    publish(&secretary, "comment").await;
    let shown = async |reader: &Actor| {
        let comments = reader.get(&format!("deeds/{deed}/comments")).await.expect(200);
        assert_eq!(comments["items"][0]["id"], said["id"]);
        let feed = reader.get("deeds").await.expect(200);
        let faces: Vec<Value> =
            [&feed["items"][0], &feed["items"][1]].map(|deed| deed["authorAvatarId"].clone()).to_vec();
        let page = reader.get(&format!("deeds/{own}")).await.expect(200);
        assert_eq!((&feed["items"][0]["id"], &faces[1]), (&json!(own), &Value::Null), "li has none");
        [comments["items"][0]["authorAvatarId"].clone(), faces[0].clone(), page["authorAvatarId"].clone()]
    };
    let anybody = town.anybody();
    for reader in [&anybody, &li, &wang, &secretary] {
        assert_eq!(shown(reader).await, [json!(first), json!(first), json!(first)]);
    }
    wang.put("me", json!({"nickname": null, "hidden": true})).await.expect(200);
    for reader in [&anybody, &li] {
        assert_eq!(shown(reader).await, [Value::Null, Value::Null, Value::Null]);
    }

    assert_eq!(wang.delete("me/avatar").await.status, 204);
    assert_eq!(avatars(&wang).await, (Value::Null, Value::Null));
    town.drain().await;
    town.anybody().get(&format!("pictures/{first}")).await.refused(404, "picture_not_found");
    // A picture of a deed is no picture of a person, and another's upload is nobody else's.
    let foreign = uploaded(&li, 10).await;
    wang.put("me/avatar", json!({"pictureId": foreign})).await.refused(404, "picture_not_found");
    let own = chosen(&wang, 11).await;
    let deed = json!({"section": "neighbours", "title": "帮邻居修水管", "text": "修好了。", "pictureIds": [own], "dayOfAct": TODAY});
    wang.post("deeds", deed).await.refused(409, "picture_used");
    town.verify().await;
}

#[tokio::test]
async fn what_wechat_finds_harmless_shows_by_itself_and_what_it_does_not_is_refused_or_decided() {
    let (town, wechat) = Wechat::town(&[]).await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let wang = wechat.resident(&town, "o-wang", "wang", &town.world.group1).await;
    let looked = async || {
        town.drain().await;
        wechat.finish_media().await;
        town.drain().await;
    };
    let first = chosen(&wang, 1).await;
    assert_eq!((avatars(&wang).await, open(&secretary).await), ((Value::Null, json!(first)), 0));
    looked().await;
    assert_eq!(avatars(&wang).await, (json!(first), Value::Null));

    wechat.post("/_media/verdicts", json!({"next": 1, "suggest": "risky", "label": 20002})).await;
    chosen(&wang, 2).await;
    looked().await;
    assert_eq!(avatars(&wang).await, (json!(first), Value::Null));
    assert_eq!(wang.get("inbox?limit=1").await.expect(200)["items"][0]["kind"], "avatar_refused");
    let again = uploaded(&wang, 2).await;
    wang.put("me/avatar", json!({"pictureId": again})).await.refused(409, "picture_risky");

    wechat.post("/_media/verdicts", json!({"next": 1, "suggest": "review", "label": 21000})).await;
    let doubtful = chosen(&wang, 3).await;
    looked().await;
    decide(&secretary, &doubtful, json!({"decision": "publish"})).await.expect(200);
    assert_eq!(avatars(&wang).await, (json!(doubtful), Value::Null));

    // One of which nothing is said in time is for a person.
    let silent = chosen(&wang, 4).await;
    town.drain().await;
    town.set_clock("2026-03-02T02:35:01Z").await;
    town.drain().await;
    let secretary = town.staff("secretary").await;
    assert_eq!(open(&secretary).await, 1);
    let wang = town.person_of("o-wang").await;
    assert_eq!(avatars(&wang).await, (json!(doubtful), json!(silent)));
    // What is revoked at WeChat is gone here, with its review.
    wechat.stand_at("2026-03-02T02:35:01Z").await;
    wechat.post("/_push/send", json!({"named": {"what": "revoke", "openid": "o-wang", "of": [20]}})).await;
    town.drain().await;
    assert_eq!((avatars(&wang).await, open(&secretary).await), ((Value::Null, Value::Null), 0));
    town.verify().await;
}
