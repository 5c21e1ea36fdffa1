//! The boards as they are read, against the log: told on SQLite with the board in process, and on PostgreSQL with the board on Redis.

mod figure;
mod lines;
mod naive;
mod stage;

use domain::Day;
use domain::ids::UnitId;
use domain::period::{Period, Span};
use domain::ranking::{BoardKey, Subject};
use foundation::boards;
use leaderboard::{Board, RedisBoard, RedisSettings, Snapshot, Tree};

use self::figure::Figure;
use self::lines::{lines_have_names_and_units, what_a_board_does_not_know_has_an_age};
use self::naive::assert_equal;
use self::stage::{Stage, add_unit};
use crate::servers::free_port;

macro_rules! on_both {
    ($($story:ident),* $(,)?) => {
        mod in_process {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() { super::$story(super::Stage::new(super::stage::Pair::SqliteInProcess).await).await; })*
        }
        mod on_redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() { super::$story(super::Stage::new(super::stage::Pair::PostgresRedis).await).await; })*
        }
    };
}

on_both!(
    boards_are_the_log_whatever_happened,
    a_day_that_is_over_stands,
    a_new_unit_is_learned_on_the_way,
    a_difference_is_found_and_repaired,
    a_board_without_its_redis_is_answered_by_the_database,
    lines_have_names_and_units,
    what_a_board_does_not_know_has_an_age,
    a_follower_runs_until_it_is_told_to_stop,
);

/// Numbers that look random and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// One thing that happens.
async fn happen(stage: &Stage, chance: &mut Chance) {
    let person = stage.people[chance.below(stage.people.len() as u64) as usize];
    let household = person.standing.household.map(|h| h.0);
    let (subject, id) = match household.filter(|_| chance.below(3) == 0) {
        Some(household) => (Subject::Household, household),
        None => (Subject::Resident, person.resident.0),
    };
    match chance.below(20) {
        0..=11 => stage.award(person, 50 * (1 + chance.below(4) as i64)).await,
        12..=14 => stage.award(person, -50 * (1 + chance.below(3) as i64)).await,
        15..=16 => stage.say("hide", subject, id).await,
        17 => stage.say("show", subject, id).await,
        18 if chance.below(6) == 0 => stage.say("erase", subject, id).await,
        18 => stage.log(3).await,
        _ => stage.pass_hours(1 + chance.below(9) as i64),
    }
}

async fn boards_are_the_log_whatever_happened(mut stage: Stage) {
    let mut chance = Chance(20_260_302);
    // Somebody moved: merit in two smallest units counts once for those above them.
    let mover = stage.people[0];
    let elsewhere = domain::ledger::Standing { unit: Some(stage.smallest[1]), ..mover.standing };
    stage.people.push(stage::Person { standing: elsewhere, ..mover });
    let first = stage.app.store.today();
    for turn in 0..4 {
        for _ in 0..40 {
            happen(&stage, &mut chance).await;
        }
        // The scores trail, the board follows the log; on some turns it is made anew from both.
        stage.log(25).await;
        if turn == 2 {
            boards::rebuild(&stage.app).await.unwrap();
        } else {
            boards::follow(&stage.app).await.unwrap();
        }
        let days: Vec<Day> = (first.0..=stage.app.store.today().0).map(Day).collect();
        assert_equal(&stage, &days, false).await;
        assert_eq!(boards::differences(&stage.app).await.unwrap(), 0);
    }
    if stage.settings.is_some() {
        stage.wipe_redis().await;
    }
    boards::follow_until_drained(&stage.app).await.unwrap();
    assert_equal(&stage, &[stage.app.store.today(), first], false).await;
}

