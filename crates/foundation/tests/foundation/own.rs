//! What is a person's own, kept by two processes over a real Redis.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ::redis::aio::MultiplexedConnection;
use bytes::Bytes;
use domain::Ts;
use domain::ids::{IdentityId, SessionId};
use domain::time::Zone;
use foundation::own::{Asker, Own};
use store::clock::ManualClock;
use store::db::{self, Purpose};
use store::{Address, Settings, Store, migrations};

use crate::servers::redis;

/// Somebody, and what is true of them.
struct Scene {
    store: Store,
    who: Asker,
    truth: AtomicU64,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::Sqlite(folder.path().join("own.db"));
        migrations::run(&mut db::open(&address, Purpose::Long).unwrap()).unwrap();
        let settings = Settings { address, pool: 2, purpose: Purpose::Write };
        let store =
            Store::open(&settings, Arc::new(ManualClock::at(Ts(1_772_157_600_000_000))), Zone::shanghai())
                .unwrap();
        let who = Asker { identity: IdentityId::new(), session: SessionId::new() };
        Self { store, who, truth: AtomicU64::new(0), _folder: folder }
    }
    async fn answer(&self, own: &Own) -> u64 {
        let make = async || {
            let text = self.truth.load(Ordering::SeqCst).to_string();
            Ok::<_, store::Error>(Bytes::from(text))
        };
        let answer = own.answer(&self.store, self.who, "/me/account", make).await.unwrap();
        std::str::from_utf8(&answer).unwrap().parse().unwrap()
    }
    fn change(&self) -> u64 {
        self.truth.fetch_add(1, Ordering::SeqCst) + 1
    }
    /// Until an answer is one of before: nobody told of the change. What is kept is good for a second, which a busy machine may let pass.
    async fn is_kept(&self, own: &Own) {
        for _ in 0..100 {
            let before = self.answer(own).await;
            self.change();
            if self.answer(own).await == before {
                return;
            }
        }
        panic!("nothing is kept");
    }
}

#[tokio::test]
async fn who_changed_something_reads_it_at_each_process() {
    let server = redis(None).await;
    let url = format!("redis://127.0.0.1:{}", server.port());
    let [one, other] = [(); 2].map(|()| Own::over_redis(&url, "own:").unwrap());
    let scene = Scene::new();
    for round in 0..20 {
        scene.is_kept(&other).await;
        let now = scene.change();
        one.wrote(scene.who.identity).await;
        assert_eq!(scene.answer(&other).await, now, "round {round}: at the other process");
        assert_eq!(scene.answer(&one).await, now, "round {round}: at the same one");
    }

    // A Redis that forgot everything is no reason to show what was kept before.
    scene.is_kept(&other).await;
    let now = scene.change();
    one.wrote(scene.who.identity).await;
    let mut link = ::redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    ::redis::cmd("FLUSHALL").exec_async(&mut link).await.unwrap();
    assert_eq!(scene.answer(&other).await, now);
}

/// How often Redis was asked for a word.
async fn asked(link: &mut MultiplexedConnection) -> u64 {
    let told: String = ::redis::cmd("INFO").arg("commandstats").query_async(link).await.unwrap();
    let calls = told.split("cmdstat_get:calls=").nth(1).and_then(|rest| rest.split(',').next());
    calls.map_or(0, |calls| calls.parse().unwrap())
}

/// Until it answers without a question to Redis: no other process serves, and it knows.
async fn is_alone(scene: &Scene, own: &Own, link: &mut MultiplexedConnection) {
    for _ in 0..10_000 {
        let before = asked(link).await;
        scene.answer(own).await;
        if asked(link).await == before {
            return;
        }
    }
    panic!("it asks for ever");
}

#[tokio::test]
async fn who_serves_alone_asks_nobody_and_believes_it_no_longer_than_the_first_change_of_another() {
    let server = redis(None).await;
    let url = format!("redis://127.0.0.1:{}", server.port());
    let mut link = ::redis::Client::open(&*url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let scene = Scene::new();
    for round in 0..10 {
        // Nobody of the rounds before is among them.
        let prefix = format!("{round}:");
        let one = Own::over_redis(&url, &prefix).unwrap();
        is_alone(&scene, &one, &mut link).await;
        scene.is_kept(&one).await;
        let now = scene.change();
        one.wrote(scene.who.identity).await;
        assert_eq!(scene.answer(&one).await, now, "round {round}: of its own it knows by itself");

        let other = Own::over_redis(&url, &prefix).unwrap();
        scene.is_kept(&one).await;
        let now = scene.change();
        other.wrote(scene.who.identity).await;
        assert_eq!(scene.answer(&one).await, now, "round {round}: of the other's");

        // A Redis that forgot who is here, and the word of the change.
        ::redis::cmd("FLUSHALL").exec_async(&mut link).await.unwrap();
        scene.is_kept(&one).await;
        let now = scene.change();
        other.wrote(scene.who.identity).await;
        assert_eq!(scene.answer(&one).await, now, "round {round}: after Redis forgot");
    }
}

#[tokio::test]
async fn without_redis_everything_is_read_by_each_request() {
    let mut server = redis(None).await;
    let url = format!("redis://127.0.0.1:{}", server.port());
    let mut link = ::redis::Client::open(&*url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let own = Own::over_redis(&url, "own:").unwrap();
    let scene = Scene::new();
    is_alone(&scene, &own, &mut link).await;
    // A second one, of which it hears.
    let _other = Own::over_redis(&url, "own:").unwrap();
    loop {
        let before = asked(&mut link).await;
        scene.is_kept(&own).await;
        if asked(&mut link).await > before {
            break;
        }
    }
    server.stop();
    for _ in 0..3 {
        let now = scene.change();
        assert_eq!(scene.answer(&own).await, now);
    }
}

#[tokio::test]
async fn one_process_knows_by_itself() {
    let own = Own::in_process();
    let scene = Scene::new();
    scene.is_kept(&own).await;
    let now = scene.change();
    own.wrote(scene.who.identity).await;
    assert_eq!(scene.answer(&own).await, now);
}

#[tokio::test]
async fn a_change_is_told_when_no_process_can_show_what_was_before() {
    // It accepts, and never answers: whoever it does answer elsewhere may be told the word of before.
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let own = Own::over_redis(&format!("redis://{}", silent.local_addr().unwrap()), "own:").unwrap();
    let begun = Instant::now();
    own.wrote(IdentityId::new()).await;
    assert!(begun.elapsed() >= Duration::from_secs(1), "what is kept is good for a second");
}
