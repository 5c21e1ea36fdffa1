//! Imports: a staging table of rows with what each would do, and the batches by which they are applied.

use diesel::prelude::*;
use domain::ids::{HouseholdId, ImportId, ResidentId, StaffId, UnitId};
use domain::{Code, Ts};

use crate::adapters::uid;
use crate::db::Db;
use crate::each;
use crate::error::{Error, Result};
use crate::schema::{
    household_doors, households, import_rows, imports, resident_births, resident_names, residents,
    unit_paths, units,
};

/// Rows of one multi-row statement, and codes of one search.
const CHUNK: usize = 250;

/// An import as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// The unit in whose subtree everything must lie.
    pub unit: UnitId,
    /// `faulty`, `ready` or `applied`.
    pub state: String,
    /// How many rows it has.
    pub total: i32,
    /// How many cannot be applied.
    pub faulty: i32,
    /// How many make something.
    pub created: i32,
    /// How many change something.
    pub updated: i32,
    /// Who; none for the operator at the machine.
    pub created_by: Option<StaffId>,
    /// When, in microseconds.
    pub created_at: i64,
    /// When it was applied, in microseconds.
    pub applied_at: Option<i64>,
}

/// A row of an import.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Row {
    /// The line of the file.
    pub line: i32,
    /// `unit`, `household` or `resident`.
    pub entity: String,
    /// The values as JSON.
    pub data: String,
    /// `create`, `update`, `same` or `fault`.
    pub effect: String,
    /// The fault's code.
    pub fault_code: Option<String>,
    /// The fault in Chinese.
    pub fault_zh: Option<String>,
    /// The fault in English.
    pub fault_en: Option<String>,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row").field("line", &self.line).field("effect", &self.effect).finish_non_exhaustive()
    }
}

/// Opens an import. It stays `faulty` until [`finish`] has seen every row.
pub fn open(conn: &mut Db, id: ImportId, unit: UnitId, by: Option<StaffId>, now: Ts) -> Result<()> {
    let row = (
        imports::id.eq(uid(id)),
        imports::unit_id.eq(uid(unit)),
        imports::state.eq("faulty"),
        imports::rows_total.eq(0),
        imports::rows_faulty.eq(0),
        imports::rows_created.eq(0),
        imports::rows_updated.eq(0),
        imports::created_by.eq(by.map(uid)),
        imports::created_at.eq(now.0),
    );
    diesel::insert_into(imports::table).values(row).execute(conn)?;
    Ok(())
}

/// Adds rows.
pub fn add_rows(conn: &mut Db, id: ImportId, rows: &[Row]) -> Result<()> {
    for chunk in rows.chunks(CHUNK) {
        let values: Vec<_> = chunk
            .iter()
            .map(|row| {
                (
                    import_rows::import_id.eq(uid(id)),
                    import_rows::line.eq(row.line),
                    import_rows::entity.eq(&row.entity),
                    import_rows::data.eq(&row.data),
                    import_rows::effect.eq(&row.effect),
                    import_rows::fault_code.eq(row.fault_code.as_deref()),
                    import_rows::fault_zh.eq(row.fault_zh.as_deref()),
                    import_rows::fault_en.eq(row.fault_en.as_deref()),
                )
            })
            .collect();
        each!(conn, c => diesel::insert_into(import_rows::table).values(values).execute(c)?);
    }
    Ok(())
}

/// Ends the preview: the counts, and whether it can be applied.
pub fn finish(conn: &mut Db, id: ImportId, counts: [i32; 4]) -> Result<()> {
    let [total, faulty, created, updated] = counts;
    let state = if faulty == 0 { "ready" } else { "faulty" };
    diesel::update(imports::table.find(uid(id)))
        .set((
            imports::state.eq(state),
            imports::rows_total.eq(total),
            imports::rows_faulty.eq(faulty),
            imports::rows_created.eq(created),
            imports::rows_updated.eq(updated),
        ))
        .execute(conn)?;
    Ok(())
}

/// One import.
pub fn find(conn: &mut Db, id: ImportId) -> Result<Option<Import>> {
    Ok(imports::table.find(uid(id)).first(conn).optional()?)
}

