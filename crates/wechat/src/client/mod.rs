//! The client: one value per app, cheap to clone, shared by the whole process.
//!
//! `transport` sends a request and reads WeChat's answer, `token` keeps the access token, and every capability has a file
//! of its own (`sign_in`, `access`, `phone`, `text_check`, `media_check`, `subscription`, `code_image`). A new endpoint is
//! one more file with an `impl Client`: a request through [`Client::with_token`], a struct for the answer, and a line in
//! the README.

mod access;
mod answer;
mod code_image;
mod media_check;
mod phone;
mod sign_in;
mod subscription;
mod text_check;
mod token;
mod transport;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub use code_image::{Release, SCENE_CHARS_MAX, is_scene};
pub use media_check::MediaKind;
pub use phone::Phone;
pub use sign_in::Identity;
pub use subscription::{SubscriptionMessage, fit, is_value_name};
pub use text_check::{Scene, Suggestion, TextVerdict};
pub use token::Token;

use crate::error::{Outage, WechatError};
use crate::settings::{Settings, SettingsError};
use crate::{Clock, Pause, TimerPause};

/// The waits before the second and the third try of what may be repeated. There is no fourth.
const BACKOFF: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// The client of WeChat's server API for one app.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    settings: Settings,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    pause: Arc<dyn Pause>,
    tokens: token::Cache,
}

impl Client {
    /// A client that waits with a timer between two tries.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, SettingsError> {
        Self::with_pause(settings, clock, Arc::new(TimerPause))
    }

    /// A client whose waits are passed in as well, for tests.
    pub fn with_pause(
        settings: Settings,
        clock: Arc<dyn Clock>,
        pause: Arc<dyn Pause>,
    ) -> Result<Self, SettingsError> {
        if settings.app_id.is_empty() {
            return Err(SettingsError::NoAppId);
        }
        if settings.app_secret.reveal().is_empty() {
            return Err(SettingsError::NoAppSecret);
        }
        if settings.timeout.is_zero() {
            return Err(SettingsError::NoTimeout);
        }
        let http = transport::http_client(&settings)?;
        Ok(Self(Arc::new(Inner { settings, http, clock, pause, tokens: token::Cache::default() })))
    }

    /// Runs what changes nothing up to three times, as long as WeChat cannot be asked.
    async fn again<T, F>(&self, run: impl Fn() -> F) -> Result<T, WechatError>
    where
        F: Future<Output = Result<T, WechatError>>,
    {
        self.again_if(|failure| matches!(failure, WechatError::Unavailable(_)), run).await
    }

    /// Runs what must not happen twice up to three times, as long as WeChat says that it has done nothing because it is busy.
    async fn again_while_busy<T, F>(&self, run: impl Fn() -> F) -> Result<T, WechatError>
    where
        F: Future<Output = Result<T, WechatError>>,
    {
        self.again_if(|failure| *failure == WechatError::Unavailable(Outage::Busy), run).await
    }

    async fn again_if<T, F>(
        &self,
        may_repeat: impl Fn(&WechatError) -> bool,
        run: impl Fn() -> F,
    ) -> Result<T, WechatError>
    where
        F: Future<Output = Result<T, WechatError>>,
    {
        let mut waits = BACKOFF.into_iter();
        loop {
            match run().await {
                Err(failure) if may_repeat(&failure) => match waits.next() {
                    Some(wait) => self.0.pause.pause(wait).await,
                    None => return Err(failure),
                },
                outcome => return outcome,
            }
        }
    }

    /// The app that this client speaks for. An openid means something only together with it.
    pub fn app_id(&self) -> &str {
        &self.0.settings.app_id
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
