//! Shared pages: answers that everybody reads alike (the feed, a published deed, a board), kept as the bytes that were sent. What is kept
//! is never older than a second, and in the process that wrote it is dropped with the commit. What belongs to one person (likes, own
//! deeds, balance, own rank) is never in here: of a page that carries marks of its reader, a [`Leaf`] keeps where they stand; what they
//! are is the reader's own ([`crate::own`]).

mod leaf;
mod parts;

use std::collections::HashMap;
use std::hash::Hash;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::access::Path;
use domain::catalogue::Item;
use domain::ids::{CatalogueId, EventId, IdentityId, ItemId, UnitId};
use domain::policy::Policy;
use domain::ranking::Subject;
use domain::{Day, Ts};
use flate2::Compression;
use flate2::write::GzEncoder;
use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};
use sha2::{Digest, Sha256};
use store::Store;
use store::editions::Edition;
use store::events::Event;
use store::rankings::Named;
use uuid::Uuid;

use crate::own::Asked;

pub use leaf::{Leaf, Line, Seen, Text};
pub use parts::Parts;

/// How old a page may be.
pub(crate) const AGE_MAX: Duration = Duration::from_secs(1);
/// How old something may be of which pages are made that are kept themselves.
const PART_AGE_MAX: Duration = Duration::from_millis(250);
/// How old a page may be that is made of such parts: with them it is no older than any other.
const WHOLE_AGE_MAX: Duration = Duration::from_millis(750);
/// For how long something is trusted to be right because the edition is the same: whoever changes rows by hand, or puts another database
/// in the place of this one, changes no edition, or turns it back.
pub(crate) const TRUSTED_FOR: Duration = Duration::from_secs(60);
/// Bytes of all kept pages of deeds of a tenant, with their keys.
const LEAVES_BYTES_MAX: u64 = 6 * 1024 * 1024;
/// Bytes of what is kept of any other kind.
const BYTES_MAX: u64 = 2 * 1024 * 1024;
/// About how many pages that is.
const PAGES_ABOUT: usize = 4_096;
/// What a page costs beside its bytes: its place, and the rounding of what it is made of.
const OVERHEAD: u64 = 400;

/// An answer as it is sent.
#[derive(Debug, Clone)]
pub struct Page {
    /// The body.
    pub body: Bytes,
    /// Its entity tag, quoted.
    pub tag: String,
    gzip: OnceLock<Bytes>,
}

impl Page {
    /// A page of these bytes.
    pub fn of(body: Bytes) -> Self {
        let tag = tag_of(&body);
        Self { body, tag, gzip: OnceLock::new() }
    }

    /// The body as gzip, compressed when it is asked for first.
    pub fn gzip(&self) -> &Bytes {
        self.gzip.get_or_init(|| {
            let mut encoder = GzEncoder::new(Vec::with_capacity(self.body.len() / 2), Compression::default());
            // Writing to memory does not fail; if it did, what came out would be no stream, and the client would ask again.
            let written = encoder.write_all(&self.body).and_then(|()| encoder.finish());
            written.unwrap_or_default().into()
        })
    }
}

/// The entity tag that follows from a body's bytes, quoted.
pub fn tag_of(body: &[u8]) -> String {
    format!("\"{}\"", hex::encode(&Sha256::digest(body)[..12]))
}

/// What can be kept.
pub trait Weighs {
    /// About how many bytes it is, beside its own fields.
    fn bytes(&self) -> usize;
    /// Whether it still is what it was, as far as it knows.
    fn stands(&self) -> bool {
        true
    }
}

impl Weighs for Page {
    fn bytes(&self) -> usize {
        // As if the compressed form were there: it comes later, and is less than half.
        self.body.len() * 3 / 2 + self.tag.len()
    }
}

impl Weighs for (Path, Policy) {
    fn bytes(&self) -> usize {
        size_of_val(self.0.0.as_slice())
    }
}

