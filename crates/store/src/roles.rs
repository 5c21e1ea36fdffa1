//! Staff accounts as an administrator sees them, and the roles granted to them.

use diesel::prelude::*;
use domain::Code;
use domain::access::Role;
use domain::ids::{ResidentId, RoleId, StaffId, UnitId};

use crate::adapters::uid;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::lists::among;
use crate::schema::{staff, staff_roles, unit_paths};
use crate::staff::Account;
use crate::units::within;
use crate::{Both, per};

/// The accounts with a role in these subtrees (or, with `everybody`, all accounts), after an id.
pub fn accounts(
    conn: &mut Db,
    roots: &[UnitId],
    everybody: bool,
    after: Option<StaffId>,
    limit: u32,
) -> Result<Vec<Account>> {
    let mut query = staff::table.into_boxed();
    if !everybody {
        let inside = staff_roles::table
            .filter(staff_roles::unit_id.eq_any(within!(roots)))
            .select(staff_roles::staff_id);
        query = query.filter(staff::id.eq_any(inside));
    }
    if let Some(after) = after {
        query = query.filter(staff::id.gt(uid(after)));
    }
    Ok(query.order(staff::id).limit(i64::from(limit)).load(conn)?)
}

/// The roles of several accounts: account, unit, role.
pub fn of_accounts(conn: &mut Db, accounts: &[StaffId]) -> Result<Vec<(StaffId, UnitId, Role)>> {
    let rows: Vec<(StaffId, UnitId, String)> = staff_roles::table
        .filter(among(staff_roles::staff_id, accounts.iter().copied()))
        .order((staff_roles::staff_id, staff_roles::id))
        .select((staff_roles::staff_id, staff_roles::unit_id, staff_roles::role))
        .load(conn)?;
    rows.into_iter()
        .map(|(staff, unit, role)| {
            let role = Role::from_word(&role).ok_or_else(|| Error::corrupt("a role of no meaning"))?;
            Ok((staff, unit, role))
        })
        .collect()
}

/// Every account of the person behind an account: the account itself, and those of the same resident. Their rows are locked, in order of
/// ids, so that two grants to one person go one after the other.
pub fn lock_person(conn: &mut Db, account: StaffId, resident: Option<ResidentId>) -> Result<Vec<StaffId>> {
    let same = match resident {
        Some(resident) => staff::table
            .filter(staff::id.eq(uid(account)).or(staff::resident_id.assume_not_null().eq(uid(resident))))
            .order(staff::id)
            .select(staff::id),
        // The second half says nothing then; it keeps the type of the query.
        None => staff::table
            .filter(staff::id.eq(uid(account)).or(staff::resident_id.assume_not_null().eq(uid(account))))
            .order(staff::id)
            .select(staff::id),
    };
    Ok(per(same.for_update(), same).load(conn)?)
}

/// Whether one of these accounts has a role on the unit, above it or below it.
pub fn holds_nearby(conn: &mut Db, accounts: &[StaffId], role: Role, unit: UnitId) -> Result<bool> {
    let above = unit_paths::table.filter(unit_paths::unit_id.eq(uid(unit))).select(unit_paths::ancestor_id);
    let below = within!([unit]);
    let found: Option<RoleId> = staff_roles::table
        .filter(among(staff_roles::staff_id, accounts.iter().copied()))
        .filter(staff_roles::role.eq(role.word()))
        .filter(staff_roles::unit_id.eq_any(above).or(staff_roles::unit_id.eq_any(below)))
        .select(staff_roles::id)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// Grants a role; `false` when it was granted before.
pub fn grant(conn: &mut Db, account: StaffId, unit: UnitId, role: Role) -> Result<bool> {
    let row = (
        staff_roles::id.eq(uid(RoleId::new())),
        staff_roles::staff_id.eq(uid(account)),
        staff_roles::unit_id.eq(uid(unit)),
        staff_roles::role.eq(role.word()),
    );
    let insert = diesel::insert_into(staff_roles::table)
        .values(row)
        .on_conflict((staff_roles::staff_id, staff_roles::unit_id, staff_roles::role))
        .do_nothing();
    Ok(Both(insert).execute(conn)? == 1)
}

/// Takes a role away; `false` when it was not granted.
pub fn revoke(conn: &mut Db, account: StaffId, unit: UnitId, role: Role) -> Result<bool> {
    let granted = staff_roles::table
        .filter(staff_roles::staff_id.eq(uid(account)))
        .filter(staff_roles::unit_id.eq(uid(unit)))
        .filter(staff_roles::role.eq(role.word()));
    Ok(diesel::delete(granted).execute(conn)? == 1)
}

/// How many accounts that may sign in have the operations role at the root.
pub fn root_operations(conn: &mut Db, root: UnitId) -> Result<i64> {
    Ok(staff_roles::table
        .inner_join(staff::table.on(staff::id.eq(staff_roles::staff_id)))
        .filter(staff_roles::unit_id.eq(uid(root)))
        .filter(staff_roles::role.eq(Role::Operations.word()))
        .filter(staff::disabled.eq(false))
        .count()
        .get_result(conn)?)
}

/// What an administrator may change of an account.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// The person's name.
    pub name: String,
    /// The resident that this person is.
    pub resident: Option<ResidentId>,
    /// Whether it may not sign in.
    pub disabled: bool,
    /// A new password's hash, if it gets one; failures begin anew then.
    pub password_hash: Option<String>,
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Change").field("disabled", &self.disabled).finish_non_exhaustive()
    }
}

/// Changes an account of this version. Refused: another version.
pub fn update(conn: &mut Db, id: StaffId, version: i64, change: &Change) -> Result<()> {
    let changed = diesel::update(staff::table.find(uid(id)).filter(staff::version.eq(version)))
        .set((
            staff::name.eq(&change.name),
            staff::resident_id.eq(change.resident.map(uid)),
            staff::disabled.eq(change.disabled),
            staff::version.eq(staff::version + 1),
        ))
        .execute(conn)?;
    if changed == 0 {
        return Err(Code::PreconditionFailed.into());
    }
    if let Some(hash) = &change.password_hash {
        diesel::update(staff::table.find(uid(id)))
            .set((staff::password_hash.eq(hash), staff::failures.eq(0), staff::locked_until.eq(None::<i64>)))
            .execute(conn)?;
    }
    Ok(())
}
