//! Content checks: nobody sees a text or a picture that was not looked at.
//!
//! A text is looked at in the request that hands it in, because WeChat looks only at texts of somebody who used the mini-program within two
//! hours: first by the local word list, then by WeChat, if the tenant has a mini-program and the author signs in by it. What is risky is
//! refused with the reason; what is doubtful, and what could not be looked at, waits for a person. A verdict is kept by a hash of the text
//! and of where it is shown. Whoever does not sign in by WeChat (a development name, staff who are no resident) is held to the word list.
//!
//! Pictures are looked at by [`pictures`], afterwards.

mod breaker;
pub mod pictures;

use std::sync::Arc;
use std::time::Duration;

use domain::content::{Finding, Label, Verdict};
use domain::ids::{IdentityId, PictureId};
use domain::words::Words;
use domain::{Code, Refusal, Ts};
use serde_json::json;
use sha2::{Digest, Sha256};
pub use store::content::known::Known;
pub use store::content::{Author, Kind};
use store::{Db, Error, Result};
pub use wechat::Scene;
use wechat::{Suggestion, TextVerdict};

use crate::app::App;
use crate::{AnyId, RequestContext};
use breaker::Breaker;

/// For how many days a verdict counts.
const VERDICT_DAYS: i64 = 30;
/// How long a person waits for WeChat; then another person decides.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// For how long WeChat still looks at a text by somebody who has gone.
const FRESH_S: i64 = 2 * 3_600;
/// The outbox's word for looking at a text once more.
pub const AGAIN: &str = "content.again";

/// What checks of one tenant need.
#[derive(Debug)]
pub struct Checks {
    words: Arc<Words>,
    breaker: Breaker,
}

impl Checks {
    /// With these words.
    pub fn new(words: Words) -> Self {
        Self { words: Arc::new(words), breaker: Breaker::default() }
    }
    /// The word list, for what is looked at on another thread.
    pub fn words(&self) -> Arc<Words> {
        self.words.clone()
    }
}

/// A text that somebody hands in.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// Whose.
    pub author: Author,
    /// Where it is shown.
    pub scene: Scene,
    /// The fields of which it is made: a line of each, and the last has the rest.
    pub fields: &'static [&'static str],
    /// Everything that others will read of it.
    pub text: &'a str,
}

impl Text<'_> {
    /// The field that is named if it is refused: the first that is risky by itself, or the last, which says most.
    fn at_fault(&self, is_risky: impl Fn(&str) -> bool) -> &'static str {
        let mut lines = self.fields.iter().zip(self.text.splitn(self.fields.len(), '\n'));
        let found = lines.find(|(_, said)| is_risky(said)).map(|(field, _)| field);
        found.or(self.fields.last()).copied().unwrap_or("text")
    }
}

/// By whom a text is, for WeChat, and what was said of it before.
type Before = (Option<String>, Option<Finding>);

/// Looks at a text. Refused: what must not be shown.
pub async fn check(app: &App, text: Text<'_>) -> Result<Finding> {
    judge(app, text, None).await
}

/// As [`check`], in a request that may be a repetition: one that was done before is not refused for what its text is thought of now.
pub async fn check_once(app: &App, ctx: &RequestContext, text: Text<'_>) -> Result<Finding> {
    once(app, ctx, judge(app, text, None).await).await
}

/// As [`check_once`], of somebody of whom everything is [`known`] already.
pub async fn check_known(app: &App, ctx: &RequestContext, text: Text<'_>, known: &Known) -> Result<Finding> {
    once(app, ctx, judge(app, text, Some((known.openid.clone(), known.said))).await).await
}

/// What is known of who posts, and of a text and pictures, before anybody looks at them.
pub async fn known(
    app: &App,
    who: IdentityId,
    (scene, text): (Scene, &str),
    pictures: &[PictureId],
) -> Result<Known> {
    app.store.known(who, hash(scene, text), counts_since(app), pictures.to_vec()).await
}

async fn judge(app: &App, text: Text<'_>, known: Option<Before>) -> Result<Finding> {
    let by_themselves = |said: &str| by_words(app, said).verdict == Verdict::Risky;
    let local = by_words(app, text.text);
    if local.verdict == Verdict::Risky {
        return Ok(local.admit(text.at_fault(by_themselves))?);
    }
    let found = match &app.wechat {
        Some(client) => by_wechat(app, client, text, known).await?,
        None => Finding::CLEAN,
    };
    Ok(local.or(found).admit(text.at_fault(|_| false))?)
}

async fn once(app: &App, ctx: &RequestContext, found: Result<Finding>) -> Result<Finding> {
    match found {
        Err(Error::Refused(refusal)) if refusal.code == Code::ContentRisky => {
            let Some(key) = ctx.key.clone() else { return Err(refusal.into()) };
            let done = app.store.read(move |conn| store::idempotency::is_used(conn, &key)).await?;
            if done { Ok(Finding::CLEAN) } else { Err(refusal.into()) }
        }
        found => found,
    }
}

