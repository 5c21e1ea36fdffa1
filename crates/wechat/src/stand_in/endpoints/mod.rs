//! The paths of WeChat that the stand-in knows.
//!
//! An endpoint is a row of [`ENDPOINTS`] and a function from the world and a call to JSON or a [`Refusal`]. To add one:
//! write the function in a file named after its capability, add its row, and add the texts of its numbers to
//! [`Refusal::errmsg`]. Faults, the journal, the wrong method and the `rid` come by themselves.

mod access;
mod session;
mod token;

use serde_json::{Map, Value};

use super::world::World;

/// How WeChat labels JSON on most paths.
const JSON: &str = "application/json; encoding=utf-8";
/// How it labels JSON on the `sns` paths.
const PLAIN: &str = "text/plain";

/// One path of WeChat.
pub(super) struct Endpoint {
    pub(super) path: &'static str,
    pub(super) method: &'static str,
    pub(super) content_type: &'static str,
    pub(super) answer: fn(&mut World, &Call) -> Result<Value, Refusal>,
}

const ENDPOINTS: [Endpoint; 4] = [
    Endpoint { path: "/sns/jscode2session", method: "GET", content_type: PLAIN, answer: session::exchange },
    Endpoint { path: "/cgi-bin/token", method: "GET", content_type: JSON, answer: token::normal },
    Endpoint { path: "/cgi-bin/stable_token", method: "POST", content_type: JSON, answer: token::stable },
    Endpoint {
        path: "/cgi-bin/get_api_domain_ip",
        method: "GET",
        content_type: JSON,
        answer: access::addresses,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) i64);

impl Refusal {
    pub(super) const TOKEN_SUPERSEDED: Self = Self(40001);
    pub(super) const BAD_GRANT_TYPE: Self = Self(40002);
    pub(super) const BAD_APP_ID: Self = Self(40013);
    pub(super) const BAD_TOKEN: Self = Self(40014);
    pub(super) const BAD_CODE: Self = Self(40029);
    pub(super) const BAD_SECRET: Self = Self(40125);
    pub(super) const USED_CODE: Self = Self(40163);
    pub(super) const BAD_ADDRESS: Self = Self(40164);
    pub(super) const HIGH_RISK: Self = Self(40226);
    pub(super) const SECRET_FROZEN: Self = Self(40243);
    pub(super) const NO_TOKEN: Self = Self(41001);
    pub(super) const NO_APP_ID: Self = Self(41002);
    pub(super) const NO_SECRET: Self = Self(41004);
    pub(super) const NO_CODE: Self = Self(41008);
    pub(super) const TOKEN_EXPIRED: Self = Self(42001);
    pub(super) const REQUIRE_GET: Self = Self(43001);
    pub(super) const REQUIRE_POST: Self = Self(43002);
    pub(super) const EMPTY_BODY: Self = Self(44002);
    pub(super) const DAY_QUOTA: Self = Self(45009);
    pub(super) const MINUTE_QUOTA: Self = Self(45011);
    pub(super) const NOT_JSON: Self = Self(47001);
    pub(super) const ACCOUNT_FROZEN: Self = Self(50007);

    /// The text beside the number, without its `rid`.
    pub(super) fn errmsg(self) -> &'static str {
        match self.0 {
            -1 => "system error",
            40001 => "invalid credential, access_token is invalid or not latest",
            40002 => "invalid grant_type",
            40013 => "invalid appid",
            40014 => "invalid access_token",
            40029 => "invalid code",
            40125 => "invalid appsecret",
            40163 => "code been used",
            40164 => "invalid ip 127.0.0.1, not in whitelist",
            40226 => "code blocked",
            40243 => "appsecret frozen",
            41001 => "access_token missing",
            41002 => "appid missing",
            41004 => "appsecret missing",
            41008 => "missing code",
            42001 => "access_token expired",
            43001 => "require GET method",
            43002 => "require POST method",
            44002 => "empty post data",
            45009 => "reach max api daily quota limit",
            45011 => "api minute-quota reach limit mustslower retry next minute",
            47001 => "data format error",
            50007 => "account frozen",
            _ => "error",
        }
    }
}
