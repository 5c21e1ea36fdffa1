//! The events that WeChat tells a mini-program's server, written as their published samples are: which numbers are texts, what may be a list or
//! stand alone, and which key has a blank in front.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Body;
use super::settings::account_of;
use crate::stand_in::ControlError;
use crate::stand_in::media::{MediaFound, MediaJob};

/// An event that WeChat has a name for.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum NamedEvent {
    /// `subscribe_msg_popup_event`: somebody answered the question whether messages may be sent.
    Popup {
        /// Who.
        openid: String,
        /// What they answered.
        answers: Vec<SubscriptionAnswer>,
        /// One answer stands alone, and not as a list of one.
        #[serde(default)]
        alone: bool,
    },
    /// `subscribe_msg_change_event`: somebody changed an answer in the settings.
    Change {
        /// Who.
        openid: String,
        /// What they changed it to.
        answers: Vec<SubscriptionAnswer>,
        /// One answer stands alone, and not as a list of one.
        #[serde(default)]
        alone: bool,
    },
    /// `subscribe_msg_sent_event`: what became of a message.
    Sent {
        /// Who it was for.
        openid: String,
        /// Its template.
        template: String,
        /// Its id.
        msg_id: String,
        /// 0, or why it was not delivered.
        #[serde(default)]
        errcode: i64,
        /// It stands alone, and not as a list of one.
        #[serde(default)]
        alone: bool,
    },
    /// `user_authorization_revoke`: somebody takes back the leave to keep some of what is known of them.
    Revoke {
        /// Who.
        openid: String,
        /// Of what, as WeChat counts.
        of: Vec<u32>,
        /// The key of the openid has a blank in front, as in one of WeChat's samples.
        #[serde(default)]
        blank: bool,
    },
    /// `user_authorization_cancellation`: somebody ends the account.
    Cancel {
        /// Who.
        openid: String,
        /// As in `Revoke`.
        #[serde(default)]
        blank: bool,
    },
    /// `user_info_modified`: somebody changed what WeChat knows of them.
    Modified {
        /// Who.
        openid: String,
        /// As in `Revoke`.
        #[serde(default)]
        blank: bool,
    },
}

/// An answer to the question whether messages of a template may be sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionAnswer {
    /// The template.
    pub template: String,
    /// Whether they may.
    pub accepted: bool,
}

/// Events name people.
impl std::fmt::Debug for NamedEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NamedEvent").finish_non_exhaustive()
    }
}

/// Which app is told something, and when.
pub(in crate::stand_in) struct Account<'a> {
    pub(in crate::stand_in) app_id: &'a str,
    pub(in crate::stand_in) at_s: i64,
}

impl Account<'_> {
    /// What every event begins with.
    fn head(&self, event: &str, from: &str) -> Body {
        let mut body = Body::new();
        let fields = [
            ("ToUserName", json!(account_of(self.app_id))),
            ("FromUserName", json!(from)),
            ("CreateTime", json!(self.at_s)),
            ("MsgType", json!("event")),
            ("Event", json!(event)),
        ];
        body.extend(fields.map(|(name, value)| (name.to_owned(), value)));
        body
    }

    /// An event about messages: its numbers are texts.
    fn about_messages(&self, event: &str, from: &str, mut items: Vec<Value>, alone: bool) -> Body {
        let mut body = self.head(event, from);
        body.insert("CreateTime".to_owned(), json!(self.at_s.to_string()));
        let list = if alone && items.len() == 1 { items.remove(0) } else { Value::Array(items) };
        body.insert("List".to_owned(), list);
        body
    }

    /// An event about what is known of somebody.
    fn about_somebody(&self, event: &str, openid: &str, blank: bool) -> Body {
        let mut body = self.head(event, openid);
        let name = if blank { " OpenID" } else { "OpenID" };
        body.insert(name.to_owned(), json!(openid));
        body.insert("AppID".to_owned(), json!(self.app_id));
        body
    }
}

impl NamedEvent {
    pub(in crate::stand_in) fn body(&self, account: &Account<'_>) -> Body {
        match self {
            Self::Popup { openid, answers, alone } => {
                let items = answers.iter().map(|answer| {
                    let mut item = answered(answer);
                    item["PopupScene"] = json!("0");
                    item
                });
                account.about_messages("subscribe_msg_popup_event", openid, items.collect(), *alone)
            }
            Self::Change { openid, answers, alone } => {
                let items = answers.iter().map(answered).collect();
                account.about_messages("subscribe_msg_change_event", openid, items, *alone)
            }
            Self::Sent { openid, template, msg_id, errcode, alone } => {
                let status = if *errcode == 0 { "success" } else { "failed" };
                let item = json!({ "TemplateId": template, "MsgID": msg_id,
                    "ErrorCode": errcode.to_string(), "ErrorStatus": status });
                account.about_messages("subscribe_msg_sent_event", openid, vec![item], *alone)
            }
            Self::Revoke { openid, of, blank } => {
                let mut body = account.about_somebody("user_authorization_revoke", openid, *blank);
                let of: Vec<String> = of.iter().map(u32::to_string).collect();
                body.insert("RevokeInfo".to_owned(), json!(of.join(",")));
                body
            }
            Self::Cancel { openid, blank } => {
                account.about_somebody("user_authorization_cancellation", openid, *blank)
            }
            Self::Modified { openid, blank } => account.about_somebody("user_info_modified", openid, *blank),
        }
    }
}

fn answered(answer: &SubscriptionAnswer) -> Value {
    let status = if answer.accepted { "accept" } else { "reject" };
    json!({ "TemplateId": answer.template, "SubscribeStatusString": status })
}

/// What was found in a file that somebody asked about.
pub(in crate::stand_in) fn media_check(job: &MediaJob, found: &MediaFound) -> Body {
    let account = Account { app_id: &job.app_id, at_s: found.at_s };
    let mut body = account.head("wxa_media_check", &job.openid);
    let errmsg = if found.errcode == 0 { "ok" } else { "download media failed" };
    let mut fields = json!({ "appid": job.app_id, "trace_id": job.trace_id, "version": 2,
        "errcode": found.errcode, "errmsg": errmsg });
    if let (Some(suggest), Some(label)) = (found.suggest, found.label) {
        fields["result"] = json!({ "suggest": suggest, "label": label });
        fields["detail"] = json!([{ "strategy": "content_model", "errcode": 0, "suggest": suggest,
            "label": label, "prob": 90 }]);
    }
    if let Value::Object(fields) = fields {
        body.extend(fields);
    }
    body
}

/// An event that somebody has written, with what they left out of its head.
pub(in crate::stand_in) fn whole(written: &Body, account: &Account<'_>) -> Result<Body, ControlError> {
    let text = |name: &str| written.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("Event").is_empty() && text("MsgType").is_empty() {
        return Err(ControlError::Bad("an event needs the name of the event"));
    }
    let mut body = account.head(text("Event"), text("FromUserName"));
    if text("Event").is_empty() {
        body.remove("Event");
    }
    body.extend(written.clone());
    Ok(body)
}
