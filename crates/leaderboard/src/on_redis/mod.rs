//! The board on Redis, shared by all servers. What was applied stands beside the boards that it changed and is moved by the same
//! script, so that a Redis that crashes, is restored or is asked twice is behind at most, and never wrong.

mod connections;
mod load;
mod patience;
mod scripts;
mod text;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::Day;
use domain::ranking::{BoardChange, BoardKey, LogEntry};
use parking_lot::RwLock;
use redis::aio::ConnectionManagerConfig;
use redis::{FromRedisValue, Script, ScriptInvocation};
use tokio::time::timeout;
use uuid::Uuid;

pub use self::connections::Connections;
pub use self::load::Filling;
use self::patience::Patience;
use self::scripts::Scripts;
use self::text::Stretch;
use crate::batch::Batch;
use crate::error::BoardError;
use crate::model::{Applied, MERIT_MAX, NEIGHBOURS, PAGE_MAX, POSITION_MAX, Page, Standing, Status, Tree};

/// How many entries one script applies: Redis does nothing else for these some ten milliseconds.
const PIECE: usize = 100;
/// How many boards one script deletes.
const DRAIN: usize = 250;
/// How often a batch deletes some of what earlier ones left: a closed day is gone after some batches, and no batch is much longer.
const DRAINS_PER_BATCH: usize = 4;
/// About what a subject on a board costs Redis: a field of a hash, and a member of 48 characters in a sorted set.
const BYTES_PER_MEMBER: u64 = 290;

/// Where the boards are, and how long they are waited for.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// The address: `redis://…`, or `unix://…` for a socket.
    pub address: String,
    /// What all keys begin with, in the braces of a hash tag.
    pub prefix: String,
    /// How long a reader waits.
    pub read_timeout: Duration,
    /// How long a writer waits, for each piece of its batch.
    pub apply_timeout: Duration,
}

impl RedisSettings {
    /// Settings with the usual times: readers have something better to do after 250 ms, a batch may take two seconds.
    pub fn new(address: impl Into<String>, prefix: impl Into<String>) -> Self {
        let (read_timeout, apply_timeout) = (Duration::from_millis(250), Duration::from_secs(2));
        Self { address: address.into(), prefix: prefix.into(), read_timeout, apply_timeout }
    }
}

/// The boards on Redis.
#[derive(Debug)]
pub struct RedisBoard {
    connections: Box<Connections>,
    scripts: Box<Scripts>,
    tree: RwLock<Arc<Tree>>,
    /// The newest epoch that this process wrote to. An older one is a Redis restored from before a rebuild, which had its reason.
    seen: AtomicU64,
    settings: RedisSettings,
    pointer: String,
    patience: Patience,
}

