//! Where a story takes place: a board of either kind, a small tree, and people.

use std::env;

use domain::Day;
use domain::ids::UnitId;
use domain::period::{Period, Span};
use domain::ranking::{BoardChange, BoardKey, Line, LogEntry, Subject};
use leaderboard::{Board, BoardError, InProcess, RedisBoard, RedisSettings, Snapshot, Tree};
use uuid::Uuid;

use crate::naive::Naive;
use crate::server::Server;

/// Saturday, 21 November 2026: two days later another week begins, and nothing longer.
pub const TODAY: Day = Day(20_778);
/// The root of the tree: both blocks count for it.
pub const STREET: UnitId = UnitId(Uuid::from_u128(1));
/// A smallest unit.
pub const BLOCK_A: UnitId = UnitId(Uuid::from_u128(2));
/// A smallest unit.
pub const BLOCK_B: UnitId = UnitId(Uuid::from_u128(3));

/// The tree of the stories.
pub fn tree() -> Tree {
    Tree([(BLOCK_A, vec![BLOCK_A, STREET]), (BLOCK_B, vec![BLOCK_B, STREET])].into())
}

/// A person.
pub fn person(n: u128) -> Uuid {
    Uuid::from_u128(1_000 + n)
}

/// The board of the street's residents of all time, where most stories look.
pub fn street() -> BoardKey {
    key(STREET, Span::All, TODAY, Subject::Resident)
}

/// A board of the period that this day falls in.
pub fn key(unit: UnitId, span: Span, day: Day, subject: Subject) -> BoardKey {
    BoardKey { unit, period: Period::of(span, day), subject }
}

/// Somebody in block A scores.
pub fn score(n: u128, amount: i64) -> BoardChange {
    BoardChange::Score { unit: BLOCK_A, resident: Some(person(n)), household: None, amount }
}

/// A log that goes on from this number, all today.
pub fn log(first: u64, changes: impl IntoIterator<Item = BoardChange>) -> Vec<LogEntry> {
    (first..).zip(changes).map(|(seq, change)| LogEntry { seq, day: TODAY, change }).collect()
}

/// Rank, position and person of each line.
pub fn short(lines: &[Line]) -> Vec<(u64, u64, u128)> {
    lines.iter().map(|line| (line.rank, line.position, line.id.as_u128() - 1_000)).collect()
}

/// A board and, on Redis, what it stands on.
pub struct Stage {
    /// The board.
    pub board: Board,
    /// The Redis, where there is one of the test's own.
    pub server: Option<Server>,
    settings: Option<RedisSettings>,
}

impl Stage {
    /// An unloaded board in this process.
    pub fn in_process() -> Self {
        Self { board: Board::InProcess(InProcess::new(tree())), server: None, settings: None }
    }

    /// An unloaded board on Redis, with keys of its own.
    pub fn on_redis() -> Self {
        match env::var("JISHAN_TEST_REDIS") {
            Ok(address) => Self::at(address, None),
            Err(_) => Self::on_own_redis(),
        }
    }

    /// An unloaded board on a Redis that the test may do anything to.
    pub fn on_own_redis() -> Self {
        let server = Server::start();
        Self::at(server.address(), Some(server))
    }

    fn at(address: String, server: Option<Server>) -> Self {
        let mut settings = RedisSettings::new(address, format!("test-{}", Uuid::now_v7().simple()));
        settings.read_timeout *= 20; // a busy machine is no failure
        settings.apply_timeout *= 5;
        let board = another(&settings);
        Self { board, server, settings: Some(settings) }
    }

    /// The same boards as a second process has them: the same keys of Redis.
    pub fn second(&self) -> Board {
        another(self.settings.as_ref().unwrap())
    }

    /// An unloaded board of the same kind, with keys of its own.
    pub fn fresh(&self) -> Board {
        let Some(settings) = &self.settings else { return Board::InProcess(InProcess::new(tree())) };
        another(&RedisSettings { prefix: format!("test-{}", Uuid::now_v7().simple()), ..settings.clone() })
    }

    /// The keys' common beginning.
    pub fn prefix(&self) -> &str {
        &self.settings.as_ref().unwrap().prefix
    }

    /// A plain connection to the Redis.
    pub async fn redis(&self) -> redis::aio::MultiplexedConnection {
        let address = self.settings.as_ref().unwrap().address.as_str();
        redis::Client::open(address).unwrap().get_multiplexed_async_connection().await.unwrap()
    }

    /// Loads the state before the first entry.
    pub async fn begin(&self) {
        self.board.load(Snapshot::empty(TODAY)).await.unwrap();
    }

    /// Applies changes as the first entries of the log.
    pub async fn tell(&self, changes: impl IntoIterator<Item = BoardChange>) {
        self.begin().await;
        self.board.apply(&log(1, changes)).await.unwrap();
    }

    /// The first lines of the street.
    pub async fn lines(&self) -> Vec<(u64, u64, u128)> {
        short(&self.board.page(street(), 1, 50).await.unwrap().lines)
    }
}

fn another(settings: &RedisSettings) -> Board {
    Board::Redis(RedisBoard::new(settings.clone(), tree()).unwrap())
}

/// Checks every open board, page by page and person by person, against the sorted list.
pub async fn assert_equal(board: &Board, log: &[LogEntry], people: u128) {
    let naive = Naive::of(log);
    let day = log.last().map_or(TODAY, |entry| entry.day);
    let seq = log.last().map_or(0, |entry| entry.seq);
    for subject in Subject::BOTH {
        for unit in [STREET, BLOCK_A, BLOCK_B] {
            for span in Span::EVERY {
                let key = key(unit, span, day, subject);
                let expected = naive.lines(key);
                let mut seen = Vec::new();
                while seen.len() < expected.len() {
                    let page = board.page(key, seen.len() as u64 + 1, 3).await.unwrap();
                    assert_eq!((page.total, page.as_of_seq, page.log_day), (expected.len() as u64, seq, day));
                    assert!(!page.lines.is_empty(), "{key:?} ends early");
                    seen.extend(page.lines);
                }
                assert_eq!(seen, expected, "{key:?}");
                for n in 0..people {
                    let standing = board.standing(key, person(n)).await.unwrap();
                    assert_eq!(standing, naive.standing(key, person(n), day), "{key:?} of person {n}");
                }
            }
        }
    }
}

/// Whether the answer asks for a rebuild.
pub fn wants_rebuild<T>(answer: Result<T, BoardError>) -> bool {
    matches!(answer, Err(BoardError::NeedsRebuild))
}
