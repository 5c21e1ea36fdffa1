//! WeChat in a demo: a stand-in that looks at texts and pictures, and carries messages.

use std::net::SocketAddr;
use std::path::Path;

use foundation::config::{Config, Tenant};
use wechat::stand_in::{PushSettings, RiskyWord, TemplateFacts};

use super::{APP_ID, APP_SECRET};
use crate::failure::{Failure, Outcome};
use crate::serve::Listening;
use crate::stand_in::{Play, Playing};

/// Where it listens, if that is free.
const ADDRESS: ([u8; 4], u16) = ([127, 0, 0, 1], 8099);
/// What it signs and enciphers with what it tells: of no worth, as everything about it.
const PUSH_TOKEN: &str = "demo-push-token";
const PUSH_KEY: &str = "ZGVtby1wdXNoLWtleS1vZi1uby13b3J0aC0wMDAwMDA";
/// After how many milliseconds it has looked at a picture.
const MEDIA_AFTER_MS: u64 = 1_500;
/// The templates of a demo's messages.
const MESSAGES: &str = include_str!("messages.toml");

/// Starts a stand-in for WeChat where none is configured, until the process ends.
pub(super) fn play(config: &mut Config) -> Outcome<Option<Playing>> {
    let tenant =
        config.tenant.first_mut().ok_or_else(|| Failure::usage("the configuration names no tenant"))?;
    if !tenant.wechat_app_id.is_empty() {
        return Ok(None);
    }
    let mut play = Play::new(free(SocketAddr::from(ADDRESS)), APP_ID, APP_SECRET);
    play.media_after_ms = Some(MEDIA_AFTER_MS);
    play.words = vec![word("蓝精灵", true), word("保健品", false)];
    play.templates = templates()?;
    let playing = play.start()?;
    tenant.wechat_base_url.clone_from(&playing.url);
    APP_ID.clone_into(&mut tenant.wechat_app_id);
    APP_SECRET.clone_into(&mut tenant.wechat_app_secret);
    PUSH_TOKEN.clone_into(&mut tenant.wechat_push_token);
    PUSH_KEY.clone_into(&mut tenant.wechat_push_key);
    // Whoever looks at a demo in the evening wants to see a message.
    tenant.quiet_from.clone_from(&tenant.quiet_until);
    messages(tenant)?;
    Ok(Some(playing))
}

/// Tells the stand-in where the town is; where it itself is.
pub(super) fn tell(playing: &Playing, listening: Listening) -> &str {
    if let Some(resident) = listening.resident {
        let mut push = PushSettings::new(format!("http://{resident}/v1/wechat/push"), PUSH_TOKEN);
        push.encoding_aes_key = Some(PUSH_KEY.to_owned());
        if let Err(error) = playing.handle.set_push(&push) {
            tracing::warn!(%error, "demo.push.not_told");
        }
    }
    &playing.url
}

/// The address, or any that is free.
fn free(address: SocketAddr) -> SocketAddr {
    match std::net::TcpListener::bind(address) {
        Ok(_) => address,
        Err(_) => SocketAddr::new(address.ip(), 0),
    }
}

fn word(word: &str, risky: bool) -> RiskyWord {
    RiskyWord { word: word.to_owned(), risky, label: if risky { 20_006 } else { 10_001 } }
}

/// The same templates, as WeChat's console has them.
fn templates() -> Outcome<Vec<TemplateFacts>> {
    let table: toml::Table = MESSAGES.parse().map_err(|e| Failure::new(format!("messages: {e}")))?;
    let facts = |entry: &toml::Value| {
        let names = entry.get("values")?.as_table()?.keys().cloned().collect();
        Some(TemplateFacts { id: entry.get("template")?.as_str()?.to_owned(), names, banned: false })
    };
    Ok(table.values().filter_map(facts).collect())
}

/// Writes them where the configuration looks for them, beside the keys.
fn messages(tenant: &mut Tenant) -> Outcome {
    if !tenant.messages_file.as_os_str().is_empty() {
        return Ok(());
    }
    let folder = tenant.signing_key_file.parent().unwrap_or_else(|| Path::new("."));
    foundation::private_folder(folder)?;
    let file = folder.join("messages.toml");
    std::fs::write(&file, MESSAGES)?;
    tenant.messages_file = file;
    Ok(())
}
