//! Shared pages: answers that everybody reads alike (the feed, a published deed, a board), kept as the bytes that were sent. What is kept
//! is never older than a second, and in the process that wrote it is dropped with the commit. What belongs to one person (likes, own
//! deeds, balance, own rank) is never in here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::Ts;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use store::Store;

/// How old a page may be.
const AGE_MAX: Duration = Duration::from_secs(1);
/// Bytes of all kept pages of a tenant, with their keys.
const BYTES_MAX: u64 = 16 * 1024 * 1024;
/// About how many pages that is.
const PAGES_ABOUT: usize = 8_192;
/// What a page costs beside its bytes.
const OVERHEAD: u64 = 160;

/// An answer as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The body.
    pub body: Bytes,
    /// Its entity tag, quoted.
    pub tag: String,
}

/// A page, and what it was true of.
#[derive(Debug)]
struct Kept {
    page: Page,
    /// The store's generation before the page was read.
    generation: u64,
    /// When it was read, by the tenant's clock and by the machine's, which no test moves.
    read_at: Ts,
    read_on: Instant,
}

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<String, Arc<Kept>> for Weight {
    fn weight(&self, key: &String, kept: &Arc<Kept>) -> u64 {
        (key.len() + kept.page.body.len() + kept.page.tag.len()) as u64 + OVERHEAD
    }
}

/// The shared pages of one tenant in this process.
#[derive(Debug)]
pub struct Pages {
    kept: Cache<String, Arc<Kept>, Weight>,
}

impl Default for Pages {
    fn default() -> Self {
        Self { kept: Cache::with_weighter(PAGES_ABOUT, BYTES_MAX, Weight) }
    }
}

impl Pages {
    /// The page of this key: kept, or made now. Of many who ask at once one makes it, and the others wait for it; nobody is given a page
    /// that was read before a write that this process had committed when they asked.
    pub async fn get<E>(
        &self,
        store: &Store,
        key: &str,
        make: impl AsyncFnOnce() -> Result<Page, E>,
    ) -> Result<Page, E> {
        let since = store.generation();
        loop {
            match self.kept.get_value_or_guard_async(key).await {
                Ok(kept) if is_good(&kept, since, store.now()) => return Ok(kept.page.clone()),
                Ok(old) => {
                    self.kept.remove_if(key, |kept| Arc::ptr_eq(kept, &old));
                }
                Err(place) => {
                    let (generation, read_at, read_on) = (store.generation(), store.now(), Instant::now());
                    let page = make().await?;
                    let kept = Arc::new(Kept { page: page.clone(), generation, read_at, read_on });
                    // Whoever took the place meanwhile has a page that is as good.
                    drop(place.insert(kept));
                    return Ok(page);
                }
            }
        }
    }
}

fn is_good(kept: &Kept, since: u64, now: Ts) -> bool {
    let age_us = now.0 - kept.read_at.0;
    kept.generation >= since
        && (0..=AGE_MAX.as_micros() as i64).contains(&age_us)
        && kept.read_on.elapsed() <= AGE_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Ts = Ts(1_767_225_600_000_000);

    fn kept(generation: u64) -> Kept {
        let page = Page { body: Bytes::from_static(b"{}"), tag: String::new() };
        Kept { page, generation, read_at: NOW, read_on: Instant::now() }
    }

    #[test]
    fn a_page_is_good_for_a_second_and_until_something_is_written() {
        let page = kept(7);
        assert!(is_good(&page, 7, NOW));
        assert!(is_good(&page, 7, Ts(NOW.0 + 1_000_000)));
        assert!(!is_good(&page, 7, Ts(NOW.0 + 1_000_001)), "it is too old");
        assert!(!is_good(&page, 7, Ts(NOW.0 - 1)), "the clock went back");
        assert!(!is_good(&page, 8, NOW), "something was written since");
    }
}
