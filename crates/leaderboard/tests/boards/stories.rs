//! The ordinary life of a board.

use domain::period::Span;
use domain::ranking::{BoardChange, LogEntry, Subject};
use leaderboard::{BoardError, MERIT_MAX, Snapshot, SnapshotScore, Tree};

use crate::naive::Naive;
use crate::stage::{
    BLOCK_A, BLOCK_B, STREET, Stage, TODAY, assert_equal, key, log, person, score, short, street, tree,
    wants_rebuild,
};

macro_rules! on_both {
    ($($story:ident)*) => {
        mod in_process {
            $(#[tokio::test] async fn $story() { super::$story(super::Stage::in_process()).await })*
        }
        mod on_redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() { super::$story(super::Stage::on_redis()).await })*
        }
    };
}

on_both! {
    a_board_that_was_not_loaded_asks_for_it
    equal_scores_share_a_rank_and_the_first_reacher_stands_first
    a_page_that_starts_inside_a_tie_keeps_its_rank
    a_hidden_person_is_nowhere_but_sees_the_own_rank
    a_hidden_person_inside_a_tie_sees_its_real_neighbours
    who_shows_again_stands_where_it_stood
    who_was_erased_never_comes_back
    nothing_and_less_than_nothing_is_not_listed
    a_unit_and_its_ancestors_count_everybody_below
    a_hole_is_refused_and_nothing_is_written
    what_is_delivered_twice_counts_once
    an_unknown_unit_is_refused_until_the_tree_knows_it
    a_tree_that_moves_a_unit_asks_for_a_rebuild
    a_new_day_closes_the_periods_that_ended
    a_day_that_goes_back_is_refused
    a_snapshot_and_the_log_after_it_make_the_same_board
    a_snapshot_of_many_pieces_adds_up
    a_snapshot_replaces_everything
    a_snapshot_of_nobody_who_is_left_is_loaded
    a_score_without_end_stops_at_the_largest
    two_appliers_at_once_equal_the_fold
}

async fn a_board_that_was_not_loaded_asks_for_it(stage: Stage) {
    assert!(wants_rebuild(stage.board.apply(&log(1, [score(1, 5)])).await));
    assert!(wants_rebuild(stage.board.page(street(), 1, 5).await));
    assert!(wants_rebuild(stage.board.standing(street(), person(1)).await));
    assert!(wants_rebuild(stage.board.status().await));
    stage.begin().await;
    assert_eq!(stage.board.last_seq().await.unwrap(), 0);
    assert_eq!(stage.board.apply(&[]).await.unwrap().as_of_seq, 0);
}

async fn equal_scores_share_a_rank_and_the_first_reacher_stands_first(stage: Stage) {
    stage.tell([score(1, 300), score(2, 500), score(3, 500), score(1, 200), score(4, 100)]).await;
    assert_eq!(stage.lines().await, [(1, 1, 2), (1, 2, 3), (1, 3, 1), (4, 4, 4)]);
    let last = stage.board.standing(street(), person(1)).await.unwrap();
    assert_eq!((last.rank, last.position, last.score), (1, Some(3), 500));
    assert_eq!(short(&last.above), [(1, 1, 2), (1, 2, 3)]);
    assert_eq!(short(&last.below), [(4, 4, 4)]);
}

async fn a_page_that_starts_inside_a_tie_keeps_its_rank(stage: Stage) {
    stage.tell([score(1, 900), score(2, 500), score(3, 500), score(4, 500), score(5, 100)]).await;
    let page = stage.board.page(street(), 3, 2).await.unwrap();
    assert_eq!(short(&page.lines), [(2, 3, 3), (2, 4, 4)]);
    assert_eq!((page.total, page.as_of_seq), (5, 5));
    assert_eq!(stage.board.page(street(), 6, 2).await.unwrap().lines, []);
    assert_eq!(stage.board.page(street(), 0, 1).await.unwrap().lines.len(), 1);
    assert_eq!(stage.board.page(street(), u64::MAX, u64::MAX).await.unwrap().lines, []);
}

