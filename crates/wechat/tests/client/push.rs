//! What the stand-in tells a server is read by the receiver of production, in each mode and format; and what WeChat does when it is not.

use serde_json::{Map, Value, json};
use wechat::push::{Event, PushError, Sent, Subscription};
use wechat::stand_in::{
    ControlError, Delivered, How, NamedEvent, PushFormat, PushMode, SubscriptionAnswer, TemplateFacts,
};
use wechat::{Release, SubscriptionMessage};

use crate::receiver::{KEY, Manner, Server, begin};
use crate::support::{APP_ID, OPENID, Scene};

const SEND: &str = "/_push/send";
const MODES: [PushMode; 3] = [PushMode::Plain, PushMode::Compatible, PushMode::Secure];
const FORMATS: [PushFormat; 2] = [PushFormat::Json, PushFormat::Xml];

fn debug_demo() -> Map<String, Value> {
    json!({ "Event": "debug_demo", "FromUserName": OPENID, "debug_str": "好人 <& ]]> 好事" })
        .as_object()
        .unwrap()
        .clone()
}

/// A stand-in that tells this server in a mode and a format.
async fn telling(mode: PushMode, format: PushFormat) -> (Scene, Server) {
    let scene = Scene::begin().await;
    let key = (mode != PushMode::Plain).then_some(KEY);
    let server = Server::beside(&scene, key);
    let mut settings = server.settings();
    settings.encoding_aes_key = key.map(str::to_owned);
    (settings.mode, settings.format) = (Some(mode), format);
    scene.wechat().set_push(&settings).unwrap();
    (scene, server)
}

fn statuses(delivered: &[Delivered]) -> Vec<Vec<Option<u16>>> {
    delivered.iter().map(|one| one.tries.iter().map(|tried| tried.status).collect()).collect()
}

#[tokio::test]
async fn an_address_is_verified_by_what_it_sends_back() {
    let (scene, server) = begin().await;
    let answer = scene.post("/_push/verify", &json!({})).await;
    assert_eq!((&answer.json["verified"], &answer.json["status"]), (&json!(true), &json!(200)));

    let mut settings = server.settings();
    settings.token = "another".to_owned();
    scene.wechat().set_push(&settings).unwrap();
    let refused = scene.wechat().verify_push(None).await.unwrap();
    assert_eq!((refused.verified, refused.tried.status), (false, Some(403)));
}

#[tokio::test]
async fn a_message_is_read_in_every_mode_and_format() {
    for mode in MODES {
        for format in FORMATS {
            let (scene, server) = telling(mode, format).await;
            let told = scene.wechat().push_event(None, &debug_demo(), &How::default()).await.unwrap();
            assert_eq!(statuses(&told), [[Some(200)]], "{mode:?} {format:?}");
            assert!(told[0].accepted && told[0].event == "debug_demo");
            let heard = server.heard().remove(0).unwrap();
            assert_eq!((heard.from.as_str(), heard.event.as_str()), (OPENID, "debug_demo"));
            assert_eq!(heard.body["debug_str"], "好人 <& ]]> 好事", "{mode:?} {format:?}");
            let body = server.bodies().remove(0);
            assert_eq!(body.contains("debug_str"), mode != PushMode::Secure, "{body}");
            assert_eq!(body.contains("Encrypt"), mode != PushMode::Plain, "{body}");
            assert_eq!(body.starts_with("<xml>"), format == PushFormat::Xml, "{body}");
        }
    }
}

#[tokio::test]
async fn a_message_is_read_however_long_its_padding_is() {
    for format in FORMATS {
        let (scene, server) = telling(PushMode::Secure, format).await;
        for pad in 1..=32 {
            let how = How { pad: Some(pad), ..How::default() };
            let told = scene.wechat().push_event(None, &debug_demo(), &how).await.unwrap();
            assert!(told[0].accepted, "{pad}");
        }
        assert_eq!(server.events().len(), 32);
        let bodies = server.bodies();
        let lengths = bodies.iter().map(String::len).collect::<std::collections::BTreeSet<_>>();
        assert!(lengths.len() <= 2, "thirty-two bytes are one block of what it is padded to");
    }
}

