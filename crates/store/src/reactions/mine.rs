//! What is a reader's own on a page that is otherwise shared: read at the moment of the request, with what other readers ask.

use diesel::PgConnection;
use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, HasSqlType, Integer, Nullable};
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

type ReaderSql = (BigInt, Nullable<Uid>, Nullable<Uid>, Nullable<Uid>);
type Reader = (i64, Option<ResidentId>, Option<UnitId>, Option<HouseholdId>);

stmt! { OneReader { who: IdentityId => Uid } -> ReaderSql =
"SELECT i.wrote_at, r.id, r.unit_id, r.household_id FROM identities i \
LEFT JOIN residents r ON r.id = i.resident_id AND r.state = 'active' WHERE i.id = ?" }
// What one likes among the deeds of a stretch of time is one range of an index, however many deeds they are.
type LikedSql = (Uid, BigInt);
type Liked = (DeedId, i64);
stmt! { OneLikedBetween { who: IdentityId => Uid, first: DeedId => Uid, last: DeedId => Uid } -> LikedSql =
"SELECT deed_id, created_at FROM likes WHERE identity_id = ? AND deed_id BETWEEN ? AND ?" }
pg_stmt! { Readers { nth: Vec<i32> => Array<Integer>, whose: Vec<IdentityId> => Array<Uid>,
                   first: Vec<DeedId> => Array<Uid>, last: Vec<DeedId> => Array<Uid> }
-> (Integer, ReaderSql, Nullable<LikedSql>) =
"SELECT a.nth, i.wrote_at, r.id, r.unit_id, r.household_id, l.deed_id, l.created_at FROM unnest(?, ?, ?, ?) AS a (nth, who, first, last) \
JOIN identities i ON i.id = a.who LEFT JOIN residents r ON r.id = i.resident_id AND r.state = 'active' \
LEFT JOIN likes l ON l.identity_id = a.who AND l.deed_id BETWEEN a.first AND a.last" }
// Each pair is one look at the key of `likes`.
pg_stmt! { LikedPostgres { nth: Vec<i32> => Array<Integer>, deeds: Vec<DeedId> => Array<Uid>, whose: Vec<IdentityId> => Array<Uid> }
-> (Integer, Uid, BigInt) =
"SELECT a.nth, l.deed_id, l.created_at FROM unnest(?, ?, ?) AS a (nth, deed, who) \
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

    /// Of these likes those that are on the page.
    fn marks(&self, reader: Option<Reader>, liked: impl IntoIterator<Item = Liked>) -> Marks {
        let liked: Vec<Liked> = liked.into_iter().filter(|(deed, _)| self.deeds.contains(deed)).collect();
        let newest = liked.iter().map(|(_, at)| *at).max().unwrap_or(0);
        let (wrote_at, home) = match reader {
            Some((wrote_at, resident, unit, household)) => {
                let home = resident.zip(unit).map(|(resident, unit)| Home { resident, unit, household });
                (wrote_at, home)
            }
            None => (0, None),
        };
        let liked = liked.into_iter().map(|(deed, _)| deed).collect();
        Marks { home, liked, wrote_at: Ts(wrote_at.max(newest)) }
    }
}

/// What was read of one who asks.
type Found = (Option<Reader>, Vec<Liked>);

impl Asked for MarksOf {
    type Answer = Marks;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Marks>> {
        let Db::Pg(pg) = conn else { return batch.iter().map(|asked| one(conn, asked)).collect() };
        let mut found: Vec<Found> = vec![(None, Vec::new()); batch.len()];
        for (nth, reader, liked) in readers(batch).load::<(i32, Reader, Option<Liked>)>(pg)? {
            if let Some(found) = usize::try_from(nth).ok().and_then(|nth| found.get_mut(nth)) {
                found.0 = Some(reader);
                found.1.extend(liked);
            }
        }
        for (nth, deed, at) in liked_far(pg, batch)? {
            if let Some(found) = usize::try_from(nth).ok().and_then(|nth| found.get_mut(nth)) {
                found.1.push((deed, at));
            }
        }
        Ok(batch.iter().zip(found).map(|(asked, (reader, liked))| asked.marks(reader, liked)).collect())
    }
}

/// Everybody of a batch, with the likes of those whose deeds are of one stretch.
fn readers(batch: &[MarksOf]) -> Readers {
    // Nobody likes a deed of no id.
    let nothing = DeedId(uuid::Uuid::nil());
    let (first, last) = batch.iter().map(|asked| asked.stretch().unwrap_or((nothing, nothing))).unzip();
    Readers {
        nth: (0..).take(batch.len()).collect(),
        whose: batch.iter().map(|asked| asked.who).collect(),
        first,
        last,
    }
}

/// The likes of those whose deeds are of longer ago, and of today.
fn liked_far(pg: &mut PgConnection, batch: &[MarksOf]) -> Result<Vec<(i32, DeedId, i64)>> {
    let (mut nth, mut deeds, mut whose) = (Vec::new(), Vec::new(), Vec::new());
    for (n, asked) in (0..).zip(batch).filter(|(_, asked)| asked.stretch().is_none()) {
        nth.extend(asked.deeds.iter().map(|_| n));
        deeds.extend_from_slice(&asked.deeds);
        whose.extend(asked.deeds.iter().map(|_| asked.who));
    }
    if deeds.is_empty() {
        return Ok(Vec::new());
    }
    Ok(LikedPostgres { nth, deeds, whose }.load(pg)?)
}

fn one(conn: &mut Db, asked: &MarksOf) -> Result<Marks> {
    let who = asked.who;
    let reader: Option<Reader> = OneReader { who }.get_result(conn).optional()?;
    if let Some((first, last)) = asked.stretch() {
        let liked: Vec<Liked> = OneLikedBetween { who, first, last }.load(conn)?;
        return Ok(asked.marks(reader, liked));
    }
    let mut liked = Vec::new();
    for some in asked.deeds.chunks(AT_ONCE) {
        let deeds = std::array::from_fn(|i| some[i.min(some.len() - 1)]);
        liked.extend(LikedSqlite { who, deeds }.load::<Liked>(conn)?);
    }
    Ok(asked.marks(reader, liked))
}

impl Store {
    /// What is a reader's own among these deeds (which may be none), as of now.
    pub async fn marks(&self, who: IdentityId, deeds: Vec<DeedId>) -> Result<Marks> {
        self.ask(&self.at_once.marks, MarksOf { who, deeds }).await
    }
}
