//! Loading: a new epoch is filled beside the live one, made live at one moment, and the old one deleted in small pieces.

use std::sync::atomic::Ordering;

use domain::ids::UnitId;
use domain::ranking::Subject;
use redis::ScriptInvocation;
use uuid::Uuid;

use super::{RedisBoard, text};
use crate::error::BoardError;
use crate::model::{Snapshot, SnapshotScore, Tree};

/// How many scores one script adds: some ten milliseconds.
const ROWS: usize = 500;
/// How many hidden or erased ids one script names.
const NAMES: usize = 5_000;

/// Somebody else loaded later and was faster: their boards are live, and ours were swept away.
struct Overtaken;

impl RedisBoard {
    /// See [`crate::Board::load`]. When two load at once, the later beginner wins; the other finds the winner's boards live and is
    /// content.
    pub async fn load<I>(&self, snapshot: Snapshot<I>) -> Result<(), BoardError>
    where
        I: IntoIterator<Item = SnapshotScore> + Send,
        I::IntoIter: Send,
    {
        let Snapshot { seq, day, scores, hidden, erased } = snapshot;
        let scores = scores.into_iter();
        let seen = self.seen.load(Ordering::Relaxed);
        let epoch: u64 = self.ask(self.scripts.begin.key(&self.pointer).arg(seen), false).await?;
        let names = [("hidden", hidden), ("erased", erased)];
        match self.fill(epoch, names, scores.filter(|row| row.period.contains(day))).await? {
            Ok(()) => {}
            Err(Overtaken) => return Ok(()),
        }
        let mut flip = self.scripts.flip.key(&self.pointer);
        flip.arg(epoch).arg(seq).arg(day.0).arg(text::open_periods(day));
        if self.ask::<u64>(&flip, false).await? == 1 {
            self.seen.fetch_max(epoch, Ordering::Relaxed);
            tracing::info!(epoch, seq, "boards loaded");
        }
        // The new boards are live; what is left of the old ones when Redis fails here is the next batch's business.
        while self.drain().await.is_ok_and(|waiting| waiting > 0) {}
        Ok(())
    }

    async fn fill(
        &self,
        epoch: u64,
        names: [(&str, Vec<(Subject, Uuid)>); 2],
        mut scores: impl Iterator<Item = SnapshotScore> + Send,
    ) -> Result<Result<(), Overtaken>, BoardError> {
        for (set, named) in names {
            for subject in Subject::BOTH {
                let ids: Vec<Uuid> =
                    named.iter().filter(|(of, _)| *of == subject).map(|(_, id)| *id).collect();
                for ids in ids.chunks(NAMES) {
                    let ids: Vec<String> = ids.iter().map(|id| text::id(*id)).collect();
                    let mut mark = self.scripts.mark.key(&self.pointer);
                    mark.arg(epoch).arg(format!("{set}:{subject}")).arg(&ids[..]);
                    if self.ask::<u64>(&mark, false).await? == 0 {
                        return Ok(Err(Overtaken));
                    }
                }
            }
        }
        let tree = self.tree();
        loop {
            let rows: Vec<SnapshotScore> = scores.by_ref().take(ROWS).collect();
            if rows.is_empty() {
                return Ok(Ok(()));
            }
            if self.ask::<u64>(&self.rows(epoch, &rows, &tree)?, false).await? == 0 {
                return Ok(Err(Overtaken));
            }
        }
    }

    fn rows<'a>(
        &'a self,
        epoch: u64,
        rows: &[SnapshotScore],
        tree: &Tree,
    ) -> Result<ScriptInvocation<'a>, BoardError> {
        let mut units: Vec<UnitId> = rows.iter().map(|row| row.unit).collect();
        units.sort_unstable();
        units.dedup();
        let mut call = self.scripts.fill.key(&self.pointer);
        call.arg(epoch).arg(units.len());
        for unit in units {
            let reach = tree.ancestors(unit);
            if reach.is_empty() {
                return Err(BoardError::UnknownUnit(unit));
            }
            call.arg(text::id(unit.0)).arg(text::reach(reach));
        }
        for row in rows {
            let SnapshotScore { period, subject, unit, id, score, reached } = row;
            call.arg(subject.word()).arg(text::period(*period)).arg(text::id(unit.0)).arg(text::id(*id));
            call.arg(*score).arg(text::inverted(*reached));
        }
        Ok(call)
    }
}
