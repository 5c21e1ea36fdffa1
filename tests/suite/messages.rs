//! Messages in WeChat: what the inbox says reaches the telephone of who agreed to it, once, and not at night.

use serde_json::{Value, json};
use tests::town::{TODAY, text};
use tests::{Actor, Town, Wechat, picture};

const SEND: &str = "/cgi-bin/message/subscribe/send";

const TEMPLATES: &str = r#"
[deed_published]
template = "T-deed"
page = "pages/deed/deed?id={object}"
values = { thing1 = "{title}", phrase2 = "已公开", time3 = "{time}" }

[comment_published]
template = "T-comment"
values = { thing1 = "{text}" }
"#;

struct Scene {
    town: Town,
    wechat: Wechat,
    wang: Actor,
    secretary: Actor,
    _folder: tempfile::TempDir,
}

impl Scene {
    /// Wang posts; both templates are WeChat's, too.
    async fn open(environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::TempDir::new().expect("a folder can be made");
        let file = folder.path().join("messages.toml");
        std::fs::write(&file, TEMPLATES).expect("it can be written");
        let file = file.display().to_string();
        let mut all = vec![("JISHAN_TENANT_MESSAGES_FILE", file.as_str())];
        all.extend(environment);
        let environment = all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let town = Town::open_with(tests::Options { environment, ..Default::default() }).await;
        let wechat = Wechat::of(&town).await;
        for (id, names) in
            [("T-deed", json!(["thing1", "phrase2", "time3"])), ("T-comment", json!(["thing1"]))]
        {
            wechat.post("/_templates", json!({"id": id, "names": names})).await;
        }
        let wang = wechat.resident(&town, "o-wang", "wang", &town.world.group1).await;
        let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
        Self { town, wechat, wang, secretary, _folder: folder }
    }

    /// Wang agrees to one more message, in WeChat and by the mini-program.
    async fn agree(&self, template: &str) {
        self.wechat.post("/_subscriptions", json!({"openid": "o-wang", "template": template})).await;
        let mut answers = serde_json::Map::new();
        answers.insert(template.to_owned(), json!("accept"));
        self.wang.post("me/messages/answers", json!({"answers": answers})).await.expect(200);
    }

    /// A deed of wang's with this title is published, and wang is told in the inbox.
    async fn publish(&self, n: u32, title: &str) -> String {
        let picture = text(&self.wang.upload(picture::jpeg(n)).await.expect(201)["id"]);
        let deed = json!({"section": "neighbours", "title": title, "text": "修好了。", "pictureIds": [picture], "dayOfAct": TODAY});
        let deed = text(&self.wang.post("deeds", deed).await.expect(201)["id"]);
        let found = self.secretary.get("staff/reviews?kind=deed&limit=100").await.expect(200);
        let review =
            found["items"].as_array().into_iter().flatten().find(|r| r["deed"]["id"] == deed.as_str());
        let path = format!("staff/reviews/{}", text(&review.expect("it waits")["id"]));
        self.secretary.post(&format!("{path}/claim"), json!({})).await.expect(200);
        self.secretary
            .post(&format!("{path}/decide"), json!({"publish": {"decision": "publish"}}))
            .await
            .expect(200);
        deed
    }

    async fn left(&self, kind: &str) -> Value {
        let settings = self.wang.get("me/messages").await.expect(200);
        let found = settings["kinds"].as_array().into_iter().flatten().find(|k| k["kind"] == kind).cloned();
        found.unwrap_or_else(|| panic!("no {kind} in {settings}"))["left"].clone()
    }
}

#[tokio::test]
async fn who_agreed_is_told_in_wechat_as_often_as_agreed() {
    let scene = Scene::open(&[]).await;
    scene.publish(1, "没有订阅的好事").await;
    scene.town.drain().await;
    assert_eq!(scene.wechat.messages().await, Vec::<Value>::new(), "nobody agreed to anything");

    scene.agree("T-deed").await;
    assert_eq!(scene.left("deed_published").await, 1);
    let long = "帮三单元的李奶奶修好了漏了一个多月的水管和水龙头";
    let deed = scene.publish(2, long).await;
    let silent = scene.publish(3, "第二件好事").await;
    scene.town.drain().await;
    let sent = scene.wechat.messages().await;
    assert_eq!(sent.len(), 1, "one was agreed to, and {silent} is known from the inbox");
    let message = &sent[0];
    assert_eq!((&message["openid"], &message["template"]), (&json!("o-wang"), &json!("T-deed")));
    assert_eq!(message["page"], format!("pages/deed/deed?id={deed}"));
    let shortened: String = long.chars().take(19).chain(['…']).collect();
    let values = json!({"thing1": shortened, "phrase2": "已公开", "time3": "2026-03-02 10:00"});
    assert_eq!(message["values"], values, "{message}");
    assert_eq!(scene.left("deed_published").await, 0);
    assert_eq!(scene.wang.get("inbox").await.expect(200)["items"].as_array().map(Vec::len), Some(4));
    let log = scene.town.log();
    assert!(!log.contains("o-wang") && !log.contains("李奶奶"), "a log names nobody");
}

