//! What is a reader's own on a page that is otherwise shared: read at the moment of the request, with what other readers ask.

use std::collections::HashMap;

use diesel::PgConnection;
use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, HasSqlType, Nullable};
use domain::Ts;
use domain::ids::{DeedId, HouseholdId, IdentityId, ResidentId, UnitId};

use crate::adapters::Uid;
use crate::db::Db;
use crate::deeds::Home;
use crate::error::Result;
use crate::gather::Asked;
use crate::handle::Store;
use crate::{pg_stmt, stmt};

/// What is a reader's own on a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// Where the reader lives; none for guests and for residents who left.
    pub home: Option<Home>,
    /// Which of the page's deeds the reader likes.
    pub liked: Vec<DeedId>,
    /// When the reader last changed something that the page may show: the newest of these likes, or anything else.
    pub wrote_at: Ts,
}

/// A reader, and the deeds of a page.
#[derive(Debug)]
pub(crate) struct MarksOf {
    who: IdentityId,
    deeds: Vec<DeedId>,
}

type ReaderSql = (Uid, BigInt, Nullable<Uid>, Nullable<Uid>, Nullable<Uid>);
type Reader = (IdentityId, i64, Option<ResidentId>, Option<UnitId>, Option<HouseholdId>);

macro_rules! readers {
    ($which:literal) => {
        concat!(
            "SELECT i.id, i.wrote_at, r.id, r.unit_id, r.household_id FROM identities i \
             LEFT JOIN residents r ON r.id = i.resident_id AND r.state = 'active' WHERE i.id ",
            $which
        )
    };
}
pg_stmt! { Readers { whose: Vec<IdentityId> => Array<Uid> } -> ReaderSql = readers!("= ANY (?)") }
stmt! { OneReader { who: IdentityId => Uid } -> ReaderSql = readers!("= ?") }
// What one likes among the deeds of a stretch of time is one range of an index, however many deeds they are.
macro_rules! liked_between {
    ($of:literal) => {
        concat!("SELECT l.identity_id, l.deed_id, l.created_at FROM ", $of)
    };
}
type LikedSql = (Uid, Uid, BigInt);
type Liked = (IdentityId, DeedId, i64);
pg_stmt! { LikedBetween { whose: Vec<IdentityId> => Array<Uid>, first: Vec<DeedId> => Array<Uid>, last: Vec<DeedId> => Array<Uid> }
-> LikedSql = liked_between!("unnest(?, ?, ?) AS a (who, first, last) \
JOIN likes l ON l.identity_id = a.who AND l.deed_id BETWEEN a.first AND a.last") }
stmt! { OneLikedBetween { who: IdentityId => Uid, first: DeedId => Uid, last: DeedId => Uid } -> LikedSql =
liked_between!("likes l WHERE l.identity_id = ? AND l.deed_id BETWEEN ? AND ?") }
// Each pair is one look at the key of `likes`.
pg_stmt! { LikedPostgres { deeds: Vec<DeedId> => Array<Uid>, whose: Vec<IdentityId> => Array<Uid> } -> (Uid, Uid, BigInt) =
"SELECT l.identity_id, l.deed_id, l.created_at FROM unnest(?, ?) AS a (deed, who) \
JOIN likes l ON l.deed_id = a.deed AND l.identity_id = a.who" }

/// So many deeds are looked up by one statement on SQLite, whose text has a bind for each: a page as it is mostly asked for.
const AT_ONCE: usize = 20;

/// The likes of one reader among as many deeds: a fixed text, which is prepared once. Fewer deeds are padded with one of them.
#[derive(Debug, Clone, QueryId)]
struct LikedSqlite {
    who: IdentityId,
    deeds: [DeedId; AT_ONCE],
}

impl<DB> QueryFragment<DB> for LikedSqlite
where
    DB: Backend + HasSqlType<Uid>,
    IdentityId: ToSql<Uid, DB>,
    DeedId: ToSql<Uid, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT deed_id, created_at FROM likes WHERE identity_id = ");
        out.push_bind_param::<Uid, _>(&self.who)?;
        for (i, deed) in self.deeds.iter().enumerate() {
            out.push_sql(if i == 0 { " AND deed_id IN (" } else { ", " });
            out.push_bind_param::<Uid, _>(deed)?;
        }
        out.push_sql(")");
        Ok(())
    }
}
impl Query for LikedSqlite {
    type SqlType = (Uid, BigInt);
}
impl RunQueryDsl<Db> for LikedSqlite {}

