//! What was measured, as a table.

use std::collections::BTreeSet;

use crate::figures::Costs;
use crate::options::Options;
use crate::rounds::{Cell, OTHERS_MAX, Round, Run, Steady, Turn};
use crate::{cpu, day};

/// The cost of a read may grow so much with the size, and that of a write so much: as slopes of its logarithm.
const READS_SLOPE_MAX: f64 = 0.05;
const WRITES_SLOPE_MAX: f64 = 0.10;
/// One of a hundred reads, and one of a hundred writes, may take longer than so many milliseconds.
const READS_P99_MS_MAX: f64 = 5.0;
const WRITES_P99_MS_MAX: f64 = 15.0;

/// The table.
pub fn table(runs: &[Run], options: &Options) -> String {
    let mut out = format!(
        "\n{}; {} rounds of {} s, 32 connections; medians over the rounds\n\n",
        cpu::machine_word(),
        options.rounds,
        options.seconds
    );
    out += &format!(
        "{:<6}{:<9}{:<13}{:>10}{:>10}  {:<19}{:>5}{:>8}{:>8}{:>9}{:>10}{:>8}{:>9}\n",
        "size",
        "engine",
        "load",
        "ours/s",
        "ref/s",
        "ratio (min–max)",
        "floor",
        "p50 ms",
        "p99 ms",
        "CPU µs",
        "client µs",
        "others",
        "RSS MiB"
    );
    for (run, cell) in cells(runs) {
        out += &match &cell.failure {
            Some(why) => {
                format!("{:<6}{:<9}{:<13}FAILED: {why}\n", run.size, run.engine.word(), cell.workload.word())
            }
            None => row(run, cell),
        };
    }
    out += &latencies(runs);
    runs.iter().for_each(|run| out += &about(run));
    let told: BTreeSet<&str> =
        cells(runs).map(|(_, cell)| cell.reference.as_str()).filter(|told| !told.is_empty()).collect();
    told.iter().for_each(|reference| out += &format!("ref: {reference}\n"));
    out += &format!(
        "CPU: of our server and its database, a request. client: of the generator, a request. others: what the rest of the machine used, \
         the worst turn.\n† others used more than {:.0} % in a round; ✗ the ratio is below its floor.\n",
        OTHERS_MAX * 100.0
    );
    out
}

fn cells(runs: &[Run]) -> impl Iterator<Item = (&Run, &Cell)> {
    runs.iter().flat_map(|run| run.cells.iter().map(move |cell| (run, cell)))
}

/// The data and the server of a run, and what became of it when Redis failed.
fn about(run: &Run) -> String {
    let mut out = format!("size {} on {}: ", run.size, run.engine.word());
    if let Some(why) = &run.failure {
        return out + &format!("FAILED: {why}\n");
    }
    let loaded = run.load_seconds.map_or_else(String::new, |s| format!("loaded in {s:.0} s, "));
    let after_reads = run
        .memory_after_reads
        .map_or_else(String::new, |mib| format!("{mib:.0} MiB of memory after the reads, "));
    out += &format!(
        "{loaded}{:.0} MiB on the disk; the first page {:.0} ms after the start; {after_reads}{:.0} MiB at the end\n",
        run.disk_mib, run.start_ms, run.memory_at_end
    );
    if let Some(faults) = &run.faults {
        let cross = if faults.passes() { "" } else { "✗ " };
        let stale = faults.stale_after.map_or_else(|| "never".to_owned(), |ms| format!("{ms:.0} ms"));
        out += &format!(
            "  {cross}Redis frozen and killed at {:.0}/s: {} of {} failed {}; p99 {:.0} ms, longest {:.0} ms; boards stale after {stale}, until \
             {:.0} ms after it went on and {:.0} ms after it answered empty; {} in the end\n",
            faults.rate,
            faults.failed,
            faults.asked,
            faults.refusal,
            faults.p99,
            faults.longest,
            faults.stale_since_thawed,
            faults.stale_since_revived,
            if faults.fresh { "fresh" } else { "stale" }
        );
    }
    out
}

