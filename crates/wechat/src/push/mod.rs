//! What WeChat sends to us: message push, verified, deciphered and read.
//!
//! Two modes are received, as the console has them: plain, where a signature over the query proves the sender, and secure, where the body is
//! enciphered and signed. A receiver that has a key takes nothing but secure messages. JSON and XML are both read, whichever the console says.
//!
//! Every refusal of a body that is not WeChat's looks alike from outside: nothing tells how far it was read.

pub(crate) mod crypt;
mod event;
mod message;
#[cfg(test)]
mod tests;
mod xml;

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde::Deserialize;

pub use self::event::{Event, MediaVerdict, Sent, Subscription};
pub use self::message::Message;

use self::crypt::Key;
use crate::Secret;
use crate::clock::SECOND_US;

/// The longest body that is read.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// A message whose timestamp is further from now than this is refused: somebody kept it.
const AGE_MAX_S: i64 = 600;

/// The query of a push request. What a mode does not use is not looked at.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    /// Over the token, the timestamp and the nonce.
    pub signature: String,
    /// Seconds since 1970.
    pub timestamp: String,
    /// By chance.
    pub nonce: String,
    /// What the verification of an address wants to read back.
    pub echostr: Option<String>,
    /// `aes` in secure mode.
    pub encrypt_type: Option<String>,
    /// Over the token, the timestamp, the nonce and the enciphered body.
    pub msg_signature: Option<String>,
}

/// Signatures stay out of logs.
impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("timestamp", &self.timestamp).finish_non_exhaustive()
    }
}

/// Why a push is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The signature is not ours, the cipher is not under our key, or it speaks for another app.
    #[error("the push is not from WeChat, or not for this app")]
    NotOurs,
    /// Signed too long ago, or too far ahead of our clock.
    #[error("the push is too old")]
    Stale,
    /// Longer than any message.
    #[error("the push is too long")]
    TooLong,
    /// Neither the JSON nor the XML of a message, or XML with a document type.
    #[error("the push cannot be read")]
    Unreadable,
}

/// Why a receiver cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PushSettingsError {
    /// The token of the console is empty.
    #[error("the push token is empty")]
    NoToken,
    /// Not the 43 characters of an EncodingAESKey.
    #[error("the push key must be the 43 letters and digits that the WeChat console shows as EncodingAESKey")]
    BadKey,
}

/// Reads what WeChat pushes for one app.
pub struct Receiver {
    app_id: String,
    token: Secret,
    key: Option<Key>,
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("app_id", &self.app_id).field("secure", &self.key.is_some()).finish()
    }
}

impl Receiver {
    /// A receiver for an app, by the token of the console and, in secure mode, its EncodingAESKey.
    pub fn new(
        app_id: impl Into<String>,
        token: Secret,
        encoding_aes_key: Option<&Secret>,
    ) -> Result<Self, PushSettingsError> {
        if token.reveal().is_empty() {
            return Err(PushSettingsError::NoToken);
        }
        let parse = |text: &Secret| Key::parse(text.reveal()).ok_or(PushSettingsError::BadKey);
        let key = encoding_aes_key.map(parse).transpose()?;
        Ok(Self { app_id: app_id.into(), token, key })
    }

    /// Answers the verification of our address: what is to be sent back, as it is, without quotes.
    pub fn verify<'a>(&self, query: &'a Query, now_us: i64) -> Result<&'a str, PushError> {
        self.require_signature(&query.signature, query, None)?;
        require_fresh(&query.timestamp, now_us)?;
        query.echostr.as_deref().ok_or(PushError::Unreadable)
    }

    /// Reads a message: its signature and its age are right, and in secure mode it was enciphered for this app.
    pub fn open(&self, query: &Query, body: &[u8], now_us: i64) -> Result<Message, PushError> {
        if body.len() > BODY_BYTES_MAX {
            return Err(PushError::TooLong);
        }
        let Some(key) = &self.key else {
            self.require_signature(&query.signature, query, None)?;
            require_fresh(&query.timestamp, now_us)?;
            return Message::read(body);
        };
        // A plain body proves only that somebody saw a signature once; who has a key waits for what only it opens.
        if query.encrypt_type.as_deref() != Some("aes") {
            return Err(PushError::NotOurs);
        }
        let envelope = message::fields(body)?;
        let sealed = envelope.get("Encrypt").and_then(|value| value.as_str()).ok_or(PushError::Unreadable)?;
        let signature = query.msg_signature.as_deref().unwrap_or_default();
        self.require_signature(signature, query, Some(sealed))?;
        require_fresh(&query.timestamp, now_us)?;
        Message::read(&key.open(sealed, &self.app_id).ok_or(PushError::NotOurs)?)
    }

    fn require_signature(
        &self,
        signature: &str,
        query: &Query,
        sealed: Option<&str>,
    ) -> Result<(), PushError> {
        let right = sign(self.token.reveal(), &query.timestamp, &query.nonce, sealed);
        verify_slices_are_equal(right.as_bytes(), signature.as_bytes()).map_err(|_| PushError::NotOurs)
    }
}

/// Forty hexadecimal digits: SHA-1 over the parts in the order of their bytes.
pub(crate) fn sign(token: &str, timestamp: &str, nonce: &str, sealed: Option<&str>) -> String {
    let mut parts = vec![token, timestamp, nonce];
    parts.extend(sealed);
    parts.sort_unstable();
    hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, parts.concat().as_bytes()))
}

fn require_fresh(timestamp: &str, now_us: i64) -> Result<(), PushError> {
    let signed_s: i64 = timestamp.parse().map_err(|_| PushError::Unreadable)?;
    let age_s = now_us.div_euclid(SECOND_US).saturating_sub(signed_s);
    if age_s.saturating_abs() > AGE_MAX_S { Err(PushError::Stale) } else { Ok(()) }
}
