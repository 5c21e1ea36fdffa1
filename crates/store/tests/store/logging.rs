//! The log: gapless, in order, its day never going back, whoever appends and whatever is cut off.

use domain::Day;
use domain::ledger::Mode;
use domain::ranking::{BoardChange, Subject};
use domain::time::DAY;
use store::ledger::{accounts, posting, scores, sequencer};
use store::{AnyId, Db, Error};

use super::bed::{Bed, award, group, movement, spend};

on_both!(
    the_day_never_goes_back_with_the_clock,
    what_is_cut_off_leaves_no_gap,
    what_hides_and_shows_is_in_order,
    sequencers_at_once_take_turns,
    more_than_a_pass_is_appended_to_the_end,
    appending_wakes_followers,
);

/// `seq` and day of every entry.
async fn log(bed: &Bed) -> Vec<(u64, Day)> {
    let entries = bed.store.read(|c| scores::log_after(c, 0, 100_000)).await.unwrap();
    entries.iter().map(|e| (e.seq, e.day)).collect()
}

async fn the_day_never_goes_back_with_the_clock(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person().await;
    let today = Day::of(bed.now(), bed.store.zone());
    for (key, days) in [("a", 0), ("b", 2), ("c", -1), ("d", 3)] {
        bed.move_clock(days * DAY / 1_000_000);
        bed.post(award(key, &system, &person, 100)).await.unwrap();
        bed.sequence().await;
    }
    let days: Vec<i32> = log(bed).await.iter().map(|(_, day)| day.0 - today.0).collect();
    assert_eq!(days, [0, 0, 2, 2, 2, 2, 4, 4]);
    let end = bed.store.read(accounts::log_end).await.unwrap();
    assert_eq!(end, (8, today.plus(4)));
    bed.assert_clean().await;
}

async fn what_is_cut_off_leaves_no_gap(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 1_000).await;
    bed.sequence().await;
    let (cut, now, zone) = (award("cut", &system, &person, 100), bed.now(), bed.store.zone().clone());
    let body = move |c: &mut Db| {
        posting::post(c, &cut, now)?;
        assert_eq!(sequencer::append(c, now, &zone, 100)?, 2);
        Err::<(), _>(Error::corrupt("cut off"))
    };
    assert!(matches!(bed.store.write(body).await, Err(Error::Corrupt(_))));
    assert_eq!(bed.store.read(accounts::log_end).await.unwrap().0, 2);
    bed.post(award("next", &system, &person, 100)).await.unwrap();
    bed.sequence().await;
    assert_eq!(log(bed).await.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(bed.folded(system.issuing).await, -1_100);
    bed.assert_clean().await;
}

async fn what_hides_and_shows_is_in_order(bed: &Bed) {
    let (a, b) = (uuid::Uuid::now_v7(), uuid::Uuid::now_v7());
    let system = bed.system_accounts().await;
    let person = bed.person().await;
    let entries = [("hide", a), ("show", a), ("hide", b), ("erase", a), ("show", a), ("hide", a)];
    for (entry, id) in entries {
        let enqueue = move |c: &mut Db| scores::enqueue_visibility(c, entry, Subject::Resident, AnyId(id));
        bed.store.write(enqueue).await.unwrap();
    }
    bed.post(award("a", &system, &person, 100)).await.unwrap();
    bed.sequence().await;
    let changes = bed.store.read(|c| scores::log_after(c, 0, 100)).await.unwrap();
    let mut expected: Vec<BoardChange> = entries
        .iter()
        .map(|(entry, id)| match *entry {
            "hide" => BoardChange::Hide(Subject::Resident, *id),
            "show" => BoardChange::Show(Subject::Resident, *id),
            _ => BoardChange::Erase(Subject::Resident, *id),
        })
        .collect();
    let standing = person.standing;
    expected.push(BoardChange::Score {
        unit: standing.unit.unwrap(),
        resident: standing.resident.map(|id| id.0),
        household: standing.household.map(|id| id.0),
        amount: 100,
    });
    // Redeemable points move no board.
    expected.push(BoardChange::Nothing);
    assert_eq!(changes.into_iter().map(|e| e.change).collect::<Vec<_>>(), expected);
    let mut concealed = Vec::new();
    for _ in 0..5 {
        assert_eq!(bed.store.write(|c| scores::follow(c, 1)).await.unwrap(), 1);
        concealed.push(bed.store.read(scores::concealed).await.unwrap());
    }
    let who = |id, erased| (Subject::Resident, id, erased);
    assert_eq!(concealed[0], [who(a, false)]);
    assert_eq!(concealed[1], []);
    assert_eq!(concealed[2], [who(b, false)]);
    concealed[4].sort();
    assert_eq!(concealed[4], [who(a, true), who(b, false)], "erased is for ever");
}

async fn sequencers_at_once_take_turns(bed: &Bed) {
    let system = bed.system_accounts().await;
    let mut tasks = Vec::new();
    for i in 0..8 {
        let person = bed.person_with(&system, 1_000).await;
        let (store, now) = (bed.store.clone(), bed.now());
        tasks.push(tokio::spawn(async move {
            for n in 0..10 {
                let group = spend(&format!("r:{i}:{n}"), &system, &person, 10, Mode::Posted);
                store.write(move |c| posting::post(c, &group, now)).await.unwrap();
            }
        }));
    }
    for _ in 0..4 {
        let (store, now, zone) = (bed.store.clone(), bed.now(), bed.store.zone().clone());
        tasks.push(tokio::spawn(async move {
            let mut idle = 0;
            while idle < 3 {
                let zone = zone.clone();
                let moved = store.write(move |c| sequencer::append(c, now, &zone, 3)).await.unwrap();
                idle = if moved == 0 { idle + 1 } else { 0 };
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(bed.folded(system.expiry).await, 800);
    let seqs: Vec<u64> = log(bed).await.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, (1..=96).collect::<Vec<_>>());
    bed.assert_clean().await;
}

async fn more_than_a_pass_is_appended_to_the_end(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person_with(&system, 100_000).await;
    let many = |n: usize| {
        let one = || movement(domain::ledger::Kind::Redeemable, person.redeemable, system.expiry, 1);
        group(&format!("many:{n}"), (0..60).map(|_| one()).collect())
    };
    let outcomes = bed.outcomes((0..10).map(many).collect()).await.unwrap();
    assert_eq!(outcomes.len(), 10);
    if !bed.is_sqlite() {
        bed.sequence().await;
    }
    // On SQLite nobody but the write itself was there to append.
    assert_eq!(bed.number("SELECT COUNT(*) AS n FROM ledger_queue"), 0);
    assert_eq!(bed.store.read(accounts::log_end).await.unwrap().0, 602);
    bed.assert_clean().await;
}

async fn appending_wakes_followers(bed: &Bed) {
    let system = bed.system_accounts().await;
    let person = bed.person().await;
    if bed.is_sqlite() {
        let woken = bed.store.appended().notified();
        bed.post(award("a", &system, &person, 100)).await.unwrap();
        woken.await;
    } else {
        let queued = bed.store.appended().notified();
        bed.post(award("a", &system, &person, 100)).await.unwrap();
        queued.await;
        let woken = bed.store.appended().notified();
        assert_eq!(bed.store.sequence().await.unwrap(), 2);
        woken.await;
    }
}
