//! What WeChat pushes: taken when it is WeChat's, kept once, answered at once, and never an error of ours.

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tests::town::text;
use tests::wechat::PUSH;
use tests::{Town, Wechat, picture};

const TEMPLATES: &str = "[deed_published]\ntemplate = \"T1\"\nvalues = { thing1 = \"{title}\" }\n";

/// A town whose residents may get messages by T1.
async fn a_town() -> (Town, Wechat, tempfile::TempDir) {
    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let file = folder.path().join("messages.toml");
    std::fs::write(&file, TEMPLATES).expect("it can be written");
    let file = file.display().to_string();
    let (town, wechat) = Wechat::town(&[("JISHAN_TENANT_MESSAGES_FILE", &file)]).await;
    (town, wechat, folder)
}

/// That somebody agreed to one more message by T1.
fn agreed(openid: &str, at: i64) -> Value {
    json!({"FromUserName": openid, "CreateTime": at, "MsgType": "event", "Event": "subscribe_msg_popup_event",
        "List": [{"TemplateId": "T1", "SubscribeStatusString": "accept", "PopupScene": "0"}]})
}

async fn send(wechat: &Wechat, event: &Value, how: Value) -> Value {
    wechat.post("/_push/send", json!({"event": event, "how": how})).await
}

/// Whether every try of every push was taken.
fn accepted(told: &Value) -> bool {
    told.as_array().into_iter().flatten().all(|one| one["accepted"] == true)
}

/// What each try was answered.
fn statuses(told: &Value) -> Vec<u64> {
    let tries =
        told.as_array().into_iter().flatten().flat_map(|one| one["tries"].as_array().into_iter().flatten());
    tries.filter_map(|one| one["status"].as_u64()).collect()
}

#[tokio::test]
async fn a_push_is_taken_in_every_form_and_counted_once() {
    let (town, wechat, _folder) = a_town().await;
    let wang = town.person_of("o-wang").await;
    let left = async || {
        town.drain().await;
        wang.get("me/messages").await.expect(200)["kinds"][0]["left"].clone()
    };
    let mut at = 1_772_416_800;
    for (mode, format) in [("secure", "json"), ("secure", "xml")] {
        wechat.push_as(&town, mode, format).await;
        let verified = wechat.post("/_push/verify", json!({})).await;
        assert_eq!(verified["verified"], true, "{verified}");
        for how in [json!({"times": 3}), json!({"pad": 17}), json!({"pad": 32}), json!({"pad": 1})] {
            at += 1;
            let told = send(&wechat, &agreed("o-wang", at), how).await;
            assert!(accepted(&told), "{told}");
        }
    }
    assert_eq!(left().await, 8, "what is sent again is the same push");
    // An event that nobody knows is kept and answered like any.
    let told = send(
        &wechat,
        &json!({"FromUserName": "o-wang", "CreateTime": at, "MsgType": "event", "Event": "something_new"}),
        json!({}),
    )
    .await;
    assert!(accepted(&told), "{told}");
    // JSON can say what no text of PostgreSQL holds.
    for field in ["FromUserName", "Event", "OpenID"] {
        let mut event = json!({"FromUserName": "o-li", "CreateTime": at, "MsgType": "event",
            "Event": "user_authorization_cancellation", "OpenID": "o-nobody"});
        event[field] = json!("o\u{0}x");
        let told = send(&wechat, &event, json!({})).await;
        assert!(accepted(&told), "{told}");
    }
    town.drain().await;
    let log = town.log();
    assert!(!log.contains("push.failed") && !log.contains("request.failed"), "{log}");
    // Of somebody who was never here, and of a template that is not ours.
    assert!(accepted(&send(&wechat, &agreed("o-nobody", at), json!({})).await));
    assert_eq!(left().await, 8);
    assert!(!town.log().contains("o-wang"), "nobody's openid is logged");
}

#[tokio::test]
async fn a_plain_town_takes_plain_pushes_and_a_secure_one_does_not() {
    let (town, wechat) = Wechat::town(&[("JISHAN_TENANT_WECHAT_PUSH_KEY", "")]).await;
    for format in ["json", "xml"] {
        wechat.push_as(&town, "plain", format).await;
        assert_eq!(wechat.post("/_push/verify", json!({})).await["verified"], true);
        let told = send(&wechat, &agreed("o-wang", 1_772_416_801), json!({})).await;
        assert!(accepted(&told), "{told}");
    }
    let (secure, wechat) = Wechat::town(&[]).await;
    wechat.push_as(&secure, "plain", "json").await;
    let told = send(&wechat, &agreed("o-wang", 1_772_416_801), json!({})).await;
    assert!(!accepted(&told) && statuses(&told).iter().all(|status| *status == 403), "{told}");
    let without = Town::open().await;
    without
        .anybody()
        .get("wechat/push?signature=a&timestamp=1&nonce=2&echostr=x")
        .await
        .refused(403, "disabled");
}

