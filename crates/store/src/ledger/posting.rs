//! Posting linked groups: all transfers of a group or none, once for ever by the group's business key. Balances change under a guard in
//! the order of account ids; transfers and queue rows follow in the same transaction. This is the long way, a statement for each; on
//! PostgreSQL a group of plain transfers goes `at_once`.

pub(crate) mod at_once;

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use domain::ids::{AccountId, TransferId};
use domain::ledger::{GROUP_MAX, Group, Kind, Mode, Movement, Outcome};
use domain::points::TRANSFER_MAX;
use domain::{Code, Points, Ts};

use super::{accounts, holds};
use crate::adapters::{AnyId, Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::schema::transfers;
use crate::stmt;

/// What became of a group that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// It was posted now.
    Now {
        /// What balancing debits could not take.
        uncollected: Points,
    },
    /// A group of the same business key was posted before; nothing moved.
    Before,
}

/// How the sums of one account change.
#[derive(Debug, Clone, Copy, Default)]
struct Change {
    posted: i64,
    pending: i64,
}

/// In how few statements a group is posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As few as can be.
    Together,
    /// Each change of a balance is one of its own.
    Apart,
}

/// Posts a group, or refuses with `balance_exceeded` or `hold_settled`: then the caller's transaction must be rolled back.
pub fn post(conn: &mut Db, group: &Group, now: Ts) -> Result<Posted> {
    told(attempt(conn, group, Way::Together, now)?)
}

/// As [`post`], for a role of PostgreSQL that changes a balance by one version at a time: what has expired and what is moved are summed up
/// before.
pub fn post_apart(conn: &mut Db, group: &Group, now: Ts) -> Result<Posted> {
    told(attempt(conn, group, Way::Apart, now)?)
}

fn told(outcome: Outcome) -> Result<Posted> {
    match outcome {
        Outcome::Posted { uncollected } => Ok(Posted::Now { uncollected }),
        Outcome::Exists => Ok(Posted::Before),
        Outcome::ExceedsBalance(_) => Err(Code::BalanceExceeded.into()),
        Outcome::PendingSettled(_) => Err(Code::HoldSettled.into()),
        Outcome::NoAccount(id) => Err(Error::corrupt(format!("there is no account {id} of that kind"))),
    }
}

/// Posts each group by itself, in a savepoint of its own; one outcome per group, in their order.
pub fn post_each(conn: &mut Db, groups: &[Group], now: Ts) -> Result<Vec<Outcome>> {
    groups
        .iter()
        .map(|group| {
            let mut refused = None;
            let outcome = conn.transaction(|c| match attempt(c, group, Way::Together, now)? {
                outcome @ (Outcome::Posted { .. } | Outcome::Exists) => Ok(outcome),
                outcome => {
                    refused = Some(outcome);
                    Err(Error::from(Code::BalanceExceeded))
                }
            });
            match (outcome, refused) {
                (Ok(outcome), _) | (Err(Error::Refused(_)), Some(outcome)) => Ok(outcome),
                (Err(error), _) => Err(error),
            }
        })
        .collect()
}

stmt! { TakeKey { key: String => Text, now: i64 => BigInt } -> Text =
"INSERT INTO transfer_groups (business_key, created_at) VALUES (?, ?) ON CONFLICT (business_key) DO NOTHING RETURNING business_key" }

