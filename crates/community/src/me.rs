//! A person's own things: nickname, hiding, the household, requests to join.

use domain::access::Person;
use domain::consents::Purpose;
use domain::ids::{JoinRequestId, ResidentId, UnitId};
use domain::paging::{Page, Slice};
use domain::ranking::Subject;
use domain::{Code, text};
use foundation::data_keys::DataKeys;
use foundation::{App, Once, RequestContext, Result};
use store::households::Household;
use store::identities::Identity;
pub use store::join_requests::JoinRequest;
pub use store::nicknames::Proposal;
use store::pictures::Picture;
use store::residents::Resident;
use store::{AnyId, Db};

use crate::people::{optional, smallest};
use crate::phones;

pub(crate) mod nickname;

/// A person, and the resident that the person is.
#[derive(Debug, Clone)]
pub struct Me {
    /// The way to sign in.
    pub identity: Identity,
    /// The resident; none for a guest.
    pub resident: Option<Resident>,
    /// The nickname that waits for a decision, or was refused.
    pub proposal: Option<Proposal>,
    /// The pictures: the one that shows, and one that waits.
    pub avatars: Vec<Picture>,
    /// The telephone number, masked.
    pub phone: Option<String>,
    /// Purposes about which the person is to be asked.
    pub consents_due: Vec<Purpose>,
}

impl Me {
    /// What the person is called.
    fn nickname(&self) -> Option<&str> {
        match &self.resident {
            Some(resident) => resident.nickname.as_deref(),
            None => self.identity.nickname.as_deref(),
        }
    }
}

fn load(conn: &mut Db, who: Person, keys: Option<&DataKeys>) -> Result<Me> {
    let identity = store::identities::find(conn, who.identity)?.ok_or(Code::SessionEnded)?;
    let resident = match identity.resident {
        Some(id) => store::residents::find(conn, id)?,
        None => None,
    };
    let proposal = store::nicknames::of(conn, who.identity)?;
    let phone = phones::masked_of_identity(conn, keys, who.identity)?;
    let standings = crate::consents::standings(conn, who.identity)?;
    let due = standings.into_iter().filter(|standing| standing.is_due());
    let consents_due = due.map(|standing| standing.purpose).collect();
    let avatars = store::pictures::avatars(conn, who.identity)?;
    Ok(Me { identity, resident, proposal, avatars, phone, consents_due })
}

/// Who the caller is.
pub async fn read(app: &App, who: Person) -> Result<Me> {
    let keys = app.data_keys.clone();
    app.store.read(move |conn| load(conn, who, keys.as_ref())).await
}

/// Replaces the nickname (none removes it), and hides or shows the person if that is asked for.
pub async fn update(app: &App, who: Person, nickname: Option<String>, hidden: Option<bool>) -> Result<Me> {
    let nickname = optional("nickname", nickname.as_deref(), text::NICKNAME)?;
    let (now, keys) = (app.now(), app.data_keys.clone());
    let finding = nickname::check(app, who, nickname.as_deref()).await?;
    app.store
        .write(move |conn| {
            let me = load(conn, who, keys.as_ref())?;
            // A review before what it is of, as deciding goes.
            if me.nickname() != nickname.as_deref() {
                nickname::change(conn, &me, nickname.as_deref(), finding, now)?;
            }
            match (&me.resident, hidden) {
                (Some(resident), Some(hidden)) => hide(conn, resident.id, hidden)?,
                (None, Some(true)) => return Err(Code::ResidentsOnly.into()),
                _ => {}
            }
            store::identities::wrote(conn, who.identity, now)?;
            load(conn, who, keys.as_ref())
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
                if load(conn, who, None)?.resident.is_some() {
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
