//! `POST /cgi-bin/message/subscribe/send`: a message to somebody who agreed to it.

use serde_json::{Map, Value, json};

use super::access::app_of_token;
use super::{Call, Refusal};
use crate::client::fit;
use crate::stand_in::messages::SentMessage;
use crate::stand_in::push::NamedEvent;
use crate::stand_in::world::{Errand, UserKey, World};

pub(super) fn send(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    let app_id = app_of_token(world, call)?;
    let body = call.required_json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let user = UserKey { app_id, openid: text("touser").to_owned() };
    if !world.users.contains_key(&user) {
        return Err(Refusal::BAD_OPENID);
    }
    if world.messages.is_on_its_way_to(&user) {
        return Err(Refusal::ONE_AT_A_TIME);
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
    let credit = (user.clone(), text("template_id").to_owned());
    let left = world.credits.get_mut(&credit).filter(|left| **left > 0);
    *left.ok_or(Refusal::NOT_SUBSCRIBED)? -= 1;
    let value = |datum: &Value| datum.get("value").and_then(Value::as_str).unwrap_or_default().to_owned();
    let message = SentMessage {
        msg_id: (u64::MAX / 2 - rand::random::<u64>() / 4).to_string(),
        at_us: world.now_us(),
        app_id: user.app_id.clone(),
        openid: user.openid.clone(),
        template: text("template_id").to_owned(),
        page: body.get("page").and_then(Value::as_str).map(str::to_owned),
        state: body.get("miniprogram_state").and_then(Value::as_str).unwrap_or("formal").to_owned(),
        values: data.iter().map(|(name, datum)| (name.clone(), value(datum))).collect(),
    };
    deliver(world, message);
    Ok(json!({ "errcode": 0, "errmsg": "ok" }))
}

/// The message is on its way until its sender has the answer; then the server is told what became of it, where the console says so.
fn deliver(world: &mut World, message: SentMessage) {
    let console = world.consoles.get(&message.app_id);
    if console.is_some_and(|console| console.sent_events) {
        let event = NamedEvent::Sent {
            openid: message.openid.clone(),
            template: message.template.clone(),
            msg_id: message.msg_id.clone(),
            errcode: 0,
            alone: false,
        };
        world.errands.push(Errand::Tell { app_id: message.app_id.clone(), event });
    }
    world.errands.push(Errand::Arrive {
        user: UserKey { app_id: message.app_id.clone(), openid: message.openid.clone() },
    });
    world.messages.send(message);
}
