//! Reading an answer of WeChat: bytes in, a value or a [`WechatError`] out.
//!
//! The `Content-Type` is not looked at, because WeChat sends JSON as `text/plain` on some paths. A failure is a non-zero
//! `errcode` in the body; success has none, or 0.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Outage, WechatError};

/// The longest `rid` that is logged. Real ones have 26 characters.
const RID_CHARS_MAX: usize = 64;

/// The part that every answer may have.
#[derive(Deserialize)]
struct Status {
    errcode: Option<i64>,
    errmsg: Option<String>,
}

/// Reads the answer of `path` as a `T`, and logs a refusal with the id under which WeChat can explain it.
pub(super) fn read<T: DeserializeOwned>(
    path: &'static str,
    http_status: u16,
    body: &[u8],
) -> Result<T, WechatError> {
    if http_status >= 500 {
        return Err(unavailable(path, Outage::Status(http_status)));
    }
    let status = match serde_json::from_slice::<Status>(body) {
        Ok(status) => status,
        Err(_) if http_status != 200 => return Err(unavailable(path, Outage::Status(http_status))),
        Err(_) => return Err(unavailable(path, Outage::Unreadable)),
    };
    match status.errcode {
        Some(errcode) if errcode != 0 => {
            Err(refused(path, errcode, status.errmsg.as_deref().unwrap_or_default()))
        }
        _ if http_status != 200 => Err(unavailable(path, Outage::Status(http_status))),
        // The text of a parse error may quote the value it met, so it is dropped.
        _ => serde_json::from_slice(body).map_err(|_| unavailable(path, Outage::Unreadable)),
    }
}

/// Notes that WeChat could not be asked.
pub(super) fn unavailable(path: &'static str, outage: Outage) -> WechatError {
    tracing::warn!(wechat.path = path, wechat.outage = %outage, "WeChat is unavailable");
    WechatError::Unavailable(outage)
}

fn refused(path: &'static str, errcode: i64, errmsg: &str) -> WechatError {
    let error = WechatError::of(errcode);
    let rid = rid(errmsg);
    if error.is_ordinary() {
        tracing::info!(
            wechat.path = path,
            wechat.errcode = errcode,
            wechat.rid = rid,
            "WeChat refused what a user brought"
        );
    } else {
        tracing::warn!(
            wechat.path = path,
            wechat.errcode = errcode,
            wechat.rid = rid,
            "WeChat refused a request"
        );
    }
    error
}

/// The request id at the end of an error text, in its new form `rid: …` or its old one `req_id: …`.
///
/// Only the characters of an id are taken, so that nothing else of the text reaches the log.
fn rid(errmsg: &str) -> &str {
    let Some(start) =
        ["rid: ", "req_id: "].iter().find_map(|mark| errmsg.rfind(mark).map(|at| at + mark.len()))
    else {
        return "";
    };
    let rest = &errmsg[start..];
    let is_id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let end = rest.find(|c| !is_id(c)).unwrap_or(rest.len()).min(RID_CHARS_MAX);
    &rest[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Counted {
        n: i64,
    }

    fn read_counted(status: u16, body: &str) -> Result<Counted, WechatError> {
        read("/test", status, body.as_bytes())
    }

    #[test]
    fn success_has_errcode_zero_or_none() {
        assert_eq!(read_counted(200, r#"{"n":1}"#), Ok(Counted { n: 1 }));
        assert_eq!(read_counted(200, r#"{"errcode":0,"errmsg":"ok","n":2}"#), Ok(Counted { n: 2 }));
    }

    #[test]
    fn a_refusal_comes_with_http_200() {
        let refused =
            read_counted(200, r#"{"errcode":40029,"errmsg":"invalid code rid: 654df33c-64386a2f-29857782"}"#);
        assert_eq!(refused, Err(WechatError::InvalidCode));
    }

    #[test]
    fn what_is_not_wechats_language_is_an_outage() {
        let unreadable = Err(WechatError::Unavailable(Outage::Unreadable));
        for body in ["", r#"{"n":"#, "<html>maintenance</html>", "[]", r#"{"m":1}"#] {
            assert_eq!(read_counted(200, body), unreadable, "{body}");
        }
        for status in [302, 404, 502] {
            assert_eq!(read_counted(status, "<html>"), Err(WechatError::Unavailable(Outage::Status(status))));
            assert_eq!(
                read_counted(status, r#"{"n":1}"#),
                Err(WechatError::Unavailable(Outage::Status(status)))
            );
        }
    }

    #[test]
    fn the_request_id_is_found_in_both_forms() {
        assert_eq!(rid("invalid code rid: 654df33c-64386a2f-29857782"), "654df33c-64386a2f-29857782");
        assert_eq!(rid("invalid code, hints: [ req_id: AijFoqaLRa-pTFm4 ]"), "AijFoqaLRa-pTFm4");
        assert_eq!(rid("invalid code"), "");
        assert_eq!(rid(&format!("rid: {}", "a".repeat(500))).len(), RID_CHARS_MAX);
        assert_eq!(rid("rid: 1-2 openid=oXYZ"), "1-2");
    }
}
