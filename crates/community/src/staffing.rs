//! Staff accounts and their roles.
//!
//! An administrator reaches an account by the units of its roles: sees it when one of them is within reach, and changes it only when
//! all of them are (else a town could set a new password for the district). An account without roles belongs to the root.

use domain::access::{Permission, Role, StaffActor};
use domain::ids::{ResidentId, StaffId, UnitId};
use domain::paging::{Page, Slice};
use domain::{Code, Ts, text};
use foundation::passwords::check_policy;
use foundation::{App, Error, Once, RequestContext, Result};
use serde_json::json;
use store::Db;
use store::staff::Account;

use crate::people::{Deed, reach, record, unchanged};

/// An account with its roles. The password's hash stays behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// Its id.
    pub id: StaffId,
    /// The sign-in name.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The resident that this person is.
    pub resident: Option<ResidentId>,
    /// Whether it may not sign in.
    pub disabled: bool,
    /// Roles, each on a unit.
    pub roles: Vec<(UnitId, Role)>,
    /// Counts changes.
    pub version: i64,
}

impl Staff {
    fn of(account: Account, roles: Vec<(UnitId, Role)>) -> Self {
        let Account { id, login, name, resident, disabled, version, .. } = account;
        Self { id, login, name, resident, disabled, roles, version }
    }
}

fn load(conn: &mut Db, id: StaffId) -> Result<Staff> {
    let account = store::staff::find(conn, id)?.ok_or(Error::from(Code::NotFound))?;
    let roles = store::roles::of_accounts(conn, &[id])?;
    Ok(Staff::of(account, roles.into_iter().map(|(_, unit, role)| (unit, role)).collect()))
}

/// The accounts within reach, in order of their ids.
pub async fn list(
    app: &App,
    who: &StaffActor,
    unit: Option<UnitId>,
    page: Page<StaffId>,
) -> Result<Slice<Staff, StaffId>> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let roots = crate::people::roots(conn, &who, Permission::Administer, unit)?;
            let everybody = roots.contains(&store::units::root(conn)?);
            let found = store::roles::accounts(conn, &roots, everybody, page.after, page.limit + 1)?;
            let slice = Slice::cut(found, page.limit, |account| account.id);
            let ids: Vec<StaffId> = slice.items.iter().map(|a| a.id).collect();
            let roles = store::roles::of_accounts(conn, &ids)?;
            let of = |id| {
                roles
                    .iter()
                    .filter(|(staff, ..)| *staff == id)
                    .map(|(_, unit, role)| (*unit, *role))
                    .collect()
            };
            Ok(slice.map(|account| {
                let roles = of(account.id);
                Staff::of(account, roles)
            }))
        })
        .await
}

/// Refuses unless the administrator reaches the account: one of its roles, or all of them.
fn require_account(conn: &mut Db, who: &StaffActor, staff: &Staff, all: bool) -> Result<()> {
    if who.reach(Permission::Administer).is_empty() {
        return Err(Code::Forbidden.into());
    }
    let mut within = 0;
    for (unit, _) in &staff.roles {
        let path = store::units::path(conn, *unit)?;
        within += usize::from(who.may(Permission::Administer, &path));
    }
    if staff.roles.is_empty() {
        let root = store::units::root(conn)?;
        return if who.reach(Permission::Administer).contains(&root) {
            Ok(())
        } else {
            Err(Code::NotFound.into())
        };
    }
    match within {
        0 => Err(Code::NotFound.into()),
        n if all && n < staff.roles.len() => Err(Code::Forbidden.into()),
        _ => Ok(()),
    }
}

/// Refuses a role that its person may not have beside the others: nobody both supervises and assesses. Locks the person's accounts.
fn check_conflict(
    conn: &mut Db,
    id: StaffId,
    resident: Option<ResidentId>,
    roles: &[(UnitId, Role)],
) -> Result<()> {
    let person = store::roles::lock_person(conn, id, resident)?;
    for (unit, role) in roles {
        let other = match role {
            Role::Supervisor => Role::Assessor,
            Role::Assessor => Role::Supervisor,
            _ => continue,
        };
        if store::roles::holds_nearby(conn, &person, other, *unit)? {
            return Err(Code::RoleConflict.into());
        }
    }
    Ok(())
}

