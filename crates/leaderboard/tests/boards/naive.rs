//! What a board should say, by the plainest means: all entries are read again for each question, and a list is sorted.

use std::collections::{BTreeMap, HashSet};

use domain::Day;
use domain::period::{Period, Span};
use domain::ranking::{BoardChange, BoardKey, Line, LogEntry, Place, Subject, lines};
use leaderboard::{Snapshot, SnapshotScore, Standing};
use uuid::Uuid;

use crate::stage::tree;

/// The log, read once for who is hidden and who was erased.
pub struct Naive<'a> {
    log: &'a [LogEntry],
    hidden: HashSet<(Subject, Uuid)>,
    erased: HashSet<(Subject, Uuid)>,
}

impl<'a> Naive<'a> {
    /// The board after these entries.
    pub fn of(log: &'a [LogEntry]) -> Self {
        let (mut hidden, mut erased) = (HashSet::new(), HashSet::new());
        for entry in log {
            match entry.change {
                BoardChange::Hide(subject, id) => _ = hidden.insert((subject, id)),
                BoardChange::Show(subject, id) => _ = hidden.remove(&(subject, id)),
                BoardChange::Erase(subject, id) => _ = erased.insert((subject, id)),
                _ => {}
            }
        }
        hidden.retain(|named| !erased.contains(named));
        Self { log, hidden, erased }
    }

    /// Everybody's score and the entry that reached it, hidden or not.
    fn everybody(&self, key: BoardKey) -> Vec<Place> {
        let mut held: BTreeMap<Uuid, (i64, u64)> = BTreeMap::new();
        for entry in self.log.iter().filter(|entry| key.period.contains(entry.day)) {
            let BoardChange::Score { unit, resident, household, amount } = entry.change else { continue };
            let id = if key.subject == Subject::Resident { resident } else { household };
            let Some(id) = id.filter(|id| !self.erased.contains(&(key.subject, *id))) else { continue };
            if amount != 0 && tree().ancestors(unit).contains(&key.unit) {
                let held = held.entry(id).or_default();
                *held = (held.0 + amount, entry.seq);
            }
        }
        held.into_iter().map(|(id, (score, reached))| Place::new(score, reached, id)).collect()
    }

    fn listed(&self, key: BoardKey) -> Vec<Place> {
        let visible = |place: &Place| place.is_listed() && !self.hidden.contains(&(key.subject, place.id));
        let mut places: Vec<Place> = self.everybody(key).into_iter().filter(visible).collect();
        places.sort();
        places
    }

    /// The whole list.
    pub fn lines(&self, key: BoardKey) -> Vec<Line> {
        lines(&self.listed(key), 1, 0)
    }

    /// Where somebody stands.
    pub fn standing(&self, key: BoardKey, id: Uuid, day: Day) -> Standing {
        let listed = self.listed(key);
        let all = self.lines(key);
        let own = self.everybody(key).into_iter().find(|place| place.id == id);
        let score = own.map_or(0, |place| place.score());
        let rank = 1 + listed.iter().filter(|place| place.score() > score.max(0)).count() as u64;
        let at = own
            .filter(Place::is_listed)
            .map_or(listed.len(), |own| listed.iter().filter(|place| **place < own).count());
        let is_listed = listed.get(at).is_some_and(|place| place.id == id);
        Standing {
            rank,
            position: is_listed.then_some(at as u64 + 1),
            score,
            hidden: self.hidden.contains(&(key.subject, id)),
            above: all[at.saturating_sub(2)..at].to_vec(),
            below: all.iter().skip(at + usize::from(is_listed)).take(2).copied().collect(),
            total: all.len() as u64,
            as_of_seq: self.log.last().map_or(0, |entry| entry.seq),
            log_day: day,
        }
    }

    /// What the database would give to load a board from.
    pub fn snapshot(&self, day: Day) -> Snapshot {
        let mut scores: BTreeMap<(Subject, Span, usize, Uuid), SnapshotScore> = BTreeMap::new();
        let units: Vec<_> = tree().0.into_keys().collect();
        for entry in self.log {
            let BoardChange::Score { unit, resident, household, amount } = entry.change else { continue };
            for (subject, id) in [(Subject::Resident, resident), (Subject::Household, household)] {
                for period in
                    Period::every(day).into_iter().filter(|period| period.contains(entry.day) && amount != 0)
                {
                    let Some(id) = id else { continue };
                    let place =
                        (subject, period.span, units.iter().position(|known| *known == unit).unwrap(), id);
                    let empty = SnapshotScore { period, subject, unit, id, score: 0, reached: 0 };
                    let row = scores.entry(place).or_insert(empty);
                    row.score += amount;
                    row.reached = entry.seq;
                }
            }
        }
        Snapshot {
            seq: self.log.last().map_or(0, |entry| entry.seq),
            day,
            scores: scores.into_values().collect(),
            hidden: self.hidden.iter().copied().collect(),
            erased: self.erased.iter().copied().collect(),
        }
    }
}
