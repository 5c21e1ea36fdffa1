//! Accounts and their owners. A resident's or household's account is opened with its balance row; system accounts exist once each.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable};
use domain::ids::AccountId;
use domain::ledger::{Holder, Kind};
use domain::{Points, Ts};

use crate::adapters::{AnyId, Both, Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::lists::among;
use crate::schema::{account_owners, accounts, balances};
use crate::{each, stmt};

/// The owner of the accounts that exist once: issuing, expiry, budget.
pub const SYSTEM: AnyId = AnyId(uuid::Uuid::nil());

macro_rules! account {
    ($id:expr, $kind:expr, $holder:expr, $now:expr) => {
        (
            accounts::id.eq(uid($id)),
            accounts::kind.eq($kind.word()),
            accounts::holder.eq($holder.word()),
            accounts::created_at.eq($now.0),
        )
    };
}
macro_rules! owned {
    ($id:expr, $kind:expr, $holder:expr, $owner:expr) => {
        (
            account_owners::account_id.eq(uid($id)),
            account_owners::holder.eq($holder.word()),
            account_owners::owner_id.eq($owner),
            account_owners::kind.eq($kind.word()),
        )
    };
}
/// A balance of nothing. Merit may go below zero by deduction; redeemable points stop at nothing.
macro_rules! empty {
    ($id:expr, $kind:expr) => {
        (
            balances::account_id.eq(uid($id)),
            balances::posted.eq(0_i64),
            balances::pending.eq(0_i64),
            balances::floor.eq(($kind == Kind::Redeemable).then_some(0_i64)),
            balances::version.eq(0_i64),
        )
    };
}

/// The account of an owner, opened if it does not exist. `id` is what a new one is called.
pub fn open(
    conn: &mut Db,
    kind: Kind,
    holder: Holder,
    owner: AnyId,
    id: AccountId,
    now: Ts,
) -> Result<AccountId> {
    if let Some(found) = find(conn, kind, holder, owner)? {
        return Ok(found);
    }
    diesel::insert_into(accounts::table).values(account!(id, kind, holder, now)).execute(conn)?;
    let insert = diesel::insert_into(account_owners::table)
        .values(owned!(id, kind, holder, owner))
        .on_conflict((account_owners::owner_id, account_owners::holder, account_owners::kind))
        .do_nothing();
    if Both(insert).execute(conn)? == 0 {
        // Somebody opened it meanwhile; the account without an owner stays empty for ever.
        return find(conn, kind, holder, owner)?.ok_or_else(|| Error::corrupt("an account lost its owner"));
    }
    if holder.has_balance_row() {
        diesel::insert_into(balances::table).values(empty!(id, kind)).execute(conn)?;
    }
    Ok(id)
}

/// Accounts to be opened: of which kind, holder and owner.
pub type Opening = (Kind, Holder, AnyId);

/// Opens accounts that were not there a moment ago, some hundred, in three statements. If somebody opened one meanwhile, the
/// transaction is run again and finds it.
pub fn open_all(conn: &mut Db, openings: &[Opening], now: Ts) -> Result<Vec<AccountId>> {
    let ids: Vec<AccountId> = openings.iter().map(|_| AccountId::new()).collect();
    let of = || ids.iter().copied().zip(openings.iter().copied());
    let rows = of().map(|(id, (kind, holder, _))| account!(id, kind, holder, now)).collect::<Vec<_>>();
    each!(conn, c => diesel::insert_into(accounts::table).values(rows).execute(c)?);
    let rows = of().map(|(id, (kind, holder, owner))| owned!(id, kind, holder, owner)).collect::<Vec<_>>();
    let owned = each!(conn, c => diesel::insert_into(account_owners::table).values(rows).execute(c));
    owned.map_err(|error| Error::from(error).unique_as_overtaken())?;
    let floored = of().filter(|(_, (_, holder, _))| holder.has_balance_row());
    let rows = floored.map(|(id, (kind, ..))| empty!(id, kind)).collect::<Vec<_>>();
    each!(conn, c => diesel::insert_into(balances::table).values(rows).execute(c)?);
    Ok(ids)
}

/// The account of an owner.
pub fn find(conn: &mut Db, kind: Kind, holder: Holder, owner: AnyId) -> Result<Option<AccountId>> {
    let found = account_owners::table
        .filter(account_owners::owner_id.eq(owner))
        .filter(account_owners::holder.eq(holder.word()))
        .filter(account_owners::kind.eq(kind.word()))
        .select(account_owners::account_id)
        .first(conn)
        .optional()?;
    Ok(found)
}

/// The accounts of these owners, by owner, holder and kind.
pub fn of_owners(conn: &mut Db, owners: &[AnyId]) -> Result<HashMap<(AnyId, Holder, Kind), AccountId>> {
    let rows: Vec<(AnyId, String, String, AccountId)> = account_owners::table
        .filter(among(account_owners::owner_id, owners.iter().copied()))
        .select((
            account_owners::owner_id,
            account_owners::holder,
            account_owners::kind,
            account_owners::account_id,
        ))
        .load(conn)?;
    by_owner(rows.into_iter())
}

/// Accounts by owner, holder and kind, from rows of owner, holder, kind and account.
pub(crate) fn by_owner(
    rows: impl Iterator<Item = (AnyId, String, String, AccountId)>,
) -> Result<HashMap<(AnyId, Holder, Kind), AccountId>> {
    rows.map(|(owner, holder, kind, account)| {
        let nature = Holder::from_word(&holder).zip(Kind::from_word(&kind));
        let (holder, kind) = nature.ok_or_else(|| Error::corrupt("an account of no holder or kind"))?;
        Ok(((owner, holder, kind), account))
    })
    .collect()
}

/// The system account of this kind, opened if it does not exist.
pub fn system(conn: &mut Db, kind: Kind, holder: Holder, now: Ts) -> Result<AccountId> {
    open(conn, kind, holder, SYSTEM, AccountId::new(), now)
}

/// What an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// Everything posted.
    pub posted: Points,
    /// What holds keep.
    pub pending: Points,
}

