//! What a new deed costs when plain statements write the same rows, each deed a transaction of its own.

use std::path::PathBuf;

use rusqlite::{Connection, params};

use super::{TEXT, TITLE};
use crate::options::Engine;
use crate::postgres::{CLIENTS, STRIDE};
use crate::rounds::Turn;
use crate::rows::Database;
use crate::stage::Stage;
use crate::{Outcome, postgres, server, sqlite};

/// Tables that a new deed writes, with what is in them.
const FILLED: [&str; 5] = ["idempotency", "deeds", "pictures", "reviews", "claims"];
/// Pictures a second that are prepared for each client of pgbench.
const PREPARED: usize = 1_500;
/// Pictures a second that are prepared for the one thread on SQLite.
const PREPARED_SQLITE: usize = 8_000;
/// Authors.
const AUTHORS: usize = 3_000;
/// Some moment.
const NOW: i64 = 1_767_225_600_000_000;
/// As long as a real one.
const OUTCOME: &str = "\"deed_01jbr62tryfk1sh9p01j0gre6f\"";
/// Kinds of ids that are made of numbers; pictures of the reference are of another kind than those of the product.
const DEED: u8 = 1;
const REVIEW: u8 = 2;
const CLAIM: u8 = 3;
const RESIDENT: u8 = 4;
const PICTURE: u8 = 5;

/// The reference of an engine.
pub enum Reference {
    /// pgbench in a schema of the same database.
    Postgres { database: Database, script: PathBuf },
    /// This process on a copy of the same file.
    Sqlite { database: Database, connection: Connection, item: Vec<u8>, units: Vec<Vec<u8>> },
}

impl Reference {
    /// Makes the tables and the pictures in them.
    pub fn prepare(stage: &Stage<'_>) -> Outcome<Self> {
        let turns = stage.options.rounds * stage.options.seconds as usize;
        match (stage.database(), stage.engine) {
            (Database::Postgres { url, .. }, Engine::Postgres) => {
                postgres::sql(url, &tables(turns * PREPARED))?;
                postgres::settle(url, &FILLED)?;
                let script = stage.folder.join("new-deed.pgbench");
                let item = postgres::sql(url, "SELECT id FROM items LIMIT 1")?;
                std::fs::write(&script, self::script(&item))?;
                Ok(Self::Postgres { database: stage.database().clone(), script })
            }
            _ => {
                let copy = server::copy(&stage.folder, server::REFERENCE)?;
                let connection = sqlite::open(&copy)?;
                pictures(&connection, turns * PREPARED_SQLITE)?;
                let item = connection.query_row("SELECT id FROM items LIMIT 1", [], |row| row.get(0))?;
                let units: rusqlite::Result<Vec<Vec<u8>>> =
                    connection.prepare("SELECT id FROM units")?.query_map([], |row| row.get(0))?.collect();
                Ok(Self::Sqlite { database: Database::Sqlite(copy), connection, item, units: units? })
            }
        }
    }

    /// Where it writes.
    pub fn database(&self) -> &Database {
        match self {
            Self::Postgres { database, .. } | Self::Sqlite { database, .. } => database,
        }
    }

    /// Deeds for a turn.
    pub fn turn(&self, stage: &Stage<'_>, round: usize) -> Outcome<Turn> {
        let seconds = stage.options.seconds;
        match self {
            Self::Postgres { database, script } => {
                let first = round * seconds as usize * PREPARED;
                postgres::pgbench(&database.address(), script, seconds, &[("i", first)])
            }
            Self::Sqlite { connection, item, units, .. } => {
                let first = round * seconds as usize * PREPARED_SQLITE;
                sqlite::transactions(connection, seconds, |c, n| {
                    post(c, first + n, item, &units[n % units.len()])
                })
            }
        }
    }
}

