//! Inboxes as both services show them.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Json;
use actix_web::{FromRequest, HttpRequest};
use domain::FieldFault;
use domain::ids::{ClerkId, InboxId, StaffId};
use foundation::inbox::{self, Detail, Inbox, Kind, Marks, Message, Owner, Switch};
use foundation::{App, sessions};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{Array, Object, Type};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::context::Tenant;
use crate::paging::encode;
use crate::who::SignedIn;
use crate::{ApiError, Tagged};

/// The inbox of whoever is signed in, with a live session: a resident, a guest, a clerk, or a member of staff.
#[derive(Debug, Clone, Copy)]
pub struct OwnInbox(pub Owner);

impl FromRequest for OwnInbox {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let found = (SignedIn::from_request(req, payload), Tenant::from_request(req, payload));
        Box::pin(async move {
            let (claims, app) = (found.0.await?.0, found.1.await?);
            let owner = if claims.sub.parse::<StaffId>().is_ok() {
                Owner::Staff(sessions::staff_actor(&app, &claims).await?.id)
            } else if claims.sub.parse::<ClerkId>().is_ok() {
                app.require_merchants()?;
                Owner::Clerk(sessions::clerk_actor(&app, &claims).await?.id)
            } else {
                let person = sessions::person(&app, &claims).await?;
                Owner::person(person.resident, person.identity)
            };
            Ok(Self(owner))
        })
    }
}

/// Which entries to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct InboxQuery {
    /// Only what was not marked as read.
    pub unread_only: Option<bool>,
    /// Where to go on: `nextCursor` of the page before.
    #[validate(length(max = 512))]
    #[param(max_length = 512)]
    pub cursor: Option<String>,
    /// How many items, 1 to 100; 20 if nothing is said.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

/// An entry of an inbox.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "msg_01jbr62tryfk1sh9p01j0gre6f", "kind": "deed_rejected", "object": "deed_01jbr62tryfk1sh9p01j0gre6f",
    "deedId": null, "eventId": null, "shopId": null, "offerId": null, "points": null, "until": null, "reason": "照片不清楚，请重新上传。",
    "textZh": "您发布的好事《帮邻居修水管》未通过审核。", "textEn": "Your deed “帮邻居修水管” was not published.",
    "createdAt": "2026-03-01T02:00:00Z", "read": false}))]
pub struct MessageView {
    /// Its id.
    pub id: String,
    /// What it tells of; the settings list all kinds. More may come: show the text of one that is not known.
    pub kind: String,
    /// The id of the matter: a deed, a claim, a comment, a request to join, an event, a redemption, a shop or an offer, by its prefix.
    pub object: String,
    /// The deed that it concerns, beside its matter.
    pub deed_id: Option<String>,
    /// The event that it concerns, beside its matter.
    pub event_id: Option<String>,
    /// The shop that it concerns, beside its matter.
    pub shop_id: Option<String>,
    /// The offer that it concerns, beside its matter.
    pub offer_id: Option<String>,
    /// How many points it is about.
    pub points: Option<String>,
    /// Until when there is something to do, or when something begins.
    pub until: Option<String>,
    /// The reason that staff gave, while it stands.
    pub reason: Option<String>,
    /// What happened, in Chinese, with what the matter is called now.
    pub text_zh: String,
    /// What happened, in English.
    pub text_en: String,
    /// When.
    pub created_at: String,
    /// Whether it was marked as read.
    pub read: bool,
}

impl From<Message> for MessageView {
    fn from(message: Message) -> Self {
        let Detail { deed, event, shop, offer, points, until } = message.detail;
        Self {
            id: message.id.to_string(),
            kind: message.kind.word().to_owned(),
            object: message.object,
            deed_id: deed.map(|id| id.to_string()),
            event_id: event.map(|id| id.to_string()),
            shop_id: shop.map(|id| id.to_string()),
            offer_id: offer.map(|id| id.to_string()),
            points: points.map(|points| points.to_string()),
            until: until.map(|moment| moment.to_string()),
            reason: message.reason,
            text_zh: message.zh,
            text_en: message.en,
            created_at: message.at.to_string(),
            read: message.read,
        }
    }
}

/// A page of an inbox.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"items": [{"id": "msg_01jbr62tryfk1sh9p01j0gre6f", "kind": "claim_granted",
    "object": "claim_01jbr62tryfk1sh9p01j0gre6f", "deedId": "deed_01jbr62tryfk1sh9p01j0gre6f", "eventId": null, "shopId": null,
    "offerId": null, "points": "5.00", "until": null, "reason": null, "textZh": "积分申报《邻里互助》已通过，获得 5.00 积分。",
    "textEn": "A claim “Helping a neighbour” was granted: 5.00 points.", "createdAt": "2026-03-01T02:00:00Z", "read": false}],
    "nextCursor": null, "unreadCount": 1}))]
