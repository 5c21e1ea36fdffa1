//! Deeds that several people post at the same moment, in one statement, for PostgreSQL: those that nothing is in the way of. Each is decided
//! from what was read a moment ago; the statement repeats the guards. Where one refuses, nothing of any is written, and each goes the long
//! way, which says why; a request that was sent before goes it alone.

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

// A request that was sent before is not fresh, and nothing of it is written: the long way finds what came of it.
pg_stmt! { Posts {
    principals: Vec<AnyId> => Array<Uid>, keys: Vec<String> => Array<Text>, fingerprints: Vec<Vec<u8>> => Array<Binary>,
    outcomes: Vec<String> => Array<Text>, used_at: Vec<i64> => Array<BigInt>,
    asking: Vec<AnyId> => Array<Uid>, asked: Vec<String> => Array<Text>,
    deeds: Vec<DeedId> => Array<Uid>, authors: Vec<AnyId> => Array<Uid>, residents: Vec<Option<ResidentId>> => Array<Nullable<Uid>>,
    households: Vec<Option<HouseholdId>> => Array<Nullable<Uid>>, units: Vec<UnitId> => Array<Uid>, sections: Vec<&'static str> => Array<Text>,
    titles: Vec<String> => Array<Text>, bodies: Vec<String> => Array<Text>, days: Vec<i32> => Array<Integer>,
    items: Vec<Option<ItemId>> => Array<Nullable<Uid>>, quantities: Vec<Option<i64>> => Array<Nullable<BigInt>>,
    posted_at: Vec<i64> => Array<BigInt>,
    picture_of: Vec<i64> => Array<BigInt>, pictures: Vec<PictureId> => Array<Uid>, owners: Vec<AnyId> => Array<Uid>,
    homes: Vec<DeedId> => Array<Uid>, positions: Vec<i32> => Array<Integer>,
    reviews: Vec<ReviewId> => Array<Uid>, objects: Vec<DeedId> => Array<Uid>, review_units: Vec<UnitId> => Array<Uid>,
    opened_at: Vec<i64> => Array<BigInt>,
    claim_of: Vec<i64> => Array<BigInt>, claims: Vec<ClaimId> => Array<Uid>, claim_units: Vec<UnitId> => Array<Uid>,
    subjects: Vec<&'static str> => Array<Text>, claim_residents: Vec<Option<ResidentId>> => Array<Nullable<Uid>>,
    claim_households: Vec<Option<HouseholdId>> => Array<Nullable<Uid>>, claim_items: Vec<ItemId> => Array<Uid>,
    claim_days: Vec<i32> => Array<Integer>, claim_quantities: Vec<Option<i64>> => Array<Nullable<BigInt>>,
    causes: Vec<AnyId> => Array<Uid>, claimants: Vec<Option<IdentityId>> => Array<Nullable<Uid>>, claimed_at: Vec<i64> => Array<BigInt>
} -> (Array<BigInt>, BigInt) =
"WITH kept AS (INSERT INTO idempotency (principal, key, fingerprint, outcome, created_at) SELECT * FROM unnest(?, ?, ?, ?, ?) \
  ON CONFLICT (principal, key) DO NOTHING RETURNING principal, key), \
fresh AS MATERIALIZED (SELECT a.n FROM unnest(?, ?) WITH ORDINALITY AS a (principal, key, n) \
  JOIN kept k ON k.principal = a.principal AND k.key = a.key), \
posted AS (INSERT INTO deeds (id, identity_id, resident_id, household_id, unit_id, section, title, body, day_of_act, item_id, quantity, \
  created_at, state, like_count, comment_count, share_count, version) \
  SELECT a, b, c, d, e, f, g, h, i, j, k, l, 'pending', 0, 0, 0, 1 \
  FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WITH ORDINALITY AS x (a, b, c, d, e, f, g, h, i, j, k, l, n) \
  WHERE n IN (SELECT n FROM fresh)), \
hung AS (UPDATE pictures p SET deed_id = x.home, position = x.position FROM unnest(?, ?, ?, ?, ?) AS x (n, id, owner, home, position) \
  WHERE x.n IN (SELECT n FROM fresh) \
  AND p.id = x.id AND p.identity_id = x.owner AND p.deed_id IS NULL AND p.merchant_id IS NULL AND p.offer_id IS NULL \
  AND p.event_id IS NULL AND p.avatar_of IS NULL RETURNING 1), \
opened AS (INSERT INTO reviews (id, object_id, unit_id, created_at, kind, state) \
  SELECT a, b, c, d, 'deed', 'open' FROM unnest(?, ?, ?, ?) WITH ORDINALITY AS x (a, b, c, d, n) WHERE n IN (SELECT n FROM fresh)), \
claimed AS (INSERT INTO claims (id, unit_id, subject, resident_id, household_id, item_id, day_of_act, quantity, cause_id, claimant_id, \
  created_at, cause, state, version) SELECT a, b, c, d, e, f, g, h, i, j, k, 'deed', 'submitted', 1 \
  FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS x (n, a, b, c, d, e, f, g, h, i, j, k) WHERE n IN (SELECT n FROM fresh)) \
SELECT ARRAY(SELECT n FROM fresh), (SELECT count(*) FROM hung)" }

