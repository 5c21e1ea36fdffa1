//! Telephones of sign-ins. The number is enciphered by whoever writes it; what stands here is found by a hash, and belongs to one account
//! where the tenant wants it so.

use diesel::prelude::*;
use domain::ids::{IdentityId, PhoneId, ResidentId};
use domain::{Code, Ts};
use uuid::Uuid;

use crate::Both;
use crate::adapters::{AnyId, uid};
use crate::db::Db;
use crate::error::Result;
use crate::identities;
use crate::schema::{identities as identity_rows, phones, residents};

/// A telephone as stored.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Phone {
    /// Its id, which is authenticated with the number.
    pub id: PhoneId,
    /// Which key it is enciphered by.
    pub key: String,
    /// The number, enciphered.
    pub sealed: Vec<u8>,
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Phone").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A number as it is written: enciphered, and its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Which key it is enciphered by.
    pub key: String,
    /// The number, enciphered.
    pub bytes: Vec<u8>,
    /// Its hash under that key.
    pub hash: Vec<u8>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealed").field("key", &self.key).finish_non_exhaustive()
    }
}

/// A telephone to bind.
#[derive(Clone, PartialEq, Eq)]
pub struct New {
    /// Its id.
    pub id: PhoneId,
    /// Whose.
    pub identity: IdentityId,
    /// Who that was when the number was asked for.
    pub subject: String,
    /// The number.
    pub sealed: Sealed,
    /// Its hashes under every key that any row may have.
    pub hashes: Vec<Vec<u8>>,
    /// Whether a number belongs to one account.
    pub exclusive: bool,
}

impl std::fmt::Debug for New {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("New").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Binds a number to a sign-in, in the place of the one before; `false` if it belongs to another account. Of many accounts that bind one
/// number at once one gets `true`.
pub fn bind(conn: &mut Db, new: &New, now: Ts) -> Result<bool> {
    // Whoever binds two numbers to one account at once does it one after the other; a sign-in that was closed meanwhile is bound to nothing.
    if !identities::changed_of(conn, new.identity, &new.subject)? {
        return Err(Code::SessionEnded.into());
    }
    if new.exclusive && is_anothers(conn, new)? {
        return Ok(false);
    }
    remove(conn, new.identity)?;
    let slot = if new.exclusive { AnyId(Uuid::nil()) } else { uid(new.identity) };
    let row = (
        phones::id.eq(uid(new.id)),
        phones::identity_id.eq(uid(new.identity)),
        phones::key_id.eq(&new.sealed.key),
        phones::sealed.eq(&new.sealed.bytes),
        phones::hash.eq(&new.sealed.hash),
        phones::slot.eq(slot),
        phones::created_at.eq(now.0),
    );
    let insert =
        diesel::insert_into(phones::table).values(row).on_conflict((phones::hash, phones::slot)).do_nothing();
    Ok(Both(insert).execute(conn)? == 1)
}

/// Whether another account has the number where the unique key does not see it: under an older key, or from a time when several might.
fn is_anothers(conn: &mut Db, new: &New) -> Result<bool> {
    let row = phones::table
        .filter(phones::hash.eq_any(&new.hashes))
        .filter(phones::identity_id.ne(uid(new.identity)))
        .filter(phones::hash.ne(&new.sealed.hash).or(phones::slot.ne(AnyId(Uuid::nil()))));
    Ok(row.select(phones::id).first::<PhoneId>(conn).optional()?.is_some())
}

/// The telephone of a sign-in.
pub fn of_identity(conn: &mut Db, identity: IdentityId) -> Result<Option<Phone>> {
    let row = phones::table.filter(phones::identity_id.eq(uid(identity)));
    Ok(row.select((phones::id, phones::key_id, phones::sealed)).first(conn).optional()?)
}

/// The telephone of whoever signs in as this resident.
pub fn of_resident(conn: &mut Db, resident: ResidentId) -> Result<Option<Phone>> {
    let row = phones::table
        .inner_join(identity_rows::table.on(identity_rows::id.eq(phones::identity_id)))
        .filter(identity_rows::resident_id.assume_not_null().eq(uid(resident)));
    Ok(row.select((phones::id, phones::key_id, phones::sealed)).first(conn).optional()?)
}

/// Forgets the telephone of a sign-in; `false` if there was none.
pub fn remove(conn: &mut Db, identity: IdentityId) -> Result<bool> {
    let row = phones::table.filter(phones::identity_id.eq(uid(identity)));
    Ok(diesel::delete(row).execute(conn)? == 1)
}

/// Staff who read the resident before have to read it again.
pub fn resident_changed(conn: &mut Db, resident: ResidentId) -> Result<()> {
    let row = residents::table.find(uid(resident));
    diesel::update(row).set(residents::version.eq(residents::version + 1)).execute(conn)?;
    Ok(())
}

/// Telephones that are enciphered by one of these keys, at most `limit`.
pub fn under_keys(conn: &mut Db, keys: &[String], limit: i64) -> Result<Vec<Phone>> {
    let rows = phones::table.filter(phones::key_id.eq_any(keys));
    Ok(rows.select((phones::id, phones::key_id, phones::sealed)).order(phones::id).limit(limit).load(conn)?)
}

/// Enciphers a telephone by another key, unless it was changed since it was read.
pub fn reseal(conn: &mut Db, read: &Phone, sealed: &Sealed) -> Result<bool> {
    let row = phones::table.find(uid(read.id)).filter(phones::key_id.eq(&read.key));
    let set =
        (phones::key_id.eq(&sealed.key), phones::sealed.eq(&sealed.bytes), phones::hash.eq(&sealed.hash));
    Ok(diesel::update(row).set(set).execute(conn)? == 1)
}

/// How many telephones are enciphered by each key.
pub fn keys(conn: &mut Db) -> Result<Vec<(String, i64)>> {
    let counts = phones::table.group_by(phones::key_id).select((phones::key_id, diesel::dsl::count_star()));
    Ok(counts.order(phones::key_id).load(conn)?)
}
