//! What the board in process costs: time of a `standing` and of an applied entry, and memory of a membership, with 38,000 members and
//! with a hundred times as many. Run with `cargo run --release -p leaderboard --example flat`.

use std::hint::black_box;
use std::time::Instant;

use domain::Day;
use domain::ids::UnitId;
use domain::period::{Period, Span};
use domain::ranking::{BoardChange, BoardKey, LogEntry, Subject};
use leaderboard::{InProcess, Snapshot, SnapshotScore, Tree};
use uuid::Uuid;

const TODAY: Day = Day(20_778);
const UNIT: UnitId = UnitId(Uuid::from_u128(1));
const ASKED: u64 = 300_000;
const APPLIED: u64 = 20_000;

/// Spreads a number, so that people have ids and scores without order.
fn spread(n: u64) -> u64 {
    let n = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (n ^ n >> 31).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

fn person(n: u64) -> Uuid {
    Uuid::from_u64_pair(spread(n), n)
}

fn row(n: u64) -> SnapshotScore {
    let period = Period::of(Span::All, TODAY);
    let score = (spread(n) % 200_000) as i64 + 1;
    SnapshotScore { period, subject: Subject::Resident, unit: UNIT, id: person(n), score, reached: n + 1 }
}

/// Nanoseconds that this thread has had of a processor: a machine that others use, too, says the same as an idle one.
fn cpu_ns() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(f64::NAN)
}

/// What a standing costs, in nanoseconds.
fn measure(members: u64) -> Result<f64, leaderboard::BoardError> {
    let board = InProcess::new(Tree([(UNIT, vec![UNIT])].into()));
    let start = Instant::now();
    let scores = (0..members).map(row);
    board.load(Snapshot { seq: members, day: TODAY, scores, hidden: Vec::new(), erased: Vec::new() })?;
    println!("{members} members: loaded in {} ms", start.elapsed().as_millis());
    let loaded = board.status()?;

    let key = BoardKey { unit: UNIT, period: Period::of(Span::All, TODAY), subject: Subject::Resident };
    let asked: Vec<Uuid> = (0..ASKED).map(|n| person(spread(n) % members)).collect();
    let start = cpu_ns();
    for id in &asked {
        black_box(board.standing(key, *id)?);
    }
    let standing = (cpu_ns() - start) / ASKED as f64;
    println!("  standing: {standing:.0} ns");

    let entry = |n| {
        let resident = Some(person(spread(n) % members));
        let change = BoardChange::Score { unit: UNIT, resident, household: None, amount: 100 };
        LogEntry { seq: members + 1 + n, day: TODAY, change }
    };
    let entries: Vec<LogEntry> = (0..APPLIED).map(entry).collect();
    let start = cpu_ns();
    board.apply(&entries)?;
    println!("  applied: {:.0} ns an entry (six boards)", (cpu_ns() - start) / APPLIED as f64);
    println!(
        "  memory: {} bytes a membership and a person on one board",
        loaded.approx_bytes / loaded.members
    );
    Ok(standing)
}

/// Memory as it is used: five levels of the tree, six periods.
fn weigh(people: u64) -> Result<(), leaderboard::BoardError> {
    let levels: Vec<UnitId> = (1..=5).map(|n| UnitId(Uuid::from_u128(n))).collect();
    let board = InProcess::new(Tree([(UNIT, levels)].into()));
    let rows = |n| Period::every(TODAY).map(|period| SnapshotScore { period, ..row(n) });
    let scores = (0..people).flat_map(rows);
    board.load(Snapshot { seq: people, day: TODAY, scores, hidden: Vec::new(), erased: Vec::new() })?;
    let status = board.status()?;
    println!(
        "{people} people on {} boards each: {} bytes a membership",
        5 * 6,
        status.approx_bytes / status.members
    );
    Ok(())
}

fn main() -> Result<(), leaderboard::BoardError> {
    weigh(38_000)?;
    weigh(58_000)?;
    let (few, many) = (measure(38_000)?, measure(3_800_000)?);
    println!("a standing among a hundred times as many: {:.2} times the cost", many / few);
    Ok(())
}
