//! Boards that are not there: while a process loads them after its start, and while the Redis that holds them says nothing. Everything is
//! answered, boards by the database and marked as stale, and they are the live ones again as soon as there are any.

use std::time::{Duration, Instant};

use serde_json::Value;
use tests::redis::Redis;
use tests::town::{START, text};
use tests::{Actor, Engine, Options, Town};

use crate::stage::{AWARD, Stage, at_once, hundredths};

/// Nobody is limited, and the limiter has no reason to wait for Redis.
fn unlimited() -> Vec<(String, String)> {
    let limits = ["READ", "READ_ADDRESS", "WRITE", "WRITE_ADDRESS", "SIGN_IN_ADDRESS"];
    limits.map(|limit| (format!("JISHAN_LIMITS_{limit}"), "1000000000".to_owned())).into()
}

fn on_redis(redis: Option<&Redis>) -> Options {
    let mut environment = unlimited();
    environment.extend(redis.map(|redis| ("JISHAN_TENANT_REDIS".to_owned(), redis.address())));
    Options { environment, ..Options::default() }
}

/// Drains the last process; a connection that was cut off may have to be made again first.
async fn drain(town: &Town) {
    let until = Instant::now() + Duration::from_secs(20);
    while let Err(told) = town.try_drain(town.processes.len() - 1).await {
        assert!(Instant::now() < until, "it cannot be drained: {told}");
    }
}

async fn board(reader: &Actor, unit: &str, span: &str) -> Value {
    reader.get(&format!("rankings/{unit}?period={span}")).await.expect(200)
}

/// Who leads, with what, and whether the answer says that it is stale.
fn leader(page: &Value) -> (String, i64, bool) {
    let first = &page["items"][0];
    (text(&first["id"]), hundredths(&first["score"]), page["stale"] == true)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_serves_before_its_boards_are_there() {
    let redis = match Engine::of_run() {
        Engine::Postgres => Some(Redis::start().await),
        Engine::Sqlite => None,
    };
    let mut stage = Stage::open_with(on_redis(redis.as_ref())).await;
    let item = stage.item("A-1").await;
    let wang = stage.town.resident("wang", &stage.town.world.group1, None).await;
    stage.award(&wang, &item).await;
    drain(&stage.town).await;
    for _ in 0..3 {
        stage.town.processes.iter_mut().for_each(tests::process::Process::kill);
        stage.town.processes.clear();
        if let Some(redis) = &redis {
            redis.tell("FLUSHALL").await.expect("it forgets");
            redis.freeze();
        }
        stage.town.start("resident,worker");
        stage.town.set_clock(START).await;
        let (reader, place) = (stage.town.anybody(), stage.town.processes.len() - 1);
        let units = [&stage.town.world.group1, &stage.town.world.village, &stage.town.world.district];
        let asked = (0..24).map(|n| {
            let (reader, unit) = (reader.clone(), units[n % 3].clone());
            async move { board(&reader, &unit, if n % 2 == 0 { "all" } else { "year" }).await }
        });
        for page in at_once(asked).await {
            let (id, score, stale) = leader(&page);
            assert_eq!((id, score), (wang.id.clone(), AWARD));
            assert!(stale || redis.is_none(), "the board is not there");
        }
        let ready = stage.town.admin_page(place, "/health/ready").await;
        assert!(ready.0 == 200 && (redis.is_none() || ready.1.contains("boards are stale")), "{ready:?}");
        if let Some(redis) = &redis {
            redis.thaw();
        }
        drain(&stage.town).await;
        assert_eq!(leader(&board(&reader, units[2], "month").await), (wang.id.clone(), AWARD, false));
        assert_eq!(stage.town.admin_page(place, "/health/ready").await, (200, "ready\n".to_owned()));
    }
    stage.town.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_says_nothing_fails_no_request() {
    if Engine::of_run() == Engine::Sqlite {
        return; // There is none.
    }
    let redis = Redis::start().await;
    let stage = Stage::open_with(on_redis(Some(&redis))).await;
    let (town, item) = (&stage.town, stage.item("A-1").await);
    let mut residents = Vec::new();
    for n in 0..4 {
        residents.push(town.resident(&format!("wang-{n}"), &town.world.group1, None).await);
    }
    let mut due = 0;
    for round in 0..3 {
        stage.award(&residents[0], &item).await;
        due += AWARD;
        drain(town).await;
        redis.freeze();
        let answers = at_once((0..48).map(|n| {
            let (who, unit) = (residents[n % 4].clone(), town.world.village.clone());
            async move {
                match n % 3 {
                    0 => who.get(&format!("rankings/{unit}/me?period=all")).await,
                    1 => who.get(&format!("rankings/{unit}?period=all&limit={}", 1 + n)).await,
                    _ => who.get(&format!("rankings/{unit}/me?period=month")).await,
                }
            }
        }))
        .await;
        for answer in &answers {
            assert_eq!((answer.status, &answer.json["stale"]), (200, &true.into()), "{:?}", answer.json);
        }
        let own =
            residents[0].get(&format!("rankings/{}/me?period=all", town.world.village)).await.expect(200);
        assert_eq!((&own["rank"], hundredths(&own["score"])), (&1.into(), due));
        redis.thaw();
        drain(town).await;
        // That a board is stale may be said for a second more.
        town.set_clock(&format!("2026-03-02T02:00:{:02}Z", 2 + 2 * round)).await;
        let fresh = board(&town.anybody(), &town.world.village, "all").await;
        assert_eq!(leader(&fresh), (residents[0].id.clone(), due, false), "round {round}");
    }
    town.verify().await;
}
