//! What the client must be told: which app, with which secret, and how to reach WeChat.
//!
//! The address is a type of its own, [`BaseUrl`], because the app secret and every user's login code travel to it. It is
//! WeChat's unless somebody overrides it by name, and an override in clear text may not leave this machine.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use url::{Host, Url};

use crate::Secret;

/// The whole time one request may take. WeChat answers within tens of milliseconds; a person who signs in waits for it,
/// and the mini-program itself gives up after 60 s.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// How a [`Client`](crate::Client) is configured.
#[derive(Clone)]
pub struct Settings {
    /// The app id of the mini-program, such as `wx0123456789abcdef`.
    pub app_id: String,
    /// The app secret from the WeChat console.
    pub app_secret: Secret,
    /// Where requests go.
    pub base_url: BaseUrl,
    /// The whole time one request may take, from connecting to the last byte.
    pub timeout: Duration,
    /// The outbound proxy, when the network demands one. Proxy variables of the environment are not read.
    pub proxy: Option<Url>,
}

impl Settings {
    /// Settings that speak to WeChat itself, without a proxy.
    pub fn new(app_id: impl Into<String>, app_secret: Secret) -> Self {
        Self {
            app_id: app_id.into(),
            app_secret,
            base_url: BaseUrl::official(),
            timeout: DEFAULT_TIMEOUT,
            proxy: None,
        }
    }
}

impl Settings {
    /// These settings through an outbound proxy (`http://proxy.example:3128`).
    pub fn through(self, proxy: &str) -> Result<Self, SettingsError> {
        Ok(Self { proxy: Some(Url::parse(proxy).map_err(|_| SettingsError::HttpClient)?), ..self })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("app_id", &self.app_id)
            .field("app_secret", &self.app_secret)
            .field("base_url", &self.base_url)
            .field("timeout", &self.timeout)
            // A proxy address may carry a password: only whether there is one is told.
            .field("proxy", &self.proxy.is_some())
            .finish()
    }
}

/// The address that requests are sent to.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// The one address of WeChat's server API.
    pub const OFFICIAL: &'static str = "https://api.weixin.qq.com";

    /// WeChat itself.
    pub fn official() -> Self {
        #[expect(clippy::expect_used, reason = "a constant, parsed by the first unit test of this file")]
        Self(Url::parse(Self::OFFICIAL).expect("the official address is a URL"))
    }

    /// Reads an address that must be WeChat's own: what a configuration without an explicit override goes through.
    pub fn parse(address: &str) -> Result<Self, SettingsError> {
        if address.trim_end_matches('/') == Self::OFFICIAL {
            Ok(Self::official())
        } else {
            Err(SettingsError::NotWechat)
        }
    }

    /// Sends requests somewhere else on purpose: a stand-in on this machine, or a gateway by https.
    pub fn overridden(address: &str) -> Result<Self, SettingsError> {
        let url = Url::parse(address).map_err(|_| SettingsError::BadAddress)?;
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !bare || url.path() != "/" {
            return Err(SettingsError::BadAddress);
        }
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if is_loopback(&url) => Ok(Self(url)),
            "http" => Err(SettingsError::ClearText),
            _ => Err(SettingsError::BadAddress),
        }
    }

    /// True when requests do not go to WeChat; worth a warning at start.
    pub fn is_overridden(&self) -> bool {
        *self != Self::official()
    }

    /// The address of one path of the API, such as `/sns/jscode2session`.
    pub(crate) fn of(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// Whether an address leads to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Why a client cannot be built from its settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The app id is empty.
    #[error("the WeChat app id is empty")]
    NoAppId,
    /// The app secret is empty.
    #[error("the WeChat app secret is empty")]
    NoAppSecret,
    /// The timeout is zero.
    #[error("the WeChat timeout must be longer than zero")]
    NoTimeout,
    /// Another address than WeChat's, without an override.
    #[error("the WeChat address must be {}; another one needs the explicit override", BaseUrl::OFFICIAL)]
    NotWechat,
    /// Not an `http` or `https` address, or one with a path, a query or a password.
    #[error("the WeChat address must be a bare http or https origin")]
    BadAddress,
    /// Clear text beyond this machine would show the app secret to the network.
    #[error("the WeChat address may use http only on this machine")]
    ClearText,
    /// The HTTP client could not be built: a bad proxy address, or no root certificates on this machine.
    #[error("the HTTP client for WeChat cannot be built; check the proxy and the root certificates")]
    HttpClient,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wechats_own_address_needs_no_override() {
        assert!(!BaseUrl::official().is_overridden());
        assert_eq!(BaseUrl::parse("https://api.weixin.qq.com/"), Ok(BaseUrl::official()));
        for other in
            ["http://api.weixin.qq.com", "https://api.weixin.qq.com.evil.example", "http://127.0.0.1:9"]
        {
            assert_eq!(BaseUrl::parse(other), Err(SettingsError::NotWechat), "{other}");
        }
    }

    #[test]
    fn an_override_in_clear_text_stays_on_this_machine() {
        for here in [
            "http://127.0.0.1:8090",
            "http://localhost:8090/",
            "http://[::1]:8090",
            "https://gateway.example",
        ] {
            assert!(BaseUrl::overridden(here).is_ok_and(|url| url.is_overridden()), "{here}");
        }
        assert_eq!(BaseUrl::overridden("http://10.0.0.5:8090"), Err(SettingsError::ClearText));
        assert_eq!(BaseUrl::overridden("http://localhost.evil.example"), Err(SettingsError::ClearText));
        for bad in
            ["https://user:word@gateway.example", "https://gateway.example/wechat", "ftp://127.0.0.1", "x"]
        {
            assert_eq!(BaseUrl::overridden(bad), Err(SettingsError::BadAddress), "{bad}");
        }
    }

    #[test]
    fn debug_output_of_settings_holds_no_secret() {
        let mut settings = Settings::new("wx1", Secret::new("hush-hush"));
        settings.proxy = Url::parse("http://me:passw0rd@proxy.example").ok();
        let shown = format!("{settings:?}");
        assert!(shown.contains("wx1") && !shown.contains("hush") && !shown.contains("passw0rd"), "{shown}");
    }
}
