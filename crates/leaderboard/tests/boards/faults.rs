//! What happens to a Redis, and that the boards are equal to the log after each of it.

use domain::ranking::{BoardChange, LogEntry, Subject};
use leaderboard::{BoardError, Snapshot};

use crate::naive::Naive;
use crate::stage::{Stage, TODAY, assert_equal, key, log, person, score, street, wants_rebuild};

fn story() -> Vec<LogEntry> {
    let hide = BoardChange::Hide(Subject::Resident, person(2));
    log(1, [score(1, 500), score(2, 500), score(3, 200), hide, score(3, 300), score(1, -100), score(2, 40)])
}

async fn keys(stage: &Stage) -> Vec<String> {
    let pattern = format!("{{{}}}:*", stage.prefix());
    redis::cmd("KEYS").arg(pattern).query_async(&mut stage.redis().await).await.unwrap()
}

/// All keys of the stage, as Redis would write them down.
async fn dump(stage: &Stage) -> Vec<(String, Vec<u8>)> {
    let mut redis = stage.redis().await;
    let mut state = Vec::new();
    for key in keys(stage).await {
        let bytes = redis::cmd("DUMP").arg(&key).query_async(&mut redis).await.unwrap();
        state.push((key, bytes));
    }
    state
}

async fn wipe(stage: &Stage) {
    let mut redis = stage.redis().await;
    for key in keys(stage).await {
        redis::cmd("DEL").arg(key).query_async::<()>(&mut redis).await.unwrap();
    }
}

async fn restore(stage: &Stage, state: &[(String, Vec<u8>)]) {
    wipe(stage).await;
    let mut redis = stage.redis().await;
    for (key, bytes) in state {
        redis::cmd("RESTORE").arg(key).arg(0).arg(bytes).query_async::<()>(&mut redis).await.unwrap();
    }
}

#[tokio::test]
async fn a_wiped_redis_asks_for_a_rebuild_and_is_equal_after_it() {
    let stage = Stage::on_redis();
    let all = story();
    stage.begin().await;
    stage.board.apply(&all[..4]).await.unwrap();
    wipe(&stage).await;
    assert!(wants_rebuild(stage.board.apply(&all[4..]).await));
    assert!(wants_rebuild(stage.board.page(street(), 1, 5).await));
    stage.board.load(Naive::of(&all[..5]).snapshot(TODAY)).await.unwrap();
    stage.board.apply(&all).await.unwrap();
    assert_equal(&stage.board, &all, 4).await;
}

#[tokio::test]
async fn a_redis_restored_from_an_old_state_is_behind_and_catches_up() {
    let stage = Stage::on_redis();
    let all = story();
    stage.begin().await;
    stage.board.apply(&all[..3]).await.unwrap();
    let old = dump(&stage).await;
    stage.board.apply(&all[3..6]).await.unwrap();
    restore(&stage, &old).await;
    assert_equal(&stage.board, &all[..3], 4).await;
    let Err(BoardError::Gap { expected }) = stage.board.apply(&all[6..]).await else {
        panic!("expected a gap")
    };
    assert_eq!(expected, 4);
    assert_eq!(stage.board.last_seq().await.unwrap(), 3);
    stage.board.apply(&all[3..]).await.unwrap();
    assert_equal(&stage.board, &all, 4).await;
}

#[tokio::test]
async fn a_redis_from_before_a_rebuild_is_not_written_to() {
    let stage = Stage::on_redis();
    let all = story();
    stage.begin().await;
    let old = dump(&stage).await;
    stage.board.load(Naive::of(&all[..3]).snapshot(TODAY)).await.unwrap();
    restore(&stage, &old).await;
    assert!(wants_rebuild(stage.board.apply(&all).await));
    stage.board.load(Naive::of(&all).snapshot(TODAY)).await.unwrap();
    assert_equal(&stage.board, &all, 4).await;
}

#[tokio::test]
async fn a_script_that_breaks_off_inside_asks_for_a_rebuild() {
    let stage = Stage::on_redis();
    let all = story();
    stage.begin().await;
    stage.board.apply(&all[..3]).await.unwrap();
    let mut redis = stage.redis().await;
    let sets = keys(&stage).await.into_iter().filter(|key| key.contains(":z:") && key.contains(":all"));
    for key in sets {
        redis::cmd("SET").arg(key).arg("rubbish").query_async::<()>(&mut redis).await.unwrap();
    }
    assert!(matches!(stage.board.apply(&all[3..]).await, Err(BoardError::Unavailable(_))));
    assert!(wants_rebuild(stage.board.apply(&all[3..]).await));
    assert!(wants_rebuild(stage.board.standing(street(), person(1)).await));
    stage.board.load(Naive::of(&all[..2]).snapshot(TODAY)).await.unwrap();
    stage.board.apply(&all).await.unwrap();
    assert_equal(&stage.board, &all, 4).await;
}

#[tokio::test]
async fn a_lost_redis_is_unavailable_until_it_is_back() {
    let mut stage = Stage::on_own_redis();
    let all = story();
    stage.begin().await;
    stage.board.apply(&all[..3]).await.unwrap();
    stage.server.as_mut().unwrap().kill();
    assert!(matches!(stage.board.page(street(), 1, 5).await, Err(BoardError::Unavailable(_))));
    assert!(matches!(stage.board.apply(&all[3..]).await, Err(BoardError::Unavailable(_))));
    stage.server.as_mut().unwrap().start_again();
    let mut tries = 0;
    while !wants_rebuild(stage.board.apply(&all[3..]).await) {
        tries += 1;
        assert!(tries < 1_000, "it never finds the new Redis");
    }
    stage.board.load(Naive::of(&all[..3]).snapshot(TODAY)).await.unwrap();
    stage.board.apply(&all).await.unwrap();
    assert_equal(&stage.board, &all, 4).await;
}