#[tokio::test]
async fn nobody_is_disturbed_at_night_or_by_what_is_switched_off() {
    let scene = Scene::open(&[]).await;
    scene.agree("T-deed").await;
    scene.agree("T-deed").await;
    scene.wang.put("me/messages", json!({"off": ["deed_eaten"]})).await.refused(422, "invalid");
    // Of what only shops are told no person gets a message.
    scene.wang.put("me/messages", json!({"off": ["shop_applied"]})).await.refused(422, "invalid");
    let off = scene.wang.put("me/messages", json!({"off": ["deed_published"]})).await.expect(200);
    assert_eq!((&off["kinds"][0]["kind"], &off["kinds"][0]["on"]), (&json!("deed_published"), &json!(false)));
    scene.publish(1, "静静的好事").await;
    scene.town.drain().await;
    assert_eq!(scene.wechat.messages().await.len(), 0);
    scene.wang.put("me/messages", json!({"off": []})).await.expect(200);

    scene.publish(2, "夜里的好事").await;
    // 22:30 here, and then seven in the morning.
    scene.town.set_clock("2026-03-02T14:30:00Z").await;
    scene.town.drain().await;
    assert_eq!(scene.wechat.messages().await.len(), 0, "it is night");
    scene.town.set_clock("2026-03-02T22:59:59Z").await;
    scene.town.drain().await;
    assert_eq!(scene.wechat.messages().await.len(), 0);
    scene.town.set_clock("2026-03-02T23:00:00Z").await;
    scene.town.drain().await;
    let sent = scene.wechat.messages().await;
    assert_eq!((sent.len(), &sent[0]["values"]["thing1"]), (1, &json!("夜里的好事")));
}

#[tokio::test]
async fn a_tap_counts_once_though_the_mini_program_and_wechat_both_tell_of_it() {
    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let file = folder.path().join("messages.toml");
    std::fs::write(&file, TEMPLATES).expect("it can be written");
    let file = file.display().to_string();
    let (town, wechat) = Wechat::town(&[("JISHAN_TENANT_MESSAGES_FILE", &file)]).await;
    let wang = town.person_of("o-wang").await;
    let left = async || {
        town.drain().await;
        let kinds = wang.get("me/messages").await.expect(200);
        kinds["kinds"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|k| k["template"] == "T-deed")
            .expect("it is there")["left"]
            .clone()
    };
    let told = async |answers: Value, key: &str| {
        wang.post_keyed("me/messages/answers", json!({"answers": answers}), key).await.expect(200)
    };
    wechat.post("/_subscriptions", json!({"openid": "o-wang", "template": "T-deed", "push": true})).await;
    told(json!({"T-deed": "accept", "T-comment": "reject", "T-other": "accept"}), "a-tap-of-monday-01").await;
    told(json!({"T-deed": "accept", "T-comment": "reject", "T-other": "accept"}), "a-tap-of-monday-01").await;
    assert_eq!(left().await, 1);
    // Two taps of which only WeChat tells, and one of which only the mini-program does.
    wechat.stand_at("2026-03-02T02:00:01Z").await;
    wechat.post("/_subscriptions", json!({"openid": "o-wang", "template": "T-deed", "push": true})).await;
    assert_eq!(left().await, 2);
    told(json!({"T-deed": "acceptWithAudio"}), "a-tap-of-monday-02").await;
    assert_eq!(left().await, 2, "it may be the same tap");
    // Switched off in WeChat's settings: worth nothing any more.
    let off = json!({"named": {"what": "change", "openid": "o-wang", "answers": [{"template": "T-deed", "accepted": false}]}});
    wechat.post("/_push/send", off).await;
    assert_eq!(left().await, 0);
    let many: serde_json::Map<String, Value> = (0..11).map(|n| (format!("T{n}"), json!("accept"))).collect();
    wang.post("me/messages/answers", json!({"answers": many})).await.refused(422, "invalid");
}

