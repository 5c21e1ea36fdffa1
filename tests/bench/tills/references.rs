//! What a redemption costs when plain statements write the same rows, the hold and the confirmation in one transaction.

use std::path::PathBuf;

use rusqlite::{Connection, params};

use super::counter::RICH;
use crate::options::Engine;
use crate::postgres::{CLIENTS, STRIDE};
use crate::rounds::Turn;
use crate::rows::Database;
use crate::scene::{Chance, Zipf};
use crate::stage::Stage;
use crate::{Outcome, postgres, server, sqlite};

/// Tables that a redemption writes, with what is in them.
const FILLED: [&str; 9] = [
    "idempotency",
    "redemption_codes",
    "redemptions",
    "transfer_groups",
    "transfers",
    "holds",
    "balances",
    "merchant_customers",
    "inbox",
];
/// Tables of which only the end matters.
const EMPTY: [&str; 2] = ["ledger_queue", "ledger_log"];
/// Codes a second that are prepared for each client of pgbench.
const PREPARED: usize = 500;
/// Codes a second that are prepared for the one thread on SQLite.
const PREPARED_SQLITE: usize = 6_000;
/// Some moment, and when a hold of that moment expires.
const NOW: i64 = 1_767_225_600_000_000;
const EXPIRES: i64 = NOW + 120_000_000;
/// As long as the real ones; pgbench would take a word right after a colon for a variable of its own.
const OUTCOME: &str = r#"{"redemption":"rdm_01jbr62tryfk1sh9p01j0gre6f","before": false}"#;
const DETAIL: &str = r#"{"shop":"shop_01jbr62tryfk1sh9p01j0gre6f","offer":"offer_01jbr62tryfk1sh9p01j0gre6f","points":"5.00"}"#;
const OBJECT: &str = "rdm_01jbr62tryfk1sh9p01j0gre6f";

/// The reference of an engine.
pub enum Reference {
    /// pgbench in a schema of the same database.
    Postgres { database: Database, script: PathBuf, shops: usize, customers: usize },
    /// This process on a copy of the same file.
    Sqlite {
        database: Database,
        connection: Connection,
        shops: usize,
        accounts: Vec<Vec<u8>>,
        receipt: String,
    },
}

impl Reference {
    /// Makes the tables and the codes in them.
    pub fn prepare(stage: &Stage<'_>, (shops, customers): (usize, usize)) -> Outcome<Self> {
        let turns = stage.options.rounds * stage.options.seconds as usize;
        match (stage.database(), stage.engine) {
            (Database::Postgres { url, .. }, Engine::Postgres) => {
                let receipt = postgres::sql(url, RECEIPT)?;
                postgres::sql(url, &tables(customers, turns * PREPARED))?;
                postgres::settle(url, &FILLED)?;
                let script = stage.folder.join("till.pgbench");
                std::fs::write(&script, self::script(&receipt))?;
                Ok(Self::Postgres { database: stage.database().clone(), script, shops, customers })
            }
            _ => {
                let copy = server::copy(&stage.folder, server::REFERENCE)?;
                let connection = sqlite::open(&copy)?;
                codes(&connection, turns * PREPARED_SQLITE)?;
                let accounts = accounts(&connection, customers)?;
                let receipt = connection.query_row(RECEIPT, [], |row| row.get(0))?;
                Ok(Self::Sqlite { database: Database::Sqlite(copy), connection, shops, accounts, receipt })
            }
        }
    }

    /// Where it writes.
    pub fn database(&self) -> &Database {
        match self {
            Self::Postgres { database, .. } | Self::Sqlite { database, .. } => database,
        }
    }

    /// Redemptions for a turn.
    pub fn turn(&self, stage: &Stage<'_>, round: usize) -> Outcome<Turn> {
        let seconds = stage.options.seconds;
        match self {
            Self::Postgres { database, script, shops, customers } => {
                let first = round * seconds as usize * PREPARED;
                let defined = [("i", first), ("shops", *shops), ("customers", *customers)];
                postgres::pgbench(&database.address(), script, seconds, &defined)
            }
            Self::Sqlite { connection, shops, accounts, receipt, .. } => {
                let first = round * seconds as usize * PREPARED_SQLITE;
                let (zipf, mut chance) = (Zipf::new(*shops), Chance(round as u64));
                sqlite::transactions(connection, seconds, |c, n| {
                    let (shop, customer) = (zipf.draw(&mut chance), chance.below(accounts.len()));
                    redeem(c, first + n, shop, (customer, &accounts[customer]), receipt)
                })
            }
        }
    }
}

