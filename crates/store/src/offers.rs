//! Offers of shops: what is to be had for less money and some points.

use diesel::prelude::*;
use domain::access::MerchantState;
use domain::hours::Hours;
use domain::ids::{MerchantId, OfferId, StaffId, UnitId};
use domain::shops::{Limit, OfferState};
use domain::{Code, Day, Money, Points, Ts};

use crate::adapters::uid;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::schema::{merchants, offers};
use crate::units::within;

/// An offer as stored.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// What it costs otherwise, in fen.
    pub list_price: i64,
    /// What it costs with points, in fen.
    pub price: i64,
    /// The points, in hundredths.
    pub points: i64,
    /// The first day.
    pub from_day: Option<i32>,
    /// The last day.
    pub until_day: Option<i32>,
    /// Hours of the week, as JSON.
    pub windows: Option<String>,
    /// How often one resident may use it.
    pub per_resident: Option<i32>,
    /// In which span.
    pub per_resident_span: Option<String>,
    /// How often it is to be had in a day.
    pub per_day: Option<i32>,
    /// The state's word.
    pub state: String,
    /// Whether its shop has it open.
    pub open: bool,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// Who decided last.
    pub decided_by: Option<StaffId>,
    /// When, in microseconds.
    pub decided_at: Option<i64>,
    /// Counts changes.
    pub version: i64,
    /// When it was made, in microseconds.
    pub created_at: i64,
}

/// Texts stay out of logs.
impl std::fmt::Debug for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Offer").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

impl Offer {
    /// Where it stands.
    pub fn state(&self) -> Result<OfferState> {
        OfferState::from_word(&self.state).ok_or_else(|| Error::corrupt("an offer of no state"))
    }
    /// Whether it is published and open: it shows, and may be redeemed, if its shop takes part, too.
    pub fn is_out(&self) -> bool {
        self.open && self.state == OfferState::Published.word()
    }
    /// What it costs otherwise.
    pub fn list_price(&self) -> Money {
        Money::from_fen(self.list_price)
    }
    /// What it costs with points.
    pub fn price(&self) -> Money {
        Money::from_fen(self.price)
    }
    /// The points.
    pub fn points(&self) -> Points {
        Points::from_hundredths(self.points)
    }
    /// When it is to be had.
    pub fn hours(&self) -> Result<Hours> {
        let read = |text: &String| {
            serde_json::from_str(text).map_err(|e| Error::corrupt(format!("hours of an offer: {e}")))
        };
        Ok(Hours {
            from_day: self.from_day.map(Day),
            until_day: self.until_day.map(Day),
            windows: self.windows.as_ref().map(read).transpose()?.unwrap_or_default(),
        })
    }
    /// How often one resident may use it.
    pub fn limit(&self) -> Result<Option<Limit>> {
        let Some((count, span)) = self.per_resident.zip(self.per_resident_span.as_ref()) else {
            return Ok(None);
        };
        let span = span.parse().map_err(|()| Error::corrupt("a limit of no span"))?;
        Ok(Some(Limit { count, span }))
    }
}

/// What an offer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// What it costs otherwise.
    pub list_price: Money,
    /// What it costs with points.
    pub price: Money,
    /// The points.
    pub points: Points,
    /// When it is to be had.
    pub hours: Hours,
    /// How often one resident may use it.
    pub limit: Option<Limit>,
    /// How often it is to be had in a day.
    pub per_day: Option<i32>,
}

impl Terms {
    fn windows(&self) -> Result<Option<String>> {
        if self.hours.windows.is_empty() {
            return Ok(None);
        }
        let text = serde_json::to_string(&self.hours.windows);
        text.map(Some).map_err(|e| Error::corrupt(format!("hours of an offer: {e}")))
    }
}

/// The columns of what an offer says, with their values.
macro_rules! said {
    ($terms:expr) => {
        (
            offers::title.eq(&$terms.title),
            offers::body.eq(&$terms.text),
            offers::list_price.eq($terms.list_price.fen()),
            offers::price.eq($terms.price.fen()),
            offers::points.eq($terms.points.hundredths()),
            offers::from_day.eq($terms.hours.from_day.map(|day| day.0)),
            offers::until_day.eq($terms.hours.until_day.map(|day| day.0)),
            offers::windows.eq($terms.windows()?),
            offers::per_resident.eq($terms.limit.map(|limit| limit.count)),
            offers::per_resident_span.eq($terms.limit.map(|limit| limit.span.word())),
            offers::per_day.eq($terms.per_day),
            offers::state.eq(OfferState::Pending.word()),
            offers::reason.eq(None::<String>),
        )
    };
}

