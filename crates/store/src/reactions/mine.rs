//! What is a person's own on pages that are otherwise shared: where one lives, and what one likes. Read as a whole, with what other people
//! ask at the same time, so that it can be kept for the next page.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable};
use domain::Ts;
use domain::ids::{DeedId, HouseholdId, IdentityId, ResidentId, UnitId};

use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::deeds::Home;
use crate::error::Result;
use crate::gather::Asked;
use crate::handle::Store;
use crate::lists::among;
use crate::schema::likes;
use crate::{pg_stmt, stmt};

/// So many likes of a person are read at once: those of the newest deeds. Mostly they are all.
const LIKES_MAX: usize = 128;

/// A like: of which deed, since when, in microseconds.
pub type Liked = (DeedId, i64);

/// What is a person's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mine {
    /// Which resident the person is, who may have left.
    pub resident: Option<ResidentId>,
    /// Where the person lives; none for guests and for residents who left.
    pub home: Option<Home>,
    /// When the person last changed something that others see, likes aside.
    pub wrote_at: Ts,
    /// What the person likes among the newest deeds, the newest first.
    liked: Vec<Liked>,
    /// Whether there are likes of older deeds than those.
    more: bool,
}

impl Mine {
    fn of(reader: Option<Reader>, mut liked: Vec<Liked>) -> Self {
        let more = liked.len() > LIKES_MAX;
        liked.truncate(LIKES_MAX);
        liked.shrink_to_fit();
        let (wrote_at, resident, unit, household) = reader.unwrap_or_default();
        let home = resident.zip(unit).map(|(resident, unit)| Home { resident, unit, household });
        Self { resident, home, wrote_at: Ts(wrote_at), liked, more }
    }

    /// What the person likes among these deeds; none if that is not known, because one of them is too old.
    pub fn liked(&self, deeds: &[DeedId]) -> Option<Vec<Liked>> {
        let oldest = self.liked.last().filter(|_| self.more).map(|(deed, _)| *deed);
        if oldest.is_some_and(|oldest| deeds.iter().any(|deed| *deed < oldest)) {
            return None;
        }
        let place = |deed: &DeedId| self.liked.binary_search_by(|(liked, _)| deed.cmp(liked)).ok();
        Some(deeds.iter().filter_map(|deed| Some(self.liked[place(deed)?])).collect())
    }

    /// About how many bytes it is, beside its own fields.
    pub fn bytes(&self) -> usize {
        size_of_val(self.liked.as_slice())
    }
}

/// A person whose own things are asked for.
#[derive(Debug)]
pub(crate) struct MineOf(IdentityId);

type ReaderSql = (BigInt, Nullable<Uid>, Nullable<Uid>, Nullable<Uid>);
type Reader = (i64, Option<ResidentId>, Option<UnitId>, Option<HouseholdId>);
type Columns = (Integer, BigInt, Nullable<Uid>, Nullable<Uid>, Nullable<Uid>, Array<Uid>, Array<BigInt>);
type Row = (i32, i64, Option<ResidentId>, Option<UnitId>, Option<HouseholdId>, Vec<DeedId>, Vec<i64>);

stmt! { OneReader { who: IdentityId => Uid } -> ReaderSql =
"SELECT i.wrote_at, i.resident_id, r.unit_id, r.household_id FROM identities i \
LEFT JOIN residents r ON r.id = i.resident_id AND r.state = 'active' WHERE i.id = ?" }
stmt! { NewestLiked { who: IdentityId => Uid, limit: i64 => BigInt } -> (Uid, BigInt) =
"SELECT deed_id, created_at FROM likes WHERE identity_id = ? ORDER BY deed_id DESC LIMIT ?" }
pg_stmt! { Readers { nth: Vec<i32> => Array<Integer>, whose: Vec<IdentityId> => Array<Uid>, limit: i64 => BigInt } -> Columns =
"SELECT a.nth, i.wrote_at, i.resident_id, r.unit_id, r.household_id, COALESCE(l.deeds, '{}'), COALESCE(l.moments, '{}') \
FROM unnest(?, ?) AS a (nth, who) JOIN identities i ON i.id = a.who \
LEFT JOIN residents r ON r.id = i.resident_id AND r.state = 'active' \
CROSS JOIN LATERAL (SELECT array_agg(deed_id) AS deeds, array_agg(created_at) AS moments FROM \
(SELECT deed_id, created_at FROM likes WHERE identity_id = a.who ORDER BY deed_id DESC LIMIT ?) newest) l" }

impl Asked for MineOf {
    type Answer = Mine;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Mine>> {
        // One more than is kept, to know whether there are more.
        let limit = LIKES_MAX as i64 + 1;
        let Db::Pg(pg) = conn else {
            let one = |MineOf(who): &Self| {
                let reader = OneReader { who: *who }.get_result::<Reader>(conn).optional()?;
                Ok(Mine::of(reader, NewestLiked { who: *who, limit }.load(conn)?))
            };
            return batch.iter().map(one).collect();
        };
        let whose = batch.iter().map(|asked| asked.0).collect();
        let readers = Readers { nth: (0..).take(batch.len()).collect(), whose, limit };
        let mut found = vec![Mine::default(); batch.len()];
        for (nth, wrote_at, resident, unit, household, deeds, moments) in readers.load::<Row>(pg)? {
            if let Some(place) = usize::try_from(nth).ok().and_then(|nth| found.get_mut(nth)) {
                let liked = deeds.into_iter().zip(moments).collect();
                *place = Mine::of(Some((wrote_at, resident, unit, household)), liked);
            }
        }
        Ok(found)
    }
}

impl Store {
    /// What is a person's own, as of now.
    pub async fn mine(&self, who: IdentityId) -> Result<Mine> {
        self.ask(&self.at_once.mine, MineOf(who)).await
    }

    /// What a person likes among these deeds, as of now.
    pub async fn liked(&self, who: IdentityId, deeds: Vec<DeedId>) -> Result<Vec<Liked>> {
        self.glance(move |conn| {
            let query = likes::table
                .filter(likes::identity_id.eq(uid(who)))
                .filter(among(likes::deed_id, deeds))
                .select((likes::deed_id, likes::created_at));
            Ok(query.load(conn)?)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deed(n: u128) -> DeedId {
        DeedId(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn likes_are_known_back_to_the_oldest_that_was_read() {
        let few: Vec<Liked> = vec![(deed(9), 90), (deed(5), 50)];
        let mine = Mine::of(None, few.clone());
        assert_eq!(mine.liked(&[deed(1), deed(5), deed(7), deed(9)]), Some(vec![few[1], few[0]]));
        let many: Vec<Liked> = (0..=LIKES_MAX as u128).rev().map(|n| (deed(1_000 + n), 1)).collect();
        let mine = Mine::of(None, many);
        assert_eq!(mine.liked(&[deed(1_000)]), None, "it was read only to know that there are more");
        assert_eq!(mine.liked(&[deed(1_001), deed(5_000)]), Some(vec![(deed(1_001), 1)]));
        assert_eq!(mine.liked(&[deed(1_001), deed(7)]), None);
    }
}