#[tokio::test]
async fn every_answer_of_wechat_has_its_ending() {
    let scene = Scene::open(&[]).await;
    for _ in 0..6 {
        scene.agree("T-deed").await;
    }
    let at = async |moment: &str| {
        scene.town.set_clock(moment).await;
        scene.town.drain().await;
        scene.wechat.messages().await.len()
    };
    // Away: it is sent later.
    scene.wechat.fault(SEND, json!({"kind": "bad_gateway"}), 1).await;
    scene.publish(1, "第一件好事").await;
    assert_eq!(at("2026-03-02T02:00:00Z").await, 0);
    assert_eq!(at("2026-03-02T02:00:05Z").await, 1);
    // A quota is used up: a minute later.
    scene.wechat.fault(SEND, json!({"kind": "errcode", "errcode": 45011}), 1).await;
    scene.publish(2, "第二件好事").await;
    assert_eq!(at("2026-03-02T02:00:06Z").await, 1);
    assert_eq!(at("2026-03-02T02:01:07Z").await, 2);
    // The answer is cut off: it may have arrived, and is not sent again.
    scene.wechat.fault(SEND, json!({"kind": "truncated"}), 1).await;
    scene.publish(3, "第三件好事").await;
    assert_eq!(at("2026-03-02T02:01:08Z").await, 3);
    assert_eq!(at("2026-03-02T03:00:00Z").await, 3);
    assert_eq!(scene.wechat.calls(SEND).await.len(), 5);
    // Another is on its way to the same person: a moment later.
    let wang = scene.town.person_of("o-wang").await;
    let secretary = scene.town.staff("secretary").await;
    let scene = Scene { wang, secretary, ..scene };
    scene.wechat.fault(SEND, json!({"kind": "errcode", "errcode": 43108}), 1).await;
    scene.publish(4, "第四件好事").await;
    scene.town.drain().await;
    scene.town.set_clock("2026-03-02T03:00:06Z").await;
    scene.town.drain().await;
    assert_eq!(scene.wechat.messages().await.len(), 4);
    // WeChat knows better how many were agreed to.
    scene.wechat.fault(SEND, json!({"kind": "errcode", "errcode": 43101}), 1).await;
    assert_eq!(scene.left("deed_published").await, 2);
    scene.publish(5, "第五件好事").await;
    scene.town.drain().await;
    assert_eq!((scene.wechat.messages().await.len(), scene.left("deed_published").await), (4, json!(0)));
    // A template that is refused stops for an hour, and what waits goes afterwards.
    scene.agree("T-deed").await;
    scene
        .wechat
        .post("/_templates", json!({"id": "T-deed", "names": ["thing1", "phrase2", "time3"], "banned": true}))
        .await;
    scene.publish(6, "第六件好事").await;
    scene.town.drain().await;
    scene.wechat.post("/_templates", json!({"id": "T-deed", "names": ["thing1", "phrase2", "time3"]})).await;
    let calls = scene.wechat.calls(SEND).await.len();
    scene.town.set_clock("2026-03-02T03:59:00Z").await;
    scene.town.drain().await;
    assert_eq!(scene.wechat.calls(SEND).await.len(), calls, "not before the hour is over");
    scene.town.set_clock("2026-03-02T04:00:08Z").await;
    scene.town.drain().await;
    assert_eq!(scene.wechat.messages().await.len(), 5);
    scene.town.verify().await;
}

#[tokio::test]
async fn one_person_gets_one_at_a_time_however_many_processes_send() {
    let scene = Scene::open(&[]).await;
    for _ in 0..5 {
        scene.agree("T-deed").await;
    }
    for n in 0..5 {
        scene.publish(n, &format!("第{n}件好事")).await;
    }
    // Each answer is held back for a moment, and whoever sends a second one meanwhile is told so.
    scene.wechat.fault(SEND, json!({"kind": "delay", "ms": 30}), 5).await;
    let (a, b, c) = (scene.town.try_drain(0), scene.town.try_drain(0), scene.town.try_drain(0));
    let (a, b, c) = futures_util::future::join3(a, b, c).await;
    for drained in [a, b, c] {
        drained.expect("it is drained");
    }
    scene.town.drain().await;
    assert_eq!(scene.wechat.messages().await.len(), 5);
    let calls = scene.wechat.calls(SEND).await;
    assert!(calls.iter().all(|call| call["errcode"] == 0), "{calls:?}");
}
