//! Corrections: what residents want to have corrected in their own record, and what the desk decides. The change itself is the desk's to
//! make, by the operation for it, because it has to see that it is true.

use domain::access::{Permission, Person, StaffActor};
use domain::ids::{CorrectionId, UnitId};
use domain::paging::{Page, Slice};
use domain::{Code, text};
use foundation::inbox::{self, Kind, Note, Owner};
use foundation::{App, Error, Once, RequestContext, Result};
use serde_json::json;
use store::corrections as rows;
pub use store::corrections::Correction;

use crate::people::{Deed, optional, reach_object, record, roots};

/// What of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The name.
    Name,
    /// The day of birth.
    Born,
    /// The household or its address.
    Household,
    /// The unit.
    Unit,
    /// Anything else.
    Other,
}

impl Field {
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Born => "born",
            Self::Household => "household",
            Self::Unit => "unit",
            Self::Other => "other",
        }
    }
}

/// Asks for a correction of the own record.
pub async fn ask(
    app: &App,
    who: Person,
    field: Field,
    wanted: &str,
    note: Option<&str>,
    ctx: RequestContext,
) -> Result<Once<CorrectionId>> {
    let resident = who.require_resident()?;
    let wanted = text::parse("wanted", wanted, text::REASON)?;
    let note = optional("note", note, text::REASON)?;
    let (now, id) = (app.now(), CorrectionId::new());
    app.store
        .write_quietly(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let unit = store::residents::require(conn, resident)?.unit;
                let (field, wanted, note) = (field.word(), wanted.clone(), note.clone());
                let new = rows::NewCorrection { id, resident, unit, field, wanted, note };
                if rows::insert(conn, &new, now)? { Ok(id) } else { Err(Code::CorrectionOpen.into()) }
            })
        })
        .await
}

/// One of the caller's own.
pub async fn one(app: &App, who: Person, id: CorrectionId) -> Result<Correction> {
    let resident = who.require_resident()?;
    app.store
        .read(move |conn| {
            let found = rows::find(conn, id)?.filter(|correction| correction.resident == resident);
            found.ok_or_else(|| Code::CorrectionNotFound.into())
        })
        .await
}

/// The caller's own, newest first.
pub async fn mine(
    app: &App,
    who: Person,
    page: Page<CorrectionId>,
) -> Result<Slice<Correction, CorrectionId>> {
    let resident = who.require_resident()?;
    app.store
        .read(move |conn| {
            let found = rows::of_resident(conn, resident, page.after, page.limit + 1)?;
            Ok(Slice::cut(found, page.limit, |correction| correction.id))
        })
        .await
}

/// Those within reach in a state, oldest first.
pub async fn list(
    app: &App,
    who: &StaffActor,
    unit: Option<UnitId>,
    state: &'static str,
    page: Page<CorrectionId>,
) -> Result<Slice<Correction, CorrectionId>> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let roots = roots(conn, &who, Permission::ManagePeople, unit)?;
            let found = rows::of_subtrees(conn, &roots, state, page.after, page.limit + 1)?;
            Ok(Slice::cut(found, page.limit, |correction| correction.id))
        })
        .await
}

/// Decides one: once, whoever else decides it at the same time. Nobody decides on the own or the own household's.
pub async fn decide(
    app: &App,
    who: &StaffActor,
    id: CorrectionId,
    done: bool,
    reason: Option<&str>,
    ctx: RequestContext,
) -> Result<(Once<CorrectionId>, Correction)> {
    let (who, now) = (who.clone(), app.now());
    let reason = optional("reason", reason, text::REASON)?;
    if !done && reason.is_none() {
        return Err(Code::ReasonRequired.into());
    }
    app.store
        .write_quietly(move |conn| {
            let found = rows::find(conn, id)?.ok_or(Error::from(Code::CorrectionNotFound))?;
            let missing = Code::CorrectionNotFound;
            reach_object(conn, &who, Permission::ManagePeople, found.unit, missing)?;
            let once = store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let resident = store::residents::require(conn, found.resident)?;
                if who.is_kin(Some(resident.id), resident.household) {
                    return Err(Code::OwnAct.into());
                }
                if !rows::decide(conn, id, done, reason.as_deref(), who.id, now)? {
                    return Err(Code::AlreadyDecided.into());
                }
                let kind = if done { Kind::CorrectionDone } else { Kind::CorrectionRefused };
                inbox::tell(conn, &[Note::new(Owner::Resident(resident.id), kind, id)], now)?;
                let deed = Deed {
                    who: Some(&who),
                    action: "corrections.decide",
                    object: id.to_string(),
                    unit: found.unit,
                    detail: json!({ "done": done, "field": found.field }),
                };
                record(conn, deed, &ctx.request_id, now)?;
                Ok(id)
            })?;
            let decided = rows::find(conn, id)?.ok_or(Error::from(Code::CorrectionNotFound))?;
            Ok((once, decided))
        })
        .await
}
