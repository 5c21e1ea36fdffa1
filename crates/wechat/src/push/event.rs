//! The events that a mini-program's server has to act on.

use serde_json::{Map, Value};

use super::message::{Message, number};
use crate::Suggestion;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A picture was looked at: `wxa_media_check`.
    MediaChecked {
        /// The id that was told when the check was asked for.
        trace_id: String,
        /// What came of it.
        verdict: MediaVerdict,
    },
    /// Somebody answered the question whether messages may be sent, or changed it in the settings: `subscribe_msg_popup_event`,
    /// `subscribe_msg_change_event`.
    Subscribed(Vec<Subscription>),
    /// What became of messages that were sent: `subscribe_msg_sent_event`.
    Sent(Vec<Sent>),
    /// Somebody takes back the leave to keep some of what is known of them: `user_authorization_revoke`.
    Revoked {
        /// Who.
        openid: String,
        /// Of what, as WeChat counts: 6 nickname and picture, 8 telephone, 13 place, 14 chosen pictures, 18 chosen place.
        of: Vec<u32>,
    },
    /// Somebody ends the account: everything of theirs is to be erased. `user_authorization_cancellation`.
    Cancelled {
        /// Who.
        openid: String,
    },
    /// Somebody changed what WeChat knows of them: `user_info_modified`.
    Modified {
        /// Who.
        openid: String,
    },
    /// Any other: kept, and nothing is done about it.
    Other,
}

/// What came of looking at a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaVerdict {
    /// WeChat looked at it.
    Looked {
        /// What it advises.
        suggestion: Suggestion,
        /// Why, by WeChat's number, as in [`TextVerdict`](crate::TextVerdict).
        label: i64,
    },
    /// WeChat could not: -1008 where it could not fetch the picture.
    Failed {
        /// WeChat's number.
        errcode: i64,
    },
}

/// An answer to the question whether messages of a template may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The template.
    pub template: String,
    /// Whether they may.
    pub accepted: bool,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The template.
    pub template: String,
    /// WeChat's id of the message.
    pub message: String,
    /// 0, or why it was not delivered.
    pub errcode: i64,
}

impl Message {
    /// What happened. An event that lacks what it has to say is [`Event::Other`].
    pub fn what(&self) -> Event {
        self.known().unwrap_or(Event::Other)
    }

    fn known(&self) -> Option<Event> {
        let body = &self.body;
        let openid = || text(body, "OpenID").or_else(|| Some(self.from.clone()).filter(|id| !id.is_empty()));
        match self.event.as_str() {
            "wxa_media_check" => {
                Some(Event::MediaChecked { trace_id: text(body, "trace_id")?, verdict: verdict(body) })
            }
            "subscribe_msg_popup_event" => subscribed(self, "SubscribeMsgPopupEvent"),
            "subscribe_msg_change_event" => subscribed(self, "SubscribeMsgChangeEvent"),
            "subscribe_msg_sent_event" => {
                let all = list(body, "SubscribeMsgSentEvent").into_iter().filter_map(sent);
                Some(Event::Sent(all.collect()))
            }
            "user_authorization_revoke" => Some(Event::Revoked { openid: openid()?, of: revoked(body) }),
            "user_authorization_cancellation" => Some(Event::Cancelled { openid: openid()? }),
            "user_info_modified" => Some(Event::Modified { openid: openid()? }),
            _ => None,
        }
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name)?.as_str().map(str::to_owned)
}

/// The items of an event: a list, or one that stands for itself; in XML inside an element of the event's name.
fn list<'a>(body: &'a Map<String, Value>, inside: &str) -> Vec<&'a Map<String, Value>> {
    let found = body.get("List").or_else(|| body.get(inside)?.get("List"));
    match found {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_object).collect(),
        Some(Value::Object(one)) => vec![one],
        _ => Vec::new(),
    }
}

fn subscribed(message: &Message, inside: &str) -> Option<Event> {
    let one = |item: &Map<String, Value>| {
        let status = text(item, "SubscribeStatusString")?;
        Some(Subscription { template: text(item, "TemplateId")?, accepted: status == "accept" })
    };
    Some(Event::Subscribed(list(&message.body, inside).into_iter().filter_map(one).collect()))
}

fn sent(item: &Map<String, Value>) -> Option<Sent> {
    let message = item.get("MsgID").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned))?;
    Some(Sent { template: text(item, "TemplateId")?, message, errcode: number(item.get("ErrorCode")?)? })
}

/// No number is no failure: some messages have none.
fn verdict(body: &Map<String, Value>) -> MediaVerdict {
    match body.get("errcode").and_then(number) {
        Some(errcode) if errcode != 0 => MediaVerdict::Failed { errcode },
        _ => {
            let result = body.get("result");
            let suggest = result.and_then(|result| result.get("suggest")).and_then(Value::as_str);
            let label = result.and_then(|result| result.get("label")).and_then(number);
            MediaVerdict::Looked {
                suggestion: Suggestion::of(suggest.unwrap_or_default()),
                label: label.unwrap_or_default(),
            }
        }
    }
}

fn revoked(body: &Map<String, Value>) -> Vec<u32> {
    let told = match body.get("RevokeInfo") {
        Some(Value::String(told)) => told.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    told.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}
