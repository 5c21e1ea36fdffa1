//! Checks of pictures: WeChat fetches a picture by an address that only it is told, and pushes what it found within half an hour.
//!
//! Each distinct picture is looked at once, asked for from the outbox after the upload is committed. The id under which WeChat will answer
//! is stored at once; a push that comes even earlier waits for it. What no verdict came of in 35 minutes is for a person to decide, and a
//! verdict that comes later still counts. Without message push no verdict could come, and nothing is asked.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use domain::content::{Finding, Label, Verdict};
use domain::ids::PictureId;
use domain::{Code, Refusal, Ts};
use serde_json::{Value, json};
use store::content::Author;
use store::content::known::Known;
use store::content::pictures as rows;
pub use store::content::pictures::{Answered, Standing};
use store::{AnyId, Db, Error, Result};
use subtle::ConstantTimeEq as _;
use wechat::{MediaKind, Scene, WechatError, push::MediaVerdict};
use zeroize::Zeroizing;

use crate::app::App;
use crate::codes::mac;
use crate::pictures::Size;

/// The outbox's word for asking WeChat.
pub const CHECK: &str = "picture.check";
/// For how many seconds a verdict is waited for; WeChat promises one within 30 minutes.
pub const VERDICT_WITHIN_S: i64 = 35 * 60;
/// For how many seconds WeChat may fetch the picture.
const LINK_S: i64 = 2 * 3_600;
/// For how many days a verdict counts.
const VERDICT_DAYS: i64 = 30;

/// The addresses by which WeChat fetches pictures.
pub struct Links {
    secret: Zeroizing<String>,
    base: String,
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").field("base", &self.base).finish_non_exhaustive()
    }
}

const TAG: &[u8] = b"jishan picture for checking";

impl Links {
    /// Addresses below this one, signed by a secret of the tenant.
    pub fn new(base: &str, secret: &str) -> Self {
        Self { secret: Zeroizing::new(secret.to_owned()), base: base.trim_end_matches('/').to_owned() }
    }

