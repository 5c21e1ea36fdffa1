//! The other direction: what WeChat pushes to the address of an app, written, signed and sent as WeChat does it.
//!
//! `settings` is what the console has, `event` what can be told, `xml` and `envelope` how it is written, and `delivery` sends it: one try
//! after the other, until there is an answer or there were three. Nothing here holds the world's lock while it waits.

mod delivery;
mod envelope;
mod event;
mod settings;
mod xml;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use self::delivery::{Delivered, Try, Verified};
pub use self::event::{NamedEvent, SubscriptionAnswer};
pub use self::settings::{PushFormat, PushMode, PushSettings};

pub(super) use self::delivery::{send, verify};
pub(super) use self::envelope::question;
pub(super) use self::event::{Account, media_check, whole};
pub(super) use self::settings::Console;

/// An event as JSON has it.
pub(super) type Body = Map<String, Value>;

/// How a push is made: as WeChat does it, or in one of the ways that a receiver must survive.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct How {
    /// How often it is sent, one after the other, each signed anew; the second is a duplicate. Once, if not told.
    pub times: u32,
    /// Signed with another token than the console's.
    pub bad_signature: bool,
    /// Enciphered for another app; there is no such thing in plain mode.
    pub wrong_app_id: bool,
    /// Signed so many seconds ago; less than none is in the future.
    pub old_by_s: i64,
    /// Made as long as it takes for the cipher to pad it with so many bytes, 1 to 32; there is no such thing in plain mode.
    pub pad: Option<usize>,
    /// Sent so many milliseconds later.
    pub delay_ms: u64,
}

impl Default for How {
    fn default() -> Self {
        Self { times: 1, bad_signature: false, wrong_app_id: false, old_by_s: 0, pad: None, delay_ms: 0 }
    }
}
