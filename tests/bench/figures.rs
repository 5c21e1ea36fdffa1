//! What was measured, as JSON, and what is read from it again: the cost of a request by size.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::faults::Faults;
use crate::options::Options;
use crate::rounds::{Cell, Run, Steady, Turn};
use crate::workload::Workload;
use crate::{Outcome, cpu};

/// Everything as JSON, with every round.
pub fn json(runs: &[Run], options: &Options) -> Value {
    let runs: Vec<Value> = runs.iter().map(run_json).collect();
    json!({"machine": cpu::machine_word(), "rounds": options.rounds, "seconds": options.seconds, "runs": runs})
}

fn run_json(run: &Run) -> Value {
    let cells: Vec<Value> = run.cells.iter().map(cell_json).collect();
    json!({"size": run.size, "engine": run.engine.word(), "failure": run.failure, "loadSeconds": run.load_seconds,
        "diskMiB": run.disk_mib, "startMs": run.start_ms, "memoryAfterReadsMiB": run.memory_after_reads,
        "memoryAtEndMiB": run.memory_at_end, "cells": cells, "redisFaults": run.faults.as_ref().map(faults_json)})
}

fn cell_json(cell: &Cell) -> Value {
    let ratios = cell.ratios();
    let rounds: Vec<Value> = cell
        .rounds
        .iter()
        .map(|r| json!({"ratio": r.ratio(), "disturbed": r.disturbed(), "ours": turn_json(&r.ours), "reference": r.reference.as_ref().map(turn_json),
            "steady": r.steady.iter().map(steady_json).collect::<Vec<_>>()}))
        .collect();
    json!({"workload": cell.workload.word(), "isRead": cell.workload.is_read(), "failure": cell.failure,
        "reference": cell.reference, "ratio": cell.ratio(), "ratioMin": ratios.first(),
        "ratioMax": ratios.last(), "floor": cell.floor, "passes": cell.passes(), "cpuMicros": cell.median(|r| r.ours.cpu()),
        "clientMicros": cell.median(|r| r.ours.client()), "memoryMiB": cell.memory, "rounds": rounds})
}

fn turn_json(turn: &Turn) -> Value {
    json!({"perSecond": turn.rate(), "answered": turn.answered, "seconds": turn.seconds, "p50Ms": turn.p50, "p99Ms": turn.p99,
        "cpuMicros": turn.cpu(), "clientMicros": turn.client(), "others": turn.used.others})
}

fn steady_json(steady: &Steady) -> Value {
    let Steady { request, rate, p50, p99, refused, others } = steady;
    json!({"request": request, "perSecond": rate, "p50Ms": p50, "p99Ms": p99, "refused": refused, "others": others})
}

fn faults_json(faults: &Faults) -> Value {
    json!({"passes": faults.passes(), "perSecond": faults.rate, "asked": faults.asked, "failed": faults.failed,
        "refusal": faults.refusal, "p99Ms": faults.p99, "longestMs": faults.longest, "staleAfterMs": faults.stale_after,
        "staleSinceThawedMs": faults.stale_since_thawed, "staleSinceRevivedMs": faults.stale_since_revived, "fresh": faults.fresh})
}

/// The cost of one workload on one engine.
#[derive(Debug, Clone, Default)]
pub struct Cost {
    /// Whether it is one kind of read.
    pub is_read: bool,
    /// Processor time of a request in microseconds, by size; in order of size.
    pub micros: Vec<(f64, f64)>,
}

impl Cost {
    /// How much the logarithm of the cost grows with that of the size; nothing of a single size.
    pub fn slope(&self) -> Option<f64> {
        let n = self.micros.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| self.micros.iter().map(of).sum::<f64>() / n;
        let (x, y) = (mean(|(size, _)| size.ln()), mean(|(_, cost)| cost.ln()));
        let apart: f64 = self.micros.iter().map(|(size, _)| (size.ln() - x).powi(2)).sum();
        let grown: f64 = self.micros.iter().map(|(size, cost)| (size.ln() - x) * (cost.ln() - y)).sum();
        (apart > 0.0).then(|| grown / apart)
    }
}

/// Costs by engine and workload.
pub type Costs = BTreeMap<(String, String), Cost>;

/// What these figures say of the cost; of two of the same size the later one counts.
pub fn costs(figures: &[Value]) -> Costs {
    let mut costs = Costs::new();
    let runs = figures.iter().flat_map(|one| one["runs"].as_array().into_iter().flatten());
    for run in runs {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let Ok(size) = word(&run["size"]).parse::<f64>() else { continue };
        for cell in run["cells"].as_array().into_iter().flatten().filter(|cell| cell["failure"].is_null()) {
            // It is the board once more, beside another reference.
            if cell["workload"] == Workload::BoardRedis.word() {
                continue;
            }
            let Some(micros) = cell["cpuMicros"].as_f64().filter(|micros| *micros > 0.0) else { continue };
            let cost = costs.entry((word(&run["engine"]), word(&cell["workload"]))).or_default();
            cost.is_read = cell["isRead"] == true;
            cost.micros.retain(|(other, _)| *other != size);
            cost.micros.push((size, micros));
            cost.micros.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
    }
    costs
}

/// Reads what `--json` wrote.
pub fn read(files: &[PathBuf]) -> Outcome<Vec<Value>> {
    let one = |file: &PathBuf| -> Outcome<Value> {
        let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        Ok(serde_json::from_str(&text)?)
    };
    files.iter().map(one).collect()
}