fn attempt(conn: &mut Db, group: &Group, way: Way, now: Ts) -> Result<Outcome> {
    check_shape(group)?;
    if let Db::Pg(pg) = conn
        && way == Way::Together
        && at_once::takes(group)
        && let Some(outcome) = at_once::post(pg, &[group], now)?
    {
        return Ok(outcome);
    }
    let key = TakeKey { key: group.business_key.clone(), now: now.0 };
    if key.get_result::<String>(conn).optional()?.is_none() {
        return Ok(Outcome::Exists);
    }
    let ids: Vec<AccountId> = group.movements.iter().flat_map(|m| [m.debit, m.credit]).collect();
    let natures = accounts::natures(conn, &ids)?;
    for m in &group.movements {
        for id in [m.debit, m.credit] {
            if natures.get(&id).is_none_or(|(kind, _)| *kind != m.kind) {
                return Ok(Outcome::NoAccount(id));
            }
        }
    }
    let has_row = |id: AccountId| natures.get(&id).is_some_and(|(_, holder)| holder.has_balance_row());
    // Holds before balances, and balances in the order of their ids: the lock order.
    let mut changes = match touch_holds(conn, group, &has_row, now)? {
        Ok(changes) => changes,
        Err(settled) => return Ok(Outcome::PendingSettled(settled)),
    };
    let there = if group.movements.iter().any(|m| m.mode == Mode::Balancing) {
        lock_balances(conn, ids.iter().copied().filter(|id| has_row(*id)))?
    } else {
        BTreeMap::new()
    };
    let mut uncollected = Points::ZERO;
    let mut final_amounts = Vec::with_capacity(group.movements.len());
    for m in &group.movements {
        let amount = match m.mode {
            Mode::Balancing if has_row(m.debit) => collectable(m, &there, &changes, &mut uncollected)?,
            _ => m.amount.hundredths(),
        };
        note_changes(&mut changes, m, amount, &has_row);
        final_amounts.push(amount);
    }
    for (account, change) in &changes {
        if !apply(conn, *account, *change)? {
            return Ok(Outcome::ExceedsBalance(*account));
        }
    }
    let moved: Vec<(&Movement, i64)> =
        group.movements.iter().zip(final_amounts).filter(|(_, n)| *n > 0).collect();
    insert(conn, group, &moved, now)?;
    Ok(Outcome::Posted { uncollected })
}

fn check_shape(group: &Group) -> Result<()> {
    let in_bounds = |m: &Movement| m.amount.is_positive() && m.amount <= TRANSFER_MAX && m.debit != m.credit;
    let sized = (1..=GROUP_MAX).contains(&group.movements.len());
    if sized && !group.business_key.is_empty() && group.movements.iter().all(in_bounds) {
        return Ok(());
    }
    Err(Error::corrupt("a group of transfers is out of shape"))
}

stmt! { LockSqlite { account: AccountId => Uid } -> (BigInt, BigInt, Nullable<BigInt>) =
"SELECT posted, pending, floor FROM balances WHERE account_id = ?" }
stmt! { LockPostgres { account: AccountId => Uid } -> (BigInt, BigInt, Nullable<BigInt>) =
"SELECT posted, pending, floor FROM balances WHERE account_id = ? FOR UPDATE" }

/// What each of these accounts has available above its floor, locked in the order of their ids.
fn lock_balances(conn: &mut Db, ids: impl Iterator<Item = AccountId>) -> Result<BTreeMap<AccountId, i64>> {
    let distinct: BTreeSet<AccountId> = ids.collect();
    let mut there = BTreeMap::new();
    for account in distinct {
        let row: Option<(i64, i64, Option<i64>)> = if conn.is_sqlite() {
            LockSqlite { account }.get_result(conn).optional()?
        } else {
            LockPostgres { account }.get_result(conn).optional()?
        };
        let (posted, pending, floor) =
            row.ok_or_else(|| Error::corrupt("an account without its balance row"))?;
        there.insert(account, posted - pending - floor.unwrap_or(0));
    }
    Ok(there)
}

/// What a balancing debit can take of its account after the movements before it.
fn collectable(
    m: &Movement,
    there: &BTreeMap<AccountId, i64>,
    changes: &BTreeMap<AccountId, Change>,
    uncollected: &mut Points,
) -> Result<i64> {
    let before = changes.get(&m.debit).map_or(0, |change| change.posted - change.pending);
    let there = there.get(&m.debit).copied().unwrap_or(0) + before;
    let taken = there.clamp(0, m.amount.hundredths());
    let missing = Points::from_hundredths(m.amount.hundredths() - taken);
    *uncollected = uncollected.checked_add(missing).ok_or_else(|| Error::corrupt("points overflow"))?;
    Ok(taken)
}