async fn a_hidden_person_is_nowhere_but_sees_the_own_rank(stage: Stage) {
    let hide = BoardChange::Hide(Subject::Resident, person(2));
    stage.tell([score(1, 900), score(2, 700), score(3, 500), hide, score(2, 50)]).await;
    assert_eq!(stage.lines().await, [(1, 1, 1), (2, 2, 3)]);
    let own = stage.board.standing(street(), person(2)).await.unwrap();
    assert_eq!((own.rank, own.position, own.score, own.hidden), (2, None, 750, true));
    assert_eq!((short(&own.above), short(&own.below)), (vec![(1, 1, 1)], vec![(2, 2, 3)]));
    let behind = stage.board.standing(street(), person(3)).await.unwrap();
    assert_eq!((behind.rank, short(&behind.above)), (2, vec![(1, 1, 1)]));
}

async fn a_hidden_person_inside_a_tie_sees_its_real_neighbours(stage: Stage) {
    let hide = BoardChange::Hide(Subject::Resident, person(3));
    stage.tell([score(1, 500), score(2, 500), score(3, 500), score(4, 500), score(5, 500), hide]).await;
    let own = stage.board.standing(street(), person(3)).await.unwrap();
    assert_eq!((own.rank, own.position), (1, None));
    assert_eq!(
        (short(&own.above), short(&own.below)),
        (vec![(1, 1, 1), (1, 2, 2)], vec![(1, 3, 4), (1, 4, 5)])
    );
}

async fn who_shows_again_stands_where_it_stood(stage: Stage) {
    let (hide, show) =
        (BoardChange::Hide(Subject::Resident, person(1)), BoardChange::Show(Subject::Resident, person(1)));
    stage.tell([score(1, 500), score(2, 500), hide.clone(), hide, show.clone(), show]).await;
    assert_eq!(stage.lines().await, [(1, 1, 1), (1, 2, 2)]);
    assert!(!stage.board.standing(street(), person(1)).await.unwrap().hidden);
}

async fn who_was_erased_never_comes_back(stage: Stage) {
    let named = |change: fn(Subject, uuid::Uuid) -> BoardChange| change(Subject::Resident, person(1));
    let after = [
        named(BoardChange::Erase),
        score(1, 70),
        named(BoardChange::Hide),
        named(BoardChange::Show),
        score(1, 70),
    ];
    stage.tell([score(1, 500), score(2, 400)].into_iter().chain(after)).await;
    assert_eq!(stage.lines().await, [(1, 1, 2)]);
    let own = stage.board.standing(street(), person(1)).await.unwrap();
    assert_eq!((own.rank, own.position, own.score, own.hidden), (2, None, 0, false));
    assert_eq!(stage.board.status().await.unwrap().members, 12, "six periods of two units");
}

async fn nothing_and_less_than_nothing_is_not_listed(stage: Stage) {
    stage.tell([score(1, 500), score(2, 300), score(2, -300), score(3, -200), score(4, 0)]).await;
    assert_eq!(stage.lines().await, [(1, 1, 1)]);
    for (who, points) in [(2, 0), (3, -200), (4, 0), (99, 0)] {
        let own = stage.board.standing(street(), person(who)).await.unwrap();
        assert_eq!((own.rank, own.position, own.score), (2, None, points));
        assert_eq!((short(&own.above), own.below), (vec![(1, 1, 1)], vec![]));
    }
}

