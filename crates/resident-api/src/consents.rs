//! Consents: what is asked for, which anybody reads, and what the caller agreed to.

use actix_web::web::Path;
use actix_web::{delete, get, put};
use community::consents::{self, Standing};
use domain::Code;
use domain::consents::{Purpose, Words};
use http_kit::who::CurrentPerson;
use http_kit::{ApiError, Body, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_consents).service(list_my_consents).service(give_consent).service(withdraw_consent);
}

/// A purpose in the address.
fn purpose(word: &str) -> Result<Purpose, ApiError> {
    Purpose::from_word(word).ok_or_else(|| Code::MalformedPath.into())
}

/// What a purpose means, in one language.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"title": "Keeping my telephone number", "text": "A number that you bind …", "data": ["telephone number"],
    "retention": "Until you withdraw, unbind it, or delete the account."}))]
pub struct ConsentWordsView {
    /// What it is called.
    pub title: String,
    /// What is done, and what follows from withdrawing.
    pub text: String,
    /// Which kinds of data.
    pub data: Vec<String>,
    /// For how long they are kept.
    pub retention: String,
}

impl From<Words> for ConsentWordsView {
    fn from(words: Words) -> Self {
        Self {
            title: words.title.to_owned(),
            text: words.text.to_owned(),
            data: words.data.iter().map(|kind| (*kind).to_owned()).collect(),
            retention: words.retention.to_owned(),
        }
    }
}

/// What people are asked to agree to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"purpose": "phone", "required": false, "version": 1, "inForceFrom": "2026-03-01",
    "zh": {"title": "绑定手机号", "text": "绑定手机号用于确认身份和联系您……", "data": ["手机号"], "retention": "直到您撤回同意、解绑或注销账号。"},
    "en": {"title": "Keeping my telephone number", "text": "A number that you bind …", "data": ["telephone number"],
    "retention": "Until you withdraw, unbind it, or delete the account."}}))]
pub struct ConsentView {
    /// `service`, `public_posts`, `wechat_messages` or `phone`.
    pub purpose: String,
    /// Whether taking it back is to delete the account.
    pub required: bool,
    /// The version that is in force: what is sent to agree.
    pub version: i32,
    /// Since which day.
    pub in_force_from: String,
    /// In Chinese.
    pub zh: ConsentWordsView,
    /// In English.
    pub en: ConsentWordsView,
}

impl From<Purpose> for ConsentView {
    fn from(purpose: Purpose) -> Self {
        let text = purpose.text();
        Self {
            purpose: purpose.word().to_owned(),
            required: purpose.is_required(),
            version: text.version,
            in_force_from: text.from.to_string(),
            zh: text.zh.into(),
            en: text.en.into(),
        }
    }
}

/// A right of everybody's, and by which operation it is used.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"operation": "POST /v1/me/exports", "zh": "获取我的数据副本", "en": "Get a copy of my data"}))]
pub struct RightView {
    /// The operation.
    pub operation: String,
    /// What it is, in Chinese.
    pub zh: String,
    /// What it is, in English.
    pub en: String,
}

const RIGHTS: [(&str, &str, &str); 5] = [
    ("GET /v1/me/consents", "查看、给出和撤回同意", "See, give and withdraw what I agree to"),
    ("POST /v1/me/exports", "获取我的数据副本", "Get a copy of my data"),
    ("POST /v1/me/corrections", "申请更正我的信息", "Have my record corrected"),
    ("PUT /v1/me", "不在公开榜单和列表中显示", "Hide from every public list"),
    ("POST /v1/me/deletion", "注销账号并删除个人信息", "Delete the account and what is kept of me"),
];

/// Everything that people are asked to agree to, and their rights.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"items": [], "rights": [{"operation": "POST /v1/me/exports", "zh": "获取我的数据副本", "en": "Get a copy of my data"}]}))]
pub struct ConsentsView {
    /// The purposes, each apart.
    pub items: Vec<ConsentView>,
    /// The rights.
    pub rights: Vec<RightView>,
}