async fn a_day_that_is_over_stands(stage: Stage) {
    let [ann, bo] = [stage.people[0], stage.people[1]];
    stage.award(ann, 300).await;
    stage.award(bo, 200).await;
    boards::follow_until_drained(&stage.app).await.unwrap();
    let day = stage.app.store.today();
    let key =
        BoardKey { unit: stage.units[0], period: Period::of(Span::Day, day), subject: Subject::Resident };
    let open = boards::page(&stage.app, key, 1, 10).await.unwrap();
    assert!(!open.frozen);
    stage.pass_hours(24);
    stage.award(ann, -300).await;
    // The scores have not followed yet: the log says the rest.
    while stage.app.store.sequence().await.unwrap() > 0 {}
    boards::follow(&stage.app).await.unwrap();
    let over = boards::page(&stage.app, key, 1, 10).await.unwrap();
    assert!(over.frozen && !over.away);
    assert_eq!(over.what.lines, open.what.lines);
    // Who hides is gone from what is over as well, and comes back to the old place.
    stage.say("hide", Subject::Resident, ann.resident.0).await;
    boards::follow_until_drained(&stage.app).await.unwrap();
    let without = boards::page(&stage.app, key, 1, 10).await.unwrap();
    assert_eq!(without.what.lines.iter().map(|line| line.id).collect::<Vec<_>>(), [bo.resident.0]);
    let own = boards::standing(&stage.app, key, ann.resident.0).await.unwrap().what;
    assert_eq!((own.rank, own.position, own.score, own.hidden), (1, None, 300, true));
    stage.say("show", Subject::Resident, ann.resident.0).await;
    boards::follow_until_drained(&stage.app).await.unwrap();
    assert_eq!(boards::page(&stage.app, key, 1, 10).await.unwrap().what.lines, open.what.lines);
    let before = BoardKey { period: Period::of(Span::Year, Day(day.0 - 4_000)), ..key };
    assert_eq!(boards::page(&stage.app, before, 1, 10).await.unwrap().what.total, 0);
}

async fn a_new_unit_is_learned_on_the_way(mut stage: Stage) {
    boards::load(&stage.app).await.unwrap();
    let unit = UnitId::new();
    add_unit(&stage.app, unit, Some(stage.units[1]), "group").await;
    stage.units.push(unit);
    let newcomer = stage.person(unit, None).await;
    stage.people.push(newcomer);
    stage.award(newcomer, 100).await;
    boards::follow_until_drained(&stage.app).await.unwrap();
    assert_equal(&stage, &[stage.app.store.today()], false).await;
}

async fn a_difference_is_found_and_repaired(stage: Stage) {
    for person in stage.people.clone() {
        stage.award(person, 100).await;
    }
    let seq = boards::follow_until_drained(&stage.app).await.unwrap();
    assert_eq!(boards::differences(&stage.app).await.unwrap(), 0);
    // A board that claims to know the log and does not.
    let day = stage.app.store.today();
    stage.app.board.load(Snapshot { seq, ..Snapshot::empty(day) }).await.unwrap();
    assert_eq!(boards::follow(&stage.app).await.unwrap(), seq);
    assert!(boards::differences(&stage.app).await.unwrap() >= 12);
    assert_eq!(boards::rebuild(&stage.app).await.unwrap(), seq);
    assert_eq!(boards::differences(&stage.app).await.unwrap(), 0);
    // A board that knows more than the database, which was restored from a backup.
    stage.app.board.load(Snapshot { seq: seq + 100, ..Snapshot::empty(day) }).await.unwrap();
    assert_eq!(boards::follow(&stage.app).await.unwrap(), seq);
    assert_equal(&stage, &[day], false).await;
}

async fn a_board_without_its_redis_is_answered_by_the_database(mut stage: Stage) {
    let mut chance = Chance(7);
    let first = stage.app.store.today();
    for _ in 0..40 {
        happen(&stage, &mut chance).await;
    }
    stage.log(10).await;
    let nowhere = RedisSettings::new(format!("redis://127.0.0.1:{}", free_port()), "test-nowhere");
    let app = std::sync::Arc::get_mut(&mut stage.app).unwrap();
    app.board = Board::Redis(RedisBoard::new(nowhere, Tree::default()).unwrap());
    boards::follow(&stage.app).await.unwrap_err();
    assert_equal(&stage, &[first, stage.app.store.today()], true).await;
}

async fn a_follower_runs_until_it_is_told_to_stop(stage: Stage) {
    let Stage { app, .. } = &stage;
    let (figure, mut told) = Figure::of("jishan_board_seq");
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let story = async {
        stage.award(stage.people[0], 100).await;
        stage.log(10).await;
        let (end, _) = app.store.read(store::ledger::accounts::log_end).await.unwrap();
        told.wait_for(|seq| *seq == end as f64).await.unwrap();
        assert_eq!(app.board.last_seq().await.unwrap(), end);
        stop.send(true).unwrap();
    };
    let both = async { tokio::join!(boards::run(app.clone(), stopped), story) };
    tokio::time::timeout(std::time::Duration::from_secs(20), figure.listen(both)).await.unwrap();
}
