//! Answers: 201 with a place, bodies with an ETag that spare a client who has them already, and pages that everybody reads alike.

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::uri::PathAndQuery;
use actix_web::{Either, FromRequest, HttpMessage, HttpRequest, HttpResponse, Responder};
use bytes::Bytes;
use domain::Code;
use foundation::App;
use foundation::own::Asker;
use foundation::pages::{Kept, Leaf, Page, tag_of};
use serde::Serialize;

use crate::problem::ApiError;
use crate::who::{NamedPerson, Viewer};

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
        let Ok(body) = serde_json::to_vec(&self.body) else {
            return HttpResponse::InternalServerError().finish();
        };
        let tag = self.version.map_or_else(|| tag_of(&body), |version| format!("\"v{version}\""));
        answer(req, body.into(), &tag, self.keep)
    }
}

/// A body as it is sent.
pub fn json_bytes(body: &impl Serialize) -> Result<Bytes, ApiError> {
    serde_json::to_vec(body).map(Bytes::from).map_err(|_| Code::Internal.into())
}

/// JSON that is for the asker only, as it is sent.
#[derive(Debug, Clone)]
pub struct Own(pub Bytes);

impl Own {
    /// The answer to this request for what is the asker's own: the one of a moment ago, if nothing of it changed, or made now. `make` may
    /// depend on nothing but who asks and the address that is asked for, and looks at the session by itself.
    pub async fn of<T: Serialize>(
        app: &App,
        req: &HttpRequest,
        who: NamedPerson,
        make: impl AsyncFnOnce() -> Result<T, ApiError>,
    ) -> Result<Self, ApiError> {
        Self::of_bytes(app, req, who, async || json_bytes(&make().await?)).await
    }

    /// As [`Own::of`], where it is written as it is sent.
    pub async fn of_bytes(
        app: &App,
        req: &HttpRequest,
        who: NamedPerson,
        make: impl AsyncFnOnce() -> Result<Bytes, ApiError>,
    ) -> Result<Self, ApiError> {
        let asker = Asker { identity: who.identity, session: who.session };
        Ok(Self(app.own.answer(&app.store, asker, address(req), make).await?))
    }
}

impl Responder for Own {
    type Body = BoxBody;
    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        let tag = tag_of(&self.0);
        answer(req, self.0, &tag, Keep::Private)
    }
}

fn answer(req: &HttpRequest, body: Bytes, tag: &str, keep: Keep) -> HttpResponse {
    let asked = req.headers().get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let has_it = asked.is_some_and(|list| list.split(',').any(|t| t.trim().trim_start_matches("W/") == tag));
    let status = if has_it { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let keep = match keep {
        Keep::Public => "public, max-age=1",
        Keep::Private => "private, no-cache",
    };
    let mut builder = HttpResponse::build(status);
    builder.insert_header((header::ETAG, tag));
    builder.insert_header((header::VARY, VARY));
    builder.insert_header((header::CACHE_CONTROL, HeaderValue::from_static(keep)));
    if has_it {
        return builder.finish();
    }
    builder.insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
    builder.body(body)
}

/// Whether the client takes gzip before the plain bytes.
fn takes_gzip(req: &HttpRequest) -> bool {
    let asked = req.get_header::<header::AcceptEncoding>();
    let offered = [header::Encoding::gzip(), header::Encoding::identity()];
    asked.and_then(|asked| asked.negotiate(offered.iter())) == Some(header::Encoding::gzip())
}

/// What was asked for: the key of what is kept of the answer.
pub fn address(req: &HttpRequest) -> &str {
    req.uri().path_and_query().map_or_else(|| req.path(), PathAndQuery::as_str)
}

const VARY: HeaderValue = HeaderValue::from_static("Authorization, Accept-Language, Accept-Encoding");

/// What everybody reads alike: from the shared pages, where it may be a second old.
#[derive(Debug, Clone)]
pub struct Shared(Held);

#[derive(Debug, Clone)]
enum Held {
    Whole(Arc<Kept<Page>>),
    Leaf(Arc<Kept<Leaf>>),
}

impl Shared {
    /// The public page of a leaf, if it has one.
    pub fn of_leaf(leaf: Arc<Kept<Leaf>>) -> Option<Self> {
        leaf.what.public.is_some().then_some(Self(Held::Leaf(leaf)))
    }
    fn page(&self) -> Option<&Page> {
        match &self.0 {
            Held::Whole(page) => Some(&page.what),
            Held::Leaf(leaf) => leaf.what.public.as_ref(),
        }
    }
    /// The answer to this request: kept, or made now. `make` may depend on nothing but the address that is asked for.
    pub async fn of<T: Serialize>(
        app: &App,
        req: &HttpRequest,
        make: impl AsyncFnOnce() -> Result<T, ApiError>,
    ) -> Result<Self, ApiError> {
        let make = async || Ok::<_, ApiError>(Page::of(json_bytes(&make().await?)?));
        Ok(Self(Held::Whole(app.pages.whole.get(&app.store, address(req), make).await?)))
    }
}

impl Responder for Shared {
    type Body = BoxBody;
    fn respond_to(self, req: &HttpRequest) -> HttpResponse {
        let Some(page) = self.page() else { return HttpResponse::InternalServerError().finish() };
        if !takes_gzip(req) {
            return answer(req, page.body.clone(), &page.tag, Keep::Public);
        }
        // Compressed once for all who ask; what says how it is encoded is left alone by the middleware.
        let mut response = answer(req, page.gzip().clone(), &page.tag, Keep::Public);
        if response.status() == StatusCode::OK {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// What nobody in particular reads from the shared pages, and who is signed in as it is at this moment.
pub async fn shared_or_own<T: Serialize>(
    app: &App,
    viewer: &Viewer,
    req: &HttpRequest,
    make: impl AsyncFnOnce() -> Result<T, ApiError>,
) -> Result<Either<Shared, Tagged<T>>, ApiError> {
    if viewer.is_nobody() {
        return Shared::of(app, req, make).await.map(Either::Left);
    }
    Ok(Either::Right(Tagged::private(make().await?)))
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
