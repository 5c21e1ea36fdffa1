//! What goes into a board and what comes out of it; the same for both kinds.

use std::collections::HashMap;

use domain::Day;
use domain::ids::UnitId;
use domain::period::Period;
use domain::ranking::{Line, Subject};
use uuid::Uuid;

/// The largest score, either way, in hundredths of merit: scores are held in 48 bits (and exactly in Redis' floating point). A
/// score that would pass it stays there: an entry of the log that could never be applied would stop the board for everybody.
pub const MERIT_MAX: i64 = (1 << 47) - 1;
/// The most lines of one page; more are not given.
pub const PAGE_MAX: u64 = 500;
/// The largest position that is asked for; no board is as long, and Redis counts in smaller numbers than we do.
pub(crate) const POSITION_MAX: u64 = 1 << 40;
/// How many neighbours a standing shows on each side.
pub const NEIGHBOURS: u64 = 2;

/// The units, each with the units whose boards its scores count for: itself and all its ancestors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree(pub HashMap<UnitId, Vec<UnitId>>);

impl Tree {
    /// The unit itself and its ancestors; nothing for a unit that is not known.
    pub fn ancestors(&self, unit: UnitId) -> &[UnitId] {
        self.0.get(&unit).map_or(&[], Vec::as_slice)
    }

    /// Whether a unit that this tree knows counts for other boards in `next` (or is gone from it). A board that was filled by this
    /// tree then has to be loaded again; a tree that only grew needs nothing.
    pub fn is_reshaped_by(&self, next: &Self) -> bool {
        self.0.keys().any(|unit| {
            let (old, new) = (self.ancestors(*unit), next.ancestors(*unit));
            old.len() != new.len() || old.iter().any(|above| !new.contains(above))
        })
    }
}

/// The state of the open boards after one entry of the log, from which a board is loaded.
#[derive(Debug, Clone)]
pub struct Snapshot<Scores = Vec<SnapshotScore>> {
    /// The last entry that is in it; 0 before the first.
    pub seq: u64,
    /// The log's day at that entry.
    pub day: Day,
    /// The scores by smallest unit. Scores of periods that are not open on `day` are passed over.
    pub scores: Scores,
    /// Who is hidden.
    pub hidden: Vec<(Subject, Uuid)>,
    /// Who was erased; entries of the log that still name them are passed over.
    pub erased: Vec<(Subject, Uuid)>,
}

impl Snapshot {
    /// The state before the first entry of a log that begins on this day.
    pub const fn empty(day: Day) -> Self {
        Self { seq: 0, day, scores: Vec::new(), hidden: Vec::new(), erased: Vec::new() }
    }
}

impl<Scores> Snapshot<Scores> {
    /// Everything but the scores, and the scores.
    pub fn apart(self) -> (Snapshot<()>, Scores) {
        let Self { seq, day, scores, hidden, erased } = self;
        (Snapshot { seq, day, scores: (), hidden, erased }, scores)
    }
}

/// The score of one subject from one smallest unit in one period, or a part of it: parts are added up, and the last entry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotScore {
    /// The period.
    pub period: Period,
    /// Who is ranked.
    pub subject: Subject,
    /// The smallest unit.
    pub unit: UnitId,
    /// The resident or household.
    pub id: Uuid,
    /// Hundredths of merit, signed. A score of zero is worth a row while its `reached` counts for the ancestors.
    pub score: i64,
    /// The last entry that changed it.
    pub reached: u64,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// The last entry that is in the board now: at least the last of the batch, more where another applier was ahead.
    pub as_of_seq: u64,
}

/// A stretch of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The lines, best first.
    pub lines: Vec<Line>,
    /// How many are listed on the whole board.
    pub total: u64,
    /// The last entry of the log that the answer knows.
    pub as_of_seq: u64,
    /// The log's day at that entry.
    pub log_day: Day,
}

/// Where one subject stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// 1 + the number of listed subjects with a higher score: the rank held, or the one that a hidden person would hold. Who has no
    /// points stands behind everybody listed.
    pub rank: u64,
    /// Where in the list, from 1; nothing for who is not listed.
    pub position: Option<u64>,
    /// Hundredths of merit.
    pub score: i64,
    /// Whether the subject is hidden.
    pub hidden: bool,
    /// Up to [`NEIGHBOURS`] listed lines just above, best first.
    pub above: Vec<Line>,
    /// Up to [`NEIGHBOURS`] listed lines just below.
    pub below: Vec<Line>,
    /// How many are listed on the whole board.
    pub total: u64,
    /// The last entry of the log that the answer knows.
    pub as_of_seq: u64,
    /// The log's day at that entry.
    pub log_day: Day,
}

/// How a board is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// The last entry that is in the board.
    pub as_of_seq: u64,
    /// The log's day at that entry.
    pub log_day: Day,
    /// Which loading this is: it grows with each `load`.
    pub epoch: u64,
    /// How many pairs of subject and board there are.
    pub members: u64,
    /// About how much memory they take: counted in process, estimated from `members` on Redis.
    pub approx_bytes: u64,
}
