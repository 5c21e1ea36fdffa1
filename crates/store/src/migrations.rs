//! Bringing a database to the newest shape. Two processes may start at once: PostgreSQL takes an advisory lock around it (the one use
//! of such a lock), SQLite an immediate transaction.

use diesel::connection::SimpleConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::db::Db;
use crate::error::{Error, Result};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
/// Any number that is ours.
const LOCK: i64 = 0x6a69_7368_616e;

/// Runs what is missing; returns the names of what was run.
pub fn run(conn: &mut Db) -> Result<Vec<String>> {
    let failed =
        |e: Box<dyn std::error::Error + Send + Sync>| Error::corrupt(format!("a migration failed: {e}"));
    match conn {
        Db::Sqlite(c) => c.immediate_transaction(|c| {
            let names = c.run_pending_migrations(SQLITE).map_err(failed)?;
            Ok(names.iter().map(ToString::to_string).collect())
        }),
        Db::Pg(c) => {
            // Whoever comes second waits for as long as the first one migrates.
            c.batch_execute(&format!("SET lock_timeout = 0; SELECT pg_advisory_lock({LOCK})"))?;
            let outcome =
                c.run_pending_migrations(POSTGRES).map(|n| n.iter().map(ToString::to_string).collect());
            let outcome = outcome.map_err(failed);
            c.batch_execute(&format!("SELECT pg_advisory_unlock({LOCK})"))?;
            outcome
        }
    }
}

/// Whether everything was run.
pub fn is_current(conn: &mut Db) -> Result<bool> {
    let failed = |e: Box<dyn std::error::Error + Send + Sync>| {
        Error::corrupt(format!("migrations cannot be read: {e}"))
    };
    let pending = match conn {
        Db::Sqlite(c) => c.has_pending_migration(SQLITE).map_err(failed)?,
        Db::Pg(c) => c.has_pending_migration(POSTGRES).map_err(failed)?,
    };
    Ok(!pending)
}
