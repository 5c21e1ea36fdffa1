//! Requests to join, as staff decide them.

use domain::access::{Permission, StaffActor};
use domain::ids::{JoinRequestId, ResidentId, UnitId};
use domain::paging::{Page, Slice};
use domain::{Code, text};
use foundation::inbox::{self, Kind, Note, Owner};
use foundation::{App, Error, Once, RequestContext, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Db;
pub use store::join_requests::JoinRequest;

use crate::people::{Deed, optional, reach, record, roots};
use crate::phones;
use crate::residents::{NewResident, check_place, parsed};

/// The requests within reach in a state, oldest first.
pub async fn list(
    app: &App,
    who: &StaffActor,
    unit: Option<UnitId>,
    state: &'static str,
    page: Page<JoinRequestId>,
) -> Result<Slice<JoinRequest, JoinRequestId>> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let roots = roots(conn, &who, Permission::ReadDesk, unit)?;
            let found = store::join_requests::of_subtrees(conn, &roots, state, page.after, page.limit + 1)?;
            Ok(Slice::cut(found, page.limit, |r| r.id))
        })
        .await
}

/// One request within reach of who may decide it.
pub async fn read(app: &App, who: &StaffActor, id: JoinRequestId) -> Result<JoinRequest> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let request = store::join_requests::find(conn, id)?.ok_or(Error::from(Code::NotFound))?;
            reach(conn, &who, Permission::ManagePeople, request.unit)?;
            Ok(request)
        })
        .await
}

/// A decision.
#[derive(Debug, Clone)]
pub enum Decision {
    /// The person is this resident, whom staff know already.
    Known(ResidentId),
    /// The person becomes a new resident.
    New(NewResident),
    /// Refused, with the reason.
    Refused(String),
}

/// What came of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The request.
    pub request: JoinRequestId,
    /// The resident, if it was accepted.
    pub resident: Option<ResidentId>,
}

/// What is done, with its texts read.
enum Step {
    Link(ResidentId),
    Create(store::residents::NewResident),
    Refuse(String),
}

/// Decides a request: once, whoever else decides it at the same time.
pub async fn decide(
    app: &App,
    who: &StaffActor,
    id: JoinRequestId,
    decision: Decision,
    ctx: RequestContext,
) -> Result<(Once<Decided>, JoinRequest)> {
    let (who, now) = (who.clone(), app.now());
    let step = match decision {
        Decision::Known(resident) => Step::Link(resident),
        Decision::New(new) => Step::Create(parsed(app, &new)?),
        Decision::Refused(reason) => {
            let reason = optional("reason", Some(&reason), text::REASON)?;
            Step::Refuse(reason.ok_or(Error::from(Code::ReasonRequired))?)
        }
    };
    app.store
        .write(move |conn| {
            let request = store::join_requests::find(conn, id)?.ok_or(Error::from(Code::NotFound))?;
            reach(conn, &who, Permission::ManagePeople, request.unit)?;
            let once = store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let (state, reason) = match &step {
                    Step::Refuse(reason) => ("refused", Some(reason.as_str())),
                    _ => ("accepted", None),
                };
                if !store::join_requests::decide(conn, id, state, reason, who.id, now)? {
                    return Err(Code::AlreadyDecided.into());
                }
                let resident = carry_out(conn, &who, &request, &step, now)?;
                tell(conn, &request, resident, now)?;
                let deed = Deed {
                    who: Some(&who),
                    action: "join_requests.decide",
                    object: id.to_string(),
                    unit: request.unit,
                    detail: json!({"state": state, "residentId": resident}),
                };
                record(conn, deed, &ctx.request_id, now)?;
                Ok(Decided { request: id, resident })
            })?;
            let request = store::join_requests::find(conn, id)?.ok_or(Error::from(Code::NotFound))?;
            Ok((once, request))
        })
        .await
}

/// Tells the person, who is told as a resident from now on.
fn tell(conn: &mut Db, request: &JoinRequest, resident: Option<ResidentId>, now: domain::Ts) -> Result<()> {
    let kind = if resident.is_some() { Kind::JoinAccepted } else { Kind::JoinRefused };
    if let Some(resident) = resident {
        inbox::hand_over(conn, request.identity, resident)?;
    }
    let to = Owner::person(resident, request.identity);
    inbox::tell(conn, &[Note::new(to, kind, request.id)], now)
}

/// Makes the person a resident, if that is the decision.
fn carry_out(
    conn: &mut Db,
    who: &StaffActor,
    request: &JoinRequest,
    step: &Step,
    now: domain::Ts,
) -> Result<Option<ResidentId>> {
    let resident = match step {
        Step::Refuse(_) => return Ok(None),
        Step::Link(resident) => {
            let found = store::residents::require(conn, *resident)?;
            reach(conn, who, Permission::ManagePeople, found.unit)?;
            if !found.is_active() {
                return Err(Code::NotFound.into());
            }
            *resident
        }
        Step::Create(new) => {
            reach(conn, who, Permission::ManagePeople, new.unit)?;
            check_place(conn, new.unit, new.household)?;
            store::residents::insert(conn, new, now)?;
            new.id
        }
    };
    if !store::identities::link(conn, request.identity, resident)? {
        return Err(Code::AlreadyResident.into());
    }
    phones::joined(conn, request.identity)?;
    let identity = store::identities::find(conn, request.identity)?;
    if let Some(nickname) = identity.and_then(|i| i.nickname) {
        store::residents::adopt_nickname(conn, resident, &nickname)?;
    }
    Ok(Some(resident))
}
