//! Loading: a new epoch is filled beside the live one, made live at one moment, and the old one deleted in small pieces. What is to be
//! written is made here, piece by piece, while Redis writes the piece before.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::Day;
use domain::ids::UnitId;
use domain::period::Period;
use domain::ranking::Subject;
use redis::{Pipeline, RedisResult, ScriptInvocation};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;

use super::{RedisBoard, text};
use crate::error::BoardError;
use crate::model::{MERIT_MAX, Snapshot, SnapshotScore, Tree};

/// How many places of a board, or homes of subjects, one script writes: some milliseconds.
const PLACES: usize = 1_000;
/// How many hidden or erased ids one script names.
const NAMES: usize = 5_000;

/// A board: who is ranked, when and where.
type Name = (Subject, Period, UnitId);
/// What somebody holds on a board: score, and the entry that reached it.
type Held = (Uuid, i64, u64);

/// A loading under way.
#[derive(Debug)]
pub struct Filling<'a> {
    board: &'a RedisBoard,
    epoch: u64,
    seq: u64,
    day: Day,
    tree: Arc<Tree>,
    hidden: HashSet<(Subject, Uuid)>,
    erased: HashSet<(Subject, Uuid)>,
    /// Somebody else loaded later and was faster: their boards are live, and ours were swept away.
    overtaken: bool,
    /// What Redis writes just now.
    under_way: Option<JoinHandle<Result<RedisResult<Vec<u64>>, tokio::time::error::Elapsed>>>,
}

impl RedisBoard {
    /// See [`crate::Board::begin`]. When two load at once, the later beginner wins; the other finds the winner's boards live and is
    /// content.
    pub async fn begin(&self, head: Snapshot<()>) -> Result<Filling<'_>, BoardError> {
        let Snapshot { seq, day, scores: (), hidden, erased } = head;
        let seen = self.seen.load(Ordering::Relaxed);
        let epoch: u64 = self.ask(self.scripts.begin.key(&self.pointer).arg(seen), false).await?;
        for script in [&self.scripts.home, &self.scripts.fill] {
            // A pipeline calls them by their hash, and cannot say it again where Redis does not know them yet.
            let mut connection = self.connections.own();
            let known = script.prepare_invoke();
            let answer = timeout(self.settings.apply_timeout, known.load_async(&mut connection)).await;
            answer.map_err(BoardError::unavailable)?.map_err(BoardError::unavailable)?;
        }
        let (hidden, erased) = (hidden.into_iter().collect(), erased.into_iter().collect());
        let tree = self.tree();
        let mut filling =
            Filling { board: self, epoch, seq, day, tree, hidden, erased, overtaken: false, under_way: None };
        filling.mark().await?;
        Ok(filling)
    }
}