fn pictures(c: &Connection, count: usize) -> Outcome {
    c.execute_batch("BEGIN IMMEDIATE")?;
    for n in 0..count {
        let sql = "INSERT INTO pictures (id, identity_id, hash, width, height, bytes, created_at) \
                   SELECT ?, ?, hash, width, height, bytes, ? FROM (SELECT * FROM pictures LIMIT 1)";
        let owner = sqlite::id(RESIDENT, n % AUTHORS);
        c.prepare_cached(sql)?.execute(params![sqlite::id(PICTURE, n), owner, NOW])?;
    }
    c.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// One deed. A row that is not there would make the reference look cheap: the counts of rows tell.
fn post(c: &Connection, n: usize, item: &[u8], unit: &[u8]) -> rusqlite::Result<()> {
    let (deed, author) = (sqlite::id(DEED, n), sqlite::id(RESIDENT, n % AUTHORS));
    c.prepare_cached("INSERT INTO idempotency (principal, key, fingerprint, outcome, created_at) VALUES (?, ?, zeroblob(32), ?, ?)")?
        .execute(params![author, format!("{n:032}"), OUTCOME, NOW])?;
    c.prepare_cached(
        "INSERT INTO deeds (id, identity_id, resident_id, household_id, unit_id, section, title, body, day_of_act, item_id, state, \
         like_count, comment_count, share_count, version, created_at) \
         VALUES (?1, ?2, ?2, ?2, ?3, 'neighbours', ?4, ?5, 20454, ?6, 'pending', 0, 0, 0, 1, ?7)",
    )?
    .execute(params![deed, author, unit, TITLE, TEXT, item, NOW])?;
    c.prepare_cached(
        "UPDATE pictures SET deed_id = ?, position = 0 WHERE id = ? AND identity_id = ? AND deed_id IS NULL AND merchant_id IS NULL \
         AND offer_id IS NULL AND event_id IS NULL",
    )?
    .execute(params![deed, sqlite::id(PICTURE, n), author])?;
    c.prepare_cached("INSERT INTO reviews (id, kind, object_id, unit_id, state, created_at) VALUES (?, 'deed', ?, ?, 'open', ?)")?
        .execute(params![sqlite::id(REVIEW, n), deed, unit, NOW])?;
    c.prepare_cached(
        "INSERT INTO claims (id, unit_id, subject, resident_id, household_id, item_id, day_of_act, cause, cause_id, claimant_id, state, \
         created_at, version) VALUES (?1, ?2, 'resident', ?3, ?3, ?4, 20454, 'deed', ?5, ?3, 'submitted', ?6, 1)",
    )?
    .execute(params![sqlite::id(CLAIM, n), unit, author, item, deed, NOW])?;
    Ok(())
}

fn id(of: u8, number: &str) -> String {
    postgres::id(char::from(b'0' + of), number)
}

/// The tables in a schema of their own; `each` pictures wait for every client.
fn tables(each: usize) -> String {
    let copies = postgres::copies(&FILLED, &[]);
    let (picture, owner) = (id(PICTURE, "n"), id(RESIDENT, &format!("n % {AUTHORS}")));
    let last = CLIENTS - 1;
    format!(
        "{copies} INSERT INTO bench.pictures (id, identity_id, hash, width, height, bytes, created_at) \
         SELECT {picture}, {owner}, p.hash, p.width, p.height, p.bytes, {NOW} FROM \
         (SELECT c * {STRIDE}::bigint + i AS n FROM generate_series(0, {last}) c, generate_series(1, {each}) i) w, \
         (SELECT hash, width, height, bytes FROM public.pictures LIMIT 1) p;"
    )
}

fn script(item: &str) -> String {
    let of = |kind: u8| id(kind, ":n::bigint");
    let (deed, review, claim, picture) = (of(DEED), of(REVIEW), of(CLAIM), of(PICTURE));
    let author = id(RESIDENT, &format!("(:n::bigint % {AUTHORS})"));
    format!(
        "\\set i :i + 1\n\\set n :client_id * {STRIDE} + :i\n\
         BEGIN;\n\
         INSERT INTO bench.idempotency (principal, key, fingerprint, outcome, created_at) VALUES ({author}, lpad(:n::text, 32, '0'), \
         decode(repeat('00', 32), 'hex'), '{OUTCOME}', {NOW});\n\
         INSERT INTO bench.deeds (id, identity_id, resident_id, household_id, unit_id, section, title, body, day_of_act, item_id, state, \
         like_count, comment_count, share_count, version, created_at) VALUES ({deed}, {author}, {author}, {author}, {author}, \
         'neighbours', '{TITLE}', '{TEXT}', 20454, '{item}', 'pending', 0, 0, 0, 1, {NOW});\n\
         UPDATE bench.pictures SET deed_id = {deed}, position = 0 WHERE id = {picture} AND identity_id = {author} AND deed_id IS NULL \
         AND merchant_id IS NULL AND offer_id IS NULL AND event_id IS NULL;\n\
         INSERT INTO bench.reviews (id, kind, object_id, unit_id, state, created_at) VALUES ({review}, 'deed', {deed}, {author}, 'open', {NOW});\n\
         INSERT INTO bench.claims (id, unit_id, subject, resident_id, household_id, item_id, day_of_act, cause, cause_id, claimant_id, state, \
         created_at, version) VALUES ({claim}, {author}, 'resident', {author}, {author}, '{item}', 20454, 'deed', {deed}, {author}, \
         'submitted', {NOW}, 1);\n\
         COMMIT;\n"
    )
}
