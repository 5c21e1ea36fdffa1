//! What the board in process weighs, counted where memory is given out: what it says of itself is true, and a membership is small.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::Day;
use domain::ids::UnitId;
use domain::period::Period;
use domain::ranking::{BoardChange, LogEntry, Subject};
use leaderboard::{InProcess, Snapshot, SnapshotScore, Tree};
use uuid::Uuid;

/// The most bytes of a membership.
const BYTES_MAX: u64 = 60;
const TODAY: Day = Day(20_778);

/// Bytes that were given out and not given back.
static LIVE: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: the system's allocator does it; counting changes nothing.
#[expect(unsafe_code, reason = "allocations are only to be counted by an allocator")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn spread(n: u64) -> u64 {
    (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn person(n: u64) -> Uuid {
    Uuid::from_u64_pair(spread(n), n)
}

/// Everybody on the boards of so many levels, in all open periods.
fn weigh(people: u64, levels: u128) -> (u64, u64, u64) {
    let reach: Vec<UnitId> = (1..=levels).map(|n| UnitId(Uuid::from_u128(n))).collect();
    let board = InProcess::new(Tree([(reach[0], reach.clone())].into()));
    let before = LIVE.load(Ordering::Relaxed);
    let home = reach[0];
    let score = |n: u64| {
        let row = move |period| SnapshotScore {
            period,
            subject: Subject::Resident,
            unit: home,
            id: person(n),
            score: (spread(n) % 20_000) as i64 + 1,
            reached: n + 1,
        };
        Period::every(TODAY).map(row)
    };
    let scores = (0..people).flat_map(score);
    board
        .load(Snapshot { seq: people, day: TODAY, scores, hidden: Vec::new(), erased: Vec::new() })
        .expect("it can be loaded");
    // Some days later everything has moved a little.
    let entry = |n| {
        let resident = Some(person(spread(n) % people));
        let change =
            BoardChange::Score { unit: UnitId(Uuid::from_u128(1)), resident, household: None, amount: 100 };
        LogEntry { seq: people + 1 + n, day: TODAY, change }
    };
    let entries: Vec<LogEntry> = (0..people / 10).map(entry).collect();
    board.apply(&entries).expect("it follows the log");
    drop(entries);
    let live = (LIVE.load(Ordering::Relaxed) - before) as u64;
    let status = board.status().expect("it is loaded");
    (live, status.approx_bytes, status.members)
}

#[test]
fn a_membership_is_small_and_what_is_said_of_it_true() {
    for (people, levels) in [(38_000, 5), (30_000, 5), (58_000, 4), (9_000, 1)] {
        let (live, told, members) = weigh(people, levels);
        assert_eq!(members, people * 6 * levels as u64);
        assert!(live.abs_diff(told) <= live / 20, "{people} people: {live} bytes, {told} are told");
        assert!(live / members <= BYTES_MAX, "{people} people: {} bytes a membership", live / members);
    }
}