impl Weighs for Event {
    fn bytes(&self) -> usize {
        let texts = [&self.title, &self.text, &self.place, &self.themes].map(String::len);
        texts.iter().sum::<usize>() + self.door_secret.len() + 64
    }
}

impl Weighs for Item {
    fn bytes(&self) -> usize {
        size_of::<Self>() + 256
    }
}

impl Weighs for Named {
    fn bytes(&self) -> usize {
        let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        self.unit_name.len() + optional(&self.name) + optional(&self.nickname)
    }
}

impl Weighs for Edition {
    fn bytes(&self) -> usize {
        0
    }
}

impl Weighs for Option<Ts> {
    fn bytes(&self) -> usize {
        0
    }
}

/// Something that was read, and what it was true of.
#[derive(Debug)]
pub struct Kept<V> {
    /// What was read.
    pub what: V,
    /// When the reading began, by the tenant's clock.
    pub read_at: Ts,
    /// The same by the machine's clock, which no test moves.
    read_on: Instant,
    /// The store's generation before it was read.
    generation: u64,
    /// How old it may be.
    age_max: Duration,
    /// After how long it is read anew, while it still answers: pages that were made together do not all have to be made again together.
    ripens: Duration,
    /// Whether somebody reads it anew.
    renewed: AtomicBool,
}

impl<V: Weighs> Kept<V> {
    fn new(what: V, generation: u64, (read_at, read_on): (Ts, Instant), age_max: Duration) -> Self {
        // Steps of the golden ratio fall evenly, however many there are.
        static SPREAD: AtomicU32 = AtomicU32::new(0);
        let step = f64::from(SPREAD.fetch_add(0x9e37_79b9, Ordering::Relaxed)) / f64::from(u32::MAX);
        let ripens = age_max.mul_f64(0.4 + step / 2.0);
        Self { what, read_at, read_on, generation, age_max, ripens, renewed: AtomicBool::new(false) }
    }
    /// Whether it is time to read it anew, said to one only.
    fn is_due(&self) -> bool {
        self.read_on.elapsed() > self.ripens && !self.renewed.swap(true, Ordering::Relaxed)
    }
    fn is_good(&self, since: u64, now: Ts) -> bool {
        let age_us = now.0 - self.read_at.0;
        self.generation >= since
            && self.what.stands()
            && (0..=self.age_max.as_micros() as i64).contains(&age_us)
            && self.read_on.elapsed() <= self.age_max
    }
}

#[derive(Debug, Clone)]
struct Weight;

impl<K: Key, V: Weighs> Weighter<K, Arc<Kept<V>>> for Weight {
    fn weight(&self, key: &K, kept: &Arc<Kept<V>>) -> u64 {
        (size_of::<K>() + key.bytes() + kept.what.bytes()) as u64 + OVERHEAD
    }
}

/// By what something is kept.
pub trait Key: Eq + Hash {
    /// About how many bytes it is, beside its own fields.
    fn bytes(&self) -> usize {
        0
    }
}

/// An address, of which a client may choose much.
impl Key for String {
    fn bytes(&self) -> usize {
        self.len()
    }
}
impl Key for Asked {
    fn bytes(&self) -> usize {
        self.2.len()
    }
}
impl Key for (IdentityId, u64) {}
impl Key for u64 {}
impl Key for () {}

/// The kept things of one kind, of one tenant in this process.
#[derive(Debug)]
pub struct Shelf<K: Key, V: Weighs> {
    kept: Cache<K, Arc<Kept<V>>, Weight>,
    age_max: Duration,
}

impl<K: Key, V: Weighs> Default for Shelf<K, V> {
    fn default() -> Self {
        Self::with(BYTES_MAX, AGE_MAX)
    }
}

impl<K: Key, V: Weighs> Shelf<K, V> {
    fn with(bytes_max: u64, age_max: Duration) -> Self {
        Self { kept: Cache::with_weighter(PAGES_ABOUT, bytes_max, Weight), age_max }
    }
    /// For what is made of things that are kept themselves.
    pub(crate) fn of_kept() -> Self {
        Self::with(BYTES_MAX, WHOLE_AGE_MAX)
    }
    /// For what others are made of.
    fn of_parts() -> Self {
        Self::with(BYTES_MAX, PART_AGE_MAX)
    }

