//! Residents: persons of a unit. The names stand in a row of their own, so that they can be deleted.

use diesel::prelude::*;
use domain::ids::{HouseholdId, ResidentId, UnitId};
use domain::masking::Person;
use domain::{Code, Day, Ts};

use crate::Both;
use crate::adapters::uid;
use crate::births;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::lists::among;
use crate::schema::{resident_births, resident_names, residents};
use crate::units::within;

/// A resident as stored, with the names.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Resident {
    /// Its id.
    pub id: ResidentId,
    /// The smallest unit it belongs to.
    pub unit: UnitId,
    /// Its household, if known.
    pub household: Option<HouseholdId>,
    /// The code that staff and imports know it by.
    pub code: Option<String>,
    /// Whether the person hides from every public list.
    pub hidden: bool,
    /// `active`, `left` or `erased`.
    pub state: String,
    /// Counts changes.
    pub version: i64,
    /// When it was made, in microseconds.
    pub created_at: i64,
    /// The real name; none once erased.
    pub name: Option<String>,
    /// The chosen nickname.
    pub nickname: Option<String>,
    /// The day of birth, where the desk knows it, in days since 1970.
    pub born: Option<i32>,
}

/// Names stay out of logs.
impl std::fmt::Debug for Resident {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resident").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Resident {
    /// The person, as masking wants it.
    pub fn person(&self) -> Person<'_> {
        Person { name: self.name.as_deref(), nickname: self.nickname.as_deref(), hidden: self.hidden }
    }
    /// Whether the person lives here now.
    pub fn is_active(&self) -> bool {
        self.state == "active"
    }
}

macro_rules! residents_with_names {
    () => {
        residents::table
            .left_join(resident_names::table.on(resident_names::resident_id.eq(residents::id)))
            .left_join(resident_births::table.on(resident_births::resident_id.eq(residents::id)))
            .select((
                residents::id,
                residents::unit_id,
                residents::household_id,
                residents::code,
                residents::hidden,
                residents::state,
                residents::version,
                residents::created_at,
                resident_names::name.nullable(),
                resident_names::nickname.nullable(),
                resident_births::born.nullable(),
            ))
    };
}

/// One resident.
pub fn find(conn: &mut Db, id: ResidentId) -> Result<Option<Resident>> {
    Ok(residents_with_names!().filter(residents::id.eq(uid(id))).first(conn).optional()?)
}

/// One resident, or the refusal that there is none.
pub fn require(conn: &mut Db, id: ResidentId) -> Result<Resident> {
    find(conn, id)?.ok_or_else(|| Code::NotFound.into())
}

/// These residents.
pub fn by_ids(conn: &mut Db, ids: &[ResidentId]) -> Result<Vec<Resident>> {
    Ok(residents_with_names!().filter(among(residents::id, ids.iter().copied())).load(conn)?)
}

/// Which residents a list holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In these subtrees.
    pub roots: Vec<UnitId>,
    /// Of this household.
    pub household: Option<HouseholdId>,
    /// Of exactly this code.
    pub code: Option<String>,
    /// In this state.
    pub state: Option<&'static str>,
}

/// The residents of a filter, after an id.
pub fn list(conn: &mut Db, filter: &Filter, after: Option<ResidentId>, limit: u32) -> Result<Vec<Resident>> {
    let mut query =
        residents_with_names!().filter(residents::unit_id.eq_any(within!(filter.roots))).into_boxed();
    if let Some(household) = filter.household {
        query = query.filter(residents::household_id.eq(uid(household)));
    }
    if let Some(code) = &filter.code {
        query = query.filter(residents::code.eq(code.clone()));
    }
    if let Some(state) = filter.state {
        query = query.filter(residents::state.eq(state));
    }
    if let Some(after) = after {
        query = query.filter(residents::id.gt(uid(after)));
    }
    Ok(query.order(residents::id).limit(i64::from(limit)).load(conn)?)
}

/// How many members a household shows at most: far above any real one.
const MEMBERS_MAX: i64 = 100;

/// The members of a household who live there now.
pub fn members(conn: &mut Db, household: HouseholdId) -> Result<Vec<Resident>> {
    Ok(residents_with_names!()
        .filter(residents::household_id.eq(uid(household)))
        .filter(residents::state.eq("active"))
        .order(residents::id)
        .limit(MEMBERS_MAX)
        .load(conn)?)
}

