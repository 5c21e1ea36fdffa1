//! What stands in the tables: the reference of a write must add exactly the rows that the product adds.

use std::path::PathBuf;
use std::time::Instant;

use crate::rounds::Round;
use crate::{Outcome, postgres};

/// How far the rows of an operation may differ between the two, because work of others falls into the counting.
const APART_MAX: f64 = 0.01;

/// A database.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// A database in a server.
    Postgres {
        /// The name.
        name: String,
        /// The address of the database.
        url: String,
    },
}

impl Database {
    /// As the product is told it.
    pub fn address(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres { url, .. } => url.clone(),
        }
    }

    /// Where the product writes; a file has only one schema.
    pub fn schema(&self) -> &'static str {
        if matches!(self, Self::Postgres { .. }) { "public." } else { "" }
    }
    /// Where the reference of a write writes.
    pub fn schema_of_reference(&self) -> &'static str {
        if matches!(self, Self::Postgres { .. }) { "bench." } else { "" }
    }
    /// What the reference of a write is, in a sentence.
    pub fn reference(&self) -> String {
        let told = match self {
            Self::Postgres { .. } => {
                "writes on PostgreSQL: pgbench -M prepared -c 8 -j 2 over the server's socket, a round trip a statement"
            }
            Self::Sqlite(_) => {
                "writes on SQLite: one thread in process, one BEGIN IMMEDIATE … COMMIT each, synchronous=FULL"
            }
        };
        told.to_owned()
    }

    /// What `$.` stands for where the product writes.
    fn here(&self, sql: &str) -> String {
        sql.replace("$.", self.schema())
    }
    /// Asks for one number; `$.` stands before the names of tables.
    pub fn number(&self, sql: &str) -> Outcome<i64> {
        let sql = self.here(sql);
        match self {
            Self::Sqlite(path) => {
                Ok(rusqlite::Connection::open(path)?.query_row(&sql, [], |row| row.get(0))?)
            }
            Self::Postgres { url, .. } => Ok(postgres::sql(url, &sql)?.parse()?),
        }
    }
    /// Changes the data beside the product; `$.` stands before the names of tables.
    pub fn run(&self, sql: &str) -> Outcome {
        let sql = self.here(sql);
        match self {
            Self::Sqlite(path) => Ok(rusqlite::Connection::open(path)?.execute_batch(&sql)?),
            Self::Postgres { url, .. } => postgres::sql(url, &sql).map(drop),
        }
    }
    /// Clears up what changes of the data left in a table, as the server would do at some moment of its own.
    pub fn tidy(&self, table: &str) -> Outcome {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres { url, .. } => postgres::sql(url, &format!("VACUUM (ANALYZE) {table}")).map(drop),
        }
    }
    /// Waits until the sequencer has moved everything into the log.
    pub fn wait_for_log(&self, seconds: f64) -> Outcome {
        let begun = Instant::now();
        while self.number("SELECT count(*) FROM $.ledger_queue")? > 0 {
            if begun.elapsed().as_secs_f64() > seconds {
                return Err(format!("the log does not have everything after {seconds} s").into());
            }
        }
        Ok(())
    }

    /// Counts in this schema; a file has only one.
    fn count(&self, schema: &str, what: &[Counted]) -> Outcome<Vec<i64>> {
        let columns: Vec<String> =
            what.iter().map(|c| format!("({})", c.sql.replace("$.", schema))).collect();
        let sql = format!("SELECT {}", columns.join(" || ' ' || "));
        let text = match self {
            Self::Sqlite(path) => rusqlite::Connection::open(path)?.query_row(&sql, [], |row| row.get(0))?,
            Self::Postgres { url, .. } => postgres::sql(url, &sql)?,
        };
        Ok(text.split_whitespace().filter_map(|n| n.parse().ok()).collect())
    }
}

/// Something that is counted: `$.` stands before the names of tables.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    /// What it is called.
    pub name: &'static str,
    /// A query of one number.
    pub sql: &'static str,
}

/// The counts of one side over all its turns.
#[derive(Debug)]
pub struct Tally<'a> {
    database: Database,
    schema: &'static str,
    what: &'a [Counted],
    before: Vec<i64>,
    gained: Vec<i64>,
}

impl<'a> Tally<'a> {
    /// Of these, where the product writes.
    pub fn of(database: &Database, what: &'a [Counted]) -> Self {
        Self::new(database.clone(), database.schema(), what)
    }
    /// Of these, where the reference of a write writes.
    pub fn of_reference(database: &Database, what: &'a [Counted]) -> Self {
        Self::new(database.clone(), database.schema_of_reference(), what)
    }
    fn new(database: Database, schema: &'static str, what: &'a [Counted]) -> Self {
        Self { database, schema, what, before: Vec::new(), gained: vec![0; what.len()] }
    }
    /// Before a turn.
    pub fn begin(&mut self) -> Outcome {
        self.before = self.database.count(self.schema, self.what)?;
        Ok(())
    }
    /// After a turn.
    pub fn end(&mut self) -> Outcome {
        let after = self.database.count(self.schema, self.what)?;
        for (gained, (after, before)) in self.gained.iter_mut().zip(after.iter().zip(&self.before)) {
            *gained += after - before;
        }
        Ok(())
    }
}

/// Fails when an operation of one side gained other rows than one of the other; where there is only one side, it tells its rows.
pub fn compare(ours: &Tally<'_>, reference: Option<&Tally<'_>>, rounds: &[Round]) -> Outcome {
    let done: usize = rounds.iter().map(|r| r.ours.answered).sum();
    let referred: usize = rounds.iter().filter_map(|r| r.reference.as_ref()).map(|turn| turn.answered).sum();
    let mut told = Vec::new();
    let mut apart = Vec::new();
    for (n, what) in ours.what.iter().enumerate() {
        let a = ours.gained[n] as f64 / done as f64;
        let b = reference.map(|reference| reference.gained[n] as f64 / referred as f64);
        told.push(format!("{} {a:.3}", what.name));
        if let Some(b) = b.filter(|b| (a - b).abs() > APART_MAX) {
            apart.push(format!("{}: ours {a:.3}, the reference {b:.3}", what.name));
        }
    }
    eprintln!("bench:   rows an operation: {}", told.join(", "));
    if apart.is_empty() {
        return Ok(());
    }
    Err(format!("the reference writes other rows than the product: {}", apart.join("; ")).into())
}
