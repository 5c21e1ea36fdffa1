//! Redemptions: one row from the hold to its end. Whoever changes one locks its row first ([`lock`]), then counters, holds, balances and
//! the shop's customers, in this order.

pub mod at_once;
mod customers;
pub mod expiry;
pub mod figures;
mod lists;
mod terms;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
use domain::ids::{
    AccountId, ClerkId, HouseholdId, MerchantId, OfferId, RedemptionId, ResidentId, TransferId,
};
use domain::period::{Period, Span};
use domain::redemption::{Approval, Standing, State};
use domain::{Day, Id, Money, Points, Ts};

use crate::adapters::{AnyId, Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::stmt;

pub use customers::{unvisited, visited};
pub use lists::{Filter, Told, find, of_merchant, of_order, of_resident};
pub use terms::{Terms, require_open_shop, terms, void_within_h};

/// What a redemption took of the offer's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The period of the limit per resident, if there was one.
    pub of_resident: Option<Period>,
    /// The day of the daily limit, if there was one.
    pub of_day: Option<Day>,
}

/// A counter, as it is addressed.
pub type Counter = (String, AnyId, Period);

impl Limits {
    /// The counters that these limits are kept in.
    pub fn counters(&self, offer: OfferId, resident: ResidentId) -> impl Iterator<Item = Counter> + use<> {
        let own = self.of_resident.map(|period| (resident_scope(offer), AnyId::of(resident), period));
        let day = self.of_day.map(|day| (DAY_SCOPE.to_owned(), AnyId::of(offer), Period::of(Span::Day, day)));
        own.into_iter().chain(day)
    }
}

/// The scope of an offer's limit per day; the subject is the offer.
pub const DAY_SCOPE: &str = "offer-day";

/// The scope of an offer's limit per resident; the subject is the resident.
pub fn resident_scope(offer: OfferId) -> String {
    format!("offer:{}", offer.uuid().simple())
}

/// The business keys of a redemption's groups of transfers.
pub fn business_key(redemption: RedemptionId, step: &str) -> String {
    format!("redemption:{}:{step}", redemption.uuid().simple())
}

/// The redemption of a business key that [`business_key`] made.
pub fn of_business_key(key: &str) -> Option<RedemptionId> {
    let (id, _) = key.strip_prefix("redemption:")?.split_once(':')?;
    uuid::Uuid::try_parse(id).ok().map(RedemptionId::from_uuid)
}

/// A redemption as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Redemption {
    /// Its id.
    pub id: RedemptionId,
    /// The shop.
    pub merchant: MerchantId,
    /// The offer.
    pub offer: OfferId,
    /// Who took the code.
    pub clerk: ClerkId,
    /// The shop's number for this sale.
    pub order_no: String,
    code_hash: Vec<u8>,
    /// The customer.
    pub resident: ResidentId,
    /// Their household at that time.
    pub household: Option<HouseholdId>,
    /// The account that pays.
    pub account: AccountId,
    /// The pending transfer.
    pub hold: TransferId,
    list_price: i64,
    price: i64,
    points: i64,
    state: String,
    approval: String,
    expires_at: i64,
    day: i32,
    limit_span: Option<String>,
    limit_start: Option<i32>,
    limit_of_day: bool,
    settled_at: Option<i64>,
    voided_at: Option<i64>,
    /// The receipt of the sale.
    pub receipt: Option<String>,
    /// The receipt of its return.
    pub void_receipt: Option<String>,
    created_at: i64,
}

