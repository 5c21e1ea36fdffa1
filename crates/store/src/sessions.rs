//! Sessions: signed-in devices. Only hashes of refresh tokens are kept. A refresh token rotates with each use; the one before the
//! newest may be presented again while its successor was never used; anything else ends the session.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable};
use domain::access::{Grant, Person, Role, StaffActor};
use domain::ids::{ClerkId, HouseholdId, IdentityId, ResidentId, SessionId, StaffId, UnitId};
use domain::{Code, Ts};

use crate::adapters::{AnyId, Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::gather::Asked;
use crate::handle::Store;
use crate::schema::{residents, sessions, staff, staff_roles};
use crate::{pg_stmt, stmt};

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// A person: guest or resident.
    Person(IdentityId),
    /// A member of staff.
    Staff(StaffId),
    /// An account of the merchant service.
    Clerk(ClerkId),
}

impl Principal {
    fn word(self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Staff(_) => "staff",
            Self::Clerk(_) => "clerk",
        }
    }
    fn of(word: &str, id: AnyId) -> Self {
        match word {
            "staff" => Self::Staff(id.typed()),
            "clerk" => Self::Clerk(id.typed()),
            _ => Self::Person(id.typed()),
        }
    }
    /// The id, whatever it is.
    pub fn id(self) -> AnyId {
        match self {
            Self::Person(id) => uid(id),
            Self::Staff(id) => uid(id),
            Self::Clerk(id) => uid(id),
        }
    }
}

/// Opens a session.
pub fn open(
    conn: &mut Db,
    id: SessionId,
    principal: Principal,
    refresh: &[u8],
    now: Ts,
    expires_at: Ts,
) -> Result<()> {
    let row = (
        sessions::id.eq(uid(id)),
        sessions::principal.eq(principal.word()),
        sessions::principal_id.eq(principal.id()),
        sessions::current_hash.eq(refresh),
        sessions::previous_hash.eq(None::<Vec<u8>>),
        sessions::created_at.eq(now.0),
        sessions::expires_at.eq(expires_at.0),
        sessions::ended_at.eq(None::<i64>),
    );
    diesel::insert_into(sessions::table).values(row).execute(conn)?;
    Ok(())
}

type RefreshRow = (String, AnyId, Vec<u8>, Option<Vec<u8>>, i64, Option<i64>);

/// What became of a presented refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// The session goes on with the new token.
    On(Principal),
    /// The token is not, or no longer, good; if it was a reuse, the session has ended with this. The change must be committed.
    Ended,
}

/// Rotates a session's refresh token from `presented` to `next`.
pub fn refresh(conn: &mut Db, id: SessionId, presented: &[u8], next: &[u8], now: Ts) -> Result<Refreshed> {
    let query = sessions::table.find(uid(id)).select((
        sessions::principal,
        sessions::principal_id,
        sessions::current_hash,
        sessions::previous_hash,
        sessions::expires_at,
        sessions::ended_at,
    ));
    let row: Option<RefreshRow> = crate::per(query.for_update(), query).get_result(conn).optional()?;
    let Some((word, principal, current, previous, expires_at, ended)) = row else {
        return Ok(Refreshed::Ended);
    };
    if ended.is_some() || expires_at <= now.0 {
        return Ok(Refreshed::Ended);
    }
    let is_current = presented == current;
    let is_previous = previous.as_deref() == Some(presented);
    if !is_current && !is_previous {
        end(conn, id, now)?;
        return Ok(Refreshed::Ended);
    }
    // Presenting the previous one again replaces its unused successor; presenting the current one makes it the previous.
    let kept = if is_current { current } else { previous.unwrap_or_default() };
    diesel::update(sessions::table.find(uid(id)))
        .set((sessions::current_hash.eq(next), sessions::previous_hash.eq(Some(kept))))
        .execute(conn)?;
    Ok(Refreshed::On(Principal::of(&word, principal)))
}

/// Whose session it is, live or ended.
pub fn principal(conn: &mut Db, id: SessionId) -> Result<Option<Principal>> {
    let row: Option<(String, AnyId)> = sessions::table
        .find(uid(id))
        .select((sessions::principal, sessions::principal_id))
        .first(conn)
        .optional()?;
    Ok(row.map(|(word, id)| Principal::of(&word, id)))
}

/// Ends a session; ending an ended one changes nothing.
pub fn end(conn: &mut Db, id: SessionId, now: Ts) -> Result<()> {
    diesel::update(sessions::table.find(uid(id)).filter(sessions::ended_at.is_null()))
        .set(sessions::ended_at.eq(now.0))
        .execute(conn)?;
    Ok(())
}

/// Ends every session of a principal.
pub fn end_all(conn: &mut Db, principal: AnyId, now: Ts) -> Result<()> {
    diesel::update(
        sessions::table.filter(sessions::principal_id.eq(principal)).filter(sessions::ended_at.is_null()),
    )
    .set(sessions::ended_at.eq(now.0))
    .execute(conn)?;
    Ok(())
}

/// The person of a live session, with the resident as of now; refused when the session has ended.
pub fn person(conn: &mut Db, session: SessionId, now: Ts) -> Result<Person> {
    live(conn, session, now)?.ok_or(Code::SessionEnded.into())
}

