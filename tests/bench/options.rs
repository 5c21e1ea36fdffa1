//! What is measured, and with what.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::workload::Workload;

/// The command line.
#[derive(Debug, Parser)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measures; `scripts/bench` gives it what it needs.
    Run(Options),
    /// Serves one body and nothing else: what the machine and actix-web can do without any product.
    Bare(BareArgs),
    /// Draws the cost against the size, and tells how it grows, from the figures of former runs.
    Chart(ChartArgs),
}

/// What the bare server answers.
#[derive(Debug, Args)]
pub struct BareArgs {
    /// The file of the body.
    #[arg(long)]
    pub body: PathBuf,
    /// Its content type.
    #[arg(long)]
    pub content_type: String,
    /// Its encoding, if it is compressed.
    #[arg(long)]
    pub encoding: Option<String>,
    /// Reads the body as a page of the feed once, and serialises it for each request.
    #[arg(long)]
    pub serialise: bool,
}

/// From which figures to draw.
#[derive(Debug, Args)]
pub struct ChartArgs {
    /// Files that `--json` wrote.
    #[arg(required = true)]
    pub figures: Vec<PathBuf>,
    /// The file to draw into.
    #[arg(long)]
    pub svg: PathBuf,
}

/// How to measure.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// On which engine.
    #[arg(long, value_enum, default_value_t = Engines::Both)]
    pub engine: Engines,
    /// So many times 38,000 residents; several are measured one after the other.
    #[arg(long, default_value = "1", value_delimiter = ',', value_parser = size)]
    pub size: Vec<String>,
    /// How often ours and its reference take turns.
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Seconds of each turn.
    #[arg(long, default_value_t = 4)]
    pub seconds: u32,
    /// These workloads only.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub only: Vec<Workload>,
    /// Only ours, beside no reference: for sizes of which another copy has no room.
    #[arg(long)]
    pub alone: bool,
    /// Serves the loaded data itself, which is loaded anew the next time: for sizes of which a copy to serve has no room either.
    #[arg(long, requires = "alone")]
    pub spend: bool,
    /// Also write the figures to this file.
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Also draw the cost against the size into this file.
    #[arg(long)]
    pub chart: Option<PathBuf>,
    /// The ratio below which every load fails, instead of the floor of each.
    #[arg(long)]
    pub gate: Option<f64>,
    /// The product's command.
    #[arg(long, env = "JISHAN_BENCH_BIN")]
    pub jishan: PathBuf,
    /// Where data is kept between runs.
    #[arg(long, env = "JISHAN_BENCH_FOLDER")]
    pub folder: PathBuf,
    /// A PostgreSQL server, with the right to make databases.
    #[arg(long, env = "JISHAN_TEST_POSTGRES", hide_env_values = true, default_value = "")]
    pub postgres: String,
    /// The process id of the PostgreSQL server, whose CPU is told.
    #[arg(long, env = "JISHAN_BENCH_SERVER")]
    pub server: Option<u32>,
}

impl Options {
    /// The engines to measure.
    pub fn engines(&self) -> Vec<Engine> {
        match self.engine {
            Engines::Sqlite => vec![Engine::Sqlite],
            Engines::Postgres => vec![Engine::Postgres],
            Engines::Both => vec![Engine::Sqlite, Engine::Postgres],
        }
    }
    /// The workloads to measure on an engine.
    pub fn workloads(&self, engine: Engine) -> Vec<Workload> {
        let wanted = |one: &Workload| self.only.is_empty() || self.only.contains(one);
        Workload::EVERY.into_iter().filter(|one| wanted(one) && one.is_on(engine)).collect()
    }
}

/// A size is a number, and as it was written it is a part of names.
fn size(text: &str) -> Result<String, String> {
    match text.parse::<f64>() {
        Ok(size) if size > 0.0 && size.is_finite() => Ok(text.to_owned()),
        _ => Err("a number above 0".to_owned()),
    }
}

/// Which engines were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engines {
    /// SQLite and the board in process.
    Sqlite,
    /// PostgreSQL and Redis.
    Postgres,
    /// One after the other.
    Both,
}

/// A pair of engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// SQLite and the board in process.
    Sqlite,
    /// PostgreSQL and Redis.
    Postgres,
}

impl Engine {
    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}
