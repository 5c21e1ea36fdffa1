//! Thanks of residents to shops.

use diesel::prelude::*;
use domain::ids::{MerchantId, ResidentId, ThanksId};
use domain::thanks::{Thanks, written};
use domain::{Day, Ts};

use crate::Both;
use crate::adapters::uid;
use crate::db::Db;
use crate::error::Result;
use crate::schema::{clerks, merchant_staff, merchants, resident_names, thanks};

/// Thanks to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// Its id.
    pub id: ThanksId,
    /// To which shop.
    pub shop: MerchantId,
    /// Whose.
    pub resident: ResidentId,
    /// In which words.
    pub words: Vec<Thanks>,
    /// On which day.
    pub day: Day,
}

/// Adds thanks, and one to the shop's count of them; `false` if the resident has thanked the shop that day already. Of many at once one
/// gets `true`.
pub fn add(conn: &mut Db, new: &New, now: Ts) -> Result<bool> {
    let row = (
        thanks::id.eq(uid(new.id)),
        thanks::merchant_id.eq(uid(new.shop)),
        thanks::resident_id.eq(uid(new.resident)),
        thanks::words.eq(written(&new.words)),
        thanks::day.eq(new.day.0),
        thanks::created_at.eq(now.0),
    );
    let once = (thanks::merchant_id, thanks::resident_id, thanks::day);
    let insert = diesel::insert_into(thanks::table).values(row).on_conflict(once).do_nothing();
    if Both(insert).execute(conn)? == 0 {
        return Ok(false);
    }
    diesel::update(merchants::table.find(uid(new.shop)))
        .set(merchants::thanks_count.eq(merchants::thanks_count + 1))
        .execute(conn)?;
    Ok(true)
}

/// Thanks as the shop reads them.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Row {
    /// Its id.
    pub id: ThanksId,
    /// Whose: the surname with a star, unless the resident is gone.
    pub who: Option<String>,
    /// The words, as they are kept.
    pub words: String,
    /// On which day.
    pub day: i32,
}

/// Names stay out of logs.
impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The thanks to a shop, newest first, before one.
pub fn of_shop(conn: &mut Db, shop: MerchantId, before: Option<ThanksId>, limit: u32) -> Result<Vec<Row>> {
    let mut query = thanks::table
        .left_join(resident_names::table.on(resident_names::resident_id.eq(thanks::resident_id)))
        .filter(thanks::merchant_id.eq(uid(shop)))
        .select((thanks::id, resident_names::masked_name.nullable(), thanks::words, thanks::day))
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(thanks::id.lt(uid(before)));
    }
    Ok(query.order(thanks::id.desc()).limit(i64::from(limit)).load(conn)?)
}

/// Whether a resident is known to work in a shop.
pub fn works_there(conn: &mut Db, shop: MerchantId, resident: ResidentId) -> Result<bool> {
    let query = merchant_staff::table
        .inner_join(clerks::table.on(clerks::id.eq(merchant_staff::clerk_id)))
        .filter(merchant_staff::merchant_id.eq(uid(shop)))
        .filter(merchant_staff::ended_at.is_null())
        .filter(clerks::resident_id.assume_not_null().eq(uid(resident)));
    Ok(diesel::select(diesel::dsl::exists(query)).get_result(conn)?)
}
