//! Rule catalogues: versions of a unit, their items, and what is in force where and when.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use domain::ids::{CatalogueId, ItemId, StaffId, UnitId};
use domain::{Day, Ts};

use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::each;
use crate::error::Result;
use crate::lists::among;
use crate::schema::{catalogues, items};
use crate::stmt;
use crate::units::within;

/// An item with the version that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct ItemRow {
    /// The item.
    pub id: ItemId,
    /// Its code.
    pub code: String,
    /// JSON of the item.
    pub body: String,
    /// The version of the catalogue.
    pub catalogue: CatalogueId,
    /// Which version of its unit that is, counted from 1.
    pub number: i32,
    /// The unit whose catalogue it is.
    pub unit: UnitId,
    /// JSON of where the catalogue was taken from.
    pub source: Option<String>,
    /// From which day it is in force; none for a draft.
    pub force_from: Option<i32>,
    /// Until the day before this.
    pub force_until: Option<i32>,
    /// `draft` or `adopted`.
    pub state: String,
}

pub(crate) type ItemSql =
    (Uid, Text, Text, Uid, Integer, Uid, Nullable<Text>, Nullable<Integer>, Nullable<Integer>, Text);

stmt! { OneItem { id: ItemId => Uid } -> ItemSql =
"SELECT i.id, i.code, i.body, c.id, c.number, c.unit_id, c.source, c.force_from, c.force_until, c.state \
FROM items i JOIN catalogues c ON c.id = i.catalogue_id WHERE i.id = ?" }

/// One item with its version.
pub fn item(conn: &mut Db, id: ItemId) -> Result<Option<ItemRow>> {
    Ok(OneItem { id }.get_result(conn).optional()?)
}

stmt! { InForce { unit: UnitId => Uid, from: i32 => Integer, until: i32 => Integer, after: String => Text, limit: i64 => BigInt } -> ItemSql =
"SELECT i.id, i.code, i.body, c.id, c.number, c.unit_id, c.source, c.force_from, c.force_until, c.state \
FROM unit_paths p JOIN catalogues c ON c.unit_id = p.ancestor_id JOIN items i ON i.catalogue_id = c.id \
WHERE p.unit_id = ? AND c.state = 'adopted' AND c.force_from <= ? AND COALESCE(c.force_until, 2147483647) > ? AND i.code > ? \
ORDER BY i.code, p.depth DESC LIMIT ?" }
stmt! { Levels { unit: UnitId => Uid } -> BigInt = "SELECT COUNT(*) FROM unit_paths WHERE unit_id = ?" }

/// The items that hold in a unit on a day, after a code, in the order of their codes: of a code that several units of the path have, the
/// nearest unit's.
pub fn effective(conn: &mut Db, unit: UnitId, day: Day, after: &str, limit: u32) -> Result<Vec<ItemRow>> {
    // One version of each unit of the path is in force, so that a code is met at most once a level.
    let levels: i64 = Levels { unit }.get_result(conn)?;
    let statement = InForce {
        unit,
        from: day.0,
        until: day.0,
        after: after.to_owned(),
        limit: i64::from(limit) * levels.max(1),
    };
    let mut rows: Vec<ItemRow> = statement.load(conn)?;
    rows.dedup_by(|later, first| later.code == first.code);
    rows.truncate(limit as usize);
    Ok(rows)
}

stmt! { OneItemAndHolding { unit: UnitId => Uid, from: i32 => Integer, until: i32 => Integer, id: ItemId => Uid } -> (ItemSql, Nullable<Uid>) =
"SELECT i.id, i.code, i.body, c.id, c.number, c.unit_id, c.source, c.force_from, c.force_until, c.state, \
(SELECT h.id FROM unit_paths p JOIN catalogues v ON v.unit_id = p.ancestor_id JOIN items h ON h.catalogue_id = v.id AND h.code = i.code \
 WHERE p.unit_id = ? AND v.state = 'adopted' AND v.force_from <= ? AND COALESCE(v.force_until, 2147483647) > ? \
 ORDER BY p.depth DESC LIMIT 1) \
FROM items i JOIN catalogues c ON c.id = i.catalogue_id WHERE i.id = ?" }

