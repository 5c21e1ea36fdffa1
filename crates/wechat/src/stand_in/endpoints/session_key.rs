//! `GET /wxa/checksession` and `GET /wxa/resetusersessionkey`: whether a server has somebody's session key, and a new one for who has it.
//!
//! A server proves that it has the key by a signature over nothing. What it signs with are the characters of the key, and not the bytes that
//! they stand for.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::access::app_of_token;
use super::{Call, Refusal};
use crate::stand_in::world::{UserKey, World, new_session_key};

const METHOD: &str = "hmac_sha256";

pub(super) fn check(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    proven(world, call)?;
    Ok(json!({ "errcode": 0, "errmsg": "ok" }))
}

pub(super) fn reset(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let user = proven(world, call)?;
    let session_key = new_session_key();
    let openid = user.openid.clone();
    world.users.entry(user).or_default().session_key = Some(session_key.clone());
    Ok(json!({ "errcode": 0, "errmsg": "ok", "openid": openid, "session_key": session_key }))
}

/// Whose key the call has proved to know.
fn proven(world: &World, call: &Call) -> Result<UserKey, Refusal> {
    let app_id = app_of_token(world, call)?;
    let openid = call.query("openid").unwrap_or_default().to_owned();
    let key = UserKey { app_id, openid };
    let user = world.users.get(&key).ok_or(Refusal::BAD_OPENID)?;
    if call.query("sig_method") != Some(METHOD) {
        return Err(Refusal::BAD_SIGNATURE_METHOD);
    }
    let session_key = user.session_key.as_deref().ok_or(Refusal::NO_SESSION_KEY)?;
    let shown = call.query("signature").unwrap_or_default();
    verify_slices_are_equal(signature(session_key, "").as_bytes(), shown.as_bytes())
        .map_err(|_| Refusal::BAD_SIGNATURE)?;
    Ok(key)
}

fn signature(session_key: &str, said: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, session_key.as_bytes());
    hex::encode(hmac::sign(&key, said.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_characters_of_the_key_sign() {
        let key = "o0q0otL8aEzpcZL/FT9WsQ==";
        assert_eq!(
            signature(key, r#"{"foo":"bar"}"#),
            "654571f79995b2ce1e149e53c0a33dc39c0a74090db514261454e8dbe432aa0b"
        );
        assert_eq!(signature(key, ""), "46e043c5525c2d817c44be603d30837a808a1d930d038f6fdc3e62a201fed128");
    }
}
