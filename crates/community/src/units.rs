//! Units: reading the tree, and changing it.

use domain::Code;
use domain::ids::UnitId;
use domain::paging::{Page, Slice};
use foundation::{App, Error, Result};
pub use store::units::Unit;

/// A unit with its path and effective policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitDetail {
    /// The unit.
    pub unit: Unit,
    /// Ids from the root to the unit.
    pub path: Vec<UnitId>,
    /// What holds there.
    pub policy: domain::policy::Policy,
}

/// The children of a unit, or the root for none, in order of their ids.
pub async fn children(app: &App, parent: Option<UnitId>, page: Page<UnitId>) -> Result<Slice<Unit, UnitId>> {
    app.store
        .read(move |conn| {
            let found = store::units::children(conn, parent, page.after, page.limit + 1)?;
            Ok(Slice::cut(found, page.limit, |unit| unit.id))
        })
        .await
}

/// One unit.
pub async fn detail(app: &App, id: UnitId) -> Result<UnitDetail> {
    app.store
        .read(move |conn| {
            let unit = store::units::find(conn, id)?.ok_or(Error::from(Code::UnitNotFound))?;
            Ok(UnitDetail { unit, path: store::units::path(conn, id)?.0, policy: store::units::policy(conn, id)? })
        })
        .await
}
