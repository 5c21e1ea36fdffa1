//! Requests of guests to join a unit. A guest has one open request at a time, by a partial unique index.

use diesel::prelude::*;
use domain::Ts;
use domain::ids::{HouseholdId, IdentityId, InvitationId, JoinRequestId, ResidentId, StaffId, UnitId};

use crate::Both;
use crate::adapters::uid;
use crate::db::Db;
use crate::error::Result;
use crate::schema::{identities, join_requests};
use crate::units::within;

/// A request as stored, with the resident that its identity is linked to by now.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct JoinRequest {
    /// Its id.
    pub id: JoinRequestId,
    /// Who asks.
    pub identity: IdentityId,
    /// Which unit to join.
    pub unit: UnitId,
    /// The name that the person gives.
    pub name: String,
    /// The address that the person gives.
    pub door: Option<String>,
    /// What else the person says.
    pub note: Option<String>,
    /// `open`, `accepted` or `refused`.
    pub state: String,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Who decided.
    pub decided_by: Option<StaffId>,
    /// When, in microseconds.
    pub decided_at: Option<i64>,
    /// When it was made, in microseconds.
    pub created_at: i64,
    /// The household that invited, if one did.
    pub household: Option<HouseholdId>,
    /// By which invitation.
    pub invitation: Option<InvitationId>,
    /// The resident of the identity.
    pub resident: Option<ResidentId>,
}

impl JoinRequest {
    /// The household that invited the person, if the person comes to live in its unit: in this one, or where the request says.
    pub fn invited_into(&self, unit: Option<UnitId>) -> Option<HouseholdId> {
        self.household.filter(|_| unit.is_none_or(|unit| unit == self.unit))
    }
}

impl std::fmt::Debug for JoinRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinRequest").field("id", &self.id).finish_non_exhaustive()
    }
}

macro_rules! requests_with_residents {
    () => {
        join_requests::table
            .inner_join(identities::table.on(identities::id.eq(join_requests::identity_id)))
            .select((
                join_requests::id,
                join_requests::identity_id,
                join_requests::unit_id,
                join_requests::name,
                join_requests::door,
                join_requests::note,
                join_requests::state,
                join_requests::reason,
                join_requests::decided_by,
                join_requests::decided_at,
                join_requests::created_at,
                join_requests::household_id,
                join_requests::invitation_id,
                identities::resident_id,
            ))
    };
}

/// A request to make.
#[derive(Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// Its id.
    pub id: JoinRequestId,
    /// Who asks.
    pub identity: IdentityId,
    /// Which unit to join.
    pub unit: UnitId,
    /// The name that the person gives.
    pub name: String,
    /// The address that the person gives.
    pub door: Option<String>,
    /// What else the person says.
    pub note: Option<String>,
}

impl std::fmt::Debug for NewRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewRequest").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Makes a request; `false` when the person has an open one.
pub fn insert(conn: &mut Db, new: &NewRequest, now: Ts) -> Result<bool> {
    let row = (
        join_requests::id.eq(uid(new.id)),
        join_requests::identity_id.eq(uid(new.identity)),
        join_requests::unit_id.eq(uid(new.unit)),
        join_requests::name.eq(&new.name),
        join_requests::door.eq(new.door.as_deref()),
        join_requests::note.eq(new.note.as_deref()),
        join_requests::state.eq("open"),
        join_requests::created_at.eq(now.0),
    );
    Ok(Both(diesel::insert_into(join_requests::table).values(row).on_conflict_do_nothing()).execute(conn)?
        == 1)
}

/// One request.
pub fn find(conn: &mut Db, id: JoinRequestId) -> Result<Option<JoinRequest>> {
    Ok(requests_with_residents!().filter(join_requests::id.eq(uid(id))).first(conn).optional()?)
}

/// A person's requests, newest first, before an id.
pub fn of_identity(
    conn: &mut Db,
    identity: IdentityId,
    before: Option<JoinRequestId>,
    limit: u32,
) -> Result<Vec<JoinRequest>> {
    let mut query =
        requests_with_residents!().filter(join_requests::identity_id.eq(uid(identity))).into_boxed();
    if let Some(before) = before {
        query = query.filter(join_requests::id.lt(uid(before)));
    }
    Ok(query.order(join_requests::id.desc()).limit(i64::from(limit)).load(conn)?)
}

/// The requests in these subtrees and this state, oldest first, after an id.
pub fn of_subtrees(
    conn: &mut Db,
    roots: &[UnitId],
    state: &str,
    after: Option<JoinRequestId>,
    limit: u32,
) -> Result<Vec<JoinRequest>> {
    let mut query = requests_with_residents!()
        .filter(join_requests::unit_id.eq_any(within!(roots)))
        .filter(join_requests::state.eq(state.to_owned()))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(join_requests::id.gt(uid(after)));
    }
    Ok(query.order(join_requests::id).limit(i64::from(limit)).load(conn)?)
}

/// Decides an open request; `false` when it is decided already.
pub fn decide(
    conn: &mut Db,
    id: JoinRequestId,
    state: &str,
    reason: Option<&str>,
    by: StaffId,
    now: Ts,
) -> Result<bool> {
    let open = join_requests::table.find(uid(id)).filter(join_requests::state.eq("open"));
    let set = (
        join_requests::state.eq(state),
        join_requests::reason.eq(reason),
        join_requests::decided_by.eq(Some(uid(by))),
        join_requests::decided_at.eq(Some(now.0)),
    );
    Ok(diesel::update(open).set(set).execute(conn)? == 1)
}
