//! Invitations into households. How often one is used is counted by the statement that uses it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use domain::Ts;
use domain::ids::{HouseholdId, IdentityId, InvitationId, JoinRequestId, ResidentId, StaffId, UnitId};

use crate::Both;
use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::schema::{identities, invitations, join_requests, resident_names, residents};
use crate::stmt;

/// An invitation as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Into which household.
    pub household: HouseholdId,
    /// How many people it lets in.
    pub uses_max: i32,
    /// How many it has let in.
    pub used: i32,
    /// Who made it.
    pub made_by: StaffId,
    /// Until when it is good, in microseconds.
    pub expires_at: i64,
    /// When it was ended, if it was.
    pub ended_at: Option<i64>,
    /// When it was made.
    pub created_at: i64,
}

macro_rules! columns {
    () => {
        (
            invitations::id,
            invitations::household_id,
            invitations::uses_max,
            invitations::used,
            invitations::made_by,
            invitations::expires_at,
            invitations::ended_at,
            invitations::created_at,
        )
    };
}

/// Adds an invitation that is kept by this hash.
pub fn insert(conn: &mut Db, new: &Invitation, hash: &[u8]) -> Result<()> {
    let row = (
        invitations::id.eq(uid(new.id)),
        invitations::household_id.eq(uid(new.household)),
        invitations::hash.eq(hash),
        invitations::uses_max.eq(new.uses_max),
        invitations::used.eq(new.used),
        invitations::made_by.eq(uid(new.made_by)),
        invitations::expires_at.eq(new.expires_at),
        invitations::ended_at.eq(new.ended_at),
        invitations::created_at.eq(new.created_at),
    );
    diesel::insert_into(invitations::table).values(row).execute(conn)?;
    Ok(())
}

/// One invitation of a household.
pub fn find(conn: &mut Db, household: HouseholdId, id: InvitationId) -> Result<Option<Invitation>> {
    let row = invitations::table.find(uid(id)).filter(invitations::household_id.eq(uid(household)));
    Ok(row.select(columns!()).first(conn).optional()?)
}

/// The invitations of a household, newest first, before an id.
pub fn of_household(
    conn: &mut Db,
    household: HouseholdId,
    before: Option<InvitationId>,
    limit: u32,
) -> Result<Vec<Invitation>> {
    let mut query = invitations::table
        .filter(invitations::household_id.eq(uid(household)))
        .select(columns!())
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(invitations::id.lt(uid(before)));
    }
    Ok(query.order(invitations::id.desc()).limit(i64::from(limit)).load(conn)?)
}

/// Ends an invitation; `false` if it was ended already.
pub fn end(conn: &mut Db, id: InvitationId, now: Ts) -> Result<bool> {
    let row = invitations::table.find(uid(id)).filter(invitations::ended_at.is_null());
    Ok(diesel::update(row).set(invitations::ended_at.eq(Some(now.0))).execute(conn)? == 1)
}

/// The invitation of a household that is kept by one of these hashes and can still be used.
pub fn usable(
    conn: &mut Db,
    household: HouseholdId,
    hashes: &[Vec<u8>],
    now: Ts,
) -> Result<Option<InvitationId>> {
    let row = invitations::table
        .filter(invitations::hash.eq_any(hashes))
        .filter(invitations::household_id.eq(uid(household)))
        .filter(invitations::ended_at.is_null())
        .filter(invitations::expires_at.gt(now.0))
        .filter(invitations::used.lt(invitations::uses_max));
    Ok(row.select(invitations::id).first(conn).optional()?)
}

stmt! { Take { hash: Vec<u8> => Binary, now: i64 => BigInt } -> (Uid, Uid) =
"UPDATE invitations SET used = used + 1 WHERE hash = ? AND ended_at IS NULL AND expires_at > ? AND used < uses_max \
RETURNING id, household_id" }

/// Uses the invitation of this hash once; of many who do at once as many get it as it lets in. `None` says nothing of why.
pub fn take(conn: &mut Db, hash: &[u8], now: Ts) -> Result<Option<(InvitationId, HouseholdId)>> {
    Ok(Take { hash: hash.to_vec(), now: now.0 }.get_result(conn).optional()?)
}