/// Rows of an import after a line.
pub fn rows(conn: &mut Db, id: ImportId, after: i32, limit: i64) -> Result<Vec<Row>> {
    Ok(import_rows::table
        .filter(import_rows::import_id.eq(uid(id)))
        .filter(import_rows::line.gt(after))
        .order(import_rows::line)
        .limit(limit)
        .select((
            import_rows::line,
            import_rows::entity,
            import_rows::data,
            import_rows::effect,
            import_rows::fault_code,
            import_rows::fault_zh,
            import_rows::fault_en,
        ))
        .load(conn)?)
}

/// Marks a ready import as applied; `false` when it is not ready. Whoever comes second waits here, and finds it applied.
pub fn mark_applied(conn: &mut Db, id: ImportId, now: Ts) -> Result<bool> {
    let ready = imports::table.find(uid(id)).filter(imports::state.eq("ready"));
    let set = (imports::state.eq("applied"), imports::applied_at.eq(Some(now.0)));
    Ok(diesel::update(ready).set(set).execute(conn)? == 1)
}

/// Deletes the rows (they hold names) of at most `limit` imports made before `before`; the imports and their counts stay.
pub fn purge_rows(conn: &mut Db, before: Ts, limit: i64) -> Result<usize> {
    let old: Vec<ImportId> = imports::table
        .inner_join(import_rows::table.on(import_rows::import_id.eq(imports::id)))
        .filter(imports::created_at.lt(before.0))
        .select(imports::id)
        .distinct()
        .limit(limit)
        .load(conn)?;
    let rows = import_rows::table.filter(import_rows::import_id.eq_any(old.into_iter().map(uid)));
    Ok(diesel::delete(rows).execute(conn)?)
}

/// A unit that an import may name: id, parent, type, setting, name, code.
pub type UnitRow = (UnitId, Option<UnitId>, String, String, String, String);
/// A household: id, unit, code, door.
pub type HouseholdRow = (HouseholdId, UnitId, String, Option<String>);
/// A resident: id, unit, household, code, state, name, nickname, day of birth.
pub type ResidentRow = (
    ResidentId,
    UnitId,
    Option<HouseholdId>,
    Option<String>,
    String,
    Option<String>,
    Option<String>,
    Option<i32>,
);

/// The ids of a subtree.
pub fn subtree(conn: &mut Db, root: UnitId) -> Result<Vec<UnitId>> {
    Ok(unit_paths::table
        .filter(unit_paths::ancestor_id.eq(uid(root)))
        .select(unit_paths::unit_id)
        .load(conn)?)
}

