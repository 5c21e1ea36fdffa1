//! `POST /cgi-bin/message/subscribe/send`: a message to somebody who agreed to it.

use serde_json::{Map, Value, json};

use super::access::app_of_token;
use super::{Call, Refusal};
use crate::client::fit;
use crate::stand_in::world::{UserKey, World};

pub(super) fn send(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let app_id = app_of_token(world, call)?;
    let body = call.required_json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let user = UserKey { app_id, openid: text("touser").to_owned() };
    if !world.users.contains_key(&user) {
        return Err(Refusal::BAD_OPENID);
    }
    let template = world.templates.get(text("template_id")).ok_or(Refusal::BAD_TEMPLATE)?;
    if template.banned {
        return Err(Refusal::TEMPLATE_BANNED);
    }
    if let Some(page) = body.get("page").and_then(Value::as_str)
        && !world.has_page(page.split('?').next().unwrap_or_default())
    {
        return Err(Refusal::BAD_PAGE);
    }
    let none = Map::new();
    let data = body.get("data").and_then(Value::as_object).unwrap_or(&none);
    for name in &template.names {
        let value = data.get(name).and_then(|datum| datum.get("value")).and_then(Value::as_str);
        // What would have to be shortened breaks a limit.
        if value.is_none_or(|value| fit(name, value).as_deref() != Some(value)) {
            return Err(Refusal::of_value(name));
        }
    }
    let credit = world.credits.get_mut(&(user, text("template_id").to_owned())).filter(|left| **left > 0);
    *credit.ok_or(Refusal::NOT_SUBSCRIBED)? -= 1;
    Ok(json!({ "errcode": 0, "errmsg": "ok" }))
}