impl Gathered for Post {
    /// Whether it was posted; a request that was sent before was not.
    type Answer = bool;

    fn marks(&self) -> Vec<String> {
        let key = format!("key {} {}", self.key.principal, self.key.key);
        self.pictures.iter().map(ToString::to_string).chain([key]).collect()
    }

    fn write(conn: &mut Db, batch: &[Self], _now: Ts) -> Result<Vec<bool>> {
        let Db::Pg(pg) = conn else { return Err(Error::corrupt("posts are gathered on PostgreSQL only")) };
        let (fresh, hung): (Vec<i64>, i64) = statement(batch).get_result(pg)?;
        let is_fresh: Vec<bool> = numbered(batch).map(|(n, _)| fresh.contains(&n)).collect();
        let posted = batch.iter().zip(&is_fresh).filter(|(_, fresh)| **fresh);
        let pictures = posted.map(|(post, _)| post.pictures.len()).sum::<usize>();
        if usize::try_from(hung) != Ok(pictures) {
            return Err(Code::PictureUsed.into());
        }
        Ok(is_fresh)
    }
}

/// The posts with their numbers, as PostgreSQL counts the elements of an array.
fn numbered(batch: &[Post]) -> impl Iterator<Item = (i64, &Post)> {
    (1..).zip(batch)
}

fn statement(batch: &[Post]) -> Posts {
    fn column<T>(batch: &[Post], of: impl Fn(&Post) -> T) -> Vec<T> {
        batch.iter().map(of).collect()
    }
    let moments = || column(batch, |post| post.now.0);
    let hung: Vec<(i64, PictureId, &Post, i32)> = numbered(batch)
        .flat_map(|(n, post)| (0..).zip(&post.pictures).map(move |(position, id)| (n, *id, post, position)))
        .collect();
    let claims: Vec<(i64, &NewClaim, Ts)> = numbered(batch)
        .filter_map(|(n, post)| post.claim.as_ref().map(|claim| (n, claim, post.now)))
        .collect();
    Posts {
        principals: column(batch, |post| post.key.principal),
        keys: column(batch, |post| post.key.key.clone()),
        fingerprints: column(batch, |post| post.key.fingerprint.clone()),
        outcomes: column(batch, |post| post.outcome.clone()),
        used_at: moments(),
        asking: column(batch, |post| post.key.principal),
        asked: column(batch, |post| post.key.key.clone()),
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
        picture_of: hung.iter().map(|(n, ..)| *n).collect(),
        pictures: hung.iter().map(|(_, id, ..)| *id).collect(),
        owners: hung.iter().map(|(_, _, post, _)| post.deed.identity).collect(),
        homes: hung.iter().map(|(_, _, post, _)| post.deed.id).collect(),
        positions: hung.iter().map(|(.., position)| *position).collect(),
        reviews: column(batch, |post| post.review),
        objects: column(batch, |post| post.deed.id),
        review_units: column(batch, |post| post.deed.unit),
        opened_at: moments(),
        claim_of: claims.iter().map(|(n, ..)| *n).collect(),
        claims: claims.iter().map(|(_, claim, _)| claim.id).collect(),
        claim_units: claims.iter().map(|(_, claim, _)| claim.unit).collect(),
        subjects: claims.iter().map(|(_, claim, _)| subject_word(claim.subject)).collect(),
        claim_residents: claims.iter().map(|(_, claim, _)| claim.resident).collect(),
        claim_households: claims.iter().map(|(_, claim, _)| claim.household).collect(),
        claim_items: claims.iter().map(|(_, claim, _)| claim.item).collect(),
        claim_days: claims.iter().map(|(_, claim, _)| claim.day_of_act.0).collect(),
        claim_quantities: claims.iter().map(|(_, claim, _)| claim.quantity).collect(),
        causes: claims.iter().map(|(_, claim, _)| claim.cause_id).collect(),
        claimants: claims.iter().map(|(_, claim, _)| claim.claimant).collect(),
        claimed_at: claims.iter().map(|(.., at)| at.0).collect(),
    }
}

impl Store {
    /// Posts a deed together with those of other requests; `false` as for [`Store::grant`], and where its request was sent before.
    pub async fn post(&self, post: Post) -> bool {
        self.gather(&self.at_once.posts, post).await.unwrap_or(false)
    }
}
