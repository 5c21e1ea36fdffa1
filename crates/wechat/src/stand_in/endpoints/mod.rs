//! The paths of WeChat that the stand-in knows.
//!
//! An endpoint is a row of [`ENDPOINTS`] and a function from the world and a call to JSON or a [`Refusal`]; on a path
//! that answers with a picture, the JSON is its bytes in Base64. To add one:
//! write the function in a file named after its capability, add its row, and add the texts of its numbers to
//! [`Refusal::errmsg`]. Faults, the journal, the wrong method and the `rid` come by themselves.

mod access;
mod code_image;
mod media;
mod phone;
mod session;
mod session_key;
mod subscription;
mod text;
mod token;

use serde_json::{Map, Value};

use super::world::World;

/// How WeChat labels JSON on most paths.
pub(super) const JSON: &str = "application/json; encoding=utf-8";
/// How it labels JSON on the `sns` paths.
const PLAIN: &str = "text/plain";

/// How it labels a picture; a refusal on the same path is JSON.
pub(super) const PNG: &str = "image/png";

/// One path of WeChat.
pub(super) struct Endpoint {
    pub(super) path: &'static str,
    pub(super) method: &'static str,
    pub(super) content_type: &'static str,
    pub(super) answer: fn(&mut World, &Call) -> Result<Value, Refusal>,
}

const ENDPOINTS: [Endpoint; 12] = [
    Endpoint { path: "/sns/jscode2session", method: "GET", content_type: PLAIN, answer: session::exchange },
    Endpoint { path: "/cgi-bin/token", method: "GET", content_type: JSON, answer: token::normal },
    Endpoint { path: "/cgi-bin/stable_token", method: "POST", content_type: JSON, answer: token::stable },
    Endpoint {
        path: "/cgi-bin/get_api_domain_ip",
        method: "GET",
        content_type: JSON,
        answer: access::addresses,
    },
    Endpoint {
        path: "/wxa/business/getuserphonenumber",
        method: "POST",
        content_type: JSON,
        answer: phone::number,
    },
    Endpoint {
        path: "/cgi-bin/message/subscribe/send",
        method: "POST",
        content_type: JSON,
        answer: subscription::send,
    },
    Endpoint {
        path: "/wxa/getwxacodeunlimit",
        method: "POST",
        content_type: PNG,
        answer: code_image::picture,
    },
    Endpoint { path: "/wxa/generate_urllink", method: "POST", content_type: JSON, answer: code_image::link },
    Endpoint { path: "/wxa/msg_sec_check", method: "POST", content_type: JSON, answer: text::check },
    Endpoint { path: "/wxa/media_check_async", method: "POST", content_type: JSON, answer: media::check },
    Endpoint { path: "/wxa/checksession", method: "GET", content_type: JSON, answer: session_key::check },
    Endpoint {
        path: "/wxa/resetusersessionkey",
        method: "GET",
        content_type: JSON,
        answer: session_key::reset,
    },
];

pub(super) fn find(path: &str) -> Option<&'static Endpoint> {
    const { &ENDPOINTS }.iter().find(|endpoint| endpoint.path == path)
}

/// A request, without HTTP.
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Call {
    /// The JSON object in the body; forms and everything else are none.
    pub(super) fn json(&self) -> Option<Map<String, Value>> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A query parameter that is there and not empty.
    fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The JSON object that a POST must carry.
    fn required_json(&self) -> Result<Map<String, Value>, Refusal> {
        if self.body.is_empty() {
            return Err(Refusal::EMPTY_BODY);
        }
        self.json().ok_or(Refusal::NOT_JSON)
    }
}

/// WeChat's number for a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) number: i64,
    /// The field that is wrong, where WeChat names it.
    field: String,
}

