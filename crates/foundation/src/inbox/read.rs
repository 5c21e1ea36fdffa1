//! Reading an inbox, marking entries as read, and switching kinds off.

use std::collections::HashMap;

use domain::ids::InboxId;
use domain::paging::{Page, Slice};
use domain::time::Zone;
use domain::{FieldFault, Refusal, Ts};
use serde::Deserialize;
use store::inbox::about::{self, About};
use store::inbox::{Entry, Owner};
use store::{Db, Error, Result};

use super::sentence::{Called, sentence};
use super::{Detail, Kind};
use crate::app::App;

/// How far unread entries are counted: so many means "more than 99".
pub const UNREAD_MAX: u32 = 100;

/// An entry with its sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: InboxId,
    /// What it tells of.
    pub kind: Kind,
    /// The id of the matter, in its text form.
    pub object: String,
    /// Ids and amounts.
    pub detail: Detail,
    /// What the matter is called, in Chinese.
    pub title: Option<String>,
    /// What the shop is called.
    pub shop: Option<String>,
    /// Why, where a reason was given and is there still.
    pub reason: Option<String>,
    /// The sentence in Chinese.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
    /// When it was written.
    pub at: Ts,
    /// Whether it was marked as read.
    pub read: bool,
}

/// A page of an inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    /// The entries, newest first.
    pub messages: Slice<Message, InboxId>,
    /// How many are unread, up to [`UNREAD_MAX`].
    pub unread: u32,
}

/// A page of an owner's inbox.
pub async fn page(app: &App, owner: Owner, unread_only: bool, page: Page<InboxId>) -> Result<Inbox> {
    let zone = app.store.zone().clone();
    app.store
        .read(move |conn| {
            let found = store::inbox::list(conn, owner, unread_only, page.after, page.limit + 1)?;
            let slice = Slice::cut(found, page.limit, |entry| entry.id);
            let items = messages(conn, slice.items, &zone)?;
            Ok(Inbox { messages: Slice { items, next: slice.next }, unread: unread(conn, owner)? })
        })
        .await
}

fn unread(conn: &mut Db, owner: Owner) -> Result<u32> {
    let count = store::inbox::unread(conn, owner, i64::from(UNREAD_MAX))?;
    Ok(u32::try_from(count).unwrap_or(UNREAD_MAX))
}

/// The sentences of entries: a few queries for any number of them. A kind that this version does not know is left out.
fn messages(conn: &mut Db, entries: Vec<Entry>, zone: &Zone) -> Result<Vec<Message>> {
    let mut read = Vec::with_capacity(entries.len());
    for entry in entries {
        let Some(kind) = Kind::from_word(&entry.kind) else { continue };
        let detail: Detail =
            serde_json::from_str(&entry.detail).map_err(|e| Error::corrupt(format!("an entry: {e}")))?;
        let (concerned, shop) = (concerned(&detail), detail.shop.map(|id| id.to_string()));
        read.push((entry, kind, detail, concerned, shop));
    }
    let mut ids: Vec<&str> = Vec::new();
    for (entry, _, _, concerned, shop) in &read {
        ids.push(&entry.object);
        ids.extend(concerned.iter().chain(shop).map(String::as_str));
    }
    ids.sort_unstable();
    ids.dedup();
    let known = about::of(conn, &ids)?;
    let message =
        |(entry, kind, detail, concerned, shop): (Entry, Kind, Detail, Vec<String>, Option<String>)| {
            let title =
                called(&known, &entry.object).or_else(|| concerned.iter().find_map(|id| called(&known, id)));
            let shop = shop.and_then(|id| called(&known, &id));
            let (zh, en) = sentence(kind, &detail, title.as_ref(), shop.as_ref(), zone);
            let reason = known.get(&entry.object).and_then(|about| about.reason.clone());
            Message {
                id: entry.id,
                kind,
                reason: reason.filter(|_| kind.has_reason()),
                object: entry.object,
                detail,
                title: title.map(|title| title.zh),
                shop: shop.map(|shop| shop.zh),
                zh,
                en,
                at: Ts(entry.created_at),
                read: entry.read_at.is_some(),
            }
        };
    Ok(read.into_iter().map(message).collect())
}

