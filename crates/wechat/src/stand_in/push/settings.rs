//! What the console of WeChat has for message push: an address, a token, a key, a mode and a format.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;
use url::Url;

use crate::push::crypt::Key;
use crate::settings::is_loopback;
use crate::stand_in::ControlError;

/// How messages are pushed for an app.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushSettings {
    /// The app that is meant; the first one if absent.
    #[serde(default)]
    pub app_id: Option<String>,
    /// Where they go: an address on this machine, with its path.
    pub url: String,
    /// What they are signed with.
    pub token: String,
    /// The 43 characters that they are enciphered with, in all modes but the plain one.
    #[serde(default)]
    pub encoding_aes_key: Option<String>,
    /// If not told, secure with a key and plain without.
    #[serde(default)]
    pub mode: Option<PushMode>,
    /// JSON, if not told.
    #[serde(default)]
    pub format: PushFormat,
    /// How long one try waits for its answer, in milliseconds; 5,000 with WeChat.
    #[serde(default = "five_seconds")]
    pub answer_within_ms: u64,
    /// Tells of every message that is sent what became of it, a moment later.
    #[serde(default)]
    pub sent_events: bool,
}

const fn five_seconds() -> u64 {
    5_000
}

impl PushSettings {
    /// JSON for the first app, plain.
    pub fn new(url: impl Into<String>, token: impl Into<String>) -> Self {
        Self {
            app_id: None,
            url: url.into(),
            token: token.into(),
            encoding_aes_key: None,
            mode: None,
            format: PushFormat::default(),
            answer_within_ms: five_seconds(),
            sent_events: false,
        }
    }
}

/// Token and key are secrets even where they are of no worth.
impl fmt::Debug for PushSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushSettings")
            .field("url", &self.url)
            .field("mode", &self.mode)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// How much of a message is enciphered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PushMode {
    /// Nothing.
    Plain,
    /// It is there twice, enciphered and not.
    Compatible,
    /// All of it.
    Secure,
}

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PushFormat {
    /// As JSON.
    #[default]
    Json,
    /// As XML.
    Xml,
}

/// The settings of an app after they were checked.
#[derive(Clone)]
pub(in crate::stand_in) struct Console {
    pub(in crate::stand_in) app_id: String,
    pub(super) url: Url,
    pub(super) token: String,
    /// None in plain mode.
    pub(super) key: Option<Arc<Key>>,
    pub(super) mode: PushMode,
    pub(super) format: PushFormat,
    pub(super) answer_within: Duration,
    pub(in crate::stand_in) sent_events: bool,
}

impl Console {
    pub(in crate::stand_in) fn read(settings: &PushSettings, app_id: String) -> Result<Self, ControlError> {
        let url = Url::parse(&settings.url).map_err(|_| ControlError::Bad("the push address is none"))?;
        if !matches!(url.scheme(), "http" | "https") || !is_loopback(&url) {
            return Err(ControlError::Bad("the push address must be one of this machine"));
        }
        if settings.token.is_empty() {
            return Err(ControlError::Bad("the push token is empty"));
        }
        if settings.answer_within_ms == 0 {
            return Err(ControlError::Bad("a push that waits for no time is never answered"));
        }
        let parse = |text: &str| Key::parse(text).map(Arc::new);
        let key = settings.encoding_aes_key.as_deref().map(parse);
        let key =
            key.map(|read| read.ok_or(ControlError::Bad("an EncodingAESKey has 43 letters and digits")));
        let key = key.transpose()?;
        let implied = if key.is_some() { PushMode::Secure } else { PushMode::Plain };
        let mode = settings.mode.unwrap_or(implied);
        if mode != PushMode::Plain && key.is_none() {
            return Err(ControlError::Bad("without an EncodingAESKey there is only the plain mode"));
        }
        Ok(Self {
            app_id,
            url,
            token: settings.token.clone(),
            key: key.filter(|_| mode != PushMode::Plain),
            mode,
            format: settings.format,
            answer_within: Duration::from_millis(settings.answer_within_ms),
            sent_events: settings.sent_events,
        })
    }
}

/// The name under which an app receives messages: the same in every run.
pub(super) fn account_of(app_id: &str) -> String {
    let name = digest(&SHA256, app_id.as_bytes());
    format!("gh_{}", hex::encode(&name.as_ref()[..6]))
}
