//! Units: the tenant's tree, and each unit's path from the root.

use diesel::prelude::*;
use domain::access::Path;
use domain::ids::UnitId;
use domain::policy::{Policy, PolicyPart};
use domain::{Code, Ts};

use crate::adapters::uid;
use crate::db::Db;
use crate::each;
use crate::error::{Error, Result};
use crate::schema::{policies, unit_paths, units};

/// The ids of every unit in the subtrees of some roots, for `eq_any`.
macro_rules! within {
    ($roots:expr) => {
        $crate::schema::unit_paths::table
            .filter($crate::schema::unit_paths::ancestor_id.eq_any($roots.iter().copied().map($crate::uid)))
            .select($crate::schema::unit_paths::unit_id)
    };
}
pub(crate) use within;

/// A unit as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// Its parent; none for the root.
    pub parent: Option<UnitId>,
    /// `district`, `town`, `community`, `village`, `grid`, `group`, `courtyard` or `estate`.
    pub kind: String,
    /// `urban` or `rural`.
    pub setting: String,
    /// Its name.
    pub name: String,
    /// The code that staff know it by.
    pub code: String,
    /// Counts changes.
    pub version: i64,
    /// When it was made, in microseconds.
    pub created_at: i64,
}

/// One unit.
pub fn find(conn: &mut Db, id: UnitId) -> Result<Option<Unit>> {
    Ok(units::table.find(uid(id)).first(conn).optional()?)
}

/// One unit, or the refusal that there is none.
pub fn require(conn: &mut Db, id: UnitId) -> Result<Unit> {
    find(conn, id)?.ok_or_else(|| Code::UnitNotFound.into())
}

/// The unit of a code.
pub fn by_code(conn: &mut Db, code: &str) -> Result<Option<Unit>> {
    Ok(units::table.filter(units::code.eq(code)).first(conn).optional()?)
}

/// The children of a unit after a key (of the same level, by id), or the root for `None`.
pub fn children(
    conn: &mut Db,
    parent: Option<UnitId>,
    after: Option<UnitId>,
    limit: u32,
) -> Result<Vec<Unit>> {
    let mut query = units::table.into_boxed();
    query = match parent {
        Some(parent) => query.filter(units::parent_id.eq(uid(parent))),
        None => query.filter(units::parent_id.is_null()),
    };
    if let Some(after) = after {
        query = query.filter(units::id.gt(uid(after)));
    }
    Ok(query.order(units::id).limit(i64::from(limit)).load(conn)?)
}

/// The path of a unit from the root to itself; refused if there is no such unit.
pub fn path(conn: &mut Db, id: UnitId) -> Result<Path> {
    let ids: Vec<UnitId> = unit_paths::table
        .filter(unit_paths::unit_id.eq(uid(id)))
        .order(unit_paths::depth)
        .select(unit_paths::ancestor_id)
        .load(conn)?;
    if ids.is_empty() {
        return Err(Code::UnitNotFound.into());
    }
    Ok(Path(ids))
}

/// Every unit's path: what boards and caches start from.
pub fn every_path(conn: &mut Db) -> Result<Vec<(UnitId, Vec<UnitId>)>> {
    let rows: Vec<(UnitId, UnitId)> = unit_paths::table
        .order((unit_paths::unit_id, unit_paths::depth))
        .select((unit_paths::unit_id, unit_paths::ancestor_id))
        .load(conn)?;
    let mut out: Vec<(UnitId, Vec<UnitId>)> = Vec::new();
    for (unit, ancestor) in rows {
        match out.last_mut() {
            Some((last, path)) if *last == unit => path.push(ancestor),
            _ => out.push((unit, vec![ancestor])),
        }
    }
    Ok(out)
}

/// The root of the tree; refused while there is none.
pub fn root(conn: &mut Db) -> Result<UnitId> {
    let found = units::table.filter(units::parent_id.is_null()).select(units::id).first(conn).optional()?;
    found.ok_or_else(|| Code::UnitNotFound.into())
}

