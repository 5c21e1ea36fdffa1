//! Reading redemptions, with the names that their readers may see.

use diesel::prelude::*;
use domain::ids::{MerchantId, RedemptionId, ResidentId};
use domain::paging::Page;
use domain::redemption::State;
use domain::{Day, Ts};

use super::Redemption;
use crate::adapters::uid;
use crate::db::Db;
use crate::error::Result;
use crate::schema::{merchants, offers, redemption_notes, redemptions as r, resident_names};

/// A redemption with what is told of it.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Told {
    /// The redemption.
    pub redemption: Redemption,
    /// The offer's title, as of now.
    pub offer_title: String,
    /// The shop's name, as of now.
    pub shop_name: String,
    /// The customer, as a shop may call them; none once erased.
    pub customer: Option<String>,
    /// Why it was voided.
    pub note: Option<String>,
}

/// Names stay out of logs.
impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Told").field("redemption", &self.redemption.id).finish_non_exhaustive()
    }
}

macro_rules! told {
    () => {
        r::table
            .inner_join(offers::table.on(offers::id.eq(r::offer_id)))
            .inner_join(merchants::table.on(merchants::id.eq(r::merchant_id)))
            .left_join(resident_names::table.on(resident_names::resident_id.eq(r::resident_id)))
            .left_join(redemption_notes::table.on(redemption_notes::redemption_id.eq(r::id)))
            .select((
                (
                    r::id,
                    r::merchant_id,
                    r::offer_id,
                    r::clerk_id,
                    r::order_no,
                    r::code_hash,
                    r::resident_id,
                    r::household_id,
                    r::account_id,
                    r::hold_id,
                    r::list_price,
                    r::price,
                    r::points,
                    r::state,
                    r::approval,
                    r::expires_at,
                    r::day,
                    r::limit_span,
                    r::limit_start,
                    r::limit_of_day,
                    r::settled_at,
                    r::voided_at,
                    r::receipt,
                    r::void_receipt,
                    r::created_at,
                ),
                offers::title,
                merchants::name,
                resident_names::masked_name.nullable(),
                redemption_notes::note.nullable(),
            ))
    };
}

/// One redemption.
pub fn find(conn: &mut Db, id: RedemptionId) -> Result<Option<Told>> {
    Ok(told!().filter(r::id.eq(uid(id))).first(conn).optional()?)
}

/// The redemption of a shop's order number.
pub fn of_order(conn: &mut Db, merchant: MerchantId, order_no: &str) -> Result<Option<Told>> {
    let query = told!().filter(r::merchant_id.eq(uid(merchant))).filter(r::order_no.eq(order_no));
    Ok(query.first(conn).optional()?)
}

/// Which redemptions a list holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    /// Where they stand at this moment.
    pub state: Option<State>,
    /// Of this local day.
    pub day: Option<Day>,
}

/// A shop's redemptions, newest first.
pub fn of_merchant(
    conn: &mut Db,
    merchant: MerchantId,
    filter: Filter,
    page: &Page<RedemptionId>,
    now: Ts,
) -> Result<Vec<Told>> {
    let mut query = told!().filter(r::merchant_id.eq(uid(merchant))).into_boxed();
    // A hold whose time is over has expired, whoever has noticed.
    query = match filter.state {
        None => query,
        Some(State::Held) => query.filter(r::state.eq("held")).filter(r::expires_at.gt(now.0)),
        Some(State::Expired) => {
            query.filter(r::state.eq_any(["held", "expired"])).filter(r::expires_at.le(now.0))
        }
        Some(state) => query.filter(r::state.eq(state.word())),
    };
    if let Some(day) = filter.day {
        query = query.filter(r::day.eq(day.0));
    }
    if let Some(after) = page.after {
        query = query.filter(r::id.lt(uid(after)));
    }
    Ok(query.order(r::id.desc()).limit(i64::from(page.limit) + 1).load(conn)?)
}

/// A resident's redemptions, newest first.
pub fn of_resident(conn: &mut Db, resident: ResidentId, page: &Page<RedemptionId>) -> Result<Vec<Told>> {
    let mut query = told!().filter(r::resident_id.eq(uid(resident))).into_boxed();
    if let Some(after) = page.after {
        query = query.filter(r::id.lt(uid(after)));
    }
    Ok(query.order(r::id.desc()).limit(i64::from(page.limit) + 1).load(conn)?)
}