impl Redemption {
    /// Without the offer.
    pub fn list_price(&self) -> Money {
        Money::from_fen(self.list_price)
    }
    /// What the customer pays.
    pub fn price(&self) -> Money {
        Money::from_fen(self.price)
    }
    /// What it costs beside the price.
    pub fn points(&self) -> Points {
        Points::from_hundredths(self.points)
    }
    /// The local day on which the code was taken.
    pub fn day(&self) -> Day {
        Day(self.day)
    }
    /// When it was voided.
    pub fn voided_at(&self) -> Option<Ts> {
        self.voided_at.map(Ts)
    }
    /// When the code was taken.
    pub fn created_at(&self) -> Ts {
        Ts(self.created_at)
    }
    /// Whether this code was taken for it.
    pub fn is_of_code(&self, hash: &[u8]) -> bool {
        self.code_hash == hash
    }
    /// What decides about its next step.
    pub fn standing(&self) -> Result<Standing> {
        let words = State::from_word(&self.state).zip(Approval::from_word(&self.approval));
        let (state, approval) = words.ok_or_else(|| Error::corrupt("a redemption of no state"))?;
        let settled_at = self.settled_at.map(Ts);
        Ok(Standing { state, approval, expires_at: Ts(self.expires_at), settled_at })
    }
    /// As it is after the customer has approved.
    pub fn approved(self) -> Self {
        Self { approval: Approval::Approved.word().to_owned(), ..self }
    }
    /// As it is after its capture.
    pub fn captured(self, receipt: String, now: Ts) -> Self {
        Self { receipt: Some(receipt), ..self.ended(State::Captured, now) }
    }
    /// As it is after its hold has ended so.
    pub fn ended(self, state: State, now: Ts) -> Self {
        Self { state: state.word().to_owned(), settled_at: Some(now.0), ..self }
    }
    /// What it took of the offer's limits.
    pub fn limits(&self) -> Result<Limits> {
        limits(self.limit_span.as_deref(), self.limit_start, self.limit_of_day.then_some(Day(self.day)))
    }
}

fn limits(span: Option<&str>, start: Option<i32>, of_day: Option<Day>) -> Result<Limits> {
    let period = |(span, start): (&str, i32)| {
        let span = span.parse::<Span>().map_err(|()| Error::corrupt("a limit of no span"))?;
        Ok::<_, Error>(Period { span, start: Day(start) })
    };
    Ok(Limits { of_resident: span.zip(start).map(period).transpose()?, of_day })
}

// What a row is read by, in the order of `Redemption`; names are asked for beside them, without a join.
macro_rules! columns {
    () => {
        "id, merchant_id, offer_id, clerk_id, order_no, code_hash, resident_id, household_id, account_id, hold_id, list_price, price, \
         points, state, approval, expires_at, day, limit_span, limit_start, limit_of_day, settled_at, voided_at, receipt, void_receipt, \
         created_at"
    };
}
use columns;
macro_rules! told {
    () => {
        concat!(
            "SELECT ",
            columns!(),
            ", (SELECT o.title FROM offers o WHERE o.id = redemptions.offer_id), \
             (SELECT m.name FROM merchants m WHERE m.id = redemptions.merchant_id), \
             (SELECT n.masked_name FROM resident_names n WHERE n.resident_id = redemptions.resident_id), \
             (SELECT w.note FROM redemption_notes w WHERE w.redemption_id = redemptions.id)"
        )
    };
}
use told;
// What `columns!` selects, in its order.
type Columns = (
    Uid,
    Uid,
    Uid,
    Uid,
    Text,
    Binary,
    Uid,
    Nullable<Uid>,
    Uid,
    Uid,
    BigInt,
    BigInt,
    BigInt,
    Text,
    Text,
    BigInt,
    Integer,
    Nullable<Text>,
    Nullable<Integer>,
    Bool,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Text>,
    BigInt,
);
type ToldSql = (Columns, Text, Text, Nullable<Text>, Nullable<Text>);
stmt! { LockSqlite { id: RedemptionId => Uid } -> ToldSql = concat!(told!(), " FROM redemptions WHERE id = ?") }
stmt! { LockPostgres { id: RedemptionId => Uid } -> ToldSql = concat!(told!(), " FROM redemptions WHERE id = ? FOR UPDATE") }

/// A redemption with what is told of it, locked until the transaction ends.
pub fn lock(conn: &mut Db, id: RedemptionId) -> Result<Option<Told>> {
    let found = if conn.is_sqlite() {
        LockSqlite { id }.get_result(conn).optional()?
    } else {
        LockPostgres { id }.get_result(conn).optional()?
    };
    Ok(found)
}

