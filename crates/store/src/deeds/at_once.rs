//! Deeds that several people post at the same moment, in one statement, for PostgreSQL: those that nothing is in the way of. Each is decided
//! from what was read a moment ago; the statement repeats the guards. Where one refuses, nothing of any is written, and each goes the long
//! way, which says why.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text};
use domain::Code;
use domain::Ts;
use domain::ids::{
    ClaimId, DeedId, HouseholdId, IdentityId, ItemId, PictureId, ResidentId, ReviewId, UnitId,
};

use super::NewDeed;
use crate::adapters::{AnyId, Uid};
use crate::claims::{NewClaim, subject_word};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::gather::Gathered;
use crate::handle::Store;
use crate::idempotency::KeyUse;
use crate::pg_stmt;

/// A deed with everything that is written with it.
#[derive(Debug, Clone)]
pub struct Post {
    /// The request's key.
    pub key: KeyUse,
    /// What came of it, as JSON.
    pub outcome: String,
    /// The deed.
    pub deed: NewDeed,
    /// Its pictures, in order: each free and the author's own.
    pub pictures: Vec<PictureId>,
    /// Its review.
    pub review: ReviewId,
    /// Its claim, if it names a rule item.
    pub claim: Option<NewClaim>,
    /// When.
    pub now: Ts,
}

pg_stmt! { Posts {
    principals: Vec<AnyId> => Array<Uid>, keys: Vec<String> => Array<Text>, fingerprints: Vec<Vec<u8>> => Array<Binary>,
    outcomes: Vec<String> => Array<Text>, used_at: Vec<i64> => Array<BigInt>,
    deeds: Vec<DeedId> => Array<Uid>, authors: Vec<AnyId> => Array<Uid>, residents: Vec<Option<ResidentId>> => Array<Nullable<Uid>>,
    households: Vec<Option<HouseholdId>> => Array<Nullable<Uid>>, units: Vec<UnitId> => Array<Uid>, sections: Vec<&'static str> => Array<Text>,
    titles: Vec<String> => Array<Text>, bodies: Vec<String> => Array<Text>, days: Vec<i32> => Array<Integer>,
    items: Vec<Option<ItemId>> => Array<Nullable<Uid>>, quantities: Vec<Option<i64>> => Array<Nullable<BigInt>>,
    posted_at: Vec<i64> => Array<BigInt>,
    pictures: Vec<PictureId> => Array<Uid>, owners: Vec<AnyId> => Array<Uid>, homes: Vec<DeedId> => Array<Uid>,
    positions: Vec<i32> => Array<Integer>,
    reviews: Vec<ReviewId> => Array<Uid>, objects: Vec<DeedId> => Array<Uid>, review_units: Vec<UnitId> => Array<Uid>,
    opened_at: Vec<i64> => Array<BigInt>,
    claims: Vec<ClaimId> => Array<Uid>, claim_units: Vec<UnitId> => Array<Uid>, subjects: Vec<&'static str> => Array<Text>,
    claim_residents: Vec<Option<ResidentId>> => Array<Nullable<Uid>>, claim_households: Vec<Option<HouseholdId>> => Array<Nullable<Uid>>,
    claim_items: Vec<ItemId> => Array<Uid>, claim_days: Vec<i32> => Array<Integer>,
    claim_quantities: Vec<Option<i64>> => Array<Nullable<BigInt>>, causes: Vec<AnyId> => Array<Uid>,
    claimants: Vec<Option<IdentityId>> => Array<Nullable<Uid>>, claimed_at: Vec<i64> => Array<BigInt>
} -> (BigInt, BigInt) =
"WITH kept AS (INSERT INTO idempotency (principal, key, fingerprint, outcome, created_at) SELECT * FROM unnest(?, ?, ?, ?, ?) \
  ON CONFLICT (principal, key) DO NOTHING RETURNING 1), \
posted AS (INSERT INTO deeds (id, identity_id, resident_id, household_id, unit_id, section, title, body, day_of_act, item_id, quantity, \
  created_at, state, like_count, comment_count, share_count, version) \
  SELECT x.*, 'pending', 0, 0, 0, 1 FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS x), \
hung AS (UPDATE pictures p SET deed_id = x.home, position = x.position FROM unnest(?, ?, ?, ?) AS x (id, owner, home, position) \
  WHERE p.id = x.id AND p.identity_id = x.owner AND p.deed_id IS NULL AND p.merchant_id IS NULL AND p.offer_id IS NULL \
  AND p.event_id IS NULL RETURNING 1), \
opened AS (INSERT INTO reviews (id, object_id, unit_id, created_at, kind, state) \
  SELECT x.*, 'deed', 'open' FROM unnest(?, ?, ?, ?) AS x), \
claimed AS (INSERT INTO claims (id, unit_id, subject, resident_id, household_id, item_id, day_of_act, quantity, cause_id, claimant_id, \
  created_at, cause, state, version) SELECT x.*, 'deed', 'submitted', 1 FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS x) \
SELECT (SELECT count(*) FROM kept), (SELECT count(*) FROM hung)" }

