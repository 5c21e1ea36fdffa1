#![doc = include_str!("../README.md")]

mod client;
mod clock;
mod error;
mod secret;
mod settings;
pub mod stand_in;

pub use client::{Client, Identity, Token};
pub use clock::{Clock, Pause, TimerPause};
pub use error::{Outage, WechatError};
pub use secret::Secret;
pub use settings::{BaseUrl, Settings, SettingsError};
