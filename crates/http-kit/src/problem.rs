//! Problem documents (RFC 9457): every refusal leaves as one, in Chinese or English by `Accept-Language`, with its stable code and the
//! request's id. The body is written by the gate, which knows the language; a handler's error only says which refusal it is.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use domain::{Code, Refusal};
use serde::Serialize;
use utoipa::ToSchema;

/// What a handler fails with.
#[derive(Debug)]
pub struct ApiError {
    refusal: Refusal,
    cause: Option<foundation::Error>,
}

impl ApiError {
    /// Which refusal it is.
    pub fn refusal(&self) -> &Refusal {
        &self.refusal
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.refusal.code.word())
    }
}

impl From<foundation::Error> for ApiError {
    fn from(error: foundation::Error) -> Self {
        let refusal = error.refusal();
        let expected = matches!(error, foundation::Error::Refused(_));
        Self { refusal, cause: (!expected).then_some(error) }
    }
}
impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, cause: None }
    }
}
impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        Refusal::from(code).into()
    }
}
impl From<domain::FieldFault> for ApiError {
    fn from(fault: domain::FieldFault) -> Self {
        Refusal::field(fault).into()
    }
}

/// Marks a response that the gate has to render.
#[derive(Debug, Clone)]
pub(crate) struct Pending(pub(crate) Refusal);

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.refusal.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
    fn error_response(&self) -> HttpResponse<BoxBody> {
        // Logged once, here, where it is handled; a refusal is no error of ours.
        if let Some(cause) = &self.cause {
            tracing::error!(
                error = cause as &dyn std::error::Error,
                code = self.refusal.code.word(),
                "request.failed"
            );
        }
        let mut response = HttpResponse::build(self.status_code()).finish();
        response.extensions_mut().insert(Pending(self.refusal.clone()));
        response
    }
}

/// A fault of one field.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"field": "title", "code": "too_short", "detail": "至少 2 个字"}))]
pub struct FieldView {
    /// The path of the field.
    pub field: String,
    /// A stable code.
    pub code: String,
    /// What is expected.
    pub detail: String,
}

/// A problem document.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"type": "/problems/deed_not_found", "title": "Not Found", "status": 404, "code": "deed_not_found",
    "detail": "没有找到这条好事。", "requestId": "0192f0c1-6b1e-7cc3-98c4-dc0c0c07398f", "fields": []}))]
pub struct Problem {
    /// An address that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// What to do, in Chinese or English.
    pub detail: String,
    /// The request's id, for support.
    pub request_id: String,
    /// The fields at fault.
    pub fields: Vec<FieldView>,
}

/// The language of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 中文, the default.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The language that `Accept-Language` prefers: English only if it is named before Chinese.
    pub fn of(header: Option<&HeaderValue>) -> Self {
        let text = header.and_then(|h| h.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
        match (text.find("en"), text.find("zh")) {
            (Some(en), Some(zh)) if en < zh => Self::English,
            (Some(_), None) => Self::English,
            _ => Self::Chinese,
        }
    }
}

/// Renders a refusal.
pub(crate) fn render(refusal: &Refusal, language: Language, request_id: &str) -> HttpResponse {
    let code = refusal.code;
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let chinese = language == Language::Chinese;
    let field = |f: &domain::FieldFault| FieldView {
        field: f.field.clone(),
        code: f.code.to_owned(),
        detail: if chinese { f.zh.clone() } else { f.en.clone() },
    };
    let problem = Problem {
        kind: format!("/problems/{}", code.word()),
        title: status.canonical_reason().unwrap_or("Error").to_owned(),
        status: code.status(),
        code: code.word().to_owned(),
        detail: if chinese { code.zh() } else { code.en() }.to_owned(),
        request_id: request_id.to_owned(),
        fields: refusal.fields.iter().map(field).collect(),
    };
    let mut builder = HttpResponse::build(status);
    builder.insert_header((header::CONTENT_LANGUAGE, if chinese { "zh-CN" } else { "en" }));
    builder.insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(seconds) = refusal.retry_after_s {
        builder.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    if status == StatusCode::UNAUTHORIZED {
        builder.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
    }
    let body = serde_json::to_string(&problem).unwrap_or_default();
    builder.content_type("application/problem+json").body(body)
}

/// The refusal that stands for a bare status that actix itself answered.
pub(crate) fn of_status(status: StatusCode) -> Code {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
        s if s.is_client_error() => Code::MalformedHeader,
        _ => Code::Internal,
    }
}
