//! The benchmark: what the product does in a second beside what the machine could do, measured in turns within the same minutes.
//! `scripts/bench` builds and starts what it needs; tests/README.md says how to read it. No test runs it.

mod awards;
mod bare;
mod chart;
mod children;
mod client;
mod connection;
mod cpu;
mod day;
mod doors;
mod faults;
mod figures;
mod likes;
mod options;
mod own_redis;
mod people;
mod postgres;
mod posts;
mod reads;
mod report;
mod rounds;
mod rows;
mod scene;
mod server;
mod sqlite;
mod stage;
mod steady;
mod tills;
mod workload;
mod wrk;
mod zsets;

use std::process::ExitCode;

use clap::Parser;
use options::{ChartArgs, Cli, Command, Options};
use rounds::{Cell, Run};
use stage::Stage;
use workload::Workload;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What goes wrong, as a sentence for whoever reads the terminal.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Bare(args) => bare::serve(&args).map(|()| true),
        Command::Chart(args) => draw(&args).map(|()| true),
        Command::Run(options) => children::until_told(move || run(&options)),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::from(2)
        }
    }
}

/// Measures everything that was asked for; whether no ratio is below its floor.
fn run(options: &Options) -> Outcome<bool> {
    let mut runs = Vec::new();
    for size in &options.size {
        for engine in options.engines() {
            let mut run = Run::new(size.clone(), engine);
            // A size that does not fit fails alone, and says so among the figures.
            if let Err(error) = measure(options, &mut run) {
                eprintln!("bench: size {size} on {}: {error}", engine.word());
                run.failure = Some(error.to_string());
            }
            runs.push(run);
            // What was measured is not lost with what comes after it.
            if let Some(file) = &options.json {
                std::fs::write(file, format!("{:#}\n", figures::json(&runs, options)))?;
            }
        }
    }
    print!("{}", report::table(&runs, options));
    let costs = figures::costs(&[figures::json(&runs, options)]);
    print!("{}", report::slopes(&costs));
    if let Some(file) = &options.chart {
        chart::draw(&costs, file)?;
    }
    Ok(runs.iter().all(Run::passes))
}

/// Draws what former runs measured.
fn draw(args: &ChartArgs) -> Outcome {
    let costs = figures::costs(&figures::read(&args.figures)?);
    print!("{}", report::slopes(&costs));
    chart::draw(&costs, &args.svg)
}

/// All workloads of a size on an engine.
fn measure(options: &Options, run: &mut Run) -> Outcome {
    let town = server::Town::of(options, run.engine, &run.size)?;
    let stage = Stage::set(options, &town)?;
    run.load_seconds = town.load_seconds();
    run.disk_mib = stage.data.disk_mib;
    run.start_ms = stage.start_ms;
    for workload in options.workloads(run.engine) {
        eprintln!("bench: size {}, {}: {}", run.size, run.engine.word(), workload.word());
        if workload.is_read() {
            run.cells.push(cell(&stage, workload, reads::measure));
            run.memory_after_reads = Some(stage.memory());
        } else if workload == Workload::RedisFaults {
            match faults::measure(&stage) {
                Ok(faults) => run.faults = Some(faults),
                Err(error) => run.cells.push(Cell::failed(run.engine, workload, &error.to_string())),
            }
        } else {
            run.cells.push(cell(&stage, workload, write));
        }
    }
    run.memory_at_end = stage.memory();
    Ok(())
}

fn write(stage: &Stage<'_>, workload: Workload) -> Outcome<Cell> {
    match workload {
        Workload::Like => likes::measure(stage),
        Workload::NewDeed => posts::measure(stage),
        Workload::Award => awards::measure(stage),
        Workload::CheckIn => doors::measure(stage),
        Workload::Day => day::measure(stage),
        _ => tills::measure(stage, workload),
    }
}

/// One workload that cannot be measured fails alone; the others are still worth reading.
fn cell(stage: &Stage<'_>, workload: Workload, measure: fn(&Stage<'_>, Workload) -> Outcome<Cell>) -> Cell {
    measure(stage, workload).unwrap_or_else(|error| {
        eprintln!("bench:   failed: {error}");
        Cell::failed(stage.engine, workload, &error.to_string())
    })
}
