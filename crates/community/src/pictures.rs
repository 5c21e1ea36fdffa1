//! Pictures: taking an upload in, giving it out as its deed may be seen, and clearing away what nobody needs.
//!
//! The bytes are kept before the row is written: if the row is lost, bytes without a row remain, which harm nobody. They are taken away
//! only when no row names them, and an upload looks once more after its row is there, because the same picture may be on its way out.

use bytes::Bytes;
use domain::access::Permission;
use domain::deeds::DeedState;
use domain::ids::PictureId;
use domain::time::HOUR;
use domain::{Code, Refusal, Ts};
use foundation::pictures::{PictureStoreError, Size};
use foundation::{App, Error, Person, Result};
use store::Db;
pub use store::pictures::Picture;

use crate::deeds::{Eyes, Reader};

/// For how many hours a picture may wait for its deed.
pub const UNATTACHED_H: i64 = 24;
/// The outbox's word for taking bytes away.
pub const DELETE: &str = "picture.delete";

fn not_kept(error: PictureStoreError) -> Error {
    tracing::error!(error = &error as &dyn std::error::Error, "picture.store_failed");
    Refusal::from(Code::Unavailable).retry_after(5).into()
}

/// Takes an upload in.
pub async fn upload(app: &App, who: Person, bytes: Bytes) -> Result<Picture> {
    who.require_resident()?;
    let prepared = app.decoder.prepare(bytes).await?;
    app.pictures.put(&prepared).await.map_err(not_kept)?;
    let now = app.now();
    let picture = Picture {
        id: PictureId::new(),
        identity: who.identity,
        hash: prepared.hash.clone(),
        width: i32::try_from(prepared.width).unwrap_or(i32::MAX),
        height: i32::try_from(prepared.height).unwrap_or(i32::MAX),
        bytes: i64::try_from(prepared.jpeg.len()).unwrap_or(i64::MAX),
        deed: None,
        position: None,
        created_at: now.0,
        merchant: None,
        offer: None,
        event: None,
    };
    let row = picture.clone();
    app.store.write(move |conn| store::pictures::insert(conn, &row)).await?;
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

/// Gives a picture out, to whoever may see its deed; an unattached one to its uploader.
pub async fn give(app: &App, reader: Reader, id: PictureId, size: Size) -> Result<Given> {
    let now = app.now();
    let (hash, public) = app.store.read(move |conn| visible(conn, reader, id, now)).await?;
    let jpeg = app.pictures.get(&hash, size).await.map_err(not_kept)?;
    let jpeg = jpeg.ok_or(Error::from(Code::PictureNotFound))?;
    Ok(Given { jpeg, hash, public })
}

fn visible(conn: &mut Db, reader: Reader, id: PictureId, now: Ts) -> Result<(String, bool)> {
    let refused = || Error::from(Code::PictureNotFound);
    let picture = store::pictures::find(conn, id)?.ok_or_else(refused)?;
    let deed = match picture.deed {
        Some(deed) => Some(store::deeds::card(conn, deed)?.ok_or_else(refused)?),
        None => None,
    };
    if let Some(deed) = &deed {
        if deed.is_withdrawn() {
            return Err(refused());
        }
        if deed.state()? == DeedState::Published {
            return Ok((picture.hash, true));
        }
    }
    let eyes = Eyes::open(conn, reader, now)?;
    let own = eyes.is_author(picture.identity, deed.as_ref().map(|d| d.resident));
    let reached = match &deed {
        Some(deed) => eyes.reaches(conn, Permission::ReadDesk, deed.unit)?,
        None => false,
    };
    if own || reached { Ok((picture.hash, false)) } else { Err(refused()) }
}

/// Queues the bytes of deleted pictures to be taken away.
pub(crate) fn drop_bytes(conn: &mut Db, hashes: &[String], now: Ts) -> Result<()> {
    for hash in hashes {
        store::outbox::add(conn, DELETE, &serde_json::json!({ "hash": hash }), now, now)?;
    }
    Ok(())
}

/// Deletes pictures that waited too long for a deed, at most `limit`; returns how many.
pub async fn expire(app: &App, limit: i64) -> Result<usize> {
    let now = app.now();
    let before = Ts(now.0 - UNATTACHED_H * HOUR);
    app.store
        .write(move |conn| {
            let hashes = store::pictures::expire(conn, before, limit)?;
            drop_bytes(conn, &hashes, now)?;
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
    }
    Ok(())
}