/// A redemption to keep.
#[derive(Debug, Clone)]
pub struct NewRedemption {
    /// Its id.
    pub id: RedemptionId,
    /// The shop.
    pub merchant: MerchantId,
    /// The offer.
    pub offer: OfferId,
    /// Who took the code.
    pub clerk: ClerkId,
    /// The shop's number for this sale.
    pub order_no: String,
    /// What the code is kept by.
    pub code_hash: Vec<u8>,
    /// The customer.
    pub resident: ResidentId,
    /// Their household.
    pub household: Option<HouseholdId>,
    /// The account that pays.
    pub account: AccountId,
    /// The pending transfer.
    pub hold: TransferId,
    /// Without the offer.
    pub list_price: Money,
    /// What the customer pays.
    pub price: Money,
    /// What it costs beside the price.
    pub points: Points,
    /// What the customer has said.
    pub approval: Approval,
    /// Until when the points are held.
    pub expires_at: Ts,
    /// The local day.
    pub day: Day,
    /// What was taken of limits.
    pub limits: Limits,
}

impl NewRedemption {
    /// As it is stored.
    pub fn stored(self, now: Ts) -> Redemption {
        Redemption {
            id: self.id,
            merchant: self.merchant,
            offer: self.offer,
            clerk: self.clerk,
            order_no: self.order_no,
            code_hash: self.code_hash,
            resident: self.resident,
            household: self.household,
            account: self.account,
            hold: self.hold,
            list_price: self.list_price.fen(),
            price: self.price.fen(),
            points: self.points.hundredths(),
            state: State::Held.word().to_owned(),
            approval: self.approval.word().to_owned(),
            expires_at: self.expires_at.0,
            day: self.day.0,
            limit_span: self.limits.of_resident.map(|p| p.span.word().to_owned()),
            limit_start: self.limits.of_resident.map(|p| p.start.0),
            limit_of_day: self.limits.of_day.is_some(),
            settled_at: None,
            voided_at: None,
            receipt: None,
            void_receipt: None,
            created_at: now.0,
        }
    }
}

stmt! { Insert { id: RedemptionId => Uid, merchant: MerchantId => Uid, offer: OfferId => Uid, clerk: ClerkId => Uid, order_no: String => Text,
code_hash: Vec<u8> => Binary, resident: ResidentId => Uid, household: Option<AnyId> => Nullable<Uid>, account: AccountId => Uid,
hold: TransferId => Uid, list_price: i64 => BigInt, price: i64 => BigInt, points: i64 => BigInt, approval: &'static str => Text,
expires_at: i64 => BigInt, day: i32 => Integer, week: i32 => Integer, month: i32 => Integer,
limit_span: Option<&'static str> => Nullable<Text>, limit_start: Option<i32> => Nullable<Integer>, limit_of_day: bool => Bool,
now: i64 => BigInt } -> Uid =
"INSERT INTO redemptions (id, merchant_id, offer_id, clerk_id, order_no, code_hash, resident_id, household_id, account_id, hold_id, list_price, \
price, points, state, approval, expires_at, day, week, month, limit_span, limit_start, limit_of_day, created_at) \
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'held', ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (merchant_id, order_no) DO NOTHING RETURNING id" }

/// Keeps a new one; `false` if the shop has used this order number before: then the transaction must be rolled back.
pub fn insert(conn: &mut Db, new: &NewRedemption, now: Ts) -> Result<bool> {
    let start = |span| Period::of(span, new.day).start.0;
    let statement = Insert {
        id: new.id,
        merchant: new.merchant,
        offer: new.offer,
        clerk: new.clerk,
        order_no: new.order_no.clone(),
        code_hash: new.code_hash.clone(),
        resident: new.resident,
        household: new.household.map(uid),
        account: new.account,
        hold: new.hold,
        list_price: new.list_price.fen(),
        price: new.price.fen(),
        points: new.points.hundredths(),
        approval: new.approval.word(),
        expires_at: new.expires_at.0,
        day: new.day.0,
        week: start(Span::Week),
        month: start(Span::Month),
        limit_span: new.limits.of_resident.map(|p| p.span.word()),
        limit_start: new.limits.of_resident.map(|p| p.start.0),
        limit_of_day: new.limits.of_day.is_some(),
        now: now.0,
    };
    Ok(statement.get_result::<RedemptionId>(conn).optional()?.is_some())
}

