//! Rule catalogues: versions of a unit, their items, and what is in force where and when.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use domain::Day;
use domain::ids::{CatalogueId, ItemId, UnitId};

use crate::adapters::Uid;
use crate::db::Db;
use crate::error::Result;
use crate::stmt;

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

type ItemSql =
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

stmt! { InForceByCode { code: String => Text, unit: UnitId => Uid, from: i32 => Integer, until: i32 => Integer } -> ItemSql =
"SELECT i.id, i.code, i.body, c.id, c.number, c.unit_id, c.source, c.force_from, c.force_until, c.state \
 FROM unit_paths p JOIN catalogues c ON c.unit_id = p.ancestor_id JOIN items i ON i.catalogue_id = c.id AND i.code = ? \
 WHERE p.unit_id = ? AND c.state = 'adopted' AND c.force_from <= ? AND COALESCE(c.force_until, 2147483647) > ? \
 ORDER BY p.depth DESC LIMIT 1" }

/// The item of this code that holds in a unit on a day.
pub fn effective_of_code(conn: &mut Db, unit: UnitId, day: Day, code: &str) -> Result<Option<ItemRow>> {
    let statement = InForceByCode { unit, code: code.to_owned(), from: day.0, until: day.0 };
    Ok(statement.get_result(conn).optional()?)
}