impl Refusal {
    pub(super) const TOKEN_SUPERSEDED: Self = Self::of(40001);
    pub(super) const BAD_GRANT_TYPE: Self = Self::of(40002);
    pub(super) const BAD_OPENID: Self = Self::of(40003);
    pub(super) const BAD_MEDIA_TYPE: Self = Self::of(40004);
    pub(super) const BAD_APP_ID: Self = Self::of(40013);
    pub(super) const BAD_TOKEN: Self = Self::of(40014);
    pub(super) const BAD_CODE: Self = Self::of(40029);
    pub(super) const BAD_SECRET: Self = Self::of(40125);
    pub(super) const BAD_TEMPLATE: Self = Self::of(40037);
    pub(super) const BAD_ARGUMENTS: Self = Self::of(40097);
    pub(super) const LONG_SCENE: Self = Self::of(40169);
    pub(super) const BAD_LINK_PATH: Self = Self::of(40165);
    pub(super) const BAD_LINK_QUERY: Self = Self::of(40212);
    pub(super) const BAD_PAGE: Self = Self::of(41030);
    pub(super) const NOT_SUBSCRIBED: Self = Self::of(43101);
    pub(super) const TEMPLATE_BANNED: Self = Self::of(43107);
    pub(super) const BAD_SCENE: Self = Self::of(40129);
    pub(super) const USED_CODE: Self = Self::of(40163);
    pub(super) const BAD_ADDRESS: Self = Self::of(40164);
    pub(super) const HIGH_RISK: Self = Self::of(40226);
    pub(super) const SECRET_FROZEN: Self = Self::of(40243);
    pub(super) const NO_TOKEN: Self = Self::of(41001);
    pub(super) const NO_APP_ID: Self = Self::of(41002);
    pub(super) const NO_SECRET: Self = Self::of(41004);
    pub(super) const NO_CODE: Self = Self::of(41008);
    pub(super) const TOKEN_EXPIRED: Self = Self::of(42001);
    pub(super) const REQUIRE_GET: Self = Self::of(43001);
    pub(super) const REQUIRE_POST: Self = Self::of(43002);
    pub(super) const ONE_AT_A_TIME: Self = Self::of(43108);
    pub(super) const FOREIGN_OPENID: Self = Self::of(43104);
    pub(super) const EMPTY_BODY: Self = Self::of(44002);
    pub(super) const CHECKS_OF_MINUTE: Self = Self::of(44991);
    pub(super) const DAY_QUOTA: Self = Self::of(45009);
    pub(super) const MINUTE_QUOTA: Self = Self::of(45011);
    pub(super) const NOT_JSON: Self = Self::of(47001);
    pub(super) const ACCOUNT_FROZEN: Self = Self::of(50007);
    pub(super) const NOT_SEEN_LATELY: Self = Self::of(61010);
    pub(super) const NO_SESSION_KEY: Self = Self::of(87007);
    pub(super) const BAD_SIGNATURE_METHOD: Self = Self::of(87008);
    pub(super) const BAD_SIGNATURE: Self = Self::of(87009);
    pub(super) const REPEATED: Self = Self::of(87020);

    /// By its number.
    pub(super) const fn of(number: i64) -> Self {
        Self { number, field: String::new() }
    }

    /// A value of a message that breaks the limits of its type, or is missing.
    fn of_value(name: &str) -> Self {
        Self { number: 47003, field: name.to_owned() }
    }

    /// The text beside the number, without its `rid`.
    pub(super) fn errmsg(&self) -> String {
        match self.number {
            47003 => format!("argument invalid! data.{}.value invalid", self.field),
            other => text_of(other).to_owned(),
        }
    }
}

/// The texts that are always the same.
fn text_of(number: i64) -> &'static str {
    match number {
        -1 => "system error",
        40001 => "invalid credential, access_token is invalid or not latest",
        40002 => "invalid grant_type",
        40003 => "invalid openid",
        40004 => "invalid media_type",
        40013 => "invalid appid",
        40014 => "invalid access_token",
        40029 => "invalid code",
        40125 => "invalid appsecret",
        40037 => "invalid template_id",
        40097 => "invalid args",
        40129 => "invalid scene",
        40165 => "invalid weapp pagepath",
        40169 => "scene is too long",
        40212 => "invalid query",
        40163 => "code been used",
        40164 => "invalid ip 127.0.0.1, not in whitelist",
        40226 => "code blocked",
        40243 => "appsecret frozen",
        41001 => "access_token missing",
        41002 => "appid missing",
        41004 => "appsecret missing",
        41008 => "missing code",
        41030 => "invalid page",
        42001 => "access_token expired",
        43001 => "require GET method",
        43002 => "require POST method",
        43101 => "user refuse to accept the msg",
        43104 => "openid and appid do not match",
        43107 => "request forbidden, template is banned",
        43108 => "sending to this user at the same time",
        44002 => "empty post data",
        44991 => "reach max api minute quota limit",
        45009 => "reach max api daily quota limit",
        45011 => "api minute-quota reach limit mustslower retry next minute",
        47001 => "data format error",
        50007 => "account frozen",
        61010 => "code is expired or user access record out of time",
        87007 => "session_key is not existed or expired",
        87008 => "invalid sig_method",
        87009 => "invalid signature",
        87020 => "repeated request limit",
        _ => "error",
    }
}