#[tokio::test]
async fn what_is_not_wechats_is_refused_and_changes_nothing() {
    let (town, wechat, _folder) = a_town().await;
    let wang = town.person_of("o-wang").await;
    for how in [
        json!({"bad_signature": true}),
        json!({"wrong_app_id": true}),
        json!({"old_by_s": 601}),
        json!({"old_by_s": -601}),
    ] {
        let told = send(&wechat, &agreed("o-wang", 1_772_416_802), how.clone()).await;
        assert!(!accepted(&told), "{how}: {told}");
        assert!(statuses(&told).iter().all(|status| *status == 403), "{how}: {told}");
    }
    let nobody = town.anybody();
    nobody.get("wechat/push").await.refused(403, "push_refused");
    nobody.get("wechat/push?signature=a&signature=b").await.refused(400, "malformed_query");
    let long = Client::builder().no_proxy().build().expect("a client can be made");
    let answer =
        long.post(format!("{}{PUSH}?signature=a&timestamp=1&nonce=2", town.base(0))).body("x".repeat(70_000));
    assert_eq!(answer.send().await.expect("it answers").status(), StatusCode::PAYLOAD_TOO_LARGE);
    town.drain().await;
    assert_eq!(wang.get("me/messages").await.expect(200)["kinds"][0]["left"], 0);
}

#[tokio::test]
async fn what_is_revoked_is_deleted_and_who_is_gone_is_forgotten() {
    let (town, wechat) = Wechat::town(&[]).await;
    let wang = wechat.resident(&town, "o-wang", "wang", &town.world.group1).await;
    wang.put("me", json!({"nickname": "阳光"})).await.expect(200);
    let code = town.phone_code("o-wang", "13800001234").await;
    wang.put("me/phone", json!({"code": code})).await.expect(200);
    let tell = async |what: Value| {
        let told = wechat.post("/_push/send", json!({"named": what})).await;
        assert!(accepted(&told), "{told}");
        town.drain().await;
    };
    tell(json!({"what": "revoke", "openid": "o-wang", "of": [13], "blank": true})).await;
    let me = wang.get("me").await.expect(200);
    assert_eq!(
        (&me["nickname"], &me["phoneMasked"]),
        (&json!("阳光"), &json!("138****1234")),
        "no place is kept"
    );
    tell(json!({"what": "revoke", "openid": "o-wang", "of": [6, 8], "blank": true})).await;
    let me = wang.get("me").await.expect(200);
    assert_eq!((&me["nickname"], &me["phoneMasked"]), (&Value::Null, &Value::Null));

    // A face that waits for the desk, and a picture that WeChat still looks at: its verdict comes when its person is gone.
    wechat.post("/_media/verdicts", json!({"next": 1, "suggest": "review", "label": 21000})).await;
    let face = text(&wang.upload(picture::jpeg(1)).await.expect(201)["id"]);
    wang.put("me/avatar", json!({"pictureId": face})).await.expect(200);
    town.drain().await;
    wechat.finish_media().await;
    town.drain().await;
    assert_eq!(town.value("SELECT count(*) FROM reviews WHERE kind = 'avatar' AND state = 'open'"), "1");
    wang.upload(picture::jpeg(2)).await.expect(201);
    town.drain().await;

    let shown = wechat.resident(&town, "o-li", "li", &town.world.group1).await;
    tell(json!({"what": "cancel", "openid": "o-wang"})).await;
    assert_eq!(town.value("SELECT count(*) FROM reviews WHERE kind = 'avatar' AND state = 'open'"), "0");
    let told = wechat.finish_media().await;
    assert_eq!(told[0]["pushes"][0]["accepted"], true, "{told}");
    town.drain().await;
    tell(json!({"what": "cancel", "openid": "o-nobody"})).await;
    wang.get("me").await.refused(401, "session_ended");
    let again = town.person_of("o-wang").await.get("me").await.expect(200);
    assert_eq!(again["resident"], Value::Null, "who comes back is somebody new");
    shown.get("me").await.expect(200);
    // Long after, when nobody can be in the middle of anything, the number is free, and the openid is nowhere but with who came back.
    town.set_clock("2026-03-02T02:05:00Z").await;
    town.verify().await;
    assert_eq!(
        town.value("SELECT count(*) FROM pushes WHERE state = 'waiting'"),
        "1",
        "the verdict, whose picture is gone"
    );
    assert_eq!(town.value("SELECT count(*) FROM pushes WHERE sender <> '' OR body LIKE '%o-wang%'"), "0");
    assert!(!town.log().contains("o-wang") && !town.log().contains("13800001234"));
}

