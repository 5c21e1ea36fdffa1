//! What the boards on Redis cost: filling one board of 38,000, and filling what a town has (five levels of the tree, six periods).
//! `JISHAN_TEST_REDIS` names a Redis. Run with `cargo run --release -p leaderboard --example refill`.

use std::time::Instant;

use domain::Day;
use domain::ids::UnitId;
use domain::period::{Period, Span};
use domain::ranking::{BoardKey, Subject};
use leaderboard::{Board, BoardError, RedisBoard, RedisSettings, Snapshot, SnapshotScore, Tree};
use uuid::Uuid;

const TODAY: Day = Day(20_778);
const PEOPLE: u64 = 38_000;
const ASKED: u64 = 2_000;

fn person(n: u64) -> Uuid {
    Uuid::from_u64_pair((n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15), n)
}

async fn fill(address: &str, levels: u128, spans: &[Span]) -> Result<(), BoardError> {
    let reach: Vec<UnitId> = (1..=levels).map(|n| UnitId(Uuid::from_u128(n))).collect();
    let home = reach[0];
    let settings = RedisSettings::new(address, format!("refill-{}", Uuid::now_v7().simple()));
    let board = Board::Redis(RedisBoard::new(settings, Tree([(home, reach)].into()))?);
    // So that the connection is made and the scripts are known.
    board.load(Snapshot::empty(TODAY)).await?;
    let scores = spans.iter().flat_map(|span| {
        let period = Period::of(*span, TODAY);
        (0..PEOPLE).map(move |n| SnapshotScore {
            period,
            subject: Subject::Resident,
            unit: home,
            id: person(n),
            score: (n * 7_919 % 20_000) as i64 + 1,
            reached: n + 1,
        })
    });
    let start = Instant::now();
    board.load(Snapshot { seq: PEOPLE, day: TODAY, scores, hidden: Vec::new(), erased: Vec::new() }).await?;
    let members = board.status().await?.members;
    println!("{members} memberships: filled in {} ms", start.elapsed().as_millis());
    let key = BoardKey { unit: home, period: Period::of(Span::All, TODAY), subject: Subject::Resident };
    let start = Instant::now();
    for n in 0..ASKED {
        board.standing(key, person(n * 17)).await?;
    }
    println!("  standing: {} µs", start.elapsed().as_micros() / u128::from(ASKED));
    board.load(Snapshot::empty(TODAY)).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::var("JISHAN_TEST_REDIS")?;
    fill(&address, 1, &[Span::All]).await?;
    Ok(fill(&address, 5, &Span::EVERY).await?)
}
