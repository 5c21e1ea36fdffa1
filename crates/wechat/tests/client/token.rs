//! The access token: one fetch for a crowd, one replay for a refusal, three tries for an outage.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use wechat::stand_in::{AppSwitches, FaultKind};
use wechat::{Outage, WechatError};

use crate::support::{ACCESS, STABLE_TOKEN, Scene, patience_for};

/// Runs `n` at the same time and returns how each ended.
async fn crowd<T, F>(n: usize, each: impl Fn() -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..n).map(|_| tokio::spawn(each())).collect();
    let mut ends = Vec::with_capacity(n);
    for task in tasks {
        ends.push(task.await.unwrap());
    }
    ends
}

/// Runs all in one task: each has begun before any of them can end.
async fn all_in_step<F: Future>(each: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = each.map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        for (future, end) in running.iter_mut().filter(|(_, end)| end.is_none()) {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                *end = Some(output);
            }
        }
        if running.iter().all(|(_, end)| end.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, end)| end).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_callers_cause_one_fetch() {
    let scene = Scene::begin().await;
    scene.fault(STABLE_TOKEN, FaultKind::Delay { ms: 50 }, 1);
    let client = scene.client.clone();
    let tokens = crowd(100, || {
        let client = client.clone();
        async move { client.token().await.unwrap().reveal().to_owned() }
    })
    .await;
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    let calls = scene.calls(STABLE_TOKEN);
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].body["force_refresh"], false);
}

#[tokio::test]
async fn a_crowd_shares_a_failure_as_well() {
    let scene = Scene::begin().await;
    scene.wechat().set_app(AppSwitches { address_refused: Some(true), ..AppSwitches::default() }).unwrap();
    let outcomes = all_in_step((0..100).map(|_| scene.client.token())).await;
    let refused = WechatError::OurConfiguration { errcode: 40164 };
    assert!(outcomes.into_iter().all(|outcome| outcome.is_err_and(|error| error == refused)));
    assert_eq!(scene.calls(STABLE_TOKEN).len(), 1, "who waited for a fetch does not repeat it");
    assert!(scene.client.token().await.is_err());
    assert_eq!(scene.calls(STABLE_TOKEN).len(), 2, "who comes later does");
}

#[tokio::test]
async fn the_token_is_renewed_five_minutes_before_its_end() {
    let scene = Scene::begin().await;
    let first = scene.client.token().await.unwrap();
    scene.wechat().advance_s(6899);
    assert_eq!(scene.client.token().await.unwrap().reveal(), first.reveal());
    assert_eq!(scene.calls(STABLE_TOKEN).len(), 1);
    scene.wechat().advance_s(1);
    let second = scene.client.token().await.unwrap();
    assert_ne!(second.reveal(), first.reveal());
    assert_eq!(scene.calls(STABLE_TOKEN).len(), 2);
    assert_eq!(scene.standing(first.reveal()).await, 0, "both are valid while the old one is handed over");
}

#[tokio::test]
async fn two_processes_share_one_token() {
    let scene = Scene::begin().await;
    let neighbour = scene.other_client(crate::support::APP_SECRET, Duration::from_secs(30));
    let (ours, theirs) = (scene.client.token().await.unwrap(), neighbour.token().await.unwrap());
    assert_eq!(ours.reveal(), theirs.reveal());
}

