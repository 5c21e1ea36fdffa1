//! `GET /cgi-bin/token` and `POST /cgi-bin/stable_token`: the two ways to an access token.

use serde_json::{Value, json};

use super::{Call, Refusal};
use crate::stand_in::meter::Per;
use crate::stand_in::world::{App, World};

const GRANT_TYPE: &str = "client_credential";
const NORMAL_PER_DAY_MAX: u32 = 2_000;
const STABLE_PER_MINUTE_MAX: u32 = 10_000;
const STABLE_PER_DAY_MAX: u32 = 500_000;

pub(super) fn normal(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let now_us = world.now_us();
    let app_id = call.query("appid");
    let who =
        format!("token {}", authenticate(world, call.query("grant_type"), app_id, call.query("secret"))?.id);
    within(world, who, Per::Day, NORMAL_PER_DAY_MAX, Refusal::DAY_QUOTA)?;
    let app = world.app_mut(app_id).ok_or(Refusal::BAD_APP_ID)?;
    let (token, expires_in) = app.normal.issue(now_us);
    Ok(json!({ "access_token": token, "expires_in": expires_in }))
}

pub(super) fn stable(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let now_us = world.now_us();
    let body = call.required_json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let who = format!(
        "stable_token {}",
        authenticate(world, text("grant_type"), text("appid"), text("secret"))?.id
    );
    within(world, who.clone(), Per::Day, STABLE_PER_DAY_MAX, Refusal::DAY_QUOTA)?;
    within(world, who, Per::Minute, STABLE_PER_MINUTE_MAX, Refusal::MINUTE_QUOTA)?;
    let force = body.get("force_refresh").and_then(Value::as_bool).unwrap_or(false);
    let app = world.app_mut(text("appid")).ok_or(Refusal::BAD_APP_ID)?;
    let (token, expires_in) = app.stable.stable(now_us, force);
    Ok(json!({ "access_token": token, "expires_in": expires_in }))
}

/// The app that proves itself by its secret, from an address on its white list.
fn authenticate<'w>(
    world: &'w mut World,
    grant_type: Option<&str>,
    app_id: Option<&str>,
    secret: Option<&str>,
) -> Result<&'w mut App, Refusal> {
    if grant_type != Some(GRANT_TYPE) {
        return Err(Refusal::BAD_GRANT_TYPE);
    }
    let app_id = app_id.ok_or(Refusal::NO_APP_ID)?;
    let secret = secret.ok_or(Refusal::NO_SECRET)?;
    let app = world.app_mut(Some(app_id)).ok_or(Refusal::BAD_APP_ID)?;
    match app {
        app if app.secret != secret => Err(Refusal::BAD_SECRET),
        app if app.address_refused => Err(Refusal::BAD_ADDRESS),
        app if app.secret_frozen => Err(Refusal::SECRET_FROZEN),
        app if app.account_frozen => Err(Refusal::ACCOUNT_FROZEN),
        app => Ok(app),
    }
}

fn within(world: &mut World, who: String, per: Per, max: u32, refusal: Refusal) -> Result<(), Refusal> {
    let now_us = world.now_us();
    if world.meters.count(who, per, max, now_us) { Ok(()) } else { Err(refusal) }
}
