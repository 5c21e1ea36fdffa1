//! Answers: 201 with a place, and bodies with an ETag that spare a client who has them already.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
use domain::Code;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::problem::ApiError;

/// 201, with the place of what was made. A replayed request says so in a header.
#[derive(Debug, Clone)]
pub struct Created<T> {
    /// The body.
    pub body: T,
    /// Its address.
    pub location: String,
    /// Whether an earlier request with this key made it.
    pub replayed: bool,
}

impl<T: Serialize> Responder for Created<T> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut builder = HttpResponse::Created();
        builder.insert_header((header::LOCATION, self.location));
        builder.insert_header((header::CACHE_CONTROL, "no-store"));
        if self.replayed {
            builder.insert_header(("Idempotency-Replayed", "true"));
        }
        builder.json(self.body)
    }
}

/// 200, with what became of the thing. A replayed request says so in a header.
#[derive(Debug, Clone)]
pub struct Done<T> {
    /// The body.
    pub body: T,
    /// Whether an earlier request with this key did it.
    pub replayed: bool,
}

impl<T: Serialize> Responder for Done<T> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut builder = HttpResponse::Ok();
        builder.insert_header((header::CACHE_CONTROL, "no-store"));
        if self.replayed {
            builder.insert_header(("Idempotency-Replayed", "true"));
        }
        builder.json(self.body)
    }
}

/// Who may keep a copy of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Anybody, for a second; then it is asked for again with the ETag.
    Public,
    /// The asker only, always asked for again.
    Private,
}

/// A body with an ETag over its bytes: 304 when the client has it.
#[derive(Debug, Clone)]
pub struct Tagged<T> {
    /// The body.
    pub body: T,
    /// Who may keep it.
    pub keep: Keep,
    /// The version of what staff edit, if it is the tag; otherwise the tag is taken from the bytes.
    pub version: Option<i64>,
}

impl<T> Tagged<T> {
    /// What everybody sees alike.
    pub fn public(body: T) -> Self {
        Self { body, keep: Keep::Public, version: None }
    }
    /// What is for the asker only.
    pub fn private(body: T) -> Self {
        Self { body, keep: Keep::Private, version: None }
    }
    /// What staff edit: the tag is the version, to be sent back as `If-Match`.
    pub fn versioned(body: T, version: i64) -> Self {
        Self { body, keep: Keep::Private, version: Some(version) }
    }
}

impl<T: Serialize> Responder for Tagged<T> {
    type Body = BoxBody;
    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        let Ok(bytes) = serde_json::to_vec(&self.body) else {
            return HttpResponse::InternalServerError().finish();
        };
        let tag = match self.version {
            Some(version) => format!("\"v{version}\""),
            None => format!("\"{}\"", hex::encode(&Sha256::digest(&bytes)[..12])),
        };
        let asked = req.headers().get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
        let has_it =
            asked.is_some_and(|list| list.split(',').any(|t| t.trim().trim_start_matches("W/") == tag));
        let status = if has_it { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        let mut builder = HttpResponse::build(status);
        builder.insert_header((header::ETAG, tag));
        builder.insert_header((header::VARY, "Authorization, Accept-Language, Accept-Encoding"));
        builder.insert_header((
            header::CACHE_CONTROL,
            match self.keep {
                Keep::Public => "public, max-age=1",
                Keep::Private => "private, no-cache",
            },
        ));
        if has_it { builder.finish() } else { builder.content_type("application/json").body(bytes) }
    }
}

/// The version that `If-Match` names: required where staff edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Etag(pub i64);

impl FromRequest for Etag {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        std::future::ready(version_of(req.headers()).map(Self))
    }
}

fn version_of(headers: &HeaderMap) -> Result<i64, ApiError> {
    let header = headers.get(header::IF_MATCH).ok_or(ApiError::from(Code::PreconditionRequired))?;
    let text = header.to_str().map_err(|_| ApiError::from(Code::MalformedHeader))?;
    // A tag that is not one of ours can match nothing.
    let number =
        text.trim().strip_prefix("\"v").and_then(|t| t.strip_suffix('"')).and_then(|t| t.parse().ok());
    number.ok_or_else(|| Code::PreconditionFailed.into())
}
