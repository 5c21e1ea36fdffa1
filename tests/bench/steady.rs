//! Load at a steady rate, whatever the server does: a latency counts from the moment at which a request was due, so that a stall is seen
//! by everything that was due meanwhile.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

use crate::Outcome;
use crate::client::{CONNECTIONS, Connection, Load};
use crate::cpu::Watch;
use crate::rounds::Steady;
use crate::stage::Stage;

/// What is due in so many first seconds, or in this share of a shorter time, is asked for, but its latency does not count: what a busy server
/// holds ready, it has to make first.
const WARM_S: f64 = 1.0;
const WARM_SHARE: f64 = 0.25;

/// Something that is due.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    /// After so many seconds.
    pub at: f64,
    /// Its kind, counted from 0.
    pub kind: usize,
    /// Which of its kind.
    pub n: usize,
}

/// `count` requests of one kind at a rate, the first after `offset` seconds.
pub fn every(rate: f64, count: usize, kind: usize, offset: f64) -> impl Iterator<Item = Due> {
    (0..count).map(move |n| Due { at: offset + n as f64 / rate, kind, n })
}

/// The thread that keeps time: a timer of the runtime would be late by up to a millisecond.
#[expect(clippy::disallowed_methods, reason = "a load at a steady rate is made by waiting")]
fn keep_time(start: Instant, dues: &[Due], told: &mpsc::UnboundedSender<Due>) {
    for due in dues {
        let at = start + Duration::from_secs_f64(due.at);
        std::thread::sleep(at.saturating_duration_since(Instant::now()));
        if told.send(*due).is_err() {
            return;
        }
    }
}

/// Does everything when it is due, in the order of the list, however much is under way. One load for each kind. `open` makes a lane, of which
/// there are as many as are needed at a time. Latencies count of what is due after `from` seconds.
pub fn load<Lane>(
    open: impl AsyncFn() -> Outcome<Lane>,
    from: f64,
    dues: &[Due],
    work: impl AsyncFn(&mut Lane, Due) -> Outcome<Option<String>>,
) -> Outcome<Vec<Load>> {
    let kinds = dues.iter().map(|due| due.kind + 1).max().unwrap_or(0);
    let loads = RefCell::new(vec![Load::default(); kinds]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let idle = RefCell::new(Vec::new());
    runtime.block_on(async {
        for _ in 0..CONNECTIONS {
            let opened = open().await?;
            idle.borrow_mut().push(opened);
        }
        Outcome::Ok(())
    })?;
    let (told, mut heard) = mpsc::unbounded_channel();
    let start = Instant::now();
    let one = async |due: Due| {
        let free = idle.borrow_mut().pop();
        let mut lane = match free {
            Some(lane) => lane,
            None => open().await?,
        };
        let refusal = work(&mut lane, due).await?;
        let took = (start.elapsed().as_secs_f64() - due.at) * 1_000.0;
        let load = &mut loads.borrow_mut()[due.kind];
        if due.at >= from {
            load.note(took, refusal)
        } else {
            load.note_answer(refusal)
        }
        idle.borrow_mut().push(lane);
        Outcome::Ok(())
    };
    std::thread::scope(|scope| {
        scope.spawn(move || keep_time(start, dues, &told));
        runtime.block_on(async {
            let mut under_way = FuturesUnordered::new();
            loop {
                tokio::select! {
                    due = heard.recv() => match due {
                        Some(due) => under_way.push(one(due)),
                        None => break,
                    },
                    Some(done) = under_way.next() => done?,
                }
            }
            while let Some(done) = under_way.next().await {
                done?;
            }
            Outcome::Ok(())
        })
    })?;
    let seconds = start.elapsed().as_secs_f64();
    Ok(loads.into_inner().into_iter().map(|load| load.ended(seconds)).collect())
}

/// The same, as figures: `kinds` names what is asked for, and how many of it are due in a second. Where others take the machine, a backlog grows until requests are refused.
pub fn measure<Lane>(
    open: impl AsyncFn() -> Outcome<Lane>,
    watch: &Watch,
    kinds: &[(&'static str, f64)],
    dues: &[Due],
    work: impl AsyncFn(&mut Lane, Due) -> Outcome<Option<String>>,
) -> Outcome<Vec<Steady>> {
    let before = watch.read()?;
    let last = dues.last().map_or(0.0, |due| due.at);
    let loads = load(open, WARM_S.min(last * WARM_SHARE), dues, work)?;
    let others = before.until(&watch.read()?).others;
    let told = |(load, &(request, rate)): (Load, &(&'static str, f64))| {
        if load.refused > 0 {
            eprintln!(
                "bench:     {request}: {} of {} refused: {}",
                load.refused, load.answered, load.refusal
            );
        }
        let at = |share| load.latency(share).unwrap_or(0.0);
        let refused = load.refused as f64 / (load.answered as f64).max(1.0);
        Steady { request, rate, p50: at(0.50), p99: at(0.99), refused, others }
    };
    Ok(loads.into_iter().zip(kinds).map(told).collect())
}

/// `count` requests of one kind to the resident API.
pub fn simple(
    stage: &Stage<'_>,
    request: &'static str,
    (rate, count): (f64, usize),
    make: impl Fn(usize) -> Vec<u8>,
) -> Outcome<Vec<Steady>> {
    let dues: Vec<Due> = every(rate, count, 0, 0.0).collect();
    let open = async || Connection::open(stage.address()).await;
    measure(open, &stage.watch(&[]), &[(request, rate)], &dues, async |connection, due| {
        connection.tell(&make(due.n)).await
    })
}
