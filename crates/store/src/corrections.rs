//! What residents want to have corrected in their own record. The desk makes the change and decides; of each field one wish waits, by a
//! partial unique index.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use domain::Ts;
use domain::ids::{CorrectionId, ResidentId, StaffId, UnitId};

use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::error::Result;
use crate::schema::corrections;
use crate::stmt;
use crate::units::within;

/// A wish as stored.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Correction {
    /// Its id.
    pub id: CorrectionId,
    /// Whose record.
    pub resident: ResidentId,
    /// The unit of the resident when it was asked: whose desk decides.
    pub unit: UnitId,
    /// What of the record.
    pub field: String,
    /// What it should say.
    pub wanted: String,
    /// What else the person says.
    pub note: Option<String>,
    /// `open`, `done` or `refused`.
    pub state: String,
    /// Why, as the desk says.
    pub reason: Option<String>,
    /// Who decided.
    pub decided_by: Option<StaffId>,
    /// When, in microseconds.
    pub decided_at: Option<i64>,
    /// When it was asked, in microseconds.
    pub created_at: i64,
}

/// Texts stay out of logs.
impl std::fmt::Debug for Correction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Correction").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A wish to add.
#[derive(Clone, PartialEq, Eq)]
pub struct NewCorrection {
    /// Its id.
    pub id: CorrectionId,
    /// Whose record.
    pub resident: ResidentId,
    /// The unit of the resident.
    pub unit: UnitId,
    /// What of the record.
    pub field: &'static str,
    /// What it should say.
    pub wanted: String,
    /// What else the person says.
    pub note: Option<String>,
}

/// Texts stay out of logs.
impl std::fmt::Debug for NewCorrection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewCorrection").field("id", &self.id).finish_non_exhaustive()
    }
}

stmt! { Insert { id: CorrectionId => Uid, resident: ResidentId => Uid, unit: UnitId => Uid, field: &'static str => Text, wanted: String => Text,
note: Option<String> => Nullable<Text>, now: i64 => BigInt } -> Uid =
"INSERT INTO corrections (id, resident_id, unit_id, field, wanted, note, state, created_at) VALUES (?, ?, ?, ?, ?, ?, 'open', ?) \
ON CONFLICT (resident_id, field) WHERE state = 'open' DO NOTHING" }

/// Adds a wish; `false` if one of the same field waits already.
pub fn insert(conn: &mut Db, new: &NewCorrection, now: Ts) -> Result<bool> {
    let statement = Insert {
        id: new.id,
        resident: new.resident,
        unit: new.unit,
        field: new.field,
        wanted: new.wanted.clone(),
        note: new.note.clone(),
        now: now.0,
    };
    Ok(statement.execute(conn)? == 1)
}

/// One wish.
pub fn find(conn: &mut Db, id: CorrectionId) -> Result<Option<Correction>> {
    Ok(corrections::table.find(uid(id)).first(conn).optional()?)
}

/// A resident's wishes, newest first, before one.
pub fn of_resident(
    conn: &mut Db,
    resident: ResidentId,
    before: Option<CorrectionId>,
    limit: u32,
) -> Result<Vec<Correction>> {
    let mut query = corrections::table.filter(corrections::resident_id.eq(uid(resident))).into_boxed();
    if let Some(before) = before {
        query = query.filter(corrections::id.lt(uid(before)));
    }
    Ok(query.order(corrections::id.desc()).limit(i64::from(limit)).load(conn)?)
}

/// The wishes in these subtrees in a state, oldest first, after one.
pub fn of_subtrees(
    conn: &mut Db,
    roots: &[UnitId],
    state: &str,
    after: Option<CorrectionId>,
    limit: u32,
) -> Result<Vec<Correction>> {
    let mut query = corrections::table
        .filter(corrections::unit_id.eq_any(within!(roots)))
        .filter(corrections::state.eq(state.to_owned()))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(corrections::id.gt(uid(after)));
    }
    Ok(query.order(corrections::id).limit(i64::from(limit)).load(conn)?)
}

/// Decides an open wish; `false` if it is open no more. Of many who decide at once one gets `true`.
pub fn decide(
    conn: &mut Db,
    id: CorrectionId,
    done: bool,
    reason: Option<&str>,
    by: StaffId,
    now: Ts,
) -> Result<bool> {
    let row = corrections::table.filter(corrections::id.eq(uid(id))).filter(corrections::state.eq("open"));
    let change = (
        corrections::state.eq(if done { "done" } else { "refused" }),
        corrections::reason.eq(reason),
        corrections::decided_by.eq(Some(uid(by))),
        corrections::decided_at.eq(Some(now.0)),
    );
    Ok(diesel::update(row).set(change).execute(conn)? == 1)
}
