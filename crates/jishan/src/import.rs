//! `import`: units, households and residents from CSV, by the operator at the machine.

use std::path::{Path, PathBuf};

use community::imports::{self, Entity};
use domain::paging::{PAGE_MAX, Page};
use foundation::{App, RequestContext};

use crate::assemble::{self, ProcessClock};
use crate::failure::{Failure, Outcome};

/// What to import.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The CSV file, in UTF-8, with a header line.
    file: PathBuf,
    /// `units` (code,parent_code,type,setting,name), `households` (code,unit_code,door) or `residents`
    /// (code,unit_code,household_code,name,nickname).
    #[arg(long)]
    entity: String,
    /// The code of the unit in whose subtree everything must lie.
    #[arg(long)]
    unit: String,
    /// Which tenant; the only one if nothing is said.
    #[arg(long)]
    tenant: Option<String>,
    /// Applies it, if no row is faulty. Without this the result of every row is shown and nothing changes.
    #[arg(long)]
    apply: bool,
}

/// Runs the command. A SQLite database that is being served is refused: use the staff operation instead.
pub fn run(file: Option<&Path>, args: &Args) -> Outcome {
    let entity = Entity::from_word(&args.entity)
        .ok_or_else(|| Failure::usage("--entity is units, households or residents"))?;
    let mut config = assemble::configuration(file)?;
    if let Some(id) = &args.tenant {
        config.tenant.retain(|t| t.id == *id);
    }
    if config.tenant.len() != 1 {
        return Err(Failure::usage("name one tenant of the configuration with --tenant"));
    }
    let _locks = assemble::locks(&config)?;
    let bytes =
        std::fs::read(&args.file).map_err(|e| Failure::usage(format!("{}: {e}", args.file.display())))?;
    actix_web::rt::System::new().block_on(async {
        let tenants = assemble::tenants(&config, &ProcessClock::System)?;
        let app = tenants.iter().next().ok_or_else(|| Failure::usage("the configuration names no tenant"))?;
        import(app, entity, bytes, args).await
    })
}

async fn import(app: &App, entity: Entity, bytes: Vec<u8>, args: &Args) -> Outcome {
    let context = RequestContext { request_id: "command".to_owned(), key: None };
    let unit = imports::unit_of_code(app, &args.unit).await?;
    let id = imports::preview(app, None, unit, entity, bytes, context.clone()).await?;
    let mut after = None;
    let import = loop {
        let report = imports::read(app, None, id, Page { after, limit: PAGE_MAX }).await?;
        for row in &report.rows.items {
            match &row.fault {
                Some(fault) => println!("line {}: {}: {}: {}", row.line, row.code, row.effect, fault.en),
                None if !args.apply => println!("line {}: {}: {}", row.line, row.code, row.effect),
                None => {}
            }
        }
        after = report.rows.next;
        if after.is_none() {
            break report.import;
        }
    };
    println!(
        "{} rows: {} to create, {} to update, {} faulty",
        import.total, import.created, import.updated, import.faulty
    );
    if import.faulty > 0 {
        return Err(Failure::differences("correct the faulty rows; nothing was changed"));
    }
    if args.apply {
        imports::apply(app, None, id, context).await?;
        println!("applied");
    }
    Ok(())
}