#[tokio::test]
async fn a_token_killed_by_another_program_costs_one_replay() {
    let scene = Scene::begin().await;
    scene.client.check_access().await.unwrap();
    scene.wechat().kill_tokens(None).unwrap();
    scene.client.check_access().await.unwrap();
    let errcodes: Vec<i64> = scene.calls(ACCESS).iter().map(|call| call.errcode).collect();
    assert_eq!(errcodes, [0, 40001, 0]);
    assert_eq!(scene.calls(STABLE_TOKEN).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_token_raises_no_storm() {
    let scene = Scene::begin().await;
    scene.client.token().await.unwrap();
    scene.wechat().kill_tokens(None).unwrap();
    let client = scene.client.clone();
    let outcomes = crowd(100, || {
        let client = client.clone();
        async move { client.check_access().await }
    })
    .await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(scene.calls(STABLE_TOKEN).len(), 2, "the first one and its replacement");
    assert!(scene.calls(ACCESS).len() <= 200, "each caller asks once, and once more at the most");
}

#[tokio::test]
async fn each_number_for_a_bad_token_causes_a_replay() {
    for errcode in [40001, 40014, 42001] {
        let scene = Scene::begin().await;
        let refused_once = AtomicUsize::new(0);
        let used = scene
            .client
            .with_token(|token| {
                let first = refused_once.fetch_add(1, Ordering::SeqCst) == 0;
                if first {
                    scene.wechat().kill_tokens(None).unwrap();
                }
                async move { if first { Err(WechatError::TokenRefused { errcode }) } else { Ok(token) } }
            })
            .await
            .unwrap();
        assert_eq!(scene.standing(used.reveal()).await, 0);
        assert_eq!(refused_once.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn a_refused_token_that_comes_back_unchanged_is_an_error() {
    let scene = Scene::begin().await;
    scene.fault(ACCESS, FaultKind::Errcode { errcode: 40001 }, 1000);
    assert_eq!(scene.client.check_access().await, Err(WechatError::TokenRefused { errcode: 40001 }));
    assert_eq!(scene.calls(ACCESS).len(), 1, "there is nothing else to try with");
    assert_eq!(scene.calls(STABLE_TOKEN).len(), 2);
}

#[tokio::test]
async fn a_crowd_with_a_token_that_comes_back_unchanged_fetches_it_once() {
    let scene = Scene::begin().await;
    scene.client.token().await.unwrap();
    scene.fault(ACCESS, FaultKind::Errcode { errcode: 40001 }, 1000);
    let outcomes = all_in_step((0..100).map(|_| scene.client.check_access())).await;
    assert!(outcomes.into_iter().all(|outcome| outcome == Err(WechatError::TokenRefused { errcode: 40001 })));
    assert_eq!(scene.calls(ACCESS).len(), 100);
    assert_eq!(scene.calls(STABLE_TOKEN).len(), 2);
}

#[tokio::test]
async fn a_second_refusal_ends_it() {
    let scene = Scene::begin().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let outcome: Result<(), _> = scene
        .client
        .with_token(|_| {
            asked.fetch_add(1, Ordering::SeqCst);
            scene.wechat().kill_tokens(None).unwrap();
            async { Err(WechatError::TokenRefused { errcode: 42001 }) }
        })
        .await;
    assert_eq!(outcome, Err(WechatError::TokenRefused { errcode: 42001 }));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_fetch_survives_two_outages() {
    let outages =
        [FaultKind::Hang, FaultKind::BadGateway, FaultKind::Truncated, FaultKind::Errcode { errcode: -1 }];
    for kind in outages {
        let scene = Scene::begin_with(|stand_in| stand_in, patience_for(&kind)).await;
        scene.fault(STABLE_TOKEN, kind.clone(), 2);
        scene.client.token().await.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        assert_eq!(scene.calls(STABLE_TOKEN).len(), 3, "{kind:?}");
        assert_eq!(scene.pause.waits(), [Duration::from_millis(200), Duration::from_millis(800)]);
    }
}

#[tokio::test]
async fn a_fetch_gives_up_after_three_tries() {
    let outages = [
        (FaultKind::Hang, Outage::Timeout),
        (FaultKind::BadGateway, Outage::Status(502)),
        (FaultKind::Truncated, Outage::Unreadable),
        (FaultKind::Errcode { errcode: -1 }, Outage::Busy),
    ];
    for (kind, outage) in outages {
        let scene = Scene::begin_with(|stand_in| stand_in, patience_for(&kind)).await;
        scene.fault(STABLE_TOKEN, kind.clone(), 1000);
        let outcome = scene.client.token().await.map(drop);
        assert_eq!(outcome, Err(WechatError::Unavailable(outage)), "{kind:?}");
        assert_eq!(scene.calls(STABLE_TOKEN).len(), 3, "{kind:?}");
        scene.wechat().clear_faults();
        scene.client.token().await.unwrap();
    }
}

#[tokio::test]
async fn a_used_up_quota_is_not_asked_again() {
    let scene = Scene::begin().await;
    scene.fault(STABLE_TOKEN, FaultKind::Errcode { errcode: 45009 }, 1);
    assert_eq!(scene.client.token().await.map(drop), Err(WechatError::TooOften { errcode: 45009 }));
    assert_eq!(scene.calls(STABLE_TOKEN).len(), 1);
}

#[tokio::test]
async fn an_operators_mistake_is_told_by_its_number() {
    let scene = Scene::begin().await;
    let secret_frozen = AppSwitches { secret_frozen: Some(true), ..AppSwitches::default() };
    let account_frozen =
        AppSwitches { secret_frozen: Some(false), account_frozen: Some(true), ..AppSwitches::default() };
    let address_refused = AppSwitches { address_refused: Some(true), ..AppSwitches::default() };
    for (switches, errcode) in [(secret_frozen, 40243), (account_frozen, 50007), (address_refused, 40164)] {
        scene.wechat().set_app(switches).unwrap();
        assert_eq!(scene.client.token().await.map(drop), Err(WechatError::OurConfiguration { errcode }));
    }
    let stranger = scene.other_client("not-the-secret", Duration::from_secs(30));
    assert_eq!(stranger.token().await.map(drop), Err(WechatError::OurConfiguration { errcode: 40125 }));
}