#[tokio::test]
async fn the_events_about_messages_are_as_wechat_writes_them() {
    let answer = |template: &str, accepted| SubscriptionAnswer { template: template.into(), accepted };
    let read = |template: &str, accepted| Subscription { template: template.into(), accepted };
    for format in FORMATS {
        let (scene, server) = telling(PushMode::Plain, format).await;
        let tell = async |event: NamedEvent| {
            let told = scene.wechat().push_named(None, &event, &How::default()).await.unwrap();
            assert!(told[0].accepted);
            (server.events().remove(0), server.bodies().remove(0))
        };
        let openid = || OPENID.to_owned();
        let two = vec![answer("T1", true), answer("T2", false)];
        let (event, body) = tell(NamedEvent::Popup { openid: openid(), answers: two, alone: false }).await;
        assert_eq!(event, Event::Subscribed(vec![read("T1", true), read("T2", false)]));
        assert_eq!(body.contains("SubscribeMsgPopupEvent"), format == PushFormat::Xml);
        assert_eq!(
            body.contains(r#""CreateTime":""#),
            format == PushFormat::Json,
            "a number is a text: {body}"
        );

        for alone in [false, true] {
            let one = vec![answer("T1", false)];
            let (event, body) = tell(NamedEvent::Change { openid: openid(), answers: one, alone }).await;
            assert_eq!(event, Event::Subscribed(vec![read("T1", false)]));
            assert_eq!(body.contains(r#""List":["#), format == PushFormat::Json && !alone, "{body}");
        }
        let (template, msg_id) = ("T1".to_owned(), "1864323726461255680".to_owned());
        let sent = NamedEvent::Sent { openid: openid(), template, msg_id, errcode: 43101, alone: true };
        let expected = Sent { template: "T1".into(), message: "1864323726461255680".into(), errcode: 43101 };
        assert_eq!(tell(sent).await.0, Event::Sent(vec![expected]));
    }
}

#[tokio::test]
async fn the_events_about_people_are_as_wechat_writes_them() {
    for (format, blank) in [(PushFormat::Json, false), (PushFormat::Json, true), (PushFormat::Xml, true)] {
        let (scene, server) = telling(PushMode::Secure, format).await;
        let openid = || OPENID.to_owned();
        for (event, expected) in [
            (
                NamedEvent::Revoke { openid: openid(), of: vec![6, 8], blank },
                Event::Revoked { openid: openid(), of: vec![6, 8] },
            ),
            (NamedEvent::Cancel { openid: openid(), blank }, Event::Cancelled { openid: openid() }),
            (NamedEvent::Modified { openid: openid(), blank }, Event::Modified { openid: openid() }),
        ] {
            scene.wechat().push_named(None, &event, &How::default()).await.unwrap();
            assert_eq!(server.events(), [expected]);
        }
    }
    // The blank is really there.
    let (scene, server) = telling(PushMode::Plain, PushFormat::Json).await;
    let blank = NamedEvent::Modified { openid: OPENID.into(), blank: true };
    scene.wechat().push_named(None, &blank, &How::default()).await.unwrap();
    assert!(server.bodies()[0].contains(r#"" OpenID""#));
}

#[tokio::test]
async fn what_is_not_wechats_is_refused_and_tried_three_times() {
    let (scene, server) = telling(PushMode::Secure, PushFormat::Json).await;
    for (how, error) in [
        (How { bad_signature: true, ..How::default() }, PushError::NotOurs),
        (How { wrong_app_id: true, ..How::default() }, PushError::NotOurs),
        (How { old_by_s: 601, ..How::default() }, PushError::Stale),
        (How { old_by_s: -601, ..How::default() }, PushError::Stale),
    ] {
        let told = scene.wechat().push_event(None, &debug_demo(), &how).await.unwrap();
        assert_eq!(statuses(&told), [[Some(403); 3]], "{how:?}");
        assert_eq!(server.heard(), [Err(error), Err(error), Err(error)], "{how:?}");
    }
    let fresh = How { old_by_s: 600, ..How::default() };
    assert!(scene.wechat().push_event(None, &debug_demo(), &fresh).await.unwrap()[0].accepted);
    // A plain message is not taken by who has a key.
    scene.wechat().set_push(&server.settings()).unwrap();
    server.heard();
    assert!(!scene.wechat().push_event(None, &debug_demo(), &How::default()).await.unwrap()[0].accepted);
    assert_eq!(server.heard()[0], Err(PushError::NotOurs));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_three_times_and_any_answer_ends_it() {
    let (scene, server) = begin().await;
    let mut settings = server.settings();
    // Time enough for each try to be heard on the busiest machine.
    settings.answer_within_ms = 1_000;
    scene.wechat().set_push(&settings).unwrap();
    server.answer(Manner::Silence);
    let told = scene.wechat().push_event(None, &debug_demo(), &How::default()).await.unwrap();
    assert_eq!((statuses(&told), told[0].accepted), (vec![vec![None; 3]], false));
    let heard = server.heard();
    let identities: Vec<_> = heard.into_iter().map(|heard| heard.unwrap().identity()).collect();
    assert!(identities.len() == 3 && identities.iter().all(|id| *id == identities[0]), "{identities:?}");

    scene.wechat().set_push(&server.settings()).unwrap();
    for (manner, tries, accepted) in [
        (Manner::Success, vec![Some(200)], true),
        (Manner::Empty, vec![Some(200)], true),
        (Manner::Other, vec![Some(200)], false),
        (Manner::Failure, vec![Some(500); 3], false),
    ] {
        server.answer(manner);
        let told = scene.wechat().push_event(None, &debug_demo(), &How::default()).await.unwrap();
        assert_eq!((statuses(&told), told[0].accepted), (vec![tries], accepted));
    }
}

#[tokio::test]
async fn a_message_that_is_told_again_is_the_same_message() {
    for (mode, format) in MODES.into_iter().flat_map(|mode| FORMATS.map(|format| (mode, format))) {
        let (scene, server) = telling(mode, format).await;
        let how = How { times: 3, ..How::default() };
        let told = scene.wechat().push_event(None, &debug_demo(), &how).await.unwrap();
        assert_eq!(statuses(&told), [[Some(200)], [Some(200)], [Some(200)]]);
        let heard = server.heard();
        let identities: Vec<_> = heard.into_iter().map(|heard| heard.unwrap().identity()).collect();
        assert!(identities.iter().all(|id| *id == identities[0]), "{identities:?}");
        let bodies = server.bodies();
        assert_eq!(bodies[0] == bodies[1], mode == PushMode::Plain, "each is enciphered anew");
    }
}

#[tokio::test]
async fn a_person_can_push_over_http() {
    let scene = Scene::begin().await;
    let server = Server::beside(&scene, Some(KEY));
    let event = json!({ "event": debug_demo() });
    assert_eq!(scene.post(SEND, &event).await.status, 409, "nobody has said where to");
    let settings = json!({ "url": format!("{}/push", server.url), "token": crate::receiver::TOKEN,
        "encoding_aes_key": KEY, "mode": "secure", "format": "xml" });
    assert_eq!(scene.post("/_push/settings", &settings).await.status, 204);
    let told = scene.post(SEND, &event).await;
    assert_eq!((told.status, &told.json[0]["accepted"]), (200, &json!(true)), "{told:?}");
    assert_eq!(told.json[0]["tries"][0]["body"], "success");
    for named in [
        json!({ "what": "popup", "openid": OPENID, "answers": [{ "template": "T1", "accepted": true }] }),
        json!({ "what": "revoke", "openid": OPENID, "of": [6] }),
        json!({ "what": "modified", "openid": OPENID, "blank": true }),
    ] {
        let told = scene.post(SEND, &json!({ "named": named, "how": { "times": 2 } })).await;
        assert_eq!((told.status, told.json.as_array().unwrap().len()), (200, 2), "{told:?}");
    }
    assert_eq!(server.events().len(), 7);

    for (field, value) in [
        ("url", json!("http://192.168.0.1/push")),
        ("url", json!("https://mini.example/push")),
        ("url", json!("file:///etc/passwd")),
        ("url", json!("push")),
        ("token", json!("")),
        ("encoding_aes_key", json!("short")),
        ("encoding_aes_key", json!(null)),
        ("answer_within_ms", json!(0)),
    ] {
        let mut wrong = settings.clone();
        wrong[field] = value;
        assert_eq!(scene.post("/_push/settings", &wrong).await.status, 400, "{wrong}");
    }
    let unknown = json!({ "url": server.url, "token": "t", "app_id": "wxnobody" });
    assert_eq!(scene.post("/_push/settings", &unknown).await.status, 404);
    for bad in [
        json!({}),
        json!({ "event": {} }),
        json!({ "event": debug_demo(), "how": { "pad": 33 } }),
        json!({ "event": debug_demo(), "how": { "times": 101 } }),
        json!({ "event": { "Event": "e", "not a name": 1 } }),
        json!({ "event": debug_demo(), "named": { "what": "cancel", "openid": OPENID } }),
    ] {
        assert_eq!(scene.post(SEND, &bad).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn an_answer_to_the_popup_is_told_and_is_good_for_one_message() {
    let (scene, server) = begin().await;
    let body = json!({ "openid": OPENID, "template": "T1", "push": true });
    let told = scene.post("/_subscriptions", &body).await;
    assert_eq!((told.status, &told.json[0]["event"]), (200, &json!("subscribe_msg_popup_event")));
    let rejected = json!({ "openid": OPENID, "template": "T1", "push": true, "accepted": false });
    assert_eq!(scene.post("/_subscriptions", &rejected).await.status, 200);
    let read = |accepted| Event::Subscribed(vec![Subscription { template: "T1".into(), accepted }]);
    assert_eq!(server.events(), [read(true), read(false)]);

    let facts = TemplateFacts { id: "T1".into(), names: vec!["thing1".into()], banned: false };
    scene.wechat().set_template(facts);
    scene.client.sign_in(&scene.new_code()).await.unwrap();
    assert_eq!(scene.client.send_message(&message("一"), Release::Release).await, Ok(()));
    assert!(scene.client.send_message(&message("二"), Release::Release).await.is_err());
}

#[tokio::test]
async fn what_became_of_a_message_is_told_where_the_console_says_so() {
    let (scene, server) = begin().await;
    scene.client.sign_in(&scene.new_code()).await.unwrap();
    let facts = TemplateFacts { id: "T1".into(), names: vec!["thing1".into()], banned: false };
    scene.wechat().set_template(facts);
    let send = async |thing: &str| {
        scene.wechat().subscribe(None, OPENID, "T1").unwrap();
        scene.client.send_message(&message(thing), Release::Trial).await.unwrap();
        assert_eq!(scene.post("/_push/settle", &json!({})).await.status, 204);
    };
    send("一").await;
    assert!(server.heard().is_empty(), "nobody has said so");
    let mut settings = server.settings();
    settings.sent_events = true;
    scene.wechat().set_push(&settings).unwrap();
    send("二").await;

    let messages = scene.get("/_messages", &[]).await.json;
    let id = messages[1]["msg_id"].as_str().unwrap().to_owned();
    assert_eq!(server.events(), [Event::Sent(vec![Sent { template: "T1".into(), message: id, errcode: 0 }])]);
    assert_eq!(scene.get("/_push", &[]).await.json[0]["event"], "subscribe_msg_sent_event");
    assert_eq!(
        (&messages[1]["openid"], &messages[1]["page"], &messages[1]["state"], &messages[1]["values"]),
        (&json!(OPENID), &json!("pages/deed/deed?id=1"), &json!("trial"), &json!({ "thing1": "二" }))
    );
    assert!(!scene.get("/_calls", &[]).await.json.to_string().contains(OPENID));
}

#[tokio::test]
async fn an_app_without_an_address_is_told_nothing() {
    let scene = Scene::begin().await;
    let event = NamedEvent::Cancel { openid: OPENID.into(), blank: false };
    let refused = scene.wechat().push_named(None, &event, &How::default()).await;
    assert_eq!(refused, Err(ControlError::NoPush));
    assert!(scene.wechat().verify_push(Some(APP_ID)).await.is_err());
}

fn message(thing: &str) -> SubscriptionMessage {
    SubscriptionMessage {
        openid: OPENID.into(),
        template: "T1".into(),
        page: Some("pages/deed/deed?id=1".into()),
        values: [("thing1".to_owned(), thing.to_owned())].into(),
    }
}
