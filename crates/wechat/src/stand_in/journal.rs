//! What was asked of the stand-in, so that a test can say "once" and mean it.
//!
//! Secrets, tokens, login codes and openids are replaced by a short mark that is equal for equal values: a test can see
//! that a code was sent twice, and a journal in a bug report gives nothing away.

use std::collections::VecDeque;

use rand::random;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::endpoints::Call;
use super::fault::FaultKind;

/// The journal keeps the last so many requests.
const RECORDED_MAX: usize = 10_000;

/// A longer body is not written down; those of WeChat's paths are far shorter.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// The parameters that are never written down, in the query and in the body.
const HIDDEN: [&str; 10] = [
    "secret",
    "access_token",
    "js_code",
    "code",
    "openid",
    "touser",
    "session_key",
    "signature",
    "content",
    "media_url",
];

/// One request that reached the stand-in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedCall {
    /// Its number, from 1.
    pub seq: u64,
    /// When, in microseconds since 1970 by the stand-in's clock.
    pub at_us: i64,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, with marks in the place of what is secret.
    pub query: Map<String, Value>,
    /// The JSON body with the same marks; null if there was none, it was not an object, or it was too long.
    pub body: Value,
    /// The HTTP status of the answer.
    pub status: u16,
    /// WeChat's number in the answer; 0 if it was a success or not WeChat's answer at all.
    pub errcode: i64,
    /// The fault that the request met, if any.
    pub fault: Option<FaultKind>,
}

pub(super) struct Journal {
    calls: VecDeque<RecordedCall>,
    seq: u64,
    /// Makes the marks of this run different from those of another, so that they cannot be looked up.
    salt: u64,
}

impl Default for Journal {
    fn default() -> Self {
        Self { calls: VecDeque::new(), seq: 0, salt: random() }
    }
}

impl Journal {
    pub(super) fn record(
        &mut self,
        call: &Call,
        at_us: i64,
        status: u16,
        errcode: i64,
        fault: Option<FaultKind>,
    ) {
        if self.calls.len() >= RECORDED_MAX {
            self.calls.pop_front();
        }
        self.seq += 1;
        let query = call
            .query
            .iter()
            .map(|(name, value)| (name.clone(), self.shown(name, &Value::from(value.as_str()))));
        let body = match call.json().filter(|_| call.body.len() <= BODY_BYTES_MAX) {
            Some(body) => Value::Object(
                body.iter().map(|(name, value)| (name.clone(), self.shown(name, value))).collect(),
            ),
            None => Value::Null,
        };
        let recorded = RecordedCall {
            seq: self.seq,
            at_us,
            method: call.method.clone(),
            path: call.path.clone(),
            query: query.collect(),
            body,
            status,
            errcode,
            fault,
        };
        self.calls.push_back(recorded);
    }

    pub(super) fn calls(&self) -> Vec<RecordedCall> {
        self.calls.iter().cloned().collect()
    }

    /// The requests to a path.
    pub(super) fn count(&self, path: &str) -> usize {
        self.calls.iter().filter(|call| call.path == path).count()
    }

    pub(super) fn clear(&mut self) {
        self.calls.clear();
    }

    fn shown(&self, name: &str, value: &Value) -> Value {
        if !HIDDEN.contains(&name) {
            return value.clone();
        }
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mixed =
            text.bytes().fold(self.salt, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        Value::from(format!("#{:08x}", (mixed >> 32) as u32))
    }
}