/// Releases the expired holds of the accounts that give, then settles what the group settles; `Err` is a hold that is settled already.
fn touch_holds(
    conn: &mut Db,
    group: &Group,
    has_row: &impl Fn(AccountId) -> bool,
    now: Ts,
) -> Result<std::result::Result<BTreeMap<AccountId, Change>, TransferId>> {
    let givers: BTreeSet<AccountId> =
        group.movements.iter().map(|m| m.debit).filter(|id| has_row(*id)).collect();
    let mut changes: BTreeMap<AccountId, Change> = BTreeMap::new();
    for account in givers {
        let freed = holds::expire(conn, account, now)?;
        if freed > 0 {
            changes.entry(account).or_default().pending -= freed;
        }
    }
    for m in &group.movements {
        if let Mode::PostPending(pending) | Mode::VoidPending(pending) = m.mode
            && !settle_hold(conn, m, pending, now)?
        {
            return Ok(Err(pending));
        }
    }
    Ok(Ok(changes))
}

stmt! { HeldFor { transfer: TransferId => Uid } -> Uid = "SELECT credit FROM transfers WHERE id = ?" }

/// Settles the hold of a pending transfer, unless it is settled; accounts and amount must be the held ones.
fn settle_hold(conn: &mut Db, m: &Movement, pending: TransferId, now: Ts) -> Result<bool> {
    let state = if matches!(m.mode, Mode::PostPending(_)) { "posted" } else { "voided" };
    let Some(settled) = holds::settle(conn, pending, state, now)? else { return Ok(false) };
    let credit: AccountId = HeldFor { transfer: pending }.get_result(conn)?;
    if (settled.account, credit, settled.amount) != (m.debit, m.credit, m.amount.hundredths()) {
        return Err(Error::corrupt("a hold is settled with another account or amount"));
    }
    Ok(true)
}

fn note_changes(
    changes: &mut BTreeMap<AccountId, Change>,
    m: &Movement,
    amount: i64,
    has_row: &impl Fn(AccountId) -> bool,
) {
    if has_row(m.debit) {
        let change = changes.entry(m.debit).or_default();
        match m.mode {
            Mode::Posted | Mode::Balancing => change.posted -= amount,
            Mode::Pending { .. } => change.pending += amount,
            Mode::PostPending(_) => {
                change.posted -= amount;
                change.pending -= amount;
            }
            Mode::VoidPending(_) => change.pending -= amount,
        }
    }
    if has_row(m.credit) && matches!(m.mode, Mode::Posted | Mode::Balancing | Mode::PostPending(_)) {
        changes.entry(m.credit).or_default().posted += amount;
    }
}

stmt! { Apply { posted: i64 => BigInt, pending: i64 => BigInt, account: AccountId => Uid, change: i64 => BigInt, again: i64 => BigInt }
-> BigInt =
"UPDATE balances SET posted = posted + ?, pending = pending + ?, version = version + 1 \
 WHERE account_id = ? AND (floor IS NULL OR ? >= 0 OR posted - pending + ? >= floor) RETURNING posted" }

/// Changes a balance under its guard; `false` when too little is available.
fn apply(conn: &mut Db, account: AccountId, change: Change) -> Result<bool> {
    let available = change.posted - change.pending;
    let statement = Apply {
        posted: change.posted,
        pending: change.pending,
        account,
        change: available,
        again: available,
    };
    Ok(statement.get_result::<i64>(conn).optional()?.is_some())
}

