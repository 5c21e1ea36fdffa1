//! The feed: published deeds, once per unit above them and in each of two orders, so that the feed of any subtree is one index range.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};
use domain::ids::{DeedId, UnitId};

use crate::adapters::{AnyId, Uid, together, uid};
use crate::db::Db;
use crate::deeds::Card;
use crate::error::Result;
use crate::schema::{deed_feed, deed_feed_dirty, deed_popularity};
use crate::{pg_stmt, stmt};

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
    ($table:literal, $key:literal, $section:literal) => {
        concat!(
            "SELECT d.id, d.identity_id, d.resident_id, d.household_id, d.unit_id, u.name, d.section, d.title, \
             substr(d.body, 1, 161), d.day_of_act, d.item_id, d.quantity, d.state, d.reason, d.like_count, \
             d.comment_count, d.share_count, d.created_at, d.published_at, r.unit_id, COALESCE(r.hidden, FALSE), n.name, n.nickname, \
             c.merit, d.event_id, f.place \
             FROM (SELECT deed_id, ",
            $key,
            " AS place FROM ",
            $table,
            " WHERE unit_id = ?",
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
feed!("deed_feed", "published_at", "") }
stmt! { Popular { unit: UnitId => Uid, key: i64 => BigInt, deed: AnyId => Uid, limit: i64 => BigInt } -> CardSql =
feed!("deed_popularity", "likes", "") }
stmt! { LatestOf { unit: UnitId => Uid, section: String => Text, key: i64 => BigInt, deed: AnyId => Uid, limit: i64 => BigInt }
-> CardSql = feed!("deed_feed", "published_at", " AND section = ?") }
stmt! { PopularOf { unit: UnitId => Uid, section: String => Text, key: i64 => BigInt, deed: AnyId => Uid, limit: i64 => BigInt }
-> CardSql = feed!("deed_popularity", "likes", " AND section = ?") }

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
"INSERT INTO deed_feed (unit_id, deed_id, section, published_at) \
SELECT p.ancestor_id, d.id, d.section, d.published_at FROM deeds d \
JOIN unit_paths p ON p.unit_id = d.unit_id WHERE d.id = ? AND d.published_at IS NOT NULL" }
stmt! { ShowPopular { deed: DeedId => Uid } -> BigInt =
"INSERT INTO deed_popularity (deed_id, unit_id, section, likes) \
SELECT d.id, p.ancestor_id, d.section, d.like_count FROM deeds d \
JOIN unit_paths p ON p.unit_id = d.unit_id WHERE d.id = ? AND d.published_at IS NOT NULL" }

/// Puts a published deed into the feeds of its unit and every unit above.
pub fn show(conn: &mut Db, deed: DeedId) -> Result<()> {
    together(conn, Show { deed }, ShowPopular { deed })?;
    Ok(())
}

/// Takes a deed out of every feed.
pub fn hide(conn: &mut Db, deed: DeedId) -> Result<()> {
    // The mark before the rows, as `refresh_popular` goes, so that the two wait for each other and not in a circle.
    diesel::delete(deed_feed_dirty::table.find(uid(deed))).execute(conn)?;
    diesel::delete(deed_feed::table.filter(deed_feed::deed_id.eq(uid(deed)))).execute(conn)?;
    diesel::delete(deed_popularity::table.filter(deed_popularity::deed_id.eq(uid(deed)))).execute(conn)?;
    Ok(())
}

stmt! { TakeMarks { limit: i64 => BigInt } -> Uid =
"DELETE FROM deed_feed_dirty WHERE deed_id IN (SELECT deed_id FROM deed_feed_dirty ORDER BY deed_id LIMIT ?) RETURNING deed_id" }
stmt! { Refresh { deed: DeedId => Uid, again: DeedId => Uid } -> BigInt =
"UPDATE deed_popularity SET likes = (SELECT like_count FROM deeds WHERE id = ?) WHERE deed_id = ?" }

// A statement of its own after the marks were taken, so that it sees what the likes that held them have counted.
pg_stmt! { RefreshAll { deeds: Vec<DeedId> => Array<Uid> } -> BigInt =
"UPDATE deed_popularity p SET likes = d.like_count FROM deeds d WHERE d.id = ANY (?) AND p.deed_id = d.id AND p.likes <> d.like_count" }

/// Moves changed like counts into the popular order, at most `limit` deeds; returns how many. Who likes one of them waits for the end of the
/// transaction, so that many are better done in several.
pub fn refresh_popular(conn: &mut Db, limit: i64) -> Result<usize> {
    let marked: Vec<DeedId> = TakeMarks { limit }.load(conn)?;
    let many = marked.len();
    match conn {
        Db::Pg(pg) => {
            RefreshAll { deeds: marked }.execute(pg)?;
        }
        Db::Sqlite(_) => {
            for deed in marked {
                Refresh { deed, again: deed }.execute(conn)?;
            }
        }
    }
    Ok(many)
}
