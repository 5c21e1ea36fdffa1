//! The configuration: a commented default that is compiled in, a file over it, environment variables over both. It is checked as a whole,
//! and every fault is named at once.

mod load;
mod mini_program;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;
use store::Address;

use crate::qr_codes::{Pages, Release};

pub use load::{DEFAULT, load};

/// A role of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServeRole {
    /// Serves the resident API.
    Resident,
    /// Serves the merchant service.
    Merchant,
    /// Sequencer, boards, outbox, retention.
    Worker,
}

/// What the process may be told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Serves people.
    Production,
    /// Serves tests: the clock and the queues are moved over the admin listener.
    Test,
}

/// Everything.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The roles of this process.
    pub roles: Vec<ServeRole>,
    /// What it may be told to do.
    pub profile: Profile,
    /// Listeners.
    pub listen: Listen,
    /// Logs.
    pub log: Log,
    /// Rate limits.
    pub limits: Limits,
    /// Pictures.
    pub pictures: Pictures,
    /// Tenants.
    pub tenant: Vec<Tenant>,
}

/// Listeners.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// The resident API.
    pub resident: SocketAddr,
    /// The merchant service.
    pub merchant: SocketAddr,
    /// Health and metrics.
    pub admin: SocketAddr,
    /// Threads; 0 is one per core.
    pub workers: usize,
    /// Seconds to finish.
    pub stop_within_s: u64,
    /// Whether the documentation is served.
    pub docs: bool,
    /// Believed proxies.
    pub trusted_proxies: Vec<IpAddr>,
}

/// Logs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// `text` or `json`.
    pub format: String,
    /// A filter.
    pub level: String,
}

/// Requests a minute.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the commented default says what each is")]
pub struct Limits {
    pub read: u32,
    pub read_address: u32,
    pub write: u32,
    pub write_address: u32,
    pub sign_in_address: u32,
    pub invitation: u32,
    pub invitation_address: u32,
    pub upload: u32,
    pub upload_address: u32,
    pub push_address: u32,
}

/// Pictures.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the commented default says what each is")]
pub struct Pictures {
    pub store: String,
    pub folder: PathBuf,
    pub workers: usize,
    pub waiting: usize,
    pub s3_bucket: String,
    pub s3_endpoint: String,
    pub s3_region: String,
    pub s3_access_key: String,
    pub s3_secret_key: String,
    pub s3_secret_key_file: String,
    pub s3_allow_http: bool,
}

impl std::fmt::Debug for Pictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pictures").field("store", &self.store).finish_non_exhaustive()
    }
}

/// A tenant.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the commented default says what each is")]
pub struct Tenant {
    pub id: String,
    pub hosts: Vec<String>,
    pub database: String,
    pub pool: u32,
    pub redis: String,
    pub redis_prefix: String,
    pub rankings: bool,
    pub merchants: bool,
    pub deletion_wait_days: u16,
    pub signing_key: String,
    pub signing_key_file: PathBuf,
    pub merchant_signing_key: String,
    pub merchant_signing_key_file: PathBuf,
    pub code_key: String,
    pub code_key_file: PathBuf,
    pub data_key: String,
    pub data_key_file: PathBuf,
    pub one_account_a_phone: bool,
    pub public_url: String,
    pub wechat_release: Release,
    pub wechat_pages: Pages,
    pub wechat_app_id: String,
    pub wechat_app_secret: String,
    pub wechat_app_secret_file: String,
    pub wechat_base_url: String,
    pub wechat_proxy: String,
    pub wechat_timeout_ms: u64,
    pub wechat_push_token: String,
    pub wechat_push_token_file: String,
    pub wechat_push_key: String,
    pub wechat_push_key_file: String,
    pub messages_file: PathBuf,
    pub quiet_from: String,
    pub quiet_until: String,
    pub words_file: PathBuf,
}

impl std::fmt::Debug for Tenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tenant").field("id", &self.id).field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl ServeRole {
    /// Every role.
    pub const EVERY: [Self; 3] = [Self::Resident, Self::Merchant, Self::Worker];
    /// The word in the configuration and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Resident => "resident",
            Self::Merchant => "merchant",
            Self::Worker => "worker",
        }
    }
}

impl Tenant {
    /// Where the database is.
    pub fn address(&self) -> Result<Address, String> {
        Address::parse(&self.database)
    }
}

impl Config {
    /// Whether the process has a role.
    pub fn has(&self, role: ServeRole) -> bool {
        self.roles.contains(&role)
    }
    /// Whether the process follows boards: whoever shows them and whoever writes the log does; a till does not.
    pub fn has_boards(&self) -> bool {
        self.has(ServeRole::Resident) || self.has(ServeRole::Worker)
    }

    /// Every fault of the whole, in words.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |bad: bool, text: String| {
            if bad {
                faults.push(text);
            }
        };
        fault(self.roles.is_empty(), "roles: name at least one of resident, merchant, worker".into());
        fault(self.tenant.is_empty(), "tenant: name at least one".into());
        fault(!self.listen.admin.ip().is_loopback(), "listen.admin: must be a loopback address".into());
        fault(!["text", "json"].contains(&self.log.format.as_str()), "log.format: text or json".into());
        fault(!["local", "s3"].contains(&self.pictures.store.as_str()), "pictures.store: local or s3".into());
        let s3_named = [&self.pictures.s3_bucket, &self.pictures.s3_access_key].iter().all(|t| !t.is_empty());
        fault(
            self.pictures.store == "s3" && !s3_named,
            "pictures: s3 needs s3_bucket, s3_access_key and a secret key".into(),
        );
        for (name, n) in [("workers", self.pictures.workers), ("waiting", self.pictures.waiting)] {
            fault(n == 0, format!("pictures.{name}: at least 1"));
        }
        // The merchant service may be missing beside them, but not be alone.
        let split = !(self.has(ServeRole::Resident) && self.has(ServeRole::Worker));
        for (i, tenant) in self.tenant.iter().enumerate() {
            let at = format!("tenant[{i}]");
            fault(tenant.id.is_empty(), format!("{at}.id: give the tenant a name"));
            fault(tenant.hosts.is_empty(), format!("{at}.hosts: name at least one host"));
            fault(tenant.deletion_wait_days > 30, format!("{at}.deletion_wait_days: at most 30"));
            fault(tenant.pool == 0, format!("{at}.pool: at least 1"));
            fault(
                !tenant.redis.is_empty() && !tenant.redis.starts_with("redis"),
                format!("{at}.redis: starts with redis://"),
            );
            for what in tenant.mini_program_faults(self.profile) {
                fault(true, format!("{at}.{what}"));
            }
            match tenant.address() {
                Err(what) => fault(true, format!("{at}.database: {what}")),
                Ok(Address::Sqlite(_)) if split => {
                    fault(
                        true,
                        format!("{at}.database: split roles need PostgreSQL and Redis, not a SQLite file"),
                    );
                }
                Ok(_) if split && tenant.redis.is_empty() => {
                    fault(
                        true,
                        format!(
                            "{at}.redis: split roles need Redis: a board in one process is not seen by another"
                        ),
                    );
                }
                Ok(_) => {}
            }
        }
        faults
    }
}