/// An item, and the item that holds under its code in a unit on a day: mostly itself.
pub fn item_and_holding(
    conn: &mut Db,
    id: ItemId,
    unit: UnitId,
    day: Day,
) -> Result<Option<(ItemRow, Option<ItemId>)>> {
    let statement = OneItemAndHolding { unit, from: day.0, until: day.0, id };
    Ok(statement.get_result(conn).optional()?)
}

/// These items with their versions, by their ids.
pub fn items_by_ids(conn: &mut Db, ids: &[ItemId]) -> Result<HashMap<ItemId, ItemRow>> {
    let rows: Vec<ItemRow> = items::table
        .inner_join(catalogues::table.on(catalogues::id.eq(items::catalogue_id)))
        .filter(among(items::id, ids.iter().copied()))
        .select((
            items::id,
            items::code,
            items::body,
            catalogues::id,
            catalogues::number,
            catalogues::unit_id,
            catalogues::source,
            catalogues::force_from,
            catalogues::force_until,
            catalogues::state,
        ))
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// A version of a unit's catalogue, without its document.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Catalogue {
    /// Its id.
    pub id: CatalogueId,
    /// The unit whose it is.
    pub unit: UnitId,
    /// Which version of its unit, counted from 1.
    pub number: i32,
    /// `draft` or `adopted`.
    pub state: String,
    /// The name in Chinese.
    pub name_zh: String,
    /// The name in English.
    pub name_en: String,
    /// JSON of where it was taken from.
    pub source: Option<String>,
    /// From which day it is in force; none for a draft.
    pub force_from: Option<i32>,
    /// Until the day before this.
    pub force_until: Option<i32>,
    /// Who drafted it.
    pub created_by: Option<StaffId>,
    /// Who adopted it.
    pub adopted_by: Option<StaffId>,
    /// When it was drafted, in microseconds.
    pub created_at: i64,
    /// Counts changes.
    pub version: i64,
}

macro_rules! columns {
    () => {
        (
            catalogues::id,
            catalogues::unit_id,
            catalogues::number,
            catalogues::state,
            catalogues::name_zh,
            catalogues::name_en,
            catalogues::source,
            catalogues::force_from,
            catalogues::force_until,
            catalogues::created_by,
            catalogues::adopted_by,
            catalogues::created_at,
            catalogues::version,
        )
    };
}

/// One version.
pub fn find(conn: &mut Db, id: CatalogueId) -> Result<Option<Catalogue>> {
    Ok(catalogues::table.find(uid(id)).select(columns!()).first(conn).optional()?)
}

/// The document of a version, as JSON.
pub fn document(conn: &mut Db, id: CatalogueId) -> Result<Option<String>> {
    Ok(catalogues::table.find(uid(id)).select(catalogues::document).first(conn).optional()?)
}

/// The versions in these subtrees, newest first, before one.
pub fn list(
    conn: &mut Db,
    roots: &[UnitId],
    before: Option<CatalogueId>,
    limit: u32,
) -> Result<Vec<Catalogue>> {
    let mut query =
        catalogues::table.select(columns!()).filter(catalogues::unit_id.eq_any(within!(roots))).into_boxed();
    if let Some(before) = before {
        query = query.filter(catalogues::id.lt(uid(before)));
    }
    Ok(query.order(catalogues::id.desc()).limit(i64::from(limit)).load(conn)?)
}

stmt! { LockUnit { unit: UnitId => Uid } -> BigInt =
"UPDATE units SET version = version WHERE id = ? RETURNING version" }
stmt! { NextNumber { unit: UnitId => Uid } -> Integer =
"SELECT CAST(COALESCE(MAX(number), 0) + 1 AS INTEGER) FROM catalogues WHERE unit_id = ?" }

