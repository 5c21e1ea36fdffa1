//! `POST /wxa/getwxacodeunlimit`, a picture that opens a page, and `POST /wxa/generate_urllink`, an address that does.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::access::app_of_token;
use super::{Call, Refusal};
use crate::client::{SCENE_CHARS_MAX, is_scene};
use crate::stand_in::world::World;

pub(super) fn picture(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    app_of_token(world, call)?;
    let body = call.required_json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let scene = text("scene");
    if scene.len() > SCENE_CHARS_MAX {
        return Err(Refusal::LONG_SCENE);
    }
    if !is_scene(scene) {
        return Err(Refusal::BAD_SCENE);
    }
    let page = text("page");
    let is_checked = body.get("check_path").and_then(Value::as_bool).unwrap_or(true);
    if page.starts_with('/')
        || page.contains('?')
        || (is_checked && !page.is_empty() && !world.has_page(page))
    {
        return Err(Refusal::BAD_PAGE);
    }
    let edition = body.get("env_version").and_then(Value::as_str).unwrap_or("release");
    let width = body.get("width").and_then(Value::as_i64).unwrap_or(430);
    if !["release", "trial", "develop"].contains(&edition) || !(280..=1_280).contains(&width) {
        return Err(Refusal::BAD_ARGUMENTS);
    }
    Ok(Value::String(STANDARD.encode((world.draw)(&format!("{page}?scene={scene}")))))
}

pub(super) fn link(world: &mut World, call: &Call) -> Result<Value, Refusal> {
    app_of_token(world, call)?;
    let body = call.required_json()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let path = text("path").trim_start_matches('/');
    if path.contains('?') || (!path.is_empty() && !world.has_page(path)) {
        return Err(Refusal::BAD_LINK_PATH);
    }
    if text("query").len() > 1_024 {
        return Err(Refusal::BAD_LINK_QUERY);
    }
    let name = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 9]>());
    Ok(json!({ "errcode": 0, "errmsg": "ok", "url_link": format!("https://wxaurl.cn/{name}") }))
}
