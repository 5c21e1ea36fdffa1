//! Everything that deciding a plain claim looks at, in one query for all that are decided at the same time, for PostgreSQL.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text};
use domain::Ts;
use domain::access::{Path, StaffActor};
use domain::catalogue::Subject;
use domain::ids::{AccountId, HouseholdId, ItemId, ResidentId, ReviewId, SessionId, StaffId, UnitId};
use domain::ledger::{Holder, Kind};
use domain::policy::Policy;

use super::Claim;
use crate::adapters::{AnyId, Uid};
use crate::catalogues::{ItemRow, ItemSql};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::gather::{Asked, by_number};
use crate::handle::Store;
use crate::ledger::accounts;
use crate::reviews::{self, Abode, Review};
use crate::{pg_stmt, sessions, units};

/// What there is to know of a claim by a resident who lives where it was made.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Whose session it is.
    pub who: StaffActor,
    /// The review.
    pub review: Review,
    /// The claim that it is of.
    pub claim: Claim,
    /// Where the resident lives now.
    pub abode: Abode,
    /// The path of the claim's unit, and the policies there.
    pub place: (Path, Policy),
    /// The item that was claimed.
    pub item: ItemRow,
    /// The item that held under its code on the day of the act: mostly itself.
    pub holds: Option<ItemId>,
    /// The accounts of the resident, the household and the system.
    pub accounts: HashMap<(AnyId, Holder, Kind), AccountId>,
}

type WhoSql = (Uid, Nullable<Uid>, Nullable<Uid>, Nullable<Array<Text>>, Nullable<Array<Uid>>);
type ReviewSql =
    (Uid, Text, Uid, Uid, Text, Nullable<Uid>, Nullable<BigInt>, Nullable<Uid>, Nullable<BigInt>, BigInt);
type ClaimSql = (
    Uid,
    Uid,
    Text,
    Nullable<Uid>,
    Nullable<Uid>,
    Uid,
    Integer,
    Nullable<BigInt>,
    Text,
    Uid,
    Nullable<Uid>,
    Nullable<Uid>,
    Nullable<Uid>,
    Text,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<Uid>,
    Nullable<BigInt>,
    Nullable<Uid>,
    Nullable<BigInt>,
    BigInt,
    BigInt,
);
type AbodeSql = (Uid, Nullable<Uid>, Text);
type PlaceSql = (Array<Uid>, Array<Text>);
type AccountsSql = (Array<Uid>, Array<Text>, Array<Text>, Array<Uid>);

// Each is one row by its key. What else has to be true of them is looked at afterwards: a planner that believes that there are few reviews
// of claims would go through all of them.
pg_stmt! { Known { sessions: Vec<SessionId> => Array<Uid>, reviews: Vec<ReviewId> => Array<Uid> }
-> (BigInt, BigInt, WhoSql, ReviewSql, ClaimSql, AbodeSql, PlaceSql, ItemSql, Nullable<Uid>, AccountsSql) =
"SELECT asked.n, se.expires_at, st.id, st.resident_id, kin.household_id, ro.roles, ro.units, \
r.id, r.kind, r.object_id, r.unit_id, r.state, r.claimed_by, r.lease_until, r.decided_by, r.decided_at, r.created_at, \
c.id, c.unit_id, c.subject, c.resident_id, c.household_id, c.item_id, c.day_of_act, c.quantity, c.cause, c.cause_id, c.claimant_id, \
c.entered_by, c.proxy_id, c.state, c.merit, c.redeemable, c.decided_by, c.decided_at, c.reversed_by, c.reversed_at, c.created_at, c.version, \
a.unit_id, a.household_id, a.state, pl.path, pl.parts, \
i.id, i.code, i.body, k.id, k.number, k.unit_id, k.source, k.force_from, k.force_until, k.state, \
(SELECT h.id FROM unit_paths p JOIN catalogues v ON v.unit_id = p.ancestor_id JOIN items h ON h.catalogue_id = v.id AND h.code = i.code \
 WHERE p.unit_id = r.unit_id AND v.state = 'adopted' AND v.force_from <= c.day_of_act AND COALESCE(v.force_until, 2147483647) > c.day_of_act \
 ORDER BY p.depth DESC LIMIT 1), \
o.owners, o.holders, o.kinds, o.accounts \
FROM unnest(?, ?) WITH ORDINALITY AS asked (session_id, review_id, n) \
JOIN sessions se ON se.id = asked.session_id JOIN staff st ON st.id = se.principal_id AND NOT st.disabled LEFT JOIN residents kin ON kin.id = st.resident_id \
CROSS JOIN LATERAL (SELECT array_agg(role ORDER BY id) AS roles, array_agg(unit_id ORDER BY id) AS units FROM staff_roles \
  WHERE staff_id = st.id) ro \
JOIN reviews r ON r.id = asked.review_id JOIN claims c ON c.id = r.object_id JOIN residents a ON a.id = c.resident_id \
JOIN items i ON i.id = c.item_id JOIN catalogues k ON k.id = i.catalogue_id \
CROSS JOIN LATERAL (SELECT array_agg(u.ancestor_id ORDER BY u.depth) AS path, \
  array_remove(array_agg(p.part ORDER BY u.depth), NULL) AS parts \
  FROM unit_paths u LEFT JOIN policies p ON p.unit_id = u.ancestor_id WHERE u.unit_id = r.unit_id) pl \
CROSS JOIN LATERAL (SELECT array_agg(owner_id) AS owners, array_agg(holder) AS holders, array_agg(kind) AS kinds, \
  array_agg(account_id) AS accounts FROM account_owners \
  WHERE owner_id IN (c.resident_id, a.household_id, '00000000-0000-0000-0000-000000000000')) o \
WHERE se.principal = 'staff' AND se.ended_at IS NULL AND o.owners IS NOT NULL" }

