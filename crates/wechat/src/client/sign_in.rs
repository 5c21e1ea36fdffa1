//! Signing in: a login code of the mini-program becomes an openid.
//!
//! `wx.login` gives the mini-program a code that is good for five minutes and for one exchange. The exchange is therefore
//! sent at most once, whatever happens to the answer: a lost answer may mean a used code, and the mini-program gets a new
//! code for nothing. The `session_key` in the answer is never even parsed; nothing on our side decrypts user data.

use std::fmt;

use serde::Deserialize;

use super::{Client, transport};
use crate::error::WechatError;

const PATH: &str = "/sns/jscode2session";

/// The longest login code that is sent on. Real ones have 32 characters; the length is not promised.
const CODE_BYTES_MAX: usize = 512;

/// Who signed in, in the words of WeChat.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Identity {
    /// The user's id within this app. Length and alphabet are not promised.
    pub openid: String,
    /// The user's id across the apps of one Open Platform account; present only if the app is bound to one.
    pub unionid: Option<String>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl Client {
    /// Exchanges a login code for the identity of its user. The code is sent at most once.
    ///
    /// A code that cannot be one (empty, too long, not visible ASCII) is refused without asking WeChat.
    pub async fn sign_in(&self, code: &str) -> Result<Identity, WechatError> {
        if code.is_empty() || code.len() > CODE_BYTES_MAX || !code.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(WechatError::InvalidCode);
        }
        let settings = &self.0.settings;
        let request = self.get(PATH).query(&[
            ("appid", settings.app_id.as_str()),
            ("secret", settings.app_secret.reveal()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ]);
        transport::send(PATH, request).await.map_err(WechatError::without_token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_of_an_identity_names_nobody() {
        let identity = Identity { openid: "oNobody".into(), unionid: Some("uNobody".into()) };
        assert!(!format!("{identity:?}").contains("Nobody"));
    }
}