#[tokio::test]
async fn a_shop_s_only_owner_goes_when_the_desk_has_seen_to_the_shop() {
    let (town, wechat) = Wechat::town(&[]).await;
    let shop = town.shop("lin", &town.world.village).await;
    let openid = town.value("SELECT subject FROM clerks");
    let told = async || {
        town.drain().await;
        let inbox = town.staff("ops").await.get("inbox?limit=100").await.expect(200);
        let all = inbox["items"].as_array().into_iter().flatten();
        all.filter(|note| note["kind"] == "owner_leaves").count()
    };
    // However often WeChat says so: the desk is told, and told again while nothing happens.
    for _ in 0..2 {
        let said = wechat.post("/_push/send", json!({"named": {"what": "cancel", "openid": openid}})).await;
        assert!(accepted(&said), "{said}");
        assert_eq!(told().await, 1);
    }
    town.set_clock("2026-03-08T02:00:00Z").await;
    assert_eq!(told().await, 1);
    town.set_clock("2026-03-09T02:00:01Z").await;
    assert_eq!(told().await, 2);
    assert_eq!(town.value("SELECT name FROM clerks"), "李师傅");

    let suspend = format!("staff/merchants/{}/suspend", shop.id);
    town.staff("ops").await.post(&suspend, json!({"reason": "店主已离开。"})).await.expect(200);
    town.set_clock("2026-03-16T02:00:02Z").await;
    assert_eq!(told().await, 2);
    assert_eq!(town.value("SELECT name FROM clerks"), "");
    assert_eq!(town.value("SELECT count(*) FROM clerks WHERE subject LIKE 'erased:%' AND disabled"), "1");
    assert_eq!(town.value("SELECT count(*) FROM outbox WHERE kind = 'owner.leaves'"), "0");
}

#[tokio::test]
async fn a_consent_that_is_withdrawn_ends_what_was_done_for_it() {
    let (town, wechat, _folder) = a_town().await;
    wechat.post("/_templates", json!({"id": "T1", "names": ["thing1"]})).await;
    let wang = wechat.resident(&town, "o-wang", "wang", &town.world.group1).await;
    let code = town.phone_code("o-wang", "13800001234").await;
    wang.put("me/phone", json!({"code": code})).await.expect(200);
    wang.delete("me/consents/phone").await.expect(200);
    assert_eq!(wang.get("me").await.expect(200)["phoneMasked"], Value::Null);
    let code = town.phone_code("o-wang", "13800001234").await;
    wang.put("me/phone", json!({"code": code})).await.refused(403, "consent_withdrawn");
    wang.put("me/consents/phone", json!({"version": 1})).await.expect(200);
    wang.put("me/phone", json!({"code": code})).await.expect(200);

    let secretary = town.appoint("secretary", "secretary", &town.world.village).await;
    let publish = async |n: u32| {
        let picture = tests::picture::jpeg(n);
        let picture = wang.upload(picture).await.expect(201)["id"].clone();
        let deed = json!({"section": "neighbours", "title": "帮邻居修水管", "text": "修好了。", "pictureIds": [picture], "dayOfAct": "2026-03-02"});
        wang.post("deeds", deed).await.expect(201);
        town.drain().await;
        wechat.finish_media().await;
        town.drain().await;
        let found = secretary.get("staff/reviews?kind=deed&limit=100").await.expect(200);
        let path = format!("staff/reviews/{}", found["items"][0]["id"].as_str().expect("it waits"));
        secretary.post(&format!("{path}/claim"), json!({})).await.expect(200);
        secretary
            .post(&format!("{path}/decide"), json!({"publish": {"decision": "publish"}}))
            .await
            .expect(200);
        town.drain().await;
        wechat.messages().await.len()
    };
    wechat.post("/_subscriptions", json!({"openid": "o-wang", "template": "T1"})).await;
    wang.post("me/messages/answers", json!({"answers": {"T1": "accept"}})).await.expect(200);
    wang.delete("me/consents/wechat_messages").await.expect(200);
    let is_on = async || wang.get("me/messages").await.expect(200)["kinds"][0]["on"].clone();
    assert_eq!(is_on().await, false);
    assert_eq!(publish(1).await, 0);
    wang.put("me/consents/wechat_messages", json!({"version": 1})).await.expect(200);
    assert_eq!(is_on().await, true);
    assert_eq!(publish(2).await, 1);
}

