//! Bringing a database to the newest shape. Two processes may start at once: PostgreSQL takes an advisory lock around it (the one use
//! of such a lock), SQLite an immediate transaction.

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
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

/// Whether everything was run. Only reads: a serving role may not make the list of migrations, which the library would do first.
pub fn is_current(conn: &mut Db) -> Result<bool> {
    let failed = |e: Box<dyn std::error::Error + Send + Sync>| {
        Error::corrupt(format!("migrations cannot be read: {e}"))
    };
    let newest = if conn.is_sqlite() { newest::<Sqlite>(&SQLITE) } else { newest::<Pg>(&POSTGRES) };
    let newest = newest.map_err(failed)?;
    let list = if conn.is_sqlite() { IN_SQLITE } else { IN_POSTGRES };
    if diesel::sql_query(list).load::<Name>(conn)?.is_empty() {
        return Ok(false);
    }
    let run =
        diesel::sql_query("SELECT version AS name FROM __diesel_schema_migrations").load::<Name>(conn)?;
    Ok(newest.into_iter().all(|version| run.iter().any(|row| row.name == version)))
}

const IN_SQLITE: &str = "SELECT name FROM sqlite_schema WHERE name = '__diesel_schema_migrations'";
const IN_POSTGRES: &str =
    "SELECT relname::text AS name FROM pg_class WHERE oid = to_regclass('__diesel_schema_migrations')";

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The versions of every migration that this program carries.
fn newest<DB: Backend>(
    source: &EmbeddedMigrations,
) -> std::result::Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>> {
    let carried = MigrationSource::<DB>::migrations(source)?;
    Ok(carried.iter().map(|m| m.name().version().to_string()).collect())
}
