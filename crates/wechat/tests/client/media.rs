//! Pictures and sounds: asked about now, looked at later, and told by a push.

use serde_json::json;
use wechat::push::{Event, MediaVerdict};
use wechat::stand_in::{FaultKind, PushFormat, UserFacts};
use wechat::{MediaKind, Outage, Scene as Shown, Suggestion, WechatError};

use crate::receiver::{Server, begin};
use crate::support::{OPENID, Scene};

const MEDIA: &str = "/wxa/media_check_async";
/// Of `hello world`.
const HELLO_SHA256: &str = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";

async fn signed_in() -> (Scene, Server) {
    let (scene, server) = begin().await;
    scene.client.sign_in(&scene.new_code()).await.unwrap();
    (scene, server)
}

async fn ask(scene: &Scene, url: &str) -> Result<String, WechatError> {
    scene.client.check_media(url, MediaKind::Image, Shown::Forum, OPENID).await
}

/// What the server was told, by id.
fn told(server: &Server) -> Vec<(String, MediaVerdict)> {
    let read = |event| match event {
        Event::MediaChecked { trace_id, verdict: MediaVerdict::Looked { suggestion, .. } } => {
            (trace_id, looked(suggestion))
        }
        Event::MediaChecked { trace_id, verdict } => (trace_id, verdict),
        other => panic!("{other:?}"),
    };
    server.events().into_iter().map(read).collect()
}

fn looked(suggestion: Suggestion) -> MediaVerdict {
    MediaVerdict::Looked { suggestion, label: 0 }
}

#[tokio::test]
async fn a_picture_is_fetched_and_what_is_found_is_pushed() {
    for format in [PushFormat::Json, PushFormat::Xml] {
        let (scene, server) = signed_in().await;
        let mut settings = server.settings();
        settings.format = format;
        scene.wechat().set_push(&settings).unwrap();
        let url = server.offer("hello.jpg", "hello world");
        let trace_id = ask(&scene, &url).await.unwrap();
        assert!(server.heard().is_empty() && scene.wechat().media()[0].found.is_none(), "nobody has looked");

        let finished = scene.post("/_media/finish", &json!({})).await;
        let job = &finished.json[0];
        assert_eq!(
            (job["trace_id"].as_str(), &job["found"]["sha256"]),
            (Some(trace_id.as_str()), &json!(HELLO_SHA256))
        );
        assert_eq!((&job["found"]["bytes"], &job["pushes"][0]["accepted"]), (&json!(11), &json!(true)));
        assert_eq!(told(&server), [(trace_id.clone(), looked(Suggestion::Pass))]);
        assert_eq!(scene.post("/_media/finish", &json!({})).await.json, json!([]), "all are finished");
        let jobs = scene.get("/_media", &[]).await.json;
        assert_eq!((&jobs[0]["url"], &jobs[0]["openid"]), (&json!(url), &json!(OPENID)));
        assert!(!scene.get("/_calls", &[]).await.json.to_string().contains("hello.jpg"));
    }
}

