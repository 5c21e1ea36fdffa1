//! Words of codes to scan, and where the pictures are that WeChat made of them. Both are made once, by whoever asks first.

use diesel::prelude::*;
use domain::qr_codes::Kind;
use domain::{Id, Ts};

use crate::Both;
use crate::adapters::{AnyId, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::schema::{qr_codes, qr_images};

/// The word of something, if it has one.
pub fn find(conn: &mut Db, kind: Kind, object: impl Id) -> Result<Option<String>> {
    let row = qr_codes::table
        .filter(qr_codes::kind.eq(kind.word()))
        .filter(qr_codes::object_id.eq(uid(object)))
        .select(qr_codes::word);
    Ok(row.first(conn).optional()?)
}

/// Gives something a word, one of these that is free, unless it has one by now; returns the one it has.
pub fn make(conn: &mut Db, kind: Kind, object: impl Id, words: &[String], now: Ts) -> Result<String> {
    for word in words {
        let row = (
            qr_codes::word.eq(word),
            qr_codes::kind.eq(kind.word()),
            qr_codes::object_id.eq(uid(object)),
            qr_codes::created_at.eq(now.0),
        );
        let insert = diesel::insert_into(qr_codes::table).values(row).on_conflict_do_nothing();
        Both(insert).execute(conn)?;
        if let Some(word) = find(conn, kind, object)? {
            return Ok(word);
        }
    }
    Err(Error::corrupt("no word was free for a code"))
}

/// What a word names.
pub fn object(conn: &mut Db, word: &str) -> Result<Option<(Kind, AnyId)>> {
    let row = qr_codes::table.find(word).select((qr_codes::kind, qr_codes::object_id));
    let Some((kind, id)) = row.first::<(String, AnyId)>(conn).optional()? else { return Ok(None) };
    let kind = Kind::from_word(&kind).ok_or_else(|| Error::corrupt("a code of no kind"))?;
    Ok(Some((kind, id)))
}

/// Which picture it is: the page that it opens, with which scene, of which release of the mini-program.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Image {
    /// The page.
    pub page: String,
    /// The scene.
    pub scene: String,
    /// The release.
    pub release: &'static str,
}

/// The hash of a picture that was kept.
pub fn image(conn: &mut Db, which: &Image) -> Result<Option<String>> {
    let row = qr_images::table.find((&which.page, &which.scene, which.release)).select(qr_images::hash);
    Ok(row.first(conn).optional()?)
}

/// Names a picture that was put where pictures are, unless another was named by now; returns the hash that is named.
pub fn keep_image(conn: &mut Db, which: &Image, hash: &str, now: Ts) -> Result<String> {
    let row = (
        qr_images::page.eq(&which.page),
        qr_images::scene.eq(&which.scene),
        qr_images::release.eq(which.release),
        qr_images::hash.eq(hash),
        qr_images::created_at.eq(now.0),
    );
    let insert = diesel::insert_into(qr_images::table).values(row).on_conflict_do_nothing();
    Both(insert).execute(conn)?;
    image(conn, which)?.ok_or_else(|| Error::corrupt("a picture of a code was not named"))
}

/// Forgets a picture whose bytes are gone.
pub fn forget_image(conn: &mut Db, which: &Image, hash: &str) -> Result<()> {
    let row =
        qr_images::table.find((&which.page, &which.scene, which.release)).filter(qr_images::hash.eq(hash));
    diesel::delete(row).execute(conn)?;
    Ok(())
}

/// Whether any picture is of this hash.
pub fn is_image(conn: &mut Db, hash: &str) -> Result<bool> {
    let row = qr_images::table.filter(qr_images::hash.eq(hash)).select(qr_images::hash);
    Ok(row.first::<String>(conn).optional()?.is_some())
}
