//! A push as it goes over HTTP: signed, and in all modes but the plain one enciphered.

use serde_json::{Value, json};
use url::Url;

use super::settings::{Console, PushFormat, PushMode};
use super::{Body, How, xml};
use crate::push::crypt::{Key, PAD_BLOCK, padding};
use crate::push::sign;
use crate::stand_in::ControlError;

/// The app that a message is enciphered for where it shall be another one.
const ANOTHER_APP: &str = "wxffffffffffffffff";

/// A request that is ready to be sent.
pub(super) struct Post {
    pub(super) url: Url,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

/// The verification of an address, and what it has to be answered with.
pub(in crate::stand_in) struct Question {
    pub(super) url: Url,
    pub(super) echostr: String,
}

/// The question whether an address is ours.
pub(in crate::stand_in) fn question(console: &Console, now_s: i64) -> Question {
    let (timestamp, nonce) = (now_s.to_string(), nonce());
    let echostr = rand::random::<u64>().to_string();
    let mut url = console.url.clone();
    url.query_pairs_mut()
        .append_pair("signature", &sign(&console.token, &timestamp, &nonce, None))
        .append_pair("timestamp", &timestamp)
        .append_pair("nonce", &nonce)
        .append_pair("echostr", &echostr);
    Question { url, echostr }
}

/// The request that tells `event`.
pub(super) fn compose(console: &Console, event: &Body, how: &How, now_s: i64) -> Result<Post, ControlError> {
    let mut message = written(console.format, event)?;
    let sealed = match &console.key {
        Some(key) => {
            let app_id = if how.wrong_app_id { ANOTHER_APP } else { &console.app_id };
            lengthen(&mut message, app_id, how.pad)?;
            Some(seal(key, &message, app_id)?)
        }
        None if how.wrong_app_id || how.pad.is_some() => {
            return Err(ControlError::Bad("in plain mode nothing is padded or enciphered for an app"));
        }
        None => None,
    };
    let body = match (console.mode, sealed.as_deref()) {
        (PushMode::Compatible, Some(sealed)) => {
            let mut both = event.clone();
            both.insert("Encrypt".to_owned(), json!(sealed));
            written(console.format, &both)?
        }
        (_, Some(sealed)) => written(console.format, &envelope(event, sealed))?,
        (_, None) => message,
    };
    let content_type = match console.format {
        PushFormat::Json => "application/json",
        PushFormat::Xml => "text/xml",
    };
    Ok(Post { url: signed(console, event, sealed.as_deref(), how, now_s), content_type, body })
}

/// The address with the query that proves whose the message is.
fn signed(console: &Console, event: &Body, sealed: Option<&str>, how: &How, now_s: i64) -> Url {
    let timestamp = now_s.saturating_sub(how.old_by_s).to_string();
    let nonce = nonce();
    let token = if how.bad_signature { format!("not {}", console.token) } else { console.token.clone() };
    let from = event.get("FromUserName").and_then(Value::as_str).unwrap_or_default();
    let mut url = console.url.clone();
    let mut query = url.query_pairs_mut();
    query
        .append_pair("signature", &sign(&token, &timestamp, &nonce, None))
        .append_pair("timestamp", &timestamp)
        .append_pair("nonce", &nonce)
        .append_pair("openid", from);
    if sealed.is_some() {
        query
            .append_pair("encrypt_type", "aes")
            .append_pair("msg_signature", &sign(&token, &timestamp, &nonce, sealed));
    }
    drop(query);
    url
}

/// The outer message of secure mode, which says to whom it goes and nothing else.
fn envelope(event: &Body, sealed: &str) -> Body {
    let to = event.get("ToUserName").cloned().unwrap_or_default();
    Body::from_iter([("ToUserName".to_owned(), to), ("Encrypt".to_owned(), json!(sealed))])
}

fn written(format: PushFormat, event: &Body) -> Result<String, ControlError> {
    match format {
        PushFormat::Json => Ok(Value::Object(event.clone()).to_string()),
        PushFormat::Xml => xml::write(event).ok_or(ControlError::Bad("a name in the event is none in XML")),
    }
}

/// Blanks after a message change nothing but how it is padded.
fn lengthen(message: &mut String, app_id: &str, pad: Option<usize>) -> Result<(), ControlError> {
    let Some(pad) = pad else { return Ok(()) };
    if !(1..=PAD_BLOCK).contains(&pad) {
        return Err(ControlError::Bad("a message is padded with 1 to 32 bytes"));
    }
    while padding(message.len(), app_id) != pad {
        message.push(' ');
    }
    Ok(())
}

fn seal(key: &Key, message: &str, app_id: &str) -> Result<String, ControlError> {
    key.seal(rand::random(), message.as_bytes(), app_id).ok_or(ControlError::Bad("the event is too long"))
}

fn nonce() -> String {
    rand::random::<u32>().to_string()
}
