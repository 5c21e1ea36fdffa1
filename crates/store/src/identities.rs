//! Identities: ways to sign in, with the resident they belong to, if any.

use diesel::prelude::*;
use domain::Ts;
use domain::ids::{IdentityId, ResidentId};

use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::schema::identities;
use crate::{Both, stmt};

/// What the subject of a sign-in looks like whose account is being deleted.
pub(crate) const CLOSED: &str = "erased:%";

/// An identity as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// `wechat` or `dev`.
    pub provider: String,
    /// The openid or development name.
    pub subject: String,
    /// The resident; none for a guest.
    pub resident: Option<ResidentId>,
    /// The nickname the person chose.
    pub nickname: Option<String>,
    /// Counts changes.
    pub version: i64,
    /// When it first signed in, in microseconds.
    pub created_at: i64,
    /// When the person last changed something that others see, but for likes, in microseconds; 0 if never.
    pub wrote_at: i64,
}

/// One identity.
pub fn find(conn: &mut Db, id: IdentityId) -> Result<Option<Identity>> {
    Ok(identities::table.find(uid(id)).first(conn).optional()?)
}

/// The identity of a provider's subject.
pub fn by_subject(conn: &mut Db, provider: &str, subject: &str) -> Result<Option<Identity>> {
    let query =
        identities::table.filter(identities::provider.eq(provider)).filter(identities::subject.eq(subject));
    Ok(query.first(conn).optional()?)
}

/// The identity of a provider's subject, made as a guest when it signs in for the first time; two first sign-ins at once make one.
pub fn find_or_create(
    conn: &mut Db,
    provider: &str,
    subject: &str,
    id: IdentityId,
    now: Ts,
) -> Result<Identity> {
    if let Some(found) = by_subject(conn, provider, subject)? {
        return Ok(found);
    }
    let row = (
        identities::id.eq(uid(id)),
        identities::provider.eq(provider),
        identities::subject.eq(subject),
        identities::version.eq(1),
        identities::created_at.eq(now.0),
    );
    let insert = diesel::insert_into(identities::table)
        .values(row)
        .on_conflict((identities::provider, identities::subject))
        .do_nothing();
    Both(insert).execute(conn)?;
    by_subject(conn, provider, subject)?.ok_or_else(|| Error::corrupt("an identity was not made"))
}

/// Links a guest to a resident; `false` when the person is a resident already. Refused: a resident who is linked to another sign-in.
pub fn link(conn: &mut Db, id: IdentityId, resident: ResidentId) -> Result<bool> {
    let guest = identities::table
        .find(uid(id))
        .filter(identities::resident_id.is_null())
        .filter(identities::subject.not_like(CLOSED));
    let set =
        (identities::resident_id.eq(Some(uid(resident))), identities::version.eq(identities::version + 1));
    let linked = diesel::update(guest)
        .set(set)
        .execute(conn)
        .map_err(|e| Error::from(e).unique_as(domain::Code::ResidentLinked))?;
    Ok(linked == 1)
}

stmt! { Remember { resident: ResidentId => Uid } -> Uid =
"INSERT INTO former_residents (identity_id, resident_id) SELECT id, resident_id FROM identities WHERE resident_id = ? \
ON CONFLICT (identity_id, resident_id) DO NOTHING" }

stmt! { Unremember { resident: ResidentId => Uid } -> Uid = "DELETE FROM former_residents WHERE resident_id = ?" }

/// A resident lives here again, or was wrongly somebody's: nobody is this former resident any more.
pub fn not_former(conn: &mut Db, resident: ResidentId) -> Result<()> {
    Unremember { resident }.execute(conn)?;
    Ok(())
}

/// Makes the person of a resident, if one signs in, a guest again. That they were the same is kept until the person is forgotten, because
/// the former resident is forgotten then, too.
pub fn unlink(conn: &mut Db, resident: ResidentId) -> Result<()> {
    Remember { resident }.execute(conn)?;
    let linked = identities::table.filter(identities::resident_id.eq(uid(resident)));
    let set =
        (identities::resident_id.eq(None::<crate::AnyId>), identities::version.eq(identities::version + 1));
    diesel::update(linked).set(set).execute(conn)?;
    Ok(())
}

/// Notes that something of a sign-in changes; `false` if there is no such sign-in. Until the end of the transaction nobody else changes it.
pub fn changed(conn: &mut Db, id: IdentityId) -> Result<bool> {
    let set = identities::version.eq(identities::version + 1);
    Ok(diesel::update(identities::table.find(uid(id))).set(set).execute(conn)? == 1)
}

/// As [`changed`]; `false` also if it is no more the sign-in of this subject.
pub fn changed_of(conn: &mut Db, id: IdentityId, subject: &str) -> Result<bool> {
    let still = identities::table.find(uid(id)).filter(identities::subject.eq(subject));
    Ok(diesel::update(still).set(identities::version.eq(identities::version + 1)).execute(conn)? == 1)
}

/// A guest's own nickname.
pub fn set_nickname(conn: &mut Db, id: IdentityId, nickname: Option<&str>) -> Result<()> {
    let set = (identities::nickname.eq(nickname), identities::version.eq(identities::version + 1));
    diesel::update(identities::table.find(uid(id))).set(set).execute(conn)?;
    Ok(())
}

/// Notes that a person changed something that others see: for a moment pages that may be a second old are not for this person, whichever
/// process is asked. Likes tell their own time.
pub fn wrote(conn: &mut Db, id: IdentityId, now: Ts) -> Result<()> {
    diesel::update(identities::table.find(uid(id))).set(identities::wrote_at.eq(now.0)).execute(conn)?;
    Ok(())
}
