//! One tenant as this process serves it: its store, its live board, its keys, and the pools that it shares with other tenants.

use std::sync::Arc;

use domain::quiet::Quiet;
use domain::{Code, Ts};
use leaderboard::Board;
use store::Store;

use crate::boards::Past;
use crate::codes::CodeKey;
use crate::content::Checks;
use crate::content::pictures::Links;
use crate::data_keys::DataKeys;
use crate::messages::Templates;
use crate::own::Own;
use crate::pages::Pages;
use crate::passwords::Passwords;
use crate::pictures::{Decoder, PictureStore};
use crate::qr_codes::QrCodes;
use crate::rate::Limiter;
use crate::tokens::{Keys, Verified};

/// A service of the platform: what a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// The resident API, with the desk.
    Resident,
    /// The merchant service.
    Merchant,
}

impl Service {
    /// Both.
    pub const EVERY: [Self; 2] = [Self::Resident, Self::Merchant];
    /// The audience of its tokens, and the name of its specification.
    pub const fn audience(self) -> &'static str {
        match self {
            Self::Resident => "resident-api",
            Self::Merchant => "merchant-service",
        }
    }
}

/// The tokens of one service: its keys, and what this process has checked already.
#[derive(Debug)]
pub struct Door {
    /// The keys that sign and check.
    pub keys: Keys,
    /// Tokens whose signature this process has checked.
    pub verified: Verified,
}

impl Door {
    /// With these keys.
    pub fn of(keys: Keys) -> Self {
        Self { keys, verified: Verified::default() }
    }
}

/// One tenant.
#[derive(Debug)]
pub struct App {
    /// The tenant's id: the issuer of its tokens.
    pub id: String,
    /// The host names it answers to.
    pub hosts: Vec<String>,
    /// The database.
    pub store: Store,
    /// The live board.
    pub board: Board,
    /// Boards that were folded from the database.
    pub past: Past,
    /// Answers that everybody reads alike.
    pub pages: Pages,
    /// What is a person's own, and was read a moment ago.
    pub own: Own,
    /// Whether the tenant has public boards at all.
    pub rankings: bool,
    /// Where pictures are.
    pub pictures: PictureStore,
    /// The bounded pool that reads uploaded pictures.
    pub decoder: Decoder,
    /// WeChat's server API, where it is configured.
    pub wechat: Option<wechat::Client>,
    /// What reads WeChat's pushes, where they are configured.
    pub push: Option<wechat::push::Receiver>,
    /// Which mini-program messages and codes open.
    pub release: wechat::Release,
    /// The word list, and what checks of content share.
    pub checks: Checks,
    /// The addresses by which WeChat fetches pictures to look at, where it is configured.
    pub links: Option<Links>,
    /// The templates of messages in WeChat.
    pub templates: Templates,
    /// When no message is sent.
    pub quiet: Quiet,
    /// The resident API's tokens, where this process serves it.
    pub resident: Option<Door>,
    /// The merchant service's tokens, where this process serves it.
    pub merchant: Option<Door>,
    /// Whether the tenant has shops at all.
    pub merchants: bool,
    /// The key under which typed codes are kept, where this process serves either service.
    pub code_key: Option<CodeKey>,
    /// The keys of telephones and invitations, where this process serves the resident API or works.
    pub data_keys: Option<DataKeys>,
    /// Whether a telephone number belongs to one account.
    pub one_account_a_phone: bool,
    /// Codes to scan.
    pub qr_codes: QrCodes,
    /// The rate limiter.
    pub limiter: Arc<Limiter>,
    /// The bounded pool that hashes passwords.
    pub passwords: Passwords,
    /// For how many days a person may think the deletion of the own account over.
    pub deletion_wait_days: u16,
    /// Whether development sign-in is open: only on a database that a demo made, and only on loopback.
    pub dev_sign_in: bool,
}

impl App {
    /// The present moment, by the tenant's clock.
    pub fn now(&self) -> Ts {
        self.store.now()
    }
    /// The tokens of a service. Refused where this process does not serve it, and where the tenant has no shops.
    pub fn door(&self, service: Service) -> Result<&Door, Code> {
        let door = match service {
            Service::Resident => &self.resident,
            Service::Merchant => {
                self.require_merchants()?;
                &self.merchant
            }
        };
        door.as_ref().ok_or(Code::Unavailable)
    }
    /// The key under which typed codes are kept. Refused where this process has none.
    pub fn code_key(&self) -> Result<&CodeKey, Code> {
        self.code_key.as_ref().ok_or(Code::Unavailable)
    }
    /// The keys of telephones and invitations. Refused where this process has none.
    pub fn data_keys(&self) -> Result<&DataKeys, Code> {
        self.data_keys.as_ref().ok_or(Code::Unavailable)
    }
    /// Refuses where the tenant has no shops.
    pub fn require_merchants(&self) -> Result<(), Code> {
        if self.merchants { Ok(()) } else { Err(Code::Disabled) }
    }
}

/// The tenants of this process, found by host name.
#[derive(Debug, Clone, Default)]
pub struct Tenants(Vec<Arc<App>>);

impl Tenants {
    /// These tenants.
    pub fn new(apps: Vec<Arc<App>>) -> Self {
        Self(apps)
    }
    /// The tenant of a `Host` header (with or without a port).
    pub fn of_host(&self, host: &str) -> Option<&Arc<App>> {
        let name = host_name(host);
        self.0.iter().find(|app| app.hosts.iter().any(|h| h.eq_ignore_ascii_case(name)))
    }
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<App>> {
        self.0.iter()
    }
}

/// A host without its port; the brackets of an IPv6 address stay.
fn host_name(host: &str) -> &str {
    match host.rfind(':') {
        Some(at) if !host.ends_with(']') && host[at + 1..].bytes().all(|b| b.is_ascii_digit()) => &host[..at],
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::host_name;

    #[test]
    fn a_host_is_known_with_and_without_its_port() {
        assert_eq!(host_name("yunxi.example:8080"), "yunxi.example");
        assert_eq!(host_name("[::1]:8080"), "[::1]");
        assert_eq!(host_name("[::1]"), "[::1]");
        assert_eq!(host_name("localhost"), "localhost");
    }
}
