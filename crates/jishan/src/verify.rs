//! `verify` recomputes everything and reports differences; `boards rebuild` makes the live board anew.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use store::db::Purpose;
use store::ledger::verify;

use crate::assemble::{self, ProcessClock};
use crate::failure::{Failure, Outcome};

/// What to do with the live boards.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Boards {
    /// Rebuilds them from the database: Redis is filled anew, readers see one board or the other.
    Rebuild,
}

/// Runs every check on every tenant.
pub fn run(file: Option<&Path>) -> Outcome {
    let config = assemble::configuration(file)?;
    let mut found = 0;
    for tenant in &config.tenant {
        let address = tenant.address().map_err(Failure::usage)?;
        let mut conn = store::db::open(&address, Purpose::Long)?;
        let names: Vec<_> = verify::checks().collect();
        let bar = progress(names.len() as u64);
        for (i, name) in names.iter().enumerate() {
            bar.set_message(*name);
            for difference in verify::run(&mut conn, i)? {
                found += 1;
                bar.suspend(|| println!("{}: {}: {}", tenant.id, difference.check, difference.what));
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        let transfers = verify::transfers(&mut conn)?;
        println!("{}: {} checks over {transfers} transfers", tenant.id, names.len());
    }
    if found > 0 {
        return Err(Failure::differences(format!("{found} differences")));
    }
    println!("no difference");
    Ok(())
}

/// A bar for long work; silent where nobody looks.
pub fn progress(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}

/// Runs a command on the live boards.
pub fn boards(file: Option<&Path>, args: &Boards) -> Outcome {
    let Boards::Rebuild = args;
    let config = assemble::configuration(file)?;
    if config.tenant.iter().any(|t| t.redis.is_empty()) {
        return Err(Failure::usage(
            "the boards are in the serving process and rebuilt when it starts; nothing to do without Redis",
        ));
    }
    actix_web::rt::System::new().block_on(async {
        let tenants = assemble::tenants(&config, &ProcessClock::System)?;
        for app in tenants.iter() {
            foundation::boards::rebuild(app).await?;
            let status = app.board.status().await.map_err(|e| Failure::new(e.to_string()))?;
            println!("{}: {} places up to entry {} of the log", app.id, status.members, status.as_of_seq);
        }
        Ok(())
    })
}