#[tokio::test]
async fn a_redis_that_hangs_costs_a_reader_its_timeout_and_no_more() {
    let stage = Stage::on_own_redis();
    stage.tell([score(1, 500)]).await;
    let address = stage.server.as_ref().unwrap().address();
    let mut settings = leaderboard::RedisSettings::new(address, stage.prefix());
    settings.read_timeout = std::time::Duration::from_millis(30);
    let hasty = leaderboard::RedisBoard::new(settings, crate::stage::tree()).unwrap();
    hasty.page(street(), 1, 5).await.ok(); // connects
    let mut redis = stage.redis().await;
    let pause = redis::cmd("CLIENT").arg("PAUSE").arg(600_000).query_async::<()>(&mut redis).await;
    pause.unwrap();
    assert!(matches!(hasty.page(street(), 1, 5).await, Err(BoardError::Unavailable(_))));
}

#[tokio::test]
async fn two_processes_share_one_board() {
    let stage = Stage::on_redis();
    let all = story();
    stage.begin().await;
    let other = stage.second();
    stage.board.apply(&all[..4]).await.unwrap();
    other.apply(&all[2..]).await.unwrap();
    stage.board.apply(&all).await.unwrap();
    other.load(Naive::of(&all).snapshot(TODAY)).await.unwrap();
    for board in [&stage.board, &other] {
        assert_equal(board, &all, 4).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_rebuilds_at_once_leave_one_board() {
    let stage = Stage::on_redis();
    let all = story();
    let snapshot = || Naive::of(&all).snapshot(TODAY);
    let other = stage.second();
    let (first, second) = tokio::join!(stage.board.load(snapshot()), other.load(snapshot()));
    first.unwrap();
    second.unwrap();
    assert_equal(&stage.board, &all, 4).await;
    assert_equal(&other, &all, 4).await;
    assert_eq!(epochs(&keys(&stage).await), 1);
}

#[tokio::test]
async fn what_is_old_is_deleted() {
    let stage = Stage::on_redis();
    stage.tell([score(1, 500), BoardChange::Erase(Subject::Household, person(9))]).await;
    let day = key(crate::stage::STREET, domain::period::Span::Day, TODAY, Subject::Resident).period;
    let of_today =
        |keys: &[String]| keys.iter().filter(|key| key.contains(&format!("day{}", day.start.0))).count();
    assert!(of_today(&keys(&stage).await) > 0);
    stage.board.apply(&[LogEntry { seq: 3, day: TODAY.plus(1), change: score(1, 1) }]).await.unwrap();
    assert_eq!(of_today(&keys(&stage).await), 0, "a closed day");
    stage.board.load(Snapshot::empty(TODAY)).await.unwrap();
    let left = keys(&stage).await;
    assert_eq!(
        (left.len(), epochs(&left)),
        (3, 1),
        "the pointer, the epochs and the state of an empty board: {left:?}"
    );
}

fn epochs(keys: &[String]) -> usize {
    let epochs = keys.iter().filter_map(|key| key.split(':').nth(1)?.parse::<u64>().ok());
    epochs.collect::<std::collections::BTreeSet<_>>().len()
}

/// What Redis was asked since it was told to forget that: the calls of each command.
async fn asked(redis: &mut redis::aio::MultiplexedConnection) -> Vec<(String, u64)> {
    let told: String = redis::cmd("INFO").arg("commandstats").query_async(redis).await.unwrap();
    let stats = told.lines().filter_map(|line| line.strip_prefix("cmdstat_")?.split_once(":calls="));
    stats.map(|(name, rest)| (name.to_owned(), rest.split(',').next().unwrap().parse().unwrap())).collect()
}

#[tokio::test]
async fn a_reader_costs_one_round_trip_and_no_walk_through_the_board() {
    let stage = Stage::on_own_redis();
    let mut redis = stage.redis().await;
    stage.tell((0..300).map(|n| score(n, 100 + (n / 3) as i64))).await;
    // The scripts are known from now on.
    stage.board.standing(street(), person(1)).await.unwrap();
    stage.board.page(street(), 1, 50).await.unwrap();
    for (read, calls) in [("standing", 20), ("page", 30)] {
        redis::cmd("CONFIG").arg("RESETSTAT").query_async::<()>(&mut redis).await.unwrap();
        for n in 0..calls {
            match read {
                "standing" => drop(stage.board.standing(street(), person(u128::from(n) * 7)).await.unwrap()),
                _ => drop(stage.board.page(street(), n * 9, 50).await.unwrap()),
            }
        }
        let mut asked = asked(&mut redis).await;
        asked.sort();
        let round_trips = asked.iter().find(|(name, _)| name == "evalsha").map(|(_, n)| *n);
        assert_eq!(round_trips, Some(calls), "{read}: {asked:?}");
        // Each of these looks at as many places as it answers, or finds a rank by halving.
        let known =
            ["config|resetstat", "evalsha", "get", "hget", "hmget", "info", "sismember", "zcard", "zcount"];
        let others = asked.iter().filter(|(name, _)| !known.contains(&name.as_str()));
        let others: Vec<&str> = others.map(|(name, _)| name.as_str()).collect();
        assert!(others.iter().all(|name| ["zrevrange", "zrevrank"].contains(name)), "{read}: {others:?}");
        // Some for each read, whoever reads.
        assert!(asked.iter().all(|(_, n)| *n <= 8 * calls), "{read}: {asked:?}");
    }
}