/// The units of these codes.
pub fn units_of(conn: &mut Db, codes: &[String]) -> Result<Vec<UnitRow>> {
    let mut found = Vec::new();
    for chunk in codes.chunks(CHUNK) {
        let rows: Vec<UnitRow> = units::table
            .filter(units::code.eq_any(chunk.to_vec()))
            .select((units::id, units::parent_id, units::type_, units::setting, units::name, units::code))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

/// The households of these codes.
pub fn households_of(conn: &mut Db, codes: &[String]) -> Result<Vec<HouseholdRow>> {
    let mut found = Vec::new();
    for chunk in codes.chunks(CHUNK) {
        let rows: Vec<HouseholdRow> = households::table
            .left_join(household_doors::table.on(household_doors::household_id.eq(households::id)))
            .filter(households::code.eq_any(chunk.to_vec()))
            .select((households::id, households::unit_id, households::code, household_doors::door.nullable()))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

/// The residents of these codes.
pub fn residents_of(conn: &mut Db, codes: &[String]) -> Result<Vec<ResidentRow>> {
    let mut found = Vec::new();
    for chunk in codes.chunks(CHUNK) {
        let rows: Vec<ResidentRow> = residents::table
            .left_join(resident_names::table.on(resident_names::resident_id.eq(residents::id)))
            .left_join(resident_births::table.on(resident_births::resident_id.eq(residents::id)))
            .filter(residents::code.assume_not_null().eq_any(chunk.to_vec()))
            .select((
                residents::id,
                residents::unit_id,
                residents::household_id,
                residents::code,
                residents::state,
                resident_names::name.nullable(),
                resident_names::nickname.nullable(),
                resident_births::born.nullable(),
            ))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

/// Changes what an import knows of a unit.
pub fn change_unit(conn: &mut Db, id: UnitId, name: &str, setting: &str) -> Result<()> {
    let set = (units::name.eq(name), units::setting.eq(setting), units::version.eq(units::version + 1));
    diesel::update(units::table.find(uid(id))).set(set).execute(conn)?;
    Ok(())
}

/// Adds households: id, unit, code, door. Somebody who took a code meanwhile makes the import stale.
pub fn add_households(
    conn: &mut Db,
    new: &[(HouseholdId, UnitId, String, Option<String>)],
    now: Ts,
) -> Result<()> {
    let stale = |e: diesel::result::Error| Error::from(e).unique_as(Code::ImportStale);
    for chunk in new.chunks(CHUNK) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|(id, unit, code, _)| {
                (
                    households::id.eq(uid(*id)),
                    households::unit_id.eq(uid(*unit)),
                    households::code.eq(code),
                    households::hidden.eq(false),
                    households::version.eq(1),
                    households::created_at.eq(now.0),
                )
            })
            .collect();
        each!(conn, c => diesel::insert_into(households::table).values(rows).execute(c).map_err(stale)?);
        let doors: Vec<_> = chunk
            .iter()
            .filter_map(|(id, _, _, door)| {
                let door = door.as_deref()?;
                Some((household_doors::household_id.eq(uid(*id)), household_doors::door.eq(door)))
            })
            .collect();
        each!(conn, c => diesel::insert_into(household_doors::table).values(doors).execute(c)?);
    }
    Ok(())
}

/// Changes the door of a household.
pub fn change_household(conn: &mut Db, id: HouseholdId, door: &str) -> Result<()> {
    let bumped = diesel::update(households::table.find(uid(id)));
    bumped.set(households::version.eq(households::version + 1)).execute(conn)?;
    crate::households::set_door(conn, id, Some(door))
}

/// Adds residents. Somebody who took a code meanwhile makes the import stale.
pub fn add_residents(conn: &mut Db, new: &[crate::residents::NewResident], now: Ts) -> Result<()> {
    let stale = |e: diesel::result::Error| Error::from(e).unique_as(Code::ImportStale);
    for chunk in new.chunks(CHUNK) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|r| {
                (
                    residents::id.eq(uid(r.id)),
                    residents::unit_id.eq(uid(r.unit)),
                    residents::household_id.eq(r.household.map(uid)),
                    residents::code.eq(r.code.as_deref()),
                    residents::hidden.eq(false),
                    residents::state.eq("active"),
                    residents::version.eq(1),
                    residents::created_at.eq(now.0),
                )
            })
            .collect();
        each!(conn, c => diesel::insert_into(residents::table).values(rows).execute(c).map_err(stale)?);
        let names: Vec<_> = chunk
            .iter()
            .map(|r| {
                (
                    resident_names::resident_id.eq(uid(r.id)),
                    resident_names::name.eq(&r.name),
                    resident_names::nickname.eq(r.nickname.as_deref()),
                )
            })
            .collect();
        each!(conn, c => diesel::insert_into(resident_names::table).values(names).execute(c)?);
        let born: Vec<_> = chunk.iter().filter_map(|r| Some((r.id, r.born?))).collect();
        crate::births::add(conn, &born)?;
    }
    Ok(())
}

/// Changes what an import knows of a resident; no nickname leaves the chosen one.
pub fn change_resident(conn: &mut Db, changed: &crate::residents::NewResident) -> Result<()> {
    diesel::update(residents::table.find(uid(changed.id)))
        .set((
            residents::unit_id.eq(uid(changed.unit)),
            residents::household_id.eq(changed.household.map(uid)),
            residents::version.eq(residents::version + 1),
        ))
        .execute(conn)?;
    let names = resident_names::table.find(uid(changed.id));
    diesel::update(names).set(resident_names::name.eq(&changed.name)).execute(conn)?;
    if let Some(nickname) = &changed.nickname {
        diesel::update(names).set(resident_names::nickname.eq(Some(nickname))).execute(conn)?;
    }
    if changed.born.is_some() {
        crate::births::set(conn, changed.id, changed.born)?;
    }
    Ok(())
}
