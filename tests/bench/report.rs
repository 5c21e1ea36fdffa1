//! What was measured, as a table and as JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::options::Options;
use crate::rounds::{Cell, OTHERS_MAX, Round, Steady, Turn};

/// The table.
pub fn table(cells: &[Cell], options: &Options) -> String {
    let mut out = String::new();
    let mut line = |args: std::fmt::Arguments<'_>| out += &args.to_string();
    line(format_args!(
        "\nscale {}, {} rounds of {} s, 32 connections; medians over the rounds\n\n",
        options.scale, options.rounds, options.seconds
    ));
    line(format_args!(
        "{:<9}{:<12}{:>10}{:>10}  {:<19}{:>8}{:>8}{:>9}{:>8}{:>9}\n",
        "engine",
        "load",
        "ours/s",
        "ref/s",
        "ratio (min–max)",
        "p50 ms",
        "p99 ms",
        "CPU µs",
        "others",
        "RSS MiB"
    ));
    for cell in cells {
        match &cell.failure {
            Some(why) => {
                line(format_args!("{:<9}{:<12}FAILED: {why}\n", cell.engine.word(), cell.workload.word()))
            }
            None => line(format_args!("{}", row(cell))),
        }
    }
    line(format_args!("{}", latencies(cells)));
    let measured = cells.iter().filter(|cell| cell.failure.is_none());
    let starts: BTreeMap<&str, f64> =
        measured.clone().map(|cell| (cell.engine.word(), cell.start_ms)).collect();
    starts.iter().for_each(|(engine, ms)| {
        line(format_args!("{engine}: the first page was answered {ms:.0} ms after the start\n"));
    });
    let told: BTreeSet<&str> = measured.map(|cell| cell.reference.as_str()).collect();
    told.iter().for_each(|reference| line(format_args!("ref: {reference}\n")));
    line(format_args!(
        "CPU: of our server and its database, a request. others: what the rest of the machine used, the worst turn.\n\
         † others used more than {:.0} % in a round; ✗ the ratio is below {}.\n",
        OTHERS_MAX * 100.0,
        options.gate
    ));
    out
}

/// What one waits for at half of the rate, where there was such a turn.
fn latencies(cells: &[Cell]) -> String {
    let mut out = "\nat half of ours/s, from the moment at which a request was due\n\n".to_owned();
    out += &format!(
        "{:<9}{:<12}{:<12}{:>10}{:>8}{:>8}{:>9}{:>8}\n",
        "engine", "load", "request", "due/s", "p50 ms", "p99 ms", "refused", "others"
    );
    for cell in cells {
        for (n, steady) in cell.rounds.first().into_iter().flat_map(|round| round.steady.iter().enumerate()) {
            let of =
                |figure: fn(&Steady) -> f64| cell.median(|round| round.steady.get(n).map_or(0.0, figure));
            let others =
                cell.rounds.iter().filter_map(|r| r.steady.get(n)).map(|s| s.others).fold(0.0, f64::max);
            out += &format!(
                "{:<9}{:<12}{:<12}{:>10.0}{:>8.2}{:>8.2}{:>8.1}%{:>7.0}%\n",
                cell.engine.word(),
                cell.workload.word(),
                steady.request,
                of(|s| s.rate),
                of(|s| s.p50),
                of(|s| s.p99),
                of(|s| s.refused * 100.0),
                others * 100.0
            );
        }
    }
    out + "\n"
}

fn row(cell: &Cell) -> String {
    let ratios = cell.ratios();
    let (least, most) = (ratios.first().copied().unwrap_or(0.0), ratios.last().copied().unwrap_or(0.0));
    let dagger = if cell.rounds.iter().any(Round::disturbed) { "†" } else { "" };
    let cross = if cell.passes() { "" } else { "✗" };
    let ratio = format!("{:.2} ({least:.2}–{most:.2}){dagger}{cross}", cell.median(Round::ratio));
    format!(
        "{:<9}{:<12}{:>10.0}{:>10.0}  {ratio:<19}{:>8.2}{:>8.2}{:>9.1}{:>7.0}%{:>9.0}\n",
        cell.engine.word(),
        cell.workload.word(),
        cell.median(|r| r.ours.rate()),
        cell.median(|r| r.reference.rate()),
        cell.median(|r| r.ours.p50.unwrap_or(0.0)),
        cell.median(|r| r.ours.p99.unwrap_or(0.0)),
        cell.median(|r| r.ours.cpu()),
        worst(cell) * 100.0,
        cell.memory,
    )
}

fn worst(cell: &Cell) -> f64 {
    cell.rounds.iter().map(|r| r.ours.used.others.max(r.reference.used.others)).fold(0.0, f64::max)
}

/// The same as JSON, with every round.
pub fn json(cells: &[Cell], options: &Options) -> String {
    let cells: Vec<Value> = cells.iter().map(cell_json).collect();
    let all = json!({"scale": options.scale, "rounds": options.rounds, "seconds": options.seconds,
        "gate": options.gate, "cells": cells});
    format!("{all:#}\n")
}

fn cell_json(cell: &Cell) -> Value {
    let ratios = cell.ratios();
    let rounds: Vec<Value> = cell
        .rounds
        .iter()
        .map(|r| json!({"ratio": r.ratio(), "disturbed": r.disturbed(), "ours": turn_json(&r.ours), "reference": turn_json(&r.reference),
            "steady": r.steady.iter().map(steady_json).collect::<Vec<_>>()}))
        .collect();
    json!({"engine": cell.engine.word(), "workload": cell.workload.word(), "failure": cell.failure,
        "reference": cell.reference, "ratio": cell.median(Round::ratio), "ratioMin": ratios.first(),
        "ratioMax": ratios.last(), "passes": cell.passes(), "cpuMicros": cell.median(|r| r.ours.cpu()),
        "memoryMiB": cell.memory, "startMs": cell.start_ms, "rounds": rounds})
}

fn turn_json(turn: &Turn) -> Value {
    json!({"perSecond": turn.rate(), "answered": turn.answered, "seconds": turn.seconds, "p50Ms": turn.p50, "p99Ms": turn.p99,
        "cpuMicros": turn.cpu(), "others": turn.used.others})
}

fn steady_json(steady: &Steady) -> Value {
    let Steady { request, rate, p50, p99, refused, others } = steady;
    json!({"request": request, "perSecond": rate, "p50Ms": p50, "p99Ms": p99, "refused": refused, "others": others})
}