/// Waits for whoever else drafts or adopts a catalogue of this unit: numbers and days of force follow one another.
fn lock_unit(conn: &mut Db, unit: UnitId) -> Result<()> {
    LockUnit { unit }.get_result::<i64>(conn)?;
    Ok(())
}

/// A draft to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDraft {
    /// Its id.
    pub id: CatalogueId,
    /// The unit whose it is.
    pub unit: UnitId,
    /// The name in Chinese.
    pub name_zh: String,
    /// The name in English.
    pub name_en: String,
    /// JSON of where it was taken from.
    pub source: Option<String>,
    /// JSON of the whole document.
    pub document: String,
    /// Its items, in order: id, code, and JSON.
    pub items: Vec<(ItemId, String, String)>,
    /// Who drafts it.
    pub by: StaffId,
}

/// Keeps a draft with its items; returns its number among the unit's versions.
pub fn insert_draft(conn: &mut Db, draft: &NewDraft, now: Ts) -> Result<i32> {
    lock_unit(conn, draft.unit)?;
    let number: i32 = NextNumber { unit: draft.unit }.get_result(conn)?;
    let row = (
        catalogues::id.eq(uid(draft.id)),
        catalogues::unit_id.eq(uid(draft.unit)),
        catalogues::number.eq(number),
        catalogues::state.eq("draft"),
        catalogues::name_zh.eq(&draft.name_zh),
        catalogues::name_en.eq(&draft.name_en),
        catalogues::source.eq(draft.source.as_deref()),
        catalogues::document.eq(&draft.document),
        catalogues::created_by.eq(uid(draft.by)),
        catalogues::created_at.eq(now.0),
        catalogues::version.eq(1),
    );
    diesel::insert_into(catalogues::table).values(row).execute(conn)?;
    let rows: Vec<_> = (0_i32..)
        .zip(&draft.items)
        .map(|(position, (id, code, body))| {
            (
                items::id.eq(uid(*id)),
                items::catalogue_id.eq(uid(draft.id)),
                items::position.eq(position),
                items::code.eq(code),
                items::body.eq(body),
            )
        })
        .collect();
    each!(conn, c => diesel::insert_into(items::table).values(rows).execute(c)?);
    Ok(number)
}

stmt! { Adopt { from: i32 => Integer, by: StaffId => Uid, id: CatalogueId => Uid, version: i64 => BigInt } -> BigInt =
"UPDATE catalogues SET state = 'adopted', force_from = ?, adopted_by = ?, version = version + 1 \
WHERE id = ? AND version = ? AND state = 'draft' RETURNING version" }
stmt! { EndOthers { after: i32 => Integer, from: i32 => Integer, unit: UnitId => Uid, id: CatalogueId => Uid, until: i32 => Integer } -> BigInt =
"UPDATE catalogues SET force_until = CASE WHEN force_from > ? THEN force_from ELSE ? END, version = version + 1 \
WHERE unit_id = ? AND id <> ? AND state = 'adopted' AND (force_until IS NULL OR force_until > ?)" }

/// Adopts a draft of this version from a day on; `false` when it was changed or adopted meanwhile. What the unit had in force ends on the
/// day before; what it had planned for later never comes into force.
pub fn adopt(conn: &mut Db, draft: &Catalogue, version: i64, from: Day, by: StaffId) -> Result<bool> {
    lock_unit(conn, draft.unit)?;
    let adopt = Adopt { from: from.0, by, id: draft.id, version };
    if adopt.get_result::<i64>(conn).optional()?.is_none() {
        return Ok(false);
    }
    let others = EndOthers { after: from.0, from: from.0, unit: draft.unit, id: draft.id, until: from.0 };
    others.execute(conn)?;
    Ok(true)
}
