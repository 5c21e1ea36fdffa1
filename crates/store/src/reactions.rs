//! Likes and shares of deeds. Both move counts of the deed, and likes mark it for the popular order of the feed.

mod mine;

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt};
use domain::Ts;
use domain::ids::{DeedId, IdentityId, SessionId};

use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::gather::Gathered;
use crate::handle::Store;
use crate::lists::among;
use crate::schema::{likes, shares};
use crate::{Both, identities, pg_stmt, stmt};

pub(crate) use mine::MineOf;
pub use mine::{Liked, Mine};

/// A like that is to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Like {
    deed: DeedId,
    who: IdentityId,
    session: SessionId,
    at: Ts,
}

// Who likes is read from the session in the same statement, so that who has signed out likes nothing.
stmt! { LikeSqlite { now: i64 => BigInt, deed: DeedId => Uid, session: SessionId => Uid, who: IdentityId => Uid, at: i64 => BigInt }
-> Uid =
"INSERT INTO likes (deed_id, identity_id, created_at) SELECT d.id, i.id, ? FROM deeds d, sessions s \
JOIN identities i ON i.id = s.principal_id \
WHERE d.id = ? AND s.id = ? AND s.principal_id = ? AND s.principal = 'person' AND s.ended_at IS NULL \
AND s.expires_at > ? AND d.state = 'published' AND d.identity_id <> i.id \
AND (i.resident_id IS NULL OR d.resident_id IS NULL OR i.resident_id <> d.resident_id) \
ON CONFLICT (deed_id, identity_id) DO NOTHING RETURNING deed_id" }
// The likes of a batch, their counts (a deed that many like is changed once) and their marks, in one round trip that is a transaction by
// itself. Deeds are locked in the order of their ids, so that two batches wait for each other and not in a circle.
pg_stmt! { LikesPostgres { deeds: Vec<DeedId> => Array<Uid>, sessions: Vec<SessionId> => Array<Uid>, whose: Vec<IdentityId> => Array<Uid>,
    at: Vec<i64> => Array<BigInt> } -> (Uid, Uid, BigInt) =
"WITH asked AS (SELECT * FROM unnest(?, ?, ?, ?) AS a (deed, session, who, at)), \
locked AS MATERIALIZED (SELECT d.id, d.identity_id, d.resident_id FROM deeds d \
  WHERE d.id IN (SELECT deed FROM asked) AND d.state = 'published' ORDER BY d.id FOR NO KEY UPDATE), \
liked AS (INSERT INTO likes (deed_id, identity_id, created_at) SELECT d.id, i.id, a.at FROM asked a JOIN locked d ON d.id = a.deed \
  JOIN sessions s ON s.id = a.session JOIN identities i ON i.id = s.principal_id \
  WHERE s.principal_id = a.who AND s.principal = 'person' AND s.ended_at IS NULL AND s.expires_at > a.at AND d.identity_id <> i.id \
  AND (i.resident_id IS NULL OR d.resident_id IS NULL OR i.resident_id <> d.resident_id) \
  ON CONFLICT (deed_id, identity_id) DO NOTHING RETURNING deed_id, identity_id), \
sums AS (SELECT deed_id, count(*) AS many FROM liked GROUP BY deed_id), \
counted AS (UPDATE deeds d SET like_count = like_count + s.many FROM sums s WHERE d.id = s.deed_id RETURNING d.id, d.like_count), \
marked AS (INSERT INTO deed_feed_dirty (deed_id) SELECT deed_id FROM sums ORDER BY deed_id \
  ON CONFLICT (deed_id) DO UPDATE SET deed_id = excluded.deed_id) \
SELECT l.deed_id, l.identity_id, c.like_count FROM liked l JOIN counted c ON c.id = l.deed_id" }
stmt! { CountLike { by: i64 => BigInt, deed: DeedId => Uid } -> BigInt =
"UPDATE deeds SET like_count = like_count + ? WHERE id = ? RETURNING like_count" }
// An update and not "do nothing": it holds the mark until the commit, so that a refresh that reads the count cannot pass it by.
stmt! { Mark { deed: DeedId => Uid } -> BigInt =
"INSERT INTO deed_feed_dirty (deed_id) VALUES (?) ON CONFLICT (deed_id) DO UPDATE SET deed_id = excluded.deed_id" }

impl Gathered for Like {
    type Answer = Option<i64>;
    const ONE_STATEMENT: bool = true;

    fn marks(&self) -> Vec<String> {
        Vec::new()
    }

    fn write(conn: &mut Db, batch: &[Self], _now: Ts) -> Result<Vec<Option<i64>>> {
        let Db::Pg(pg) = conn else { return Err(Error::corrupt("likes are gathered on PostgreSQL only")) };
        let statement = LikesPostgres {
            deeds: batch.iter().map(|like| like.deed).collect(),
            sessions: batch.iter().map(|like| like.session).collect(),
            whose: batch.iter().map(|like| like.who).collect(),
            at: batch.iter().map(|like| like.at.0).collect(),
        };
        let rows: Vec<(DeedId, IdentityId, i64)> = statement.load(pg)?;
        // The statement tells what a deed's count is after all of them; each is told what it is after the own one.
        let (mut counts, mut told) = (HashMap::new(), HashMap::<DeedId, i64>::new());
        for (deed, who, count) in rows {
            let later = told.entry(deed).or_default();
            counts.insert((deed, who), count - *later);
            *later += 1;
        }
        Ok(batch.iter().map(|like| counts.get(&(like.deed, like.who)).copied()).collect())
    }
}

fn like_alone(conn: &mut Db, Like { deed, who, session, at: Ts(now) }: Like) -> Result<Option<i64>> {
    match (LikeSqlite { now, deed, session, who, at: now }).get_result::<DeedId>(conn).optional()? {
        Some(deed) => count_like(conn, deed, 1).map(Some),
        None => Ok(None),
    }
}

impl Store {
    /// Likes a published deed of somebody else's, by a live session of this person; returns the new count, or none if nothing changed: it
    /// was liked before, or it cannot be. On both engines it is written with the likes of others.
    pub async fn like(&self, deed: DeedId, who: IdentityId, session: SessionId) -> Result<Option<i64>> {
        let like = Like { deed, who, session, at: self.now() };
        if !self.gathers() {
            return self.write_quietly(move |conn| like_alone(conn, like)).await;
        }
        match self.gather(&self.at_once.likes, like).await {
            Some(counted) => Ok(counted),
            // The batch failed; by itself it hears its own error.
            None => {
                let alone = move |conn: &mut Db| Ok(Like::write(conn, &[like], like.at)?.pop().flatten());
                self.write_quietly(alone).await
            }
        }
    }
}

/// Takes a like back; returns the new count, or none if there was no like.
pub fn unlike(conn: &mut Db, deed: DeedId, who: IdentityId, now: Ts) -> Result<Option<i64>> {
    if diesel::delete(likes::table.find((uid(deed), uid(who)))).execute(conn)? == 0 {
        return Ok(None);
    }
    identities::wrote(conn, who, now)?;
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
        .filter(among(likes::deed_id, deeds.iter().copied()));
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
    identities::wrote(conn, who, now)?;
    Ok(Some(CountShare { deed }.get_result(conn)?))
}
