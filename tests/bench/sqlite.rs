//! The reference of writes on SQLite: one thread, prepared statements, and a transaction with a flush for each operation.

use std::path::Path;
use std::time::Instant;

use rusqlite::Connection;

use crate::Outcome;
use crate::rounds::Turn;

/// Opens a copy of the database, as durable as the product does. Foreign keys are not checked, as the reference on PostgreSQL has none.
pub fn open(path: &Path) -> Outcome<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY; \
         PRAGMA cache_size=-16000;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// One transaction after another for so many seconds; `body` gets the number of each.
pub fn transactions(
    connection: &Connection,
    seconds: u32,
    mut body: impl FnMut(&Connection, usize) -> rusqlite::Result<()>,
) -> Outcome<Turn> {
    let (start, mut latencies) = (Instant::now(), Vec::new());
    while start.elapsed().as_secs_f64() < f64::from(seconds) {
        let begun = Instant::now();
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        body(connection, latencies.len())?;
        connection.prepare_cached("COMMIT")?.execute([])?;
        latencies.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    let seconds = start.elapsed().as_secs_f64();
    latencies.sort_by(f64::total_cmp);
    let answered = latencies.len();
    Ok(crate::client::Load { answered, seconds, latencies, ..Default::default() }.into())
}

/// An id that is made of a number, greater than every real one, as the newest is. `of` keeps kinds of ids apart.
pub fn id(of: u8, number: usize) -> [u8; 16] {
    let mut bytes = [0; 16];
    (bytes[0], bytes[6], bytes[8]) = (0xF0 | of, 0x70, 0x80);
    bytes[10..].copy_from_slice(&(number as u64).to_be_bytes()[2..]);
    bytes
}

/// The same as SQL: `number` says the number.
pub fn id_sql(of: u8, number: &str) -> String {
    format!("unhex(printf('f{of}000000000070008000%012x', {number}))")
}
