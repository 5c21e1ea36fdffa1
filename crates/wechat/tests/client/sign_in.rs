//! Signing in: one code, one request, and an answer that says what to do.

use std::time::Duration;

use wechat::stand_in::{AppSwitches, FaultKind, StandIn, UserFacts, demo_openid};
use wechat::{Outage, WechatError};

use crate::support::{APP_ID, APP_SECRET, OPENID, SIGN_IN, Scene, patience_for};

#[tokio::test]
async fn a_login_code_becomes_an_openid() {
    let scene = Scene::begin().await;
    let identity = scene.client.sign_in(&scene.new_code()).await.unwrap();
    assert_eq!((identity.openid.as_str(), identity.unionid), (OPENID, None));
}

#[tokio::test]
async fn a_unionid_is_there_only_if_the_app_is_bound() {
    let scene = Scene::begin().await;
    let facts = UserFacts { openid: OPENID.into(), unionid: Some("uAlice".into()), ..UserFacts::default() };
    scene.wechat().set_user(facts).unwrap();
    assert_eq!(scene.client.sign_in(&scene.new_code()).await.unwrap().unionid, None);
    scene.wechat().set_app(AppSwitches { bound: Some(true), ..AppSwitches::default() }).unwrap();
    assert_eq!(scene.client.sign_in(&scene.new_code()).await.unwrap().unionid.as_deref(), Some("uAlice"));
}

#[tokio::test]
async fn a_code_that_was_used_is_told_from_one_that_is_unknown() {
    let scene = Scene::begin().await;
    let code = scene.new_code();
    scene.client.sign_in(&code).await.unwrap();
    assert_eq!(scene.client.sign_in(&code).await, Err(WechatError::UsedCode));
    assert_eq!(scene.client.sign_in("never-issued").await, Err(WechatError::InvalidCode));
}

#[tokio::test]
async fn a_code_older_than_five_minutes_is_invalid() {
    let scene = Scene::begin().await;
    let (in_time, too_late) = (scene.new_code(), scene.new_code());
    scene.wechat().advance_s(300);
    scene.client.sign_in(&in_time).await.unwrap();
    scene.wechat().advance_s(1);
    assert_eq!(scene.client.sign_in(&too_late).await, Err(WechatError::InvalidCode));
}

#[tokio::test]
async fn what_cannot_be_a_code_is_refused_without_asking() {
    let scene = Scene::begin().await;
    for code in ["", " ", "a\nb", "码", &"a".repeat(513)] {
        assert_eq!(scene.client.sign_in(code).await, Err(WechatError::InvalidCode));
    }
    assert!(scene.calls(SIGN_IN).is_empty());
}

#[tokio::test]
async fn a_high_risk_user_is_blocked() {
    let scene = Scene::begin().await;
    let facts = UserFacts { openid: OPENID.into(), high_risk: Some(true), ..UserFacts::default() };
    scene.wechat().set_user(facts).unwrap();
    assert_eq!(scene.client.sign_in(&scene.new_code()).await, Err(WechatError::UserBlocked));
}

#[tokio::test]
async fn the_hundred_and_first_sign_in_of_a_minute_is_too_often() {
    let scene = Scene::begin().await;
    for _ in 0..100 {
        scene.client.sign_in(&scene.new_code()).await.unwrap();
    }
    let code = scene.new_code();
    assert_eq!(scene.client.sign_in(&code).await, Err(WechatError::TooOften { errcode: 45011 }));
    scene.wechat().advance_s(60);
    scene.client.sign_in(&code).await.unwrap();
}

/// Whatever happens to the answer, the code may be used up by then.
#[tokio::test]
async fn a_login_code_is_sent_once_whatever_happens() {
    let faults = [
        (FaultKind::Hang, Outage::Timeout),
        (FaultKind::Truncated, Outage::Unreadable),
        (FaultKind::BadGateway, Outage::Status(502)),
        (FaultKind::Errcode { errcode: -1 }, Outage::Busy),
    ];
    for (kind, outage) in faults {
        let scene = Scene::begin_with(|stand_in| stand_in, patience_for(&kind)).await;
        scene.fault(SIGN_IN, kind.clone(), 1);
        let outcome = scene.client.sign_in(&scene.new_code()).await;
        assert_eq!(outcome, Err(WechatError::Unavailable(outage)), "{kind:?}");
        assert_eq!(scene.calls(SIGN_IN).len(), 1, "{kind:?}");
        assert!(scene.pause.waits().is_empty());
    }
}

#[tokio::test]
async fn an_answer_lost_on_the_way_has_used_the_code_up() {
    let scene = Scene::begin().await;
    scene.fault(SIGN_IN, FaultKind::Truncated, 1);
    let code = scene.new_code();
    assert_eq!(scene.client.sign_in(&code).await, Err(WechatError::Unavailable(Outage::Unreadable)));
    assert_eq!(scene.client.sign_in(&code).await, Err(WechatError::UsedCode));
}

#[tokio::test]
async fn wechat_that_is_not_there_is_unavailable() {
    let scene = Scene::begin().await;
    let client = scene.client.clone();
    let code = scene.new_code();
    scene.running.stop().await;
    assert_eq!(client.sign_in(&code).await, Err(WechatError::Unavailable(Outage::Unreachable)));
}

#[tokio::test]
async fn a_wrong_secret_is_our_configuration() {
    let scene = Scene::begin().await;
    let client = scene.other_client("not-the-secret", Duration::from_secs(30));
    let refused = WechatError::OurConfiguration { errcode: 40125 };
    assert_eq!(client.sign_in(&scene.new_code()).await, Err(refused));
}

#[tokio::test]
async fn a_code_of_another_app_is_invalid() {
    let scene =
        Scene::begin_with(|stand_in| stand_in.with_app("wxother", APP_SECRET), Duration::from_secs(30)).await;
    let code = scene.wechat().issue_code(Some("wxother"), OPENID).unwrap();
    assert_eq!(scene.client.sign_in(&code).await, Err(WechatError::InvalidCode));
}

#[tokio::test]
async fn a_demo_code_works_only_where_it_is_accepted() {
    let scene = Scene::begin_with(StandIn::accepting_demo_codes, Duration::from_secs(30)).await;
    for code in ["demo-alice", "demo-alice", "demo-alice.1", "demo-alice.2"] {
        assert_eq!(scene.client.sign_in(code).await.unwrap().openid, demo_openid(APP_ID, "alice"));
    }
    assert_eq!(scene.client.sign_in("demo-alice.1").await, Err(WechatError::UsedCode));
    assert_eq!(Scene::begin().await.client.sign_in("demo-alice").await, Err(WechatError::InvalidCode));
}
