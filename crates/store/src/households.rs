//! Households: a door in a smallest unit. The address stands in a row of its own, so that it can be deleted.

use diesel::prelude::*;
use domain::ids::{HouseholdId, ResidentId, UnitId};
use domain::{Code, Ts};

use crate::Both;
use crate::adapters::uid;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::schema::{household_doors, households};
use crate::units::within;

/// A household as stored, with its door.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Household {
    /// Its id.
    pub id: HouseholdId,
    /// The smallest unit it belongs to; never changes.
    pub unit: UnitId,
    /// The code that staff know it by.
    pub code: String,
    /// The member who stands for it, if one was named.
    pub householder: Option<ResidentId>,
    /// Whether it hides from every public list.
    pub hidden: bool,
    /// Counts changes.
    pub version: i64,
    /// When it was made, in microseconds.
    pub created_at: i64,
    /// The address, such as `3-2-501`.
    pub door: Option<String>,
}

macro_rules! households_with_doors {
    () => {
        households::table
            .left_join(household_doors::table.on(household_doors::household_id.eq(households::id)))
            .select((
                households::id,
                households::unit_id,
                households::code,
                households::householder_id,
                households::hidden,
                households::version,
                households::created_at,
                household_doors::door.nullable(),
            ))
    };
}

diesel::define_sql_function! {
    /// The first characters of a text, on both engines alike (`LIKE` takes capitals for small letters on one of them).
    fn substr(text: diesel::sql_types::Text, start: diesel::sql_types::Integer, length: diesel::sql_types::Integer) -> diesel::sql_types::Text;
}

/// One household.
pub fn find(conn: &mut Db, id: HouseholdId) -> Result<Option<Household>> {
    Ok(households_with_doors!().filter(households::id.eq(uid(id))).first(conn).optional()?)
}

/// One household, or the refusal that there is none.
pub fn require(conn: &mut Db, id: HouseholdId) -> Result<Household> {
    find(conn, id)?.ok_or_else(|| Code::NotFound.into())
}

/// The households in these subtrees, whose codes start so, after an id.
pub fn of_subtrees(
    conn: &mut Db,
    roots: &[UnitId],
    prefix: Option<&str>,
    after: Option<HouseholdId>,
    limit: u32,
) -> Result<Vec<Household>> {
    let mut query = households_with_doors!().filter(households::unit_id.eq_any(within!(roots))).into_boxed();
    if let Some(prefix) = prefix {
        let length = i32::try_from(prefix.chars().count()).unwrap_or(i32::MAX);
        query = query.filter(substr(households::code, 1, length).eq(prefix.to_owned()));
    }
    if let Some(after) = after {
        query = query.filter(households::id.gt(uid(after)));
    }
    Ok(query.order(households::id).limit(i64::from(limit)).load(conn)?)
}

/// Adds a household. Refused: a taken code.
pub fn insert(
    conn: &mut Db,
    id: HouseholdId,
    unit: UnitId,
    code: &str,
    door: Option<&str>,
    now: Ts,
) -> Result<()> {
    let row = (
        households::id.eq(uid(id)),
        households::unit_id.eq(uid(unit)),
        households::code.eq(code),
        households::hidden.eq(false),
        households::version.eq(1),
        households::created_at.eq(now.0),
    );
    let insert =
        diesel::insert_into(households::table).values(row).on_conflict(households::code).do_nothing();
    if Both(insert).execute(conn)? == 0 {
        return Err(Code::CodeTaken.into());
    }
    set_door(conn, id, door)
}

/// What staff may change of a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The code.
    pub code: String,
    /// The member who stands for it.
    pub householder: Option<ResidentId>,
    /// Whether it hides.
    pub hidden: bool,
    /// The address.
    pub door: Option<String>,
}

/// Changes a household of this version. Refused: another version, a taken code.
pub fn update(conn: &mut Db, id: HouseholdId, version: i64, change: &Change) -> Result<()> {
    let changed = diesel::update(households::table.find(uid(id)).filter(households::version.eq(version)))
        .set((
            households::code.eq(&change.code),
            households::householder_id.eq(change.householder.map(uid)),
            households::hidden.eq(change.hidden),
            households::version.eq(households::version + 1),
        ))
        .execute(conn)
        .map_err(|e| Error::from(e).unique_as(Code::CodeTaken))?;
    if changed == 0 {
        return Err(Code::PreconditionFailed.into());
    }
    set_door(conn, id, change.door.as_deref())
}

/// Writes, replaces or deletes the address.
pub fn set_door(conn: &mut Db, id: HouseholdId, door: Option<&str>) -> Result<()> {
    let Some(door) = door else {
        diesel::delete(household_doors::table.find(uid(id))).execute(conn)?;
        return Ok(());
    };
    let row = (household_doors::household_id.eq(uid(id)), household_doors::door.eq(door));
    let upsert = diesel::insert_into(household_doors::table)
        .values(row)
        .on_conflict(household_doors::household_id)
        .do_update()
        .set(household_doors::door.eq(door));
    Both(upsert).execute(conn)?;
    Ok(())
}

/// A resident left this household: it no longer stands for it.
pub fn release_householder(conn: &mut Db, resident: ResidentId, from: HouseholdId) -> Result<()> {
    let held = households::table.find(uid(from)).filter(households::householder_id.eq(uid(resident)));
    let set = (
        households::householder_id.eq(None::<crate::AnyId>),
        households::version.eq(households::version + 1),
    );
    diesel::update(held).set(set).execute(conn)?;
    Ok(())
}