/// A receipt as long as they are.
const RECEIPT: &str = "SELECT receipt FROM redemptions WHERE receipt IS NOT NULL LIMIT 1";

/// Kinds of ids that are made of numbers.
const REDEMPTION: u8 = 1;
const HOLD: u8 = 2;
const CAPTURE: u8 = 3;
const SHOP: u8 = 4;
const TILL: u8 = 5;
const CLERK: u8 = 6;
const RESIDENT: u8 = 7;
const NOTE: u8 = 8;
const ACCOUNT: u8 = 9;

// --- SQLite -------------------------------------------------------------------------------------------------------

/// Redeemable accounts of so many residents, with enough in them.
fn accounts(c: &Connection, customers: usize) -> Outcome<Vec<Vec<u8>>> {
    let sql =
        "SELECT account_id FROM account_owners WHERE kind = 'redeemable' AND holder = 'resident' LIMIT ?";
    let mut statement = c.prepare(sql)?;
    let found: Vec<Vec<u8>> =
        statement.query_map([customers as i64], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    c.execute_batch("BEGIN IMMEDIATE")?;
    for account in &found {
        c.prepare_cached("UPDATE balances SET posted = ? WHERE account_id = ?")?
            .execute(params![RICH, account])?;
    }
    c.execute_batch("COMMIT")?;
    if found.is_empty() { Err("nobody has an account".into()) } else { Ok(found) }
}

/// Codes that wait, each of a resident of its own, as many as will be taken at most.
fn codes(c: &Connection, count: usize) -> Outcome {
    c.execute_batch("BEGIN IMMEDIATE")?;
    for n in 0..count {
        let sql = "INSERT INTO redemption_codes (hash, kind, resident_id, household_id, account_id, offer_id, offer_version, tap_above, \
                   state, expires_at, created_at) VALUES (?1, 'shown', ?2, ?2, ?2, ?2, 1, 0, 'issued', ?3, ?4)";
        c.prepare_cached(sql)?.execute(params![hash(n), sqlite::id(RESIDENT, n), EXPIRES, NOW])?;
    }
    c.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// As long as a real one, and in no order, as real ones are.
fn hash(n: usize) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::digest(n.to_be_bytes()).into()
}

fn redeem(
    c: &Connection,
    n: usize,
    shop: usize,
    customer: (usize, &[u8]),
    receipt: &str,
) -> rusqlite::Result<()> {
    hold(c, n, shop, customer)?;
    capture(c, n, shop, customer, receipt)
}

/// A code is taken. A row that is not there would make the reference look cheap: the counts of rows tell.
fn hold(c: &Connection, n: usize, shop: usize, (customer, account): (usize, &[u8])) -> rusqlite::Result<()> {
    let (redemption, hold, clerk) = (sqlite::id(REDEMPTION, n), sqlite::id(HOLD, n), sqlite::id(CLERK, shop));
    let (merchant, resident, key) =
        (sqlite::id(SHOP, shop), sqlite::id(RESIDENT, customer), format!("{n:032}"));
    c.prepare_cached("INSERT INTO idempotency (principal, key, fingerprint, outcome, created_at) VALUES (?, ?, zeroblob(32), ?, ?)")?
        .execute(params![clerk, key, OUTCOME, NOW])?;
    c.prepare_cached("UPDATE redemption_codes SET state = 'claimed' WHERE hash = ? AND state = 'issued'")?
        .execute([hash(n)])?;
    transfer(c, (n, HOLD), ("hold", "pending", None), account, shop)?;
    c.prepare_cached(
        "UPDATE balances SET pending = pending + 500, version = version + 1 WHERE account_id = ? AND posted - pending - 500 >= floor",
    )?
    .execute([account])?;
    c.prepare_cached("INSERT INTO holds (transfer_id, account_id, amount, expires_at, state) VALUES (?, ?, 500, ?, 'open')")?
        .execute(params![hold, account, EXPIRES])?;
    c.prepare_cached(
        "INSERT INTO redemptions (id, merchant_id, offer_id, clerk_id, order_no, code_hash, resident_id, household_id, account_id, \
         hold_id, list_price, price, points, state, approval, expires_at, day, week, month, limit_of_day, created_at) \
         VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, 3500, 3000, 500, 'held', 'given', ?9, 20454, 20451, 20454, 0, ?10)",
    )?
    .execute(params![redemption, merchant, clerk, key, hash(n), resident, account, hold, EXPIRES, NOW])?;
    Ok(())
}

/// A hold is confirmed.
fn capture(
    c: &Connection,
    n: usize,
    shop: usize,
    (customer, account): (usize, &[u8]),
    receipt: &str,
) -> rusqlite::Result<()> {
    let (redemption, hold, resident) =
        (sqlite::id(REDEMPTION, n), sqlite::id(HOLD, n), sqlite::id(RESIDENT, customer));
    c.prepare_cached("UPDATE redemptions SET state = 'captured', settled_at = ?, receipt = ? WHERE id = ? AND state = 'held'")?
        .execute(params![NOW, receipt, redemption])?;
    c.prepare_cached("UPDATE holds SET state = 'posted' WHERE transfer_id = ? AND state = 'open'")?
        .execute([hold])?;
    c.prepare_cached(
        "UPDATE balances SET posted = posted - 500, pending = pending - 500, version = version + 1 WHERE account_id = ?",
    )?
    .execute([account])?;
    transfer(c, (n, CAPTURE), ("capture", "post", Some(hold)), account, shop)?;
    c.prepare_cached(
        "INSERT INTO merchant_customers (merchant_id, resident_id, first_day, visits) VALUES (?, ?, 20454, 1) \
         ON CONFLICT (merchant_id, resident_id) DO UPDATE SET visits = merchant_customers.visits + 1",
    )?
    .execute(params![sqlite::id(SHOP, shop), resident])?;
    c.prepare_cached(
        "INSERT INTO inbox (id, owner_id, owner, kind, object, detail, created_at) \
         VALUES (?, ?, 'resident', 'redemption_captured', ?, ?, ?)",
    )?
    .execute(params![sqlite::id(NOTE, n), resident, OBJECT, DETAIL, NOW])?;
    Ok(())
}

/// A group of one transfer, and its place in the queue.
fn transfer(
    c: &Connection,
    (n, kind): (usize, u8),
    (step, mode, pending): (&str, &str, Option<[u8; 16]>),
    account: &[u8],
    shop: usize,
) -> rusqlite::Result<()> {
    let group = format!("redemption:{n:032}:{step}");
    c.prepare_cached("INSERT INTO transfer_groups (business_key, created_at) VALUES (?, ?)")?
        .execute(params![group, NOW])?;
    c.prepare_cached(
        "INSERT INTO transfers (id, business_key, kind, debit, credit, amount, mode, reason, pending_id, created_at) \
         VALUES (?, ?, 'redeemable', ?, ?, 500, ?, 'redemption', ?, ?)",
    )?
    .execute(params![sqlite::id(kind, n), group, account, sqlite::id(TILL, shop), mode, pending, NOW])?;
    c.prepare_cached("INSERT INTO ledger_queue (entry, transfer_id) VALUES ('transfer', ?)")?
        .execute([sqlite::id(kind, n)])?;
    Ok(())
}

// --- PostgreSQL ---------------------------------------------------------------------------------------------------

fn id(of: u8, number: &str) -> String {
    postgres::id(char::from(b'0' + of), number)
}

/// As long as a real one, and in no order, as real ones are.
fn hash_of(number: &str) -> String {
    format!("sha256(({number})::text::bytea)")
}

/// The tables in a schema of their own. Accounts get ids that pgbench can say; `each` codes wait for every client.
fn tables(customers: usize, each: usize) -> String {
    let copies = postgres::copies(&FILLED, &EMPTY);
    let (account, resident, hash) = (id(ACCOUNT, "n"), id(RESIDENT, "n"), hash_of("n"));
    let last = CLIENTS - 1;
    format!(
        "{copies} \
         CREATE TABLE bench.known AS SELECT account_id AS was, {account} AS id FROM (SELECT account_id, \
           row_number() OVER (ORDER BY account_id) AS n FROM public.account_owners \
           WHERE holder = 'resident' AND kind = 'redeemable') a WHERE n <= {customers}; \
         UPDATE bench.balances b SET account_id = k.id, posted = {RICH} FROM bench.known k WHERE b.account_id = k.was; \
         INSERT INTO bench.redemption_codes (hash, kind, resident_id, household_id, account_id, offer_id, offer_version, tap_above, state, \
             expires_at, created_at) \
           SELECT {hash}, 'shown', {resident}, {resident}, {resident}, {resident}, 1, 0, 'issued', {EXPIRES}, {NOW} FROM \
           (SELECT c * {STRIDE}::bigint + i AS n FROM generate_series(0, {last}) c, generate_series(1, {each}) i) w;"
    )
}

fn script(receipt: &str) -> String {
    let of = |kind: u8| id(kind, ":n::bigint");
    let (redemption, hold, capture, note) = (of(REDEMPTION), of(HOLD), of(CAPTURE), of(NOTE));
    let (merchant, till, clerk) = (id(SHOP, ":s::bigint"), id(TILL, ":s::bigint"), id(CLERK, ":s::bigint"));
    let (resident, account) = (id(RESIDENT, ":k::bigint"), id(ACCOUNT, ":k::bigint"));
    let (key, hash) = ("lpad(:n::text, 32, '0')", hash_of(":n"));
    let group = |step: &str| format!("'redemption:' || {key} || '-{step}'");
    let (held, captured) = (group("hold"), group("capture"));
    let transfer = |id: &str, group: &str, mode: &str, pending: &str| {
        format!(
            "INSERT INTO bench.transfer_groups (business_key, created_at) VALUES ({group}, {NOW});\n\
             INSERT INTO bench.transfers (id, business_key, kind, debit, credit, amount, mode, reason, pending_id, created_at) \
             VALUES ({id}, {group}, 'redeemable', {account}, {till}, 500, '{mode}', 'redemption', {pending}, {NOW});\n\
             INSERT INTO bench.ledger_queue (entry, transfer_id) VALUES ('transfer', {id});\n"
        )
    };
    let (first, second) =
        (transfer(&hold, &held, "pending", "NULL"), transfer(&capture, &captured, "post", &hold));
    format!(
        "\\set i :i + 1\n\\set n :client_id * {STRIDE} + :i\n\\set k random(1, :customers)\n\\set s random_zipfian(1, :shops, 1.001)\n\
         BEGIN;\n\
         INSERT INTO bench.idempotency (principal, key, fingerprint, outcome, created_at) VALUES ({clerk}, {key}, \
         decode(repeat('00', 32), 'hex'), '{OUTCOME}', {NOW});\n\
         UPDATE bench.redemption_codes SET state = 'claimed' WHERE hash = {hash} AND state = 'issued';\n\
         {first}\
         UPDATE bench.balances SET pending = pending + 500, version = version + 1 WHERE account_id = {account} \
         AND posted - pending - 500 >= floor;\n\
         INSERT INTO bench.holds (transfer_id, account_id, amount, expires_at, state) VALUES ({hold}, {account}, 500, {EXPIRES}, 'open');\n\
         INSERT INTO bench.redemptions (id, merchant_id, offer_id, clerk_id, order_no, code_hash, resident_id, household_id, account_id, \
         hold_id, list_price, price, points, state, approval, expires_at, day, week, month, limit_of_day, created_at) \
         VALUES ({redemption}, {merchant}, {merchant}, {clerk}, {key}, {hash}, {resident}, {resident}, {account}, {hold}, 3500, 3000, 500, \
         'held', 'given', {EXPIRES}, 20454, 20451, 20454, false, {NOW});\n\
         UPDATE bench.redemptions SET state = 'captured', settled_at = {NOW}, receipt = '{receipt}' WHERE id = {redemption} \
         AND state = 'held';\n\
         UPDATE bench.holds SET state = 'posted' WHERE transfer_id = {hold} AND state = 'open';\n\
         UPDATE bench.balances SET posted = posted - 500, pending = pending - 500, version = version + 1 WHERE account_id = {account};\n\
         {second}\
         INSERT INTO bench.merchant_customers (merchant_id, resident_id, first_day, visits) VALUES ({merchant}, {resident}, 20454, 1) \
         ON CONFLICT (merchant_id, resident_id) DO UPDATE SET visits = merchant_customers.visits + 1;\n\
         INSERT INTO bench.inbox (id, owner_id, owner, kind, object, detail, created_at) VALUES ({note}, {resident}, 'resident', \
         'redemption_captured', '{OBJECT}', '{DETAIL}', {NOW});\n\
         COMMIT;\n"
    )
}
