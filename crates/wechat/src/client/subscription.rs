//! Subscription messages: what a person agreed to be told, once for each time they agreed.
//!
//! A message is sent at most once: where its answer is lost it may have arrived, and a second one would use a second agreement up. The values
//! have limits by their type, which is the beginning of their name; [`fit`] keeps to them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::code_image::Release;
use super::{Client, transport};
use crate::error::WechatError;

const PATH: &str = "/cgi-bin/message/subscribe/send";

/// A message.
#[derive(Clone, PartialEq, Eq)]
pub struct SubscriptionMessage {
    /// Who gets it.
    pub openid: String,
    /// The template.
    pub template: String,
    /// The page that it opens, with its query, without a slash in front.
    pub page: Option<String>,
    /// The values by name, as `thing1`.
    pub values: BTreeMap<String, String>,
}

/// It says something of somebody.
impl fmt::Debug for SubscriptionMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscriptionMessage").field("template", &self.template).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Ask<'a> {
    touser: &'a str,
    template_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'a str>,
    miniprogram_state: &'static str,
    lang: &'static str,
    data: BTreeMap<&'a str, Datum<'a>>,
}

#[derive(Serialize)]
struct Datum<'a> {
    value: &'a str,
}

#[derive(Deserialize)]
struct Done {}

impl Client {
    /// Sends a message, at most once.
    ///
    /// [`WechatError::NotSubscribed`]: the person has not agreed, or not once more. [`WechatError::TemplateRefused`]: nobody gets a message of
    /// this template until an operator has looked. [`WechatError::OneAtATime`]: another message to the same person is on its way.
    /// [`WechatError::BadMessage`]: a value breaks its limit.
    pub async fn send_message(
        &self,
        message: &SubscriptionMessage,
        opens: Release,
    ) -> Result<(), WechatError> {
        self.with_token(|token| async move {
            let ask = Ask {
                touser: &message.openid,
                template_id: &message.template,
                page: message.page.as_deref(),
                miniprogram_state: opens.state(),
                lang: "zh_CN",
                data: message.values.iter().map(|(name, value)| (name.as_str(), Datum { value })).collect(),
            };
            let request = self.post(PATH).query(&[("access_token", token.reveal())]);
            transport::send::<Done>(PATH, request.json(&ask)).await.map(drop)
        })
        .await
    }
}

/// A value as it may stand under a name such as `thing1`, shortened to what its type holds; nothing where the type cannot say it at all.
///
/// The types and their limits are those of WeChat's page on subscription messages.
pub fn fit(name: &str, value: &str) -> Option<String> {
    let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let plain: String = value.split(char::is_control).collect::<Vec<_>>().join(" ");
    let plain = plain.trim();
    let all = |most: usize, may: fn(char) -> bool| {
        (plain.chars().count() <= most && plain.chars().all(may)).then(|| plain.to_owned())
    };
    let fits = match kind {
        "thing" => Some(shortened(plain, 20)),
        "name" => Some(shortened_name(plain)),
        "phrase" => Some(plain.chars().filter(|c| is_han(*c)).take(5).collect()),
        "character_string" => Some(plain.chars().filter(char::is_ascii_graphic).take(32).collect::<String>()),
        "letter" => Some(plain.chars().filter(char::is_ascii_alphabetic).take(32).collect()),
        "number" => all(32, |c| c.is_ascii_digit() || matches!(c, '.' | '-')),
        "amount" => all(13, |c| c.is_ascii_digit() || matches!(c, '.' | '¥' | '￥' | '$' | '元')),
        "phone_number" => all(17, |c| c.is_ascii_digit() || matches!(c, '+' | '-' | '*' | ' ')),
        "car_number" => Some(plain.chars().take(8).collect()),
        "symbol" => Some(plain.chars().filter(char::is_ascii_punctuation).take(5).collect()),
        "date" | "time" => all(40, |c| !c.is_ascii_alphabetic()),
        _ => None,
    };
    fits.filter(|text: &String| !text.is_empty())
}

/// Whether this is the name of a value of a template: a type and a number, as `thing1`.
pub fn is_value_name(name: &str) -> bool {
    let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
    kind.len() < name.len() && KINDS.contains(&kind)
}

/// The types of values that [`fit`] knows.
const KINDS: [&str; 12] = [
    "thing",
    "name",
    "phrase",
    "character_string",
    "letter",
    "number",
    "amount",
    "phone_number",
    "car_number",
    "symbol",
    "date",
    "time",
];

/// So many characters at most, the last of which says where something is left out.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// Ten characters, or twenty where none of them is Han.
fn shortened_name(text: &str) -> String {
    shortened(text, if text.chars().any(is_han) { 10 } else { 20 })
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_to_the_limits_of_their_type() {
        let long = "您的善行已经通过审核，获得积分，请查看您的积分明细";
        let fitted = fit("thing1", long).unwrap_or_default();
        assert_eq!((fitted.chars().count(), fitted.chars().last()), (20, Some('…')));
        assert_eq!(fit("thing12", "清扫楼道").as_deref(), Some("清扫楼道"));
        assert_eq!(fit("thing1", "两行\n文字").as_deref(), Some("两行 文字"));
        assert_eq!(fit("name3", "欧阳一二三四五六七八九").map(|s| s.chars().count()), Some(10));
        assert_eq!(fit("name3", "Bartholomew Featherstone").map(|s| s.chars().count()), Some(20));
        assert_eq!(fit("phrase2", "已通过!").as_deref(), Some("已通过"));
        assert_eq!(fit("number4", "12.50").as_deref(), Some("12.50"));
        assert_eq!(fit("number4", "十二"), None);
        assert_eq!(fit("amount5", "30.00元").as_deref(), Some("30.00元"));
        assert_eq!(fit("character_string6", "R-2026 号").as_deref(), Some("R-2026"));
        assert_eq!(fit("time7", "2026年3月1日 15:01").as_deref(), Some("2026年3月1日 15:01"));
        for (name, value) in [("thing1", ""), ("thing1", " \n "), ("phrase1", "abc"), ("what1", "x")] {
            assert_eq!(fit(name, value), None, "{name} {value:?}");
        }
    }
}
