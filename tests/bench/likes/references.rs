//! What a like costs when plain statements write it, each like a transaction of its own.

use std::path::PathBuf;

use rusqlite::{Connection, params};

use crate::options::Engine;
use crate::rounds::Turn;
use crate::rows::Database;
use crate::scene::{Chance, Zipf};
use crate::stage::Stage;
use crate::{Outcome, postgres, server, sqlite};

/// The tables that a like writes.
const TABLES: [&str; 2] = ["deeds", "likes"];

/// The reference of an engine.
pub enum Reference {
    /// pgbench in a schema of the same database.
    Postgres { database: Database, script: PathBuf, deeds: usize },
    /// This process on a copy of the same file.
    Sqlite { database: Database, connection: Connection, deeds: Vec<Vec<u8>> },
}

impl Reference {
    /// Makes the tables.
    pub fn prepare(stage: &Stage<'_>) -> Outcome<Self> {
        let deeds = stage.scene.deeds.len();
        match (stage.database(), stage.engine) {
            (Database::Postgres { url, .. }, Engine::Postgres) => {
                postgres::sql(url, &tables(deeds))?;
                postgres::settle(url, &TABLES)?;
                let script = stage.folder.join("like.pgbench");
                std::fs::write(&script, self::script(deeds))?;
                Ok(Self::Postgres { database: stage.database().clone(), script, deeds })
            }
            _ => {
                let copy = server::copy(&stage.folder, server::REFERENCE)?;
                let connection = sqlite::open(&copy)?;
                let sql = "SELECT id FROM deeds WHERE state = 'published' ORDER BY published_at DESC, id DESC LIMIT ?";
                let rows: rusqlite::Result<Vec<Vec<u8>>> =
                    connection.prepare(sql)?.query_map([deeds as i64], |row| row.get(0))?.collect();
                Ok(Self::Sqlite { database: Database::Sqlite(copy), connection, deeds: rows? })
            }
        }
    }

    /// Where it writes.
    pub fn database(&self) -> &Database {
        match self {
            Self::Postgres { database, .. } | Self::Sqlite { database, .. } => database,
        }
    }

    /// Likes for a turn.
    pub fn turn(&self, stage: &Stage<'_>, round: usize) -> Outcome<Turn> {
        match self {
            Self::Postgres { database, script, deeds } => {
                let defined = [("i", round * postgres::STRIDE / 100), ("deeds", *deeds)];
                postgres::pgbench(&database.address(), script, stage.options.seconds, &defined)
            }
            Self::Sqlite { connection, deeds, .. } => {
                let (zipf, mut chance) = (Zipf::new(deeds.len()), Chance(round as u64));
                let mut before: Option<(usize, usize)> = None;
                sqlite::transactions(connection, stage.options.seconds, |c, n| {
                    let drawn = super::deed(deeds.len(), &zipf, &mut chance);
                    let fresh = (drawn, round * postgres::STRIDE + n);
                    let repeated = before.filter(|_| chance.below(super::REPEATED) == 0);
                    let (deed, guest) = repeated.unwrap_or(fresh);
                    before = Some((deed, guest));
                    like(c, &deeds[deed], guest)
                })
            }
        }
    }
}

/// Some moment.
const NOW: i64 = 1_767_225_600_000_000;

fn like(c: &Connection, deed: &[u8], guest: usize) -> rusqlite::Result<()> {
    let like = "INSERT INTO likes (deed_id, identity_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    if c.prepare_cached(like)?.execute(params![deed, sqlite::id(1, guest), NOW])? == 0 {
        let count = "SELECT like_count FROM deeds WHERE id = ?";
        return c.prepare_cached(count)?.query_row([deed], |row| row.get::<_, i64>(0)).map(drop);
    }
    c.prepare_cached("UPDATE deeds SET like_count = like_count + 1 WHERE id = ?")?.execute([deed])?;
    let mark = "INSERT INTO deed_feed_dirty (deed_id) VALUES (?) ON CONFLICT (deed_id) DO UPDATE SET deed_id = excluded.deed_id";
    c.prepare_cached(mark)?.execute([deed])?;
    Ok(())
}

/// The tables in a schema of their own. The deeds that are liked get ids that pgbench can say, and a like that can be repeated.
fn tables(deeds: usize) -> String {
    let (deed, guest) = (postgres::id('0', "n"), postgres::id('1', "0"));
    let copies = postgres::copies(&TABLES, &["deed_feed_dirty"]);
    format!(
        "{copies} CREATE TABLE bench.hot AS SELECT id AS was, {deed} AS id FROM (SELECT id, row_number() OVER \
           (ORDER BY published_at DESC, id DESC) AS n FROM public.deeds WHERE state = 'published') d WHERE n <= {deeds}; \
         UPDATE bench.deeds d SET id = h.id FROM bench.hot h WHERE d.id = h.was; \
         UPDATE bench.likes l SET deed_id = h.id FROM bench.hot h WHERE l.deed_id = h.was; \
         INSERT INTO bench.likes SELECT id, {guest}, {NOW} FROM bench.hot;"
    )
}

fn script(deeds: usize) -> String {
    let (deed, guest, known) =
        (postgres::id('0', ":d::bigint"), postgres::id('1', ":n::bigint"), postgres::id('1', "0"));
    let (stride, repeated, one_in, viral) =
        (postgres::STRIDE, super::REPEATED, super::VIRAL, super::viral(deeds) + 1);
    format!(
        "\\set d random_zipfian(1, :deeds, 1.001)\n\\set v random(1, {one_in})\n\\if :v = 1\n\\set d {viral}\n\\endif\n\\set i :i + 1\n\\set n :client_id * {stride} + :i + 1\n\\set r random(1, {repeated})\n\
         \\if :r = 1\n\
         BEGIN;\n\
         INSERT INTO bench.likes (deed_id, identity_id, created_at) VALUES ({deed}, {known}, {NOW}) ON CONFLICT DO NOTHING;\n\
         SELECT like_count FROM bench.deeds WHERE id = {deed};\n\
         COMMIT;\n\
         \\else\n\
         BEGIN;\n\
         INSERT INTO bench.likes (deed_id, identity_id, created_at) VALUES ({deed}, {guest}, {NOW}) ON CONFLICT DO NOTHING;\n\
         UPDATE bench.deeds SET like_count = like_count + 1 WHERE id = {deed};\n\
         INSERT INTO bench.deed_feed_dirty (deed_id) VALUES ({deed}) ON CONFLICT (deed_id) DO UPDATE SET deed_id = excluded.deed_id;\n\
         COMMIT;\n\
         \\endif\n"
    )
}
