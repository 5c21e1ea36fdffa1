//! Messages in WeChat: what the caller agreed to, and of what none is wanted.

use std::collections::BTreeMap;

use actix_web::{get, post, put};
use domain::FieldFault;
use foundation::inbox::Kind;
use foundation::messages::{self, Answer, Setting};
use http_kit::inbox::{KINDS_MAX, kinds_of};
use http_kit::who::CurrentPerson;
use http_kit::{ApiError, Body, Context, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_my_messages).service(put_my_messages).service(answer_messages);
}

/// A kind of message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"kind": "deed_published", "nameZh": "好事公开", "nameEn": "Deed published", "template": "h7nTmpl", "on": true, "left": 2}))]
pub struct MessageKindView {
    /// Its word, as in the inbox.
    pub kind: String,
    /// What it is called, in Chinese.
    pub name_zh: String,
    /// What it is called, in English.
    pub name_en: String,
    /// The template to ask for by `wx.requestSubscribeMessage`.
    pub template: String,
    /// Whether the caller wants it; of no kind once the consent to messages is withdrawn.
    pub on: bool,
    /// How many more the caller has agreed to, as far as is known.
    pub left: i64,
}

/// The messages that can be sent here.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"kinds": [{"kind": "deed_published", "nameZh": "好事公开", "nameEn": "Deed published", "template": "h7nTmpl",
    "on": true, "left": 2}]}))]
pub struct MessagesView {
    /// Every kind that has a template.
    pub kinds: Vec<MessageKindView>,
}

impl From<Vec<Setting>> for MessagesView {
    fn from(settings: Vec<Setting>) -> Self {
        let view = |Setting { kind, template, on, left }: Setting| {
            let (zh, en) = kind.names();
            let (name_zh, name_en) = (zh.to_owned(), en.to_owned());
            MessageKindView { kind: kind.word().to_owned(), name_zh, name_en, template, on, left }
        };
        Self { kinds: settings.into_iter().map(view).collect() }
    }
}

/// Reads which messages reach the caller in WeChat.
///
/// Before one can be sent, the mini-program asks for its template with a tap, and reports the answer.
#[utoipa::path(tag = "messages", security(("bearer" = [])),
    responses((status = 200, description = "The kinds", body = MessagesView)))]
#[get("/me/messages")]
async fn get_my_messages(app: Tenant, who: CurrentPerson) -> Result<Tagged<MessagesView>, ApiError> {
    Ok(Tagged::private(messages::settings(&app, who.0.identity).await?.into()))
}

fn kinds() -> utoipa::openapi::schema::Array {
    kinds_of(messages::kinds())
}

/// Which messages the caller does not want.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"off": ["event_reminder"]}))]
pub struct ChangeMessages {
    /// All kinds that are off from now on; every other one is on.
    #[validate(length(max = KINDS_MAX))]
    #[schema(schema_with = kinds)]
    pub off: Vec<String>,
}

/// Sets which messages the caller does not want. The inbox has them nevertheless.
#[utoipa::path(tag = "messages", security(("bearer" = [])), request_body = ChangeMessages,
    responses((status = 200, description = "The kinds", body = MessagesView)))]
#[put("/me/messages")]
async fn put_my_messages(
    app: Tenant,
    who: CurrentPerson,
    body: Body<ChangeMessages>,
) -> Result<Tagged<MessagesView>, ApiError> {
    let unknown = |i: usize| {
        FieldFault::new(
            format!("off[{i}]"),
            "unknown_value",
            "没有这种消息",
            "there is no such kind of message",
        )
    };
    let read = |(i, word): (usize, &String)| {
        messages::kinds().find(|kind| kind.word() == word).ok_or_else(|| unknown(i))
    };
    let off = body.value.off.iter().enumerate().map(read).collect::<Result<Vec<Kind>, FieldFault>>()?;
    Ok(Tagged::private(messages::switch(&app, who.0.identity, off).await?.into()))
}

/// What the caller answered to `wx.requestSubscribeMessage`.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"answers": {"h7nTmpl": "accept"}}))]
pub struct MessageAnswers {
    /// By template: `accept`, `acceptWithAudio`, `reject`, `ban` or `filter`, as WeChat gave it. At most 10.
    pub answers: BTreeMap<String, String>,
}

/// Reports what the caller answered: one more message of each template that was agreed to.
///
/// WeChat pushes the same; both tell of one tap, which counts once. Templates that are not this server's are left out.
#[utoipa::path(tag = "messages", security(("bearer" = [])), request_body = MessageAnswers,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "messages-2026-03-01-1", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The kinds", body = MessagesView)))]
#[post("/me/messages/answers")]
async fn answer_messages(
    app: Tenant,
    who: CurrentPerson,
    context: Context,
    body: Body<MessageAnswers>,
) -> Result<Tagged<MessagesView>, ApiError> {
    let context = context.keyed(who.0.identity, &body);
    let answer = |(template, said): (String, String)| Answer {
        template,
        accepted: matches!(said.as_str(), "accept" | "acceptWithAudio"),
    };
    let answers = body.value.answers.into_iter().map(answer).collect();
    Ok(Tagged::private(messages::answered(&app, who.0.identity, answers, context).await?.into()))
}
