//! Pictures of codes: the mini-program's, which WeChat makes, and a plain one that any telephone reads, which we make ourselves.
//!
//! WeChat is asked once for each: of many who want the same one asks, and the others wait for it; what comes is kept. Nobody's answer fails
//! because WeChat's does: then it is the plain one. A plain one holds an address of ours, from which WeChat's link leads on.

mod flights;
mod links;
mod plain;
mod real;

use std::sync::atomic::AtomicI64;

use domain::qr_codes::Kind;

pub use links::link;
pub use plain::{png, svg};
pub use real::{fresh, kept_or_made};

use flights::Flights;
use links::Links;

/// The pages of the mini-program that codes open: without a slash in front, without a query.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// A deed.
    pub deed: String,
    /// An event, where one checks in.
    pub event: String,
    /// A shop.
    pub merchant: String,
    /// Where an invitation is redeemed.
    pub invitation: String,
}

impl Pages {
    /// The page of a kind.
    pub fn of(&self, kind: Kind) -> &str {
        match kind {
            Kind::Deed => &self.deed,
            Kind::Event => &self.event,
            Kind::Merchant => &self.merchant,
            Kind::Invitation => &self.invitation,
        }
    }
    /// All of them.
    pub fn every(&self) -> [&str; 4] {
        Kind::EVERY.map(|kind| self.of(kind))
    }
}

/// Which mini-program codes and messages open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Release {
    /// The one that everybody has.
    Release,
    /// The one that is being tried.
    Trial,
    /// The one that is being made.
    Develop,
}

impl Release {
    /// The word in rows.
    const fn word(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Trial => "trial",
            Self::Develop => "develop",
        }
    }
    /// The same, as WeChat's client has it.
    pub const fn of_wechat(self) -> wechat::Release {
        match self {
            Self::Release => wechat::Release::Release,
            Self::Trial => wechat::Release::Trial,
            Self::Develop => wechat::Release::Develop,
        }
    }
}

/// What a tenant's codes are made of, and what this process is asking WeChat for.
#[derive(Debug)]
pub struct QrCodes {
    /// What plain codes begin with: `https://…`, without a slash at the end.
    public_url: String,
    pages: Pages,
    release: Release,
    flights: Flights,
    /// Until when WeChat is left alone, in microseconds.
    rests_until: AtomicI64,
    links: Links,
}

impl QrCodes {
    /// With these settings.
    pub fn new(public_url: &str, pages: Pages, release: Release) -> Self {
        Self {
            public_url: public_url.trim_end_matches('/').to_owned(),
            pages,
            release,
            flights: Flights::default(),
            rests_until: AtomicI64::new(i64::MIN),
            links: Links::default(),
        }
    }

    /// What a plain code of this scene holds.
    pub fn address(&self, scene: &str) -> String {
        format!("{}/c/{scene}", self.public_url)
    }
}