type WhoRow = (StaffId, Option<ResidentId>, Option<HouseholdId>, Option<Vec<String>>, Option<Vec<UnitId>>);
type AccountRows = (Vec<AnyId>, Vec<String>, Vec<String>, Vec<AccountId>);
type Row = (WhoRow, Review, Claim, Abode, (Vec<UnitId>, Vec<String>), ItemRow, Option<ItemId>, AccountRows);
type RowOf = (
    i64,
    i64,
    WhoRow,
    Review,
    Claim,
    Abode,
    (Vec<UnitId>, Vec<String>),
    ItemRow,
    Option<ItemId>,
    AccountRows,
);

/// Whose session asks for the facts of which review.
#[derive(Debug)]
pub(crate) struct FactsOf {
    session: SessionId,
    review: ReviewId,
    now: Ts,
}

impl Asked for FactsOf {
    type Answer = Option<Facts>;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Option<Facts>>> {
        let Db::Pg(pg) = conn else { return Err(Error::corrupt("facts are gathered on PostgreSQL only")) };
        let sessions = batch.iter().map(|asked| asked.session).collect();
        let reviews = batch.iter().map(|asked| asked.review).collect();
        let rows: Vec<RowOf> = Known { sessions, reviews }.load(pg)?;
        let asked = |n: i64| usize::try_from(n - 1).ok().and_then(|at| batch.get(at));
        let rows = rows.into_iter().map(
            |(n, expires_at, who, review, claim, abode, place, item, holds, accounts)| {
                let row = (who, review, claim, abode, place, item, holds, accounts);
                let live = asked(n).filter(|asked| expires_at > asked.now.0);
                // One that makes no sense is its own long way's to name, and nobody else's.
                (n, live.and_then(|asked| facts(asked.session, row).ok().flatten()))
            },
        );
        Ok(by_number(batch.len(), rows))
    }
}

impl Store {
    /// What there is to know, if it is a live session of staff and a review of such a claim; on SQLite nothing, because there the long way
    /// is as short.
    pub async fn facts(&self, session: SessionId, review: ReviewId) -> Result<Option<Facts>> {
        if !self.gathers() {
            return Ok(None);
        }
        self.ask(&self.at_once.facts, FactsOf { session, review, now: self.now() }).await
    }
}

fn facts(session: SessionId, row: Row) -> Result<Option<Facts>> {
    let (who, review, claim, abode, (path, parts), item, holds, accounts) = row;
    let by_resident = review.kind == reviews::Kind::Claim.word() && claim.subject() == Subject::Resident;
    if !by_resident || claim.unit != review.unit || abode.0 != review.unit || item.state != "adopted" {
        return Ok(None);
    }
    let (id, resident, household, roles, units) = who;
    let roles = roles.unwrap_or_default().into_iter().zip(units.unwrap_or_default());
    let grants = sessions::grants(roles)?;
    let (owners, holders, kinds, ids) = accounts;
    let rows = owners.into_iter().zip(holders).zip(kinds.into_iter().zip(ids));
    let rows = rows.map(|((owner, holder), (kind, id))| (owner, holder, kind, id));
    Ok(Some(Facts {
        who: StaffActor { id, session, resident, household, grants },
        review,
        claim,
        abode,
        place: (Path(path), units::effective(parts.iter().map(String::as_str))?),
        item,
        holds,
        accounts: accounts::by_owner(rows)?,
    }))
}
