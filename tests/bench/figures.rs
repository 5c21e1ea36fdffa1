//! What was measured, as JSON.

use serde_json::{Value, json};

use crate::faults::Faults;
use crate::options::Options;
use crate::rounds::{Cell, Round, Run, Steady, Turn};

/// Everything as JSON, with every round.
pub fn json(runs: &[Run], options: &Options) -> Value {
    let runs: Vec<Value> = runs.iter().map(run_json).collect();
    json!({"rounds": options.rounds, "seconds": options.seconds, "gate": options.gate, "runs": runs})
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
        .map(|r| json!({"ratio": r.ratio(), "disturbed": r.disturbed(), "ours": turn_json(&r.ours), "reference": turn_json(&r.reference),
            "steady": r.steady.iter().map(steady_json).collect::<Vec<_>>()}))
        .collect();
    json!({"workload": cell.workload.word(), "isRead": cell.workload.is_read(), "failure": cell.failure,
        "reference": cell.reference, "ratio": cell.median(Round::ratio), "ratioMin": ratios.first(),
        "ratioMax": ratios.last(), "passes": cell.passes(), "cpuMicros": cell.median(|r| r.ours.cpu()),
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
