//! What use cases of staff have in common: where a list looks, what is within reach, and how an act is recorded.

use domain::access::{Path, Permission, StaffActor};
use domain::ids::UnitId;
use domain::policy::Policy;
use domain::text::{self, TextRule};
use domain::{Code, FieldFault, Ts};
use store::audit::Act;
use store::{Db, Result};

/// The path of a unit and the policies that hold there.
pub type Place = (Path, Policy);

/// The subtrees that a list reads: that of the unit asked for, or everything within reach.
pub fn roots(
    conn: &mut Db,
    who: &StaffActor,
    permission: Permission,
    unit: Option<UnitId>,
) -> Result<Vec<UnitId>> {
    if let Some(unit) = unit {
        reach(conn, who, permission, unit)?;
        return Ok(vec![unit]);
    }
    let roots = who.reach(permission);
    if roots.is_empty() { Err(Code::Forbidden.into()) } else { Ok(roots) }
}

/// Refuses unless the account may do this in the unit.
pub fn reach(conn: &mut Db, who: &StaffActor, permission: Permission, unit: UnitId) -> Result<()> {
    let path = store::units::path(conn, unit)?;
    Ok(who.require(permission, &path)?)
}

/// Refuses unless the account may do this to an object of the unit, whose path and policies it answers. Out of reach it is refused as one that does
/// not exist, so that nobody learns that it does.
pub fn reach_object(
    conn: &mut Db,
    who: &StaffActor,
    permission: Permission,
    unit: UnitId,
    missing: Code,
) -> Result<Place> {
    let place = store::units::place(conn, unit)?;
    who.require(permission, &place.0).map_err(|code| if code == Code::NotFound { missing } else { code })?;
    Ok(place)
}

/// Refuses unless people can live in the unit.
pub fn smallest(conn: &mut Db, unit: UnitId) -> Result<()> {
    let unit = store::units::require(conn, unit)?;
    if store::units::is_smallest(&unit.kind) { Ok(()) } else { Err(Code::UnitHasChildren.into()) }
}

/// An act of staff and what it was about.
pub struct Deed<'a> {
    /// Who; none for the operator at the machine.
    pub who: Option<&'a StaffActor>,
    /// `capability.verb`.
    pub action: &'static str,
    /// The object's id.
    pub object: String,
    /// The unit it concerns.
    pub unit: UnitId,
    /// Ids, codes and amounts.
    pub detail: serde_json::Value,
}

/// Records an act in the audit.
pub fn record(conn: &mut Db, deed: Deed<'_>, request_id: &str, now: Ts) -> Result<()> {
    let act = Act {
        staff: deed.who.map(|who| who.id),
        action: deed.action,
        object: deed.object,
        unit: Some(deed.unit),
        detail: deed.detail,
        request_id: request_id.to_owned(),
    };
    store::audit::record(conn, &act, now)
}

/// Reads a text that may be missing; one of blanks only is missing.
pub fn optional(field: &str, raw: Option<&str>, rule: TextRule) -> Result<Option<String>, FieldFault> {
    raw.filter(|raw| !raw.trim().is_empty()).map(|raw| text::parse(field, raw, rule)).transpose()
}

/// Reads a text by which a list is filtered; one that nothing can be called is a malformed query.
pub fn wanted(raw: Option<&str>) -> Result<Option<String>> {
    Ok(optional("query", raw, text::OUTER_CODE).map_err(|_| Code::MalformedQuery)?)
}

/// Refuses a change of what was changed meanwhile.
pub fn unchanged(stored: i64, read: i64) -> Result<()> {
    if stored == read { Ok(()) } else { Err(Code::PreconditionFailed.into()) }
}
