//! What is measured, and with what.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
}

/// How to measure.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// On which engine.
    #[arg(long, value_enum, default_value_t = Engines::Both)]
    pub engine: Engines,
    /// So many times 38,000 residents.
    #[arg(long, default_value = "1")]
    pub scale: String,
    /// How often ours and its reference take turns.
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Seconds of each turn.
    #[arg(long, default_value_t = 4)]
    pub seconds: u32,
    /// One workload only.
    #[arg(long, value_enum)]
    pub only: Option<Workload>,
    /// Also write the figures to this file.
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// A ratio below this fails.
    #[arg(long, default_value_t = 0.5)]
    pub gate: f64,
    /// The product's command.
    #[arg(long, env = "JISHAN_BENCH_BIN")]
    pub jishan: PathBuf,
    /// Where data is kept between runs.
    #[arg(long, env = "JISHAN_BENCH_FOLDER")]
    pub folder: PathBuf,
    /// A PostgreSQL server, with the right to make databases.
    #[arg(long, env = "JISHAN_TEST_POSTGRES", hide_env_values = true, default_value = "")]
    pub postgres: String,
    /// A Redis server.
    #[arg(long, env = "JISHAN_TEST_REDIS", hide_env_values = true, default_value = "")]
    pub redis: String,
    /// The process ids of the PostgreSQL server and of Redis, whose CPU is told.
    #[arg(long, env = "JISHAN_BENCH_SERVERS", value_delimiter = ',')]
    pub servers: Vec<u32>,
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
        let wanted = self.only.map_or_else(|| Workload::EVERY.to_vec(), |one| vec![one]);
        let is_there = |one: &Workload| engine == Engine::Postgres || *one != Workload::BoardRedis;
        wanted.into_iter().filter(is_there).collect()
    }
    /// The scale as part of a name.
    pub fn scale_word(&self) -> String {
        self.scale.replace('.', "_")
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

/// What is asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// The first page of the feed, anonymous.
    Feed,
    /// One deed of the last week, anonymous.
    Deed,
    /// Fifty lines of a board.
    Board,
    /// The same beside Redis alone; only where there is one.
    BoardRedis,
    /// The first page of the feed, signed in.
    OwnFeed,
    /// An older page of the feed, anonymous.
    Older,
    /// The own rank and points.
    OwnRank,
    /// The own account.
    Account,
    /// A like.
    Like,
    /// The grant of a claim.
    Award,
    /// A redemption, at many shops.
    Till,
    /// A redemption, all of them at one shop.
    OneTill,
    /// A check-in at an event.
    CheckIn,
}

impl Workload {
    /// Every workload.
    pub const EVERY: [Self; 13] = [
        Self::Feed,
        Self::Deed,
        Self::Board,
        Self::BoardRedis,
        Self::OwnFeed,
        Self::Older,
        Self::OwnRank,
        Self::Account,
        Self::Like,
        Self::Award,
        Self::Till,
        Self::OneTill,
        Self::CheckIn,
    ];
    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Deed => "deed",
            Self::Board => "board",
            Self::BoardRedis => "board-redis",
            Self::OwnFeed => "own-feed",
            Self::Older => "older",
            Self::OwnRank => "own-rank",
            Self::Account => "account",
            Self::Like => "like",
            Self::Award => "award",
            Self::Till => "till",
            Self::OneTill => "one-till",
            Self::CheckIn => "check-in",
        }
    }
}
