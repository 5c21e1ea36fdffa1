//! What can go wrong, by what the caller should do about it.
//!
//! WeChat reports a failure as HTTP 200 with a number, `errcode`. The numbers are translated here and nowhere else; the
//! text beside them changes without notice, so nothing is ever decided on it. No error holds a secret, a login code or an
//! openid.

/// Why WeChat did not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WechatError {
    /// The login code is unknown, expired, or belongs to another app: the mini-program calls `wx.login` again.
    ///
    /// In development the usual cause is a mini-program built with another app id than the server's.
    #[error("WeChat does not know this login code")]
    InvalidCode,
    /// The login code was exchanged before, often by a double tap: the mini-program calls `wx.login` again.
    #[error("this login code was used before")]
    UsedCode,
    /// WeChat considers the user high-risk and refuses the sign-in; trying again does not help.
    #[error("WeChat refuses to sign this user in")]
    UserBlocked,
    /// A quota of the minute or of the day is used up; nothing is sent again before it renews.
    #[error("WeChat's quota is used up (errcode {errcode})")]
    TooOften {
        /// WeChat's number: 45011 and 44991 for the minute, 45009 for the day.
        errcode: i64,
    },
    /// WeChat looks at nothing by somebody who did not use the mini-program within two hours.
    #[error("the user was not seen by WeChat within two hours")]
    NotSeenLately,
    /// The same picture by the same person was asked about a moment ago: what is found comes by itself.
    #[error("WeChat was asked about the same picture a moment ago")]
    AskedJustNow,
    /// The openid is none, or of another app.
    #[error("WeChat does not know this user of this app (errcode {errcode})")]
    UnknownUser {
        /// WeChat's number: 40003 or 43104.
        errcode: i64,
    },
    /// The person has not agreed to a message of this template, or not once more.
    #[error("the user has not agreed to this message")]
    NotSubscribed,
    /// WeChat sends no message of this template: an operator must look before any other is sent.
    #[error("WeChat refuses this template (errcode {errcode})")]
    TemplateRefused {
        /// WeChat's number: 43107 banned, 40037 unknown.
        errcode: i64,
    },
    /// Another message to the same person is on its way; this one can be sent after it.
    #[error("another message to this user is on its way")]
    OneAtATime,
    /// A value, a page, a scene or a file is not as WeChat wants it; it never will be.
    #[error("WeChat refuses what was to be sent (errcode {errcode})")]
    BadMessage {
        /// WeChat's number: 47003 for a value, 45168 for its words, 41030, 40165 and 40212 for a page, 40129 and 40169 for a scene,
        /// 40004 for a kind of file, 40097 for an address.
        errcode: i64,
    },
    /// The access token is refused, and a renewed one did not help. Another program may be renewing the token of this app.
    #[error("WeChat refuses our access token (errcode {errcode})")]
    TokenRefused {
        /// WeChat's number: 40001, 40014 or 42001.
        errcode: i64,
    },
    /// Our app id, secret, white list or account is wrong; an operator must act.
    #[error("WeChat refuses our configuration (errcode {errcode})")]
    OurConfiguration {
        /// WeChat's number, such as 40013 for the app id, 40125 for the secret, 40164 for the white list of addresses.
        errcode: i64,
    },
    /// WeChat cannot be reached or does not answer in its own language; later may be better.
    #[error("WeChat is unavailable ({0})")]
    Unavailable(Outage),
    /// WeChat refused with a number that this crate does not know.
    #[error("WeChat refused with errcode {errcode}")]
    Unexpected {
        /// WeChat's number.
        errcode: i64,
    },
}

/// In which way WeChat was unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Outage {
    /// WeChat says that it is busy (errcode -1).
    #[error("busy")]
    Busy,
    /// No whole answer within the timeout.
    #[error("timeout")]
    Timeout,
    /// No connection: nothing was sent.
    #[error("no connection")]
    Unreachable,
    /// An HTTP status that is not WeChat's to give.
    #[error("HTTP status {0}")]
    Status(u16),
    /// No whole answer: the connection broke, or an answer that is not the JSON it should be: cut off, a page of HTML, or without the expected fields.
    #[error("unreadable answer")]
    Unreadable,
}

impl WechatError {
    /// What a non-zero `errcode` means.
    pub(crate) fn of(errcode: i64) -> Self {
        match errcode {
            -1 => Self::Unavailable(Outage::Busy),
            40029 | 41008 => Self::InvalidCode,
            40163 => Self::UsedCode,
            40226 => Self::UserBlocked,
            61010 => Self::NotSeenLately,
            87020 => Self::AskedJustNow,
            43101 => Self::NotSubscribed,
            40037 | 43107 => Self::TemplateRefused { errcode },
            43108 => Self::OneAtATime,
            40004 | 40097 | 40129 | 40165 | 40169 | 40212 | 41030 | 45168 | 47003 => {
                Self::BadMessage { errcode }
            }
            40003 | 43104 => Self::UnknownUser { errcode },
            44990 | 44991 | 45009 | 45011 => Self::TooOften { errcode },
            40001 | 40014 | 42001 => Self::TokenRefused { errcode },
            // Grant type, app id, secret, white list, frozen secret; missing parameters; method and body;
            // rights of the account; addresses that an administrator has not confirmed or has refused.
            40002 | 40013 | 40125 | 40164 | 40243 | 41001 | 41002 | 41004 | 43001 | 43002 | 44002 | 47001
            | 48001 | 48004 | 50004 | 50007 | 61004 | 89503 | 89506 | 89507 => {
                Self::OurConfiguration { errcode }
            }
            _ => Self::Unexpected { errcode },
        }
    }

    /// The same failure of a request that carried no access token: no renewal can help it.
    pub(crate) fn without_token(self) -> Self {
        match self {
            Self::TokenRefused { errcode } => Self::OurConfiguration { errcode },
            other => other,
        }
    }

    /// True when it happens every day without anybody's fault: a code that the mini-program replaces by itself, somebody who was away.
    pub(crate) fn is_ordinary(self) -> bool {
        matches!(
            self,
            Self::InvalidCode
                | Self::UsedCode
                | Self::NotSeenLately
                | Self::AskedJustNow
                | Self::NotSubscribed
                | Self::OneAtATime
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_by_what_to_do_about_it() {
        assert_eq!(WechatError::of(-1), WechatError::Unavailable(Outage::Busy));
        assert_eq!(WechatError::of(40029), WechatError::InvalidCode);
        assert_eq!(WechatError::of(40163), WechatError::UsedCode);
        assert_eq!(WechatError::of(40226), WechatError::UserBlocked);
        assert_eq!(WechatError::of(45011), WechatError::TooOften { errcode: 45011 });
        assert_eq!(WechatError::of(87020), WechatError::AskedJustNow);
        assert_eq!(WechatError::of(40004), WechatError::BadMessage { errcode: 40004 });
        for errcode in [40013, 40125, 40164, 41002, 41004, 43002, 48001, 40243, 50007] {
            assert_eq!(WechatError::of(errcode), WechatError::OurConfiguration { errcode });
        }
        assert_eq!(WechatError::of(99999), WechatError::Unexpected { errcode: 99999 });
    }

    #[test]
    fn only_a_request_with_a_token_can_have_its_token_refused() {
        assert_eq!(WechatError::of(40001), WechatError::TokenRefused { errcode: 40001 });
        assert_eq!(WechatError::of(40001).without_token(), WechatError::OurConfiguration { errcode: 40001 });
        assert_eq!(WechatError::of(40029).without_token(), WechatError::InvalidCode);
    }
}