/// One entry with its sentence, whoever's it is; none if it is gone, or of a kind that this version does not know.
pub(crate) fn one(conn: &mut Db, id: InboxId, zone: &Zone) -> Result<Option<Message>> {
    let found = store::inbox::find(conn, id)?;
    Ok(messages(conn, found.into_iter().collect(), zone)?.pop())
}

/// The ids of what an entry's title may come from beside its matter.
fn concerned(detail: &Detail) -> Vec<String> {
    let Detail { deed, event, offer, .. } = detail;
    let ids = [deed.map(|id| id.to_string()), event.map(|id| id.to_string()), offer.map(|id| id.to_string())];
    ids.into_iter().flatten().collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemNames {
    name_zh: String,
    name_en: String,
}

fn called(known: &HashMap<String, About>, id: &str) -> Option<Called> {
    let about = known.get(id)?;
    if let Some(item) = &about.item {
        let ItemNames { name_zh, name_en } = serde_json::from_str(item).ok()?;
        return Some(Called { zh: name_zh, en: name_en });
    }
    about.title.clone().map(Called::from)
}

/// What is marked as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marks {
    /// These entries; those of others are left alone.
    These(Vec<InboxId>),
    /// Everything up to one of them: not all at once, if there are very many.
    UpTo(InboxId),
}

/// Marks entries as read; returns how many are unread then, up to [`UNREAD_MAX`].
pub async fn mark(app: &App, owner: Owner, marks: Marks) -> Result<u32> {
    let now = app.now();
    app.store
        .write(move |conn| {
            match &marks {
                Marks::These(ids) => store::inbox::mark(conn, owner, ids, now)?,
                Marks::UpTo(last) => store::inbox::mark_up_to(conn, owner, *last, now)?,
            }
            unread(conn, owner)
        })
        .await
}

/// A kind, and whether its owner is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// The kind.
    pub kind: Kind,
    /// Whether the owner is told of it.
    pub on: bool,
}

/// Every kind of which such an owner is told.
pub async fn switches(app: &App, owner: Owner) -> Result<Vec<Switch>> {
    app.store.read(move |conn| switches_of(conn, owner)).await
}

fn switches_of(conn: &mut Db, owner: Owner) -> Result<Vec<Switch>> {
    let off = store::inbox::switches(conn, owner)?;
    let kinds = Kind::EVERY.iter().copied().filter(|kind| kind.is_for(owner));
    Ok(kinds.map(|kind| Switch { kind, on: kind.stays_on() || !off.contains(kind.word()) }).collect())
}

/// Sets which kinds the owner does not want to be told of.
pub async fn change_switches(app: &App, owner: Owner, off: &[String]) -> Result<Vec<Switch>> {
    let mut words = Vec::with_capacity(off.len());
    for (i, word) in off.iter().enumerate() {
        words.push(switchable(owner, word).map_err(|fault| at(i, fault))?.word());
    }
    words.sort_unstable();
    words.dedup();
    app.store
        .write(move |conn| {
            store::inbox::set_switches(conn, owner, &words)?;
            switches_of(conn, owner)
        })
        .await
}

fn switchable(owner: Owner, word: &str) -> Result<Kind, FieldFault> {
    let unknown = || FieldFault::new("off", "unknown_value", "没有这种消息", "there is no such kind");
    let kind = Kind::from_word(word).ok_or_else(unknown)?;
    if !kind.is_for(owner) {
        return Err(FieldFault::new(
            "off",
            "not_yours",
            "您不会收到这种消息",
            "you are never told of this kind",
        ));
    }
    if kind.stays_on() {
        let zh = "积分变动和待您确认的消息不能关闭";
        return Err(FieldFault::new("off", "stays_on", zh, "this kind cannot be switched off"));
    }
    Ok(kind)
}

fn at(place: usize, fault: FieldFault) -> Error {
    Refusal::field(FieldFault { field: format!("off[{place}]"), ..fault }).into()
}