// The database is asked this more often than anything else.
stmt! { OnePerson { session: SessionId => Uid, now: i64 => BigInt } -> (Uid, Nullable<Uid>) =
"SELECT i.id, i.resident_id FROM sessions s JOIN identities i ON i.id = s.principal_id \
WHERE s.id = ? AND s.expires_at > ? AND s.principal = 'person' AND s.ended_at IS NULL" }

fn live(conn: &mut Db, session: SessionId, now: Ts) -> Result<Option<Person>> {
    let row: Option<(IdentityId, Option<ResidentId>)> =
        OnePerson { session, now: now.0 }.get_result(conn).optional()?;
    Ok(row.map(|(identity, resident)| Person { identity, session, resident }))
}

/// A session whose person is asked for.
#[derive(Debug)]
pub(crate) struct PersonOf {
    session: SessionId,
    now: Ts,
}

pg_stmt! { PeoplePostgres { sessions: Vec<SessionId> => Array<Uid> } -> (Uid, BigInt, Uid, Nullable<Uid>) =
"SELECT s.id, s.expires_at, i.id, i.resident_id FROM sessions s JOIN identities i ON i.id = s.principal_id \
WHERE s.id = ANY (?) AND s.principal = 'person' AND s.ended_at IS NULL" }

impl Asked for PersonOf {
    type Answer = Option<Person>;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Option<Person>>> {
        let Db::Pg(pg) = conn else {
            return batch.iter().map(|asked| live(conn, asked.session, asked.now)).collect();
        };
        let sessions = batch.iter().map(|asked| asked.session).collect();
        let rows: Vec<(SessionId, i64, IdentityId, Option<ResidentId>)> =
            PeoplePostgres { sessions }.load(pg)?;
        let person = |asked: &Self| {
            let is_live = |(session, expires_at, ..): &&(SessionId, i64, IdentityId, Option<ResidentId>)| {
                *session == asked.session && *expires_at > asked.now.0
            };
            let found = rows.iter().find(is_live);
            found.map(|(session, _, identity, resident)| Person {
                identity: *identity,
                session: *session,
                resident: *resident,
            })
        };
        Ok(batch.iter().map(person).collect())
    }
}

impl Store {
    /// As [`person`], read with those of other requests.
    pub async fn person(&self, session: SessionId) -> Result<Person> {
        let found = self.ask(&self.at_once.people, PersonOf { session, now: self.now() }).await?;
        found.ok_or(Code::SessionEnded.into())
    }
}

type StaffRow = (StaffId, Option<ResidentId>, bool, Option<HouseholdId>, Option<String>, Option<UnitId>);

/// Staff accounts with their roles: a row for each role, so that it is one query.
macro_rules! with_roles {
    ($accounts:expr) => {
        $accounts
            .left_join(residents::table.on(residents::id.nullable().eq(staff::resident_id)))
            .left_join(staff_roles::table.on(staff_roles::staff_id.eq(staff::id)))
            .order(staff_roles::id)
            .select((
                staff::id,
                staff::resident_id,
                staff::disabled,
                residents::household_id.nullable(),
                staff_roles::role.nullable(),
                staff_roles::unit_id.nullable(),
            ))
    };
}

fn actor(session: SessionId, rows: Vec<StaffRow>) -> Result<Option<StaffActor>> {
    let Some((id, resident, false, household, ..)) = rows.first().cloned() else { return Ok(None) };
    let roles = rows.into_iter().filter_map(|(_, _, _, _, role, unit)| role.zip(unit));
    Ok(Some(StaffActor { id, session, resident, household, grants: grants(roles)? }))
}

/// The staff account of a live session, with its roles as of now; refused when the session has ended or the account is disabled.
pub fn staff_actor(conn: &mut Db, session: SessionId, now: Ts) -> Result<StaffActor> {
    let rows = with_roles!(sessions::table.inner_join(staff::table.on(staff::id.eq(sessions::principal_id))))
        .filter(sessions::id.eq(uid(session)))
        .filter(sessions::principal.eq("staff"))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now.0));
    actor(session, rows.load(conn)?)?.ok_or_else(|| Code::SessionEnded.into())
}

/// The account in whose name something goes on that it began in this session, which may have ended since: with its roles as of now; none
/// if it is disabled.
pub fn staff_behind(conn: &mut Db, id: StaffId, session: SessionId) -> Result<Option<StaffActor>> {
    actor(session, with_roles!(staff::table).filter(staff::id.eq(uid(id))).load(conn)?)
}

/// Roles on units as stored.
pub(crate) fn grants(roles: impl Iterator<Item = (String, UnitId)>) -> Result<Vec<Grant>> {
    let grant = |(role, unit): (String, UnitId)| {
        let role = Role::from_word(&role).ok_or_else(|| Error::corrupt("a role of no meaning"))?;
        Ok(Grant { role, unit })
    };
    roles.map(grant).collect()
}

/// Deletes sessions that expired before `before`, at most `limit`.
pub fn purge(conn: &mut Db, before: Ts, limit: i64) -> Result<usize> {
    let old: Vec<SessionId> = sessions::table
        .filter(sessions::expires_at.lt(before.0))
        .select(sessions::id)
        .limit(limit)
        .load(conn)?;
    Ok(diesel::delete(sessions::table.filter(sessions::id.eq_any(old.into_iter().map(uid)))).execute(conn)?)
}
