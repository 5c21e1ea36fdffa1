//! Backup and restore of a SQLite database. The copy is made while the database is served (`VACUUM INTO`: one consistent moment, no page of a
//! write in progress). PostgreSQL has its own tools; `deploy/README.md` says which.

use std::path::{Path, PathBuf};

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use store::db::Purpose;
use store::{Address, Db};

use crate::assemble::{self, ServeLock};
use crate::failure::{Failure, Outcome};

/// Where the copy goes.
#[derive(Debug, Clone, clap::Args)]
pub struct BackupArgs {
    /// The file to make; it must not exist.
    to: PathBuf,
    /// Which tenant; the only one if nothing is said.
    #[arg(long)]
    tenant: Option<String>,
}

/// Where the copy comes from.
#[derive(Debug, Clone, clap::Args)]
pub struct RestoreArgs {
    /// A file that `backup` made.
    from: PathBuf,
    /// Which tenant; the only one if nothing is said.
    #[arg(long)]
    tenant: Option<String>,
}

fn database(file: Option<&Path>, tenant: Option<&str>) -> Outcome<PathBuf> {
    let config = assemble::configuration(file)?;
    let found = match tenant {
        Some(id) => config.tenant.iter().find(|t| t.id == id),
        None if config.tenant.len() == 1 => config.tenant.first(),
        None => return Err(Failure::usage("name the tenant with --tenant")),
    };
    let found = found.ok_or_else(|| Failure::usage("there is no such tenant in the configuration"))?;
    match found.address().map_err(Failure::usage)? {
        Address::Sqlite(path) => Ok(path),
        Address::Postgres(_) => Err(Failure::usage(
            "a PostgreSQL database is copied with pg_dump or pg_basebackup; see deploy/README.md",
        )),
    }
}

#[derive(diesel::QueryableByName)]
struct Integrity {
    #[diesel(sql_type = diesel::sql_types::Text)]
    integrity_check: String,
}

fn check(path: &Path) -> Outcome {
    let mut conn = store::db::open(&Address::Sqlite(path.to_owned()), Purpose::Long)?;
    let said = diesel::sql_query("PRAGMA integrity_check").get_result::<Integrity>(&mut conn);
    let said = said.map_err(|e| Failure::new(e.to_string()))?.integrity_check;
    if said != "ok" {
        return Err(Failure::new(format!("{}: {said}", path.display())));
    }
    if store::meta::get(&mut conn, store::meta::ZONE).is_err() {
        return Err(Failure::new(format!("{} is not a database of this program", path.display())));
    }
    Ok(())
}

/// Makes a copy, and checks it.
pub fn backup(file: Option<&Path>, args: &BackupArgs) -> Outcome {
    let from = database(file, args.tenant.as_deref())?;
    if !from.exists() {
        return Err(Failure::new(format!("there is no database at {}", from.display())));
    }
    if args.to.exists() {
        return Err(Failure::new(format!("{} exists; a copy never overwrites", args.to.display())));
    }
    let target = args.to.to_str().ok_or_else(|| Failure::usage("the path is not UTF-8"))?.replace('\'', "''");
    let mut conn: Db = store::db::open(&Address::Sqlite(from), Purpose::Long)?;
    conn.batch_execute(&format!("VACUUM INTO '{target}'")).map_err(|e| Failure::new(e.to_string()))?;
    drop(conn);
    std::fs::File::open(&args.to)?.sync_all()?;
    check(&args.to)?;
    println!("{} bytes in {}", std::fs::metadata(&args.to)?.len(), args.to.display());
    Ok(())
}

/// Puts a copy in place; what was there is kept beside it.
pub fn restore(file: Option<&Path>, args: &RestoreArgs) -> Outcome {
    let to = database(file, args.tenant.as_deref())?;
    let _lock = ServeLock::take(&to)?;
    check(&args.from)?;
    for suffix in ["", "-wal", "-shm"] {
        let path = with_suffix(&to, suffix);
        if path.exists() {
            std::fs::rename(&path, with_suffix(&to, &format!("{suffix}.before-restore")))?;
        }
    }
    let fresh = with_suffix(&to, ".restoring");
    std::fs::copy(&args.from, &fresh)?;
    std::fs::File::open(&fresh)?.sync_all()?;
    std::fs::rename(&fresh, &to)?;
    println!(
        "restored {}; the former one is kept as {}",
        to.display(),
        with_suffix(&to, ".before-restore").display()
    );
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
