//! Messages that WeChat carries: what people agreed to, what they do not want, and an outbox of its own. The database itself writes a message
//! beside an entry of an inbox (see the migration), if its owner has agreed to any.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::Ts;
use domain::ids::{IdentityId, InboxId};

use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::error::Result;
use crate::lists::among;
use crate::schema::{identities, message_credits, message_stops, message_switches, messages};
use crate::{Both, stmt};

/// What somebody agreed to of one template.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Credit {
    /// Who.
    pub identity: IdentityId,
    /// Which template.
    pub template: String,
    /// How many messages the mini-program said they agreed to.
    pub told: i64,
    /// How many WeChat pushed that they agreed to.
    pub pushed: i64,
    /// How many were sent.
    pub spent: i64,
}

impl Credit {
    /// How many messages may still be sent. Both tell of the same taps, so the greater counts.
    pub fn left(&self) -> i64 {
        (self.told.max(self.pushed) - self.spent).max(0)
    }
}

/// Who told that somebody agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The mini-program.
    Told,
    /// WeChat.
    Pushed,
}

stmt! { Told { who: IdentityId => Uid, template: String => Text } -> BigInt =
"INSERT INTO message_credits (identity_id, template, told, pushed, spent) VALUES (?, ?, 1, 0, 0) \
ON CONFLICT (identity_id, template) DO UPDATE SET told = message_credits.told + 1" }
stmt! { Pushed { who: IdentityId => Uid, template: String => Text } -> BigInt =
"INSERT INTO message_credits (identity_id, template, told, pushed, spent) VALUES (?, ?, 0, 1, 0) \
ON CONFLICT (identity_id, template) DO UPDATE SET pushed = message_credits.pushed + 1" }

/// Somebody agreed to one more message of a template.
pub fn agreed(conn: &mut Db, who: IdentityId, template: &str, source: Source) -> Result<()> {
    let template = template.to_owned();
    match source {
        Source::Told => Told { who, template }.execute(conn)?,
        Source::Pushed => Pushed { who, template }.execute(conn)?,
    };
    Ok(())
}

stmt! { UsedUp { who: IdentityId => Uid, template: String => Text } -> BigInt =
"UPDATE message_credits SET spent = CASE WHEN told > pushed THEN told ELSE pushed END WHERE identity_id = ? AND template = ?" }

/// Nothing that somebody agreed to of a template is left: WeChat says so, or they took it back.
pub fn used_up(conn: &mut Db, who: IdentityId, template: &str) -> Result<()> {
    UsedUp { who, template: template.to_owned() }.execute(conn)?;
    Ok(())
}

/// Everything that somebody agreed to.
pub fn credits(conn: &mut Db, who: IdentityId) -> Result<Vec<Credit>> {
    let query = message_credits::table.filter(message_credits::identity_id.eq(uid(who)));
    Ok(query.order(message_credits::template).load(conn)?)
}

/// The kinds of which somebody wants no message.
pub fn switches(conn: &mut Db, who: IdentityId) -> Result<Vec<String>> {
    let query = message_switches::table.filter(message_switches::identity_id.eq(uid(who)));
    Ok(query.order(message_switches::kind).select(message_switches::kind).load(conn)?)
}

/// Sets the kinds of which somebody wants no message.
pub fn set_switches(conn: &mut Db, who: IdentityId, off: &[&'static str]) -> Result<()> {
    let own = message_switches::table.filter(message_switches::identity_id.eq(uid(who)));
    diesel::delete(own.filter(message_switches::kind.ne_all(off))).execute(conn)?;
    for kind in off {
        let row = (message_switches::identity_id.eq(uid(who)), message_switches::kind.eq(*kind));
        Both(diesel::insert_into(message_switches::table).values(row).on_conflict_do_nothing())
            .execute(conn)?;
    }
    Ok(())
}

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its id, which is the inbox entry's.
    pub id: InboxId,
    /// To whom.
    pub identity: IdentityId,
    /// The kind's word.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When it was written, in microseconds.
    pub created_at: i64,
}

stmt! { Lost { now: i64 => BigInt } -> BigInt =
"UPDATE messages SET state = 'unknown' WHERE state IN ('waiting', 'sending') AND state = 'sending' AND due_at <= ?" }
stmt! { Next { now: i64 => BigInt, before: i64 => BigInt, limit: i64 => BigInt } -> (Uid, Uid, Text, diesel::sql_types::Integer, BigInt) =
"SELECT m.id, m.identity_id, m.kind, m.attempts, m.created_at FROM messages m \
WHERE m.state IN ('waiting', 'sending') AND m.state = 'waiting' AND m.due_at <= ? \
AND NOT EXISTS (SELECT 1 FROM messages o WHERE o.identity_id = m.identity_id AND o.state = 'sending') \
AND NOT EXISTS (SELECT 1 FROM messages e WHERE e.identity_id = m.identity_id AND e.state = 'waiting' AND e.due_at <= ? \
  AND (e.due_at, e.id) < (m.due_at, m.id)) \
ORDER BY m.due_at, m.id LIMIT ?" }

