//! Messages that WeChat pushed: kept once, however often they are sent, and worked off afterwards.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use domain::Ts;
use domain::ids::PushId;

use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::error::Result;
use crate::lists::among;
use crate::schema::pushes;
use crate::{Both, stmt};

/// A push to work off.
#[derive(Clone, PartialEq, Eq)]
pub struct Push {
    /// Its id.
    pub id: PushId,
    /// What it says, as JSON.
    pub body: String,
    /// When it came, in microseconds.
    pub received_at: i64,
    /// How often it was tried.
    pub attempts: i32,
}

/// It names people.
impl std::fmt::Debug for Push {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Push").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// What it asks for was done.
    Done,
    /// What it is about was never heard of.
    Unmatched,
    /// Nothing is to be done about it.
    Unknown,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unmatched => "unmatched",
            Self::Unknown => "unknown",
        }
    }
}

/// A push that came.
#[derive(Clone, Copy)]
pub struct New<'a> {
    /// A hash that is equal for the same push, however often it is sent.
    pub identity: &'a [u8],
    /// The name of the event, or the kind of the message.
    pub event: &'a str,
    /// Whose openid it names.
    pub sender: &'a str,
    /// What it says, as JSON.
    pub body: &'a str,
}

/// It names people.
impl std::fmt::Debug for New<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("New").field("event", &self.event).finish_non_exhaustive()
    }
}

/// Keeps a push; `false` if it is kept already.
pub fn keep(conn: &mut Db, new: &New<'_>, now: Ts) -> Result<bool> {
    let row = (
        pushes::id.eq(uid(PushId::new())),
        pushes::identity.eq(new.identity),
        pushes::event.eq(new.event),
        pushes::sender.eq(new.sender),
        pushes::body.eq(new.body),
        pushes::state.eq("waiting"),
        pushes::due_at.eq(now.0),
        pushes::attempts.eq(0),
        pushes::received_at.eq(now.0),
    );
    let insert = diesel::insert_into(pushes::table).values(row).on_conflict(pushes::identity).do_nothing();
    Ok(Both(insert).execute(conn)? == 1)
}

// The state stands in the text, because the index of what waits is for that state alone.
stmt! { Waiting { now: i64 => BigInt, limit: i64 => BigInt } -> (Uid, Text, BigInt, Integer) =
"SELECT id, body, received_at, attempts FROM pushes WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at, id LIMIT ?" }
stmt! { Settle { state: &'static str => Text, id: PushId => Uid } -> Uid =
"UPDATE pushes SET state = ?, sender = '', body = '{}' WHERE id = ? AND state = 'waiting'" }
stmt! { Leave { id: PushId => Uid } -> Uid = "UPDATE pushes SET state = 'unknown' WHERE id = ? AND state = 'waiting'" }
stmt! { Forget { sender: String => Text } -> Uid =
"UPDATE pushes SET state = 'done', sender = '', body = '{}' WHERE sender <> '' AND sender = ?" }

/// Pushes to work off, the oldest first. One process works them off at a time, and whatever they ask for is safe to repeat.
pub fn due(conn: &mut Db, now: Ts, limit: i64) -> Result<Vec<Push>> {
    let rows: Vec<(PushId, String, i64, i32)> = Waiting { now: now.0, limit }.load(conn)?;
    let push = |(id, body, received_at, attempts)| Push { id, body, received_at, attempts };
    Ok(rows.into_iter().map(push).collect())
}

/// Notes what became of a push; `false` if somebody else has. What it said is not needed any more, unless nobody knows yet what to do about
/// it.
pub fn settle(conn: &mut Db, id: PushId, outcome: Outcome) -> Result<bool> {
    let settled = match outcome {
        Outcome::Unknown => Leave { id }.execute(conn)?,
        done => Settle { state: done.word(), id }.execute(conn)?,
    };
    Ok(settled == 1)
}

/// Empties every push that names this openid.
pub fn forget(conn: &mut Db, sender: &str) -> Result<()> {
    Forget { sender: sender.to_owned() }.execute(conn)?;
    Ok(())
}

/// Puts a push off.
pub fn later(conn: &mut Db, id: PushId, due: Ts) -> Result<()> {
    let set = (pushes::due_at.eq(due.0), pushes::attempts.eq(pushes::attempts + 1));
    diesel::update(pushes::table.find(uid(id))).set(set).execute(conn)?;
    Ok(())
}

/// Deletes pushes that came before `before` and wait no more, at most `limit`.
pub fn purge(conn: &mut Db, before: Ts, limit: i64) -> Result<usize> {
    let old: Vec<PushId> = pushes::table
        .filter(pushes::received_at.lt(before.0))
        .filter(pushes::state.ne("waiting"))
        .order(pushes::received_at)
        .select(pushes::id)
        .limit(limit)
        .load(conn)?;
    if old.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(pushes::table.filter(among(pushes::id, old))).execute(conn)?)
}
