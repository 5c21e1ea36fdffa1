//! Which processes serve the tenant: one that knows to be the only one knows by itself what people changed, and need not ask Redis at each
//! request. It says every moment that it is here, and is told whether others are; what it was told it believes for [`BELIEVED_FOR`]. Who comes
//! therefore waits as long before it tells anybody that something is changed: by then nobody believes to be alone any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use redis::{Cmd, Script};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::redis_link::RedisLink;

/// For how long a process believes that it is the only one.
const BELIEVED_FOR: Duration = Duration::from_millis(300);
/// How often it asks.
const ASKS_EVERY: Duration = Duration::from_millis(100);
/// For how long the others believe that it is here.
const HERE_FOR: Duration = Duration::from_secs(2);

/// What this process knows of the others.
#[derive(Debug)]
pub(super) struct Peers {
    here: Arc<Here>,
    asks: AbortHandle,
}

impl Drop for Peers {
    fn drop(&mut self) {
        self.asks.abort();
    }
}

impl Peers {
    /// Says from now on that this process is here. Call it within the runtime.
    pub(super) fn new(link: Arc<RedisLink>, prefix: &str) -> Self {
        let here = Arc::new(Here {
            link,
            script: Script::new(include_str!("peers.lua")),
            key: format!("{prefix}peers"),
            me: hex::encode(rand::random::<[u8; 16]>()),
            begun: Instant::now(),
            alone_until: AtomicU64::new(0),
            era: AtomicU64::new(0),
            place: Mutex::default(),
        });
        let asking = here.clone();
        let asks = tokio::spawn(async move {
            loop {
                asking.ask().await;
                tokio::time::sleep(ASKS_EVERY).await;
            }
        });
        Self { here, asks: asks.abort_handle() }
    }

    /// While no other process serves: a word that stands until one might have.
    pub(super) fn alone(&self) -> Option<u64> {
        self.here.alone()
    }

    /// Gives Redis a change to keep for the others, and waits until none of them believes to be alone; none if Redis does not take it.
    pub(super) async fn tell(&self, change: Cmd) -> Option<()> {
        let here = &self.here;
        let mut both = redis::pipe();
        both.add_command(change).ignore().hget(&here.key, &here.me);
        let told = here.link.try_again(async |link| both.query_async::<(Option<String>,)>(link).await);
        let number = told.await?.0.and_then(|place| place.split(':').next()?.parse().ok());
        let since = match number.and_then(|number| here.since(number)) {
            Some(since) => since,
            None => here.ask().await?,
        };
        tokio::time::sleep_until(since + BELIEVED_FOR).await;
        Some(())
    }
}

/// This process, as the others are told.
#[derive(Debug)]
struct Here {
    link: Arc<RedisLink>,
    script: Script,
    /// Where all who are here stand.
    key: String,
    /// By which name this one does.
    me: String,
    begun: Instant,
    /// Microseconds after it began.
    alone_until: AtomicU64,
    /// Another one each time that it begins to be alone: what was kept before may be from before another process wrote.
    era: AtomicU64,
    /// The number by which it is here, and when it learnt it.
    place: Mutex<Option<(u64, Instant)>>,
}

impl Here {
    fn after(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.begun).as_micros()).unwrap_or(0)
    }

    fn alone(&self) -> Option<u64> {
        let until = self.alone_until.load(Ordering::Acquire);
        (self.after(Instant::now()) < until).then(|| self.era.load(Ordering::Acquire))
    }

    /// Since when it is known to be here by this number.
    fn since(&self, number: u64) -> Option<Instant> {
        self.place.lock().filter(|(known, _)| *known == number).map(|(_, since)| since)
    }

    /// Says that it is here, and learns of the others; since when it is known to be.
    async fn ask(&self) -> Option<Instant> {
        let asked_at = Instant::now();
        let mut call = self.script.key(&self.key);
        call.arg(&self.me).arg(rand::random_range(1..=u64::MAX)).arg(HERE_FOR.as_millis() as u64);
        let told = self.link.ask(async |connection| call.invoke_async::<(u64, u64)>(connection).await).await;
        let Some((number, others)) = told else {
            self.alone_until.store(0, Ordering::Release);
            return None;
        };
        let since = match *self.place.lock() {
            Some((known, since)) if known == number => since,
            ref mut place => place.insert((number, Instant::now())).1,
        };
        if others > 0 {
            self.alone_until.store(0, Ordering::Release);
        } else {
            if self.alone().is_none() {
                self.era.store(rand::random(), Ordering::Release);
            }
            self.alone_until.fetch_max(self.after(asked_at + BELIEVED_FOR), Ordering::AcqRel);
        }
        Some(since)
    }
}
