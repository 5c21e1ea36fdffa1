//! `GET /sns/jscode2session`: a login code becomes an openid and a session key.

use serde_json::{Value, json};

use super::{Call, Refusal};
use crate::stand_in::demo;
use crate::stand_in::meter::Per;
use crate::stand_in::world::{CODE_LIFE_US, UserKey, World, new_session_key};

/// Exchanges of one user in a minute.
const PER_USER_AND_MINUTE_MAX: u32 = 100;

pub(super) fn exchange(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let app_id = call.query("appid").ok_or(Refusal::NO_APP_ID)?;
    let secret = call.query("secret").ok_or(Refusal::NO_SECRET)?;
    let app = world.app_mut(Some(app_id)).ok_or(Refusal::BAD_APP_ID)?;
    if app.secret != secret {
        return Err(Refusal::BAD_SECRET);
    }
    if app.secret_frozen {
        return Err(Refusal::SECRET_FROZEN);
    }
    let bound = app.bound;
    if call.query("grant_type") != Some("authorization_code") {
        return Err(Refusal::BAD_GRANT_TYPE);
    }
    let code = call.query("js_code").ok_or(Refusal::NO_CODE)?;
    let user = take_code(world, app_id, code)?;
    sign_in(world, user, bound)
}

/// Uses the code up and tells whose it was.
fn take_code(world: &mut World, app_id: &str, code: &str) -> Result<UserKey, Refusal> {
    if world.demo_codes
        && let Some(demo) = demo::read(code)
    {
        let user = demo_user(world, app_id, demo.name);
        if !demo.single_use {
            return within_quota(world, &user).map(|()| user);
        }
        if !world.codes.contains_key(code) {
            world.remember_code(code.to_owned(), user);
        }
    }
    let now_us = world.now_us();
    let known = world.codes.get(code).filter(|known| known.user.app_id == app_id).ok_or(Refusal::BAD_CODE)?;
    let (user, used, issued_us) = (known.user.clone(), known.used, known.issued_us);
    within_quota(world, &user)?;
    if used {
        return Err(Refusal::USED_CODE);
    }
    if now_us - issued_us > CODE_LIFE_US {
        return Err(Refusal::BAD_CODE);
    }
    if let Some(known) = world.codes.get_mut(code) {
        known.used = true;
    }
    Ok(user)
}

fn within_quota(world: &mut World, user: &UserKey) -> Result<(), Refusal> {
    let now_us = world.now_us();
    let who = format!("sign-in {} {}", user.app_id, user.openid);
    if world.meters.count(who, Per::Minute, PER_USER_AND_MINUTE_MAX, now_us) {
        Ok(())
    } else {
        Err(Refusal::MINUTE_QUOTA)
    }
}

fn demo_user(world: &mut World, app_id: &str, name: &str) -> UserKey {
    let user = UserKey { app_id: app_id.to_owned(), openid: demo::demo_openid(app_id, name) };
    world.users.entry(user.clone()).or_default().unionid.get_or_insert_with(|| demo::demo_unionid(name));
    user
}

/// A new session key for the user; the one before is void from now on.
fn sign_in(world: &mut World, key: UserKey, bound: bool) -> Result<Value, Refusal> {
    let now_us = world.now_us();
    let user = world.users.entry(key.clone()).or_default();
    if user.high_risk {
        return Err(Refusal::HIGH_RISK);
    }
    let session_key = new_session_key();
    user.session_key = Some(session_key.clone());
    user.last_visit_us = Some(now_us);
    let mut answer = json!({ "openid": key.openid, "session_key": session_key });
    if bound && let Some(unionid) = &user.unionid {
        answer["unionid"] = Value::from(unionid.as_str());
    }
    Ok(answer)
}
