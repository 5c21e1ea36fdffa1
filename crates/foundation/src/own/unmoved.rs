//! Answers about accounts, kept for as long as nothing moves on them: each is shown only by who has read now that it is still right.

use std::time::Instant;

use bytes::Bytes;
use domain::ids::ResidentId;
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

/// An answer, as of when, and when it was made.
type Made = (Bytes, AsOf, Instant);

impl Weighter<Asked, Made> for Weight {
    fn weight(&self, (_, address): &Asked, (answer, ..): &Made) -> u64 {
        (address.len() + answer.len()) as u64 + OVERHEAD
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
        if let Some((answer, ..)) = self.0.get(&key).filter(good) {
            return Ok(answer);
        }
        let made_on = Instant::now();
        let answer = make().await?;
        self.0.insert(key, (answer.clone(), as_of.clone(), made_on));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use store::editions::Edition;

    use super::*;

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
