//! A person's own things: nickname, hiding, the household, requests to join.

use domain::access::Person;
use domain::consents::Purpose;
use domain::ids::{JoinRequestId, ResidentId, UnitId};
use domain::paging::{Page, Slice};
use domain::ranking::Subject;
use domain::{Code, text};
use foundation::{App, Once, RequestContext, Result};
use store::households::Household;
use store::identities::Identity;
pub use store::join_requests::JoinRequest;
use store::residents::Resident;
use store::{AnyId, Db};

use crate::people::{optional, smallest};

/// A person, and the resident that the person is.
#[derive(Debug, Clone)]
pub struct Me {
    /// The way to sign in.
    pub identity: Identity,
    /// The resident; none for a guest.
    pub resident: Option<Resident>,
    /// Purposes about which the person is to be asked.
    pub consents_due: Vec<Purpose>,
}

fn load(conn: &mut Db, who: Person) -> Result<Me> {
    let identity = store::identities::find(conn, who.identity)?.ok_or(Code::SessionEnded)?;
    let resident = match identity.resident {
        Some(id) => store::residents::find(conn, id)?,
        None => None,
    };
    let standings = crate::consents::standings(conn, who.identity)?;
    let due = standings.into_iter().filter(|standing| standing.is_due());
    Ok(Me { identity, resident, consents_due: due.map(|standing| standing.purpose).collect() })
}

/// Who the caller is.
pub async fn read(app: &App, who: Person) -> Result<Me> {
    app.store.read(move |conn| load(conn, who)).await
}

/// Replaces the nickname (none removes it), and hides or shows the person if that is asked for.
pub async fn update(app: &App, who: Person, nickname: Option<String>, hidden: Option<bool>) -> Result<Me> {
    let nickname = optional("nickname", nickname.as_deref(), text::NICKNAME)?;
    let now = app.now();
    app.store
        .write(move |conn| {
            let me = load(conn, who)?;
            store::identities::wrote(conn, who.identity, now)?;
            match &me.resident {
                Some(resident) => {
                    if resident.nickname != nickname {
                        store::residents::set_nickname(conn, resident.id, nickname.as_deref())?;
                    }
                    if let Some(hidden) = hidden {
                        hide(conn, resident.id, hidden)?;
                    }
                }
                None if hidden == Some(true) => return Err(Code::ResidentsOnly.into()),
                None => store::identities::set_nickname(conn, who.identity, nickname.as_deref())?,
            }
            load(conn, who)
        })
        .await
}

/// Hides or shows a resident; boards hear of it by the log, and only when it changed something.
fn hide(conn: &mut Db, resident: ResidentId, hidden: bool) -> Result<()> {
    if store::residents::set_hidden(conn, resident, hidden)? {
        announce(conn, Subject::Resident, AnyId::of(resident), hidden)?;
    }
    Ok(())
}

/// Queues the entry of the log by which boards hide or show somebody.
pub(crate) fn announce(conn: &mut Db, subject: Subject, id: AnyId, hidden: bool) -> Result<()> {
    let entry = if hidden { "hide" } else { "show" };
    store::ledger::scores::enqueue_visibility(conn, entry, subject, id)
}

/// A household with its members.
#[derive(Debug, Clone)]
pub struct Home {
    /// The household.
    pub household: Household,
    /// Who lives there.
    pub members: Vec<Resident>,
}

/// The caller's household.
pub async fn household(app: &App, resident: ResidentId) -> Result<Home> {
    app.store
        .read(move |conn| {
            let own = store::residents::require(conn, resident)?;
            let id = own.household.ok_or(Code::NotFound)?;
            let household = store::households::require(conn, id)?;
            Ok(Home { household, members: store::residents::members(conn, id)? })
        })
        .await
}

/// What a guest asks.
#[derive(Debug, Clone)]
pub struct Asking {
    /// The smallest unit to join.
    pub unit: UnitId,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub door: Option<String>,
    /// What else the person says.
    pub note: Option<String>,
}

/// Asks to join a unit.
pub async fn ask(app: &App, who: Person, asking: Asking, ctx: RequestContext) -> Result<Once<JoinRequestId>> {
    let new = store::join_requests::NewRequest {
        id: JoinRequestId::new(),
        identity: who.identity,
        unit: asking.unit,
        name: text::parse("name", &asking.name, text::PERSON_NAME)?,
        door: optional("door", asking.door.as_deref(), text::DOOR)?,
        note: optional("note", asking.note.as_deref(), text::REASON)?,
    };
    let now = app.now();
    app.store
        .write(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                if load(conn, who)?.resident.is_some() {
                    return Err(Code::AlreadyResident.into());
                }
                smallest(conn, new.unit)?;
                if !store::join_requests::insert(conn, &new, now)? {
                    return Err(Code::AlreadyRequested.into());
                }
                Ok(new.id)
            })
        })
        .await
}

/// One of the caller's own requests.
pub async fn request(app: &App, who: Person, id: JoinRequestId) -> Result<JoinRequest> {
    app.store
        .read(move |conn| {
            let found = store::join_requests::find(conn, id)?.filter(|r| r.identity == who.identity);
            found.ok_or_else(|| Code::NotFound.into())
        })
        .await
}

/// The caller's own requests, newest first.
pub async fn requests(
    app: &App,
    who: Person,
    page: Page<JoinRequestId>,
) -> Result<Slice<JoinRequest, JoinRequestId>> {
    app.store
        .read(move |conn| {
            let found = store::join_requests::of_identity(conn, who.identity, page.after, page.limit + 1)?;
            Ok(Slice::cut(found, page.limit, |r| r.id))
        })
        .await
}
