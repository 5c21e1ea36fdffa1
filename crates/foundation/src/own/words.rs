//! A word for each person that changes when the person changes something, and one for each resident and household that changes when
//! something is bought for their points; looked up by every process before it shows what it keeps of the
//! person. A word is by chance, so that one that Redis lost is never made again.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::ConnectionManager;
use redis::{Cmd, ExistenceCheck, RedisError, SetExpiry, SetOptions};
use tokio::time::Instant;
use uuid::Uuid;

use super::OwnError;
use super::peers::Peers;
use crate::pages::AGE_MAX;
use crate::redis_link::{Patience, RedisLink};

/// For how many seconds Redis keeps a word: much longer than anything is kept that goes by it.
const KEPT_S: u64 = 60;

/// The database pays for what is not known here: on a machine that has much to do, all that is kept would be read anew because Redis was late
/// once. So it is waited for longer than for a rate, and asked again sooner.
const PATIENCE: Patience =
    Patience { answer_within: Duration::from_millis(500), left_alone_for: Duration::from_millis(500) };

/// Where the words are.
#[derive(Debug)]
pub(super) enum Words {
    /// One process serves: it knows by itself who changed something.
    Needless,
    /// Several may serve, and cannot tell each other.
    Nowhere,
    /// Several do, which share a Redis.
    InRedis { link: Arc<RedisLink>, peers: Peers, prefix: String },
}

impl Words {
    pub(super) fn in_redis(url: &str, prefix: &str) -> Result<Self, OwnError> {
        let link = RedisLink::new(url, PATIENCE, "own things are read from the database by each request")?;
        let link = Arc::new(link);
        Ok(Self::InRedis { peers: Peers::new(link.clone(), prefix), link, prefix: prefix.to_owned() })
    }

    /// The word of a person, resident or household; none if it cannot be known now.
    pub(super) async fn of(&self, who: Uuid) -> Option<u64> {
        let (link, peers, prefix) = match self {
            Self::Needless => return Some(0),
            Self::Nowhere => return None,
            Self::InRedis { link, peers, prefix } => (link, peers, prefix),
        };
        if let Some(word) = peers.alone() {
            return Some(word);
        }
        let key = key(prefix, who);
        link.ask(async |connection| word(connection, &key).await).await.flatten()
    }

    /// The person changed something: what was kept under the word until now is shown no more. Where Redis does not take the change, whatever
    /// the reason, it may still tell others the word of before: then it takes until what they keep is too old.
    pub(super) async fn change(&self, who: Uuid) {
        let Self::InRedis { peers, prefix, .. } = self else { return };
        let (key, begun) = (key(prefix, who), Instant::now());
        if peers.tell(setting(&key, false).1).await.is_none() {
            tokio::time::sleep_until(begun + AGE_MAX).await;
        }
    }

    /// As [`Words::change`], for what others did to somebody, which may be a second old: without waiting.
    pub(super) async fn change_soon(&self, who: Uuid) {
        let Self::InRedis { link, prefix, .. } = self else { return };
        let (_, set) = setting(&key(prefix, who), false);
        link.ask(async |connection| set.query_async::<()>(connection).await).await;
    }
}

fn key(prefix: &str, who: Uuid) -> String {
    let mut key = String::with_capacity(prefix.len() + 40);
    key.push_str(prefix);
    key.push_str(who.as_simple().encode_lower(&mut Uuid::encode_buffer()));
    key
}

async fn word(connection: &mut ConnectionManager, key: &str) -> Result<Option<u64>, RedisError> {
    let found = redis::cmd("GET").arg(key).query_async::<Option<u64>>(connection).await?;
    if found.is_some() {
        return Ok(found);
    }
    let (word, set) = setting(key, true);
    let is_set: bool = set.query_async(connection).await?;
    Ok(is_set.then_some(word))
}

/// A new word, and what sets it: always, or only where there is none.
fn setting(key: &str, unless_there: bool) -> (u64, Cmd) {
    let word: u64 = rand::random();
    let mut options = SetOptions::default().with_expiration(SetExpiry::EX(KEPT_S));
    if unless_there {
        options = options.conditional_set(ExistenceCheck::NX);
    }
    let mut set = redis::cmd("SET");
    set.arg(key).arg(word).arg(options);
    (word, set)
}