/// Lists what people are asked to agree to, each purpose apart, in both languages. Anybody reads it, before signing up, too.
#[utoipa::path(tag = "consents", responses((status = 200, description = "The purposes and the rights", body = ConsentsView)))]
#[get("/consents")]
async fn list_consents(_app: Tenant) -> Result<Tagged<ConsentsView>, ApiError> {
    let right = |(operation, zh, en): (&str, &str, &str)| RightView {
        operation: operation.to_owned(),
        zh: zh.to_owned(),
        en: en.to_owned(),
    };
    Ok(Tagged::public(ConsentsView {
        items: Purpose::EVERY.into_iter().map(ConsentView::from).collect(),
        rights: RIGHTS.into_iter().map(right).collect(),
    }))
}

/// Where the caller stands with a purpose.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"purpose": "phone", "required": false, "version": 1, "given": true, "givenVersion": 1, "due": false,
    "at": "2026-03-01T08:00:00Z"}))]
pub struct MyConsentView {
    /// The purpose.
    pub purpose: String,
    /// Whether taking it back is to delete the account.
    pub required: bool,
    /// The version that is in force.
    pub version: i32,
    /// Whether it is given.
    pub given: bool,
    /// The version that the last word was about; null if nothing was said.
    pub given_version: Option<i32>,
    /// Whether to ask the caller: what is optional never hinders anything.
    pub due: bool,
    /// When the last word was said.
    pub at: Option<String>,
}

impl From<Standing> for MyConsentView {
    fn from(standing: Standing) -> Self {
        Self {
            purpose: standing.purpose.word().to_owned(),
            required: standing.purpose.is_required(),
            version: standing.purpose.text().version,
            given: standing.is_given(),
            given_version: standing.word.map(|word| word.said.version),
            due: standing.is_due(),
            at: standing.word.map(|word| word.at.to_string()),
        }
    }
}

/// Where the caller stands with every purpose.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"items": [{"purpose": "phone", "required": false, "version": 1, "given": true, "givenVersion": 1, "due": false,
    "at": "2026-03-01T08:00:00Z"}]}))]
pub struct MyConsentsView {
    /// The purposes.
    pub items: Vec<MyConsentView>,
}

fn mine(standings: Vec<Standing>) -> Tagged<MyConsentsView> {
    Tagged::private(MyConsentsView { items: standings.into_iter().map(MyConsentView::from).collect() })
}

/// Reads what the caller agreed to.
#[utoipa::path(tag = "consents", security(("bearer" = [])),
    responses((status = 200, description = "Every purpose", body = MyConsentsView)))]
#[get("/me/consents")]
async fn list_my_consents(app: Tenant, who: CurrentPerson) -> Result<Tagged<MyConsentsView>, ApiError> {
    Ok(mine(consents::mine(&app, who.0).await?))
}

/// Which version is agreed to.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"version": 1}))]
pub struct GiveConsent {
    /// The version that was read: the one in force.
    #[validate(range(min = 1, max = 1_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub version: i32,
}

/// Agrees to a purpose. A version that is not in force any more is refused, and the present one is named.
#[utoipa::path(tag = "consents", security(("bearer" = [])), request_body = GiveConsent,
    params(("purpose" = String, Path, description = "The purpose", example = "phone")),
    responses((status = 200, description = "Every purpose", body = MyConsentsView)))]
#[put("/me/consents/{purpose}")]
async fn give_consent(
    app: Tenant,
    who: CurrentPerson,
    word: Path<String>,
    body: Body<GiveConsent>,
) -> Result<Tagged<MyConsentsView>, ApiError> {
    Ok(mine(consents::give(&app, who.0, purpose(&word)?, body.value.version).await?))
}

/// Withdraws: posts are shown no more, messages are not sent, a number is deleted, at once. What the service needs is withdrawn by deleting
/// the account, which the refusal says.
#[utoipa::path(tag = "consents", security(("bearer" = [])),
    params(("purpose" = String, Path, description = "The purpose", example = "phone")),
    responses((status = 200, description = "Every purpose", body = MyConsentsView)))]
#[delete("/me/consents/{purpose}")]
async fn withdraw_consent(
    app: Tenant,
    who: CurrentPerson,
    word: Path<String>,
) -> Result<Tagged<MyConsentsView>, ApiError> {
    Ok(mine(consents::withdraw(&app, who.0, purpose(&word)?).await?))
}
