//! The control paths over HTTP, and what may never be read: in the journal, in `Debug`, in the log.

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};
use wechat::stand_in::{FaultKind, RecordedCall};
use wechat::{Client, MediaKind, Scene as Shown, WechatError};

use crate::support::{ACCESS, APP_SECRET, OPENID, SIGN_IN, STABLE_TOKEN, Scene};

#[tokio::test]
async fn a_person_can_do_over_http_what_a_test_does() {
    let scene = Scene::begin().await;
    let code = scene.post("/_codes", &json!({ "openid": OPENID })).await;
    assert_eq!(code.status, 201);
    scene.post("/_users", &json!({ "openid": OPENID, "unionid": "uAlice" })).await;
    scene.post("/_apps", &json!({ "bound": true })).await;
    let identity = scene.client.sign_in(&code.text("code")).await.unwrap();
    assert_eq!((identity.openid.as_str(), identity.unionid.as_deref()), (OPENID, Some("uAlice")));

    let fault = json!({ "path": SIGN_IN, "kind": "errcode", "errcode": 40226 });
    assert_eq!(scene.post("/_faults", &fault).await.status, 204);
    assert_eq!(scene.client.sign_in(&scene.new_code()).await, Err(WechatError::UserBlocked));

    let late = scene.new_code();
    scene.post("/_clock", &json!({ "advance_s": 301 })).await;
    assert_eq!(scene.client.sign_in(&late).await, Err(WechatError::InvalidCode));

    scene.client.token().await.unwrap();
    assert_eq!(scene.post("/_tokens/kill", &json!({})).await.status, 204);
    scene.client.check_access().await.unwrap();
    assert_eq!(scene.post("/_codes", &json!({ "openid": OPENID, "app_id": "wxnobody" })).await.status, 404);
}

#[tokio::test]
async fn the_journal_shows_what_was_sent_but_no_secret() {
    let scene = Scene::begin().await;
    let code = scene.new_code();
    for _ in 0..2 {
        scene.client.sign_in(&code).await.ok();
    }
    scene.client.check_access().await.unwrap();
    let answer = scene.get("/_calls", &[]).await;
    let text = answer.json.to_string();
    let token = scene.client.token().await.unwrap();
    for secret in [APP_SECRET, &code, OPENID, token.reveal()] {
        assert!(!text.contains(secret), "{text}");
    }
    let calls: Vec<RecordedCall> = serde_json::from_value(answer.json).unwrap();
    let seen: Vec<_> =
        calls.iter().map(|call| (call.method.as_str(), call.path.as_str(), call.errcode)).collect();
    assert_eq!(
        seen,
        [("GET", SIGN_IN, 0), ("GET", SIGN_IN, 40163), ("POST", STABLE_TOKEN, 0), ("GET", ACCESS, 0)]
    );
    assert_eq!(calls[0].query["js_code"], calls[1].query["js_code"], "equal values have equal marks");
}

#[test]
fn debug_output_and_log_hold_no_secret() {
    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    // One thread, so that every event of the client meets this log.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (secrets, shown) = runtime.block_on(a_bad_day());
    drop(guard);
    let text = log.0.lock().unwrap().clone();
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret} in the log:\n{text}");
        assert!(!shown.contains(&secret), "{secret} in: {shown}");
    }
    assert!(text.contains("wechat.rid=") && text.contains("wechat.errcode=40163"), "{text}");
    assert!(text.contains("wechat.outage="), "{text}");
}

/// Every kind of failure once; returns what must stay hidden, and all that was printed of the values.
async fn a_bad_day() -> (Vec<String>, String) {
    let scene = Scene::begin().await;
    let client: Client = scene.client.clone();
    let mut shown = format!("{client:?} {:?} {:?}", scene.running, scene.wechat());
    let code = scene.new_code();
    let identity = client.sign_in(&code).await.unwrap();
    write!(shown, "{identity:?}").unwrap();
    let token = client.token().await.unwrap();
    write!(shown, "{token:?}").unwrap();
    let mut failures = vec![client.sign_in(&code).await.unwrap_err()];
    scene.fault(ACCESS, FaultKind::Errcode { errcode: 40001 }, 1);
    failures.push(client.check_access().await.unwrap_err());
    for kind in [FaultKind::Truncated, FaultKind::BadGateway, FaultKind::Errcode { errcode: 48001 }] {
        scene.fault(SIGN_IN, kind, 1);
        failures.push(client.sign_in(&scene.new_code()).await.unwrap_err());
    }
    let picture = "http://127.0.0.1:1/1.jpg?signature=of-a-picture";
    for kind in [FaultKind::Truncated, FaultKind::Errcode { errcode: 87020 }] {
        scene.fault("/wxa/media_check_async", kind, 1);
        let asked = client.check_media(picture, MediaKind::Image, Shown::Forum, OPENID);
        failures.push(asked.await.unwrap_err());
    }
    let told = scene.wechat().finish_media(None, 1).await.unwrap();
    write!(shown, "{told:?} {:?}", scene.wechat().media()).unwrap();
    let secrets = vec![picture.into(), APP_SECRET.into(), code.clone(), OPENID.into(), token.reveal().into()];
    scene.running.stop().await;
    failures.push(client.sign_in(&code).await.unwrap_err());
    for failure in failures {
        write!(shown, "{failure} {failure:?}").unwrap();
    }
    (secrets, shown)
}

/// A log that keeps every event of every level as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut Line(&mut self.0.lock().unwrap()));
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = self.0.lock().unwrap();
        event.record(&mut Line(&mut text));
        text.push('\n');
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}
