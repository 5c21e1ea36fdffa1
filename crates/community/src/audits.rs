//! Reading the audit.

use domain::access::{Permission, StaffActor};
use domain::ids::{AuditId, UnitId};
use domain::paging::{Page, Slice};
use foundation::{App, Result};
pub use store::audit::Row;

use crate::people::reach;

/// The acts of staff in a subtree, newest first.
pub async fn list(
    app: &App,
    who: &StaffActor,
    unit: UnitId,
    page: Page<AuditId>,
) -> Result<Slice<Row, AuditId>> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            reach(conn, &who, Permission::ReadAudit, unit)?;
            let found = store::audit::of_subtree(conn, unit, page.after, page.limit + 1)?;
            Ok(Slice::cut(found, page.limit, |row| row.id))
        })
        .await
}