macro_rules! transfer {
    () => {
        "INSERT INTO transfers (id, business_key, kind, debit, credit, amount, mode, reason, pending_id, reverses, unit_id, household_id, \
         resident_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    };
}

stmt! { Transfer { id: TransferId => Uid, key: String => Text, kind: String => Text, debit: AccountId => Uid, credit: AccountId => Uid,
amount: i64 => BigInt, mode: String => Text, reason: String => Text, pending: Option<AnyId> => Nullable<Uid>,
reverses: Option<AnyId> => Nullable<Uid>, unit: Option<AnyId> => Nullable<Uid>, household: Option<AnyId> => Nullable<Uid>,
resident: Option<AnyId> => Nullable<Uid>, at: i64 => BigInt } -> Uid = transfer!() }
// The transfer and its place in the queue in one round trip.
stmt! { QueuedTransfer { id: TransferId => Uid, key: String => Text, kind: String => Text, debit: AccountId => Uid, credit: AccountId => Uid,
                 amount: i64 => BigInt, mode: String => Text, reason: String => Text, pending: Option<AnyId> => Nullable<Uid>,
                 reverses: Option<AnyId> => Nullable<Uid>, unit: Option<AnyId> => Nullable<Uid>, household: Option<AnyId> => Nullable<Uid>,
                 resident: Option<AnyId> => Nullable<Uid>, at: i64 => BigInt } -> Uid =
concat!("WITH t AS (", transfer!(), " RETURNING id) INSERT INTO ledger_queue (entry, transfer_id) SELECT 'transfer', id FROM t") }
stmt! { Queue { transfer: TransferId => Uid } -> Uid = "INSERT INTO ledger_queue (entry, transfer_id) VALUES ('transfer', ?)" }
stmt! { Hold { transfer: TransferId => Uid, account: AccountId => Uid, amount: i64 => BigInt, expires: i64 => BigInt } -> Uid =
"INSERT INTO holds (transfer_id, account_id, amount, expires_at, state) VALUES (?, ?, ?, ?, 'open')" }

/// A row of either statement.
macro_rules! transfer_row {
    ($row:ident, $group:expr, $m:expr, $amount:expr, $now:expr) => {{
        let (mode, pending) = mode_of($m.mode);
        $row {
            id: $m.id,
            key: $group.business_key.clone(),
            kind: $m.kind.word().to_owned(),
            debit: $m.debit,
            credit: $m.credit,
            amount: $amount,
            mode: mode.to_owned(),
            reason: $m.reason.word().to_owned(),
            pending: pending.map(uid),
            reverses: $m.reverses.map(uid),
            unit: $m.standing.unit.map(uid),
            household: $m.standing.household.map(uid),
            resident: $m.standing.resident.map(uid),
            at: $now.0,
        }
    }};
}

/// The word of a mode, and the pending transfer that it settles.
fn mode_of(mode: Mode) -> (&'static str, Option<TransferId>) {
    match mode {
        Mode::Posted | Mode::Balancing => ("posted", None),
        Mode::Pending { .. } => ("pending", None),
        Mode::PostPending(id) => ("post", Some(id)),
        Mode::VoidPending(id) => ("void", Some(id)),
    }
}

fn insert(conn: &mut Db, group: &Group, moved: &[(&Movement, i64)], now: Ts) -> Result<()> {
    for (m, amount) in moved {
        if conn.is_sqlite() {
            transfer_row!(Transfer, group, m, *amount, now).execute(conn)?;
            Queue { transfer: m.id }.execute(conn)?;
        } else {
            transfer_row!(QueuedTransfer, group, m, *amount, now).execute(conn)?;
        }
        if let Mode::Pending { expires_at } = m.mode {
            let expires = expires_at.0;
            Hold { transfer: m.id, account: m.debit, amount: *amount, expires }.execute(conn)?;
        }
    }
    Ok(())
}

/// A transfer as stored, for reversing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The transfer.
    pub id: TransferId,
    /// Its kind.
    pub kind: Kind,
    /// The account that gave.
    pub debit: AccountId,
    /// The account that received.
    pub credit: AccountId,
    /// How much.
    pub amount: Points,
    /// What boards know of it.
    pub standing: domain::ledger::Standing,
}

type StoredRow = (
    TransferId,
    String,
    AccountId,
    AccountId,
    i64,
    Option<domain::ids::UnitId>,
    Option<domain::ids::HouseholdId>,
    Option<domain::ids::ResidentId>,
);

/// The posted transfers of a business key.
pub fn of_key(conn: &mut Db, business_key: &str) -> Result<Vec<Stored>> {
    use transfers as t;
    let rows: Vec<StoredRow> = t::table
        .filter(t::business_key.eq(business_key))
        .filter(t::mode.eq_any(["posted", "post"]))
        .order(t::id)
        .select((t::id, t::kind, t::debit, t::credit, t::amount, t::unit_id, t::household_id, t::resident_id))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, kind, debit, credit, amount, unit, household, resident)| {
            Ok(Stored {
                id,
                kind: Kind::from_word(&kind).ok_or_else(|| Error::corrupt("a transfer of no kind"))?,
                debit,
                credit,
                amount: Points::from_hundredths(amount),
                standing: domain::ledger::Standing { unit, household, resident },
            })
        })
        .collect()
}
