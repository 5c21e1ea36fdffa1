//! WeChat is away for an hour while people go on: nothing is lost, and nothing but checks and messages is late.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::town::{TODAY, text};
use tests::{Actor, Answer, Town, Wechat, picture};

const TEMPLATES: &str = "[comment_removed]\ntemplate = \"T1\"\nvalues = { thing1 = \"{text}\" }\n";
const PATHS: [&str; 4] = [
    "/cgi-bin/stable_token",
    "/wxa/msg_sec_check",
    "/wxa/media_check_async",
    "/cgi-bin/message/subscribe/send",
];

async fn posted(who: &Actor, n: u32) -> String {
    let picture = text(&who.upload(picture::jpeg(n)).await.expect(201)["id"]);
    let deed = json!({"section": "neighbours", "title": format!("第{n}件好事"), "text": "修好了。", "pictureIds": [picture], "dayOfAct": TODAY});
    text(&who.post("deeds", deed).await.expect(201)["id"])
}

async fn reviews(staff: &Actor, kind: &str) -> Vec<Value> {
    let found = staff.get(&format!("staff/reviews?kind={kind}&limit=100")).await.expect(200);
    found["items"].as_array().cloned().unwrap_or_default()
}

async fn publish(staff: &Actor, review: &Value) -> u16 {
    let path = format!("staff/reviews/{}", text(&review["id"]));
    staff.post(&format!("{path}/claim"), json!({})).await.expect(200);
    staff.post(&format!("{path}/decide"), json!({"publish": {"decision": "publish"}})).await.status
}

async fn remove(staff: &Actor, comment: &str) -> Answer {
    staff.delete(&format!("comments/{comment}")).await
}

/// Comments are seen at once, as long as somebody can look at them.
async fn open_comments(town: &Town) {
    let path = format!("staff/policies/{}", town.world.village);
    let etag = town.ops.get(&path).await.etag();
    town.ops.put_if(&path, &etag, json!({"commentsReviewed": false})).await.expect(200);
}

#[tokio::test]
async fn an_hour_without_wechat_loses_nothing_and_delays_only_checks_and_messages() {
    away(&json!({"kind": "bad_gateway"}), 6, false).await;
}

#[tokio::test]
async fn an_hour_in_which_wechat_hangs_loses_nothing_either() {
    away(&json!({"kind": "hang"}), 2, true).await;
}

/// The hour. Where WeChat acts and only its answer is missing, what is to be told is told already, and is not told again.
async fn away(fault: &Value, people: u32, acts: bool) {
    let everybody: Vec<String> = (0..people).map(|n| format!("o-{n}")).collect();
    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let file = folder.path().join("messages.toml");
    std::fs::write(&file, TEMPLATES).expect("it can be written");
    let messages = file.display().to_string();
    let environment =
        [("JISHAN_TENANT_MESSAGES_FILE", messages.as_str()), ("JISHAN_TENANT_WECHAT_TIMEOUT_MS", "600")];
    let (town, wechat) = Wechat::town(&environment).await;
    wechat.post("/_templates", json!({"id": "T1", "names": ["thing1"]})).await;
    open_comments(&town).await;
    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let mut people = Vec::new();
    for (n, openid) in everybody.iter().enumerate() {
        let person = wechat.resident(&town, openid, &format!("w{n}"), &town.world.group1).await;
        wechat.post("/_subscriptions", json!({"openid": openid, "template": "T1"})).await;
        person.post("me/messages/answers", json!({"answers": {"T1": "accept"}})).await.expect(200);
        people.push(person);
    }
    let before = posted(&people[0], 90).await;
    town.drain().await;
    wechat.finish_media().await;
    town.drain().await;
    assert_eq!(publish(&secretary, &reviews(&secretary, "deed").await[0]).await, 200);
    let first = text(
        &people[1].post(&format!("deeds/{before}/comments"), json!({"text": "好样的！"})).await.expect(201)["id"],
    );

    for path in PATHS {
        wechat.fault(path, fault.clone(), 1_000_000).await;
    }
    // Everybody goes on, all at once: deeds, comments, and staff who remove a comment of each.
    let deeds = join_all((0..).zip(&people).map(|(n, person)| posted(person, n))).await;
    let comment = async |n: usize, person: &Actor| {
        let words = json!({"text": format!("辛苦了{n}")});
        let written = person.post(&format!("deeds/{before}/comments"), words).await.expect(201);
        assert_eq!(written["state"], "pending", "nobody has looked at it");
        text(&written["id"])
    };
    let comments = join_all((0..).zip(&people).map(|(n, person)| comment(n, person))).await;
    let removed = join_all(comments.iter().map(|id| remove(&secretary, id))).await;
    assert!(removed.iter().all(|answer| answer.status == 204));
    for step in
        ["2026-03-02T02:00:30Z", "2026-03-02T02:01:30Z", "2026-03-02T02:10:00Z", "2026-03-02T02:25:00Z"]
    {
        town.set_clock(step).await;
        town.drain().await;
    }
    // What does not need WeChat is as ever, and what was published is there.
    assert_eq!(
        town.anybody().get(&format!("deeds/{before}/comments")).await.expect(200)["items"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    assert_eq!(wechat.messages().await.len(), if acts { everybody.len() } else { 0 });

    wechat.control(reqwest::Method::DELETE, "/_faults", json!({})).await;
    for step in ["2026-03-02T03:00:00Z", "2026-03-02T03:20:00Z", "2026-03-02T03:40:00Z"] {
        town.set_clock(step).await;
        wechat.stand_at(step).await;
        town.drain().await;
        wechat.post("/_media/finish", json!({})).await;
        town.drain().await;
    }
    let secretary = town.staff("secretary").await;
    let waiting = reviews(&secretary, "deed").await;
    assert_eq!(waiting.len(), deeds.len(), "every deed waits for its decision");
    for review in &waiting {
        assert!(deeds.iter().any(|deed| review["deed"]["id"] == deed.as_str()));
        assert_eq!(review["check"]["text"]["verdict"], "passed", "{review}");
        assert_eq!(review["check"]["pictures"][0]["finding"]["verdict"], "passed", "{review}");
        assert_eq!(publish(&secretary, review).await, 200);
    }
    // Each person is told once of the one comment that was removed.
    let mut told: Vec<String> =
        wechat.messages().await.iter().map(|message| text(&message["openid"])).collect();
    told.sort();
    assert_eq!(told, everybody);
    town.anybody().get(&format!("deeds/{before}/comments")).await.expect(200)["items"][0]["id"]
        .as_str()
        .filter(|id| *id == first)
        .expect("what was there before is there");
    town.verify().await;
}
