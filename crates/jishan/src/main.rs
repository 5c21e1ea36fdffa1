//! The command. `jishan --help` explains.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use jishan::{admin_commands, backup, demo_command, doctor, import, openapi, serve, stand_in, verify};

#[global_allocator]
static ALLOCATOR: jishan::allocator::Allocator = jishan::allocator::ALLOCATOR;

/// Jishan (积善): the points platform of a county, town or village.
///
/// Without a command it makes a demo town on SQLite, if there is none yet, and serves it.
///
/// Exit codes: 0 done; 1 failed; 2 the command line or the configuration is wrong; 3 a check found differences.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// The configuration file; `JISHAN_*` variables stand over it. `jishan config` prints the commented default.
    #[arg(long, global = true, env = "JISHAN_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the roles of the configuration (or those named) until it is told to stop.
    Serve(serve::Args),
    /// Makes a demo town and serves it; what happens without any command.
    Demo(demo_command::Args),
    /// Brings the databases of all tenants to the newest shape; on PostgreSQL as the owner role.
    Migrate,
    /// Imports units, households or residents from CSV: previews, and with `--apply` applies.
    Import(import::Args),
    /// Recomputes balances, boards, caps and counts, and reports every difference.
    Verify,
    /// The live boards.
    #[command(subcommand)]
    Boards(verify::Boards),
    /// Prints the specification, or compares it with the committed one.
    Openapi(openapi::Args),
    /// Checks configuration, databases, Redis, picture store, keys and clocks.
    Doctor,
    /// Copies a SQLite database while it is served.
    Backup(backup::BackupArgs),
    /// Puts a copy in the place of a SQLite database that is not served.
    Restore(backup::RestoreArgs),
    /// Prints the commented default configuration.
    Config,
    /// Plays WeChat's server API on loopback, for development and tests.
    WechatStandIn(stand_in::Args),
    /// The first staff account, keys.
    #[command(subcommand)]
    Admin(admin_commands::Admin),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = cli.config.as_deref();
    let outcome = match cli.command {
        None => demo_command::run(config, demo_command::Args::default()),
        Some(Command::Demo(args)) => demo_command::run(config, args),
        Some(Command::Serve(args)) => serve::run(config, &args),
        Some(Command::Migrate) => admin_commands::migrate(config),
        Some(Command::Import(args)) => import::run(config, &args),
        Some(Command::Verify) => verify::run(config),
        Some(Command::Boards(args)) => verify::boards(config, &args),
        Some(Command::Openapi(args)) => openapi::run(&args),
        Some(Command::Doctor) => doctor::run(config),
        Some(Command::Backup(args)) => backup::backup(config, &args),
        Some(Command::Restore(args)) => backup::restore(config, &args),
        Some(Command::Config) => {
            print!("{}", foundation::config::DEFAULT);
            Ok(())
        }
        Some(Command::WechatStandIn(args)) => stand_in::run(&args),
        Some(Command::Admin(args)) => admin_commands::run(config, args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("jishan: {}", failure.what);
            ExitCode::from(failure.exit)
        }
    }
}
