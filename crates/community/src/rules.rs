//! Rules: which items hold where and when.

use domain::Code;
use domain::Day;
use domain::catalogue::Item;
use domain::ids::{CatalogueId, ItemId, UnitId};
use foundation::{Error, Result};
use store::Db;
use store::catalogues::ItemRow;

/// Reads a stored item.
pub(crate) fn read_item(body: &str) -> Result<Item> {
    serde_json::from_str(body).map_err(|e| Error::corrupt(format!("a stored item does not read: {e}")))
}

/// The item, if it holds in a unit on a day. Refused: an unknown item or a draft's, one of a unit that is not above, one that is not in
/// force on the day, or in whose place a nearer unit has its own.
pub fn item_for(conn: &mut Db, item: ItemId, unit: UnitId, day: Day) -> Result<(Item, CatalogueId)> {
    let row = store::catalogues::item(conn, item)?.filter(|row| row.state == "adopted");
    let row: ItemRow = row.ok_or(Error::from(Code::ItemNotFound))?;
    if !store::units::path(conn, unit)?.is_within(row.unit) {
        return Err(Code::ItemOtherUnit.into());
    }
    match store::catalogues::effective_of_code(conn, unit, day, &row.code)? {
        Some(holds) if holds.id == item => Ok((read_item(&row.body)?, row.catalogue)),
        _ => Err(Code::ItemNotInForce.into()),
    }
}
