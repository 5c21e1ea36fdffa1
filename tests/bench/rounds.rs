//! Taking turns: ours, the reference, ours, the reference, within the same minutes, so that both meet the same machine.

use crate::Outcome;
use crate::client::Load;
use crate::cpu::Used;
use crate::faults::Faults;
use crate::options::Engine;
use crate::workload::Workload;

/// A round in which others used more of the machine than this is marked.
pub const OTHERS_MAX: f64 = 0.30;

/// One turn of one side.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    /// Requests or transactions that were done.
    pub answered: usize,
    /// Those that failed.
    pub refused: usize,
    /// One failure.
    pub refusal: String,
    /// How long it took.
    pub seconds: f64,
    /// The latency in the middle, in milliseconds.
    pub p50: Option<f64>,
    /// The latency that one of a hundred exceeds.
    pub p99: Option<f64>,
    /// What it used of the machine.
    pub used: Used,
}

impl Turn {
    /// Done in a second.
    pub fn rate(&self) -> f64 {
        self.answered as f64 / self.seconds.max(1e-9)
    }
    /// Processor time of a request, in microseconds.
    pub fn cpu(&self) -> f64 {
        self.used.ours * 1e6 / (self.answered as f64).max(1.0)
    }
    /// Processor time of the client for a request, in microseconds.
    pub fn client(&self) -> f64 {
        self.used.client * 1e6 / (self.answered as f64).max(1.0)
    }
    /// The turn, with what it used.
    pub fn using(self, used: Used) -> Self {
        Self { used, ..self }
    }
}

impl From<Load> for Turn {
    fn from(load: Load) -> Self {
        Self {
            p50: load.latency(0.50),
            p99: load.latency(0.99),
            answered: load.answered,
            refused: load.refused,
            refusal: load.refusal,
            seconds: load.seconds,
            used: Used::default(),
        }
    }
}

/// Requests of one kind at a steady rate, at which nothing waits for the machine.
#[derive(Debug, Clone)]
pub struct Steady {
    /// What was asked for.
    pub request: &'static str,
    /// So many were due in a second.
    pub rate: f64,
    /// The latency in the middle, in milliseconds, from the moment at which the request was due.
    pub p50: f64,
    /// The latency that one of a hundred exceeds.
    pub p99: f64,
    /// The share that was refused: there was no half of the rate left.
    pub refused: f64,
    /// The share of the machine that nobody of this run used.
    pub others: f64,
}

/// Both turns, and one at half of the rate.
#[derive(Debug, Clone)]
pub struct Round {
    /// The product's.
    pub ours: Turn,
    /// The reference's; nothing where ours was measured alone.
    pub reference: Option<Turn>,
    /// The product's at half of what it just did.
    pub steady: Vec<Steady>,
}

impl Round {
    /// Ours as a multiple of the reference.
    pub fn ratio(&self) -> Option<f64> {
        self.reference.as_ref().map(|reference| self.ours.rate() / reference.rate().max(1e-9))
    }
    /// The share of the machine that others used, in the turn in which it was more.
    pub fn others(&self) -> f64 {
        self.ours.used.others.max(self.reference.as_ref().map_or(0.0, |reference| reference.used.others))
    }
    /// Whether others used much of the machine in either turn.
    pub fn disturbed(&self) -> bool {
        self.others() > OTHERS_MAX
    }
}

/// A workload on an engine.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The engine.
    pub engine: Engine,
    /// The workload.
    pub workload: Workload,
    /// The rounds.
    pub rounds: Vec<Round>,
    /// Memory of our server after them, in MiB.
    pub memory: f64,
    /// What the reference is.
    pub reference: String,
    /// Why it is not to be believed.
    pub failure: Option<String>,
    /// The least ratio that passes.
    pub floor: f64,
}

