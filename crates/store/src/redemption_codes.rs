//! Codes that residents show at a till: kept by what cannot be turned back into the code, used once, good for a minute.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use domain::ids::{AccountId, HouseholdId, MerchantId, OfferId, ResidentId};
use domain::redemption::CodeKind;
use domain::{Points, Ts};

use crate::adapters::{AnyId, Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::stmt;

/// What a code is for, beside saying who stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Nothing.
    Plain,
    /// This offer at this version.
    Offer(OfferId, i64),
    /// To be typed at this shop.
    Typed(MerchantId),
}

/// Who pays, and from which account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payer {
    /// The resident.
    pub resident: ResidentId,
    /// Their household, as of now.
    pub household: Option<HouseholdId>,
    /// The account that pays.
    pub account: AccountId,
    /// Above this many points the own tap is needed beside a plain code.
    pub tap_above: Points,
}

stmt! { Issue { hash: Vec<u8> => Binary, kind: &'static str => Text, resident: ResidentId => Uid, household: Option<AnyId> => Nullable<Uid>,
account: AccountId => Uid, offer: Option<AnyId> => Nullable<Uid>, offer_version: Option<i64> => Nullable<BigInt>,
merchant: Option<AnyId> => Nullable<Uid>, tap_above: i64 => BigInt, expires_at: i64 => BigInt, now: i64 => BigInt } -> Binary =
"INSERT INTO redemption_codes (hash, kind, resident_id, household_id, account_id, offer_id, offer_version, merchant_id, tap_above, state, \
expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'issued', ?, ?) \
ON CONFLICT (resident_id) WHERE state = 'issued' DO UPDATE SET hash = excluded.hash, kind = excluded.kind, \
household_id = excluded.household_id, account_id = excluded.account_id, offer_id = excluded.offer_id, \
offer_version = excluded.offer_version, merchant_id = excluded.merchant_id, tap_above = excluded.tap_above, \
expires_at = excluded.expires_at, created_at = excluded.created_at" }

/// Keeps a new code. It takes the place of the one that was not used yet, in one statement, so that of two made at once one is left.
pub fn issue(
    conn: &mut Db,
    hash: &[u8],
    payer: &Payer,
    purpose: Purpose,
    expires_at: Ts,
    now: Ts,
) -> Result<()> {
    let (kind, offer, offer_version, merchant) = match purpose {
        Purpose::Plain => ("shown", None, None, None),
        Purpose::Offer(offer, version) => ("shown", Some(uid(offer)), Some(version), None),
        Purpose::Typed(merchant) => ("typed", None, None, Some(uid(merchant))),
    };
    let statement = Issue {
        hash: hash.to_vec(),
        kind,
        resident: payer.resident,
        household: payer.household.map(uid),
        account: payer.account,
        offer,
        offer_version,
        merchant,
        tap_above: payer.tap_above.hundredths(),
        expires_at: expires_at.0,
        now: now.0,
    };
    statement.execute(conn)?;
    Ok(())
}

/// A code that was taken just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Who pays.
    pub payer: Payer,
    /// What it is for.
    pub purpose: Purpose,
}

impl Taken {
    /// What it says of a price.
    pub fn kind(&self) -> CodeKind {
        match self.purpose {
            Purpose::Plain => CodeKind::Plain { tap_above: self.payer.tap_above },
            Purpose::Offer(..) => CodeKind::ForOffer,
            Purpose::Typed(_) => CodeKind::Typed,
        }
    }
}

/// What a code is read from.
pub(crate) type TakenRow = (
    String,
    ResidentId,
    Option<HouseholdId>,
    AccountId,
    Option<OfferId>,
    Option<i64>,
    Option<MerchantId>,
    i64,
);

/// The types of that, in SQL.
pub(crate) type TakenSql =
    (Text, Uid, Nullable<Uid>, Uid, Nullable<Uid>, Nullable<BigInt>, Nullable<Uid>, BigInt);

stmt! { Take { hash: Vec<u8> => Binary, now: i64 => BigInt } -> TakenSql =
"UPDATE redemption_codes SET state = 'claimed' WHERE hash = ? AND state = 'issued' AND expires_at > ? \
RETURNING kind, resident_id, household_id, account_id, offer_id, offer_version, merchant_id, tap_above" }

/// Takes a code that is unused and alive; of many who take it at once one gets it. `None` says nothing of why.
pub fn take(conn: &mut Db, hash: &[u8], now: Ts) -> Result<Option<Taken>> {
    let row: Option<TakenRow> = Take { hash: hash.to_vec(), now: now.0 }.get_result(conn).optional()?;
    row.map(taken).transpose()
}

/// What a row says.
pub(crate) fn taken(row: TakenRow) -> Result<Taken> {
    let (kind, resident, household, account, offer, version, merchant, tap_above) = row;
    let purpose = match (kind.as_str(), offer.zip(version), merchant) {
        ("shown", None, None) => Purpose::Plain,
        ("shown", Some((offer, version)), None) => Purpose::Offer(offer, version),
        ("typed", None, Some(merchant)) => Purpose::Typed(merchant),
        _ => return Err(Error::corrupt("a code for two things")),
    };
    let tap_above = Points::from_hundredths(tap_above);
    Ok(Taken { payer: Payer { resident, household, account, tap_above }, purpose })
}

stmt! { Purge { before: i64 => BigInt, limit: i64 => BigInt } -> Binary =
"DELETE FROM redemption_codes WHERE hash IN (SELECT hash FROM redemption_codes WHERE expires_at < ? ORDER BY expires_at LIMIT ?)" }

/// Deletes codes that expired before this moment, at most `limit`.
pub fn purge(conn: &mut Db, before: Ts, limit: i64) -> Result<usize> {
    Ok(Purge { before: before.0, limit }.execute(conn)?)
}