/// How many members a household has at most: far above any real one.
const MEMBERS_MAX: i64 = 100;

/// The members of a household who live there now and whom nobody signs in as, with their names.
pub fn unlinked(conn: &mut Db, household: HouseholdId) -> Result<Vec<(ResidentId, String)>> {
    let rows = residents::table
        .inner_join(resident_names::table.on(resident_names::resident_id.eq(residents::id)))
        .left_join(identities::table.on(identities::resident_id.assume_not_null().eq(residents::id)))
        .filter(residents::household_id.assume_not_null().eq(uid(household)))
        .filter(residents::state.eq("active"))
        .filter(identities::id.nullable().is_null());
    Ok(rows
        .select((residents::id, resident_names::name))
        .order(residents::id)
        .limit(MEMBERS_MAX)
        .load(conn)?)
}

/// Makes a guest this resident; `false` when the person is a resident already. Who finds that another became the resident meanwhile looks
/// again.
pub fn link(conn: &mut Db, id: IdentityId, resident: ResidentId) -> Result<bool> {
    let guest = identities::table
        .find(uid(id))
        .filter(identities::resident_id.is_null())
        .filter(identities::subject.not_like(crate::identities::CLOSED));
    let set =
        (identities::resident_id.eq(Some(uid(resident))), identities::version.eq(identities::version + 1));
    let linked = diesel::update(guest).set(set).execute(conn);
    Ok(linked.map_err(|e| Error::from(e).unique_as_overtaken())? == 1)
}

/// A request to join that came of an invitation.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its id.
    pub id: JoinRequestId,
    /// Who asks.
    pub identity: IdentityId,
    /// The unit of the household.
    pub unit: UnitId,
    /// The household.
    pub household: HouseholdId,
    /// The invitation.
    pub invitation: InvitationId,
    /// The name that the person gives.
    pub name: String,
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Opens a request; `false` when the person has an open one.
pub fn ask(conn: &mut Db, asked: &Asked, now: Ts) -> Result<bool> {
    add(conn, asked, "open", None, now)
}

/// Notes that the person was let in: the open request, if there is one, is accepted, else one is that nobody had to decide. Returns which.
pub fn accept(conn: &mut Db, asked: &Asked, now: Ts) -> Result<JoinRequestId> {
    let open = join_requests::table
        .filter(join_requests::identity_id.eq(uid(asked.identity)))
        .filter(join_requests::state.eq("open"));
    let set = (
        join_requests::state.eq("accepted"),
        join_requests::decided_at.eq(Some(now.0)),
        join_requests::unit_id.eq(uid(asked.unit)),
        join_requests::household_id.eq(Some(uid(asked.household))),
        join_requests::invitation_id.eq(Some(uid(asked.invitation))),
    );
    let settled: Option<JoinRequestId> =
        diesel::update(open).set(set).returning(join_requests::id).get_result(conn).optional()?;
    if let Some(id) = settled {
        return Ok(id);
    }
    add(conn, asked, "accepted", Some(now), now)?;
    Ok(asked.id)
}

fn add(conn: &mut Db, asked: &Asked, state: &str, decided_at: Option<Ts>, now: Ts) -> Result<bool> {
    let row = (
        join_requests::id.eq(uid(asked.id)),
        join_requests::identity_id.eq(uid(asked.identity)),
        join_requests::unit_id.eq(uid(asked.unit)),
        join_requests::household_id.eq(Some(uid(asked.household))),
        join_requests::invitation_id.eq(Some(uid(asked.invitation))),
        join_requests::name.eq(&asked.name),
        join_requests::state.eq(state),
        join_requests::decided_at.eq(decided_at.map(|at| at.0)),
        join_requests::created_at.eq(now.0),
    );
    let insert = diesel::insert_into(join_requests::table).values(row).on_conflict_do_nothing();
    Ok(Both(insert).execute(conn)? == 1)
}
