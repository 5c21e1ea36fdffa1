//! The feed: published deeds, once per unit above them, so that the feed of any subtree is one index range; and likes and shares, which
//! move its popular order.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use domain::Ts;
use domain::ids::{DeedId, IdentityId, SessionId, UnitId};

use crate::adapters::{AnyId, Uid, uid};
use crate::db::Db;
use crate::deeds::Card;
use crate::error::Result;
use crate::schema::{deed_feed, deed_feed_dirty, likes, shares};
use crate::{Both, stmt};

/// How a feed is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The newest first.
    Latest,
    /// The most liked first.
    Popular,
}

/// A place in a feed: the sort key and the deed of the last card seen.
pub type Place = (i64, DeedId);

type CardSql = (
    Uid,
    Uid,
    Nullable<Uid>,
    Nullable<Uid>,
    Uid,
    Text,
    Text,
    Text,
    Text,
    Integer,
    Nullable<Uid>,
    Nullable<BigInt>,
    Text,
    Nullable<Text>,
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    Nullable<BigInt>,
    Nullable<Uid>,
    Bool,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<BigInt>,
    Nullable<Uid>,
    BigInt,
);

// The range is cut before anything is joined to it; a feed shows the beginning of a text only.
macro_rules! feed {
    ($key:literal, $section:literal) => {
        concat!(
            "SELECT d.id, d.identity_id, d.resident_id, d.household_id, d.unit_id, u.name, d.section, d.title, \
             substr(d.body, 1, 161), d.day_of_act, d.item_id, d.quantity, d.state, d.reason, d.like_count, \
             d.comment_count, d.share_count, d.created_at, d.published_at, r.unit_id, COALESCE(r.hidden, FALSE), n.name, n.nickname, \
             c.merit, d.event_id, f.place \
             FROM (SELECT deed_id, ",
            $key,
            " AS place FROM deed_feed WHERE unit_id = ?",
            $section,
            " AND (",
            $key,
            ", deed_id) < (?, ?) ORDER BY ",
            $key,
            " DESC, deed_id DESC LIMIT ?) f \
             JOIN deeds d ON d.id = f.deed_id JOIN units u ON u.id = d.unit_id LEFT JOIN residents r ON r.id = d.resident_id \
             LEFT JOIN resident_names n ON n.resident_id = d.resident_id \
             LEFT JOIN claims c ON c.cause = 'deed' AND c.cause_id = d.id AND c.state = 'posted' \
             ORDER BY f.place DESC, f.deed_id DESC"
        )
    };
}

stmt! { Latest { unit: UnitId => Uid, key: i64 => BigInt, deed: AnyId => Uid, limit: i64 => BigInt } -> CardSql =
feed!("published_at", "") }
stmt! { Popular { unit: UnitId => Uid, key: i64 => BigInt, deed: AnyId => Uid, limit: i64 => BigInt } -> CardSql =
feed!("likes", "") }
stmt! { LatestOf { unit: UnitId => Uid, section: String => Text, key: i64 => BigInt, deed: AnyId => Uid, limit: i64 => BigInt }
-> CardSql = feed!("published_at", " AND section = ?") }
stmt! { PopularOf { unit: UnitId => Uid, section: String => Text, key: i64 => BigInt, deed: AnyId => Uid, limit: i64 => BigInt }
-> CardSql = feed!("likes", " AND section = ?") }

/// A page of the feed of a subtree. Cost: one index range, whatever lies before it.
pub fn page(
    conn: &mut Db,
    unit: UnitId,
    section: Option<&str>,
    order: Order,
    after: Option<Place>,
    limit: u32,
) -> Result<Vec<Card>> {
    let (key, deed) =
        after.map_or((i64::MAX, AnyId(uuid::Uuid::max())), |(key, deed)| (key, AnyId::of(deed)));
    let limit = i64::from(limit);
    let found = match (order, section.map(str::to_owned)) {
        (Order::Latest, None) => Latest { unit, key, deed, limit }.load(conn)?,
        (Order::Popular, None) => Popular { unit, key, deed, limit }.load(conn)?,
        (Order::Latest, Some(section)) => LatestOf { unit, section, key, deed, limit }.load(conn)?,
        (Order::Popular, Some(section)) => PopularOf { unit, section, key, deed, limit }.load(conn)?,
    };
    Ok(found)
}

stmt! { Show { deed: DeedId => Uid } -> BigInt =
"INSERT INTO deed_feed (unit_id, deed_id, section, published_at, likes) \
SELECT p.ancestor_id, d.id, d.section, d.published_at, d.like_count FROM deeds d \
JOIN unit_paths p ON p.unit_id = d.unit_id WHERE d.id = ? AND d.published_at IS NOT NULL" }

/// Puts a published deed into the feeds of its unit and every unit above.
pub fn show(conn: &mut Db, deed: DeedId) -> Result<()> {
    Show { deed }.execute(conn)?;
    Ok(())
}

/// Takes a deed out of every feed.
pub fn hide(conn: &mut Db, deed: DeedId) -> Result<()> {
    // The mark before the rows, as `refresh_popular` goes, so that the two wait for each other and not in a circle.
    diesel::delete(deed_feed_dirty::table.find(uid(deed))).execute(conn)?;
    diesel::delete(deed_feed::table.filter(deed_feed::deed_id.eq(uid(deed)))).execute(conn)?;
    Ok(())
}

