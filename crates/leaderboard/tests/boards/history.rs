//! Histories by chance, cut into batches by chance, delivered more than once, with a snapshot somewhere: both boards are equal to a
//! sorted list.

use domain::ranking::{BoardChange, LogEntry, Subject};
use leaderboard::Board;
use proptest::prelude::*;

use crate::naive::Naive;
use crate::stage::{BLOCK_A, BLOCK_B, Stage, TODAY, assert_equal, person};

const PEOPLE: u128 = 7;

fn change() -> impl Strategy<Value = BoardChange> {
    let score = (any::<bool>(), proptest::option::of(0..PEOPLE), proptest::option::of(0..PEOPLE), -3..5i64);
    let score = score.prop_map(|(a, resident, household, amount)| BoardChange::Score {
        unit: if a { BLOCK_A } else { BLOCK_B },
        resident: resident.map(person),
        household: household.map(person),
        amount: amount * 100,
    });
    let named = (0..PEOPLE, any::<bool>())
        .prop_map(|(n, r)| (if r { Subject::Resident } else { Subject::Household }, person(n)));
    prop_oneof![
        20 => score,
        2 => named.clone().prop_map(|(subject, id)| BoardChange::Hide(subject, id)),
        2 => named.clone().prop_map(|(subject, id)| BoardChange::Show(subject, id)),
        1 => named.prop_map(|(subject, id)| BoardChange::Erase(subject, id)),
        1 => Just(BoardChange::Nothing),
    ]
}

/// Mostly the same day, sometimes the next, rarely months later.
fn later() -> impl Strategy<Value = i32> {
    prop_oneof![30 => Just(0), 2 => 1..4i32, 1 => Just(45)]
}

#[derive(Debug)]
struct History {
    log: Vec<LogEntry>,
    /// How many entries are in the snapshot that the board is loaded from.
    loaded: usize,
    /// Where batches begin and how long they are; what is missing between is delivered when the board asks.
    batches: Vec<(usize, usize)>,
}

fn history() -> impl Strategy<Value = History> {
    let entries = prop::collection::vec((change(), later()), 1..80);
    let batches = prop::collection::vec((0..80usize, 1..40usize), 1..6);
    (entries, 0..80usize, batches).prop_map(|(entries, loaded, batches)| {
        let mut day = TODAY;
        let entry = |(seq, (change, later)): (u64, (BoardChange, i32))| {
            day = day.plus(later);
            LogEntry { seq, day, change }
        };
        let log: Vec<LogEntry> = (1..).zip(entries).map(entry).collect();
        History { loaded: loaded % log.len(), log, batches }
    })
}

async fn play(board: &Board, history: &History) {
    let log = &history.log;
    let known = &log[..history.loaded];
    let day = known.last().map_or(TODAY, |entry| entry.day);
    board.load(Naive::of(known).snapshot(day)).await.unwrap();
    for (from, len) in &history.batches {
        let from = from % log.len();
        let batch = &log[from..log.len().min(from + len)];
        let last = board.last_seq().await.unwrap();
        match board.apply(batch).await {
            Ok(applied) => assert_eq!(applied.as_of_seq, last.max(batch.last().unwrap().seq)),
            Err(leaderboard::BoardError::Gap { expected }) => assert_eq!(expected, last + 1),
            Err(error) => panic!("{error}"),
        }
        let last = board.last_seq().await.unwrap() as usize;
        if last > 0 {
            assert_equal(board, &log[..last], PEOPLE).await;
        }
    }
    let last = board.last_seq().await.unwrap() as usize;
    board.apply(&log[last..]).await.unwrap();
    assert_equal(board, log, PEOPLE).await;
}

fn run(cases: u32, stage: fn() -> Stage) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(async { stage() });
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(history in history())| {
        runtime.block_on(async { play(&stage.fresh(), &history).await });
    });
}

#[test]
fn any_history_in_process_is_the_sorted_list() {
    run(96, Stage::in_process);
}

#[test]
fn any_history_on_redis_is_the_sorted_list() {
    run(12, Stage::on_redis);
}
