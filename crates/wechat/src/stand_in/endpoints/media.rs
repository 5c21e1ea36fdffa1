//! `POST /wxa/media_check_async`: a file is looked at later, and what is found is pushed.

use serde_json::{Value, json};

use super::access::app_of_token;
use super::text::{seen_lately, within};
use super::{Call, Refusal};
use crate::stand_in::media::Asked;
use crate::stand_in::world::{Errand, World};

/// Checks of an app in a minute and in a day.
const PER_MINUTE_MAX: u32 = 2_000;
const PER_DAY_MAX: u32 = 200_000;

pub(super) fn check(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let app_id = app_of_token(world, call)?;
    let body = call.required_json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = |name: &str| body.get(name).and_then(Value::as_i64).unwrap_or_default();
    let (url, openid) = (text("media_url"), text("openid"));
    let asked =
        Asked { app_id: &app_id, openid, url, media_type: number("media_type"), scene: number("scene") };
    if !matches!(asked.media_type, 1 | 2) {
        return Err(Refusal::BAD_MEDIA_TYPE);
    }
    if !matches!(asked.scene, 1..=4) {
        return Err(Refusal::BAD_SCENE);
    }
    // The number for an address that is none is not documented.
    if number("version") != 2 || !(url.starts_with("http://") || url.starts_with("https://")) {
        return Err(Refusal::BAD_ARGUMENTS);
    }
    seen_lately(world, &app_id, openid)?;
    let now_us = world.now_us();
    if world.media.has_just_been_asked(&asked, now_us) {
        return Err(Refusal::REPEATED);
    }
    within(world, &format!("{app_id} files"), PER_MINUTE_MAX, PER_DAY_MAX)?;
    let trace_id = world.new_rid();
    world.media.ask(&asked, trace_id.clone(), now_us);
    if let Some(after_ms) = world.media.after_ms {
        world.errands.push(Errand::Finish { trace_id: trace_id.clone(), after_ms });
    }
    Ok(json!({ "errcode": 0, "errmsg": "ok", "trace_id": trace_id }))
}