impl Cell {
    /// One that could not be measured.
    pub fn failed(engine: Engine, workload: Workload, why: &str) -> Self {
        let failure = Some(why.to_owned());
        Self {
            engine,
            workload,
            rounds: Vec::new(),
            memory: 0.0,
            reference: String::new(),
            failure,
            floor: 0.0,
        }
    }
    /// The ratios, in order of size.
    pub fn ratios(&self) -> Vec<f64> {
        let mut ratios: Vec<f64> = self.rounds.iter().filter_map(Round::ratio).collect();
        ratios.sort_by(f64::total_cmp);
        ratios
    }
    /// The middle of them; nothing where there is no reference.
    pub fn ratio(&self) -> Option<f64> {
        let ratios = self.ratios();
        ratios.get(ratios.len() / 2).copied()
    }
    /// The middle of a figure over the rounds.
    pub fn median(&self, figure: impl Fn(&Round) -> f64) -> f64 {
        let mut figures: Vec<f64> = self.rounds.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or(0.0)
    }
    /// Whether it was measured, and is not below its floor.
    pub fn passes(&self) -> bool {
        self.failure.is_none() && self.ratio().is_none_or(|ratio| ratio >= self.floor)
    }
}

/// Everything that was measured of a size on an engine.
#[derive(Debug, Clone)]
pub struct Run {
    /// So many times 38,000 residents.
    pub size: String,
    /// The engine.
    pub engine: Engine,
    /// What the loading of the data took, if it is known.
    pub load_seconds: Option<f64>,
    /// What the data takes of the disk, in MiB.
    pub disk_mib: f64,
    /// From the start of our server to its first right answer, in milliseconds.
    pub start_ms: f64,
    /// Memory of our server after all kinds of reads, in MiB; nothing if none was measured.
    pub memory_after_reads: Option<f64>,
    /// The same at the end.
    pub memory_at_end: f64,
    /// The workloads.
    pub cells: Vec<Cell>,
    /// What became of the day when Redis failed.
    pub faults: Option<Faults>,
    /// Why nothing of it could be measured.
    pub failure: Option<String>,
}

impl Run {
    /// One that has not begun, of which nothing is known yet.
    pub const fn new(size: String, engine: Engine) -> Self {
        Self {
            size,
            engine,
            load_seconds: None,
            disk_mib: 0.0,
            start_ms: 0.0,
            memory_after_reads: None,
            memory_at_end: 0.0,
            cells: Vec::new(),
            faults: None,
            failure: None,
        }
    }
    /// Whether all of it was measured, and no ratio is below its floor.
    pub fn passes(&self) -> bool {
        let well = self.faults.as_ref().is_none_or(Faults::passes);
        self.failure.is_none() && well && self.cells.iter().all(Cell::passes)
    }
}

/// Takes turns; fails on the first request that fails. `steady` gets half of the rate that ours reached.
pub fn take_turns(
    rounds: usize,
    mut ours: impl FnMut(usize) -> Outcome<Turn>,
    mut reference: impl FnMut(usize) -> Outcome<Option<Turn>>,
    mut steady: impl FnMut(usize, f64) -> Outcome<Vec<Steady>>,
) -> Outcome<Vec<Round>> {
    let well = |who: &str, turn: Turn| match turn {
        turn if turn.refused > 0 => Err(format!("{who}: {} failed: {}", turn.refused, turn.refusal)),
        turn if turn.answered == 0 => Err(format!("{who}: nothing was done")),
        turn => Ok(turn),
    };
    (0..rounds)
        .map(|n| {
            let ours = well("ours", ours(n)?)?;
            let reference = reference(n)?.map(|turn| well("the reference", turn)).transpose()?;
            let (rate, b) = (ours.rate(), reference.as_ref().map_or(0.0, Turn::rate));
            let mut round = Round { ours, reference, steady: Vec::new() };
            let others = round.others() * 100.0;
            eprintln!("bench:   round {}: {rate:.0}/s, reference {b:.0}/s, others {others:.0} %", n + 1);
            round.steady = steady(n, rate / 2.0)?;
            for s in &round.steady {
                let Steady { request, rate, p50, p99, .. } = s;
                eprintln!("bench:     {request} at {rate:.0}/s: p50 {p50:.2} ms, p99 {p99:.2} ms");
            }
            Ok(round)
        })
        .collect()
}
