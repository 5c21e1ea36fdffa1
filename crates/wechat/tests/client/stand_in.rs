//! The stand-in's own faithfulness: what WeChat's documents and answers say, asked without the client.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use wechat::stand_in::{StandIn, StandInError};

use crate::support::{APP_ID, APP_SECRET, NOON_US, OPENID, SIGN_IN, STABLE_TOKEN, Scene, TOKEN};

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let stand_in = StandIn::new(APP_ID, APP_SECRET, Arc::new(|| NOON_US));
    let refused = stand_in.start("0.0.0.0:0".parse().unwrap()).await;
    assert!(matches!(refused, Err(StandInError::NotLoopback(_))));
}

#[tokio::test]
async fn a_refusal_is_http_200_with_a_request_id() {
    let scene = Scene::begin().await;
    let answer = scene.exchange("never-issued").await;
    assert_eq!((answer.status, answer.content_type.as_str(), answer.errcode()), (200, "text/plain", 40029));
    let errmsg = answer.text("errmsg");
    let rid = errmsg.strip_prefix("invalid code rid: ").unwrap();
    assert!(rid.len() == 26 && rid.split('-').all(|group| group.len() == 8), "{errmsg}");
}

#[tokio::test]
async fn each_sign_in_rotates_the_session_key() {
    let scene = Scene::begin().await;
    let first = scene.exchange(&scene.new_code()).await;
    let second = scene.exchange(&scene.new_code()).await;
    assert_eq!(first.content_type, "text/plain");
    assert_eq!(first.text("openid"), second.text("openid"));
    assert_ne!(first.text("session_key"), second.text("session_key"));
    assert!(first.json.get("unionid").is_none() && first.json.get("errcode").is_none());
}

#[tokio::test]
async fn the_exchange_names_what_is_missing() {
    let scene = Scene::begin().await;
    let all =
        [("appid", APP_ID), ("secret", APP_SECRET), ("js_code", "x"), ("grant_type", "authorization_code")];
    for (name, errcode) in [("appid", 41002), ("secret", 41004), ("js_code", 41008), ("grant_type", 40002)] {
        let rest: Vec<_> = all.into_iter().filter(|(present, _)| *present != name).collect();
        assert_eq!(scene.get(SIGN_IN, &rest).await.errcode(), errcode, "{name}");
    }
    let stranger = [("appid", "wxnobody"), ("secret", APP_SECRET)];
    assert_eq!(scene.get(SIGN_IN, &stranger).await.errcode(), 40013);
    assert_eq!(scene.get(SIGN_IN, &[("appid", APP_ID), ("secret", "wrong")]).await.errcode(), 40125);
    assert_eq!(scene.post(SIGN_IN, &json!({})).await.errcode(), 43001);
}

#[tokio::test]
async fn the_stable_token_names_what_is_wrong() {
    let scene = Scene::begin().await;
    let whole = json!({ "grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET });
    let wrong = [
        ("grant_type", json!("password"), 40002),
        ("appid", json!(""), 41002),
        ("appid", json!("wxnobody"), 40013),
        ("secret", json!(""), 41004),
        ("secret", json!("wrong"), 40125),
    ];
    for (field, value, errcode) in wrong {
        let mut body = whole.clone();
        body[field] = value;
        assert_eq!(scene.post(STABLE_TOKEN, &body).await.errcode(), errcode, "{body}");
    }
    assert_eq!(scene.get(STABLE_TOKEN, &[("appid", APP_ID)]).await.errcode(), 43002);
    assert_eq!(scene.post_text(STABLE_TOKEN, "").await.errcode(), 44002);
    assert_eq!(scene.post_text(STABLE_TOKEN, "appid=wx&secret=s").await.errcode(), 47001);
}

#[tokio::test]
async fn the_stable_token_stays_while_its_life_runs_down() {
    let scene = Scene::begin().await;
    let first = scene.stable_token(false).await;
    assert_eq!((first.status, &first.json["expires_in"]), (200, &json!(7200)));
    scene.wechat().advance_s(6855);
    let same = scene.stable_token(false).await;
    assert_eq!(
        (same.text("access_token"), &same.json["expires_in"]),
        (first.text("access_token"), &json!(345))
    );
    let forced = scene.stable_token(true).await.text("access_token");
    assert_eq!(scene.standing(&first.text("access_token")).await, 40001);
    assert_eq!(scene.standing(&forced).await, 0);
}

#[tokio::test]
async fn a_token_is_judged_by_its_history() {
    let scene = Scene::begin().await;
    let first = scene.normal_token().await;
    let stable = scene.stable_token(false).await.text("access_token");
    let second = scene.normal_token().await;
    assert_eq!(scene.standing(&first).await, 0, "the one before lives on for five minutes");
    scene.wechat().advance_s(300);
    assert_eq!(scene.standing(&first).await, 40001);
    assert_eq!(scene.standing(&second).await, 0);
    assert_eq!(scene.standing(&stable).await, 0, "the two kinds do not disturb each other");
    scene.wechat().advance_s(6900);
    assert_eq!(scene.standing(&second).await, 42001);
    assert_eq!(scene.standing("garbage").await, 40014);
    assert_eq!(scene.standing("").await, 41001);
    assert_eq!(scene.get(TOKEN, &[("appid", APP_ID)]).await.errcode(), 40002);
}

/// The key and the signature of nothing are published examples.
#[tokio::test]
async fn a_session_key_is_proved_by_its_characters() {
    let scene = Scene::begin().await;
    let token = scene.normal_token().await;
    let (key, signature) =
        ("o0q0otL8aEzpcZL/FT9WsQ==", "46e043c5525c2d817c44be603d30837a808a1d930d038f6fdc3e62a201fed128");
    let ask = async |path: &str, openid: &str, signature: &str, method: &str| {
        let query =
            [("access_token", &*token), ("openid", openid), ("signature", signature), ("sig_method", method)];
        scene.get(path, &query).await
    };
    let (check, reset) = ("/wxa/checksession", "/wxa/resetusersessionkey");
    assert_eq!(ask(check, OPENID, signature, "hmac_sha256").await.errcode(), 40003);
    scene.post("/_users", &json!({ "openid": OPENID })).await;
    assert_eq!(ask(check, OPENID, signature, "hmac_sha256").await.errcode(), 87007);
    scene.post("/_users", &json!({ "openid": OPENID, "session_key": key })).await;
    for path in [check, reset] {
        assert_eq!(ask(path, OPENID, signature, "sha1").await.errcode(), 87008);
        assert_eq!(ask(path, OPENID, &"0".repeat(64), "hmac_sha256").await.errcode(), 87009);
        assert_eq!(ask(path, OPENID, signature, "hmac_sha256").await.errcode(), 0);
    }
    assert_eq!(ask(check, OPENID, signature, "hmac_sha256").await.errcode(), 87009, "there is a new key");
}

#[tokio::test]
async fn its_clock_can_stand_still_anywhere() {
    let scene = Scene::begin().await;
    let stood = scene.post("/_clock", &json!({ "stand_at_us": 1_000_000 })).await;
    assert_eq!(stood.json, json!({ "now_us": 1_000_000 }));
    let moved = scene.post("/_clock", &json!({ "advance_s": 2 })).await;
    assert_eq!(moved.json, json!({ "now_us": 3_000_000 }));
}

#[tokio::test]
async fn an_unknown_path_is_not_wechats() {
    let scene = Scene::begin_with(|stand_in| stand_in, Duration::from_secs(30)).await;
    assert_eq!(scene.get("/cgi-bin/nothing", &[]).await.status, 404);
}