impl RedisBoard {
    /// A board on this Redis, which need not be there yet. The error is a malformed address. Wants a tokio runtime around it.
    pub fn new(settings: RedisSettings, tree: Tree) -> Result<Self, BoardError> {
        let longest = settings.read_timeout.max(settings.apply_timeout);
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(settings.read_timeout))
            .set_response_timeout(Some(longest))
            .set_number_of_retries(0)
            .set_max_delay(settings.read_timeout);
        let connections = Connections::new(&settings.address, config).map_err(BoardError::unavailable)?;
        Ok(Self {
            connections: Box::new(connections),
            scripts: Box::new(Scripts::new()),
            tree: RwLock::new(Arc::new(tree)),
            seen: AtomicU64::new(0),
            pointer: format!("{{{}}}:live", settings.prefix),
            settings,
            patience: Patience::new(),
        })
    }

    /// See [`crate::Board::set_tree`].
    pub fn set_tree(&self, tree: Tree) -> bool {
        let mut current = self.tree.write();
        let reshaped = current.is_reshaped_by(&tree);
        *current = Arc::new(tree);
        reshaped
    }

    /// See [`crate::Board::apply`].
    pub async fn apply(&self, entries: &[LogEntry]) -> Result<Applied, BoardError> {
        let tree = self.tree();
        let batch = Batch::check(entries, &tree)?;
        let mut as_of_seq = None;
        let mut trash = 0;
        for day in batch.entries.chunk_by(|a, b| a.day == b.day) {
            for piece in day.chunks(PIECE) {
                let (word, epoch, seq, waiting) =
                    self.ask::<(String, u64, u64, u64)>(&self.piece(&batch, piece), false).await?;
                match word.as_str() {
                    "OK" => as_of_seq = Some(seq),
                    "GAP" => return Err(BoardError::Gap { expected: seq }),
                    "BACK" => return Err(BoardError::DayWentBack { seq }),
                    _ => return Err(BoardError::NeedsRebuild),
                }
                self.seen.fetch_max(epoch, Ordering::Relaxed);
                trash = waiting;
            }
        }
        self.drain_some(trash).await;
        let as_of_seq = match as_of_seq {
            Some(seq) => seq,
            None => self.status().await?.as_of_seq,
        };
        Ok(Applied { as_of_seq })
    }

    /// See [`crate::Board::page`].
    pub async fn page(&self, key: BoardKey, from_position: u64, limit: u64) -> Result<Page, BoardError> {
        let mut call = self.read(&self.scripts.page, key);
        call.arg(from_position.clamp(1, POSITION_MAX) - 1).arg(limit.min(PAGE_MAX));
        let (word, seq, day, total, lines) =
            self.ask_for_reader::<(String, u64, i32, u64, Stretch)>(&call).await?;
        let log_day = live(&word, day)?;
        let lines = text::parse_lines(lines).ok_or(BoardError::NeedsRebuild)?;
        Ok(Page { lines, total, as_of_seq: seq, log_day })
    }

    /// See [`crate::Board::standing`].
    pub async fn standing(&self, key: BoardKey, id: Uuid) -> Result<Standing, BoardError> {
        type Own = (i64, u64, u64, u64);
        let mut call = self.read(&self.scripts.standing, key);
        call.arg(text::id(id)).arg(NEIGHBOURS);
        let (word, seq, day, total, own, above, below) =
            self.ask_for_reader::<(String, u64, i32, u64, Own, Stretch, Stretch)>(&call).await?;
        let log_day = live(&word, day)?;
        let (score, hidden, rank, position) = own;
        Ok(Standing {
            rank,
            position: (position > 0).then_some(position),
            score,
            hidden: hidden == 1,
            above: text::parse_lines(above).ok_or(BoardError::NeedsRebuild)?,
            below: text::parse_lines(below).ok_or(BoardError::NeedsRebuild)?,
            total,
            as_of_seq: seq,
            log_day,
        })
    }

    /// See [`crate::Board::status`].
    pub async fn status(&self) -> Result<Status, BoardError> {
        let call = self.scripts.status.key(&self.pointer);
        let (word, as_of_seq, day, epoch, members) =
            self.ask::<(String, u64, i32, u64, u64)>(&call, true).await?;
        let log_day = live(&word, day)?;
        Ok(Status { as_of_seq, log_day, epoch, members, approx_bytes: members * BYTES_PER_MEMBER })
    }

    fn tree(&self) -> Arc<Tree> {
        self.tree.read().clone()
    }

    fn read<'a>(&'a self, script: &'a Script, key: BoardKey) -> ScriptInvocation<'a> {
        let mut call = script.key(&self.pointer);
        call.arg(key.subject.word()).arg(text::period(key.period)).arg(text::id(key.unit.0));
        call
    }

    /// The call that applies entries of one day.
    fn piece<'a>(&'a self, batch: &Batch<'_>, piece: &[&LogEntry]) -> ScriptInvocation<'a> {
        let mut call = self.scripts.apply.key(&self.pointer);
        let day = piece.first().map_or(Day(0), |entry| entry.day);
        call.arg(self.seen.load(Ordering::Relaxed)).arg(day.0).arg(text::open_periods(day));
        let mut units: Vec<_> = piece.iter().filter_map(|entry| scores_in(&entry.change)).collect();
        units.sort_unstable();
        units.dedup();
        call.arg(units.len());
        for unit in units {
            call.arg(text::id(unit.0)).arg(text::reach(batch.reach[&unit]));
        }
        for entry in piece {
            call.arg(entry.seq).arg(text::inverted(entry.seq)).arg(&change(&entry.change)[..]);
        }
        call
    }

    /// Deletes some of what is no longer wanted. A failure is the next batch's business.
    async fn drain_some(&self, mut waiting: u64) {
        for _ in 0..DRAINS_PER_BATCH {
            if waiting == 0 {
                return;
            }
            waiting = self.drain().await.unwrap_or(0);
        }
    }

    async fn drain(&self) -> Result<u64, BoardError> {
        self.ask(self.scripts.drain.key(&self.pointer).arg(DRAIN), false).await
    }

    /// Calls a script for a reader, who has the database to ask instead: not while Redis is known to say nothing. Whoever follows the log
    /// asks all the same, and finds out when it does.
    async fn ask_for_reader<T: FromRedisValue>(&self, call: &ScriptInvocation<'_>) -> Result<T, BoardError> {
        if !self.patience.may_ask() {
            return Err(BoardError::unavailable("it said nothing a moment ago"));
        }
        self.ask(call, true).await
    }

    /// Calls a script and waits as long as a reader or a writer does.
    async fn ask<T: FromRedisValue>(
        &self,
        call: &ScriptInvocation<'_>,
        is_read: bool,
    ) -> Result<T, BoardError> {
        let limit = if is_read { self.settings.read_timeout } else { self.settings.apply_timeout };
        let mut connection = self.connections.own();
        let twice = async {
            match call.invoke_async(&mut connection).await {
                // The connection of this thread was lost some time ago, or could not be made, which is found out now: it is made anew
                // meanwhile.
                Err(error) if is_read && error.is_io_error() => call.invoke_async(&mut connection).await,
                answer => answer,
            }
        };
        let asked_at = Instant::now();
        match timeout(limit, twice).await {
            Ok(answer) if !answer.as_ref().is_err_and(redis::RedisError::is_timeout) => {
                self.patience.answered();
                answer.map_err(BoardError::unavailable)
            }
            Ok(late) => {
                // What failed at once waited some time ago, and says nothing of now.
                if asked_at.elapsed() >= self.settings.read_timeout {
                    self.patience.waited();
                }
                late.map_err(BoardError::unavailable)
            }
            Err(late) => {
                self.patience.waited();
                Err(BoardError::unavailable(late))
            }
        }
    }
}

