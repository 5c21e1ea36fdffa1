//! The look at a whole batch before anything of it is written: it has no holes, its days do not go back, its units are known.

use std::collections::HashMap;

use domain::ids::UnitId;
use domain::ranking::{BoardChange, LogEntry};

use crate::error::BoardError;
use crate::model::Tree;

/// A batch that passed: each entry once, in order.
pub struct Batch<'a> {
    /// The entries, without repetitions inside the batch.
    pub entries: Vec<&'a LogEntry>,
    /// For each smallest unit in it, the units whose boards change.
    pub reach: HashMap<UnitId, &'a [UnitId]>,
}

impl<'a> Batch<'a> {
    /// Checks a batch. Whether it joins on to the board is for the board to say.
    pub fn check(entries: &'a [LogEntry], tree: &'a Tree) -> Result<Self, BoardError> {
        let mut batch = Self { entries: Vec::with_capacity(entries.len()), reach: HashMap::new() };
        for entry in entries {
            if let Some(last) = batch.entries.last() {
                if entry.seq <= last.seq {
                    continue;
                }
                if entry.seq != last.seq + 1 {
                    return Err(BoardError::Gap { expected: last.seq + 1 });
                }
                if entry.day < last.day {
                    return Err(BoardError::DayWentBack { seq: entry.seq });
                }
            }
            if let BoardChange::Score { unit, .. } = entry.change {
                let reach = tree.ancestors(unit);
                if reach.is_empty() {
                    return Err(BoardError::UnknownUnit(unit));
                }
                batch.reach.insert(unit, reach);
            }
            batch.entries.push(entry);
        }
        Ok(batch)
    }
}