async fn a_unit_and_its_ancestors_count_everybody_below(stage: Stage) {
    let at = |unit, resident, household, amount| BoardChange::Score {
        unit,
        resident: Some(person(resident)),
        household: Some(person(household)),
        amount,
    };
    stage.tell([at(BLOCK_A, 1, 11, 300), at(BLOCK_B, 2, 12, 400), at(BLOCK_B, 1, 11, 200)]).await;
    assert_eq!(stage.lines().await, [(1, 1, 1), (2, 2, 2)]);
    let lines = async |unit, subject| {
        short(&stage.board.page(key(unit, Span::Day, TODAY, subject), 1, 9).await.unwrap().lines)
    };
    assert_eq!(lines(BLOCK_A, Subject::Resident).await, [(1, 1, 1)]);
    assert_eq!(lines(BLOCK_B, Subject::Resident).await, [(1, 1, 2), (2, 2, 1)]);
    assert_eq!(lines(STREET, Subject::Household).await, [(1, 1, 11), (2, 2, 12)]);
    assert_eq!(lines(domain::ids::UnitId(person(50)), Subject::Household).await, []);
}

async fn a_hole_is_refused_and_nothing_is_written(stage: Stage) {
    stage.tell([score(1, 500)]).await;
    let mut holed = log(2, [score(2, 900), score(3, 900), score(4, 900)]);
    holed.remove(1);
    for (batch, missing) in [(holed, 3), (log(5, [score(2, 900)]), 2)] {
        let refused = stage.board.apply(&batch).await;
        assert!(matches!(refused, Err(BoardError::Gap { expected }) if expected == missing), "{refused:?}");
        assert_eq!(stage.lines().await, [(1, 1, 1)]);
    }
    assert_eq!(stage.board.last_seq().await.unwrap(), 1);
}

async fn what_is_delivered_twice_counts_once(stage: Stage) {
    stage.begin().await;
    let all = log(1, [score(1, 500), score(2, 300), score(2, 300), score(1, 50)]);
    stage.board.apply(&all[..2]).await.unwrap();
    stage.board.apply(&all[..3]).await.unwrap();
    let stuttering: Vec<LogEntry> = all[1..].iter().chain(&all[2..]).cloned().collect();
    assert_eq!(stage.board.apply(&stuttering).await.unwrap().as_of_seq, 4);
    assert_eq!(stage.board.apply(&all[..1]).await.unwrap().as_of_seq, 4);
    assert_equal(&stage.board, &all, 3).await;
}

async fn an_unknown_unit_is_refused_until_the_tree_knows_it(stage: Stage) {
    stage.begin().await;
    let block = domain::ids::UnitId(person(77));
    let change = BoardChange::Score { unit: block, resident: Some(person(2)), household: None, amount: 900 };
    let batch = log(1, [score(1, 500), change]);
    let refused = stage.board.apply(&batch).await;
    assert!(matches!(refused, Err(BoardError::UnknownUnit(unit)) if unit == block), "{refused:?}");
    assert_eq!(stage.lines().await, []);
    let Tree(mut units) = tree();
    units.insert(block, vec![block, STREET]);
    assert!(!stage.board.set_tree(Tree(units)), "it only grew");
    stage.board.apply(&batch).await.unwrap();
    assert_eq!(stage.lines().await, [(1, 1, 2), (2, 2, 1)]);
}

async fn a_tree_that_moves_a_unit_asks_for_a_rebuild(stage: Stage) {
    stage.tell([score(1, 500)]).await;
    let elsewhere = domain::ids::UnitId(person(78));
    let moved = Tree([(BLOCK_A, vec![BLOCK_A, elsewhere]), (BLOCK_B, vec![BLOCK_B, STREET])].into());
    assert!(stage.board.set_tree(moved));
    let changes = [score(1, 100), BoardChange::Hide(Subject::Resident, person(1))];
    stage.board.apply(&log(2, changes)).await.unwrap();
    assert_eq!(stage.lines().await, [], "hidden also where the tree does not lead any more");
    assert_eq!(stage.board.standing(street(), person(1)).await.unwrap().score, 500);
}