/// Messages to send, the oldest first, one to a person, and none to somebody to whom one is on its way. One that was given to WeChat, and whose answer nobody
/// lived to see, is counted as lost: it may have arrived.
pub fn due(conn: &mut Db, now: Ts, limit: i64) -> Result<Vec<Due>> {
    Lost { now: now.0 }.execute(conn)?;
    let rows: Vec<(InboxId, IdentityId, String, i32, i64)> =
        Next { now: now.0, before: now.0, limit }.load(conn)?;
    let due = |(id, identity, kind, attempts, created_at)| Due { id, identity, kind, attempts, created_at };
    Ok(rows.into_iter().map(due).collect())
}

/// A message is given to WeChat now; what is not heard of until then is lost. `false` if somebody else took it.
pub fn sending(conn: &mut Db, id: InboxId, template: &str, until: Ts) -> Result<bool> {
    let waiting = messages::table.filter(messages::id.eq(uid(id))).filter(messages::state.eq("waiting"));
    let set = (
        messages::state.eq("sending"),
        messages::template.eq(Some(template)),
        messages::attempts.eq(messages::attempts + 1),
        messages::due_at.eq(until.0),
    );
    Ok(diesel::update(waiting).set(set).execute(conn)? == 1)
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// WeChat took it.
    Sent,
    /// It may have arrived: it is not sent again.
    Unknown,
    /// It will not be sent: by WeChat's word, with its number, or because the person wants none.
    Refused(Option<i64>),
    /// It was not sent, and is due again then.
    Later(Ts),
}

stmt! { Spend { who: IdentityId => Uid, template: String => Text } -> BigInt =
"UPDATE message_credits SET spent = spent + 1 WHERE identity_id = ? AND template = ?" }

/// Notes what became of a message.
pub fn settle(conn: &mut Db, id: InboxId, outcome: Outcome) -> Result<()> {
    let row = messages::table.find(uid(id));
    match outcome {
        Outcome::Sent => diesel::update(row).set(messages::state.eq("sent")).execute(conn)?,
        Outcome::Unknown => diesel::update(row).set(messages::state.eq("unknown")).execute(conn)?,
        Outcome::Refused(errcode) => diesel::update(row)
            .set((messages::state.eq("refused"), messages::errcode.eq(errcode)))
            .execute(conn)?,
        Outcome::Later(due) => diesel::update(row)
            .set((messages::state.eq("waiting"), messages::due_at.eq(due.0)))
            .execute(conn)?,
    };
    Ok(())
}

/// One of the messages that somebody agreed to is spent.
pub fn spend(conn: &mut Db, who: IdentityId, template: &str) -> Result<()> {
    Spend { who, template: template.to_owned() }.execute(conn)?;
    Ok(())
}

/// Until when no message is sent by a template, if it is stopped.
pub fn stopped(conn: &mut Db, template: &str, now: Ts) -> Result<Option<Ts>> {
    let row = message_stops::table.find(template).filter(message_stops::until.gt(now.0));
    let until: Option<i64> = row.select(message_stops::until).first(conn).optional()?;
    Ok(until.map(Ts))
}

/// Stops a template until then.
pub fn stop(conn: &mut Db, template: &str, errcode: i64, until: Ts) -> Result<()> {
    let set = (message_stops::errcode.eq(errcode), message_stops::until.eq(until.0));
    let insert = diesel::insert_into(message_stops::table)
        .values((message_stops::template.eq(template), set))
        .on_conflict(message_stops::template)
        .do_update()
        .set(set);
    Both(insert).execute(conn)?;
    Ok(())
}

/// The openid of a person and everything that decides on a message to them.
pub fn openid(conn: &mut Db, who: IdentityId) -> Result<Option<String>> {
    let row = identities::table.filter(identities::id.eq(uid(who))).filter(identities::provider.eq("wechat"));
    Ok(row.select(identities::subject).first(conn).optional()?)
}

/// The messages of a person, newest first, with what became of them.
pub fn of(conn: &mut Db, who: IdentityId, limit: i64) -> Result<Vec<(InboxId, String, String)>> {
    let query = messages::table.filter(messages::identity_id.eq(uid(who))).order(messages::id.desc());
    Ok(query.select((messages::id, messages::kind, messages::state)).limit(limit).load(conn)?)
}

/// Deletes messages that were written before `before`, at most `limit`.
pub fn purge(conn: &mut Db, before: Ts, limit: i64) -> Result<usize> {
    let old: Vec<InboxId> = messages::table
        .filter(messages::created_at.lt(before.0))
        .order(messages::created_at)
        .select(messages::id)
        .limit(limit)
        .load(conn)?;
    if old.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(messages::table.filter(among(messages::id, old))).execute(conn)?)
}