/// Locks a unit's row until the end of the transaction: whoever decides about the whole of its subtree goes one by one. SQLite has one
/// writer anyway.
pub fn lock(conn: &mut Db, id: UnitId) -> Result<()> {
    let query = units::table.find(uid(id)).select(units::id);
    let _locked: Option<UnitId> = crate::per(query.for_update(), query).get_result(conn).optional()?;
    Ok(())
}

/// Changes a unit of this version. Refused: another version, a taken code.
pub fn update(conn: &mut Db, id: UnitId, version: i64, name: &str, code: &str, setting: &str) -> Result<()> {
    let changed = diesel::update(units::table.find(uid(id)).filter(units::version.eq(version)))
        .set((
            units::name.eq(name),
            units::code.eq(code),
            units::setting.eq(setting),
            units::version.eq(units::version + 1),
        ))
        .execute(conn)
        .map_err(|e| Error::from(e).unique_as(Code::CodeTaken))?;
    if changed == 0 {
        return Err(Code::PreconditionFailed.into());
    }
    Ok(())
}

/// Whether a unit is of a type that people live in: grid, group, courtyard, estate.
pub fn is_smallest(kind: &str) -> bool {
    matches!(kind, "grid" | "group" | "courtyard" | "estate")
}

/// Adds a unit with its path. Refused: an unknown parent, a taken code.
pub fn insert(conn: &mut Db, unit: &Unit, now: Ts) -> Result<()> {
    let above = match unit.parent {
        Some(parent) => path(conn, parent)?.0,
        None => Vec::new(),
    };
    let row = (
        units::id.eq(uid(unit.id)),
        units::parent_id.eq(unit.parent.map(uid)),
        units::type_.eq(&unit.kind),
        units::setting.eq(&unit.setting),
        units::name.eq(&unit.name),
        units::code.eq(&unit.code),
        units::version.eq(1),
        units::created_at.eq(now.0),
    );
    let insert = diesel::insert_into(units::table).values(row).on_conflict(units::code).do_nothing();
    if crate::Both(insert).execute(conn)? == 0 {
        return Err(Code::CodeTaken.into());
    }
    let rows: Vec<_> = (0..)
        .zip(above.into_iter().chain([unit.id]))
        .map(|(depth, ancestor)| {
            (
                unit_paths::unit_id.eq(uid(unit.id)),
                unit_paths::ancestor_id.eq(uid(ancestor)),
                unit_paths::depth.eq(depth),
            )
        })
        .collect();
    each!(conn, c => diesel::insert_into(unit_paths::table).values(rows).execute(c)?);
    Ok(())
}

/// The effective policies of a unit: the defaults with the parts of its path laid over them.
pub fn policy(conn: &mut Db, unit: UnitId) -> Result<Policy> {
    Ok(place(conn, unit)?.1)
}

/// The path of a unit from the root to itself, and the policies that hold there; refused if there is no such unit.
pub fn place(conn: &mut Db, id: UnitId) -> Result<(Path, Policy)> {
    let rows: Vec<(UnitId, Option<String>)> = unit_paths::table
        .left_join(policies::table.on(policies::unit_id.eq(unit_paths::ancestor_id)))
        .filter(unit_paths::unit_id.eq(uid(id)))
        .order(unit_paths::depth)
        .select((unit_paths::ancestor_id, policies::part.nullable()))
        .load(conn)?;
    if rows.is_empty() {
        return Err(Code::UnitNotFound.into());
    }
    let policy = effective(rows.iter().filter_map(|(_, part)| part.as_deref()))?;
    Ok((Path(rows.into_iter().map(|(ancestor, _)| ancestor).collect()), policy))
}

/// The defaults with the parts of a path laid over them, from the root down.
pub(crate) fn effective<'a>(parts: impl Iterator<Item = &'a str>) -> Result<Policy> {
    let part =
        |text| serde_json::from_str(text).map_err(|e| Error::corrupt(format!("a policy does not read: {e}")));
    let parts = parts.map(part).collect::<Result<Vec<PolicyPart>>>()?;
    Ok(Policy::effective(&parts))
}