async fn a_new_day_closes_the_periods_that_ended(stage: Stage) {
    stage.tell([score(1, 500), score(2, 300)]).await;
    let members = stage.board.status().await.unwrap().members;
    let next = [LogEntry { seq: 3, day: TODAY.plus(2), change: score(2, 100) }];
    stage.board.apply(&next).await.unwrap();
    for span in [Span::Day, Span::Week] {
        let closed = stage.board.page(key(STREET, span, TODAY, Subject::Resident), 1, 5).await;
        assert!(
            matches!(closed, Err(BoardError::NotLive { log_day }) if log_day == TODAY.plus(2)),
            "{closed:?}"
        );
        let closed = stage.board.standing(key(STREET, span, TODAY, Subject::Resident), person(1)).await;
        assert!(matches!(closed, Err(BoardError::NotLive { .. })));
        let open = stage.board.page(key(STREET, span, TODAY.plus(2), Subject::Resident), 1, 5).await.unwrap();
        assert_eq!(short(&open.lines), [(1, 1, 2)]);
    }
    assert_eq!(stage.lines().await, [(1, 1, 1), (2, 2, 2)]);
    assert_eq!(
        stage.board.status().await.unwrap().members,
        members - 4,
        "one person less in two periods of two units"
    );
    let nothing = [LogEntry { seq: 4, day: TODAY.plus(400), change: BoardChange::Nothing }];
    stage.board.apply(&nothing).await.unwrap();
    assert_eq!(stage.board.status().await.unwrap().members, 4, "all time is left");
}

async fn a_day_that_goes_back_is_refused(stage: Stage) {
    stage.tell([score(1, 500), score(2, 300)]).await;
    let back = LogEntry { seq: 3, day: TODAY.plus(-1), change: score(2, 900) };
    let inside =
        [LogEntry { seq: 3, day: TODAY.plus(1), change: score(2, 900) }, LogEntry { seq: 4, ..back.clone() }];
    assert!(matches!(stage.board.apply(&[back]).await, Err(BoardError::DayWentBack { seq: 3 })));
    assert!(matches!(stage.board.apply(&inside).await, Err(BoardError::DayWentBack { seq: 4 })));
    assert_eq!(stage.lines().await, [(1, 1, 1), (2, 2, 2)]);
}

async fn a_snapshot_and_the_log_after_it_make_the_same_board(stage: Stage) {
    let elsewhere =
        BoardChange::Score { unit: BLOCK_B, resident: Some(person(1)), household: None, amount: -500 };
    let hide = BoardChange::Hide(Subject::Resident, person(2));
    let erase = BoardChange::Erase(Subject::Resident, person(3));
    let show = BoardChange::Show(Subject::Resident, person(2));
    let changes =
        [score(1, 500), score(2, 5), score(3, 9), elsewhere, hide, erase, score(2, 1), score(1, 6), show];
    let all = log(1, changes);
    for cut in [0, 4, 6, 9] {
        stage.board.load(Naive::of(&all[..cut]).snapshot(TODAY)).await.unwrap();
        stage.board.apply(&all[cut..]).await.unwrap();
        assert_equal(&stage.board, &all, 5).await;
    }
}

async fn a_snapshot_of_many_pieces_adds_up(stage: Stage) {
    let at = |unit, n: u128| BoardChange::Score {
        unit,
        resident: Some(person(n)),
        household: Some(person(n / 3)),
        amount: (n % 40) as i64 - 3,
    };
    let hide = BoardChange::Hide(Subject::Household, person(1));
    let scores = (0..60).map(|n| at(BLOCK_A, n)).chain((0..60).map(|n| at(BLOCK_B, 59 - n)));
    let all = log(1, scores.chain([hide]));
    let mut snapshot = Naive::of(&all).snapshot(TODAY);
    assert!(snapshot.scores.len() > 900, "more than goes into one piece");
    snapshot.scores.sort_by_key(|row| row.unit);
    stage.board.load(snapshot).await.unwrap();
    assert_equal(&stage.board, &all, 5).await;
}

