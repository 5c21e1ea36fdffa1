//! What whoever is signed in has: session, resident, accounts and balances by one statement, with those of others who ask at the same time.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use domain::Ts;
use domain::ids::{AccountId, HouseholdId, ResidentId, SessionId, UnitId};
use domain::ledger::{Holder, Kind};

use super::accounts::{Balance, less_expired};
use crate::adapters::Uid;
use crate::db::Db;
use crate::editions::{Edition, edition};
use crate::error::{Error, Result};
use crate::gather::Asked;
use crate::handle::Store;
use crate::{pg_stmt, stmt};

/// A resident with what the own accounts hold, and the household's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purses {
    /// The resident; none for a guest.
    pub resident: Option<(ResidentId, UnitId)>,
    /// The resident's household.
    pub household: Option<HouseholdId>,
    /// What the accounts that are open hold.
    pub balances: Vec<(Holder, Kind, Balance)>,
    /// As of when.
    pub as_of: AsOf,
}

/// As of when accounts were read: while it is the same, nothing has moved on them, and nothing of what is told about it has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsOf {
    edition: Edition,
    /// The accounts that have a balance, with its version, by account.
    versions: Vec<(AccountId, i64)>,
}

impl AsOf {
    /// Of who has no account yet.
    pub fn at(edition: Edition) -> Self {
        Self { edition, versions: Vec::new() }
    }
}

/// A session whose person's accounts are asked for.
#[derive(Debug)]
pub(crate) struct PursesOf {
    session: SessionId,
    now: Ts,
}

type RowSql = (
    (Uid, BigInt, Nullable<Uid>, Nullable<Uid>, Nullable<Uid>, BigInt),
    (Nullable<Uid>, Nullable<Text>, Nullable<Text>, Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>),
);
type Owner = (SessionId, i64, Option<ResidentId>, Option<UnitId>, Option<HouseholdId>, i64);
type Owned = (Option<AccountId>, Option<String>, Option<String>, Option<i64>, Option<i64>, Option<i64>);
type Row = (Owner, Owned);

macro_rules! purses {
    ($which:literal) => {
        concat!(
            "SELECT s.id, s.expires_at, r.id, r.unit_id, r.household_id, ",
            edition!(),
            ", o.account_id, o.holder, o.kind, b.posted, b.pending, b.version \
             FROM sessions s JOIN identities i ON i.id = s.principal_id LEFT JOIN residents r ON r.id = i.resident_id \
             LEFT JOIN account_owners o ON o.owner_id IN (r.id, r.household_id) LEFT JOIN balances b ON b.account_id = o.account_id \
             WHERE s.principal = 'person' AND s.ended_at IS NULL AND s.id ",
            $which
        )
    };
}
pg_stmt! { PursesPostgres { sessions: Vec<SessionId> => Array<Uid> } -> RowSql = purses!("= ANY (?)") }
stmt! { PursesSqlite { session: SessionId => Uid } -> RowSql = purses!("= ?") }

impl Asked for PursesOf {
    type Answer = Option<Purses>;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Option<Purses>>> {
        let mut rows: HashMap<SessionId, Vec<Row>> = HashMap::new();
        if let Db::Pg(pg) = conn {
            let sessions = batch.iter().map(|asked| asked.session).collect();
            for row in (PursesPostgres { sessions }).load::<Row>(pg)? {
                rows.entry(row.0.0).or_default().push(row);
            }
        } else {
            for PursesOf { session, .. } in batch {
                rows.insert(*session, PursesSqlite { session: *session }.load(conn)?);
            }
        }
        let answer = |asked: &Self| purses(conn, asked, rows.get(&asked.session).map_or(&[], Vec::as_slice));
        batch.iter().map(answer).collect()
    }
}

fn purses(conn: &mut Db, asked: &PursesOf, rows: &[Row]) -> Result<Option<Purses>> {
    let Some(((_, expires_at, resident, unit, household, edition), _)) = rows.first() else {
        return Ok(None);
    };
    if *expires_at <= asked.now.0 {
        return Ok(None);
    }
    let (mut balances, mut versions) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for (_, owned) in rows {
        let (Some(account), Some(holder), Some(kind), posted, pending, version) = owned else { continue };
        versions.extend(version.map(|version| (*account, version)));
        let nature = Holder::from_word(holder).zip(Kind::from_word(kind));
        let (holder, kind) = nature.ok_or_else(|| Error::corrupt("an account of no holder or kind"))?;
        let balance = less_expired(conn, *account, posted.unwrap_or(0), pending.unwrap_or(0), asked.now)?;
        balances.push((holder, kind, balance));
    }
    versions.sort_unstable();
    let as_of = AsOf { edition: Edition(*edition), versions };
    Ok(Some(Purses { resident: resident.zip(*unit), household: *household, balances, as_of }))
}

impl Store {
    /// What the person of a session has; none if the session has ended.
    pub async fn purses(&self, session: SessionId) -> Result<Option<Purses>> {
        self.ask(&self.at_once.purses, PursesOf { session, now: self.now() }).await
    }
}
