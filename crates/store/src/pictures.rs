//! Pictures: a row per upload. The bytes lie in the picture store under their hash, which several rows may share; they are taken away
//! only when no row names them any more.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use domain::Ts;
use domain::ids::{DeedId, EventId, IdentityId, MerchantId, OfferId, PictureId};

use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::error::Result;
use crate::schema::pictures;
use crate::stmt;

/// A picture as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Picture {
    /// Its id.
    pub id: PictureId,
    /// Who uploaded it.
    pub identity: IdentityId,
    /// SHA-256 of the stored JPEG, in hex.
    pub hash: String,
    /// Its width.
    pub width: i32,
    /// Its height.
    pub height: i32,
    /// Bytes of the JPEG.
    pub bytes: i64,
    /// The deed it belongs to; none until then.
    pub deed: Option<DeedId>,
    /// Its place among the deed's pictures, from 0.
    pub position: Option<i32>,
    /// When it was uploaded, in microseconds.
    pub created_at: i64,
    /// The shop whose page it is on.
    pub merchant: Option<MerchantId>,
    /// The offer that it shows.
    pub offer: Option<OfferId>,
    /// The event that it announces.
    pub event: Option<EventId>,
}

/// Adds a picture that belongs to no deed yet.
pub fn insert(conn: &mut Db, picture: &Picture) -> Result<()> {
    let row = (
        pictures::id.eq(uid(picture.id)),
        pictures::identity_id.eq(uid(picture.identity)),
        pictures::hash.eq(&picture.hash),
        pictures::width.eq(picture.width),
        pictures::height.eq(picture.height),
        pictures::bytes.eq(picture.bytes),
        pictures::deed_id.eq(picture.deed.map(uid)),
        pictures::position.eq(picture.position),
        pictures::created_at.eq(picture.created_at),
    );
    diesel::insert_into(pictures::table).values(row).execute(conn)?;
    Ok(())
}

/// One picture.
pub fn find(conn: &mut Db, id: PictureId) -> Result<Option<Picture>> {
    Ok(pictures::table.find(uid(id)).first(conn).optional()?)
}

stmt! { Attach { deed: DeedId => Uid, position: i32 => Integer, id: PictureId => Uid, owner: IdentityId => Uid } -> Integer =
"UPDATE pictures SET deed_id = ?, position = ? WHERE id = ? AND identity_id = ? AND deed_id IS NULL AND merchant_id IS NULL AND offer_id IS NULL \
AND event_id IS NULL RETURNING position" }

/// Attaches a free picture of its uploader's to a deed; `false` if it is not free or not theirs.
pub fn attach(conn: &mut Db, id: PictureId, owner: IdentityId, deed: DeedId, position: i32) -> Result<bool> {
    Ok(Attach { deed, position, id, owner }.get_result::<i32>(conn).optional()?.is_some())
}

/// Gives a picture of a deed another place; `false` if it is not the deed's.
pub fn place(conn: &mut Db, id: PictureId, deed: DeedId, position: i32) -> Result<bool> {
    let row = pictures::table.filter(pictures::id.eq(uid(id))).filter(pictures::deed_id.eq(uid(deed)));
    Ok(diesel::update(row).set(pictures::position.eq(position)).execute(conn)? == 1)
}

/// The pictures of these deeds, each deed's in their order.
pub fn of_deeds(conn: &mut Db, deeds: &[DeedId]) -> Result<Vec<(DeedId, PictureId)>> {
    if deeds.is_empty() {
        return Ok(Vec::new());
    }
    let rows = pictures::table
        .filter(pictures::deed_id.eq_any(deeds.iter().copied().map(uid)))
        .order((pictures::deed_id, pictures::position))
        .select((pictures::deed_id.assume_not_null(), pictures::id))
        .load(conn)?;
    Ok(rows)
}

/// Deletes the pictures of a deed but for those kept; returns the hashes of the deleted.
pub fn take_away(conn: &mut Db, deed: DeedId, kept: &[PictureId]) -> Result<Vec<String>> {
    let gone = pictures::table
        .filter(pictures::deed_id.eq(uid(deed)))
        .filter(pictures::id.ne_all(kept.iter().copied().map(uid)));
    Ok(diesel::delete(gone).returning(pictures::hash).get_results(conn)?)
}

stmt! { Expire { before: i64 => BigInt, limit: i64 => BigInt } -> Text =
"DELETE FROM pictures WHERE deed_id IS NULL AND id IN \
(SELECT id FROM pictures WHERE deed_id IS NULL AND created_at < ? ORDER BY created_at LIMIT ?) RETURNING hash" }

/// Deletes pictures that were uploaded before `before` and never attached, at most `limit`; returns their hashes.
pub fn expire(conn: &mut Db, before: Ts, limit: i64) -> Result<Vec<String>> {
    Ok(Expire { before: before.0, limit }.load(conn)?)
}

/// Whether any row names this hash.
pub fn is_used(conn: &mut Db, hash: &str) -> Result<bool> {
    let found: Option<PictureId> =
        pictures::table.filter(pictures::hash.eq(hash)).select(pictures::id).first(conn).optional()?;
    Ok(found.is_some())
}
