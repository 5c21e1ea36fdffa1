//! What a redemption is agreed by: the offer as it is now, and its shop.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use domain::ids::{AccountId, MerchantId, OfferId, UnitId};
use domain::{Code, Day, Money, Points};

use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::error::Result;

/// What an offer asks for, and whether it is to be had: as read with its shop in the transaction that takes a code for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The shop's account; none before it was approved.
    pub account: Option<AccountId>,
    /// The word of the shop's state.
    pub shop_state: String,
    /// The shop.
    pub merchant: MerchantId,
    /// Without the offer.
    pub list_price: Money,
    /// With it.
    pub price: Money,
    /// What it costs beside the price.
    pub points: Points,
    /// The first day.
    pub from_day: Option<Day>,
    /// The last day.
    pub until_day: Option<Day>,
    /// Hours of the week as JSON.
    pub windows: Option<String>,
    /// How often one resident may use it, and the word of the span.
    pub per_resident: Option<(i32, String)>,
    /// How often it is to be had in a day.
    pub per_day: Option<i32>,
    /// The word of its state.
    pub state: String,
    /// Whether the shop has it open.
    pub open: bool,
    /// Counts changes.
    pub version: i64,
}

/// What they are read from.
pub(super) type TermsRow = (
    (MerchantId, Option<AccountId>, String),
    (i64, i64, i64, Option<i32>, Option<i32>, Option<String>),
    (Option<i32>, Option<String>, Option<i32>),
    (String, bool, i64),
);

/// The types of that, in SQL.
pub(super) type TermsSql = (
    (Uid, Nullable<Uid>, Text),
    (BigInt, BigInt, BigInt, Nullable<Integer>, Nullable<Integer>, Nullable<Text>),
    (Nullable<Integer>, Nullable<Text>, Nullable<Integer>),
    (Text, Bool, BigInt),
);

impl From<TermsRow> for Terms {
    fn from(row: TermsRow) -> Self {
        let ((merchant, account, shop_state), prices, (often, span, per_day), (state, open, version)) = row;
        let (list_price, price, points, from_day, until_day, windows) = prices;
        Self {
            account,
            shop_state,
            merchant,
            list_price: Money::from_fen(list_price),
            price: Money::from_fen(price),
            points: Points::from_hundredths(points),
            from_day: from_day.map(Day),
            until_day: until_day.map(Day),
            windows,
            per_resident: often.zip(span),
            per_day,
            state,
            open,
            version,
        }
    }
}

/// The terms of an offer.
pub fn terms(conn: &mut Db, offer: OfferId) -> Result<Option<Terms>> {
    use crate::schema::{merchants, offers};
    let row: Option<TermsRow> = offers::table
        .inner_join(merchants::table.on(merchants::id.eq(offers::merchant_id)))
        .filter(offers::id.eq(uid(offer)))
        .select((
            (merchants::id, merchants::account_id, merchants::state),
            (
                offers::list_price,
                offers::price,
                offers::points,
                offers::from_day,
                offers::until_day,
                offers::windows,
            ),
            (offers::per_resident, offers::per_resident_span, offers::per_day),
            (offers::state, offers::open, offers::version),
        ))
        .first(conn)
        .optional()?;
    Ok(row.map(Into::into))
}

/// Refuses where there is no such shop that takes part.
pub fn require_open_shop(conn: &mut Db, merchant: MerchantId) -> Result<()> {
    use crate::schema::merchants as m;
    let state: Option<String> = m::table.find(uid(merchant)).select(m::state).first(conn).optional()?;
    if state.as_deref() == Some("approved") { Ok(()) } else { Err(Code::ShopNotFound.into()) }
}

/// Within how many hours a shop may void: the policy of its unit.
pub fn void_within_h(conn: &mut Db, merchant: MerchantId) -> Result<u16> {
    use crate::schema::merchants as m;
    let unit: UnitId = m::table.find(uid(merchant)).select(m::unit_id).first(conn)?;
    Ok(crate::units::policy(conn, unit)?.void_within_h)
}
