//! Working off what WeChat pushed. Each push is safe to work off again; one about something that is not known yet waits for it.

use domain::Ts;
use domain::erasure::{Posts, Why};
use domain::ids::IdentityId;
use foundation::content::pictures::{self, Answered};
use foundation::pushes::{Event, Message, Subscription};
use foundation::{App, Error, Result};
use store::Db;
use store::messages::Source;
use store::pushes::{Outcome, Push};

use crate::{content, erasure};

/// For how many seconds a verdict waits for the check that it is of: WeChat may be faster than our commit.
const PARKED_S: i64 = 3_600;
/// After how many seconds it is looked for again.
const PARKED_EVERY_S: i64 = 30;
/// After so many failures a push is left: what it says is kept, and an operator reads of it.
const ATTEMPTS_MAX: i32 = 20;

/// Works off what is due, at most so many; returns how many were looked at.
pub async fn work(app: &App, limit: i64) -> Result<usize> {
    let now = app.now();
    if app.push.is_none() {
        return Ok(0);
    }
    let due = app.store.read(move |conn| store::pushes::due(conn, now, limit)).await?;
    let many = due.len();
    for push in due {
        let (id, attempts) = (push.id, push.attempts);
        if let Err(error) = one(app, push).await {
            tracing::warn!(error = &error as &dyn std::error::Error, push = %id, attempts, "push.failed");
            app.store
                .write_quietly(move |conn| {
                    if attempts >= ATTEMPTS_MAX {
                        return store::pushes::settle(conn, id, Outcome::Unknown).map(drop);
                    }
                    let wait = 2_i64.saturating_pow(attempts.clamp(1, 10).unsigned_abs());
                    store::pushes::later(conn, id, now.plus_seconds(wait))
                })
                .await?;
        }
    }
    Ok(many)
}

async fn one(app: &App, push: Push) -> Result<()> {
    let message = serde_json::from_str(&push.body)
        .ok()
        .and_then(Message::of)
        .ok_or_else(|| Error::corrupt("a push that says nothing"))?;
    let now = app.now();
    match message.what() {
        Event::MediaChecked { trace_id, verdict } => {
            let finding = pictures::finding(verdict);
            app.store.write(move |conn| media_checked(conn, &push, &trace_id, finding, now)).await
        }
        Event::Subscribed(answers) => {
            let templates = app.templates.clone();
            let mine = move |answer: &Subscription| templates.knows(&answer.template);
            app.store
                .write_quietly(move |conn| {
                    let who = person(conn, &message.from)?;
                    let known = who.map_or(Outcome::Unmatched, |_| Outcome::Done);
                    // Once, whoever else works it off: a tap counts once.
                    if !store::pushes::settle(conn, push.id, known)? {
                        return Ok(());
                    }
                    for answer in answers.iter().filter(|answer| mine(answer)) {
                        subscribed(conn, who, &message.event, answer)?;
                    }
                    Ok(())
                })
                .await
        }
        // That a message did not arrive is WeChat's last word on it: the inbox has what it said.
        Event::Sent(sent) => {
            for failed in sent.iter().filter(|sent| sent.errcode != 0) {
                tracing::info!(errcode = failed.errcode, "message.undelivered");
            }
            settle(app, push, Outcome::Done).await
        }
        Event::Modified { .. } => settle(app, push, Outcome::Done).await,
        Event::Revoked { openid, of } => {
            let done = move |conn: &mut Db| {
                if let Some(who) = person(conn, &openid)? {
                    revoked(conn, who, &of, now)?;
                }
                store::pushes::settle(conn, push.id, Outcome::Done).map(drop)
            };
            app.store.write(done).await
        }
        Event::Cancelled { openid } => {
            let asked = openid.clone();
            match app.store.read(move |conn| person(conn, &asked)).await? {
                // Whoever did not say what is to become of the posts did not say that they may stay.
                Some(who) => drop(erasure::erase(app, who, Posts::Remove, Why::Wechat).await?),
                // Somebody may have an account at the shop alone.
                None => drop(erasure::erase_clerk(app, "wechat".to_owned(), openid).await?),
            }
            settle(app, push, Outcome::Done).await
        }
        _ => settle(app, push, Outcome::Unknown).await,
    }
}

async fn settle(app: &App, push: Push, outcome: Outcome) -> Result<()> {
    app.store.write_quietly(move |conn| store::pushes::settle(conn, push.id, outcome).map(drop)).await
}

/// The person of an openid, if we know one.
fn person(conn: &mut Db, openid: &str) -> Result<Option<IdentityId>> {
    Ok(store::identities::by_subject(conn, "wechat", openid)?.map(|identity| identity.id))
}

/// What somebody wants WeChat's mini-programs to keep no more, by WeChat's numbers: nickname and picture (6, 19, 20), telephone (8). Places
/// are not kept here, and chosen pictures (14) are those of posts, which their author takes back.
fn revoked(conn: &mut Db, who: IdentityId, of: &[u32], now: Ts) -> Result<()> {
    if of.iter().any(|what| matches!(what, 6 | 19)) {
        crate::me::nickname::remove(conn, who, now)?;
    }
    if of.iter().any(|what| matches!(what, 6 | 20)) {
        crate::avatars::forget(conn, who, now)?;
    }
    if of.contains(&8) {
        crate::phones::withdrawn(conn, who)?;
    }
    Ok(())
}

/// A tap that agreed is one message more; a template that was switched off in the settings is worth nothing any more, whatever was agreed to.
/// A tap that refused takes nothing away, and switching a template on gives nothing.
fn subscribed(conn: &mut Db, who: Option<IdentityId>, event: &str, answer: &Subscription) -> Result<()> {
    let Some(who) = who else { return Ok(()) };
    match (event, answer.accepted) {
        ("subscribe_msg_popup_event", true) => {
            store::messages::agreed(conn, who, &answer.template, Source::Pushed)
        }
        ("subscribe_msg_change_event", false) => store::messages::used_up(conn, who, &answer.template),
        _ => Ok(()),
    }
}

fn media_checked(
    conn: &mut Db,
    push: &Push,
    trace_id: &str,
    finding: domain::content::Finding,
    now: Ts,
) -> Result<()> {
    match store::content::pictures::answered(conn, trace_id, finding, now)? {
        Answered::Now(hash) => {
            content::picture_found(conn, &hash, finding, now)?;
            store::pushes::settle(conn, push.id, Outcome::Done).map(drop)
        }
        Answered::Before => store::pushes::settle(conn, push.id, Outcome::Done).map(drop),
        Answered::Unknown if now.0 < Ts(push.received_at).plus_seconds(PARKED_S).0 => {
            store::pushes::later(conn, push.id, now.plus_seconds(PARKED_EVERY_S))
        }
        Answered::Unknown => store::pushes::settle(conn, push.id, Outcome::Unmatched).map(drop),
    }
}
