//! Connections to one Redis: one of each thread that asks, because a question that another thread has to send, and an answer for which that
//! thread has to wake this one up, cost more than what Redis does.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError};

/// The connections, each multiplexed, made at first use and again whenever it was lost.
pub struct Connections {
    id: u64,
    client: Client,
    config: ConnectionManagerConfig,
    /// For a thread that can make none.
    spare: ConnectionManager,
}

thread_local! {
    /// Those of this thread, by which they are of.
    static OWN: RefCell<HashMap<u64, ConnectionManager>> = RefCell::default();
}

impl Connections {
    /// To the Redis at this address, which need not be there yet. The error is a malformed address. Wants a tokio runtime around it.
    pub fn new(address: &str, config: ConnectionManagerConfig) -> Result<Self, RedisError> {
        static IDS: AtomicU64 = AtomicU64::new(0);
        let (id, client) = (IDS.fetch_add(1, Ordering::Relaxed), Client::open(address)?);
        let spare = ConnectionManager::new_lazy_with_config(client.clone(), config.clone())?;
        Ok(Self { id, client, config, spare })
    }

    /// The one of this thread.
    pub fn own(&self) -> ConnectionManager {
        let make = || ConnectionManager::new_lazy_with_config(self.client.clone(), self.config.clone());
        OWN.with_borrow_mut(|own| match own.entry(self.id) {
            Entry::Occupied(own) => own.get().clone(),
            Entry::Vacant(place) => match make() {
                Ok(connection) => place.insert(connection).clone(),
                Err(_) => self.spare.clone(),
            },
        })
    }
}

/// An address may have a password.
impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connections")
    }
}
