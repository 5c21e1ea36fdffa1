//! What follows when a check says something after its text or picture was handed in: what must not be shown is refused with the reason, as
//! it would have been at once; everything else is for whoever decides to know.

use domain::content::{Finding, Verdict};
use domain::deeds::DeedState;
use domain::ids::{CommentId, DeedId, NicknameId};
use domain::{Code, Ts};
use foundation::content::{self, Author, Kind as Text, Scene};
use foundation::inbox::{self, Kind as Told, Note, Owner};
use foundation::{AnyId, App, Error, Result};
use serde_json::Value;
use store::Db;
use store::pictures::Picture;
use store::reviews::Kind;

use crate::notes;

/// Why something was refused without a person: its author reads it.
fn reason(finding: Finding, what: &str) -> String {
    let (zh, en) = finding.label.names();
    format!("{what}未通过内容安全检查（{zh}）。 It did not pass the content check ({en}).")
}

/// Looks at a text again whose check had failed, from the outbox. What is gone, or was decided meanwhile, is left alone.
pub async fn again(app: &App, payload: &Value) -> Result<()> {
    let corrupt = || Error::corrupt("a check of nothing");
    let kind = payload["kind"].as_str().and_then(Text::from_word).ok_or_else(corrupt)?;
    let object: uuid::Uuid = payload["object"].as_str().and_then(|id| id.parse().ok()).ok_or_else(corrupt)?;
    let who = payload["identity"].as_str().and_then(|id| id.parse().ok()).ok_or_else(corrupt)?;
    let until = Ts(payload["until"].as_i64().ok_or_else(corrupt)?);
    let object = AnyId(object);
    let Some((scene, text)) = app.store.read(move |conn| waiting(conn, kind, object)).await? else {
        return Ok(());
    };
    let Some(finding) = content::again(app, Author::Person(who), scene, &text, until).await? else {
        return Ok(());
    };
    let now = app.now();
    app.store.write(move |conn| found(conn, kind, object, &text, finding, now)).await
}

/// The text of what still waits for a person, and where it would be shown.
fn waiting(conn: &mut Db, kind: Text, object: AnyId) -> Result<Option<(Scene, String)>> {
    Ok(match kind {
        Text::Deed => store::deeds::card(conn, object.typed())?
            .filter(|card| card.state == DeedState::Pending.word())
            .map(|card| (Scene::Forum, format!("{}\n{}", card.title, card.text))),
        Text::Comment => store::comments::find(conn, object.typed())?
            .filter(|comment| comment.state == "pending")
            .map(|comment| (Scene::Comment, comment.text)),
        Text::Nickname => store::nicknames::find(conn, object.typed())?
            .filter(|proposal| proposal.reason.is_none())
            .map(|proposal| (Scene::Profile, proposal.nickname)),
        Text::Merchant | Text::Offer | Text::Event => None,
    })
}

/// Notes what was found of a text; one that must not be shown is refused, if it still says the same and waits.
fn found(conn: &mut Db, kind: Text, object: AnyId, text: &str, finding: Finding, now: Ts) -> Result<()> {
    let review = match kind {
        Text::Deed => Kind::Deed,
        Text::Comment => Kind::Comment,
        Text::Nickname => Kind::Nickname,
        Text::Merchant | Text::Offer | Text::Event => return Ok(()),
    };
    // The review first, as deciding goes: whoever decides at this moment, or changes the text, comes before or after all of this.
    store::reviews::touch(conn, review, object)?;
    if waiting(conn, kind, object)?.is_none_or(|(_, now)| now != text) {
        return Ok(());
    }
    if finding.verdict != Verdict::Risky {
        return store::content::found_later(conn, kind, object, finding, now).map(drop);
    }
    match kind {
        Text::Deed => refuse_deed(conn, object.typed(), &reason(finding, "内容"), now).map(drop),
        Text::Comment => refuse_comment(conn, object.typed(), &reason(finding, "内容"), now),
        Text::Nickname => refuse_nickname(conn, object.typed(), &reason(finding, "昵称"), now),
        Text::Merchant | Text::Offer | Text::Event => Ok(()),
    }
}

