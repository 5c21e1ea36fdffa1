//! A faithful local stand-in of `api.weixin.qq.com`, for development, demonstration and tests.
//!
//! It is a real HTTP server, so that the client under test is the client of production, down to its timeouts. Everything
//! it knows is a `World` in memory behind one lock; an endpoint is a plain function on that world, listed
//! in one table (`endpoints`), and knows nothing of HTTP. `server` does the HTTP, `control` is the other door: paths that
//! begin with `/_`, by which a person or a test issues login codes, moves the clock, injects faults and reads the journal.
//! What WeChat does unasked, looking at pictures (`media`) and telling a server what happened (`push`), it does when a control path says so.
//!
//! It holds no real secret and checks no caller, hence it listens on loopback addresses only.

mod control;
mod demo;
mod endpoints;
mod fault;
mod handle;
mod journal;
mod media;
mod messages;
mod meter;
mod push;
mod server;
mod tokens;
mod world;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

pub use demo::{DEMO_PREFIX, demo_openid};
pub use fault::{Fault, FaultKind};
pub use handle::{
    AppSwitches, ControlError, FinishedMedia, Handle, RiskyWord, TemplateFacts, UnknownApp, UserFacts,
};
pub use journal::RecordedCall;
pub use media::{MediaFound, MediaJob, MediaVerdict};
pub use messages::SentMessage;
pub use push::{
    Delivered, How, NamedEvent, PushFormat, PushMode, PushSettings, SubscriptionAnswer, Try, Verified,
};

use crate::Clock;
pub use world::Draw;
use world::World;

/// A stand-in that has not been started.
pub struct StandIn {
    world: World,
}

impl StandIn {
    /// A stand-in that knows one app. Its time is `clock`'s, plus what it is told to advance.
    pub fn new(app_id: impl Into<String>, app_secret: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        let mut world = World::new(clock);
        world.add_app(app_id.into(), app_secret.into());
        Self { world }
    }

    /// Knows one more app. The first one is meant wherever the control paths name none.
    #[must_use]
    pub fn with_app(mut self, app_id: impl Into<String>, app_secret: impl Into<String>) -> Self {
        self.world.add_app(app_id.into(), app_secret.into());
        self
    }

    /// Accepts login codes such as `demo-alice`, which nobody has to issue; see [`demo_openid`].
    #[must_use]
    pub fn accepting_demo_codes(mut self) -> Self {
        self.world.accept_demo_codes();
        self
    }

    /// Draws its codes by this; otherwise each is one pixel. What it is given is the page with its query, where WeChat has a number of its own.
    #[must_use]
    pub fn drawing(mut self, draw: Draw) -> Self {
        self.world.draw = draw;
        self
    }

    /// Starts to listen on `address`, which must be a loopback address; port 0 takes a free port.
    pub async fn start(self, address: SocketAddr) -> Result<Running, StandInError> {
        if !address.ip().is_loopback() {
            return Err(StandInError::NotLoopback(address));
        }
        server::start(Handle::new(self.world)?, address)
    }
}

impl fmt::Debug for StandIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandIn").finish_non_exhaustive()
    }
}

/// A stand-in that listens.
#[derive(Debug)]
pub struct Running {
    url: String,
    handle: Handle,
    server: actix_web::dev::ServerHandle,
}

impl Running {
    /// The address to give to [`BaseUrl::overridden`](crate::BaseUrl::overridden).
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What the control paths do, without HTTP.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Stops at once: requests under way are cut off.
    pub async fn stop(self) {
        self.server.stop(false).await;
    }
}

/// Why a stand-in did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StandInError {
    /// The address can be reached from other machines.
    #[error("the WeChat stand-in listens on loopback addresses only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The HTTP client that pushes and fetches pictures could not be built.
    #[error("the WeChat stand-in cannot speak HTTP: there are no root certificates on this machine")]
    HttpClient,
    /// The address is taken or not ours.
    #[error("the WeChat stand-in cannot listen")]
    Listen(#[from] std::io::Error),
}