impl Balance {
    /// What can be spent.
    pub fn available(self) -> Points {
        self.posted.checked_sub(self.pending).unwrap_or(Points::ZERO)
    }
}

stmt! { HeldNow { account: AccountId => Uid, now: i64 => BigInt } -> Nullable<BigInt> =
"SELECT CAST(SUM(amount) AS BIGINT) FROM holds WHERE account_id = ? AND state = 'open' AND expires_at <= ?" }

/// The balance of an account with a balance row; holds that have expired count as free even if no worker has released them yet.
pub fn balance(conn: &mut Db, account: AccountId, now: Ts) -> Result<Balance> {
    let row: Option<(i64, i64)> = balances::table
        .find(uid(account))
        .select((balances::posted, balances::pending))
        .first(conn)
        .optional()?;
    let Some((posted, pending)) = row else { return Ok(Balance::default()) };
    less_expired(conn, account, posted, pending, now)
}

/// A balance as its row has it, without the holds that have expired.
pub(crate) fn less_expired(
    conn: &mut Db,
    account: AccountId,
    posted: i64,
    pending: i64,
    now: Ts,
) -> Result<Balance> {
    let expired =
        if pending > 0 { HeldNow { account, now: now.0 }.get_result::<Option<i64>>(conn)? } else { None };
    Ok(Balance {
        posted: Points::from_hundredths(posted),
        pending: Points::from_hundredths(pending - expired.unwrap_or(0)),
    })
}

/// Holder and kind of each of these accounts.
pub(crate) fn natures(conn: &mut Db, ids: &[AccountId]) -> Result<HashMap<AccountId, (Kind, Holder)>> {
    let rows: Vec<(AccountId, String, String)> = accounts::table
        .filter(among(accounts::id, ids.iter().copied()))
        .select((accounts::id, accounts::kind, accounts::holder))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, kind, holder)| {
            let nature = Kind::from_word(&kind).zip(Holder::from_word(&holder));
            nature
                .map(|n| (id, n))
                .ok_or_else(|| Error::corrupt(format!("account of kind {kind}, holder {holder}")))
        })
        .collect()
}

stmt! { FoldOf { account: AccountId => Uid } -> (BigInt, BigInt) = "SELECT balance, seq FROM folds WHERE account_id = ?" }

/// The balance of an account without a balance row, as of the log's end, with that `seq`.
pub fn folded(conn: &mut Db, account: AccountId) -> Result<(Points, u64)> {
    let row: Option<(i64, i64)> = FoldOf { account }.get_result(conn).optional()?;
    let (balance, seq) = row.unwrap_or((0, 0));
    Ok((Points::from_hundredths(balance), u64::try_from(seq).unwrap_or(0)))
}

stmt! { LogEnd { } -> (BigInt, Integer) = "SELECT seq, day FROM sequencer WHERE id = 1" }

/// The end of the log: its last `seq` and day.
pub fn log_end(conn: &mut Db) -> Result<(u64, domain::Day)> {
    let (seq, day): (i64, i32) = LogEnd {}.get_result(conn)?;
    Ok((u64::try_from(seq).unwrap_or(0), domain::Day(day)))
}
