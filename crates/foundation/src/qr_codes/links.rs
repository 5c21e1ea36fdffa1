//! Addresses that open a page of the mini-program from outside of WeChat. WeChat makes them, each good for 30 days and another at every
//! question: they are held in memory, and asked for once by each process in the first 25 days of that.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::qr_codes::Kind;
use domain::time::{DAY, SECOND};
use quick_cache::sync::Cache;

use crate::app::App;

/// How many are held: some 2 MB.
const LINKS_MAX: usize = 16_384;
/// For how long WeChat lets one lead.
const GOOD_FOR_DAYS: u32 = 30;
/// For how long one is given out.
const HELD_FOR: i64 = 25 * DAY;
/// For how long an answer waits for WeChat.
const PATIENCE: Duration = Duration::from_secs(3);
/// For how long WeChat is left alone when it made none, in seconds.
const REST_S: i64 = 30;

/// What this process holds.
#[derive(Debug)]
pub(super) struct Links {
    /// By page, scene, and the stretch of 25 days.
    held: Cache<(Kind, String, i64), Arc<str>>,
    rests_until: AtomicI64,
}

impl Default for Links {
    fn default() -> Self {
        Self { held: Cache::new(LINKS_MAX), rests_until: AtomicI64::new(i64::MIN) }
    }
}

/// An address that opens the page of this kind, with this scene if there is one. None where WeChat is not configured, or makes none.
pub async fn link(app: &App, kind: Kind, scene: Option<&str>) -> Option<Arc<str>> {
    let client = app.wechat.as_ref()?;
    let links = &app.qr_codes.links;
    let now = app.now().0;
    let key = (kind, scene.unwrap_or_default().to_owned(), now.div_euclid(HELD_FOR));
    let ask = async {
        if now < links.rests_until.load(Ordering::Relaxed) {
            return Err(());
        }
        // As a code's scene arrives at the page: encoded once.
        let query = scene.map(|scene| format!("scene={}", scene.replace('=', "%3D"))).unwrap_or_default();
        let page = app.qr_codes.pages.of(kind);
        let made = client.url_link(page, &query, app.qr_codes.release.of_wechat(), GOOD_FOR_DAYS);
        let why = match tokio::time::timeout(PATIENCE, made).await {
            Ok(Ok(made)) => return Ok(Arc::from(made)),
            Ok(Err(error)) => error.to_string(),
            Err(late) => late.to_string(),
        };
        tracing::warn!(why, page, "qr_codes.no_link");
        links.rests_until.store(now + REST_S * SECOND, Ordering::Relaxed);
        Err(())
    };
    links.held.get_or_insert_async(&key, ask).await.ok()
}
