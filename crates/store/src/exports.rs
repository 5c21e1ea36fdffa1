//! Copies of a person's own data: the rows that say which were asked for, and the data itself, kind by kind and page by page.

mod kinds;
mod page;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::Ts;
use domain::ids::{DeedId, ExportId, IdentityId, PictureId, ResidentId};

use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::error::Result;
use crate::schema::{deeds, exports, pictures};
use crate::stmt;

pub use kinds::{KINDS, Kind, Whose};
pub use page::{PAGE, Record, page};

/// A copy as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// Whose data.
    pub identity: IdentityId,
    /// `asked`, `ready`, `failed` or `expired`.
    pub state: String,
    /// How large the file is.
    pub bytes: Option<i64>,
    /// When it was asked for, in microseconds.
    pub created_at: i64,
    /// When it was ready, in microseconds.
    pub ready_at: Option<i64>,
    /// Until when it can be fetched, in microseconds.
    pub expires_at: Option<i64>,
}

stmt! { Insert { id: ExportId => Uid, who: IdentityId => Uid, now: i64 => BigInt } -> Uid =
"INSERT INTO exports (id, identity_id, state, created_at) VALUES (?, ?, 'asked', ?) ON CONFLICT (identity_id) WHERE state = 'asked' DO NOTHING" }

/// Writes down that a copy is asked for; `false` if one is being made already.
pub fn insert(conn: &mut Db, id: ExportId, who: IdentityId, now: Ts) -> Result<bool> {
    Ok(Insert { id, who, now: now.0 }.execute(conn)? == 1)
}

/// One copy.
pub fn find(conn: &mut Db, id: ExportId) -> Result<Option<Export>> {
    Ok(exports::table.find(uid(id)).first(conn).optional()?)
}

/// A person's copies, newest first, before one.
pub fn of_identity(
    conn: &mut Db,
    who: IdentityId,
    before: Option<ExportId>,
    limit: u32,
) -> Result<Vec<Export>> {
    let mut query = exports::table.filter(exports::identity_id.eq(uid(who))).into_boxed();
    if let Some(before) = before {
        query = query.filter(exports::id.lt(uid(before)));
    }
    Ok(query.order(exports::id.desc()).limit(i64::from(limit)).load(conn)?)
}

/// A copy is ready; `false` if it is not waited for any more, because its person is gone.
pub fn ready(conn: &mut Db, id: ExportId, bytes: i64, expires_at: Ts, now: Ts) -> Result<bool> {
    let asked = exports::table.filter(exports::id.eq(uid(id))).filter(exports::state.eq("asked"));
    let set = (
        exports::state.eq("ready"),
        exports::bytes.eq(Some(bytes)),
        exports::ready_at.eq(Some(now.0)),
        exports::expires_at.eq(Some(expires_at.0)),
    );
    Ok(diesel::update(asked).set(set).execute(conn)? == 1)
}

/// A copy cannot be made.
pub fn fail(conn: &mut Db, id: ExportId) -> Result<()> {
    let asked = exports::table.filter(exports::id.eq(uid(id))).filter(exports::state.eq("asked"));
    diesel::update(asked).set(exports::state.eq("failed")).execute(conn)?;
    Ok(())
}

stmt! { Expire { now: i64 => BigInt, limit: i64 => BigInt } -> Uid =
"UPDATE exports SET state = 'expired' WHERE id IN \
(SELECT id FROM exports WHERE state = 'ready' AND expires_at <= ? ORDER BY expires_at LIMIT ?) RETURNING id" }

/// Ends copies whose time is over, at most `limit`; returns which, whose files are to go.
pub fn expire(conn: &mut Db, now: Ts, limit: i64) -> Result<Vec<ExportId>> {
    Ok(Expire { now: now.0, limit }.load(conn)?)
}

stmt! { Purge { before: i64 => BigInt, limit: i64 => BigInt } -> Uid =
"DELETE FROM exports WHERE id IN (SELECT id FROM exports WHERE created_at < ? ORDER BY created_at LIMIT ?) AND state IN ('failed', 'expired')" }

/// Deletes rows of copies that ended and were asked for before `before`, at most `limit`.
pub fn purge(conn: &mut Db, before: Ts, limit: i64) -> Result<usize> {
    Ok(Purge { before: before.0, limit }.execute(conn)?)
}

/// A picture of an own deed: its id, its hash, the deed.
pub type OwnPicture = (PictureId, String, DeedId);

/// The pictures of a resident's deeds after one, in the order of their ids.
pub fn pictures(
    conn: &mut Db,
    resident: ResidentId,
    after: Option<PictureId>,
    limit: i64,
) -> Result<Vec<OwnPicture>> {
    let mut query = pictures::table
        .inner_join(deeds::table.on(deeds::id.nullable().eq(pictures::deed_id)))
        .filter(deeds::resident_id.assume_not_null().eq(uid(resident)))
        .select((pictures::id, pictures::hash, deeds::id))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(pictures::id.gt(uid(after)));
    }
    Ok(query.order(pictures::id).limit(limit).load(conn)?)
}
