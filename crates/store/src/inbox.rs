//! Inboxes: what residents, guests, clerks and staff are told of their matters. An entry holds ids and amounts; its sentence is made
//! where it is read.

pub mod about;

use std::collections::HashSet;

use diesel::prelude::*;
use domain::Ts;
use domain::access::{Path, Permission, Role};
use domain::ids::{ClerkId, HouseholdId, IdentityId, InboxId, MerchantId, ResidentId, StaffId, UnitId};

use crate::adapters::{AnyId, Both, uid};
use crate::db::Db;
use crate::each;
use crate::error::{Error, Result};
use crate::lists::among;
use crate::schema::{inbox, inbox_switches, merchant_staff, residents, staff_roles};

/// Entries that are written in one statement: what an engine takes as values has a limit.
const ROWS_MAX: usize = 500;
/// Entries that are marked as read by one request.
const MARKS_MAX: i64 = 1_000;
/// Accounts of the desk that are told of one matter.
const DESK_MAX: usize = 50;
/// Members of a household that are told of one matter.
const MEMBERS_MAX: i64 = 20;

/// Whose inbox it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A resident.
    Resident(ResidentId),
    /// A person who is no resident.
    Identity(IdentityId),
    /// A clerk.
    Clerk(ClerkId),
    /// A staff account.
    Staff(StaffId),
}

impl Owner {
    /// The inbox of a person: the resident's if there is one.
    pub fn person(resident: Option<ResidentId>, identity: IdentityId) -> Self {
        resident.map_or(Self::Identity(identity), Self::Resident)
    }
    /// The word in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Resident(_) => "resident",
            Self::Identity(_) => "identity",
            Self::Clerk(_) => "clerk",
            Self::Staff(_) => "staff",
        }
    }
    /// The id, whatever it is of.
    pub fn id(self) -> AnyId {
        match self {
            Self::Resident(id) => uid(id),
            Self::Identity(id) => uid(id),
            Self::Clerk(id) => uid(id),
            Self::Staff(id) => uid(id),
        }
    }
}

/// An entry to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// Whose.
    pub owner: Owner,
    /// The kind's word.
    pub kind: &'static str,
    /// The id of the matter, in its text form.
    pub object: String,
    /// Ids and amounts, as JSON.
    pub detail: String,
}

/// An entry as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Entry {
    /// Its id.
    pub id: InboxId,
    /// The kind's word.
    pub kind: String,
    /// The id of the matter, in its text form.
    pub object: String,
    /// Ids and amounts, as JSON.
    pub detail: String,
    /// When it was written, in microseconds.
    pub created_at: i64,
    /// When it was marked as read, in microseconds.
    pub read_at: Option<i64>,
}

/// Adds entries.
pub fn insert(conn: &mut Db, entries: &[New], now: Ts) -> Result<()> {
    for some in entries.chunks(ROWS_MAX) {
        let rows: Vec<_> = some
            .iter()
            .map(|new| {
                (
                    inbox::id.eq(uid(InboxId::new())),
                    inbox::owner_id.eq(new.owner.id()),
                    inbox::owner.eq(new.owner.word()),
                    inbox::kind.eq(new.kind),
                    inbox::object.eq(&new.object),
                    inbox::detail.eq(&new.detail),
                    inbox::created_at.eq(now.0),
                )
            })
            .collect();
        each!(conn, c => diesel::insert_into(inbox::table).values(rows).execute(c)?);
    }
    Ok(())
}

/// Which kinds these owners do not want.
pub fn unwanted(conn: &mut Db, owners: &[Owner]) -> Result<HashSet<(AnyId, String)>> {
    let mut out = HashSet::new();
    for some in owners.chunks(ROWS_MAX) {
        let ids = some.iter().map(|owner| owner.id());
        let rows: Vec<(AnyId, String)> =
            inbox_switches::table.filter(among(inbox_switches::owner_id, ids)).load(conn)?;
        out.extend(rows);
    }
    Ok(out)
}

/// The entries of an owner, newest first, before one.
pub fn list(
    conn: &mut Db,
    owner: Owner,
    unread_only: bool,
    before: Option<InboxId>,
    limit: u32,
) -> Result<Vec<Entry>> {
    let mut query = inbox::table
        .filter(inbox::owner_id.eq(owner.id()))
        .filter(inbox::owner.eq(owner.word()))
        .select((inbox::id, inbox::kind, inbox::object, inbox::detail, inbox::created_at, inbox::read_at))
        .into_boxed();
    if unread_only {
        query = query.filter(inbox::read_at.is_null());
    }
    if let Some(before) = before {
        query = query.filter(inbox::id.lt(uid(before)));
    }
    Ok(query.order(inbox::id.desc()).limit(i64::from(limit)).load(conn)?)
}

/// One entry, whoever's it is.
pub fn find(conn: &mut Db, id: InboxId) -> Result<Option<Entry>> {
    let row = inbox::table.find(uid(id));
    let columns = (inbox::id, inbox::kind, inbox::object, inbox::detail, inbox::created_at, inbox::read_at);
    Ok(row.select(columns).first(conn).optional()?)
}

/// How many entries of an owner are unread, counted no further than `most`.
pub fn unread(conn: &mut Db, owner: Owner, most: i64) -> Result<i64> {
    let some: Vec<InboxId> = inbox::table
        .filter(inbox::owner_id.eq(owner.id()))
        .filter(inbox::owner.eq(owner.word()))
        .filter(inbox::read_at.is_null())
        .order(inbox::id)
        .select(inbox::id)
        .limit(most)
        .load(conn)?;
    Ok(i64::try_from(some.len()).unwrap_or(most))
}