/// Since when what was said of a text counts.
fn counts_since(app: &App) -> Ts {
    app.now().plus_seconds(-VERDICT_DAYS * 24 * 3_600)
}

/// What the word list says.
fn by_words(app: &App, text: &str) -> Finding {
    said_by(&app.checks.words, text)
}

fn said_by(words: &Words, text: &str) -> Finding {
    Finding { verdict: words.judge(text), label: Label::default() }
}

/// Refuses what the word list forbids in a text that staff enter for somebody else, as a nickname: it is shown to everybody, and WeChat
/// looks only at what its author says.
pub fn admit_entered(words: &Words, field: &str, text: Option<&str>) -> Result<(), Refusal> {
    text.map_or(Ok(()), |text| said_by(words, text).admit(field).map(drop))
}

/// What WeChat says, or said of the same text before.
async fn by_wechat(
    app: &App,
    client: &wechat::Client,
    text: Text<'_>,
    known: Option<Before>,
) -> Result<Finding> {
    let hash = hash(text.scene, text.text);
    let (since, author) = (counts_since(app), text.author);
    let read = move |conn: &mut Db| {
        Ok((store::content::openid(conn, author)?, store::content::said(conn, &hash, since)?))
    };
    let before = match known {
        Some(known) => known,
        None => app.store.glance(read).await?,
    };
    match before {
        (None, _) => Ok(Finding::CLEAN),
        (Some(_), Some(said)) => Ok(said),
        (Some(openid), None) => ask(app, client, (text.scene, text.text), &openid, hash).await,
    }
}

async fn ask(
    app: &App,
    client: &wechat::Client,
    (scene, text): (Scene, &str),
    openid: &str,
    hash: [u8; 32],
) -> Result<Finding> {
    let failed = Finding { verdict: Verdict::Failed, label: Label::default() };
    let now = app.now();
    if !app.checks.breaker.is_closed(now) {
        metrics::counter!("jishan_content_checks_total", "of" => "text", "verdict" => "failed").increment(1);
        return Ok(failed);
    }
    let asked = tokio::time::timeout(ANSWER_WITHIN, client.check_text(text, scene, openid)).await;
    let found = match asked {
        Ok(Ok(verdict)) => finding(verdict),
        // The client has logged why.
        Ok(Err(error)) => {
            app.checks.breaker.failed(now, &error);
            failed
        }
        Err(_) => {
            tracing::warn!("content.check.too_slow");
            app.checks.breaker.timed_out(now);
            failed
        }
    };
    metrics::counter!("jishan_content_checks_total", "of" => "text", "verdict" => found.verdict.word())
        .increment(1);
    if found.verdict != Verdict::Failed {
        app.checks.breaker.answered();
        app.store.write_quietly(move |conn| store::content::keep(conn, &hash, found, now)).await?;
    }
    Ok(found)
}

fn finding(said: TextVerdict) -> Finding {
    Finding { verdict: verdict(said.suggestion), label: Label(said.label) }
}

fn verdict(suggestion: Suggestion) -> Verdict {
    match suggestion {
        Suggestion::Pass => Verdict::Passed,
        Suggestion::Review => Verdict::Review,
        Suggestion::Risky => Verdict::Risky,
    }
}

fn hash(scene: Scene, text: &str) -> [u8; 32] {
    Sha256::new().chain_update([scene as u8]).chain_update(text).finalize().into()
}

/// Notes what was found in the text of an object, for who decides on it, and has a text looked at again whose check failed.
pub fn note(
    conn: &mut Db,
    kind: Kind,
    object: AnyId,
    author: Author,
    finding: Finding,
    now: Ts,
) -> Result<()> {
    store::content::note(conn, kind, object, author, finding, now)?;
    if finding.verdict != Verdict::Failed {
        return Ok(());
    }
    let Author::Person(identity) = author else { return Ok(()) };
    let task = json!({ "kind": kind.word(), "object": object.0, "identity": identity.to_string(), "until": now.plus_seconds(FRESH_S).0 });
    store::outbox::add(conn, AGAIN, &task, now.plus_seconds(60), now)
}

/// Looks at a text once more whose check had failed; none if WeChat still does not say, which is an error as long as it may.
pub async fn again(
    app: &App,
    author: Author,
    scene: Scene,
    text: &str,
    until: Ts,
) -> Result<Option<Finding>> {
    let Some(client) = &app.wechat else { return Ok(None) };
    let found = by_wechat(app, client, Text { author, scene, fields: &["text"], text }, None).await?;
    match found.verdict {
        Verdict::Failed if app.now() < until => Err(Error::from(Code::Unavailable)),
        Verdict::Failed => Ok(None),
        // What was doubtful by itself still is.
        _ => Ok(Some(by_words(app, text).or(found))),
    }
}

/// Deletes verdicts that count no more, at most `limit`; returns how many.
pub fn retain(conn: &mut Db, now: Ts, limit: i64) -> Result<usize> {
    store::content::purge(conn, now.plus_seconds(-VERDICT_DAYS * 24 * 3_600), limit)
}
