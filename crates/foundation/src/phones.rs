//! Telephones: asking WeChat for the number behind a code, and enciphering it. What is bound to whom is `community`'s business.

use domain::ids::PhoneId;
use domain::phones::Number;
use domain::{Code, Refusal};
use store::phones::{Phone, Sealed};
use store::{Error, Result};
use wechat::WechatError;

use crate::app::App;
use crate::data_keys::{DataKeys, Purpose};

/// The number behind a code of the telephone button, which WeChat gave to this openid. The code is sent once and never again.
pub async fn number_of(app: &App, code: &str, openid: &str) -> Result<Number> {
    let client = app.wechat.as_ref().ok_or(Error::from(Code::Disabled))?;
    let phone = client.phone_number(code, openid).await.map_err(refusal)?;
    Number::of(&phone.country, &phone.number).ok_or_else(|| {
        tracing::error!("WeChat tells a telephone number that can be none");
        Refusal::from(Code::Unavailable).retry_after(5).into()
    })
}

fn refusal(error: WechatError) -> Error {
    let refusal: Refusal = match error {
        WechatError::InvalidCode | WechatError::UsedCode | WechatError::UnknownUser { .. } => {
            Code::PhoneCodeInvalid.into()
        }
        WechatError::UserBlocked => Code::UserBlocked.into(),
        WechatError::TooOften { .. } => Refusal::from(Code::TooManyRequests).retry_after(60),
        _ => Refusal::from(Code::Unavailable).retry_after(5),
    };
    refusal.into()
}

/// A number as it is kept in the row of this id.
pub fn seal(keys: &DataKeys, id: PhoneId, number: &Number) -> Result<Sealed> {
    let sealed = keys.seal(Purpose::Phones, id, number.written().as_bytes())?;
    let hash = keys.hash(Purpose::Phones, number.e164().as_bytes())?;
    Ok(Sealed { key: sealed.key, bytes: sealed.bytes, hash })
}

/// What a number is found by, whichever key it was written with.
pub fn hashes(keys: &DataKeys, number: &Number) -> Result<Vec<Vec<u8>>> {
    Ok(keys.hashes(Purpose::Phones, number.e164().as_bytes())?)
}

/// The number that is kept; `None` where its key is missing, which is said to the log.
pub fn open(keys: &DataKeys, phone: &Phone) -> Option<Number> {
    let text = keys.open(Purpose::Phones, phone.id, &phone.key, &phone.sealed);
    let number = text.and_then(|text| Number::read(std::str::from_utf8(&text).ok()?));
    if number.is_none() {
        tracing::error!(phone.id = %phone.id, key.id = phone.key, "a telephone cannot be deciphered");
    }
    number
}

/// Enciphers telephones anew that are under an older key, at most `limit`; returns how many.
pub async fn reseal(app: &App, limit: i64) -> Result<usize> {
    let Some(keys) = app.data_keys.clone() else { return Ok(0) };
    let older = keys.older();
    if older.is_empty() {
        return Ok(0);
    }
    app.store
        .write_quietly(move |conn| {
            let mut done = 0;
            for phone in store::phones::under_keys(conn, &older, limit)? {
                // What cannot be read is said to the log, and stays as it is.
                let Some(number) = open(&keys, &phone) else { continue };
                done += usize::from(store::phones::reseal(conn, &phone, &seal(&keys, phone.id, &number)?)?);
            }
            Ok(done)
        })
        .await
}
