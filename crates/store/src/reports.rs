//! Reports of deeds to staff.

use diesel::prelude::*;
use domain::Ts;
use domain::ids::{DeedId, IdentityId, ReportId, StaffId, UnitId};

use crate::Both;
use crate::adapters::uid;
use crate::db::Db;
use crate::error::Result;
use crate::schema::reports;
use crate::units::within;

/// A report as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// Of which deed.
    pub deed: DeedId,
    /// Who reports.
    pub identity: IdentityId,
    /// The unit of the deed.
    pub unit: UnitId,
    /// The cause's word.
    pub cause: String,
    /// What the person adds.
    pub note: Option<String>,
    /// `open`, `upheld` or `dismissed`.
    pub state: String,
    /// Who decided.
    pub decided_by: Option<StaffId>,
    /// When, in microseconds.
    pub decided_at: Option<i64>,
    /// When it was made, in microseconds.
    pub created_at: i64,
}

/// A report to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    /// Its id.
    pub id: ReportId,
    /// Of which deed.
    pub deed: DeedId,
    /// Who reports.
    pub identity: IdentityId,
    /// The unit of the deed.
    pub unit: UnitId,
    /// The cause's word.
    pub cause: &'static str,
    /// What the person adds.
    pub note: Option<String>,
}

/// Adds a report; `false` if this person has reported this deed before.
pub fn insert(conn: &mut Db, new: &NewReport, now: Ts) -> Result<bool> {
    let row = (
        reports::id.eq(uid(new.id)),
        reports::deed_id.eq(uid(new.deed)),
        reports::identity_id.eq(uid(new.identity)),
        reports::unit_id.eq(uid(new.unit)),
        reports::cause.eq(new.cause),
        reports::note.eq(&new.note),
        reports::state.eq("open"),
        reports::created_at.eq(now.0),
    );
    let insert = diesel::insert_into(reports::table)
        .values(row)
        .on_conflict((reports::deed_id, reports::identity_id))
        .do_nothing();
    Ok(Both(insert).execute(conn)? == 1)
}

/// One report.
pub fn find(conn: &mut Db, id: ReportId) -> Result<Option<Report>> {
    Ok(reports::table.find(uid(id)).first(conn).optional()?)
}

/// The reports in these subtrees, oldest first, after one.
pub fn list(
    conn: &mut Db,
    roots: &[UnitId],
    open: bool,
    after: Option<ReportId>,
    limit: u32,
) -> Result<Vec<Report>> {
    let mut query = reports::table.filter(reports::unit_id.eq_any(within!(roots))).into_boxed();
    query = match open {
        true => query.filter(reports::state.eq("open")),
        false => query.filter(reports::state.eq_any(["upheld", "dismissed"])),
    };
    if let Some(after) = after {
        query = query.filter(reports::id.gt(uid(after)));
    }
    Ok(query.order(reports::id).limit(i64::from(limit)).load(conn)?)
}

/// Dismisses an open report; `false` if it is open no more.
pub fn dismiss(conn: &mut Db, id: ReportId, by: StaffId, now: Ts) -> Result<bool> {
    let row = reports::table.filter(reports::id.eq(uid(id))).filter(reports::state.eq("open"));
    let change = (
        reports::state.eq("dismissed"),
        reports::decided_by.eq(Some(uid(by))),
        reports::decided_at.eq(Some(now.0)),
    );
    Ok(diesel::update(row).set(change).execute(conn)? == 1)
}

/// Settles every open report of a deed; returns which.
pub fn settle(
    conn: &mut Db,
    deed: DeedId,
    upheld: bool,
    by: Option<StaffId>,
    now: Ts,
) -> Result<Vec<ReportId>> {
    let rows = reports::table.filter(reports::deed_id.eq(uid(deed))).filter(reports::state.eq("open"));
    let change = (
        reports::state.eq(if upheld { "upheld" } else { "dismissed" }),
        reports::decided_by.eq(by.map(uid)),
        reports::decided_at.eq(Some(now.0)),
    );
    Ok(diesel::update(rows).set(change).returning(reports::id).get_results(conn)?)
}
