//! What a grant costs when plain statements write the same rows, each grant a transaction of its own.

use std::path::PathBuf;

use rusqlite::{Connection, params};

use crate::options::Engine;
use crate::postgres::{CLIENTS, STRIDE};
use crate::rounds::Turn;
use crate::rows::Database;
use crate::scene::Chance;
use crate::stage::Stage;
use crate::{Outcome, postgres, server, sqlite};

/// Tables that a grant writes, with what is in them.
const FILLED: [&str; 9] = [
    "idempotency",
    "reviews",
    "claims",
    "transfer_groups",
    "balances",
    "transfers",
    "audit",
    "accounts",
    "inbox",
];
/// Tables of which only the end matters.
const EMPTY: [&str; 3] = ["ledger_queue", "ledger_log", "claim_takes"];
/// Grants a second that are prepared for each client of pgbench.
const PREPARED: usize = 800;
/// Grants a second that are prepared for the one thread on SQLite.
const PREPARED_SQLITE: usize = 8_000;
/// Some moment.
const NOW: i64 = 1_767_225_600_000_000;
/// As long as the real ones; pgbench would take a word right after a colon for a variable of its own.
const OUTCOME: &str =
    r#"{"review":"rev_01jbr62tryfk1sh9p01j0gre6f","published": null,"granted":["2.00","2.00"]}"#;
const DETAIL: &str = r#"{"granted":["2.00","2.00"],"kind":"claim","object":"01930b86-4b1e-7e65-9440-0b1a8b8ab1c1","published": null}"#;
const OBJECT: &str = "rev_01jbr62tryfk1sh9p01j0gre6f";
const TOLD: &str = r#"{"points":"2.00"}"#;

/// The reference of an engine.
pub enum Reference {
    /// pgbench in a schema of the same database.
    Postgres { database: Database, script: PathBuf, residents: usize },
    /// This process on a copy of the same file.
    Sqlite { database: Database, connection: Connection, accounts: Vec<(Vec<u8>, Vec<u8>)> },
}

impl Reference {
    /// Makes the tables and what waits in them.
    pub fn prepare(stage: &Stage<'_>, residents: usize) -> Outcome<Self> {
        let (rounds, seconds) = (stage.options.rounds, stage.options.seconds as usize);
        match (stage.database(), stage.engine) {
            (Database::Postgres { url, .. }, Engine::Postgres) => {
                postgres::sql(url, &tables(residents, rounds * seconds * PREPARED))?;
                postgres::settle(url, &FILLED)?;
                let script = stage.folder.join("award.pgbench");
                std::fs::write(&script, self::script())?;
                Ok(Self::Postgres { database: stage.database().clone(), script, residents })
            }
            _ => {
                let copy = server::copy(&stage.folder, server::REFERENCE)?;
                let connection = sqlite::open(&copy)?;
                wait(&connection, rounds * seconds * PREPARED_SQLITE)?;
                let accounts = accounts(&connection, residents)?;
                Ok(Self::Sqlite { database: Database::Sqlite(copy), connection, accounts })
            }
        }
    }

    /// Where it writes.
    pub fn database(&self) -> &Database {
        match self {
            Self::Postgres { database, .. } | Self::Sqlite { database, .. } => database,
        }
    }

    /// Grants for a turn.
    pub fn turn(&self, stage: &Stage<'_>, round: usize) -> Outcome<Turn> {
        let seconds = stage.options.seconds;
        match self {
            Self::Postgres { database, script, residents } => {
                let first = round * seconds as usize * PREPARED;
                let defined = [("i", first), ("residents", *residents)];
                postgres::pgbench(&database.address(), script, seconds, &defined)
            }
            Self::Sqlite { connection, accounts, .. } => {
                let first = round * seconds as usize * PREPARED_SQLITE;
                let mut chance = Chance(round as u64);
                sqlite::transactions(connection, seconds, |c, n| {
                    grant(c, first + n, &accounts[chance.below(accounts.len())])
                })
            }
        }
    }
}

// --- SQLite -------------------------------------------------------------------------------------------------------

/// Kinds of ids that are made of numbers.
const CLAIM: u8 = 1;
const REVIEW: u8 = 2;
const MERIT: u8 = 3;
const REDEEMABLE: u8 = 4;
const STAFF: u8 = 5;
const AUDIT: u8 = 6;
const RESIDENT: u8 = 7;
const NOTE: u8 = 8;