impl Filling<'_> {
    /// Names who is hidden and who is erased.
    async fn mark(&mut self) -> Result<(), BoardError> {
        for (set, named) in [("hidden", &self.hidden), ("erased", &self.erased)] {
            for subject in Subject::BOTH {
                let ids: Vec<Uuid> =
                    named.iter().filter(|(of, _)| *of == subject).map(|(_, id)| *id).collect();
                for ids in ids.chunks(NAMES) {
                    let ids: Vec<String> = ids.iter().map(|id| text::id(*id)).collect();
                    let mut mark = self.board.scripts.mark.key(&self.board.pointer);
                    mark.arg(self.epoch).arg(format!("{set}:{subject}")).arg(&ids[..]);
                    self.overtaken |= self.board.ask::<u64>(&mark, false).await? == 0;
                }
            }
        }
        Ok(())
    }

    /// Adds scores; returns while Redis still writes them.
    pub async fn add(&mut self, rows: &[SnapshotScore]) -> Result<(), BoardError> {
        if self.overtaken {
            return Ok(());
        }
        let pipeline = self.pipeline(rows)?;
        if pipeline.cmd_iter().next().is_none() {
            // Rows of the erased and of former days change nothing, and Redis answers a pipeline of nothing by an error.
            return Ok(());
        }
        self.wait().await?;
        let (mut connection, limit) = (self.board.connections.own(), self.board.settings.apply_timeout);
        self.under_way =
            Some(tokio::spawn(async move { timeout(limit, pipeline.query_async(&mut connection)).await }));
        Ok(())
    }

    /// Waits until Redis has written what it was given.
    async fn wait(&mut self) -> Result<(), BoardError> {
        if let Some(under_way) = self.under_way.take() {
            let answer = under_way.await.map_err(BoardError::unavailable)?;
            let answers = answer.map_err(BoardError::unavailable)?.map_err(BoardError::unavailable)?;
            self.overtaken |= answers.contains(&0);
        }
        Ok(())
    }

    /// Makes what was filled live.
    pub async fn finish(mut self) -> Result<(), BoardError> {
        self.wait().await?;
        if self.overtaken {
            return Ok(());
        }
        let Self { board, epoch, seq, day, .. } = self;
        let mut flip = board.scripts.flip.key(&board.pointer);
        flip.arg(epoch).arg(seq).arg(day.0).arg(text::open_periods(day));
        if board.ask::<u64>(&flip, false).await? == 1 {
            board.seen.fetch_max(epoch, Ordering::Relaxed);
            tracing::info!(epoch, seq, "boards loaded");
        }
        // The new boards are live; what is left of the old ones when Redis fails here is the next batch's business.
        while board.drain().await.is_ok_and(|waiting| waiting > 0) {}
        Ok(())
    }

    /// All that these scores change.
    fn pipeline(&self, rows: &[SnapshotScore]) -> Result<Pipeline, BoardError> {
        let mut homes: BTreeMap<Subject, BTreeMap<Uuid, Vec<UnitId>>> = BTreeMap::new();
        let mut boards: BTreeMap<Name, Vec<Held>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.period.contains(self.day)) {
            let reach = self.tree.ancestors(row.unit);
            if reach.is_empty() {
                return Err(BoardError::UnknownUnit(row.unit));
            }
            if self.erased.contains(&(row.subject, row.id)) {
                continue;
            }
            let home = homes.entry(row.subject).or_default().entry(row.id).or_default();
            if !home.contains(&row.unit) {
                home.push(row.unit);
            }
            for above in reach {
                let held = boards.entry((row.subject, row.period, *above)).or_default();
                held.push((row.id, row.score, row.reached));
            }
        }
        let mut pipeline = redis::pipe();
        for (subject, homes) in homes {
            let homes: Vec<(Uuid, Vec<UnitId>)> = homes.into_iter().collect();
            for homes in homes.chunks(PLACES) {
                pipeline.invoke_script(&self.homes(subject, homes));
            }
        }
        for (name, held) in boards {
            for held in summed(held).chunks(PLACES) {
                pipeline.invoke_script(&self.places(name, held));
            }
        }
        Ok(pipeline)
    }

    fn homes(&self, subject: Subject, homes: &[(Uuid, Vec<UnitId>)]) -> ScriptInvocation<'_> {
        let mut units: Vec<UnitId> = homes.iter().flat_map(|(_, units)| units.iter().copied()).collect();
        units.sort_unstable();
        units.dedup();
        let mut call = self.board.scripts.home.key(&self.board.pointer);
        call.arg(self.epoch).arg(subject.word()).arg(units.len());
        for unit in units {
            call.arg(text::id(unit.0)).arg(text::reach(self.tree.ancestors(unit)));
        }
        call.arg(homes.len());
        for (id, _) in homes {
            call.arg(text::id(*id));
        }
        for (_, units) in homes {
            call.arg(text::reach(units));
        }
        call
    }

    fn places(&self, (subject, period, unit): Name, held: &[Held]) -> ScriptInvocation<'_> {
        let mut call = self.board.scripts.fill.key(&self.board.pointer);
        call.arg(self.epoch).arg(subject.word()).arg(text::period(period)).arg(text::id(unit.0));
        call.arg(held.len());
        let ids: Vec<String> = held.iter().map(|(id, ..)| text::id(*id)).collect();
        for id in &ids {
            call.arg(id);
        }
        for (id, (_, score, reached)) in ids.iter().zip(held) {
            call.arg(id).arg(format!("{}:{score}", text::inverted(*reached)));
        }
        for (text, (id, score, reached)) in ids.iter().zip(held) {
            if *score > 0 && !self.hidden.contains(&(subject, *id)) {
                call.arg(*score).arg(text::inverted(*reached) + text);
            }
        }
        call
    }
}

/// Each subject once: its scores added up, as of the last entry.
fn summed(mut held: Vec<Held>) -> Vec<Held> {
    held.sort_unstable_by_key(|(id, ..)| *id);
    held.dedup_by(|next, first| {
        let same = next.0 == first.0;
        if same {
            (first.1, first.2) = (first.1 + next.1, first.2.max(next.2));
        }
        same
    });
    held.iter_mut().for_each(|(_, score, _)| *score = (*score).clamp(-MERIT_MAX, MERIT_MAX));
    held
}
