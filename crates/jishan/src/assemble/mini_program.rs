//! What a tenant needs of WeChat, from the configuration: client, push, messages, word list.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::quiet::Quiet;
use domain::time::Clock;
use domain::words::{self, Words};
use foundation::config::Tenant;
use foundation::content::Checks;
use foundation::content::pictures::Links;
use foundation::messages::Templates;
use foundation::qr_codes::QrCodes;
use wechat::push::Receiver;
use wechat::{BaseUrl, Client, Secret, Settings, SettingsError};

use crate::failure::{Failure, Outcome};

/// The client; none for a tenant without a mini-program.
pub(super) fn client(tenant: &Tenant, clock: Arc<dyn Clock>) -> Outcome<Option<Client>> {
    if tenant.wechat_app_id.is_empty() {
        return Ok(None);
    }
    let fault = |e: SettingsError| Failure::usage(format!("wechat: {e}"));
    let secret = Secret::new(tenant.wechat_app_secret.clone());
    let mut settings = Settings::new(tenant.wechat_app_id.clone(), secret);
    settings.timeout = Duration::from_millis(tenant.wechat_timeout_ms);
    if !tenant.wechat_base_url.is_empty() {
        settings.base_url = BaseUrl::overridden(&tenant.wechat_base_url).map_err(fault)?;
    }
    if !tenant.wechat_proxy.is_empty() {
        settings = settings.through(&tenant.wechat_proxy).map_err(fault)?;
    }
    let now = move || clock.now().0;
    Ok(Some(Client::new(settings, Arc::new(now)).map_err(fault)?))
}

/// What reads pushes; none where the console was not told of an address.
pub(super) fn receiver(tenant: &Tenant) -> Outcome<Option<Receiver>> {
    if tenant.wechat_push_token.is_empty() {
        return Ok(None);
    }
    let key = (!tenant.wechat_push_key.is_empty()).then(|| Secret::new(tenant.wechat_push_key.clone()));
    let token = Secret::new(tenant.wechat_push_token.clone());
    let receiver = Receiver::new(tenant.wechat_app_id.clone(), token, key.as_ref());
    receiver.map(Some).map_err(|e| Failure::usage(format!("wechat: {e}")))
}

/// The addresses by which WeChat fetches pictures: signed by the app's secret, which every process of the tenant has.
pub(super) fn links(tenant: &Tenant, resident: SocketAddr) -> Option<Links> {
    let has = !tenant.wechat_app_id.is_empty();
    has.then(|| Links::new(&tenant.public_url(resident), &tenant.wechat_app_secret))
}

/// The templates of messages.
pub(super) fn templates(tenant: &Tenant) -> Outcome<Templates> {
    let Some(text) = file(&tenant.messages_file)? else { return Ok(Templates::default()) };
    let faults = |faults: Vec<String>| named(&tenant.messages_file, faults.join("\n  "));
    Templates::read(&text).map_err(faults)
}

/// The word lists.
pub(super) fn checks(tenant: &Tenant) -> Outcome<Checks> {
    let own = file(&tenant.words_file)?.unwrap_or_default();
    let words = Words::read([words::CARRIED, &own]).map_err(|e| named(&tenant.words_file, e))?;
    Ok(Checks::new(words))
}

/// When no message is sent.
pub(super) fn quiet(tenant: &Tenant) -> Outcome<Quiet> {
    let quiet = Quiet::between(&tenant.quiet_from, &tenant.quiet_until);
    quiet.ok_or_else(|| Failure::usage("quiet_from, quiet_until: times of the day, as 22:00"))
}

/// What codes are made of.
pub(super) fn qr_codes(tenant: &Tenant, resident: SocketAddr) -> QrCodes {
    QrCodes::new(&tenant.public_url(resident), tenant.wechat_pages.clone(), tenant.wechat_release)
}

fn file(path: &Path) -> Outcome<Option<String>> {
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    std::fs::read_to_string(path).map(Some).map_err(|e| named(path, e))
}

fn named(path: &Path, fault: impl std::fmt::Display) -> Failure {
    Failure::usage(format!("{}: {fault}", path.display()))
}
