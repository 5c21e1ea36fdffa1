//! Sending one request to WeChat, once.
//!
//! Secrets and tokens travel in the query, so no error of the HTTP library leaves this file with its URL. Nothing here
//! repeats a request: whether that is safe is known only by the capability that asks.

use std::time::Duration;

use reqwest::redirect;
use reqwest::{RequestBuilder, Response};
use serde::de::DeserializeOwned;

use super::{Client, answer};
use crate::error::{Outage, WechatError};
use crate::settings::{Settings, SettingsError};

/// The longest answer that is read. The largest JSON of the paths in use is a few kilobytes, a picture of a code some hundred.
const ANSWER_BYTES_MAX: usize = 1_024 * 1_024;

/// An idle connection is closed before WeChat's side closes it, so that a request seldom meets a dead one.
const IDLE_CONNECTION: Duration = Duration::from_secs(30);

/// Builds the HTTP client: no redirects, no hidden retries, no proxy from the environment.
pub(super) fn http_client(settings: &Settings) -> Result<reqwest::Client, SettingsError> {
    let builder = reqwest::Client::builder()
        .timeout(settings.timeout)
        .connect_timeout(settings.timeout)
        .pool_idle_timeout(IDLE_CONNECTION)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false);
    let builder = match &settings.proxy {
        Some(proxy) => {
            builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(|_| SettingsError::HttpClient)?)
        }
        None => builder.no_proxy(),
    };
    builder.build().map_err(|_| SettingsError::HttpClient)
}

impl Client {
    /// A GET of `path`.
    pub(super) fn get(&self, path: &str) -> RequestBuilder {
        self.0.http.get(self.0.settings.base_url.of(path))
    }

    /// A POST to `path`; the body must be JSON, as forms are refused with 47001.
    pub(super) fn post(&self, path: &str) -> RequestBuilder {
        self.0.http.post(self.0.settings.base_url.of(path))
    }
}

/// Sends `request` once and reads its answer.
pub(super) async fn send<T: DeserializeOwned>(
    path: &'static str,
    request: RequestBuilder,
) -> Result<T, WechatError> {
    let response = request.send().await.map_err(|error| failed(path, error))?;
    let status = response.status().as_u16();
    let body = read_body(path, response).await?;
    answer::read(path, status, &body)
}

/// As [`send`], for what is answered with bytes, and with JSON only where it is refused: the label says neither.
pub(super) async fn send_for_bytes(
    path: &'static str,
    request: RequestBuilder,
) -> Result<Vec<u8>, WechatError> {
    let response = request.send().await.map_err(|error| failed(path, error))?;
    let status = response.status().as_u16();
    let body = read_body(path, response).await?;
    if status == 200 && !body.is_empty() && !matches!(body.first(), Some(b'{' | b'<')) {
        return Ok(body);
    }
    let no_picture: serde_json::Value = answer::read(path, status, &body)?;
    drop(no_picture);
    Err(answer::unavailable(path, Outage::Unreadable))
}

async fn read_body(path: &'static str, mut response: Response) -> Result<Vec<u8>, WechatError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(path, error))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(answer::unavailable(path, Outage::Unreadable));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn failed(path: &'static str, error: reqwest::Error) -> WechatError {
    let outage = if error.is_timeout() {
        Outage::Timeout
    } else if error.is_body() || error.is_decode() {
        // The answer had begun: its body was shorter than announced, or the connection broke in it.
        Outage::Unreadable
    } else if error.is_connect() {
        Outage::Unreachable
    } else {
        // The request may have been written before the connection broke.
        Outage::Unreadable
    };
    tracing::debug!(wechat.path = path, error = %error.without_url(), "the request to WeChat failed");
    answer::unavailable(path, outage)
}