#[tokio::test]
async fn what_is_found_is_what_was_ordered() {
    let (scene, server) = signed_in().await;
    for verdict in [
        json!({ "sha256": HELLO_SHA256, "suggest": "risky", "label": 20002 }),
        json!({ "url": "doubtful", "suggest": "review" }),
    ] {
        assert_eq!(scene.post("/_media/verdicts", &verdict).await.status, 204);
    }
    for name in ["a.jpg", "doubtful.jpg"] {
        let bytes = if name == "a.jpg" { "hello world" } else { "something" };
        ask(&scene, &server.offer(name, bytes)).await.unwrap();
    }
    scene.post("/_media/verdicts", &json!({ "next": 1, "suggest": "risky", "label": 20001 })).await;
    ask(&scene, &server.offer("b.jpg", "politics")).await.unwrap();
    ask(&scene, &server.offer("c.jpg", "after that")).await.unwrap();
    let finished = scene.wechat().finish_media(None, 1).await.unwrap();
    let labels: Vec<_> = finished.iter().map(|one| one.job.found.as_ref().unwrap().label).collect();
    assert_eq!(labels, [Some(20002), Some(21000), Some(20001), Some(100)]);
    let verdicts: Vec<_> = told(&server).into_iter().map(|(_, verdict)| verdict).collect();
    let expected = [Suggestion::Risky, Suggestion::Review, Suggestion::Risky, Suggestion::Pass].map(looked);
    assert_eq!(verdicts, expected);

    for bad in [
        json!({ "suggest": "risky" }),
        json!({ "suggest": "perhaps", "next": 1 }),
        json!({ "suggest": "risky", "label": 10001, "next": 1 }),
        json!({ "suggest": "risky", "next": 1, "url": "a" }),
        json!({ "suggest": "risky", "next": 4_000_000_000_u32 }),
    ] {
        assert_eq!(scene.post("/_media/verdicts", &bad).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn what_cannot_be_fetched_is_told_as_such() {
    let (scene, server) = signed_in().await;
    let here = server.offer("here.jpg", "hello world");
    let largest = server.offer("largest.jpg", vec![7; 10 * 1024 * 1024]);
    let too_large = server.offer("too-large.jpg", vec![7; 10 * 1024 * 1024 + 1]);
    let empty = server.offer("empty.jpg", "");
    let (missing, moved) = (format!("{}/files/none.jpg", server.url), format!("{}/moved?{here}", server.url));
    for (url, verdict) in [
        (&largest, looked(Suggestion::Pass)),
        (&too_large, MediaVerdict::Failed { errcode: -1008 }),
        (&empty, MediaVerdict::Failed { errcode: -1008 }),
        (&missing, MediaVerdict::Failed { errcode: -1008 }),
        (&moved, MediaVerdict::Failed { errcode: -1008 }),
        (&"http://127.0.0.1:1/nobody.jpg".to_owned(), MediaVerdict::Failed { errcode: -1008 }),
    ] {
        let trace_id = ask(&scene, url).await.unwrap();
        scene.wechat().finish_media(None, 1).await.unwrap();
        assert_eq!(told(&server), [(trace_id, verdict)], "{url}");
    }
}

#[tokio::test]
async fn what_is_found_comes_in_any_order_and_more_than_once() {
    let (scene, server) = signed_in().await;
    let mut ids = Vec::new();
    for name in ["1.jpg", "2.jpg", "3.jpg"] {
        ids.push(ask(&scene, &server.offer(name, name)).await.unwrap());
    }
    let order = json!({ "trace_ids": [ids[2], ids[0]], "times": 2 });
    assert_eq!(scene.post("/_media/finish", &order).await.status, 200);
    let heard = server.heard();
    let messages: Vec<_> = heard.into_iter().map(Result::unwrap).collect();
    assert!(
        messages[0].identity() == messages[1].identity() && messages[1].identity() != messages[2].identity()
    );
    // Later the same is told once more, as if it were new; it is the same message.
    scene.wechat().advance_s(1_800);
    scene.wechat().finish_media(Some(&ids), 1).await.unwrap();
    let heard = server.heard();
    let again: Vec<_> = heard.into_iter().map(|heard| heard.unwrap().identity()).collect();
    assert_eq!((&again[0], &again[2]), (&messages[2].identity(), &messages[0].identity()));

    let unknown = json!({ "trace_ids": ["nobody"] });
    assert_eq!(scene.post("/_media/finish", &unknown).await.status, 404);
}

#[tokio::test]
async fn what_is_found_can_come_before_the_answer_and_by_itself() {
    let (scene, server) = signed_in().await;
    assert_eq!(scene.post("/_media/settings", &json!({ "after_ms": 0 })).await.status, 204);
    let url = server.offer("1.jpg", "hello world");
    scene.fault(MEDIA, FaultKind::Hold, 1);
    let asking = {
        let client = scene.client.clone();
        tokio::spawn(async move { client.check_media(&url, MediaKind::Image, Shown::Forum, OPENID).await })
    };
    let awaited = json!({ "path": MEDIA, "times": 1 });
    assert_eq!(scene.post("/_calls/await", &awaited).await.status, 204);
    scene.wechat().until_settled().await.unwrap();
    let before = told(&server);
    assert!(before.len() == 1 && !asking.is_finished(), "told, and not answered");
    assert_eq!(scene.post("/_faults/let_go", &json!({})).await.status, 204);
    assert_eq!(asking.await.unwrap().as_ref(), Ok(&before[0].0));

    scene.wechat().set_media_after_ms(None);
    ask(&scene, &server.offer("2.jpg", "hello world")).await.unwrap();
    scene.wechat().until_settled().await.unwrap();
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn a_picture_is_looked_at_only_for_who_was_there_within_two_hours() {
    let (scene, server) = signed_in().await;
    let url = server.offer("1.jpg", "hello world");
    scene.wechat().advance_s(7_200);
    assert!(ask(&scene, &url).await.is_ok());
    assert_eq!(ask(&scene, &url).await, Err(WechatError::AskedJustNow));
    scene.wechat().advance_s(1);
    assert_eq!(ask(&scene, &url).await, Err(WechatError::NotSeenLately));
    let by = async |openid| scene.client.check_media(&url, MediaKind::Audio, Shown::Comment, openid).await;
    assert_eq!(by("oNobody").await, Err(WechatError::UnknownUser { errcode: 40003 }));
    scene.wechat().set_user(UserFacts { openid: "oAway".into(), ..UserFacts::default() }).unwrap();
    assert_eq!(by("oAway").await, Err(WechatError::NotSeenLately));

    scene.client.sign_in(&scene.new_code()).await.unwrap();
    scene.wechat().advance_s(60);
    assert!(ask(&scene, &url).await.is_ok(), "a minute later it may be asked about again");
}

#[tokio::test]
async fn a_check_that_may_have_been_made_is_not_asked_for_again() {
    let (scene, server) = signed_in().await;
    let url = server.offer("1.jpg", "hello world");
    scene.fault(MEDIA, FaultKind::Errcode { errcode: -1 }, 2);
    assert!(ask(&scene, &url).await.is_ok(), "who is busy has made none");
    assert_eq!(scene.calls(MEDIA).len(), 3);

    for (number, (kind, outage)) in
        [(FaultKind::Truncated, Outage::Unreadable), (FaultKind::BadGateway, Outage::Status(502))]
            .into_iter()
            .enumerate()
    {
        scene.wechat().clear_calls();
        scene.fault(MEDIA, kind, 1);
        let url = server.offer(&format!("lost-{number}.jpg"), "hello world");
        assert_eq!(ask(&scene, &url).await, Err(WechatError::Unavailable(outage)));
        assert_eq!(scene.calls(MEDIA).len(), 1);
    }
    for errcode in [44991, 45009] {
        scene.wechat().clear_calls();
        scene.fault(MEDIA, FaultKind::Errcode { errcode }, 1);
        assert_eq!(ask(&scene, &url).await, Err(WechatError::TooOften { errcode }));
        assert_eq!(scene.calls(MEDIA).len(), 1);
    }
    scene.wechat().clear_calls();
    for never in ["", "1.jpg", "file:///etc/passwd"] {
        assert_eq!(ask(&scene, never).await, Err(WechatError::BadMessage { errcode: 40097 }));
    }
    assert!(scene.calls(MEDIA).is_empty(), "what cannot be fetched is not sent");
    scene.wechat().kill_tokens(None).unwrap();
    let url = server.offer("2.jpg", "hello world");
    assert!(
        ask(&scene, &url).await.is_ok(),
        "a token that another program has renewed costs one more request"
    );
}

#[tokio::test]
async fn a_check_names_what_is_wrong_with_it() {
    let (scene, server) = signed_in().await;
    let token = scene.client.token().await.unwrap();
    let url = server.offer("1.jpg", "hello world");
    let whole = json!({ "media_url": url, "media_type": 2, "version": 2, "scene": 3, "openid": OPENID });
    let path = format!("{MEDIA}?access_token={}", token.reveal());
    for (field, value, errcode) in [
        ("media_type", json!(3), 40004),
        ("scene", json!(5), 40129),
        ("version", json!(1), 40097),
        ("media_url", json!("ftp://p.example/1.jpg"), 40097),
        ("openid", json!("oNobody"), 40003),
    ] {
        let mut wrong = whole.clone();
        wrong[field] = value;
        assert_eq!(scene.post(&path, &wrong).await.errcode(), errcode, "{wrong}");
    }
    assert_eq!(scene.post(&path, &whole).await.errcode(), 0);
    assert_eq!(scene.post(&path, &whole).await.errcode(), 87020);
    assert_eq!(scene.post(MEDIA, &whole).await.errcode(), 41001);
}