impl Gathered for Post {
    type Answer = ();

    fn marks(&self) -> Vec<String> {
        let key = format!("key {} {}", self.key.principal, self.key.key);
        self.pictures.iter().map(ToString::to_string).chain([key]).collect()
    }

    fn write(conn: &mut Db, batch: &[Self], _now: Ts) -> Result<Vec<()>> {
        let Db::Pg(pg) = conn else { return Err(Error::corrupt("posts are gathered on PostgreSQL only")) };
        let (kept, hung): (i64, i64) = statement(batch).get_result(pg)?;
        let pictures = batch.iter().map(|post| post.pictures.len()).sum::<usize>();
        if usize::try_from(kept) != Ok(batch.len()) || usize::try_from(hung) != Ok(pictures) {
            return Err(Code::PictureUsed.into());
        }
        Ok(vec![(); batch.len()])
    }
}

fn statement(batch: &[Post]) -> Posts {
    fn column<T>(batch: &[Post], of: impl Fn(&Post) -> T) -> Vec<T> {
        batch.iter().map(of).collect()
    }
    let moments = || column(batch, |post| post.now.0);
    let hung: Vec<(PictureId, &Post, i32)> = batch
        .iter()
        .flat_map(|post| (0..).zip(&post.pictures).map(move |(position, id)| (*id, post, position)))
        .collect();
    let claims: Vec<(&NewClaim, Ts)> =
        batch.iter().filter_map(|post| post.claim.as_ref().map(|claim| (claim, post.now))).collect();
    Posts {
        principals: column(batch, |post| post.key.principal),
        keys: column(batch, |post| post.key.key.clone()),
        fingerprints: column(batch, |post| post.key.fingerprint.clone()),
        outcomes: column(batch, |post| post.outcome.clone()),
        used_at: moments(),
        deeds: column(batch, |post| post.deed.id),
        authors: column(batch, |post| post.deed.identity),
        residents: column(batch, |post| post.deed.resident),
        households: column(batch, |post| post.deed.household),
        units: column(batch, |post| post.deed.unit),
        sections: column(batch, |post| post.deed.section),
        titles: column(batch, |post| post.deed.title.clone()),
        bodies: column(batch, |post| post.deed.text.clone()),
        days: column(batch, |post| post.deed.day_of_act.0),
        items: column(batch, |post| post.deed.item),
        quantities: column(batch, |post| post.deed.quantity),
        posted_at: moments(),
        pictures: hung.iter().map(|(id, ..)| *id).collect(),
        owners: hung.iter().map(|(_, post, _)| post.deed.identity).collect(),
        homes: hung.iter().map(|(_, post, _)| post.deed.id).collect(),
        positions: hung.iter().map(|(.., position)| *position).collect(),
        reviews: column(batch, |post| post.review),
        objects: column(batch, |post| post.deed.id),
        review_units: column(batch, |post| post.deed.unit),
        opened_at: moments(),
        claims: claims.iter().map(|(claim, _)| claim.id).collect(),
        claim_units: claims.iter().map(|(claim, _)| claim.unit).collect(),
        subjects: claims.iter().map(|(claim, _)| subject_word(claim.subject)).collect(),
        claim_residents: claims.iter().map(|(claim, _)| claim.resident).collect(),
        claim_households: claims.iter().map(|(claim, _)| claim.household).collect(),
        claim_items: claims.iter().map(|(claim, _)| claim.item).collect(),
        claim_days: claims.iter().map(|(claim, _)| claim.day_of_act.0).collect(),
        claim_quantities: claims.iter().map(|(claim, _)| claim.quantity).collect(),
        causes: claims.iter().map(|(claim, _)| claim.cause_id).collect(),
        claimants: claims.iter().map(|(claim, _)| claim.claimant).collect(),
        claimed_at: claims.iter().map(|(_, at)| at.0).collect(),
    }
}

impl Store {
    /// Posts a deed together with those of other requests; `false` as for [`Store::grant`].
    pub async fn post(&self, post: Post) -> bool {
        self.gather(&self.at_once.posts, post).await.is_some()
    }
}