async fn a_snapshot_replaces_everything(stage: Stage) {
    stage.tell([score(1, 500), BoardChange::Hide(Subject::Resident, person(2))]).await;
    let before = stage.board.status().await.unwrap();
    let row = |day, n| SnapshotScore {
        period: key(STREET, Span::Day, day, Subject::Resident).period,
        subject: Subject::Resident,
        unit: BLOCK_A,
        id: person(n),
        score: 70,
        reached: 30,
    };
    let tomorrow = TODAY.plus(1);
    let scores = [row(tomorrow, 2), row(TODAY, 3)].into_iter();
    let snapshot = Snapshot { seq: 40, day: tomorrow, scores, hidden: vec![], erased: vec![] };
    stage.board.load(snapshot).await.unwrap();
    let page = stage.board.page(key(STREET, Span::Day, tomorrow, Subject::Resident), 1, 9).await.unwrap();
    assert_eq!((short(&page.lines), page.as_of_seq), (vec![(1, 1, 2)], 40), "the closed day was passed over");
    assert_eq!(stage.lines().await, []);
    let after = stage.board.status().await.unwrap();
    assert!(after.epoch > before.epoch);
    assert_eq!((after.members, after.log_day), (2, tomorrow));
    let unknown = SnapshotScore { unit: domain::ids::UnitId(person(5)), ..row(tomorrow, 2) };
    let refused = stage.board.load(Snapshot { scores: vec![unknown], ..Snapshot::empty(tomorrow) }).await;
    assert!(matches!(refused, Err(BoardError::UnknownUnit(_))));
    assert_eq!(stage.board.last_seq().await.unwrap(), 40, "the old boards stay");
}

async fn a_snapshot_of_nobody_who_is_left_is_loaded(stage: Stage) {
    stage.tell([score(1, 500)]).await;
    let row = SnapshotScore {
        period: street().period,
        subject: Subject::Resident,
        unit: BLOCK_A,
        id: person(1),
        score: 500,
        reached: 30,
    };
    let erased = vec![(Subject::Resident, person(1))];
    let snapshot = Snapshot { seq: 40, scores: vec![row], erased, ..Snapshot::empty(TODAY) };
    stage.board.load(snapshot).await.unwrap();
    assert_eq!(stage.lines().await, []);
    assert_eq!(stage.board.last_seq().await.unwrap(), 40);
}

async fn a_score_without_end_stops_at_the_largest(stage: Stage) {
    stage
        .tell([
            score(1, i64::MAX),
            score(1, MERIT_MAX),
            score(2, i64::MIN),
            score(2, -5),
            score(3, MERIT_MAX - 1),
        ])
        .await;
    assert_eq!(stage.lines().await, [(1, 1, 1), (2, 2, 3)]);
    for (who, points) in [(1, MERIT_MAX), (2, -MERIT_MAX), (3, MERIT_MAX - 1)] {
        assert_eq!(stage.board.standing(street(), person(who)).await.unwrap().score, points);
    }
}

async fn two_appliers_at_once_equal_the_fold(stage: Stage) {
    stage.begin().await;
    let all: Vec<LogEntry> = (1..=600)
        .map(|seq| LogEntry {
            seq,
            day: TODAY.plus(seq as i32 / 200),
            change: score(u128::from(seq * seq % 7), seq as i64 % 5 - 1),
        })
        .collect();
    let board = std::sync::Arc::new(stage.board);
    let appliers = [7, 40, 130].map(|size| {
        let (board, all) = (board.clone(), all.clone());
        tokio::spawn(async move {
            for batch in all.chunks(size) {
                board.apply(batch).await.unwrap();
                tokio::task::yield_now().await;
            }
        })
    });
    for applier in appliers {
        applier.await.unwrap();
    }
    assert_equal(&board, &all, 7).await;
}