/// Adds an offer that waits for the desk; open, as soon as it is published.
pub fn insert(conn: &mut Db, id: OfferId, merchant: MerchantId, terms: &Terms, now: Ts) -> Result<()> {
    let row = (
        offers::id.eq(uid(id)),
        offers::merchant_id.eq(uid(merchant)),
        said!(terms),
        offers::open.eq(true),
        offers::version.eq(1),
        offers::created_at.eq(now.0),
    );
    diesel::insert_into(offers::table).values(row).execute(conn)?;
    Ok(())
}

/// Changes an offer of this version, which sends it back to the desk. Refused: another version.
pub fn change(conn: &mut Db, id: OfferId, merchant: MerchantId, version: i64, terms: &Terms) -> Result<()> {
    let row = offers::table
        .find(uid(id))
        .filter(offers::merchant_id.eq(uid(merchant)))
        .filter(offers::version.eq(version));
    let changed =
        diesel::update(row).set((said!(terms), offers::version.eq(offers::version + 1))).execute(conn)?;
    if changed == 0 { Err(Code::PreconditionFailed.into()) } else { Ok(()) }
}

/// Opens or closes an offer of a shop, which needs no review; one that is open or closed already does not change.
pub fn set_open(conn: &mut Db, id: OfferId, merchant: MerchantId, open: bool) -> Result<()> {
    let row = offers::table
        .find(uid(id))
        .filter(offers::merchant_id.eq(uid(merchant)))
        .filter(offers::open.ne(open));
    diesel::update(row)
        .set((offers::open.eq(open), offers::version.eq(offers::version + 1)))
        .execute(conn)?;
    Ok(())
}

/// Decides on an offer of this version that waits; `false` if it does not, because somebody else was first, or its shop changed it.
pub fn decide(
    conn: &mut Db,
    id: OfferId,
    version: i64,
    to: OfferState,
    reason: Option<&str>,
    by: StaffId,
    now: Ts,
) -> Result<bool> {
    let row = offers::table
        .find(uid(id))
        .filter(offers::version.eq(version))
        .filter(offers::state.eq(OfferState::Pending.word()));
    let set = (
        offers::state.eq(to.word()),
        offers::reason.eq(reason),
        offers::decided_by.eq(uid(by)),
        offers::decided_at.eq(now.0),
        offers::version.eq(offers::version + 1),
    );
    Ok(diesel::update(row).set(set).execute(conn)? == 1)
}

/// One offer.
pub fn find(conn: &mut Db, id: OfferId) -> Result<Option<Offer>> {
    Ok(offers::table.find(uid(id)).first(conn).optional()?)
}

/// One offer, or the refusal that there is none.
pub fn require(conn: &mut Db, id: OfferId) -> Result<Offer> {
    find(conn, id)?.ok_or_else(|| Code::OfferNotFound.into())
}

/// An offer of this shop, or the refusal that there is none.
pub fn require_of(conn: &mut Db, id: OfferId, merchant: MerchantId) -> Result<Offer> {
    find(conn, id)?.filter(|offer| offer.merchant == merchant).ok_or_else(|| Code::OfferNotFound.into())
}

/// Which offers of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of shops in the subtrees of these units; none: everywhere.
    pub roots: Option<Vec<UnitId>>,
    /// Of shops of this category.
    pub category: Option<&'static str>,
    /// Of this shop.
    pub merchant: Option<MerchantId>,
    /// In this state.
    pub state: Option<OfferState>,
    /// Only what everybody sees: published, open, not over on this day, of a shop that takes part.
    pub public_on: Option<Day>,
}

/// An offer with the name of its shop and the unit that the shop is of.
pub type Listed = (Offer, String, UnitId);

/// A page of offers, the newest first, before a key.
pub fn list(conn: &mut Db, filter: &Filter, before: Option<OfferId>, limit: u32) -> Result<Vec<Listed>> {
    let mut query = offers::table
        .inner_join(merchants::table.on(merchants::id.eq(offers::merchant_id)))
        .select((offers::all_columns, merchants::name, merchants::unit_id))
        .into_boxed();
    if let Some(roots) = &filter.roots {
        query = query.filter(merchants::unit_id.eq_any(within!(roots)));
    }
    if let Some(category) = filter.category {
        query = query.filter(merchants::category.eq(category));
    }
    if let Some(merchant) = filter.merchant {
        query = query.filter(offers::merchant_id.eq(uid(merchant)));
    }
    if let Some(state) = filter.state {
        query = query.filter(offers::state.eq(state.word()));
    }
    if let Some(day) = filter.public_on {
        query = query
            .filter(merchants::state.eq(MerchantState::Approved.word()))
            .filter(offers::state.eq(OfferState::Published.word()))
            .filter(offers::open.eq(true))
            .filter(offers::until_day.is_null().or(offers::until_day.assume_not_null().ge(day.0)));
    }
    if let Some(before) = before {
        query = query.filter(offers::id.lt(uid(before)));
    }
    Ok(query.order(offers::id.desc()).limit(i64::from(limit)).load(conn)?)
}
