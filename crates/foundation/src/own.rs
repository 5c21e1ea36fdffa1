//! What is a person's own, kept in this process for a moment: where the person lives, what the person likes, and the answers that were given
//! last. Nobody is shown less than what one did oneself, at whichever process. What others did to it is seen as on every page: at once in
//! the process that did it, and after a second in the others.

mod peers;
mod touched;
mod unmoved;
mod words;

use std::sync::Arc;

use bytes::Bytes;
use domain::ids::{HouseholdId, IdentityId, ResidentId, SessionId};
use domain::{Code, Id};
use store::Store;
use store::ledger::purses::AsOf;
use store::reactions::Mine;

use crate::pages::{Kept, Shelf, Weighs};
use touched::{Touched, Watch};
use unmoved::Unmoved;
use words::Words;

/// Whoever changed something that others see within so many seconds is shown nothing that may be from before: clocks of two servers may
/// differ by as much, and boards follow in less.
pub const SETTLES_S: i64 = 5;

/// It cannot be made, because of its settings.
#[derive(Debug, thiserror::Error)]
#[error("the address of Redis for what is a person's own is not usable")]
pub struct OwnError(#[from] redis::RedisError);

/// Something that was read of somebody, and what it was true of.
#[derive(Debug)]
pub struct Watched<V> {
    /// What was read.
    pub what: V,
    /// None: it is good for the one who asked, and for no later request.
    watch: Option<Watch>,
}

impl Weighs for Watched<Mine> {
    fn bytes(&self) -> usize {
        self.what.bytes()
    }
    fn stands(&self) -> bool {
        self.watch.as_ref().is_some_and(Watch::stands)
    }
}

impl Weighs for Watched<Bytes> {
    fn bytes(&self) -> usize {
        self.what.len()
    }
    fn stands(&self) -> bool {
        self.watch.as_ref().is_some_and(Watch::stands)
    }
}

/// Who asks for an answer that is one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker {
    /// The person.
    pub identity: IdentityId,
    /// The session: in another one the answer may be a refusal.
    pub session: SessionId,
}

/// What was asked: by which session, under which words of the person, the resident and the household, at which address.
pub(crate) type Asked = (SessionId, (u64, u64, u64), String);

/// What is kept of the people of one tenant.
#[derive(Debug)]
pub struct Own {
    words: Words,
    touched: Arc<Touched>,
    mine: Shelf<(IdentityId, u64), Watched<Mine>>,
    answers: Shelf<Asked, Watched<Bytes>>,
    unmoved: Unmoved,
}

impl Own {
    /// Where this process is the only one that serves.
    pub fn in_process() -> Self {
        Self::by(Words::Needless)
    }

    /// Where several processes may serve that share no Redis: everything is read by each request.
    pub fn nowhere() -> Self {
        Self::by(Words::Nowhere)
    }

    /// Where several processes serve, which name the same Redis and the same prefix of keys. Connects when first asked; what Redis does not
    /// answer is read from the database. Call it within the runtime.
    pub fn over_redis(url: &str, prefix: &str) -> Result<Self, OwnError> {
        Words::in_redis(url, prefix).map(Self::by)
    }

    fn by(words: Words) -> Self {
        Self {
            words,
            touched: Arc::new(Touched::new()),
            mine: Shelf::default(),
            answers: Shelf::of_kept(),
            unmoved: Unmoved::new(),
        }
    }

    /// A person has changed something, and is about to be told so.
    pub async fn wrote(&self, who: IdentityId) {
        self.touched.touch(who.uuid());
        self.words.change(who.uuid()).await;
    }

    /// Points of a resident, or of a resident's household, have moved by something that [`Store::generation`] does not tell.
    pub async fn moved(&self, resident: ResidentId, household: Option<HouseholdId>) {
        for id in std::iter::once(resident.uuid()).chain(household.map(|household| household.uuid())) {
            self.touched.touch(id);
            self.words.change_soon(id).await;
        }
    }

    /// What is a person's own on shared pages.
    pub async fn mine(&self, store: &Store, who: IdentityId) -> store::Result<Arc<Kept<Watched<Mine>>>> {
        let word = self.words.of(who.uuid()).await;
        self.mine_by(store, who, word).await
    }

    /// The resident that a person is, for reads beside which no points move; refused for a guest.
    pub async fn resident(&self, store: &Store, who: IdentityId) -> store::Result<ResidentId> {
        let kept = self.mine(store, who).await?.what.what.resident;
        let found = match kept {
            Some(resident) => Some(resident),
            // A guest may be a resident in a moment.
            None => store.mine(who).await?.resident,
        };
        found.ok_or(Code::ResidentsOnly.into())
    }

    async fn mine_by(
        &self,
        store: &Store,
        who: IdentityId,
        word: Option<u64>,
    ) -> store::Result<Arc<Kept<Watched<Mine>>>> {
        let read = async || {
            let since = self.touched.count();
            let what = store.mine(who).await?;
            Ok(Watched { what, watch: Some(Watch::new(&self.touched, since, [who.uuid(); 3])) })
        };
        match word {
            Some(word) => self.mine.get(store, &(who, word), read).await,
            None => self.mine.make(store, read).await,
        }
    }

    /// The answer to a request for what is one's own: the one of a moment ago, or made now. `make` may depend on nothing but who asks and the
    /// address that is asked for.
    pub async fn answer<E: From<store::Error>>(
        &self,
        store: &Store,
        who: Asker,
        address: &str,
        make: impl AsyncFnOnce() -> Result<Bytes, E>,
    ) -> Result<Bytes, E> {
        let Some(word) = self.words.of(who.identity.uuid()).await else { return make().await };
        let mine = self.mine_by(store, who.identity, Some(word)).await?;
        let Mine { resident, home, wrote_at, .. } = &mine.what.what;
        let resident = resident.map_or(who.identity.uuid(), |resident| resident.uuid());
        let household = home.and_then(|home| home.household).map_or(resident, |household| household.uuid());
        let (of_resident, of_household) = tokio::join!(self.words.of(resident), self.words.of(household));
        let Some(purses) = of_resident.zip(of_household) else { return make().await };
        let read = async || {
            let since = self.touched.count();
            let watch = Watch::new(&self.touched, since, [who.identity.uuid(), resident, household]);
            let is_settled = wrote_at.plus_seconds(SETTLES_S) < store.now();
            Ok::<_, E>(Watched { what: make().await?, watch: is_settled.then_some(watch) })
        };
        let words = (word, purses.0, purses.1);
        let kept = self.answers.get(store, &(who.session, words, address.to_owned()), read).await?;
        Ok(kept.what.what.clone())
    }

    /// What a resident is told about accounts of which it was read just now as of when they are: what was told as of the same, or `make`,
    /// which may depend on nothing but them, what others may see, and the address that is asked for.
    pub async fn unmoved<E>(
        &self,
        of: (ResidentId, &AsOf),
        address: &str,
        make: impl AsyncFnOnce() -> Result<Bytes, E>,
    ) -> Result<Bytes, E> {
        self.unmoved.get(of, address, make).await
    }
}
