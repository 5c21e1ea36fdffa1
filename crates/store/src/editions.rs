//! The edition of what everybody can see: a number that changes with each commit of such a change, whichever process made it. What was read
//! at an edition is right for as long as it is the edition; the counts of deeds (likes, comments, shares) move without it.

use std::sync::atomic::{AtomicI32, Ordering};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use domain::ids::DeedId;

use crate::adapters::Uid;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::gather::Asked;
use crate::handle::Store;
use crate::lists::ByIds;
use crate::stmt;

/// Rows over which the number is spread on PostgreSQL.
const SHARDS: i32 = 16;

/// An edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition(pub(crate) i64);

impl Edition {
    /// The one of a database that is new.
    pub const FIRST: Self = Self(0);
    /// The next one.
    pub fn after(self) -> Self {
        Self(self.0 + 1)
    }
}

/// The edition, as an expression.
macro_rules! edition {
    () => {
        "CAST((SELECT SUM(n) FROM editions) AS BIGINT)"
    };
}
pub(crate) use edition;

stmt! { Now {} -> BigInt = concat!("SELECT ", edition!()) }
stmt! { Next { shard: i32 => Integer } -> BigInt = "UPDATE editions SET n = n + 1 WHERE shard = ?" }

/// The edition as of now: to be asked for before that is read which it is to stand for.
pub fn now(conn: &mut Db) -> Result<Edition> {
    Ok(Edition((Now {}).get_result(conn)?))
}

/// Says in a transaction that it changes something that others may see. Last: nobody waits for its row but for the commit.
pub(crate) fn next(conn: &mut Db) -> Result<()> {
    static TURN: AtomicI32 = AtomicI32::new(0);
    let shard = if conn.is_sqlite() { 0 } else { TURN.fetch_add(1, Ordering::Relaxed) & (SHARDS - 1) };
    match (Next { shard }).execute(conn)? {
        1 => Ok(()),
        _ => Err(Error::corrupt("a row of the edition is not there")),
    }
}

/// What is counted of a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Likes.
    pub likes: i64,
    /// Published comments.
    pub comments: i64,
    /// Shares.
    pub shares: i64,
}

/// The edition, and the counts of deeds as of it.
#[derive(Debug, Clone)]
pub struct Counted {
    /// The edition.
    pub edition: Edition,
    /// The counts, of those deeds that there are.
    pub counts: Vec<(DeedId, Counts)>,
}

/// Deeds whose counts are asked for.
#[derive(Debug)]
pub(crate) struct CountsOf(Vec<DeedId>);

type RowSql = (BigInt, Uid, BigInt, BigInt, BigInt);
type Row = (i64, DeedId, i64, i64, i64);

impl Asked for CountsOf {
    type Answer = Option<Counted>;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Option<Counted>>> {
        const COUNTS: &str = concat!(
            "SELECT ",
            edition!(),
            ", d.id, d.like_count, d.comment_count, d.share_count FROM deeds d WHERE d.id"
        );
        let all = batch.iter().flat_map(|asked| asked.0.iter().copied());
        let mut rows: Vec<Row> = ByIds::<RowSql>::new(COUNTS, all, "").load(conn)?;
        rows.sort_unstable_by_key(|row| row.1);
        let Some(edition) = rows.first().map(|row| Edition(row.0)) else {
            return Ok(vec![None; batch.len()]);
        };
        let count = |deed: &DeedId| {
            let place = rows.binary_search_by_key(deed, |row| row.1).ok()?;
            let (_, deed, likes, comments, shares) = *rows.get(place)?;
            Some((deed, Counts { likes, comments, shares }))
        };
        let answer =
            |asked: &Self| Some(Counted { edition, counts: asked.0.iter().filter_map(count).collect() });
        Ok(batch.iter().map(answer).collect())
    }
}

impl Store {
    /// The edition, and the counts of these deeds as of it; none if none of them is there.
    pub async fn counts(&self, deeds: Vec<DeedId>) -> Result<Option<Counted>> {
        self.ask(&self.at_once.counts, CountsOf(deeds)).await
    }
}
