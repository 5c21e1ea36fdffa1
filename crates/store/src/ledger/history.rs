//! What moved on somebody's accounts, newest first. A page costs the same however long the history is.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use domain::ids::{AccountId, ResidentId, TransferId};
use domain::ledger::{Holder, Kind};
use domain::{Points, Ts};

use crate::adapters::{AnyId, Uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::{pg_stmt, stmt};

stmt! { OwnAccounts { resident: ResidentId => Uid } -> (Uid, Text) =
"SELECT o.account_id, o.holder FROM residents r JOIN account_owners o ON o.owner_id IN (r.id, r.household_id) WHERE r.id = ?" }

/// One line of an account's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The account.
    pub account: AccountId,
    /// The transfer.
    pub id: TransferId,
    /// Which kind of points.
    pub kind: Kind,
    /// Signed: what the account gained or gave.
    pub amount: Points,
    /// The reason's word.
    pub reason: String,
    /// The mode's word: posted, pending, post, void.
    pub mode: String,
    /// The cause.
    pub business_key: String,
    /// The transfer that it reverses.
    pub reverses: Option<TransferId>,
    /// When.
    pub at: Ts,
}

type RowSql = (Uid, Text, BigInt, Text, Text, Text, Nullable<Uid>, BigInt);
type Row = (TransferId, String, i64, String, String, String, Option<TransferId>, i64);
/// What an account gained by a transfer or gave: the transfer, the account, and 1 or -1.
type Side = (TransferId, AccountId, i32);

/// The newest of one side of an account: a range of an index, which has all that is asked for.
macro_rules! side {
    ($side:literal, $sign:literal, $account:literal) => {
        concat!(
            "SELECT * FROM (SELECT id, ",
            $side,
            " AS account, ",
            $sign,
            " AS sign FROM transfers WHERE ",
            $side,
            " = ",
            $account,
            " AND id < ? ORDER BY id DESC LIMIT ?) ",
            $side,
            "s"
        )
    };
}
macro_rules! columns {
    () => {
        "t.id, t.kind, t.amount, t.reason, t.mode, t.business_key, t.reverses, t.created_at FROM "
    };
}

stmt! { SidesOfOne { credit: AccountId => Uid, before: AnyId => Uid, limit: i64 => BigInt,
                   debit: AccountId => Uid, before_debit: AnyId => Uid, limit_debit: i64 => BigInt } -> (Uid, Uid, Integer) =
concat!(side!("credit", "1", "?"), " UNION ALL ", side!("debit", "-1", "?")) }
stmt! { OneTransfer { id: TransferId => Uid } -> RowSql = concat!("SELECT ", columns!(), "transfers t WHERE t.id = ?") }
pg_stmt! { OfResident { resident: ResidentId => Uid, before: AnyId => Uid, limit: i64 => BigInt, before_debit: AnyId => Uid,
                      limit_debit: i64 => BigInt, most: i64 => BigInt } -> (Text, (Uid, Uid, Integer), RowSql) =
concat!("SELECT h.holder, h.id, h.account, h.sign, ", columns!(), "(SELECT a.holder, s.* FROM (SELECT o.account_id AS id, o.holder \
    FROM residents r JOIN account_owners o ON o.owner_id IN (r.id, r.household_id) WHERE r.id = ?) a CROSS JOIN LATERAL (",
    side!("credit", "1", "a.id"), " UNION ALL ", side!("debit", "-1", "a.id"), ") s ORDER BY s.id DESC LIMIT ?) h \
    JOIN transfers t ON t.id = h.id ORDER BY h.id DESC") }

/// The newest movements on the accounts of a resident and of the resident's household, before a transfer, newest first, with whose account
/// it was. Cost: an index range on each side of each account, and a row for each that is found.
pub fn of_resident(
    conn: &mut Db,
    resident: ResidentId,
    before: Option<TransferId>,
    limit: u32,
) -> Result<Vec<(Holder, Movement)>> {
    let before = before.map_or(AnyId(uuid::Uuid::max()), AnyId::of);
    let most = i64::from(limit);
    if let Db::Pg(pg) = conn {
        let (limit, before_debit, limit_debit) = (most, before, most);
        let all = OfResident { resident, before, limit, before_debit, limit_debit, most };
        let rows: Vec<(String, Side, Row)> = all.load(pg)?;
        return rows
            .into_iter()
            .map(|(holder, side, row)| Ok((holder_of(&holder)?, movement(side, row)?)))
            .collect();
    }
    let accounts: Vec<(AccountId, String)> = OwnAccounts { resident }.load(conn)?;
    let mut sides: Vec<(String, Side)> = Vec::new();
    for (credit, holder) in accounts {
        let (before_debit, limit_debit) = (before, most);
        let of_one = SidesOfOne { credit, before, limit: most, debit: credit, before_debit, limit_debit };
        sides.extend(of_one.load::<Side>(conn)?.into_iter().map(|side| (holder.clone(), side)));
    }
    sides.sort_by_key(|(_, (id, ..))| std::cmp::Reverse(*id));
    sides.truncate(limit as usize);
    let one = |(holder, side): (String, Side)| {
        Ok((holder_of(&holder)?, movement(side, OneTransfer { id: side.0 }.get_result(conn)?)?))
    };
    sides.into_iter().map(one).collect()
}

fn holder_of(word: &str) -> Result<Holder> {
    Holder::from_word(word).ok_or_else(|| Error::corrupt("an account of no holder"))
}

fn movement((_, account, sign): Side, row: Row) -> Result<Movement> {
    let (id, kind, amount, reason, mode, business_key, reverses, at) = row;
    Ok(Movement {
        account,
        id,
        kind: Kind::from_word(&kind).ok_or_else(|| Error::corrupt("a transfer of no kind"))?,
        amount: Points::from_hundredths(amount * i64::from(sign)),
        reason,
        mode,
        business_key,
        reverses,
        at: Ts(at),
    })
}