pub struct InboxView {
    /// The entries, newest first.
    pub items: Vec<MessageView>,
    /// Send it as `cursor` to get the next page; null on the last.
    pub next_cursor: Option<String>,
    /// How many entries are unread, counted to 100: 100 means more than 99.
    pub unread_count: u32,
}

impl From<Inbox> for InboxView {
    fn from(Inbox { messages, unread }: Inbox) -> Self {
        let next_cursor = messages.next.as_ref().map(encode);
        let items = messages.items.into_iter().map(MessageView::from).collect();
        Self { items, next_cursor, unread_count: unread }
    }
}

/// What to mark as read: entries by their ids, or everything up to one.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"upTo": "msg_01jbr62tryfk1sh9p01j0gre6f"}))]
pub struct MarkRead {
    /// These entries; ids of others' entries change nothing.
    #[validate(length(min = 1, max = 100))]
    #[schema(value_type = Option<Vec<String>>, min_items = 1, max_items = 100)]
    pub ids: Option<Vec<InboxId>>,
    /// This entry and all that are older: up to 1,000 at once, so repeat it while `unreadCount` says that there are more.
    #[schema(value_type = Option<String>)]
    pub up_to: Option<InboxId>,
}

/// How many entries are unread.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"unreadCount": 0}))]
pub struct UnreadView {
    /// How many, counted to 100: 100 means more than 99.
    pub unread_count: u32,
}

/// A kind of entry.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"kind": "comment_published", "nameZh": "评论公开", "nameEn": "Comment published", "on": true, "staysOn": false}))]
pub struct SwitchView {
    /// Its word.
    pub kind: String,
    /// What it is called, in Chinese.
    pub name_zh: String,
    /// What it is called, in English.
    pub name_en: String,
    /// Whether it is told.
    pub on: bool,
    /// Whether it cannot be switched off: why points changed, and what waits for one's own tap.
    pub stays_on: bool,
}

/// What an inbox tells of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"kinds": [{"kind": "comment_published", "nameZh": "评论公开", "nameEn": "Comment published", "on": true,
    "staysOn": false}]}))]
pub struct SettingsView {
    /// Every kind of which such an account is told.
    pub kinds: Vec<SwitchView>,
}

impl From<Vec<Switch>> for SettingsView {
    fn from(switches: Vec<Switch>) -> Self {
        let view = |Switch { kind, on }: Switch| {
            let (zh, en) = kind.names();
            SwitchView {
                kind: kind.word().to_owned(),
                name_zh: zh.to_owned(),
                name_en: en.to_owned(),
                on,
                stays_on: kind.stays_on(),
            }
        };
        Self { kinds: switches.into_iter().map(view).collect() }
    }
}

/// The most kinds that a request names.
pub const KINDS_MAX: u64 = 60;

/// Words of kinds, each of which exists, as a specification says it.
pub fn kinds_of(kinds: impl Iterator<Item = Kind>) -> Array {
    let words: Vec<&'static str> = kinds.map(Kind::word).collect();
    let word = Object::builder().schema_type(Type::String).enum_values(Some(words));
    Array::builder().items(word).max_items(Some(KINDS_MAX as usize)).build()
}

fn kinds() -> Array {
    kinds_of(Kind::EVERY.iter().copied())
}

/// Which kinds not to be told of.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"off": ["comment_published"]}))]
pub struct ChangeSettings {
    /// All kinds that are off from now on; every other one is on.
    #[validate(length(max = KINDS_MAX))]
    #[schema(schema_with = kinds)]
    pub off: Vec<String>,
}

/// Lists an inbox.
pub async fn list(app: &App, owner: OwnInbox, query: InboxQuery) -> Result<Tagged<InboxView>, ApiError> {
    let page = crate::paging::page(query.cursor.as_deref(), query.limit)?;
    let found = inbox::page(app, owner.0, query.unread_only == Some(true), page).await?;
    Ok(Tagged::private(found.into()))
}

/// Marks entries as read.
pub async fn mark(app: &App, owner: OwnInbox, marks: MarkRead) -> Result<Json<UnreadView>, ApiError> {
    let marks = match (marks.ids, marks.up_to) {
        (Some(ids), None) => Marks::These(ids),
        (None, Some(last)) => Marks::UpTo(last),
        _ => {
            let zh = "请填写 ids 或 upTo 其中之一";
            return Err(FieldFault::new("ids", "one_of", zh, "either ids or upTo").into());
        }
    };
    Ok(Json(UnreadView { unread_count: inbox::mark(app, owner.0, marks).await? }))
}

/// Reads what an inbox tells of.
pub async fn settings(app: &App, owner: OwnInbox) -> Result<Tagged<SettingsView>, ApiError> {
    Ok(Tagged::private(inbox::switches(app, owner.0).await?.into()))
}

/// Sets what an inbox tells of.
pub async fn change(
    app: &App,
    owner: OwnInbox,
    settings: &ChangeSettings,
) -> Result<Tagged<SettingsView>, ApiError> {
    Ok(Tagged::private(inbox::change_switches(app, owner.0, &settings.off).await?.into()))
}
