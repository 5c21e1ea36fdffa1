//! Scores: what a fold of the log, done by hand, says, for every period.

use std::collections::BTreeMap;

use domain::ids::UnitId;
use domain::ledger::{Group, Kind, Mode, Movement, Reason};
use domain::period::Period;
use domain::ranking::{BoardChange, LogEntry, Subject};
use domain::time::{DAY, Day};
use store::ledger::scores;

use super::bed::{Bed, Person, System, award, group, movement, spend};
use super::random::Chance;

on_both!(scores_are_the_fold_of_the_log, a_household_and_its_residents_are_scored_apart);

/// Score and last change of each subject in each unit.
type Scores = BTreeMap<(UnitId, uuid::Uuid), (i64, u64)>;

fn by_hand(log: &[LogEntry], period: Period, subject: Subject) -> Scores {
    let mut scores = Scores::new();
    for entry in log.iter().filter(|e| period.contains(e.day)) {
        if let BoardChange::Score { unit, resident, household, amount } = &entry.change {
            let id = if subject == Subject::Resident { resident } else { household };
            if let Some(id) = id {
                let score = scores.entry((*unit, *id)).or_default();
                *score = (score.0 + amount, entry.seq);
            }
        }
    }
    scores
}

async fn kept(bed: &Bed, period: Period, subject: Subject) -> Scores {
    let parts = scores::Stored::of_period(period, Day(i32::MAX), subject);
    let read = move |c: &mut store::Db| {
        let mut kept = Scores::new();
        for part in parts {
            let mut last = None;
            // Few at a time, so that a stretch ends inside of a unit and at its end.
            while let Some(end) = add_some(c, part, last.as_ref(), &mut kept)? {
                last = Some(end);
            }
        }
        Ok(kept)
    };
    bed.store.read(read).await.unwrap()
}

fn add_some(
    conn: &mut store::Db,
    part: scores::Stored,
    after: Option<&scores::Score>,
    kept: &mut Scores,
) -> store::Result<Option<scores::Score>> {
    let rows = scores::stretch(conn, part, after, 2)?;
    for row in &rows {
        let sum = kept.entry((row.unit, row.id)).or_default();
        *sum = (sum.0 + row.score, sum.1.max(row.reached));
    }
    Ok(rows.last().copied())
}

fn deduction(key: &str, system: &System, person: &Person, hundredths: i64) -> Group {
    let taken = movement(Kind::Merit, person.merit, system.issuing_merit, hundredths);
    group(key, vec![Movement { reason: Reason::Deduction, standing: person.standing, ..taken }])
}

async fn scores_are_the_fold_of_the_log(bed: &Bed) {
    let system = bed.system_accounts().await;
    let mut people = Vec::new();
    for _ in 0..4 {
        people.push(bed.person().await);
    }
    // Two of one household, and one that moves house on the way.
    people[1].standing.household = people[0].standing.household;
    people[1].standing.unit = people[0].standing.unit;
    let mut chance = Chance::of(5);
    let mut days = std::collections::BTreeSet::new();
    for n in 0..80_i64 {
        if n == 40 {
            people[2].standing.unit = people[3].standing.unit;
            people[2].standing.household = None;
        }
        bed.move_clock(DAY / 1_000_000 * chance.below(9));
        days.insert(Day::of(bed.now(), bed.store.zone()));
        let person = people[usize::try_from(chance.below(4)).unwrap()];
        let (key, amount) = (format!("{n}"), 50 + chance.below(500));
        let group = match chance.below(4) {
            0 => deduction(&key, &system, &person, amount),
            1 => spend(&key, &system, &person, amount, Mode::Balancing),
            _ => award(&key, &system, &person, amount),
        };
        bed.post(group).await.unwrap();
        bed.sequence().await;
        if chance.below(3) == 0 {
            bed.store.write(|c| scores::follow(c, 7)).await.unwrap();
        }
    }
    while bed.store.write(|c| scores::follow(c, 7)).await.unwrap() > 0 {}
    let log = bed.store.read(|c| scores::log_after(c, 0, 10_000)).await.unwrap();
    let cursor = bed.store.read(scores::cursor).await.unwrap();
    assert_eq!(Some(cursor), log.last().map(|e| (e.seq, e.day)));
    let mut periods: Vec<Period> = days.into_iter().flat_map(Period::every).collect();
    periods.dedup();
    periods.sort_unstable();
    periods.dedup();
    for period in periods {
        for subject in Subject::BOTH {
            let by_hand = by_hand(&log, period, subject);
            assert_eq!(kept(bed, period, subject).await, by_hand, "{period:?} of {subject}");
        }
    }
    bed.assert_clean().await;
}

async fn a_household_and_its_residents_are_scored_apart(bed: &Bed) {
    let system = bed.system_accounts().await;
    let mut person = bed.person().await;
    bed.post(award("a", &system, &person, 100)).await.unwrap();
    person.standing.resident = None;
    bed.post(award("b", &system, &person, 30)).await.unwrap();
    // What counts in no unit is on no board.
    person.standing.unit = None;
    bed.post(award("c", &system, &person, 7)).await.unwrap();
    bed.sequence().await;
    while bed.store.write(|c| scores::follow(c, 100)).await.unwrap() > 0 {}
    let [_, week, ..] = Period::every(bed.store.today());
    let only = |scores: Scores| scores.into_values().map(|(score, _)| score).collect::<Vec<_>>();
    assert_eq!(only(kept(bed, week, Subject::Resident).await), [100]);
    assert_eq!(only(kept(bed, week, Subject::Household).await), [130]);
    bed.assert_clean().await;
}
