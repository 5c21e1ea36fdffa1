//! Pictures as rows: taking an upload in, hanging it where it belongs, giving it out, and clearing away what nobody needs.
//!
//! The bytes are kept before the row is written: if the row is lost, bytes without a row remain, which harm nobody. They are taken away
//! only when no row names them, and an upload looks once more after its row is there, because the same picture may be on its way out.

use bytes::Bytes;
use domain::ids::PictureId;
use domain::time::HOUR;
use domain::{Code, Refusal, Ts};
pub use store::pictures::{Home, Picture};
use store::{AnyId, Db, Error, Result};

use super::{PictureStoreError, Size};
use crate::app::App;
use crate::content;

/// For how many hours a picture may wait for what it belongs to.
pub const UNATTACHED_H: i64 = 24;
/// The outbox's word for taking bytes away.
pub const DELETE: &str = "picture.delete";

fn not_kept(error: PictureStoreError) -> Error {
    tracing::error!(error = &error as &dyn std::error::Error, "picture.store_failed");
    Refusal::from(Code::Unavailable).retry_after(5).into()
}

/// Takes an upload in: of an identity, a clerk, or staff.
pub async fn upload(app: &App, owner: AnyId, bytes: Bytes) -> Result<Picture> {
    let prepared = app.decoder.prepare(bytes).await?;
    app.pictures.put(&prepared).await.map_err(not_kept)?;
    let picture = Picture {
        id: PictureId::new(),
        owner,
        hash: prepared.hash.clone(),
        width: i32::try_from(prepared.width).unwrap_or(i32::MAX),
        height: i32::try_from(prepared.height).unwrap_or(i32::MAX),
        bytes: i64::try_from(prepared.jpeg.len()).unwrap_or(i64::MAX),
        deed: None,
        position: None,
        created_at: app.now().0,
        merchant: None,
        offer: None,
        event: None,
        avatar: None,
    };
    let row = picture.clone();
    // Nobody sees it before it is hung somewhere.
    let checked = content::pictures::are_checked(app);
    app.store
        .write_quietly(move |conn| {
            store::pictures::insert(conn, &row)?;
            if checked {
                content::pictures::want(conn, &row.hash, owner, Ts(row.created_at))?;
            }
            Ok(())
        })
        .await?;
    if app.pictures.get(&prepared.hash, Size::Thumbnail).await.map_err(not_kept)?.is_none() {
        app.pictures.put(&prepared).await.map_err(not_kept)?;
    }
    Ok(picture)
}

/// A picture as it is given out.
#[derive(Debug, Clone)]
pub struct Given {
    /// The JPEG.
    pub jpeg: Bytes,
    /// The name of its content.
    pub hash: String,
    /// Whether everybody may see it.
    pub public: bool,
}

/// Fetches a picture that the asker may see, as `visible` decided.
pub async fn fetch(app: &App, (hash, public): (String, bool), size: Size) -> Result<Given> {
    let jpeg = app.pictures.get(&hash, size).await.map_err(not_kept)?;
    let jpeg = jpeg.ok_or(Error::from(Code::PictureNotFound))?;
    Ok(Given { jpeg, hash, public })
}

/// Hangs pictures in this order, each free and the owner's own, or there already. Without `shown` they belong there and nobody sees them.
pub fn hang(conn: &mut Db, owner: AnyId, home: Home, wanted: &[PictureId], shown: bool) -> Result<()> {
    for (position, picture) in (0..).zip(wanted.iter().copied()) {
        let position = shown.then_some(position);
        if store::pictures::attach(conn, picture, owner, home, position)? {
            continue;
        }
        // What shows goes on showing where it did while another order is only proposed.
        let there = if shown {
            store::pictures::place(conn, picture, home, position)?
        } else {
            store::pictures::find(conn, picture)?.is_some_and(|found| found.is_in(home))
        };
        if there {
            continue;
        }
        let found = store::pictures::find(conn, picture)?.filter(|found| found.owner == owner);
        return Err(if found.is_some() { Code::PictureUsed } else { Code::PictureNotFound }.into());
    }
    Ok(())
}

/// Hangs these pictures in this order, and takes every other away from there.
pub fn rehang(conn: &mut Db, owner: AnyId, home: Home, wanted: &[PictureId], now: Ts) -> Result<()> {
    keep_only(conn, home, wanted, now)?;
    hang(conn, owner, home, wanted, true)
}

/// Takes every picture but these away from a home. Those of a shop expire as if they had never been hung: its service deletes nothing.
pub fn keep_only(conn: &mut Db, home: Home, kept: &[PictureId], now: Ts) -> Result<()> {
    if matches!(home, Home::Merchant(_) | Home::Offer(_)) {
        return store::pictures::release(conn, home, kept);
    }
    for hash in store::pictures::take_away(conn, home, kept)? {
        store::outbox::add(conn, DELETE, &serde_json::json!({ "hash": hash }), now, now)?;
    }
    Ok(())
}

/// Deletes pictures that waited too long to be hung, at most `limit`; returns how many.
pub async fn expire(app: &App, limit: i64) -> Result<usize> {
    let now = app.now();
    let before = Ts(now.0 - UNATTACHED_H * HOUR);
    // They hang nowhere: nobody sees them.
    app.store
        .write_quietly(move |conn| {
            let hashes = store::pictures::expire(conn, before, limit)?;
            for hash in &hashes {
                store::outbox::add(conn, DELETE, &serde_json::json!({ "hash": hash }), now, now)?;
            }
            Ok(hashes.len())
        })
        .await
}

/// Takes the bytes of a deleted picture away, unless another row names them. Safe to repeat.
pub async fn delete_blob(app: &App, payload: &serde_json::Value) -> Result<()> {
    let hash = payload["hash"].as_str().ok_or_else(|| Error::corrupt("a task of no picture"))?.to_owned();
    let asked = hash.clone();
    if !app.store.read(move |conn| store::pictures::is_used(conn, &asked)).await? {
        app.pictures.delete(&hash).await.map_err(not_kept)?;
        app.store.write_quietly(move |conn| store::content::pictures::forget(conn, &hash)).await?;
    }
    Ok(())
}
