//! Faults of Redis in the middle of a day: it is frozen, goes on, is killed and starts again with nothing in it. Nobody may be refused, and
//! the boards say that they are stale until they are not.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use crate::Outcome;
use crate::client::{self, Call, Connection, Load};
use crate::day::{self, Lane, Residents};
use crate::own_redis::OwnRedis;
use crate::reads;
use crate::stage::{Stage, pause};

/// Steps a second: at most so many, and not more than half of what the machine can do.
const RATE_MAX: f64 = 2_000.0;
/// For so many seconds the machine shows what it can do.
const TRIED_S: f64 = 2.0;
/// For so many seconds the day goes on.
const SECONDS: f64 = 30.0;
/// After so many seconds Redis is frozen, for so long.
const QUIET_S: f64 = 3.0;
const FROZEN_S: f64 = 5.0;
/// A board that was fresh for so many seconds is over it.
const CALM_S: f64 = 2.0;
/// All boards are made again within so many seconds, or they stay stale: those of a city take minutes.
const RECOVERS_WITHIN_S: f64 = 900.0;
/// Between two looks at the board.
const LOOKS_S: f64 = 0.005;

/// What became of the requests and of the boards.
#[derive(Debug, Clone)]
pub struct Faults {
    /// Steps a second.
    pub rate: f64,
    /// Steps that were taken.
    pub asked: usize,
    /// Those that were refused, or answered by a fault of the server.
    pub failed: usize,
    /// One of the refusals.
    pub refusal: String,
    /// The latency that one step of a hundred exceeds, in milliseconds.
    pub p99: f64,
    /// The longest.
    pub longest: f64,
    /// From the moment at which Redis was frozen until a board said that it is stale, in milliseconds.
    pub stale_after: Option<f64>,
    /// So long after it went on a board still said so.
    pub stale_since_thawed: f64,
    /// So long after it answered again, empty, a board still said so: then all boards were made again.
    pub stale_since_revived: f64,
    /// Whether the board was fresh in the end.
    pub fresh: bool,
}

impl Faults {
    /// Whether nobody was refused, and the boards said how they are.
    pub const fn passes(&self) -> bool {
        self.failed == 0 && self.stale_after.is_some() && self.fresh
    }
}

/// The moments of the faults, in seconds.
struct Moments {
    frozen: f64,
    thawed: f64,
    killed: f64,
    revived: f64,
}

/// Measures it.
pub fn measure(stage: &Stage<'_>) -> Outcome<Faults> {
    let redis = stage.redis.as_ref().ok_or("there is no Redis")?;
    let mut residents = Residents::find(stage)?;
    let board = Call { method: "GET", path: &reads::board(stage)?, ..Call::default() }.bytes();
    let steps = residents.prepare((RATE_MAX * 2.0 * TRIED_S) as usize)?;
    let open = async || Lane::open(stage).await;
    let tried = client::lanes(open, steps.len(), TRIED_S, async |lane, n| lane.take(&steps[n]).await)?;
    let rate = (tried.answered as f64 / tried.seconds / 2.0).min(RATE_MAX);
    let steps = residents.prepare((rate * SECONDS) as usize)?;
    let (begun, over, address) = (Instant::now(), AtomicBool::new(false), stage.address());
    let stale_at_ms = AtomicU64::new(0);
    let (loads, moments, looks) = std::thread::scope(|scope| {
        let looks = scope.spawn(|| look(address, &board, begun, (&over, &stale_at_ms)));
        let moments = scope.spawn(|| hurt(redis, begun, &stale_at_ms));
        let loads = day::steady_load(stage, &steps, rate);
        let moments = moments.join().map_err(|_| "the faults broke off")?;
        over.store(true, Ordering::Relaxed);
        let looks = looks.join().map_err(|_| "the board was not looked at")?;
        Outcome::Ok((loads?, moments?, looks?))
    })?;
    Ok(told(rate, &loads, &moments, &looks))
}

/// What became of the requests, and of the board between the moments.
fn told(rate: f64, loads: &[Load], moments: &Moments, looks: &[(f64, bool)]) -> Faults {
    let mut latencies: Vec<f64> = loads.iter().flat_map(|load| load.latencies.iter().copied()).collect();
    latencies.sort_by(f64::total_cmp);
    let at = |share: f64| latencies.get((latencies.len() as f64 * share) as usize).copied();
    let stale = |from: f64, until: f64| {
        looks.iter().filter(move |(at, stale)| *stale && (from..until).contains(at)).map(|(at, _)| *at)
    };
    let last = |from: f64, until: f64| (stale(from, until).next_back().unwrap_or(from) - from) * 1_000.0;
    Faults {
        rate,
        asked: latencies.len(),
        failed: loads.iter().map(|load| load.refused).sum(),
        refusal: loads.iter().map(|load| load.refusal.clone()).max_by_key(String::len).unwrap_or_default(),
        p99: at(0.99).unwrap_or(0.0),
        longest: latencies.last().copied().unwrap_or(0.0),
        stale_after: stale(moments.frozen, moments.thawed).next().map(|at| (at - moments.frozen) * 1_000.0),
        stale_since_thawed: last(moments.thawed, moments.killed),
        stale_since_revived: last(moments.revived, f64::INFINITY),
        fresh: looks.last().is_some_and(|(_, stale)| !stale),
    }
}

/// Does to Redis what befalls it, and says when. `stale_at_ms` is when a board last said that it is stale.
fn hurt(redis: &OwnRedis, begun: Instant, stale_at_ms: &AtomicU64) -> Outcome<Moments> {
    let now = || begun.elapsed().as_secs_f64();
    let calm = |since: f64| {
        let fresh_since = || since.max(stale_at_ms.load(Ordering::Relaxed) as f64 / 1_000.0);
        while now() < fresh_since() + CALM_S && now() < since + RECOVERS_WITHIN_S {
            pause(LOOKS_S);
        }
    };
    pause(QUIET_S);
    redis.freeze();
    let frozen = now();
    pause(FROZEN_S);
    redis.thaw();
    let thawed = now();
    calm(thawed);
    let killed = now();
    redis.kill()?;
    redis.revive()?;
    let revived = now();
    calm(revived);
    Ok(Moments { frozen, thawed, killed, revived })
}

/// Looks at the board again and again until it is `over`: when, and whether it said that it is stale.
fn look(
    address: &str,
    request: &[u8],
    begun: Instant,
    (over, stale_at_ms): (&AtomicBool, &AtomicU64),
) -> Outcome<Vec<(f64, bool)>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut connection = runtime.block_on(Connection::open(address))?;
    let mut looks = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let answer = runtime.block_on(connection.ask(request))?.json()?;
        let stale = answer["stale"].as_bool().ok_or("a board that does not say whether it is stale")?;
        let at = begun.elapsed();
        if stale {
            stale_at_ms.store(at.as_millis() as u64, Ordering::Relaxed);
        }
        looks.push((at.as_secs_f64(), stale));
        pause(LOOKS_S);
    }
    Ok(looks)
}