    /// What has this key: kept, or made now. Of many who ask at once one makes it, and the others wait for it; nobody is given what was
    /// read before a write that this process had committed when they asked.
    pub async fn get<Q, E>(
        &self,
        store: &Store,
        key: &Q,
        make: impl AsyncFnOnce() -> Result<V, E>,
    ) -> Result<Arc<Kept<V>>, E>
    where
        Q: Hash + Equivalent<K> + ToOwned<Owned = K> + ?Sized,
    {
        self.renewed(store, key, async |_| make().await).await
    }

    /// As [`Shelf::get`], for what can be known to be right again for less than it takes to make it: `make` is given what was kept, which is
    /// too old or soon will be.
    pub async fn renewed<Q, E>(
        &self,
        store: &Store,
        key: &Q,
        make: impl AsyncFnOnce(Option<&V>) -> Result<V, E>,
    ) -> Result<Arc<Kept<V>>, E>
    where
        Q: Hash + Equivalent<K> + ToOwned<Owned = K> + ?Sized,
    {
        let since = store.generation();
        let mut former = None;
        loop {
            match self.kept.get_value_or_guard_async(key).await {
                Ok(kept) if kept.is_good(since, store.now()) => {
                    if kept.is_due() {
                        // The others go on with what is kept.
                        let next = self.make(store, async || make(Some(&kept.what)).await).await?;
                        self.kept.insert(key.to_owned(), next.clone());
                        return Ok(next);
                    }
                    return Ok(kept);
                }
                Ok(old) => {
                    self.kept.remove_if(key, |kept| Arc::ptr_eq(kept, &old));
                    former = Some(old);
                }
                Err(place) => {
                    let former = former.as_ref().map(|old| &old.what);
                    let kept = self.make(store, async || make(former).await).await?;
                    // Whoever took the place meanwhile has one that is as good.
                    drop(place.insert(kept.clone()));
                    return Ok(kept);
                }
            }
        }
    }

    /// What is read now, and kept nowhere.
    pub(crate) async fn make<E>(
        &self,
        store: &Store,
        make: impl AsyncFnOnce() -> Result<V, E>,
    ) -> Result<Arc<Kept<V>>, E> {
        let (generation, read_at, read_on) = (store.generation(), store.now(), Instant::now());
        Ok(Arc::new(Kept::new(make().await?, generation, (read_at, read_on), self.age_max)))
    }
}

/// A rule item of an adopted version.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The item.
    pub item: Item,
    /// The version.
    pub catalogue: CatalogueId,
    /// Which version of its unit.
    pub number: i32,
}

/// Rule items that were paid by: they never change, and are kept for as long as they are asked for.
pub type Rules = Cache<ItemId, Arc<Rule>>;
/// So many of them.
const RULES_MAX: usize = 1_000;

/// What one tenant keeps in this process.
#[derive(Debug)]
pub struct Pages {
    /// The unit above all others, once it is known.
    pub root: Arc<OnceLock<UnitId>>,
    /// Other answers to whoever is not signed in, by address.
    pub whole: Shelf<String, Page>,
    /// Pages of deeds, by address.
    pub leaves: Shelf<String, Leaf>,
    /// Units: the path from the root, and the policies that hold there.
    places: Parts<UnitId, (Path, Policy)>,
    /// Rule items that hold in a unit on a day.
    items: Parts<(ItemId, UnitId, Day), Item>,
    /// Events, for who comes to their doors.
    events: Parts<EventId, Event>,
    /// Who stands on boards, for the lines around somebody.
    names: Parts<(Subject, Uuid), Named>,
    /// The edition, as of which these parts are read.
    edition: Shelf<(), Edition>,
    /// By an entry of the log: when the first thing happened that comes after it.
    pub unknown: Shelf<u64, Option<Ts>>,
    /// Rule items that were paid by.
    pub rules: Arc<Rules>,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            root: Arc::default(),
            whole: Shelf::of_kept(),
            leaves: Shelf::with(LEAVES_BYTES_MAX, AGE_MAX),
            places: Parts::default(),
            items: Parts::default(),
            events: Parts::default(),
            names: Parts::default(),
            edition: Shelf::of_parts(),
            unknown: Shelf::of_parts(),
            rules: Arc::new(Cache::new(RULES_MAX)),
        }
    }
}

