//! The door: the code that changes, coming and leaving by it, and staff who record it for those without a phone.

use domain::access::{Permission, Person, StaffActor};
use domain::events::{Way, door_window, door_window_end, published};
use domain::ids::{EventId, ResidentId};
use domain::time::Zone;
use domain::{Code, Ts};
use foundation::{App, Error, Once, RequestContext, Result, doors};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Db;
use store::events::arrivals::Arrival;
use store::events::sign_ups::{self, SignUp};
use store::events::{self, Event, attendance};

use super::read::Mine;
use super::{held, note, reached, seats};

/// The codes of this moment.
#[derive(Clone, PartialEq, Eq)]
pub struct DoorCodes {
    /// For checking in.
    pub enter: String,
    /// For checking out.
    pub leave: String,
    /// When the next ones are shown.
    pub expires_at: Ts,
}

/// Codes stay out of logs.
impl std::fmt::Debug for DoorCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DoorCodes").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// The codes that the organiser shows at the door.
pub async fn door_codes(app: &App, who: &StaffActor, id: EventId) -> Result<DoorCodes> {
    let (who, now) = (who.clone(), app.now());
    app.store
        .read(move |conn| {
            let event = events::require(conn, id)?;
            reached(conn, &who, Permission::ManageEvents, &event)?;
            published(event.state()?)?;
            let code = |way| doors::code(&event.door_secret, way, door_window(now));
            Ok(DoorCodes { enter: code(Way::In), leave: code(Way::Out), expires_at: door_window_end(now) })
        })
        .await
}

/// Comes, by the code of the door. To do it again changes nothing.
pub async fn check_in(app: &App, who: Person, id: EventId, code: &str) -> Result<Mine> {
    pass(app, who, id, Way::In, code.to_owned()).await
}

/// Leaves, by the code of the door. Who left first stays gone: the first time counts.
pub async fn check_out(app: &App, who: Person, id: EventId, code: &str) -> Result<Mine> {
    pass(app, who, id, Way::Out, code.to_owned()).await
}

/// Lets somebody in together with others who come, on PostgreSQL; nothing where that has to go the long way.
async fn let_in(app: &App, id: EventId, resident: ResidentId, code: &str) -> Result<Option<Mine>> {
    if !app.store.gathers() {
        return Ok(None);
    }
    let (event, now) = (app.pages.event(&app.store, id).await?, app.now());
    if event.times().at_door(event.state()?, now).is_err()
        || !doors::opens(&event.door_secret, Way::In, code, now)
    {
        return Ok(None);
    }
    let came = app.store.arrive(Arrival { event: id, version: event.version, resident, at: now }).await;
    Ok(came.map(|sign_up| Mine { sign_up, ahead: None }))
}

async fn pass(app: &App, who: Person, id: EventId, way: Way, code: String) -> Result<Mine> {
    let resident = who.require_resident()?;
    if way == Way::In
        && let Some(mine) = let_in(app, id, resident, &code).await?
    {
        return Ok(mine);
    }
    let now = app.now();
    // Only the person and staff see it, and they read it anew.
    app.store
        .write_quietly(move |conn| {
            let event = seats::locked(conn, id)?;
            event.times().at_door(event.state()?, now)?;
            let row = sign_ups::find(conn, id, resident)?.filter(|row| row.state == "confirmed");
            let row = row.ok_or(Error::from(Code::NoSeat))?;
            if !doors::opens(&event.door_secret, way, &code, now) {
                return Err(Code::DoorCodeWrong.into());
            }
            match way {
                Way::In => attendance::check_in(conn, id, resident, now)?,
                Way::Out if row.checked_in_at.is_none() => return Err(Code::NotCheckedIn.into()),
                Way::Out => attendance::check_out(conn, id, resident, now)?,
            };
            let row = sign_ups::find(conn, id, resident)?.ok_or(Error::from(Code::SignUpNotFound))?;
            Mine::of(conn, row)
        })
        .await
}

/// What staff record for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attendance {
    /// Signing up.
    SignUp,
    /// Coming, at this time.
    CheckIn(Option<Ts>),
    /// Leaving, at this time.
    CheckOut(Option<Ts>),
}

/// An entry of staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// For whom.
    pub resident: ResidentId,
    /// What.
    pub what: Attendance,
}

/// What became of an entry: a state, or the word of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// For whom.
    pub resident: ResidentId,
    /// The state of the sign-up.
    pub state: Option<String>,
    /// Why it was refused.
    pub code: Option<String>,
}

impl Noted {
    /// Why it was refused.
    pub fn refusal(&self) -> Option<Code> {
        let word = self.code.as_deref()?;
        Code::EVERY.iter().copied().find(|code| code.word() == word)
    }
}

/// Records attendance for people without a phone: each entry by itself, in their order, with a result each.
pub async fn attend(
    app: &App,
    who: &StaffActor,
    id: EventId,
    entries: Vec<Entry>,
    ctx: RequestContext,
) -> Result<Once<Vec<Noted>>> {
    let (who, now, zone) = (who.clone(), app.now(), app.store.zone().clone());
    app.store
        .write(move |conn| {
            let (event, _) = held(conn, &who, id)?;
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                published(event.state()?)?;
                let mut noted = Vec::with_capacity(entries.len());
                for entry in &entries {
                    let resident = entry.resident;
                    noted.push(match one(conn, &who, &event, entry, (now, &zone)) {
                        Ok(row) => Noted { resident, state: Some(row.state), code: None },
                        // It is refused before anything of it is written.
                        Err(Error::Refused(why)) => {
                            Noted { resident, state: None, code: Some(why.code.word().to_owned()) }
                        }
                        Err(other) => return Err(other),
                    });
                }
                let done: Vec<ResidentId> =
                    noted.iter().filter(|n| n.code.is_none()).map(|n| n.resident).collect();
                note(conn, &who, "events.attend", &event, json!({"residents": done}), &ctx, now)?;
                Ok(noted)
            })
        })
        .await
}

fn one(
    conn: &mut Db,
    who: &StaffActor,
    event: &Event,
    entry: &Entry,
    (now, zone): (Ts, &Zone),
) -> Result<SignUp> {
    let resident = entry.resident;
    let (way, at) = match entry.what {
        Attendance::SignUp => {
            let comer = seats::Comer::of(conn, resident)?;
            // Seats have changed hands since the event was read, perhaps by the entry before.
            let event = events::require(conn, event.id)?;
            return seats::enter(conn, &event, &comer, Some(who.id), (now, zone));
        }
        Attendance::CheckIn(at) => (Way::In, at.unwrap_or(now)),
        Attendance::CheckOut(at) => (Way::Out, at.unwrap_or(now)),
    };
    let row = sign_ups::find(conn, event.id, resident)?.ok_or(Error::from(Code::SignUpNotFound))?;
    if row.state != "confirmed" {
        return Err(Code::NoSeat.into());
    }
    // Staff may say it later, of a time at which the door was open.
    event.times().at_door(event.state()?, at)?;
    if at > now {
        return Err(Code::DoorClosed.into());
    }
    let (came, left) = match way {
        Way::In => (Some(at.0), row.checked_out_at),
        Way::Out => (row.checked_in_at, Some(at.0)),
    };
    let came_at = came.ok_or(Error::from(Code::NotCheckedIn))?;
    if left.is_some_and(|left| left < came_at) {
        return Err(Code::DoorClosed.into());
    }
    if !attendance::record(conn, row.id, (came, left), who.id)? {
        return Err(Code::NoSeat.into());
    }
    sign_ups::find(conn, event.id, resident)?.ok_or_else(|| Code::SignUpNotFound.into())
}