    /// The address of a picture until then.
    pub fn to(&self, hash: &str, until: Ts) -> Option<String> {
        let mut bytes = hex::decode(hash).ok()?;
        bytes.extend(until.0.to_be_bytes());
        bytes.extend(self.sign(&bytes));
        Some(format!("{}/v1/wechat/pictures/{}", self.base, URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The hash of the picture that the end of an address names, if it is ours and not too old.
    pub fn read(&self, link: &str, now: Ts) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(link).ok()?;
        let (said, signature) = bytes.split_at_checked(40)?;
        if !bool::from(self.sign(said).ct_eq(signature)) {
            return None;
        }
        let (hash, until) = said.split_at_checked(32)?;
        let until = i64::from_be_bytes(until.try_into().ok()?);
        (until > now.0).then(|| hex::encode(hash))
    }

    fn sign(&self, said: &[u8]) -> Vec<u8> {
        mac(self.secret.as_bytes(), &[TAG, said])
    }
}

/// Whether this tenant has pictures looked at.
pub fn are_checked(app: &App) -> bool {
    app.wechat.is_some() && app.push.is_some()
}

/// Has a new upload looked at, in the upload's transaction.
pub fn want(conn: &mut Db, hash: &str, owner: AnyId, now: Ts) -> Result<()> {
    let old = now.plus_seconds(-VERDICT_DAYS * 24 * 3_600);
    if rows::want(conn, hash, now.plus_seconds(VERDICT_WITHIN_S), now, old)? {
        store::outbox::add(conn, CHECK, &json!({ "hash": hash, "owner": owner.0 }), now, now)?;
    }
    Ok(())
}

/// Asks WeChat to look at a picture. Safe to repeat: one that was asked for already is left alone.
pub async fn ask(app: &App, payload: &Value) -> Result<()> {
    let corrupt = || Error::corrupt("a task of no picture");
    let hash = payload["hash"].as_str().ok_or_else(corrupt)?.to_owned();
    let owner: uuid::Uuid = payload["owner"].as_str().and_then(|id| id.parse().ok()).ok_or_else(corrupt)?;
    let (Some(client), Some(links)) = (&app.wechat, &app.links) else { return give_up(app, hash).await };
    let asked = hash.clone();
    let (unasked, openid) = app
        .store
        .read(move |conn| {
            let person = store::content::openid(conn, Author::Person(AnyId(owner).typed()))?;
            let openid = match person {
                None => store::content::openid(conn, Author::Clerk(AnyId(owner).typed()))?,
                found => found,
            };
            Ok((rows::is_unasked(conn, &asked)?, openid))
        })
        .await?;
    if !unasked {
        return Ok(());
    }
    let now = app.now();
    let link = links.to(&hash, now.plus_seconds(LINK_S)).ok_or_else(corrupt)?;
    // Nobody who signs in by WeChat sent it: a person looks at it.
    let Some(openid) = openid else { return give_up(app, hash).await };
    if !app.checks.breaker.is_closed(now) {
        return Err(Refusal::from(Code::Unavailable).into());
    }
    let answer = client.check_media(&link, MediaKind::Image, Scene::Forum, &openid).await;
    match &answer {
        Ok(_) => app.checks.breaker.answered(),
        Err(error) => app.checks.breaker.failed(now, error),
    }
    match answer {
        Ok(trace_id) => app.store.write_quietly(move |conn| rows::asked(conn, &hash, &trace_id)).await,
        Err(
            WechatError::Unavailable(_)
            | WechatError::TooOften { .. }
            | WechatError::OurConfiguration { .. }
            | WechatError::TokenRefused { .. }
            | WechatError::AskedJustNow,
        ) => Err(Refusal::from(Code::Unavailable).into()),
        // It will not be looked at, however often it is asked.
        Err(_) => give_up(app, hash).await,
    }
}

async fn give_up(app: &App, hash: String) -> Result<()> {
    let now = app.now();
    app.store.write_quietly(move |conn| rows::failed(conn, &hash, now)).await
}

/// What a push says of a picture.
pub fn finding(verdict: MediaVerdict) -> Finding {
    match verdict {
        MediaVerdict::Looked { suggestion, label } => {
            Finding { verdict: super::verdict(suggestion), label: Label(label) }
        }
        MediaVerdict::Failed { errcode } => Finding { verdict: Verdict::Failed, label: Label(errcode) },
    }
}

/// Refuses pictures of which it is known already that they must not be shown.
pub async fn admit(app: &App, pictures: &[PictureId]) -> Result<()> {
    if !are_checked(app) || pictures.is_empty() {
        return Ok(());
    }
    let wanted = pictures.to_vec();
    refuse_risky(&app.store.glance(move |conn| rows::of(conn, &wanted)).await?)
}

/// As [`admit`], of pictures of which everything is [`super::known`] already.
pub fn admit_known(app: &App, known: &Known) -> Result<()> {
    if are_checked(app) { refuse_risky(&known.pictures) } else { Ok(()) }
}

fn refuse_risky(standings: &HashMap<PictureId, Standing>) -> Result<()> {
    let risky = |found: &Standing| matches!(found, Standing::Found(f) if f.verdict == Verdict::Risky);
    if standings.values().any(risky) { Err(Code::PictureRisky.into()) } else { Ok(()) }
}

/// Refuses to show pictures that are still looked at, or that must not be shown.
pub fn may_show(conn: &mut Db, pictures: &[PictureId]) -> Result<()> {
    let standing = rows::of(conn, pictures)?;
    refuse_risky(&standing)?;
    if standing.values().any(|found| *found == Standing::Waiting) {
        return Err(Refusal::from(Code::CheckRunning).retry_after(30).into());
    }
    Ok(())
}

/// The picture that an address of [`Links`] names.
pub async fn fetch(app: &App, link: &str) -> Result<Bytes> {
    let missing = || Error::from(Code::PictureNotFound);
    let hash = app.links.as_ref().and_then(|links| links.read(link, app.now())).ok_or_else(missing)?;
    let found = app.pictures.get(&hash, Size::Full).await.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "picture.store_failed");
        Error::from(Refusal::from(Code::Unavailable).retry_after(5))
    })?;
    found.ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_its_picture_until_its_end_and_cannot_be_made_by_others() {
        let (links, hash, now) = (Links::new("https://town.example/", "secret"), "ab".repeat(32), Ts(1_000));
        let link = links.to(&hash, Ts(2_000)).unwrap();
        let end = link.strip_prefix("https://town.example/v1/wechat/pictures/").unwrap();
        assert_eq!(links.read(end, now).as_deref(), Some(hash.as_str()));
        assert_eq!(links.read(end, Ts(2_000)), None, "too late");
        assert_eq!(Links::new("https://town.example", "other").read(end, now), None);
        for bad in ["", "AAAA", &end[..end.len() - 2], &format!("{end}AA"), &end.replacen(&end[..1], "_", 1)]
        {
            assert_eq!(links.read(bad, now), None, "{bad}");
        }
    }
}