/// The longest stretch of time that is one range: somebody who likes much likes hundreds of deeds in it, and not all of a life.
const STRETCH_MS: u128 = 60 * 24 * 3_600_000;

impl MarksOf {
    /// The first and the last of the deeds, if they were posted within a stretch of time.
    fn stretch(&self) -> Option<(DeedId, DeedId)> {
        let (first, last) = (self.deeds.iter().min()?, self.deeds.iter().max()?);
        let posted_ms = |deed: &DeedId| deed.0.as_u128() >> 80;
        (posted_ms(last) - posted_ms(first) <= STRETCH_MS).then_some((*first, *last))
    }

    fn marks(&self, reader: Option<Reader>, liked: &[Liked]) -> Marks {
        let liked = liked.iter().filter(|(_, deed, _)| self.deeds.contains(deed));
        Marks::of(reader, liked.map(|(_, deed, at)| (*deed, *at)).collect())
    }
}

impl Marks {
    fn of(reader: Option<Reader>, liked: Vec<(DeedId, i64)>) -> Self {
        let newest = liked.iter().map(|(_, at)| *at).max().unwrap_or(0);
        let (wrote_at, home) = match reader {
            Some((_, wrote_at, resident, unit, household)) => {
                let home = resident.zip(unit).map(|(resident, unit)| Home { resident, unit, household });
                (wrote_at, home)
            }
            None => (0, None),
        };
        let liked = liked.into_iter().map(|(deed, _)| deed).collect();
        Self { home, liked, wrote_at: Ts(wrote_at.max(newest)) }
    }
}

impl Asked for MarksOf {
    type Answer = Marks;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Marks>> {
        let Db::Pg(pg) = conn else { return batch.iter().map(|asked| one(conn, asked)).collect() };
        let whose = batch.iter().map(|asked| asked.who).collect();
        let rows: Vec<Reader> = Readers { whose }.load(pg)?;
        let readers: HashMap<IdentityId, Reader> = rows.into_iter().map(|row| (row.0, row)).collect();
        let mut liked: HashMap<IdentityId, Vec<Liked>> = HashMap::new();
        for row in liked_by(pg, batch)? {
            liked.entry(row.0).or_default().push(row);
        }
        let marks = |asked: &Self| {
            let liked = liked.get(&asked.who).map_or(&[][..], Vec::as_slice);
            asked.marks(readers.get(&asked.who).copied(), liked)
        };
        Ok(batch.iter().map(marks).collect())
    }
}

fn liked_by(pg: &mut PgConnection, batch: &[MarksOf]) -> Result<Vec<Liked>> {
    let (mut near, mut far) = (LikedBetween { whose: vec![], first: vec![], last: vec![] }, Vec::new());
    for asked in batch {
        match asked.stretch() {
            Some((first, last)) => {
                near.whose.push(asked.who);
                near.first.push(first);
                near.last.push(last);
            }
            None => far.extend(asked.deeds.iter().map(|deed| (*deed, asked.who))),
        }
    }
    let mut liked = if near.whose.is_empty() { Vec::new() } else { near.load(pg)? };
    if !far.is_empty() {
        let (deeds, whose) = far.into_iter().unzip();
        liked.extend((LikedPostgres { deeds, whose }).load::<Liked>(pg)?);
    }
    Ok(liked)
}

fn one(conn: &mut Db, asked: &MarksOf) -> Result<Marks> {
    let who = asked.who;
    let reader: Option<Reader> = OneReader { who }.get_result(conn).optional()?;
    if let Some((first, last)) = asked.stretch() {
        let liked: Vec<Liked> = OneLikedBetween { who, first, last }.load(conn)?;
        return Ok(asked.marks(reader, &liked));
    }
    let mut liked = Vec::new();
    for some in asked.deeds.chunks(AT_ONCE) {
        let deeds = std::array::from_fn(|i| some[i.min(some.len() - 1)]);
        liked.extend(LikedSqlite { who, deeds }.load::<(DeedId, i64)>(conn)?);
    }
    Ok(Marks::of(reader, liked))
}

impl Store {
    /// What is a reader's own among these deeds (which may be none), as of now.
    pub async fn marks(&self, who: IdentityId, deeds: Vec<DeedId>) -> Result<Marks> {
        self.ask(&self.at_once.marks, MarksOf { who, deeds }).await
    }
}
