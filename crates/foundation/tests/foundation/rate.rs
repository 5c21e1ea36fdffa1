//! The rate limiter against a real Redis.

use std::time::{Duration, Instant};

use domain::Ts;
use domain::rate::{Quota, Verdict};
use foundation::rate::{ANSWER_WITHIN, Limiter};
use tokio::task::JoinSet;

use crate::servers::{Server, redis};

const NOW: Ts = Ts(1_767_225_600_000_000);
const HUNDRED: Quota = Quota::per_minute(100);

/// Where a test is about what Redis decides, a busy machine is no reason to decide without it.
const PATIENT: Duration = Duration::from_secs(30);

/// The Redis that the environment names, or one of our own, which lives as long as the second part.
async fn redis_url() -> (String, Option<Server>) {
    match std::env::var("JISHAN_TEST_REDIS") {
        Ok(url) => (url, None),
        Err(_) => {
            let server = redis(None).await;
            (format!("redis://127.0.0.1:{}", server.port()), Some(server))
        }
    }
}

/// Keys that no other run of the tests has.
fn prefix() -> String {
    format!("test:{}:", domain::ids::SessionId::new())
}

fn passes(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Pass { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_at_once_over_two_processes_a_hundred_pass() {
    let (url, _server) = redis_url().await;
    let prefix = prefix();
    let limiters = [(); 2].map(|()| std::sync::Arc::new(Limiter::redis(&url, &prefix, PATIENT).unwrap()));
    let mut race = JoinSet::new();
    for limiter in &limiters {
        for _ in 0..10 {
            let limiter = std::sync::Arc::clone(limiter);
            race.spawn(async move {
                let mut passed = 0;
                for _ in 0..50 {
                    passed += usize::from(passes(limiter.check("one", HUNDRED, NOW).await));
                }
                passed
            });
        }
    }
    assert_eq!(race.join_all().await.iter().sum::<usize>(), 100);
    let (one, two) = (&limiters[0], &limiters[1]);
    assert_eq!(two.check("one", HUNDRED, NOW).await, Verdict::Wait { retry_after_us: 600_000 });
    assert_eq!(one.check("one", HUNDRED, Ts(NOW.0 + 600_000)).await, Verdict::Pass { remaining: 0 });
    assert!(!passes(two.check("one", HUNDRED, Ts(NOW.0 + 600_000)).await));
}

#[tokio::test]
async fn the_script_decides_as_the_domain_does() {
    let (url, _server) = redis_url().await;
    let prefix = prefix();
    let quotas = [
        Quota { burst: 1, per_us: 1_000_000 },
        Quota { burst: 7, per_us: 1_000_003 },
        Quota::per_minute(100),
        Quota { burst: 1_000_000, per_us: 86_400_000_000 },
        Quota::per_minute(0),
    ];
    for (place, quota) in quotas.into_iter().enumerate() {
        let (mut stored, mut now) = (None, NOW);
        for step in 0..300_i64 {
            // Steps of unequal length, some of them back: the clocks of two processes differ.
            now.0 += (step * step * 7_919) % (3 * quota.interval_us()) - quota.interval_us() / 2;
            let (expected, next) = quota.decide(stored, now.0);
            stored = if passes(expected) { Some(next) } else { stored };
            // Each time another process, which has been granted nothing ahead.
            let limiter = Limiter::redis(&url, &prefix, PATIENT).unwrap();
            let got = limiter.check(&format!("same/{place}"), quota, now).await;
            assert_eq!(got, expected, "step {step} of {quota:?}");
        }
    }
}

#[tokio::test]
async fn what_is_granted_ahead_is_taken_off_the_quota() {
    let (url, _server) = redis_url().await;
    let prefix = prefix();
    let processes = [0; 3].map(|_| Limiter::redis(&url, &prefix, PATIENT).unwrap());
    let quota = Quota::per_minute(2_000);
    for round in 0..3 {
        let key = format!("busy/{round}");
        let mut passed = 0;
        // The first falls silent with what it was granted last; the others go on until they are refused.
        for n in 0..6_000 {
            let turn = if n < 600 { n % 3 } else { 1 + n % 2 };
            passed += usize::from(passes(processes[turn].check(&key, quota, NOW).await));
        }
        assert!((2_000 - 2_000 / 16..=2_000).contains(&passed), "{passed}");
    }
}

#[tokio::test]
async fn without_redis_each_process_limits_by_itself_and_comes_back() {
    let mut server = redis(None).await;
    let port = server.port();
    let limiter = Limiter::redis(&format!("redis://127.0.0.1:{port}"), "", ANSWER_WITHIN).unwrap();
    assert!(passes(limiter.check("one", Quota::per_minute(1), NOW).await));
    server.stop();

    let start = Instant::now();
    let mut passed = 0;
    for _ in 0..1_000 {
        passed += usize::from(passes(limiter.check("outage", HUNDRED, NOW).await));
    }
    assert_eq!(passed, 100);
    assert!(start.elapsed() < Duration::from_secs(20), "an outage does not make every request wait");

    let _again = redis(Some(port)).await;
    let other = Limiter::redis(&format!("redis://127.0.0.1:{port}"), "", ANSWER_WITHIN).unwrap();
    // Requests go on meanwhile. It is back when what one of two limiters counts is known to the other.
    let start = Instant::now();
    for round in 0.. {
        let key = format!("back/{round}");
        let once = Quota::per_minute(1);
        if passes(limiter.check(&key, once, NOW).await) && !passes(other.check(&key, once, NOW).await) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "Redis is back, and the limiter does not notice");
    }
}

#[tokio::test]
async fn a_redis_that_hangs_is_waited_for_a_tenth_of_a_second() {
    // It accepts, and never answers.
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let limiter =
        Limiter::redis(&format!("redis://{}", silent.local_addr().unwrap()), "", ANSWER_WITHIN).unwrap();
    let start = Instant::now();
    assert!(passes(limiter.check("one", HUNDRED, NOW).await));
    assert!(start.elapsed() >= Duration::from_millis(90), "it was asked");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    for url in ["", "here", "http://127.0.0.1"] {
        assert!(Limiter::redis(url, "", ANSWER_WITHIN).is_err(), "{url}");
    }
}
