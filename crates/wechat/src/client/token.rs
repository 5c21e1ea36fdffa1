//! The access token: fetched once, shared by all, renewed in time, replaced once when WeChat refuses it.
//!
//! The token comes from `POST /cgi-bin/stable_token` without `force_refresh`: that call returns the same token to every
//! process of this app until five minutes before its end, so that several processes never invalidate each other's token
//! and need no lock between them. Within this process one fetch at a time is under way, and everybody who waits for it
//! shares its outcome, failure included: a crowd cannot multiply the tries.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::{Client, transport};
use crate::Secret;
use crate::clock::SECOND_US;
use crate::error::{Outage, WechatError};

const PATH: &str = "/cgi-bin/stable_token";

/// A token is renewed this long before its end; from then on WeChat hands out the next one, and both are valid.
const RENEW_BEFORE_S: i64 = 300;

/// However short-lived a token is said to be, it is used this long, so that a strange `expires_in` cannot turn every
/// request into two.
const KEEP_AT_LEAST_S: i64 = 10;

/// An access token of this app. Cheap to clone; `Debug` does not show it.
#[derive(Clone)]
pub struct Token {
    value: Arc<Secret>,
    /// Which fetch brought it: two fetches may bring the same string.
    fetch: u64,
}

impl Token {
    /// The token itself, for the query of a request.
    pub fn reveal(&self) -> &str {
        self.value.reveal()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("fetch", &self.fetch).finish_non_exhaustive()
    }
}

/// What this process knows about the token.
#[derive(Default)]
pub(super) struct Cache {
    cached: Mutex<Option<Cached>>,
    /// Held by whoever fetches. Inside: why the last fetch failed, if it did.
    flight: tokio::sync::Mutex<Option<WechatError>>,
    /// How many fetches have ended, well or badly.
    fetches: AtomicU64,
}

struct Cached {
    token: Token,
    renew_at_us: i64,
}

impl Cache {
    fn fresh(&self, now_us: i64) -> Option<Token> {
        self.cached
            .lock()
            .as_ref()
            .filter(|cached| now_us < cached.renew_at_us)
            .map(|cached| cached.token.clone())
    }

    /// Forgets `token`, unless somebody has replaced it already.
    fn discard(&self, token: &Token) {
        let mut cached = self.cached.lock();
        if cached.as_ref().is_some_and(|cached| cached.token.fetch == token.fetch) {
            *cached = None;
        }
    }
}

#[derive(Serialize)]
struct Ask<'a> {
    grant_type: &'static str,
    appid: &'a str,
    secret: &'a str,
    force_refresh: bool,
}

#[derive(Deserialize)]
struct Given {
    access_token: String,
    expires_in: i64,
}

impl Client {
    /// The access token, from memory while it is fresh and otherwise from WeChat.
    pub async fn token(&self) -> Result<Token, WechatError> {
        let cache = &self.0.tokens;
        if let Some(token) = cache.fresh(self.0.clock.now_us()) {
            return Ok(token);
        }
        let ended_before = cache.fetches.load(Ordering::Acquire);
        let mut last_failure = cache.flight.lock().await;
        if let Some(token) = cache.fresh(self.0.clock.now_us()) {
            return Ok(token);
        }
        if let Some(failure) = *last_failure
            && cache.fetches.load(Ordering::Acquire) != ended_before
        {
            // The fetch that this caller waited for has failed, after all its tries.
            return Err(failure);
        }
        let outcome = self.fetch_and_keep().await;
        *last_failure = outcome.as_ref().err().copied();
        outcome
    }

    /// Runs `call` with the token, and once more with a renewed one if WeChat refuses the first.
    ///
    /// A refusal is [`WechatError::TokenRefused`] (40001, 40014, 42001), which is how a token that another program has
    /// replaced shows itself. WeChat has then done nothing, so the replay is safe for every request. A second refusal, or
    /// a renewal that brings the same string back, is returned: there is no loop.
    pub async fn with_token<T, C, F>(&self, call: C) -> Result<T, WechatError>
    where
        C: Fn(Token) -> F,
        F: Future<Output = Result<T, WechatError>>,
    {
        let token = self.token().await?;
        match call(token.clone()).await {
            Err(refusal @ WechatError::TokenRefused { .. }) => {
                call(self.replace(&token, refusal).await?).await
            }
            outcome => outcome,
        }
    }

    /// A token other than the refused one.
    async fn replace(&self, refused: &Token, refusal: WechatError) -> Result<Token, WechatError> {
        self.0.tokens.discard(refused);
        let token = self.token().await?;
        if token.reveal() == refused.reveal() {
            tracing::error!("WeChat hands out the very access token that it refuses");
            return Err(refusal);
        }
        Ok(token)
    }

    async fn fetch_and_keep(&self) -> Result<Token, WechatError> {
        // The life of the token is counted from before the request: never too long.
        let asked_at_us = self.0.clock.now_us();
        // The request changes nothing, so it may be repeated.
        let outcome = self.again(|| self.fetch_once()).await;
        let cache = &self.0.tokens;
        let fetch = cache.fetches.fetch_add(1, Ordering::AcqRel) + 1;
        let given = outcome?;
        let token = Token { value: Arc::new(Secret::new(given.access_token)), fetch };
        let renew_at_us = asked_at_us.saturating_add(usable_s(given.expires_in).saturating_mul(SECOND_US));
        *cache.cached.lock() = Some(Cached { token: token.clone(), renew_at_us });
        Ok(token)
    }

    async fn fetch_once(&self) -> Result<Given, WechatError> {
        let settings = &self.0.settings;
        let request = self.post(PATH).json(&Ask {
            grant_type: "client_credential",
            appid: &settings.app_id,
            secret: settings.app_secret.reveal(),
            force_refresh: false,
        });
        let given: Given = transport::send(PATH, request).await.map_err(WechatError::without_token)?;
        if given.access_token.is_empty() {
            return Err(WechatError::Unavailable(Outage::Unreadable));
        }
        Ok(given)
    }
}

/// How many seconds a token is used that lives for `expires_in_s`.
fn usable_s(expires_in_s: i64) -> i64 {
    expires_in_s.saturating_sub(RENEW_BEFORE_S).max(KEEP_AT_LEAST_S.min(expires_in_s)).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_used_until_five_minutes_before_its_end() {
        assert_eq!(usable_s(7200), 6900);
        assert_eq!(usable_s(345), 45);
    }

    #[test]
    fn a_token_said_to_be_short_lived_is_not_fetched_for_every_request() {
        assert_eq!(usable_s(300), KEEP_AT_LEAST_S);
        assert_eq!(usable_s(5), 5);
        assert_eq!(usable_s(0), 0);
        assert_eq!(usable_s(i64::MIN), 0);
    }
}
