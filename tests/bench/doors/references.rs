//! What a check-in costs when a plain statement writes it, each a transaction of its own.

use std::path::PathBuf;

use rusqlite::{Connection, params};

use crate::options::Engine;
use crate::postgres::{CLIENTS, STRIDE};
use crate::rounds::Turn;
use crate::rows::Database;
use crate::stage::Stage;
use crate::{Outcome, postgres, server, sqlite};

/// Seats a second that are prepared for each client of pgbench.
const PREPARED: usize = 3_000;
/// Seats a second that are prepared for the one thread on SQLite.
const PREPARED_SQLITE: usize = 20_000;
/// Some moment.
const NOW: i64 = 1_767_225_600_000_000;
/// Kinds of ids that are made of numbers.
const SIGN_UP: u8 = 1;
const EVENT: u8 = 2;
const RESIDENT: u8 = 3;

/// The reference of an engine.
pub enum Reference {
    /// pgbench in a schema of the same database.
    Postgres { database: Database, script: PathBuf },
    /// This process on a copy of the same file.
    Sqlite { database: Database, connection: Connection },
}

impl Reference {
    /// Makes the seats.
    pub fn prepare(stage: &Stage<'_>) -> Outcome<Self> {
        let turns = stage.options.rounds * stage.options.seconds as usize;
        match (stage.database(), stage.engine) {
            (Database::Postgres { url, .. }, Engine::Postgres) => {
                postgres::sql(url, &tables(turns * PREPARED))?;
                postgres::settle(url, &["sign_ups"])?;
                let script = stage.folder.join("check-in.pgbench");
                std::fs::write(&script, self::script())?;
                Ok(Self::Postgres { database: stage.database().clone(), script })
            }
            _ => {
                let copy = server::copy(&stage.folder, server::REFERENCE)?;
                let connection = sqlite::open(&copy)?;
                seats(&connection, turns * PREPARED_SQLITE)?;
                Ok(Self::Sqlite { database: Database::Sqlite(copy), connection })
            }
        }
    }

    /// Where it writes.
    pub fn database(&self) -> &Database {
        match self {
            Self::Postgres { database, .. } | Self::Sqlite { database, .. } => database,
        }
    }

    /// Check-ins for a turn.
    pub fn turn(&self, stage: &Stage<'_>, round: usize) -> Outcome<Turn> {
        let seconds = stage.options.seconds;
        match self {
            Self::Postgres { database, script } => {
                let first = round * seconds as usize * PREPARED;
                postgres::pgbench(&database.address(), script, seconds, &[("i", first)])
            }
            Self::Sqlite { connection, .. } => {
                let first = round * seconds as usize * PREPARED_SQLITE;
                sqlite::transactions(connection, seconds, |c, n| come(c, first + n))
            }
        }
    }
}

fn seats(c: &Connection, count: usize) -> Outcome {
    c.execute_batch("BEGIN IMMEDIATE")?;
    for n in 0..count {
        let sql = "INSERT INTO sign_ups (id, event_id, resident_id, state, version, created_at) VALUES (?, ?, ?, 'confirmed', 1, ?)";
        let (id, event) = (sqlite::id(SIGN_UP, n), sqlite::id(EVENT, n % super::EVENTS));
        c.prepare_cached(sql)?.execute(params![id, event, sqlite::id(RESIDENT, n), NOW])?;
    }
    c.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

fn come(c: &Connection, n: usize) -> rusqlite::Result<()> {
    let sql = "UPDATE sign_ups SET checked_in_at = ?, version = version + 1 WHERE event_id = ? AND resident_id = ? \
               AND state = 'confirmed' AND checked_in_at IS NULL";
    let (event, resident) = (sqlite::id(EVENT, n % super::EVENTS), sqlite::id(RESIDENT, n));
    c.prepare_cached(sql)?.execute(params![NOW, event, resident]).map(drop)
}

fn id(of: u8, number: &str) -> String {
    postgres::id(char::from(b'0' + of), number)
}

/// The table in a schema of its own; `each` seats wait for every client.
fn tables(each: usize) -> String {
    let copies = postgres::copies(&["sign_ups"], &["idempotency", "inbox"]);
    let (sign_up, resident, last) = (id(SIGN_UP, "n"), id(RESIDENT, "n"), CLIENTS - 1);
    let event = id(EVENT, &format!("n % {}", super::EVENTS));
    format!(
        "{copies} INSERT INTO bench.sign_ups (id, event_id, resident_id, state, version, created_at) \
         SELECT {sign_up}, {event}, {resident}, 'confirmed', 1, {NOW} FROM \
         (SELECT c * {STRIDE}::bigint + i AS n FROM generate_series(0, {last}) c, generate_series(1, {each}) i) w;"
    )
}

fn script() -> String {
    let event = id(EVENT, &format!("(:n::bigint % {})", super::EVENTS));
    let resident = id(RESIDENT, ":n::bigint");
    format!(
        "\\set i :i + 1\n\\set n :client_id * {STRIDE} + :i\n\
         BEGIN;\n\
         UPDATE bench.sign_ups SET checked_in_at = {NOW}, version = version + 1 WHERE event_id = {event} AND resident_id = {resident} \
         AND state = 'confirmed' AND checked_in_at IS NULL;\n\
         COMMIT;\n"
    )
}