/// Marks these entries of an owner as read; those of others stay as they are.
pub fn mark(conn: &mut Db, owner: Owner, ids: &[InboxId], now: Ts) -> Result<()> {
    let rows = inbox::table
        .filter(among(inbox::id, ids.iter().copied()))
        .filter(inbox::owner_id.eq(owner.id()))
        .filter(inbox::owner.eq(owner.word()))
        .filter(inbox::read_at.is_null());
    diesel::update(rows).set(inbox::read_at.eq(Some(now.0))).execute(conn)?;
    Ok(())
}

/// Marks the entries of an owner up to one as read, the oldest first: not all at once, if there are very many.
pub fn mark_up_to(conn: &mut Db, owner: Owner, last: InboxId, now: Ts) -> Result<()> {
    let ids: Vec<InboxId> = inbox::table
        .filter(inbox::owner_id.eq(owner.id()))
        .filter(inbox::owner.eq(owner.word()))
        .filter(inbox::read_at.is_null())
        .filter(inbox::id.le(uid(last)))
        .order(inbox::id)
        .select(inbox::id)
        .limit(MARKS_MAX)
        .load(conn)?;
    mark(conn, owner, &ids, now)
}

/// The kinds that an owner does not want.
pub fn switches(conn: &mut Db, owner: Owner) -> Result<HashSet<String>> {
    let query = inbox_switches::table.filter(inbox_switches::owner_id.eq(owner.id()));
    let kinds: Vec<String> = query.select(inbox_switches::kind).load(conn)?;
    Ok(kinds.into_iter().collect())
}

/// Sets the kinds that an owner does not want.
pub fn set_switches(conn: &mut Db, owner: Owner, off: &[&'static str]) -> Result<()> {
    let own = inbox_switches::table.filter(inbox_switches::owner_id.eq(owner.id()));
    diesel::delete(own.filter(inbox_switches::kind.ne_all(off))).execute(conn)?;
    for kind in off {
        let row = (inbox_switches::owner_id.eq(owner.id()), inbox_switches::kind.eq(*kind));
        Both(diesel::insert_into(inbox_switches::table).values(row).on_conflict_do_nothing())
            .execute(conn)?;
    }
    Ok(())
}

/// What a guest was told goes with the person who becomes a resident.
pub fn hand_over(conn: &mut Db, from: IdentityId, to: ResidentId) -> Result<()> {
    let rows = inbox::table.filter(inbox::owner_id.eq(uid(from))).filter(inbox::owner.eq("identity"));
    diesel::update(rows).set((inbox::owner_id.eq(uid(to)), inbox::owner.eq("resident"))).execute(conn)?;
    Ok(())
}

/// Deletes entries that were written before `before`, the oldest first, at most `limit`.
pub fn purge(conn: &mut Db, before: Ts, limit: i64) -> Result<usize> {
    let old: Vec<InboxId> = inbox::table
        .filter(inbox::created_at.lt(before.0))
        .order(inbox::created_at)
        .select(inbox::id)
        .limit(limit)
        .load(conn)?;
    if old.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(inbox::table.filter(among(inbox::id, old))).execute(conn)?)
}

/// The residents who live in a household.
pub fn members(conn: &mut Db, household: HouseholdId) -> Result<Vec<Owner>> {
    let ids: Vec<ResidentId> = residents::table
        .filter(residents::household_id.eq(uid(household)))
        .filter(residents::state.eq("active"))
        .order(residents::id)
        .select(residents::id)
        .limit(MEMBERS_MAX)
        .load(conn)?;
    Ok(ids.into_iter().map(Owner::Resident).collect())
}

/// The accounts that may do this in a unit, of the nearest unit above it that has any.
pub fn desk(conn: &mut Db, path: &Path, permission: Permission) -> Result<Vec<Owner>> {
    let rows: Vec<(StaffId, String, UnitId)> = staff_roles::table
        .filter(among(staff_roles::unit_id, path.0.iter().copied()))
        .order(staff_roles::id)
        .select((staff_roles::staff_id, staff_roles::role, staff_roles::unit_id))
        .load(conn)?;
    let mut able: Vec<(UnitId, StaffId)> = Vec::new();
    for (staff, role, unit) in rows {
        let role = Role::from_word(&role).ok_or_else(|| Error::corrupt("a role of no meaning"))?;
        if role.may(permission) && !able.contains(&(unit, staff)) {
            able.push((unit, staff));
        }
    }
    let nearest = path.0.iter().rev().find(|unit| able.iter().any(|(of, _)| of == *unit));
    let there = able.iter().filter(|(unit, _)| Some(unit) == nearest);
    Ok(there.take(DESK_MAX).map(|(_, staff)| Owner::Staff(*staff)).collect())
}

/// The clerks who run a shop.
pub fn shop_owners(conn: &mut Db, shop: MerchantId) -> Result<Vec<Owner>> {
    let ids: Vec<ClerkId> = merchant_staff::table
        .filter(merchant_staff::merchant_id.eq(uid(shop)))
        .filter(merchant_staff::ended_at.is_null())
        .filter(merchant_staff::role.eq("owner"))
        .order(merchant_staff::clerk_id)
        .select(merchant_staff::clerk_id)
        .load(conn)?;
    Ok(ids.into_iter().map(Owner::Clerk).collect())
}