stmt! { Approve { id: RedemptionId => Uid, now: i64 => BigInt } -> Uid =
"UPDATE redemptions SET approval = 'approved' WHERE id = ? AND state = 'held' AND approval = 'awaited' AND expires_at > ?" }

/// The customer says yes; `false` if there is nothing to say yes to.
pub fn approve(conn: &mut Db, id: RedemptionId, now: Ts) -> Result<bool> {
    Ok(Approve { id, now: now.0 }.execute(conn)? == 1)
}

stmt! { Capture { at: i64 => BigInt, receipt: String => Text, id: RedemptionId => Uid, now: i64 => BigInt } -> Uid =
"UPDATE redemptions SET state = 'captured', settled_at = ?, receipt = ? \
WHERE id = ? AND state = 'held' AND approval <> 'awaited' AND expires_at > ?" }

/// Held becomes captured; `false` if it is not held any more.
pub fn capture(conn: &mut Db, id: RedemptionId, receipt: &str, now: Ts) -> Result<bool> {
    Ok(Capture { at: now.0, receipt: receipt.to_owned(), id, now: now.0 }.execute(conn)? == 1)
}

stmt! { LetGo { state: &'static str => Text, at: i64 => BigInt, by: Option<AnyId> => Nullable<Uid>, id: RedemptionId => Uid } -> Uid =
"UPDATE redemptions SET state = ?, settled_at = ?, ended_by = ? WHERE id = ? AND state = 'held'" }

/// Held becomes cancelled or declined; `false` if it is not held any more.
pub fn let_go(conn: &mut Db, id: RedemptionId, state: State, by: Option<ClerkId>, now: Ts) -> Result<bool> {
    Ok(LetGo { state: state.word(), at: now.0, by: by.map(uid), id }.execute(conn)? == 1)
}

/// What a void writes.
#[derive(Debug, Clone)]
pub struct Void {
    /// Who does it.
    pub by: ClerkId,
    /// The version that the paying account's balance has after the return.
    pub returned_version: i64,
    /// The receipt of the return.
    pub receipt: String,
}

stmt! { SetVoid { at: i64 => BigInt, by: ClerkId => Uid, version: i64 => BigInt, receipt: String => Text, id: RedemptionId => Uid } -> Uid =
"UPDATE redemptions SET state = 'voided', voided_at = ?, ended_by = ?, returned_version = ?, void_receipt = ? WHERE id = ? AND state = 'captured'" }

/// Captured becomes voided; `false` if it is not captured any more.
pub fn void(conn: &mut Db, id: RedemptionId, void: &Void, now: Ts) -> Result<bool> {
    let Void { by, returned_version, receipt } = void.clone();
    Ok(SetVoid { at: now.0, by, version: returned_version, receipt, id }.execute(conn)? == 1)
}

stmt! { HeldFor { hold: TransferId => Uid } -> Uid = "SELECT credit FROM transfers WHERE id = ?" }

/// The account that points are held for.
pub fn held_for(conn: &mut Db, hold: TransferId) -> Result<AccountId> {
    Ok(HeldFor { hold }.get_result(conn)?)
}

stmt! { VersionSqlite { account: AccountId => Uid } -> BigInt = "SELECT version FROM balances WHERE account_id = ?" }
stmt! { VersionPostgres { account: AccountId => Uid } -> BigInt = "SELECT version FROM balances WHERE account_id = ? FOR UPDATE" }

/// The version of an account's balance, which is locked until the transaction ends.
pub fn lock_balance(conn: &mut Db, account: AccountId) -> Result<i64> {
    let version = if conn.is_sqlite() {
        VersionSqlite { account }.get_result(conn)?
    } else {
        VersionPostgres { account }.get_result(conn)?
    };
    Ok(version)
}

stmt! { Note { id: RedemptionId => Uid, note: String => Text } -> Uid =
"INSERT INTO redemption_notes (redemption_id, note) VALUES (?, ?) ON CONFLICT (redemption_id) DO NOTHING" }

/// Why the shop voided it.
pub fn note(conn: &mut Db, id: RedemptionId, note: &str) -> Result<()> {
    Note { id, note: note.to_owned() }.execute(conn)?;
    Ok(())
}
