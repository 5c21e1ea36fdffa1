//! What every handler may ask of the request: the tenant, the request's id, the idempotency key.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use domain::{Code, FieldFault, Id, Refusal};
use foundation::{App, KeyUse, RequestContext};
use sha2::{Digest, Sha256};

use crate::json::Body;
use crate::problem::ApiError;

/// The tenant that the request's host names.
#[derive(Debug, Clone)]
pub struct Tenant(pub Arc<App>);

impl std::ops::Deref for Tenant {
    type Target = App;
    fn deref(&self) -> &App {
        &self.0
    }
}

impl FromRequest for Tenant {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(tenant_of(req))
    }
}

pub(crate) fn tenant_of(req: &HttpRequest) -> Result<Tenant, ApiError> {
    req.extensions().get::<Arc<App>>().cloned().map(Tenant).ok_or_else(|| Code::UnknownHost.into())
}

/// The id that the gate gave to this request.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// The request's id and, if one was sent, its idempotency key.
#[derive(Debug, Clone)]
pub struct Context {
    request_id: String,
    method: String,
    path: String,
    key: Option<String>,
}

impl FromRequest for Context {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = || {
            let key = req.headers().get("Idempotency-Key").map(read_key).transpose()?;
            let request_id = req.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
            let (method, path) = (req.method().to_string(), req.path().to_owned());
            Ok(Self { request_id, method, path, key })
        };
        ready(read())
    }
}

/// 16 to 64 of `[A-Za-z0-9_-]`, quoted or bare.
fn read_key(header: &actix_web::http::header::HeaderValue) -> Result<String, ApiError> {
    let text = header.to_str().unwrap_or_default();
    let bare = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    let good = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if (16..=64).contains(&bare.len()) && bare.bytes().all(good) {
        return Ok(bare.to_owned());
    }
    let fault = FieldFault::new(
        "Idempotency-Key",
        "malformed",
        "应为 16 至 64 个字母、数字、下划线或连字符",
        "16 to 64 letters, digits, underscores or hyphens are expected",
    );
    Err(Refusal { fields: vec![fault], ..Code::MalformedHeader.into() }.into())
}

impl Context {
    /// For an operation where a key may be sent: `principal` is who asks.
    pub fn keyed<T, const MAX: usize>(&self, principal: impl Id, body: &Body<T, MAX>) -> RequestContext {
        self.used(principal, &body.hash)
    }

    /// For an operation without a body where a key may be sent.
    pub fn keyed_bare(&self, principal: impl Id) -> RequestContext {
        self.used(principal, b"")
    }

    fn used(&self, principal: impl Id, body: &[u8]) -> RequestContext {
        let mut hash = Sha256::new();
        for part in [self.method.as_bytes(), b"\n", self.path.as_bytes(), b"\n", body] {
            hash.update(part);
        }
        let fingerprint = hash.finalize().to_vec();
        let principal = foundation::AnyId::of(principal);
        let key = self.key.clone().map(|key| KeyUse { principal, key, fingerprint });
        RequestContext { request_id: self.request_id.clone(), key }
    }

    /// For an operation that moves points: the key is required.
    pub fn keyed_strictly<T, const MAX: usize>(
        &self,
        principal: impl Id,
        body: &Body<T, MAX>,
    ) -> Result<RequestContext, ApiError> {
        if self.key.is_none() {
            return Err(Code::KeyRequired.into());
        }
        Ok(self.keyed(principal, body))
    }

    /// For an operation without a key.
    pub fn plain(&self) -> RequestContext {
        RequestContext { request_id: self.request_id.clone(), key: None }
    }
}
