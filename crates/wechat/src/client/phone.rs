//! A telephone number: what a person lets the mini-program have becomes a number.
//!
//! The code is another one than that of `wx.login`, and as short-lived: it is sent at most once, with the openid of whoever is signed in, so
//! that WeChat refuses a code that another person got.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Client, transport};
use crate::error::{Outage, WechatError};

const PATH: &str = "/wxa/business/getuserphonenumber";

/// The longest code that is sent on.
const CODE_BYTES_MAX: usize = 512;

/// A telephone number.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone {
    /// Without the code of the country, as it is dialled there.
    pub number: String,
    /// The code of the country, without a plus: `86`.
    pub country: String,
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Phone").finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Ask<'a> {
    code: &'a str,
    openid: &'a str,
}

#[derive(Deserialize)]
struct Given {
    phone_info: Info,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    pure_phone_number: String,
    country_code: CountryCode,
    watermark: Watermark,
}

/// WeChat's page says a number, its answers say a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum CountryCode {
    Text(String),
    Number(u32),
}

#[derive(Deserialize)]
struct Watermark {
    appid: String,
}

impl Client {
    /// The number behind a code that the mini-program got for this person. The code is sent at most once.
    ///
    /// [`WechatError::InvalidCode`] is a code that is unknown, too old, used, or another person's.
    pub async fn phone_number(&self, code: &str, openid: &str) -> Result<Phone, WechatError> {
        if code.is_empty() || code.len() > CODE_BYTES_MAX || !code.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(WechatError::InvalidCode);
        }
        let given: Given = self
            .with_token(|token| async move {
                let request = self.post(PATH).query(&[("access_token", token.reveal())]);
                transport::send(PATH, request.json(&Ask { code, openid })).await
            })
            .await?;
        let Info { pure_phone_number: number, country_code, watermark } = given.phone_info;
        if watermark.appid != self.app_id() {
            return Err(WechatError::Unavailable(Outage::Unreadable));
        }
        let country = match country_code {
            CountryCode::Text(text) => text,
            CountryCode::Number(number) => number.to_string(),
        };
        Ok(Phone { number, country })
    }
}