/// The unit under which an account's acts stand in the audit: that of its first role, or the root.
fn audit_unit(conn: &mut Db, staff: &Staff) -> Result<UnitId> {
    staff.roles.first().map_or_else(|| store::units::root(conn), |(unit, _)| Ok(*unit))
}

/// Refuses if nobody with the operations role at the root could sign in any more. Whoever takes one away has locked the root before.
fn check_last(conn: &mut Db, root: UnitId) -> Result<()> {
    if store::roles::root_operations(conn, root)? == 0 { Err(Code::LastRole.into()) } else { Ok(()) }
}

/// An account to make.
#[derive(Clone)]
pub struct NewStaff {
    /// The sign-in name.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The password.
    pub password: String,
    /// The resident that this person is.
    pub resident: Option<ResidentId>,
    /// The first role; without one the administrator must reach the root.
    pub role: Option<(UnitId, Role)>,
}

impl std::fmt::Debug for NewStaff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewStaff").finish_non_exhaustive()
    }
}

/// Makes an account. The password is hashed before the transaction, in its own pool, and only for an administrator.
pub async fn create(
    app: &App,
    who: &StaffActor,
    new: NewStaff,
    ctx: RequestContext,
) -> Result<Once<StaffId>> {
    let (who, now, id) = (who.clone(), app.now(), StaffId::new());
    if who.reach(Permission::Administer).is_empty() {
        return Err(Code::Forbidden.into());
    }
    let login = text::parse("login", &new.login, text::LOGIN)?;
    let name = text::parse("name", &new.name, text::PERSON_NAME)?;
    check_policy(&new.password, &login)?;
    let account = Account {
        id,
        login,
        password_hash: app.passwords.hash(&new.password).await?,
        name,
        resident: new.resident,
        disabled: false,
        failures: 0,
        locked_until: None,
        version: 1,
        created_at: now.0,
    };
    let role = new.role;
    app.store
        .write(move |conn| {
            let unit = role.map_or_else(|| store::units::root(conn), |(unit, _)| Ok(unit))?;
            reach(conn, &who, Permission::Administer, unit)?;
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                known_resident(conn, &who, account.resident)?;
                if !store::staff::insert(conn, &account)? {
                    return Err(Code::NameTaken.into());
                }
                if let Some((unit, role)) = role {
                    check_conflict(conn, id, account.resident, &[(unit, role)])?;
                    store::roles::grant(conn, id, unit, role)?;
                }
                let detail = json!({"role": role.map(|(_, role)| role.word())});
                let deed =
                    Deed { who: Some(&who), action: "accounts.create", object: id.to_string(), unit, detail };
                record(conn, deed, &ctx.request_id, now)?;
                Ok(id)
            })
        })
        .await
}

/// Refuses a resident whom this administrator does not reach.
fn known_resident(conn: &mut Db, who: &StaffActor, resident: Option<ResidentId>) -> Result<()> {
    let Some(resident) = resident else { return Ok(()) };
    let found = store::residents::require(conn, resident)?;
    reach(conn, who, Permission::Administer, found.unit)
}

/// One account within reach.
pub async fn read(app: &App, who: &StaffActor, id: StaffId) -> Result<Staff> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let staff = load(conn, id)?;
            require_account(conn, &who, &staff, false)?;
            Ok(staff)
        })
        .await
}

/// What may change of an account.
#[derive(Clone)]
pub struct StaffChange {
    /// The person's name.
    pub name: String,
    /// The resident that this person is.
    pub resident: Option<ResidentId>,
    /// Whether it may not sign in.
    pub disabled: bool,
    /// A new password, if it gets one.
    pub password: Option<String>,
}

impl std::fmt::Debug for StaffChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffChange").field("disabled", &self.disabled).finish_non_exhaustive()
    }
}

