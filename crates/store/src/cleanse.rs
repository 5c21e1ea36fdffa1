//! Overwriting what was deleted. A database that deletes a row leaves its bytes where they were until something else is written there: on
//! SQLite in former pages of the write-ahead log and between the rows of a page that was put together anew, on PostgreSQL in dead rows. When
//! somebody was forgotten, they have to go as well.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};

use crate::db::{self, Address, Db, Purpose};
use crate::error::{Error, Result};
use crate::handle::Store;
use crate::{personal, stmt};

/// How the tables are written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Beside everybody who reads and writes: on PostgreSQL dead rows go, and their bytes with the next rows that take their place.
    Beside,
    /// Each table as a whole, while nobody else gets at it: on PostgreSQL nothing of the former file remains.
    Whole,
}

stmt! { Truncate {} -> (Integer, Integer, Integer) = "PRAGMA wal_checkpoint(TRUNCATE)" }

impl Store {
    /// Overwrites what was deleted; `false` where the role of this process may not, and the owner of the tables has to. On SQLite whoever
    /// writes waits for as long as the file is written once.
    pub async fn cleanse(&self) -> Result<bool> {
        let address = self.address().clone();
        let run = move || run(&address, Depth::Beside);
        match self.writer() {
            Some(writer) => writer.alone(run).await,
            None => tokio::task::spawn_blocking(run).await.map_err(|e| Error::corrupt(e.to_string()))?,
        }
    }
}

/// Overwrites what was deleted, on a connection of its own; `false` where its role may not.
pub fn run(address: &Address, depth: Depth) -> Result<bool> {
    let mut conn = db::open(address, Purpose::Long)?;
    match &mut conn {
        Db::Sqlite(_) => sqlite(&mut conn),
        Db::Pg(_) => postgres(&mut conn, depth),
    }
}

fn sqlite(conn: &mut Db) -> Result<bool> {
    // The copy that is made meanwhile is as large as the file: not in memory. Then the log, in which all of it stands once more, is
    // carried over and cut to nothing, which waits for whoever reads.
    conn.batch_execute("PRAGMA temp_store=FILE; VACUUM;")?;
    let (busy, ..): (i32, i32, i32) = Truncate {}.get_result(conn)?;
    if busy == 0 { Ok(true) } else { Err(Error::corrupt("the log was not cut: somebody reads for long")) }
}

fn postgres(conn: &mut Db, depth: Depth) -> Result<bool> {
    let tables: Vec<&str> = personal::to_cleanse().collect();
    let quoted: Vec<String> = tables.iter().map(|name| format!("'{name}'")).collect();
    // Without being told, PostgreSQL would pass over what the role may not, and say that all is well.
    let foreign = format!(
        "SELECT count(*) AS n FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace \
         AND c.relname IN ({}) AND NOT pg_has_role(c.relowner, 'USAGE')",
        quoted.join(", ")
    );
    if diesel::sql_query(foreign).get_result::<Count>(conn)?.n > 0 {
        return Ok(false);
    }
    match depth {
        Depth::Beside => conn.batch_execute(&format!("VACUUM {}", tables.join(", ")))?,
        Depth::Whole => {
            for table in tables {
                conn.batch_execute(&format!("VACUUM (FULL) {table}"))?;
            }
        }
    }
    Ok(true)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}