/// Refuses a deed that waits, or takes down one that everybody sees; `false` if it is neither.
fn refuse_deed(conn: &mut Db, id: DeedId, reason: &str, now: Ts) -> Result<bool> {
    store::reviews::withdraw(conn, Kind::Deed, AnyId::of(id))?;
    let Some(card) = store::deeds::card(conn, id)?.filter(|card| !card.is_withdrawn()) else {
        return Ok(false);
    };
    let (from, to, told) = match card.state()? {
        DeedState::Pending => (DeedState::Pending, DeedState::Rejected, Told::DeedRejected),
        DeedState::Published => (DeedState::Published, DeedState::TakenDown, Told::DeedTakenDown),
        DeedState::Rejected | DeedState::TakenDown => return Ok(false),
    };
    if to == DeedState::Rejected {
        store::deeds::withdraw_claim(conn, id, now)?;
    } else {
        store::reviews::withdraw_comments(conn, id)?;
    }
    if !store::deeds::close(conn, id, from, to, Some(reason))? {
        return Ok(false);
    }
    if to == DeedState::TakenDown {
        store::feed::hide(conn, id)?;
    }
    inbox::tell(conn, &notes::of_deed(card.resident, told, id), now)?;
    Ok(true)
}

fn refuse_comment(conn: &mut Db, id: CommentId, reason: &str, now: Ts) -> Result<()> {
    store::reviews::withdraw(conn, Kind::Comment, AnyId::of(id))?;
    if !store::comments::decide(conn, id, false, Some(reason))? {
        return Ok(());
    }
    let comment = store::comments::find(conn, id)?.ok_or(Code::CommentNotFound)?;
    inbox::tell(conn, &notes::of_comment(comment.resident, Told::CommentRejected, id, comment.deed), now)
}

fn refuse_nickname(conn: &mut Db, id: NicknameId, reason: &str, now: Ts) -> Result<()> {
    store::reviews::withdraw(conn, Kind::Nickname, AnyId::of(id))?;
    match crate::me::nickname::decide(conn, id, Some(reason), now) {
        // Somebody decided meanwhile.
        Err(Error::Refused(refusal)) if refusal.code == Code::AlreadyDecided => Ok(()),
        done => done,
    }
}

/// What a verdict on a picture leads to: one that must not be shown goes from every page, and its deeds are refused or taken down.
pub(crate) fn picture_found(conn: &mut Db, hash: &str, finding: Finding, now: Ts) -> Result<()> {
    let rows = store::content::pictures::rows(conn, hash)?;
    crate::avatars::found(conn, &rows, finding, now)?;
    if finding.verdict != Verdict::Risky {
        return Ok(());
    }
    for deed in store::content::pictures::deeds_of(&rows) {
        refuse_deed(conn, deed, &reason(finding, "图片"), now)?;
    }
    tell_of_risky(conn, &rows, now)?;
    store::content::pictures::unhang(conn, hash).map(drop)
}

/// Tells whoever made the page of a shop, an offer or an event that a picture of it is taken away.
fn tell_of_risky(conn: &mut Db, rows: &[Picture], now: Ts) -> Result<()> {
    let mut notes = Vec::new();
    for row in rows {
        if let Some(shop) = row.merchant {
            notes.extend(Note::to_each(inbox::shop_owners(conn, shop)?, Told::ShopPictureRefused, shop));
        }
        if let Some(offer) = row.offer {
            let shop = store::offers::require(conn, offer)?.merchant;
            notes.extend(Note::to_each(inbox::shop_owners(conn, shop)?, Told::OfferPictureRefused, offer));
        }
        if let Some(event) = row.event {
            let drafted = store::events::require(conn, event)?.drafted_by;
            notes.push(Note::new(Owner::Staff(drafted), Told::EventPictureRefused, event));
        }
    }
    inbox::tell(conn, &notes, now)
}

/// Waits no longer for verdicts that did not come in time, at most `limit`: a person decides. Returns how many.
pub async fn give_up(app: &App, limit: i64) -> Result<usize> {
    let now = app.now();
    // Most often there is none, and a write would tell everybody that what is kept of pages is not right any more.
    if !app.store.glance(move |conn| store::content::pictures::is_overdue(conn, now)).await? {
        return Ok(0);
    }
    app.store
        .write(move |conn| {
            let hashes = store::content::pictures::give_up(conn, now, limit)?;
            let failed = Finding { verdict: Verdict::Failed, label: Default::default() };
            for hash in &hashes {
                picture_found(conn, hash, failed, now)?;
            }
            Ok(hashes.len())
        })
        .await
}