/// How the cost grows with the size, where more than one was measured.
pub fn slopes(costs: &Costs) -> String {
    let mut out = String::new();
    for ((engine, workload), cost) in costs {
        let Some(slope) = cost.slope() else { continue };
        let most = if cost.is_read { READS_SLOPE_MAX } else { WRITES_SLOPE_MAX };
        let cross = if slope > most { "✗" } else { "" };
        let micros: Vec<String> =
            cost.micros.iter().map(|(size, micros)| format!("{micros:.1} at {size}")).collect();
        out += &format!("{engine:<9}{workload:<13}{slope:>7.3}{cross:<2} CPU µs: {}\n", micros.join(", "));
    }
    if out.is_empty() {
        return out;
    }
    format!(
        "\nslope of log(CPU µs) over log(size); ✗ above {READS_SLOPE_MAX} for reads, {WRITES_SLOPE_MAX} for others\n{out}"
    )
}

/// What one waits for at half of the rate, where there was such a turn.
fn latencies(runs: &[Run]) -> String {
    let mut out = "\nat half of ours/s, from the moment at which a request was due\n\n".to_owned();
    out += &format!(
        "{:<6}{:<9}{:<13}{:<12}{:>10}{:>8}{:>8}{:>9}{:>8}\n",
        "size", "engine", "load", "request", "due/s", "p50 ms", "p99 ms", "refused", "others"
    );
    for (run, cell) in cells(runs) {
        for (n, steady) in cell.rounds.first().into_iter().flat_map(|round| round.steady.iter().enumerate()) {
            let of =
                |figure: fn(&Steady) -> f64| cell.median(|round| round.steady.get(n).map_or(0.0, figure));
            let others =
                cell.rounds.iter().filter_map(|r| r.steady.get(n)).map(|s| s.others).fold(0.0, f64::max);
            let is_read = cell.workload.is_read() || steady.request == day::READS;
            let most = match steady.request {
                _ if is_read => READS_P99_MS_MAX,
                // Two writes, one after the other.
                day::REDEMPTION => 2.0 * WRITES_P99_MS_MAX,
                _ => WRITES_P99_MS_MAX,
            };
            let cross = if of(|s| s.p99) > most { "✗" } else { "" };
            out += &format!(
                "{:<6}{:<9}{:<13}{:<12}{:>10.0}{:>8.2}{:>8.2}{cross:<1}{:>7.1}%{:>7.0}%\n",
                run.size,
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
    out + &format!(
        "✗ above {READS_P99_MS_MAX} ms for reads, {WRITES_P99_MS_MAX} ms for others (each of a redemption's two requests)\n\n"
    )
}

fn row(run: &Run, cell: &Cell) -> String {
    let ratios = cell.ratios();
    let (least, most) = (ratios.first().copied().unwrap_or(0.0), ratios.last().copied().unwrap_or(0.0));
    let dagger = if cell.rounds.iter().any(Round::disturbed) { "†" } else { "" };
    let cross = if cell.passes() { "" } else { "✗" };
    let ratio = match cell.ratio() {
        Some(ratio) => format!("{ratio:.2} ({least:.2}–{most:.2}){dagger}{cross}"),
        None => format!("alone{dagger}"),
    };
    format!(
        "{:<6}{:<9}{:<13}{:>10.0}{:>10.0}  {ratio:<19}{:>5.2}{:>8.2}{:>8.2}{:>9.1}{:>10.1}{:>7.0}%{:>9.0}\n",
        run.size,
        cell.engine.word(),
        cell.workload.word(),
        cell.median(|r| r.ours.rate()),
        cell.median(|r| r.reference.as_ref().map_or(0.0, Turn::rate)),
        cell.floor,
        cell.median(|r| r.ours.p50.unwrap_or(0.0)),
        cell.median(|r| r.ours.p99.unwrap_or(0.0)),
        cell.median(|r| r.ours.cpu()),
        cell.median(|r| r.ours.client()),
        worst(cell) * 100.0,
        cell.memory,
    )
}

fn worst(cell: &Cell) -> f64 {
    cell.rounds.iter().map(Round::others).fold(0.0, f64::max)
}
