#![doc = include_str!("../README.md")]

mod client;
mod clock;
mod error;
pub mod push;
mod secret;
mod settings;
pub mod stand_in;

pub use client::{
    Client, Identity, MediaKind, Phone, Release, SCENE_CHARS_MAX, Scene, SubscriptionMessage, Suggestion,
    TextVerdict, Token, fit, is_scene, is_value_name,
};
pub use clock::{Clock, Pause, TimerPause};
pub use error::{Outage, WechatError};
pub use secret::Secret;
pub use settings::{BaseUrl, Settings, SettingsError};
