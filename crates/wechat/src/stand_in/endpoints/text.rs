//! `POST /wxa/msg_sec_check`: whether a text may be shown, by words that are known to be risky or doubtful.

use serde_json::{Value, json};

use super::access::app_of_token;
use super::{Call, Refusal};
use crate::clock::SECOND_US;
use crate::stand_in::meter::Per;
use crate::stand_in::world::World;

/// Characters of a text.
const CHARS_MAX: usize = 2_500;
/// For how long after a sign-in somebody's texts are looked at.
const SEEN_FOR_US: i64 = 2 * 3_600 * SECOND_US;
/// Checks of an app in a minute and in a day.
const PER_MINUTE_MAX: u32 = 4_000;
const PER_DAY_MAX: u32 = 2_000_000;

pub(super) fn check(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let app_id = app_of_token(world, call)?;
    let body = call.required_json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    if !matches!(body.get("scene").and_then(Value::as_i64), Some(1..=4)) {
        return Err(Refusal::BAD_SCENE);
    }
    let content = text("content");
    // The number for a text that is too long is not documented; WeChat calls it a body that it cannot read.
    if body.get("version") != Some(&json!(2)) || content.chars().count() > CHARS_MAX {
        return Err(Refusal::NOT_JSON);
    }
    seen_lately(world, &app_id, text("openid"))?;
    within(world, &format!("{app_id} texts"), PER_MINUTE_MAX, PER_DAY_MAX)?;
    let found = world.words.iter().filter(|word| content.contains(&word.word)).max_by_key(|word| word.risky);
    let (suggest, label) = found.map_or(("pass", 100), |word| (word.suggest(), word.label));
    let strategy = if found.is_some() { "keyword" } else { "content_model" };
    let detail =
        json!({ "strategy": strategy, "errcode": 0, "suggest": suggest, "label": label, "prob": 90 });
    Ok(json!({ "errcode": 0, "errmsg": "ok", "trace_id": world.new_rid(),
        "result": { "suggest": suggest, "label": label }, "detail": [detail] }))
}

/// Whoever wrote it is a user of this app and was there a moment ago.
pub(super) fn seen_lately(world: &World, app_id: &str, openid: &str) -> Result<(), Refusal> {
    let known = world.users.iter().filter(|(key, _)| key.openid == openid);
    let (mut of_app, mut of_another) = (None, false);
    for (key, user) in known {
        if key.app_id == app_id { of_app = Some(user) } else { of_another = true }
    }
    match of_app {
        Some(user) if user.last_visit_us.is_some_and(|at_us| world.now_us() - at_us <= SEEN_FOR_US) => Ok(()),
        Some(_) => Err(Refusal::NOT_SEEN_LATELY),
        None if of_another => Err(Refusal::FOREIGN_OPENID),
        None => Err(Refusal::BAD_OPENID),
    }
}

/// One more check, within what an app has for a minute and for a day.
pub(super) fn within(world: &mut World, what: &str, minute: u32, day: u32) -> Result<(), Refusal> {
    let now_us = world.now_us();
    if !world.meters.count(what.to_owned(), Per::Day, day, now_us) {
        return Err(Refusal::DAY_QUOTA);
    }
    if !world.meters.count(what.to_owned(), Per::Minute, minute, now_us) {
        return Err(Refusal::CHECKS_OF_MINUTE);
    }
    Ok(())
}