/// Changes an account of this version. Disabling it, and a new password, end its sessions at once.
pub async fn update(
    app: &App,
    who: &StaffActor,
    id: StaffId,
    version: i64,
    change: StaffChange,
    ctx: RequestContext,
) -> Result<Staff> {
    let (who, now) = (who.clone(), app.now());
    let login = read(app, &who, id).await?.login;
    let password_hash = match &change.password {
        Some(password) => {
            check_policy(password, &login)?;
            Some(app.passwords.hash(password).await?)
        }
        None => None,
    };
    let change = store::roles::Change {
        name: text::parse("name", &change.name, text::PERSON_NAME)?,
        resident: change.resident,
        disabled: change.disabled,
        password_hash,
    };
    app.store.write(move |conn| apply_change(conn, &who, id, version, &change, &ctx, now)).await
}

fn apply_change(
    conn: &mut Db,
    who: &StaffActor,
    id: StaffId,
    version: i64,
    change: &store::roles::Change,
    ctx: &RequestContext,
    now: Ts,
) -> Result<Staff> {
    let root = store::units::root(conn)?;
    if change.disabled {
        store::units::lock(conn, root)?;
    }
    let before = load(conn, id)?;
    require_account(conn, who, &before, true)?;
    unchanged(before.version, version)?;
    if before.resident != change.resident {
        known_resident(conn, who, change.resident)?;
    }
    // Locks before it reads: a role granted meanwhile is seen here, or sees the new resident.
    store::roles::lock_person(conn, id, change.resident)?;
    let roles = load(conn, id)?.roles;
    check_conflict(conn, id, change.resident, &roles)?;
    store::roles::update(conn, id, version, change)?;
    let held_root = before.roles.contains(&(root, Role::Operations));
    if change.disabled && !before.disabled && held_root {
        check_last(conn, root)?;
    }
    if change.disabled || change.password_hash.is_some() {
        store::sessions::end_all(conn, store::uid(id), now)?;
    }
    let detail = json!({"version": version, "disabled": change.disabled, "residentId": change.resident,
        "password": change.password_hash.is_some()});
    let unit = audit_unit(conn, &before)?;
    let deed = Deed { who: Some(who), action: "accounts.update", object: id.to_string(), unit, detail };
    record(conn, deed, &ctx.request_id, now)?;
    load(conn, id)
}

/// A role of an account on a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granting {
    /// The account.
    pub staff: StaffId,
    /// The unit.
    pub unit: UnitId,
    /// The role.
    pub role: Role,
}

/// Grants a role; granting it again changes nothing.
pub async fn grant(app: &App, who: &StaffActor, granting: Granting, ctx: RequestContext) -> Result<Staff> {
    let (who, now) = (who.clone(), app.now());
    let Granting { staff, unit, role } = granting;
    app.store
        .write(move |conn| {
            reach(conn, &who, Permission::Administer, unit)?;
            let account = load(conn, staff)?;
            require_account(conn, &who, &account, false)?;
            // The account's row first: after it the resident cannot change any more.
            store::roles::lock_person(conn, staff, None)?;
            let resident = load(conn, staff)?.resident;
            check_conflict(conn, staff, resident, &[(unit, role)])?;
            if store::roles::grant(conn, staff, unit, role)? {
                let detail = json!({"role": role.word()});
                let deed =
                    Deed { who: Some(&who), action: "roles.grant", object: staff.to_string(), unit, detail };
                record(conn, deed, &ctx.request_id, now)?;
            }
            load(conn, staff)
        })
        .await
}

/// Takes a role away; taking it away again changes nothing.
pub async fn revoke(app: &App, who: &StaffActor, granting: Granting, ctx: RequestContext) -> Result<()> {
    let (who, now) = (who.clone(), app.now());
    let Granting { staff, unit, role } = granting;
    app.store
        .write(move |conn| {
            reach(conn, &who, Permission::Administer, unit)?;
            let root = store::units::root(conn)?;
            let is_root_operations = unit == root && role == Role::Operations;
            if is_root_operations {
                store::units::lock(conn, root)?;
            }
            if !store::roles::revoke(conn, staff, unit, role)? {
                return Ok(());
            }
            if is_root_operations {
                check_last(conn, root)?;
            }
            let detail = json!({"role": role.word()});
            let deed =
                Deed { who: Some(&who), action: "roles.revoke", object: staff.to_string(), unit, detail };
            record(conn, deed, &ctx.request_id, now)
        })
        .await
}
