//! Actors: values that send requests. Each answer is held against the specification before a story looks at it.

use std::sync::Arc;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::spec::{self, Service};

/// Who sends requests, and to which process.
#[derive(Debug, Clone)]
pub struct Actor {
    client: reqwest::Client,
    base: Arc<str>,
    /// The access token.
    pub token: Option<String>,
    /// The refresh token.
    pub refresh: Option<String>,
    /// The id of the resident or staff account, where it is known.
    pub id: String,
    language: &'static str,
    service: Service,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as JSON; null where it is none.
    pub json: Value,
    /// The bytes of the body.
    pub bytes: Vec<u8>,
    what: String,
}

impl Answer {
    /// The body of an answer of this status; otherwise the test fails and shows it.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.what, self.json);
        self.json
    }
    /// Asserts a refusal of this status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.json["code"].as_str()),
            (status, Some(code)),
            "{}: {}",
            self.what,
            self.json
        );
    }
    /// The ETag.
    #[track_caller]
    pub fn etag(&self) -> String {
        self.headers
            .get("etag")
            .and_then(|v| v.to_str().ok())
            .unwrap_or_else(|| panic!("{}: no ETag", self.what))
            .to_owned()
    }
    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}

impl Actor {
    /// Nobody in particular, at a process.
    pub fn anybody(base: &str) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(30))
            .build()
            .expect("a client can be made");
        Self {
            client,
            base: base.into(),
            token: None,
            refresh: None,
            id: String::new(),
            language: "en",
            service: Service::Resident,
        }
    }

    /// The same person at the merchant service.
    pub fn at_merchant(&self, base: &str) -> Self {
        Self { base: base.into(), service: Service::Merchant, ..self.clone() }
    }

    /// The same person at another process.
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.into(), ..self.clone() }
    }

    /// The same person reading Chinese.
    pub fn in_chinese(&self) -> Self {
        Self { language: "zh-CN", ..self.clone() }
    }

    /// The same person with other tokens, as `sessions/*` answers them.
    pub fn with_tokens(&self, tokens: &Value) -> Self {
        let text = |key: &str| tokens[key].as_str().map(str::to_owned);
        Self { token: text("accessToken"), refresh: text("refreshToken"), ..self.clone() }
    }

    /// The same person, of whom the id is known.
    pub fn with_id(&self, id: &str) -> Self {
        Self { id: id.to_owned(), ..self.clone() }
    }

    /// Nobody, at the same process.
    pub fn signed_out(&self) -> Self {
        Self { token: None, refresh: None, id: String::new(), ..self.clone() }
    }

    /// A request, to be dressed further with [`Self::send`].
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = if path.starts_with('/') {
            format!("{}{path}", self.base)
        } else {
            format!("{}/v1/{path}", self.base)
        };
        let request = self.client.request(method, url).header("Accept-Language", self.language);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request, reads the answer, and holds it against the specification.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let request = request.build().expect("the request is well formed");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let what = format!("{method} {path}");
        let response = self.client.execute(request).await.unwrap_or_else(|e| panic!("{what}: {e}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap_or_else(|e| panic!("{what}: {e}")).to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        assert!(status < 500 || status == 503, "{what} answered {status}: {json}");
        spec::hold(self.service, &method, &path, status);
        Answer { status, headers, json, bytes, what }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }
    /// POST with a body and a key of its own.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_keyed(path, body, &uuid::Uuid::now_v7().to_string()).await
    }
    /// POST with a body and this key.
    pub async fn post_keyed(&self, path: &str, body: Value, key: &str) -> Answer {
        self.send(self.request(Method::POST, path).header("Idempotency-Key", key).json(&body)).await
    }
    /// PUT with a body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }
    /// PUT without a body.
    pub async fn put_empty(&self, path: &str) -> Answer {
        self.send(self.request(Method::PUT, path)).await
    }
    /// PUT of what was read with this ETag.
    pub async fn put_if(&self, path: &str, etag: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).header("If-Match", etag).json(&body)).await
    }
    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }
    /// Uploads a picture; its id.
    pub async fn upload(&self, bytes: Vec<u8>) -> Answer {
        let part = reqwest::multipart::Part::bytes(bytes).file_name("picture.bin");
        let form = reqwest::multipart::Form::new().part("file", part);
        self.send(self.request(Method::POST, "pictures").multipart(form)).await
    }
}
