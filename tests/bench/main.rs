//! The benchmark: what the product does in a second beside what the machine could do, measured in turns within the same minutes.
//! `scripts/bench` builds and starts what it needs; tests/README.md says how to read it. No test runs it.

mod awards;
mod bare;
mod children;
mod client;
mod cpu;
mod doors;
mod likes;
mod options;
mod people;
mod postgres;
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
mod wrk;
mod zsets;

use std::process::ExitCode;

use clap::Parser;
use options::{Cli, Command, Engine, Options, Workload};
use rounds::Cell;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What goes wrong, as a sentence for whoever reads the terminal.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Bare(args) => bare::serve(&args).map(|()| true),
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

/// Measures everything that was asked for; whether no ratio is below the gate.
fn run(options: &Options) -> Outcome<bool> {
    let mut cells = Vec::new();
    for engine in options.engines() {
        cells.extend(measure(options, engine)?);
    }
    print!("{}", report::table(&cells, options));
    if let Some(file) = &options.json {
        std::fs::write(file, report::json(&cells, options))?;
    }
    Ok(cells.iter().all(|cell| cell.passes()))
}

/// All workloads on one engine.
fn measure(options: &Options, engine: Engine) -> Outcome<Vec<Cell>> {
    let stage = stage::Stage::set(options, engine)?;
    let mut cells = Vec::new();
    for workload in options.workloads(engine) {
        eprintln!("bench: {}: {}", engine.word(), workload.word());
        let cell = match workload {
            Workload::Like => likes::measure(&stage),
            Workload::Award => awards::measure(&stage),
            Workload::Till | Workload::OneTill => tills::measure(&stage, workload),
            Workload::CheckIn => doors::measure(&stage),
            _ => reads::measure(&stage, workload),
        };
        // One workload that cannot be measured fails alone; the others are still worth reading.
        cells.push(cell.unwrap_or_else(|error| Cell::failed(engine, workload, &error.to_string())));
    }
    Ok(cells)
}
