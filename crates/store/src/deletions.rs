//! Deletions of accounts: asked for, running, done. A row holds ids only and stays when the account is gone.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use domain::Ts;
use domain::erasure::{Posts, Why};
use domain::ids::{DeletionId, IdentityId, ResidentId};

use crate::adapters::{AnyId, Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::schema::deletions;
use crate::stmt;

/// A deletion as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Deletion {
    /// Its id.
    pub id: DeletionId,
    /// Whose account.
    pub identity: IdentityId,
    /// The resident that the person was.
    pub resident: Option<ResidentId>,
    /// What becomes of posts, as its word.
    pub posts: String,
    /// Why, as its word.
    pub why: String,
    /// `waiting`, `running`, `done` or `cancelled`.
    pub state: String,
    /// The next of the steps.
    pub step: i32,
    /// When it was asked for, in microseconds.
    pub asked_at: i64,
    /// When it begins, in microseconds.
    pub due_at: i64,
    /// When it was done, in microseconds.
    pub done_at: Option<i64>,
    /// When the places were overwritten in which the deleted rows had lain, in microseconds.
    pub cleansed_at: Option<i64>,
}

impl Deletion {
    /// What becomes of posts.
    pub fn posts(&self) -> Result<Posts> {
        Posts::from_word(&self.posts).ok_or_else(|| Error::corrupt("a deletion of no choice"))
    }
}

/// A deletion that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewDeletion {
    /// Its id.
    pub id: DeletionId,
    /// Whose account.
    pub identity: IdentityId,
    /// The resident that the person is.
    pub resident: Option<ResidentId>,
    /// What becomes of posts.
    pub posts: Posts,
    /// Why.
    pub why: Why,
    /// When it begins.
    pub due_at: Ts,
}

stmt! { Insert { id: DeletionId => Uid, identity: IdentityId => Uid, resident: Option<AnyId> => Nullable<Uid>, posts: &'static str => Text,
why: &'static str => Text, now: i64 => BigInt, due: i64 => BigInt } -> Uid =
"INSERT INTO deletions (id, identity_id, resident_id, posts, why, state, step, asked_at, due_at) VALUES (?, ?, ?, ?, ?, 'waiting', 0, ?, ?) \
ON CONFLICT (identity_id) WHERE state IN ('waiting', 'running') DO NOTHING" }

/// Writes down that a deletion is asked for; `false` if one waits or runs already.
pub fn insert(conn: &mut Db, new: &NewDeletion, now: Ts) -> Result<bool> {
    let statement = Insert {
        id: new.id,
        identity: new.identity,
        resident: new.resident.map(uid),
        posts: new.posts.word(),
        why: new.why.word(),
        now: now.0,
        due: new.due_at.0,
    };
    Ok(statement.execute(conn)? == 1)
}

/// One deletion.
pub fn find(conn: &mut Db, id: DeletionId) -> Result<Option<Deletion>> {
    Ok(deletions::table.find(uid(id)).first(conn).optional()?)
}

// The states stand in the text, because the index is for them alone.
stmt! { Open { who: IdentityId => Uid } -> Uid = "SELECT id FROM deletions WHERE identity_id = ? AND state IN ('waiting', 'running')" }

/// The deletion of an account that waits or runs.
pub fn open(conn: &mut Db, who: IdentityId) -> Result<Option<Deletion>> {
    let found: Option<DeletionId> = Open { who }.get_result(conn).optional()?;
    match found {
        Some(id) => find(conn, id),
        None => Ok(None),
    }
}

/// Takes a waiting deletion back; `false` if none waits.
pub fn cancel(conn: &mut Db, who: IdentityId) -> Result<bool> {
    let waiting =
        deletions::table.filter(deletions::identity_id.eq(uid(who))).filter(deletions::state.eq("waiting"));
    Ok(diesel::update(waiting).set(deletions::state.eq("cancelled")).execute(conn)? == 1)
}

/// Lets a waiting deletion begin; `false` if it waits no more. Of many who begin it at once one gets `true`.
pub fn begin(conn: &mut Db, id: DeletionId, why: Why) -> Result<bool> {
    let waiting = deletions::table.filter(deletions::id.eq(uid(id))).filter(deletions::state.eq("waiting"));
    let set = (deletions::state.eq("running"), deletions::why.eq(why.word()));
    Ok(diesel::update(waiting).set(set).execute(conn)? == 1)
}

stmt! { Advance { to: i32 => Integer, id: DeletionId => Uid, from: i32 => Integer } -> Uid =
"UPDATE deletions SET step = ? WHERE id = ? AND step = ? AND state = 'running'" }

/// A running deletion has done a step; nothing happens if somebody else was faster.
pub fn advance(conn: &mut Db, id: DeletionId, from: i32, to: i32) -> Result<()> {
    Advance { to, id, from }.execute(conn)?;
    Ok(())
}

/// A running deletion is done.
pub fn finish(conn: &mut Db, id: DeletionId, now: Ts) -> Result<()> {
    let running = deletions::table.filter(deletions::id.eq(uid(id))).filter(deletions::state.eq("running"));
    let set = (deletions::state.eq("done"), deletions::done_at.eq(Some(now.0)));
    diesel::update(running).set(set).execute(conn)?;
    Ok(())
}

stmt! { Uncleansed { before: i64 => BigInt } -> BigInt =
"SELECT done_at FROM deletions WHERE state = 'done' AND cleansed_at IS NULL AND done_at < ? ORDER BY done_at LIMIT 1" }

/// Whether any deletion that was done before this moment left places that were not overwritten since.
pub fn has_uncleansed(conn: &mut Db, before: Ts) -> Result<bool> {
    Ok((Uncleansed { before: before.0 }).get_result::<i64>(conn).optional()?.is_some())
}

/// What was deleted before this moment has been overwritten.
pub fn cleansed(conn: &mut Db, before: Ts, now: Ts) -> Result<()> {
    let left = deletions::table
        .filter(deletions::state.eq("done"))
        .filter(deletions::cleansed_at.is_null())
        .filter(deletions::done_at.assume_not_null().lt(before.0));
    diesel::update(left).set(deletions::cleansed_at.eq(Some(now.0))).execute(conn)?;
    Ok(())
}
