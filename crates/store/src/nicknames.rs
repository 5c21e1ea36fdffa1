//! Nicknames that wait for a decision: the check was in doubt, or failed. A person has one of them at a time.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::ids::{IdentityId, NicknameId, ResidentId, UnitId};
use domain::{Code, Ts};

use crate::adapters::{Both, uid};
use crate::db::Db;
use crate::error::Result;
use crate::lists::among;
use crate::schema::{identities, nickname_proposals as proposals, resident_names, residents};

/// A nickname that somebody wants.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Proposal {
    /// Its id.
    pub id: NicknameId,
    /// Whose.
    pub identity: IdentityId,
    /// The nickname.
    pub nickname: String,
    /// Why it was refused; none while it waits.
    pub reason: Option<String>,
    /// When it was handed in, in microseconds.
    pub created_at: i64,
}

impl std::fmt::Debug for Proposal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proposal").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Adds one; an earlier one of the person has to be gone.
pub fn insert(conn: &mut Db, id: NicknameId, identity: IdentityId, nickname: &str, now: Ts) -> Result<()> {
    let row = (
        proposals::id.eq(uid(id)),
        proposals::identity_id.eq(uid(identity)),
        proposals::nickname.eq(nickname),
        proposals::created_at.eq(now.0),
    );
    let insert =
        diesel::insert_into(proposals::table).values(row).on_conflict(proposals::identity_id).do_nothing();
    // Somebody who wants two at once is asked to say it again.
    if Both(insert).execute(conn)? == 1 { Ok(()) } else { Err(Code::Busy.into()) }
}

/// What a person wants to be called and is not yet.
pub fn of(conn: &mut Db, identity: IdentityId) -> Result<Option<Proposal>> {
    Ok(proposals::table.filter(proposals::identity_id.eq(uid(identity))).first(conn).optional()?)
}

/// One of them.
pub fn find(conn: &mut Db, id: NicknameId) -> Result<Option<Proposal>> {
    Ok(proposals::table.find(uid(id)).first(conn).optional()?)
}

/// Some of them.
pub fn by_ids(conn: &mut Db, ids: &[NicknameId]) -> Result<Vec<Proposal>> {
    Ok(proposals::table.filter(among(proposals::id, ids.iter().copied())).load(conn)?)
}

/// Refuses one that waits, with the reason; `false` if it waits no more.
pub fn refuse(conn: &mut Db, id: NicknameId, reason: &str) -> Result<bool> {
    let waiting = proposals::table.filter(proposals::id.eq(uid(id))).filter(proposals::reason.is_null());
    Ok(diesel::update(waiting).set(proposals::reason.eq(Some(reason))).execute(conn)? == 1)
}

/// Takes one away, decided or replaced; `false` if it is gone.
pub fn delete(conn: &mut Db, id: NicknameId) -> Result<bool> {
    Ok(diesel::delete(proposals::table.find(uid(id))).execute(conn)? == 1)
}

/// The resident that a person is, and where that resident lives; none for a guest.
pub fn home(conn: &mut Db, identity: IdentityId) -> Result<Option<(ResidentId, UnitId)>> {
    let query = identities::table
        .inner_join(residents::table.on(residents::id.nullable().eq(identities::resident_id)))
        .filter(identities::id.eq(uid(identity)))
        .select((residents::id, residents::unit_id));
    Ok(query.first(conn).optional()?)
}

/// What somebody is called as a guest, and as a resident, if they are one.
type Called = (IdentityId, Option<String>, Option<String>, Option<ResidentId>);

/// What these people are called now: as residents, or as guests.
pub fn current(conn: &mut Db, people: &[IdentityId]) -> Result<HashMap<IdentityId, Option<String>>> {
    let rows: Vec<Called> = identities::table
        .left_join(
            resident_names::table.on(resident_names::resident_id.nullable().eq(identities::resident_id)),
        )
        .filter(among(identities::id, people.iter().copied()))
        .select((
            identities::id,
            identities::nickname,
            resident_names::nickname.nullable(),
            identities::resident_id,
        ))
        .load(conn)?;
    let called = |(id, guest, resident, is): Called| (id, if is.is_some() { resident } else { guest });
    Ok(rows.into_iter().map(called).collect())
}
