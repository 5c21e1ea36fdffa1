//! Boards: who stands where. The score is merit by the log's day. Equal scores share a rank (1 + the number of visible subjects
//! above); inside a tie the one who reached the score first stands first. Ranks count visible subjects only: a hidden person
//! sees the own score and the rank it would hold. Zero and negative scores are not listed.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::ids::UnitId;
use crate::period::Period;

/// Who is ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Residents.
    Resident,
    /// Households.
    Household,
}

impl Subject {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Resident, Self::Household];
    /// The word in addresses, rows and keys.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Resident => "resident",
            Self::Household => "household",
        }
    }
}
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
impl FromStr for Subject {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        Self::BOTH.into_iter().find(|x| x.word() == s).ok_or(())
    }
}

/// One board: a unit, a period, and who is ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BoardKey {
    /// The unit whose subtree is ranked.
    pub unit: UnitId,
    /// The period.
    pub period: Period,
    /// Who is ranked.
    pub subject: Subject,
}

/// Where a subject stands: the sort key of a board, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    score: Reverse<i64>,
    reached: u64,
    /// The resident or household.
    pub id: Uuid,
}

impl Place {
    /// A place of this score (hundredths of merit), reached by the log entry `reached`.
    pub const fn new(score: i64, reached: u64, id: Uuid) -> Self {
        Self { score: Reverse(score), reached, id }
    }
    /// Hundredths of merit.
    pub const fn score(&self) -> i64 {
        self.score.0
    }
    /// The log entry by which the score was reached.
    pub const fn reached(&self) -> u64 {
        self.reached
    }
    /// Whether the place is listed at all.
    pub const fn is_listed(&self) -> bool {
        self.score.0 > 0
    }
}

/// A line of a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// 1 + the number of visible subjects with a higher score.
    pub rank: u64,
    /// Where in the list, from 1; differs from the rank inside a tie.
    pub position: u64,
    /// Hundredths of merit.
    pub score: i64,
    /// The resident or household.
    pub id: Uuid,
}

/// Gives ranks to places that are already in order, the first of them at `position` with `above` visible subjects of a higher score.
pub fn lines(places: &[Place], first_position: u64, above: u64) -> Vec<Line> {
    let mut rank = above + 1;
    let mut previous: Option<i64> = None;
    let mut out = Vec::with_capacity(places.len());
    for (position, place) in (first_position..).zip(places) {
        if previous.is_some_and(|score| score != place.score()) {
            rank = position;
        }
        previous = Some(place.score());
        out.push(Line { rank, position, score: place.score(), id: place.id });
    }
    out
}

/// What the log says to the boards, in order of `seq`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The gapless number.
    pub seq: u64,
    /// The log's day.
    pub day: crate::Day,
    /// What happened.
    pub change: BoardChange,
}

/// What an entry of the log changes on boards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BoardChange {
    /// Merit counted for a resident, a household, or both, in a smallest unit.
    Score {
        /// The smallest unit; its ancestors' boards change, too.
        unit: UnitId,
        /// The resident.
        resident: Option<Uuid>,
        /// The household.
        household: Option<Uuid>,
        /// Hundredths of merit, signed.
        amount: i64,
    },
    /// A person or household hid from every public list.
    Hide(Subject, Uuid),
    /// A person or household shows again.
    Show(Subject, Uuid),
    /// A person was erased: leaves every board for ever.
    Erase(Subject, Uuid),
    /// A movement that boards do not look at (redeemable points, pending amounts).
    Nothing,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[test]
    fn equal_scores_share_a_rank_and_the_first_to_reach_stands_first() {
        let mut places = vec![
            Place::new(500, 9, id(1)),
            Place::new(700, 3, id(2)),
            Place::new(500, 4, id(3)),
            Place::new(100, 1, id(4)),
        ];
        places.sort();
        let lines = lines(&places, 1, 0);
        let seen: Vec<_> = lines.iter().map(|l| (l.rank, l.id.as_u128())).collect();
        assert_eq!(seen, [(1, 2), (2, 3), (2, 1), (4, 4)]);
    }

    #[test]
    fn a_page_that_starts_inside_a_tie_keeps_the_rank_of_the_tie() {
        let places = [Place::new(500, 9, id(1)), Place::new(300, 2, id(2))];
        let seen: Vec<_> = lines(&places, 3, 1).iter().map(|l| (l.position, l.rank)).collect();
        assert_eq!(seen, [(3, 2), (4, 4)]);
    }
}