impl Pages {
    async fn edition(&self, store: &Store) -> store::Result<Edition> {
        let read = async || store.glance(store::editions::now).await;
        Ok(self.edition.get(store, &(), read).await?.what)
    }

    /// Who some subjects are, for answers that may be a second old; who is not there is left out.
    pub async fn names(
        &self,
        store: &Store,
        subject: Subject,
        ids: Vec<Uuid>,
    ) -> store::Result<HashMap<Uuid, Arc<Named>>> {
        let keys: Vec<(Subject, Uuid)> = ids.into_iter().map(|id| (subject, id)).collect();
        let read = async |missing: Vec<(Subject, Uuid)>| {
            let found = store.names(subject, missing.into_iter().map(|(_, id)| id).collect()).await?;
            Ok::<_, store::Error>(found.into_iter().map(|(id, named)| ((subject, id), named)).collect())
        };
        let found = self.names.several(self.edition(store).await?, &keys, read).await?;
        Ok(keys.into_iter().zip(found).filter_map(|((_, id), named)| Some((id, named?))).collect())
    }

    /// A unit's place, for answers that may be a second old; a decision reads it in its transaction.
    pub async fn place(&self, store: &Store, unit: UnitId) -> store::Result<Arc<(Path, Policy)>> {
        let read = async || store.glance(move |conn| store::units::place(conn, unit)).await;
        self.places.get(self.edition(store).await?, unit, read).await
    }

    /// An event, likewise.
    pub async fn event(&self, store: &Store, id: EventId) -> store::Result<Arc<Event>> {
        let read = async || store.glance(move |conn| store::events::require(conn, id)).await;
        self.events.get(self.edition(store).await?, id, read).await
    }

    /// A rule item that holds in a unit on a day, likewise.
    pub async fn item<E: From<store::Error>>(
        &self,
        store: &Store,
        which: (ItemId, UnitId, Day),
        read: impl AsyncFnOnce() -> Result<Item, E>,
    ) -> Result<Arc<Item>, E> {
        self.items.get(self.edition(store).await?, which, read).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Ts = Ts(1_767_225_600_000_000);

    #[test]
    fn a_page_is_compressed_once() {
        let text = "积善之家".repeat(50);
        let page = Page::of(Bytes::from(text.clone()));
        let first = page.gzip().clone();
        assert!(first.len() < text.len() / 2);
        assert_eq!(page.gzip().as_ptr(), first.as_ptr());
        let mut back = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*first), &mut back).unwrap();
        assert_eq!(back, text);
    }

    #[test]
    fn a_page_is_good_for_a_second_and_until_something_is_written() {
        let page = Kept::new(None::<Ts>, 7, (NOW, Instant::now()), AGE_MAX);
        assert!(page.is_good(7, NOW));
        assert!(page.is_good(7, Ts(NOW.0 + 1_000_000)));
        assert!(!page.is_good(7, Ts(NOW.0 + 1_000_001)), "it is too old");
        assert!(!page.is_good(7, Ts(NOW.0 - 1)), "the clock went back");
        assert!(!page.is_good(8, NOW), "something was written since");
        assert!(!page.is_due(), "it was read just now");
    }

    #[test]
    fn one_reads_a_page_anew_before_it_is_too_old() {
        let page = Kept {
            read_on: Instant::now() - AGE_MAX,
            ..Kept::new(None::<Ts>, 7, (NOW, Instant::now()), AGE_MAX)
        };
        assert!(page.is_due());
        assert!(!page.is_due(), "somebody does");
    }
}
