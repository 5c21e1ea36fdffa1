//! `POST /wxa/business/getuserphonenumber`: a code of the telephone button becomes a number.

use serde_json::{Value, json};

use super::access::app_of_token;
use super::{Call, Refusal};
use crate::clock::SECOND_US;
use crate::stand_in::world::{CODE_LIFE_US, World};

pub(super) fn number(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let app_id = app_of_token(world, call)?;
    let body = call.required_json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let now_us = world.now_us();
    let code = text("code").and_then(|code| world.phone_codes.get_mut(code)).ok_or(Refusal::BAD_CODE)?;
    if code.user.app_id != app_id {
        return Err(Refusal::BAD_APP_ID);
    }
    let anothers = text("openid").is_some_and(|openid| openid != code.user.openid);
    if anothers || code.used || now_us - code.issued_us > CODE_LIFE_US {
        return Err(Refusal::BAD_CODE);
    }
    code.used = true;
    // The country is a text, whatever WeChat's page says.
    Ok(json!({ "errcode": 0, "errmsg": "ok", "phone_info": {
        "phoneNumber": code.number, "purePhoneNumber": code.number, "countryCode": "86",
        "watermark": { "timestamp": now_us / SECOND_US, "appid": app_id },
    } }))
}