/// Accounts of merit and of redeemable points of so many residents.
fn accounts(c: &Connection, residents: usize) -> Outcome<Vec<(Vec<u8>, Vec<u8>)>> {
    let sql = "SELECT m.account_id, r.account_id FROM account_owners m JOIN account_owners r ON r.owner_id = m.owner_id \
               AND r.holder = m.holder AND r.kind = 'redeemable' WHERE m.kind = 'merit' AND m.holder = 'resident' LIMIT ?";
    let mut statement = c.prepare(sql)?;
    let rows = statement.query_map([residents as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found: Vec<(Vec<u8>, Vec<u8>)> = rows.collect::<rusqlite::Result<_>>()?;
    if found.is_empty() { Err("nobody has an account".into()) } else { Ok(found) }
}

/// Claims and reviews that wait, as many as will be granted at most.
fn wait(c: &Connection, count: usize) -> Outcome {
    let units: Vec<Vec<u8>> =
        c.prepare("SELECT id FROM units")?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    let item: Vec<u8> = c.query_row("SELECT id FROM items LIMIT 1", [], |row| row.get(0))?;
    let staff = sqlite::id(STAFF, 0);
    c.execute_batch("BEGIN IMMEDIATE")?;
    for n in 0..count {
        let (claim, unit) = (sqlite::id(CLAIM, n), &units[n % units.len()]);
        let sql = "INSERT INTO claims (id, unit_id, subject, resident_id, household_id, item_id, day_of_act, cause, cause_id, entered_by, \
                   state, created_at, version) VALUES (?1, ?2, 'resident', ?3, ?3, ?4, 20000, 'staff_entry', ?1, ?5, 'submitted', ?6, 1)";
        c.prepare_cached(sql)?.execute(params![
            claim,
            unit,
            sqlite::id(RESIDENT, n % 3_000),
            item,
            staff,
            NOW
        ])?;
        let sql = "INSERT INTO reviews (id, kind, object_id, unit_id, state, claimed_by, lease_until, created_at) \
                   VALUES (?, 'claim', ?, ?, 'open', ?, ?, ?)";
        c.prepare_cached(sql)?.execute(params![sqlite::id(REVIEW, n), claim, unit, staff, NOW, NOW])?;
    }
    c.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// One grant. A row that is not there would make the reference look cheap: the counts of rows tell.
fn grant(c: &Connection, n: usize, (merit, redeemable): &(Vec<u8>, Vec<u8>)) -> rusqlite::Result<()> {
    let (claim, review, staff) = (sqlite::id(CLAIM, n), sqlite::id(REVIEW, n), sqlite::id(STAFF, 0));
    let key = format!("{n:032}");
    c.prepare_cached("INSERT INTO idempotency (principal, key, fingerprint, outcome, created_at) VALUES (?, ?, zeroblob(32), ?, ?)")?
        .execute(params![staff, key, OUTCOME, NOW])?;
    c.prepare_cached("UPDATE reviews SET state = 'decided', decided_by = ?, decided_at = ? WHERE id = ? AND state = 'open'")?
        .execute(params![staff, NOW, review])?;
    c.prepare_cached(
        "UPDATE claims SET state = 'posted', merit = 200, redeemable = 200, decided_by = ?, decided_at = ?, \
                      version = version + 1 WHERE id = ? AND state = 'submitted'",
    )?
    .execute(params![staff, NOW, claim])?;
    let group = format!("claim:{key}");
    c.prepare_cached("INSERT INTO transfer_groups (business_key, created_at) VALUES (?, ?)")?
        .execute(params![group, NOW])?;
    for (of, kind, account) in [(MERIT, "merit", merit), (REDEEMABLE, "redeemable", redeemable)] {
        c.prepare_cached(
            "UPDATE balances SET posted = posted + 200, version = version + 1 WHERE account_id = ?",
        )?
        .execute([account])?;
        let transfer = sqlite::id(of, n);
        c.prepare_cached("INSERT INTO transfers (id, business_key, kind, debit, credit, amount, mode, reason, unit_id, household_id, \
                          resident_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5, 200, 'posted', 'award', ?6, ?6, ?6, ?7)")?
            .execute(params![transfer, group, kind, sqlite::id(of, 0), account, sqlite::id(RESIDENT, n % 3_000), NOW])?;
        c.prepare_cached("INSERT INTO ledger_queue (entry, transfer_id) VALUES ('transfer', ?)")?
            .execute([transfer])?;
    }
    c.prepare_cached(
        "INSERT INTO audit (id, at, staff_id, action, object, unit_id, detail, request_id) \
                      VALUES (?, ?, ?, 'reviews.decide', ?, ?, ?, ?)",
    )?
    .execute(params![sqlite::id(AUDIT, n), NOW, staff, OBJECT, staff, DETAIL, key])?;
    c.prepare_cached(
        "INSERT INTO inbox (id, owner_id, owner, kind, object, detail, created_at) VALUES (?, ?, 'resident', 'claim_granted', ?, ?, ?)",
    )?
    .execute(params![sqlite::id(NOTE, n), sqlite::id(RESIDENT, n % 3_000), OBJECT, TOLD, NOW])?;
    Ok(())
}

// --- PostgreSQL ---------------------------------------------------------------------------------------------------

fn id(of: u8, number: &str) -> String {
    postgres::id(char::from(b'0' + of), number)
}

/// The tables in a schema of their own. Accounts get ids that pgbench can say; `each` grants wait for every client.
fn tables(residents: usize, each: usize) -> String {
    let copies = postgres::copies(&FILLED, &EMPTY);
    let (claim, review, staff) = (id(CLAIM, "n"), id(REVIEW, "n"), id(STAFF, "0"));
    let (merit, redeemable, resident) = (id(MERIT, "n"), id(REDEEMABLE, "n"), id(RESIDENT, "n % 3000"));
    let last = CLIENTS - 1;
    format!(
        "{copies} \
         CREATE TABLE bench.known AS SELECT account_id AS was, CASE kind WHEN 'merit' THEN {merit} ELSE {redeemable} END AS id \
           FROM (SELECT account_id, kind, row_number() OVER (PARTITION BY kind ORDER BY account_id) AS n \
                 FROM public.account_owners WHERE holder = 'resident') a WHERE n <= {residents}; \
         UPDATE bench.balances b SET account_id = k.id FROM bench.known k WHERE b.account_id = k.was; \
         CREATE TABLE bench.waiting AS SELECT n, (u.ids)[1 + n % cardinality(u.ids)] AS unit FROM \
           (SELECT array_agg(id) AS ids FROM public.units) u, \
           (SELECT c * {STRIDE}::bigint + i AS n FROM generate_series(0, {last}) c, generate_series(1, {each}) i) w; \
         INSERT INTO bench.claims (id, unit_id, subject, resident_id, household_id, item_id, day_of_act, cause, cause_id, entered_by, state, \
             created_at, version) \
           SELECT {claim}, unit, 'resident', {resident}, {resident}, (SELECT id FROM public.items LIMIT 1), 20000, 'staff_entry', {claim}, \
             {staff}, 'submitted', {NOW}, 1 FROM bench.waiting; \
         INSERT INTO bench.reviews (id, kind, object_id, unit_id, state, claimed_by, lease_until, created_at) \
           SELECT {review}, 'claim', {claim}, unit, 'open', {staff}, {NOW}, {NOW} FROM bench.waiting;"
    )
}

fn script() -> String {
    let of = |kind: u8| id(kind, ":n::bigint");
    let (claim, review, audit, note, staff) = (of(CLAIM), of(REVIEW), of(AUDIT), of(NOTE), id(STAFF, "0"));
    let (merit, redeemable) = (id(MERIT, ":k::bigint"), id(REDEEMABLE, ":k::bigint"));
    let resident = id(RESIDENT, ":k::bigint");
    let key = "lpad(:n::text, 32, '0')";
    let transfer = |kind: u8, word: &str, account: &str| {
        let (id, issuing) = (of(kind), id(kind, "0"));
        format!(
            "({id}, 'claim:' || {key}, '{word}', {issuing}, {account}, 200, 'posted', 'award', {resident}, {resident}, {resident}, {NOW})"
        )
    };
    let transfers =
        [transfer(MERIT, "merit", &merit), transfer(REDEEMABLE, "redeemable", &redeemable)].join(", ");
    let queued = [of(MERIT), of(REDEEMABLE)].map(|id| format!("('transfer', {id})")).join(", ");
    let balance = "UPDATE bench.balances SET posted = posted + 200, version = version + 1 WHERE account_id =";
    format!(
        "\\set i :i + 1\n\\set n :client_id * {STRIDE} + :i\n\\set k random(1, :residents)\n\
         BEGIN;\n\
         INSERT INTO bench.idempotency (principal, key, fingerprint, outcome, created_at) VALUES ({staff}, {key}, \
         decode(repeat('00', 32), 'hex'), '{OUTCOME}', {NOW});\n\
         UPDATE bench.reviews SET state = 'decided', decided_by = {staff}, decided_at = {NOW} WHERE id = {review} AND state = 'open';\n\
         UPDATE bench.claims SET state = 'posted', merit = 200, redeemable = 200, decided_by = {staff}, decided_at = {NOW}, \
         version = version + 1 WHERE id = {claim} AND state = 'submitted';\n\
         INSERT INTO bench.transfer_groups (business_key, created_at) VALUES ('claim:' || {key}, {NOW});\n\
         {balance} {merit};\n{balance} {redeemable};\n\
         INSERT INTO bench.transfers (id, business_key, kind, debit, credit, amount, mode, reason, unit_id, household_id, resident_id, \
         created_at) VALUES {transfers};\n\
         INSERT INTO bench.ledger_queue (entry, transfer_id) VALUES {queued};\n\
         INSERT INTO bench.audit (id, at, staff_id, action, object, unit_id, detail, request_id) VALUES ({audit}, {NOW}, {staff}, \
         'reviews.decide', '{OBJECT}', {staff}, '{DETAIL}', {key});\n\
         INSERT INTO bench.inbox (id, owner_id, owner, kind, object, detail, created_at) VALUES ({note}, {resident}, 'resident', \
         'claim_granted', '{OBJECT}', '{TOLD}', {NOW});\n\
         COMMIT;\n"
    )
}
