//! Codes of the mini-program, which WeChat makes. A picture is kept under its hash where uploads are kept, and a row names it; of several
//! processes that ask at once the one whose row comes first is right, and the others throw theirs away.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use domain::qr_codes::Kind;
use domain::time::SECOND;
use image::codecs::png::PngEncoder;
use image::{ImageFormat, ImageReader, Limits};
use sha2::{Digest, Sha256};
use store::qr_codes::Image;
use store::{Error, Result};

use crate::app::App;

/// For how long an answer waits for WeChat. What comes later is kept for the next who asks.
const PATIENCE: Duration = Duration::from_secs(4);
/// For how long WeChat is left alone when it did not make one, in seconds: nobody waits meanwhile for what fails again.
const REST_S: i64 = 30;
/// How wide a picture is, in pixels: enough to be printed as wide as a hand.
const WIDTH: u32 = 860;
/// The widest picture that is read.
const WIDTH_MAX: u32 = 2_048;
/// What every PNG begins with.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The code that opens the page of this kind with this scene, as PNG: kept, or made now and kept. None where WeChat is not configured, or is
/// away.
pub async fn kept_or_made(app: &Arc<App>, kind: Kind, scene: &str) -> Result<Option<Bytes>> {
    if app.wechat.is_none() {
        return Ok(None);
    }
    let which = image(app, kind, scene);
    if let Some(found) = kept(app, &which).await? {
        return Ok(Some(found));
    }
    if is_resting(app) {
        return Ok(None);
    }
    let mut told = app.qr_codes.flights.join(&which, |answer| {
        // A task of its own: whoever goes away meanwhile leaves nothing half done.
        let (app, which) = (app.clone(), which.clone());
        tokio::spawn(async move {
            let outcome = make(&app, &which).await.unwrap_or_else(|error| {
                tracing::error!(error = &error as &dyn std::error::Error, "qr_codes.not_kept");
                None
            });
            app.qr_codes.flights.land(&which);
            // Nobody may wait for it any more.
            drop(answer.send(Some(outcome)));
        });
    });
    let answered = tokio::time::timeout(PATIENCE, told.wait_for(Option::is_some)).await;
    Ok(answered.ok().and_then(|told| told.ok().and_then(|outcome| outcome.clone())).flatten())
}

/// The same, made anew and kept nowhere: for a scene that is a secret.
pub async fn fresh(app: &App, kind: Kind, scene: &str) -> Option<Bytes> {
    if app.wechat.is_none() || is_resting(app) {
        return None;
    }
    tokio::time::timeout(PATIENCE, ask(app, &image(app, kind, scene))).await.ok().flatten()
}

fn image(app: &App, kind: Kind, scene: &str) -> Image {
    let page = app.qr_codes.pages.of(kind).to_owned();
    Image { page, scene: scene.to_owned(), release: app.qr_codes.release.word() }
}

fn is_resting(app: &App) -> bool {
    app.now().0 < app.qr_codes.rests_until.load(Ordering::Relaxed)
}

async fn kept(app: &App, which: &Image) -> Result<Option<Bytes>> {
    let asked = which.clone();
    let Some(hash) = app.store.read(move |conn| store::qr_codes::image(conn, &asked)).await? else {
        return Ok(None);
    };
    let found = match app.pictures.get_code(&hash).await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "picture.store_failed");
            return Ok(None);
        }
    };
    if found.is_none() {
        // Somebody took the file away: another one is made.
        let gone = which.clone();
        app.store.write_quietly(move |conn| store::qr_codes::forget_image(conn, &gone, &hash)).await?;
    }
    Ok(found)
}

/// Asks WeChat, and keeps what comes.
async fn make(app: &App, which: &Image) -> Result<Option<Bytes>> {
    // Another may have just done it.
    if let Some(found) = kept(app, which).await? {
        return Ok(Some(found));
    }
    let Some(png) = ask(app, which).await else { return Ok(None) };
    let hash = hex::encode(Sha256::digest(&png));
    if let Err(error) = app.pictures.put_code(&hash, png.clone()).await {
        // It can be shown although it cannot be kept.
        tracing::error!(error = &error as &dyn std::error::Error, "picture.store_failed");
        return Ok(Some(png));
    }
    let (named, mine, now) = (which.clone(), hash.clone(), app.now());
    let winner =
        app.store.write_quietly(move |conn| store::qr_codes::keep_image(conn, &named, &mine, now)).await?;
    if winner == hash {
        return Ok(Some(png));
    }
    let mine = hash.clone();
    if !app.store.read(move |conn| store::qr_codes::is_image(conn, &mine)).await?
        && let Err(error) = app.pictures.delete_code(&hash).await
    {
        tracing::warn!(error = &error as &dyn std::error::Error, "picture.store_failed");
    }
    Ok(app.pictures.get_code(&winner).await.ok().flatten().or(Some(png)))
}

/// Asks WeChat for a picture, as PNG; whatever goes wrong is told to the log, and lets WeChat rest.
async fn ask(app: &App, which: &Image) -> Option<Bytes> {
    let client = app.wechat.as_ref()?;
    let release = app.qr_codes.release.of_wechat();
    let outcome = match client.code_image(&which.page, &which.scene, release, WIDTH).await {
        Ok(bytes) => as_png(bytes).await,
        Err(error) => Err(Error::corrupt(error.to_string())),
    };
    match outcome {
        Ok(png) => Some(png),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                page = which.page,
                "qr_codes.wechat_away"
            );
            app.qr_codes.rests_until.store(app.now().0 + REST_S * SECOND, Ordering::Relaxed);
            None
        }
    }
}

/// WeChat sends PNG or JPEG, as it likes; who asked for PNG gets one.
async fn as_png(bytes: Vec<u8>) -> Result<Bytes> {
    if bytes.starts_with(PNG) {
        return Ok(bytes.into());
    }
    let unreadable = |what: String| Error::corrupt(format!("WeChat's picture cannot be read: {what}"));
    let drawn = tokio::task::spawn_blocking(move || redrawn(bytes)).await;
    drawn.map_err(|e| unreadable(e.to_string()))?.map_err(|e| unreadable(e.to_string()))
}

fn redrawn(bytes: Vec<u8>) -> image::ImageResult<Bytes> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg);
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(WIDTH_MAX), Some(WIDTH_MAX));
    reader.limits(limits);
    let mut out = Vec::new();
    reader.decode()?.write_with_encoder(PngEncoder::new(&mut out))?;
    Ok(out.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_jpeg_becomes_a_png_and_what_is_no_picture_nothing() {
        let mut jpeg = Cursor::new(Vec::new());
        image::RgbImage::from_pixel(8, 8, image::Rgb([0, 0, 0]))
            .write_to(&mut jpeg, ImageFormat::Jpeg)
            .unwrap();
        assert!(as_png(jpeg.into_inner()).await.unwrap().starts_with(PNG));
        let png = [PNG, b"..."].concat();
        assert_eq!(as_png(png.clone()).await.unwrap(), png);
        assert!(as_png(b"GIF89a".to_vec()).await.is_err());
    }
}
