//! The audit: one row per act of staff, in the transaction of the act. It holds ids and words, never names or texts, and is never changed.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use domain::Ts;
use domain::ids::{AuditId, StaffId, UnitId};

use crate::adapters::{AnyId, Uid, uid};
use crate::db::Db;
use crate::error::Result;
use crate::schema::{audit, unit_paths};
use crate::stmt;

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

stmt! { pub(crate) Record { id: AuditId => Uid, at: i64 => BigInt, staff: Option<AnyId> => Nullable<Uid>, action: String => Text,
                      object: String => Text, unit: Option<AnyId> => Nullable<Uid>, detail: String => Text, request: String => Text } -> Uid =
"INSERT INTO audit (id, at, staff_id, action, object, unit_id, detail, request_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)" }

impl Record {
    /// The row of an act.
    pub(crate) fn of(act: &Act, now: Ts) -> Self {
        Self {
            id: AuditId::new(),
            at: now.0,
            staff: act.staff.map(uid),
            action: act.action.to_owned(),
            object: act.object.clone(),
            unit: act.unit.map(uid),
            detail: act.detail.to_string(),
            request: act.request_id.clone(),
        }
    }
}

/// Records an act.
pub fn record(conn: &mut Db, act: &Act, now: Ts) -> Result<()> {
    Record::of(act, now).execute(conn)?;
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