/// The log's day, where the script gave an answer.
fn live(word: &str, day: i32) -> Result<Day, BoardError> {
    match word {
        "OK" => Ok(Day(day)),
        "CLOSED" => Err(BoardError::NotLive { log_day: Day(day) }),
        _ => Err(BoardError::NeedsRebuild),
    }
}

fn scores_in(change: &BoardChange) -> Option<domain::ids::UnitId> {
    match change {
        BoardChange::Score { unit, amount, .. } if *amount != 0 => Some(*unit),
        _ => None,
    }
}

/// What an entry says: kind, unit or subject, resident or id, household, amount.
fn change(change: &BoardChange) -> [String; 5] {
    let optional = |id: Option<Uuid>| id.map(text::id).unwrap_or_default();
    let named = |kind: &str, subject: &domain::ranking::Subject, id: &Uuid| {
        [kind.to_owned(), subject.to_string(), text::id(*id), String::new(), String::new()]
    };
    match change {
        BoardChange::Score { amount: 0, .. } | BoardChange::Nothing => {
            ["nothing", "", "", "", ""].map(str::to_owned)
        }
        BoardChange::Score { unit, resident, household, amount } => {
            let amount = (*amount).clamp(-MERIT_MAX, MERIT_MAX).to_string();
            ["score".to_owned(), text::id(unit.0), optional(*resident), optional(*household), amount]
        }
        BoardChange::Hide(subject, id) => named("hide", subject, id),
        BoardChange::Show(subject, id) => named("show", subject, id),
        BoardChange::Erase(subject, id) => named("erase", subject, id),
    }
}