/// A number by chance that is the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

#[tokio::test]
async fn ten_thousand_bodies_that_were_tampered_with_are_refused_one_by_one() {
    let (town, wechat, _folder) = a_town().await;
    let wang = town.person_of("o-wang").await;
    // A genuine one, as it went over the line.
    let recorder = Recorder::start().await;
    wechat
        .post(
            "/_push/settings",
            json!({"url": recorder.url, "token": tests::wechat::TOKEN,
        "encoding_aes_key": tests::wechat::KEY, "mode": "secure", "format": "json"}),
        )
        .await;
    send(&wechat, &agreed("o-wang", 1_772_416_803), json!({})).await;
    let (query, body) = recorder.heard().await;
    let http = Client::builder().no_proxy().build().expect("a client can be made");
    let url = format!("{}{PUSH}?", town.base(0));
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let mut taken = 0;
    for batch in 0..100 {
        let requests = (0..100).map(|_| {
            let (mut asked, mut said) = (query.clone().into_bytes(), body.clone());
            mutate(&mut chance, if batch % 4 == 0 { &mut asked } else { &mut said });
            let asked: String = asked
                .iter()
                .map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '_' })
                .collect();
            let request = http.post(format!("{url}{asked}")).body(said);
            async move { request.send().await.expect("it answers").status() }
        });
        for status in futures_util::future::join_all(requests).await {
            assert!(!status.is_server_error(), "{status}");
            taken += usize::from(status.is_success());
        }
    }
    town.drain().await;
    let left = wang.get("me/messages").await.expect(200)["kinds"][0]["left"].clone();
    // Some changes touch nothing that is signed, such as the name in front of the cipher: what was said is the one thing that WeChat said.
    assert!(taken < 5_000, "{taken} were taken");
    assert_eq!(left, i32::from(taken > 0), "nothing was said that WeChat did not say");
}

/// Changes, drops, doubles or swaps some bytes.
fn mutate(chance: &mut Chance, bytes: &mut Vec<u8>) {
    for _ in 0..=chance.next(4) {
        if bytes.is_empty() {
            return;
        }
        let at = chance.next(bytes.len());
        match chance.next(5) {
            0 => bytes[at] = u8::try_from(chance.next(256)).unwrap_or_default(),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, bytes[at]),
            3 => bytes.truncate(at),
            _ => {
                let other = chance.next(bytes.len());
                bytes.swap(at, other);
            }
        }
    }
}

/// Somebody who is told instead of the town, and keeps what was said.
struct Recorder {
    url: String,
    heard: tokio::sync::oneshot::Receiver<(String, Vec<u8>)>,
}

impl Recorder {
    async fn start() -> Self {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let url = format!("http://{}/push", listener.local_addr().expect("it has an address"));
        let (tell, heard) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("somebody comes");
            let mut bytes = Vec::new();
            let mut piece = [0; 4_096];
            let (query, body) = loop {
                let read = stream.read(&mut piece).await.expect("it can be read");
                bytes.extend_from_slice(&piece[..read]);
                if let Some(request) = whole(&bytes) {
                    break request;
                }
            };
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nsuccess";
            stream.write_all(answer).await.expect("it can be answered");
            tell.send((query, body)).expect("somebody listens");
        });
        Self { url, heard }
    }

    async fn heard(self) -> (String, Vec<u8>) {
        self.heard.await.expect("something was said")
    }
}

/// The query and the body of a request, once it is whole.
fn whole(bytes: &[u8]) -> Option<(String, Vec<u8>)> {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let length: usize =
        head.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse().ok()?;
    let body = bytes.get(end + 4..end + 4 + length)?.to_vec();
    let first = String::from_utf8_lossy(&bytes[..end]).lines().next()?.to_owned();
    let query = first.split(' ').nth(1)?.split_once('?')?.1.to_owned();
    Some((query, body))
}
