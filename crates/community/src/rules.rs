//! Rules: which items hold where and when, readable by anyone.

use domain::access::Path;
use domain::catalogue::{CatalogueDocument, CatalogueSource, ITEMS_MAX, Item};
use domain::ids::{CatalogueId, ItemId, UnitId};
use domain::paging::{Page, Slice};
use domain::{Code, Day};
use foundation::{App, Error, Result};
use serde::de::DeserializeOwned;
use store::Db;
use store::catalogues::ItemRow;

/// A rule item of one version, as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its id.
    pub id: ItemId,
    /// The item.
    pub item: Item,
    /// The version that it belongs to.
    pub catalogue: CatalogueId,
    /// Which version of its unit that is.
    pub number: i32,
    /// The unit that it comes from.
    pub unit: UnitId,
    /// Where the catalogue was taken from.
    pub source: Option<CatalogueSource>,
    /// From which day the version is in force.
    pub force_from: Option<Day>,
    /// Until the day before this.
    pub force_until: Option<Day>,
}

/// Reads JSON that this program wrote.
pub(crate) fn stored<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::corrupt(format!("a stored {what} does not read: {e}")))
}

pub(crate) fn rule(row: ItemRow) -> Result<Rule> {
    Ok(Rule {
        id: row.id,
        item: stored("item", &row.body)?,
        catalogue: row.catalogue,
        number: row.number,
        unit: row.unit,
        source: row.source.as_deref().map(|text| stored("source", text)).transpose()?,
        force_from: row.force_from.map(Day),
        force_until: row.force_until.map(Day),
    })
}

/// The items that hold in a unit on a day (today if nothing is said), in the order of their codes.
pub async fn effective(
    app: &App,
    unit: UnitId,
    on: Option<Day>,
    page: Page<String>,
) -> Result<Slice<Rule, String>> {
    let day = on.unwrap_or_else(|| app.store.today());
    app.store
        .read(move |conn| {
            let after = page.after.unwrap_or_default();
            let rows = store::catalogues::effective(conn, unit, day, &after, page.limit + 1)?;
            let rules = rows.into_iter().map(rule).collect::<Result<Vec<_>>>()?;
            Ok(Slice::cut(rules, page.limit, |rule| rule.item.code.clone()))
        })
        .await
}

/// One item of an adopted version, whether or not it is in force.
pub async fn detail(app: &App, id: ItemId) -> Result<Rule> {
    app.store.read(move |conn| rule(adopted(conn, id)?)).await
}

/// An item of an adopted version; a draft's item does not exist for anybody.
fn adopted(conn: &mut Db, id: ItemId) -> Result<ItemRow> {
    let row = store::catalogues::item(conn, id)?.filter(|row| row.state == "adopted");
    row.ok_or(Code::ItemNotFound.into())
}

/// The item, if it holds in a unit on a day. Refused: an unknown item or a draft's, one of a unit that is not above, one that is not in
/// force on the day, or in whose place a nearer unit has its own.
pub fn item_for(conn: &mut Db, item: ItemId, unit: UnitId, day: Day) -> Result<(Item, CatalogueId)> {
    let path = store::units::path(conn, unit)?;
    match holding(conn, item, &path, day)? {
        holds if holds.id == item => Ok((stored("item", &holds.body)?, holds.catalogue)),
        _ => Err(Code::ItemNotInForce.into()),
    }
}

/// What holds on a day in the unit of this path under the code of this item: itself, or the version that has taken its place.
pub(crate) fn holding(conn: &mut Db, item: ItemId, path: &Path, day: Day) -> Result<ItemRow> {
    let unit = path.unit().ok_or(Error::from(Code::ItemOtherUnit))?;
    let found = store::catalogues::item_and_holding(conn, item, unit, day)?;
    let (row, holds) =
        found.filter(|(row, _)| row.state == "adopted").ok_or(Error::from(Code::ItemNotFound))?;
    if !path.is_within(row.unit) {
        return Err(Code::ItemOtherUnit.into());
    }
    match holds.ok_or(Error::from(Code::ItemNotInForce))? {
        itself if itself == row.id => Ok(row),
        newer => adopted(conn, newer),
    }
}

/// Everything that holds in a unit on a day, as one document: what a child's catalogue is checked against.
pub(crate) fn document(conn: &mut Db, unit: UnitId, day: Day) -> Result<CatalogueDocument> {
    // Every unit of a path has at most so many items, and a path has few units.
    let most = u32::try_from(ITEMS_MAX * 8).unwrap_or(u32::MAX);
    let rows = store::catalogues::effective(conn, unit, day, "", most)?;
    let items = rows.iter().map(|row| stored("item", &row.body)).collect::<Result<Vec<_>>>()?;
    Ok(CatalogueDocument { name_zh: String::new(), name_en: String::new(), source: None, items })
}
