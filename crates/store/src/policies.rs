//! What a unit states of its own policies. What holds there is computed from the path (`units::policy`).

use diesel::prelude::*;
use domain::Code;
use domain::ids::UnitId;
use domain::policy::PolicyPart;

use crate::Both;
use crate::adapters::uid;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::schema::policies;

/// The part of a unit with its version; version 0 when it states nothing.
pub fn part(conn: &mut Db, unit: UnitId) -> Result<(PolicyPart, i64)> {
    let row: Option<(String, i64)> =
        policies::table.find(uid(unit)).select((policies::part, policies::version)).first(conn).optional()?;
    let Some((text, version)) = row else { return Ok((PolicyPart::default(), 0)) };
    let part =
        serde_json::from_str(&text).map_err(|e| Error::corrupt(format!("a policy does not read: {e}")))?;
    Ok((part, version))
}

/// Replaces the part of a unit of this version. Refused: another version.
pub fn put(conn: &mut Db, unit: UnitId, version: i64, part: &PolicyPart) -> Result<()> {
    let text = serde_json::to_string(part).map_err(|e| Error::corrupt(format!("a policy: {e}")))?;
    let changed = if version == 0 {
        let row = (policies::unit_id.eq(uid(unit)), policies::part.eq(&text), policies::version.eq(1));
        let insert =
            diesel::insert_into(policies::table).values(row).on_conflict(policies::unit_id).do_nothing();
        Both(insert).execute(conn)?
    } else {
        diesel::update(policies::table.find(uid(unit)).filter(policies::version.eq(version)))
            .set((policies::part.eq(&text), policies::version.eq(policies::version + 1)))
            .execute(conn)?
    };
    if changed == 0 { Err(Code::PreconditionFailed.into()) } else { Ok(()) }
}
