//! What pages are made of that is kept for longer than they are: each part is right for as long as the edition is the one as of which it
//! was read.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use store::editions::Edition;

use super::{BYTES_MAX, OVERHEAD, PAGES_ABOUT, TRUSTED_FOR, Weighs};

#[derive(Debug, Clone)]
struct Weight;

/// A part, as of when, and when it was read.
type Read<V> = (Arc<V>, Edition, Instant);

impl<K, V: Weighs> Weighter<K, Read<V>> for Weight {
    fn weight(&self, _: &K, (part, ..): &Read<V>) -> u64 {
        (size_of::<K>() + size_of::<V>() + part.bytes()) as u64 + OVERHEAD
    }
}

/// The parts of one kind, of one tenant in this process.
#[derive(Debug)]
pub struct Parts<K: Eq + Hash, V: Weighs>(Cache<K, Read<V>, Weight>);

impl<K: Eq + Hash, V: Weighs> Default for Parts<K, V> {
    fn default() -> Self {
        Self(Cache::with_weighter(PAGES_ABOUT, BYTES_MAX, Weight))
    }
}

impl<K: Eq + Hash + Clone, V: Weighs> Parts<K, V> {
    fn kept(&self, edition: Edition, key: &K) -> Option<Arc<V>> {
        let good = |(_, of, read_on): &Read<V>| *of == edition && read_on.elapsed() < TRUSTED_FOR;
        self.0.get(key).filter(good).map(|(part, ..)| part)
    }

    /// What has this key as of an edition that was read before: kept, or made now.
    pub async fn get<E>(
        &self,
        edition: Edition,
        key: K,
        make: impl AsyncFnOnce() -> Result<V, E>,
    ) -> Result<Arc<V>, E> {
        if let Some(part) = self.kept(edition, &key) {
            return Ok(part);
        }
        let read_on = Instant::now();
        let part = Arc::new(make().await?);
        self.0.insert(key, (part.clone(), edition, read_on));
        Ok(part)
    }

    /// What has these keys, in their order: those that are not kept are made by one call, which says nothing of what there is not.
    pub async fn several<E>(
        &self,
        edition: Edition,
        keys: &[K],
        make: impl AsyncFnOnce(Vec<K>) -> Result<HashMap<K, V>, E>,
    ) -> Result<Vec<Option<Arc<V>>>, E> {
        let mut found: Vec<Option<Arc<V>>> = keys.iter().map(|key| self.kept(edition, key)).collect();
        let is_missing = |(key, found): (&K, &Option<_>)| found.is_none().then(|| key.clone());
        let missing: Vec<K> = keys.iter().zip(&found).filter_map(is_missing).collect();
        if missing.is_empty() {
            return Ok(found);
        }
        let read_on = Instant::now();
        let mut made = make(missing).await?;
        for (key, place) in keys.iter().zip(&mut found) {
            if let Some(part) = made.remove(key) {
                let part = Arc::new(part);
                self.0.insert(key.clone(), (part.clone(), edition, read_on));
                *place = Some(part);
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use domain::Ts;

    use super::*;

    #[tokio::test]
    async fn a_part_is_right_until_the_edition_changes() {
        let parts = Parts::<u64, Option<Ts>>::default();
        let ask = async |edition, at: i64| {
            *parts.get(edition, 7, async || Ok::<_, ()>(Some(Ts(at)))).await.unwrap()
        };
        let first = Edition::FIRST;
        assert_eq!(ask(first, 1).await, Some(Ts(1)));
        assert_eq!(ask(first, 2).await, Some(Ts(1)));
        assert_eq!(ask(first.after(), 3).await, Some(Ts(3)));
    }

    #[tokio::test]
    async fn of_several_only_those_that_are_not_kept_are_made() {
        let parts = Parts::<u64, Option<Ts>>::default();
        let ask = async |keys: &[u64], made: &[u64]| {
            let make = async |missing: Vec<u64>| {
                assert_eq!(missing, made);
                Ok::<_, ()>(missing.into_iter().filter(|key| *key < 9).map(|key| (key, None)).collect())
            };
            let found = parts.several(Edition::FIRST, keys, make).await.unwrap();
            found.iter().map(Option::is_some).collect::<Vec<_>>()
        };
        assert_eq!(ask(&[1, 2], &[1, 2]).await, [true, true]);
        assert_eq!(ask(&[3, 1, 9], &[3, 9]).await, [true, true, false], "there is no ninth");
    }
}
