//! The boards as one would say them: the whole log, sorted.

use std::collections::{HashMap, HashSet};

use domain::Day;
use domain::period::{Period, Span};
use domain::ranking::{BoardChange, BoardKey, Line, LogEntry, Place, Subject, lines};
use foundation::boards;
use store::ledger::scores;
use uuid::Uuid;

use super::stage::Stage;

/// A board by the whole log.
pub struct Naive {
    pub listed: Vec<Place>,
    places: HashMap<Uuid, (i64, u64)>,
    hidden: HashSet<Uuid>,
}

impl Naive {
    pub fn of(
        log: &[LogEntry],
        paths: &HashMap<domain::ids::UnitId, Vec<domain::ids::UnitId>>,
        key: BoardKey,
    ) -> Self {
        let (mut places, mut hidden, mut erased) =
            (HashMap::<Uuid, (i64, u64)>::new(), HashSet::new(), HashSet::new());
        for entry in log {
            match entry.change {
                BoardChange::Score { unit, resident, household, amount } => {
                    let id = if key.subject == Subject::Resident { resident } else { household };
                    if let Some(id) = id
                        && paths[&unit].contains(&key.unit)
                        && key.period.contains(entry.day)
                    {
                        let place = places.entry(id).or_default();
                        *place = (place.0 + amount, entry.seq);
                    }
                }
                BoardChange::Hide(s, id) if s == key.subject => drop(hidden.insert(id)),
                BoardChange::Show(s, id) if s == key.subject => drop(hidden.remove(&id)),
                BoardChange::Erase(s, id) if s == key.subject => drop(erased.insert(id)),
                _ => {}
            }
        }
        places.retain(|id, _| !erased.contains(id));
        let visible = places.iter().filter(|(id, (score, _))| *score > 0 && !hidden.contains(*id));
        let mut listed: Vec<Place> =
            visible.map(|(id, (score, reached))| Place::new(*score, *reached, *id)).collect();
        listed.sort_unstable();
        Self { listed, places, hidden }
    }

    pub fn lines(&self) -> Vec<Line> {
        lines(&self.listed, 1, 0)
    }
}

/// Compares every unit, span, subject, page and standing, for the periods of these days, with the log. What is read from the board is to
/// be as fresh as the log's end.
pub async fn assert_equal(stage: &Stage, days: &[Day], away: bool) {
    let app = &stage.app;
    let (log, paths) = app
        .store
        .read(|c| Ok((scores::log_after(c, 0, 100_000)?, store::units::every_path(c)?)))
        .await
        .unwrap();
    let paths: HashMap<_, _> = paths.into_iter().collect();
    let (end, log_day) = log.last().map_or((0, Day(0)), |entry| (entry.seq, entry.day));
    for unit in &stage.units {
        for subject in Subject::BOTH {
            for period in days.iter().flat_map(|day| Span::EVERY.map(|span| Period::of(span, *day))) {
                let key = BoardKey { unit: *unit, period, subject };
                let naive = Naive::of(&log, &paths, key);
                let whole = boards::page(app, key, 1, 100).await.unwrap();
                assert_eq!(whole.what.lines, naive.lines(), "{key:?}");
                assert_eq!(whole.what.as_of_seq, end, "{key:?}");
                assert_eq!(whole.frozen, period.end().is_some_and(|e| e <= log_day), "{key:?}");
                assert_eq!(whole.away, away && !whole.frozen, "{key:?}");
                let part = boards::page(app, key, 3, 2).await.unwrap();
                assert_eq!(
                    part.what.lines,
                    naive.lines().into_iter().skip(2).take(2).collect::<Vec<_>>(),
                    "{key:?}"
                );
                for person in &stage.people {
                    let id = match subject {
                        Subject::Resident => Some(person.resident.0),
                        Subject::Household => person.standing.household.map(|h| h.0),
                    };
                    if let Some(id) = id {
                        assert_stands(stage, key, &naive, id).await;
                    }
                }
            }
        }
    }
}

async fn assert_stands(stage: &Stage, key: BoardKey, naive: &Naive, id: Uuid) {
    let standing = boards::standing(&stage.app, key, id).await.unwrap().what;
    let (score, reached) = naive.places.get(&id).copied().unwrap_or_default();
    assert_eq!(standing.score, score, "{key:?} {id}");
    assert_eq!(standing.total, naive.listed.len() as u64);
    let above = naive.listed.iter().filter(|place| place.score() > score.max(0)).count();
    assert_eq!(standing.rank, above as u64 + 1, "{key:?} {id}");
    let index = if score > 0 {
        naive.listed.partition_point(|place| *place < Place::new(score, reached, id))
    } else {
        naive.listed.len()
    };
    let lines = naive.lines();
    let listed = score > 0 && !naive.hidden.contains(&id);
    assert_eq!(standing.position, listed.then_some(index as u64 + 1), "{key:?} {id}");
    if let Some(position) = standing.position {
        // The rank in the list is "my rank".
        assert_eq!(lines[position as usize - 1].rank, standing.rank);
        assert_eq!(lines[position as usize - 1].id, id);
    }
    assert_eq!(standing.above, lines[index.saturating_sub(2)..index], "{key:?} {id}");
    let below = (index + usize::from(listed)).min(lines.len());
    assert_eq!(standing.below, lines[below..(below + 2).min(lines.len())], "{key:?} {id}");
}