// Who likes is read from the session in the same statement, so that who has signed out likes nothing.
macro_rules! liked {
    () => {
        "INSERT INTO likes (deed_id, identity_id, created_at) SELECT d.id, i.id, ? FROM deeds d, sessions s \
         JOIN identities i ON i.id = s.principal_id \
         WHERE d.id = ? AND s.id = ? AND s.principal_id = ? AND s.principal = 'person' AND s.ended_at IS NULL \
         AND s.expires_at > ? AND d.state = 'published' AND d.identity_id <> i.id \
         AND (i.resident_id IS NULL OR d.resident_id IS NULL OR i.resident_id <> d.resident_id) \
         ON CONFLICT (deed_id, identity_id) DO NOTHING RETURNING deed_id"
    };
}

stmt! { LikeSqlite { now: i64 => BigInt, deed: DeedId => Uid, session: SessionId => Uid, who: IdentityId => Uid, at: i64 => BigInt }
-> Uid = liked!() }
// The like, its count and its mark in one round trip.
stmt! { LikePostgres { now: i64 => BigInt, deed: DeedId => Uid, session: SessionId => Uid, who: IdentityId => Uid, at: i64 => BigInt }
-> BigInt = concat!("WITH liked AS (", liked!(), "), \
counted AS (UPDATE deeds SET like_count = like_count + 1 WHERE id IN (SELECT deed_id FROM liked) RETURNING like_count), \
marked AS (INSERT INTO deed_feed_dirty (deed_id) SELECT deed_id FROM liked \
 ON CONFLICT (deed_id) DO UPDATE SET deed_id = excluded.deed_id) \
SELECT like_count FROM counted") }
stmt! { CountLike { by: i64 => BigInt, deed: DeedId => Uid } -> BigInt =
"UPDATE deeds SET like_count = like_count + ? WHERE id = ? RETURNING like_count" }
// An update and not "do nothing": it holds the mark until the commit, so that a refresh that reads the count cannot pass it by.
stmt! { Mark { deed: DeedId => Uid } -> BigInt =
"INSERT INTO deed_feed_dirty (deed_id) VALUES (?) ON CONFLICT (deed_id) DO UPDATE SET deed_id = excluded.deed_id" }

/// Likes a published deed of somebody else's, by a live session of this person; returns the new count, or none if nothing changed: it was
/// liked before, or it cannot be. One statement on PostgreSQL.
pub fn like(
    conn: &mut Db,
    deed: DeedId,
    who: IdentityId,
    session: SessionId,
    now: Ts,
) -> Result<Option<i64>> {
    let (now, at) = (now.0, now.0);
    if !conn.is_sqlite() {
        return Ok(LikePostgres { now, deed, session, who, at }.get_result(conn).optional()?);
    }
    match (LikeSqlite { now, deed, session, who, at }).get_result::<DeedId>(conn).optional()? {
        Some(deed) => count_like(conn, deed, 1).map(Some),
        None => Ok(None),
    }
}

/// Takes a like back; returns the new count, or none if there was no like.
pub fn unlike(conn: &mut Db, deed: DeedId, who: IdentityId) -> Result<Option<i64>> {
    if diesel::delete(likes::table.find((uid(deed), uid(who)))).execute(conn)? == 0 {
        return Ok(None);
    }
    count_like(conn, deed, -1).map(Some)
}

fn count_like(conn: &mut Db, deed: DeedId, by: i64) -> Result<i64> {
    let count = CountLike { by, deed }.get_result(conn)?;
    Mark { deed }.execute(conn)?;
    Ok(count)
}

/// Which of these deeds somebody likes.
pub fn liked_among(conn: &mut Db, who: IdentityId, deeds: &[DeedId]) -> Result<Vec<DeedId>> {
    let query = likes::table
        .filter(likes::identity_id.eq(uid(who)))
        .filter(likes::deed_id.eq_any(deeds.iter().copied().map(uid)));
    Ok(query.select(likes::deed_id).load(conn)?)
}

stmt! { CountShare { deed: DeedId => Uid } -> BigInt =
"UPDATE deeds SET share_count = share_count + 1 WHERE id = ? RETURNING share_count" }

/// Counts a share, once per person; returns the new count, or none if it was counted before.
pub fn share(conn: &mut Db, deed: DeedId, who: IdentityId, now: Ts) -> Result<Option<i64>> {
    let row = (shares::deed_id.eq(uid(deed)), shares::identity_id.eq(uid(who)), shares::created_at.eq(now.0));
    let insert = diesel::insert_into(shares::table)
        .values(row)
        .on_conflict((shares::deed_id, shares::identity_id))
        .do_nothing();
    if Both(insert).execute(conn)? == 0 {
        return Ok(None);
    }
    Ok(Some(CountShare { deed }.get_result(conn)?))
}

stmt! { TakeMarks { limit: i64 => BigInt } -> Uid =
"DELETE FROM deed_feed_dirty WHERE deed_id IN (SELECT deed_id FROM deed_feed_dirty ORDER BY deed_id LIMIT ?) RETURNING deed_id" }
stmt! { Refresh { deed: DeedId => Uid, again: DeedId => Uid } -> BigInt =
"UPDATE deed_feed SET likes = (SELECT like_count FROM deeds WHERE id = ?) WHERE deed_id = ?" }

/// Moves changed like counts into the popular order, at most `limit` deeds; returns how many.
pub fn refresh_popular(conn: &mut Db, limit: i64) -> Result<usize> {
    let marked: Vec<DeedId> = TakeMarks { limit }.load(conn)?;
    for deed in &marked {
        Refresh { deed: *deed, again: *deed }.execute(conn)?;
    }
    Ok(marked.len())
}
