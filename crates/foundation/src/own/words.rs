//! A word for each person that changes when the person changes something, looked up by every process before it shows what it keeps of the
//! person. A word is by chance, so that one that Redis lost is never made again.

use std::time::Duration;

use domain::Id;
use domain::ids::IdentityId;
use redis::aio::ConnectionManager;
use redis::{ExistenceCheck, RedisError, SetExpiry, SetOptions};
use tokio::time::Instant;

use super::OwnError;
use crate::pages::AGE_MAX;
use crate::redis_link::{Away, Patience, RedisLink};

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
    /// Several do, which share a Redis.
    InRedis { link: Box<RedisLink>, prefix: String },
}

impl Words {
    pub(super) fn in_redis(url: &str, prefix: &str) -> Result<Self, OwnError> {
        let link = RedisLink::new(url, PATIENCE, "own things are read from the database by each request")?;
        Ok(Self::InRedis { link: Box::new(link), prefix: prefix.to_owned() })
    }

    /// The word of a person; none if it cannot be known now.
    pub(super) async fn of(&self, who: IdentityId) -> Option<u64> {
        let Self::InRedis { link, prefix } = self else { return Some(0) };
        let key = key(prefix, who);
        link.ask(async |connection| word(connection, &key).await).await.ok().flatten()
    }

    /// The person changed something: what was kept under the word until now is shown no more. With no Redis nobody finds a word, and reads. A
    /// Redis that is late may still tell others the word of before: then it takes until what they keep is too old.
    pub(super) async fn change(&self, who: IdentityId) {
        let Self::InRedis { link, prefix } = self else { return };
        let (key, begun) = (key(prefix, who), Instant::now());
        let change = async |connection: &mut ConnectionManager| set(connection, &key, false).await;
        if link.ask(change).await == Err(Away::Late) {
            tokio::time::sleep_until(begun + AGE_MAX).await;
        }
    }
}

fn key(prefix: &str, who: IdentityId) -> String {
    let mut key = String::with_capacity(prefix.len() + 40);
    key.push_str(prefix);
    key.push_str(uuid::fmt::Simple::from(who.uuid()).encode_lower(&mut uuid::Uuid::encode_buffer()));
    key
}

async fn word(connection: &mut ConnectionManager, key: &str) -> Result<Option<u64>, RedisError> {
    let found = redis::cmd("GET").arg(key).query_async::<Option<u64>>(connection).await?;
    if found.is_some() {
        return Ok(found);
    }
    set(connection, key, true).await
}

/// Sets a new word, or only where there is none; none if there is one by now.
async fn set(
    connection: &mut ConnectionManager,
    key: &str,
    unless_there: bool,
) -> Result<Option<u64>, RedisError> {
    let word: u64 = rand::random();
    let mut options = SetOptions::default().with_expiration(SetExpiry::EX(KEPT_S));
    if unless_there {
        options = options.conditional_set(ExistenceCheck::NX);
    }
    let is_set: bool = redis::cmd("SET").arg(key).arg(word).arg(&options).query_async(connection).await?;
    Ok(is_set.then_some(word))
}
