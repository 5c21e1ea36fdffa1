//! A message as WeChat sends it, whichever way it is written.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value};

use super::{PushError, xml};

/// A message that is WeChat's.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Who it comes from: an openid, or the account itself.
    pub from: String,
    /// When WeChat made it, in seconds since 1970.
    pub created_s: i64,
    /// `event`, or the kind of what a person wrote.
    pub kind: String,
    /// The name of the event; empty if it is none.
    pub event: String,
    /// Everything that it says. Numbers may be texts, and what may be several may be one.
    pub body: Map<String, Value>,
}

/// It names people.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("kind", &self.kind)
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}

impl Message {
    /// Reads what a push says, after it was proved to be WeChat's.
    pub(super) fn read(body: &[u8]) -> Result<Self, PushError> {
        Self::of(fields(body)?).ok_or(PushError::Unreadable)
    }

    /// A message that was kept as its [`Message::body`].
    pub fn of(body: Map<String, Value>) -> Option<Self> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let (from, kind) = (text("FromUserName")?, text("MsgType")?);
        let created_s = number(body.get("CreateTime")?)?;
        let event = text("Event").unwrap_or_default();
        Some(Self { from, created_s, kind, event, body })
    }

    /// Whom it is about: who sent it, or, in what the account itself says, the person whom it names.
    pub fn person(&self) -> &str {
        self.body.get("OpenID").and_then(Value::as_str).unwrap_or(&self.from)
    }

    /// Says no more who it comes from: for what is kept of it where that does not matter.
    pub fn forget_sender(&mut self) {
        self.from.clear();
        self.body.insert("FromUserName".to_owned(), Value::String(String::new()));
    }

    /// Equal for a message that is sent again, however often, and for no other. What a person writes has an id. An event has none: it is known
    /// by who and when, and by what it says, because one second may bring two of a kind.
    pub fn identity(&self) -> String {
        match self.body.get("MsgId").and_then(number) {
            Some(id) => format!("message {id}"),
            None => {
                let said = serde_json::to_vec(&self.body).unwrap_or_default();
                let said = hex::encode(digest(&SHA256, &said));
                format!("event {} {} {} {said}", self.from, self.created_s, self.event)
            }
        }
    }
}

/// A number, also one that is written as a text.
pub(super) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// The fields of a body that is JSON or XML. Names lose the blanks that one of WeChat's own samples has around them.
pub(super) fn fields(body: &[u8]) -> Result<Map<String, Value>, PushError> {
    let read = match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => serde_json::from_slice(body).ok(),
        Some(b'<') => xml::fields(body),
        _ => None,
    };
    let read = read.ok_or(PushError::Unreadable)?;
    Ok(read.into_iter().map(|(name, value)| (name.trim().to_owned(), storable(value))).collect())
}

/// With U+FFFD for each U+0000, which JSON can say and PostgreSQL cannot hold.
fn storable(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('\0') => Value::String(text.replace('\0', "\u{FFFD}")),
        Value::Array(items) => Value::Array(items.into_iter().map(storable).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, storable(value))).collect())
        }
        other => other,
    }
}
