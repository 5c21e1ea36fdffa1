//! What is known of somebody who posts, and of what is posted, before anybody looks at it: read in one query for all who post at the same
//! moment.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, Text};
use domain::Ts;
use domain::consents::{Purpose, Said};
use domain::content::Finding;
use domain::ids::{HouseholdId, IdentityId, PictureId, ResidentId, UnitId};

use super::pictures::{self, Standing};
use super::{Author, finding, openid, said};
use crate::adapters::Uid;
use crate::db::Db;
use crate::deeds::{Home, home};
use crate::error::Result;
use crate::gather::{Asked, by_number};
use crate::handle::Store;
use crate::{consents, pg_stmt};

/// What is known.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Where the person lives; none for guests and for residents who left.
    pub home: Option<Home>,
    /// The last word about whether posts may be shown, if there was any.
    pub shown: Option<Said>,
    /// The openid of who signs in by WeChat.
    pub openid: Option<String>,
    /// What was said of the same text before.
    pub said: Option<Finding>,
    /// Where the checks of the pictures stand; one that nobody wanted looked at is left out.
    pub pictures: HashMap<PictureId, Standing>,
}

/// What somebody is about to post.
#[derive(Debug)]
pub(crate) struct KnownOf {
    who: IdentityId,
    hash: [u8; 32],
    since: Ts,
    pictures: Vec<PictureId>,
}

type Columns = (
    BigInt,
    Nullable<Text>,
    Nullable<Uid>,
    Nullable<Uid>,
    Nullable<Uid>,
    Nullable<Text>,
    Nullable<BigInt>,
    Nullable<Integer>,
    Nullable<Bool>,
);
type Row = (
    i64,
    Option<String>,
    Option<ResidentId>,
    Option<UnitId>,
    Option<HouseholdId>,
    Option<String>,
    Option<i64>,
    Option<i32>,
    Option<bool>,
);

pg_stmt! { KnownRows { who: Vec<IdentityId> => Array<Uid>, hashes: Vec<Vec<u8>> => Array<Binary>, since: Vec<i64> => Array<BigInt>,
  purpose: &'static str => Text } -> Columns =
"SELECT a.n, CASE WHEN i.provider = 'wechat' THEN i.subject END, r.id, r.unit_id, r.household_id, v.verdict, v.label, c.version, c.given \
FROM unnest(?, ?, ?) WITH ORDINALITY AS a (who, hash, since, n) JOIN identities i ON i.id = a.who \
LEFT JOIN residents r ON r.id = i.resident_id AND r.state = 'active' \
LEFT JOIN text_verdicts v ON v.hash = a.hash AND v.checked_at >= a.since \
LEFT JOIN LATERAL (SELECT version, given FROM consents WHERE identity_id = a.who AND purpose = ? \
ORDER BY at DESC, id DESC LIMIT 1) c ON TRUE" }

impl Known {
    fn of(row: Row) -> Result<Self> {
        let (_, openid, resident, unit, household, verdict, label, version, given) = row;
        let home = resident.zip(unit).map(|(resident, unit)| Home { resident, unit, household });
        let said = verdict.zip(label).map(|(verdict, label)| finding(&verdict, label)).transpose()?;
        let shown = version.zip(given).map(|(version, given)| Said { version, given });
        Ok(Self { home, shown, openid, said, pictures: HashMap::new() })
    }
}

impl KnownOf {
    fn alone(&self, conn: &mut Db) -> Result<Known> {
        Ok(Known {
            home: home(conn, self.who)?,
            shown: consents::last(conn, self.who, Purpose::PublicPosts)?,
            openid: openid(conn, Author::Person(self.who))?,
            said: said(conn, &self.hash, self.since)?,
            pictures: pictures::of(conn, &self.pictures)?,
        })
    }
}

impl Asked for KnownOf {
    type Answer = Known;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Known>> {
        let Db::Pg(pg) = conn else { return batch.iter().map(|asked| asked.alone(conn)).collect() };
        let rows: Vec<Row> = KnownRows {
            who: batch.iter().map(|asked| asked.who).collect(),
            hashes: batch.iter().map(|asked| asked.hash.to_vec()).collect(),
            since: batch.iter().map(|asked| asked.since.0).collect(),
            purpose: Purpose::PublicPosts.word(),
        }
        .load(pg)?;
        let wanted: Vec<PictureId> = batch.iter().flat_map(|asked| asked.pictures.iter().copied()).collect();
        let standings = pictures::of(conn, &wanted)?;
        let rows: Vec<(i64, Known)> =
            rows.into_iter().map(|row| Ok((row.0, Known::of(row)?))).collect::<Result<_>>()?;
        let rows = by_number(batch.len(), rows.into_iter().map(|(n, known)| (n, Some(known))));
        let with_pictures = |(asked, known): (&Self, Option<Known>)| {
            let own = asked.pictures.iter().filter_map(|id| Some((*id, *standings.get(id)?)));
            Known { pictures: own.collect(), ..known.unwrap_or_default() }
        };
        Ok(batch.iter().zip(rows).map(with_pictures).collect())
    }
}

impl Store {
    /// What is known of somebody, of a text with this hash as far as anything was said of it since then, and of pictures.
    pub async fn known(
        &self,
        who: IdentityId,
        hash: [u8; 32],
        since: Ts,
        pictures: Vec<PictureId>,
    ) -> Result<Known> {
        self.ask(&self.at_once.known, KnownOf { who, hash, since, pictures }).await
    }
}
