//! The audit: one row per act of staff, in the transaction of the act. It holds ids and words, never names or texts, and is never changed.

use diesel::prelude::*;
use domain::Ts;
use domain::ids::{AuditId, StaffId, UnitId};

use crate::adapters::uid;
use crate::db::Db;
use crate::error::Result;
use crate::schema::{audit, unit_paths};

/// An act to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who; none for the system itself.
    pub staff: Option<StaffId>,
    /// What, as `capability.verb`.
    pub action: &'static str,
    /// The text of the object's id.
    pub object: String,
    /// The unit it concerns.
    pub unit: Option<UnitId>,
    /// Ids, codes and amounts as JSON.
    pub detail: serde_json::Value,
    /// The request.
    pub request_id: String,
}

/// A row of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Row {
    /// Its id.
    pub id: AuditId,
    /// When, in microseconds.
    pub at: i64,
    /// Who.
    pub staff: Option<StaffId>,
    /// What.
    pub action: String,
    /// On what.
    pub object: String,
    /// Where.
    pub unit: Option<UnitId>,
    /// JSON.
    pub detail: String,
    /// The request.
    pub request_id: String,
}

/// Records an act.
pub fn record(conn: &mut Db, act: &Act, now: Ts) -> Result<()> {
    let row = (
        audit::id.eq(uid(AuditId::new())),
        audit::at.eq(now.0),
        audit::staff_id.eq(act.staff.map(uid)),
        audit::action.eq(act.action),
        audit::object.eq(&act.object),
        audit::unit_id.eq(act.unit.map(uid)),
        audit::detail.eq(act.detail.to_string()),
        audit::request_id.eq(&act.request_id),
    );
    diesel::insert_into(audit::table).values(row).execute(conn)?;
    Ok(())
}

/// The audit of a subtree, newest first, before a row.
pub fn of_subtree(conn: &mut Db, root: UnitId, before: Option<AuditId>, limit: u32) -> Result<Vec<Row>> {
    let inside = unit_paths::table.filter(unit_paths::ancestor_id.eq(uid(root))).select(unit_paths::unit_id);
    let mut query = audit::table.filter(audit::unit_id.assume_not_null().eq_any(inside)).into_boxed();
    if let Some(before) = before {
        query = query.filter(audit::id.lt(uid(before)));
    }
    Ok(query.order(audit::id.desc()).limit(i64::from(limit)).load(conn)?)
}
