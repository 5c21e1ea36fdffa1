//! Answers about accounts, kept for as long as nothing moves on them: each is shown only by who has read now that it is still right. They are
//! kept deflated: a history is some 10 KB of which most is said in each line, and to inflate it is nothing beside reading it anew.

use std::cell::RefCell;
use std::time::Instant;

use bytes::Bytes;
use domain::ids::ResidentId;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use store::ledger::purses::AsOf;

use crate::pages::TRUSTED_FOR;

/// Bytes of all of them, with their keys.
const BYTES_MAX: u64 = 3 * 1024 * 1024;
/// About how many that is.
const ANSWERS_ABOUT: usize = 1_024;
/// What one costs beside its bytes.
const OVERHEAD: u64 = 240;

/// Whose answer, to a request for what.
type Asked = (ResidentId, String);

#[derive(Debug, Clone)]
struct Weight;

/// An answer, deflated, as of when, and when it was made.
type Made = (Deflated, AsOf, Instant);

thread_local! {
    // What they work with is some hundred KB: too much to be asked for at each answer.
    static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
    static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}
/// More than deflating ever adds to what cannot be said shorter.
const ADDED_MAX: usize = 128;

#[derive(Debug, Clone)]
struct Deflated {
    bytes: Bytes,
    /// Of what is inflated.
    len: usize,
}

impl Deflated {
    /// None if it was not done, for whatever reason.
    fn of(answer: &[u8]) -> Option<Self> {
        let mut bytes = Vec::with_capacity(answer.len() + ADDED_MAX);
        let done = DEFLATE.with_borrow_mut(|deflate| {
            deflate.reset();
            deflate.compress_vec(answer, &mut bytes, FlushCompress::Finish)
        });
        let kept = || Self { bytes: bytes.into_boxed_slice().into(), len: answer.len() };
        matches!(done, Ok(Status::StreamEnd)).then(kept)
    }
    /// None if it is not what was deflated.
    fn inflated(&self) -> Option<Bytes> {
        let mut answer = Vec::with_capacity(self.len);
        let done = INFLATE.with_borrow_mut(|inflate| {
            inflate.reset(false);
            inflate.decompress_vec(&self.bytes, &mut answer, FlushDecompress::Finish)
        });
        (matches!(done, Ok(Status::StreamEnd)) && answer.len() == self.len).then(|| answer.into())
    }
}

impl Weighter<Asked, Made> for Weight {
    fn weight(&self, (_, address): &Asked, (answer, ..): &Made) -> u64 {
        (address.len() + answer.bytes.len()) as u64 + OVERHEAD
    }
}

/// The answers.
#[derive(Debug)]
pub(super) struct Unmoved(Cache<Asked, Made, Weight>);

impl Unmoved {
    pub(super) fn new() -> Self {
        Self(Cache::with_weighter(ANSWERS_ABOUT, BYTES_MAX, Weight))
    }

    /// The answer as of then: the one that was given as of the same, or made now.
    pub(super) async fn get<E>(
        &self,
        (resident, as_of): (ResidentId, &AsOf),
        address: &str,
        make: impl AsyncFnOnce() -> Result<Bytes, E>,
    ) -> Result<Bytes, E> {
        let key = (resident, address.to_owned());
        let good = |(_, of, made_on): &Made| of == as_of && made_on.elapsed() < TRUSTED_FOR;
        if let Some(answer) = self.0.get(&key).filter(good).and_then(|(answer, ..)| answer.inflated()) {
            return Ok(answer);
        }
        let made_on = Instant::now();
        let answer = make().await?;
        if let Some(deflated) = Deflated::of(&answer) {
            self.0.insert(key, (deflated, as_of.clone(), made_on));
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use store::editions::Edition;

    use super::*;

    #[test]
    fn what_is_kept_is_less_and_comes_back_as_it_was() {
        let line = r#"{"kind":"redeemable","amount":"2.00","reason":"deed","at":"2026-03-01T00:00:00Z"}"#;
        for answer in [line.repeat(100), line.to_owned(), String::new()] {
            let kept = Deflated::of(answer.as_bytes()).unwrap();
            assert_eq!(kept.inflated().unwrap(), answer);
            assert!(kept.bytes.len() <= answer.len() / 4 + line.len() + 2);
        }
        let kept = Deflated::of(line.as_bytes()).unwrap();
        let torn = Deflated { bytes: kept.bytes.slice(..kept.bytes.len() / 2), ..kept.clone() };
        assert!(torn.inflated().is_none());
        assert!(Deflated { len: kept.len + 1, ..kept }.inflated().is_none());
    }

    #[tokio::test]
    async fn an_answer_is_given_again_as_of_the_same_and_made_anew_as_of_another() {
        let unmoved = Unmoved::new();
        let (one, other) = (ResidentId::new(), ResidentId::new());
        let (now, later) = (AsOf::at(Edition::FIRST), AsOf::at(Edition::FIRST.after()));
        let ask = async |who, as_of: &AsOf, answer: &'static str| {
            let make = async || Ok::<_, ()>(Bytes::from_static(answer.as_bytes()));
            unmoved.get((who, as_of), "me/transfers", make).await.unwrap()
        };
        assert_eq!(ask(one, &now, "first").await, "first");
        assert_eq!(ask(one, &now, "second").await, "first");
        assert_eq!(ask(other, &now, "another's").await, "another's");
        assert_eq!(ask(one, &later, "third").await, "third");
        assert_eq!(ask(one, &later, "fourth").await, "third");
    }
}