/// A resident to add.
#[derive(Clone, PartialEq, Eq)]
pub struct NewResident {
    /// Its id.
    pub id: ResidentId,
    /// Its smallest unit.
    pub unit: UnitId,
    /// Its household.
    pub household: Option<HouseholdId>,
    /// The code that staff know it by.
    pub code: Option<String>,
    /// The real name.
    pub name: String,
    /// The nickname.
    pub nickname: Option<String>,
    /// The day of birth, where the desk knows it.
    pub born: Option<Day>,
}

impl std::fmt::Debug for NewResident {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewResident").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Adds a resident. Refused: a taken code.
pub fn insert(conn: &mut Db, new: &NewResident, now: Ts) -> Result<()> {
    let row = (
        residents::id.eq(uid(new.id)),
        residents::unit_id.eq(uid(new.unit)),
        residents::household_id.eq(new.household.map(uid)),
        residents::code.eq(new.code.as_deref()),
        residents::hidden.eq(false),
        residents::state.eq("active"),
        residents::version.eq(1),
        residents::created_at.eq(now.0),
    );
    let insert = diesel::insert_into(residents::table).values(row).on_conflict(residents::code).do_nothing();
    if Both(insert).execute(conn)? == 0 {
        return Err(Code::CodeTaken.into());
    }
    let names = (
        resident_names::resident_id.eq(uid(new.id)),
        resident_names::name.eq(&new.name),
        resident_names::nickname.eq(new.nickname.as_deref()),
    );
    diesel::insert_into(resident_names::table).values(names).execute(conn)?;
    if new.born.is_some() { births::set(conn, new.id, new.born) } else { Ok(()) }
}

/// What staff may change of a resident.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// The smallest unit.
    pub unit: UnitId,
    /// The household.
    pub household: Option<HouseholdId>,
    /// The code.
    pub code: Option<String>,
    /// Whether the person hides.
    pub hidden: bool,
    /// `active` or `left`.
    pub state: &'static str,
    /// The real name.
    pub name: String,
    /// The nickname.
    pub nickname: Option<String>,
    /// The day of birth, where the desk knows it.
    pub born: Option<Day>,
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Change").field("unit", &self.unit).finish_non_exhaustive()
    }
}

/// Changes a resident of this version. Refused: another version, a taken code.
pub fn update(conn: &mut Db, id: ResidentId, version: i64, change: &Change) -> Result<()> {
    let changed = diesel::update(residents::table.find(uid(id)).filter(residents::version.eq(version)))
        .set((
            residents::unit_id.eq(uid(change.unit)),
            residents::household_id.eq(change.household.map(uid)),
            residents::code.eq(change.code.as_deref()),
            residents::hidden.eq(change.hidden),
            residents::state.eq(change.state),
            residents::version.eq(residents::version + 1),
        ))
        .execute(conn)
        .map_err(|e| Error::from(e).unique_as(Code::CodeTaken))?;
    if changed == 0 {
        return Err(Code::PreconditionFailed.into());
    }
    diesel::update(resident_names::table.find(uid(id)))
        .set((resident_names::name.eq(&change.name), resident_names::nickname.eq(change.nickname.as_deref())))
        .execute(conn)?;
    births::set(conn, id, change.born)
}

/// The person's own wish to hide or show; `false` when nothing changed by it.
pub fn set_hidden(conn: &mut Db, id: ResidentId, hidden: bool) -> Result<bool> {
    let other = residents::table.find(uid(id)).filter(residents::hidden.ne(hidden));
    let set = (residents::hidden.eq(hidden), residents::version.eq(residents::version + 1));
    Ok(diesel::update(other).set(set).execute(conn)? == 1)
}

/// The person's own nickname; staff who read the resident before must read it again.
pub fn set_nickname(conn: &mut Db, id: ResidentId, nickname: Option<&str>) -> Result<()> {
    let names = resident_names::table.find(uid(id));
    diesel::update(names).set(resident_names::nickname.eq(nickname)).execute(conn)?;
    diesel::update(residents::table.find(uid(id)))
        .set(residents::version.eq(residents::version + 1))
        .execute(conn)?;
    Ok(())
}

/// Gives a nickname to a resident who has none: what a guest chose before becoming one.
pub fn adopt_nickname(conn: &mut Db, id: ResidentId, nickname: &str) -> Result<()> {
    let without = resident_names::table.find(uid(id)).filter(resident_names::nickname.is_null());
    diesel::update(without).set(resident_names::nickname.eq(nickname)).execute(conn)?;
    Ok(())
}
