//! Staff accounts: sign-in names and password hashes. Failures and locks are those of `sign_ins`, roles are read with the session (`sessions`).

use diesel::prelude::*;
use domain::ids::{ResidentId, StaffId};

use crate::adapters::uid;
use crate::db::Db;
use crate::error::Result;
use crate::schema::staff;

/// A staff account as stored.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Account {
    /// Its id.
    pub id: StaffId,
    /// The name it signs in by.
    pub login: String,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    /// The person's name.
    pub name: String,
    /// The resident this person is, if known.
    pub resident: Option<ResidentId>,
    /// Whether it may not sign in.
    pub disabled: bool,
    /// Failed sign-ins since the last good one.
    pub failures: i32,
    /// Until when it is locked, in microseconds.
    pub locked_until: Option<i64>,
    /// Counts changes.
    pub version: i64,
    /// When it was made, in microseconds.
    pub created_at: i64,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("id", &self.id).finish_non_exhaustive()
    }
}

/// One account.
pub fn find(conn: &mut Db, id: StaffId) -> Result<Option<Account>> {
    Ok(staff::table.find(uid(id)).first(conn).optional()?)
}

/// The account of a sign-in name.
pub fn by_login(conn: &mut Db, login: &str) -> Result<Option<Account>> {
    Ok(staff::table.filter(staff::login.eq(login)).first(conn).optional()?)
}

/// Adds an account; `false` when the sign-in name is taken.
pub fn insert(conn: &mut Db, account: &Account) -> Result<bool> {
    let row = (
        staff::id.eq(uid(account.id)),
        staff::login.eq(&account.login),
        staff::password_hash.eq(&account.password_hash),
        staff::name.eq(&account.name),
        staff::resident_id.eq(account.resident.map(uid)),
        staff::disabled.eq(account.disabled),
        staff::failures.eq(0),
        staff::locked_until.eq(None::<i64>),
        staff::version.eq(1),
        staff::created_at.eq(account.created_at),
    );
    let insert = diesel::insert_into(staff::table).values(row).on_conflict(staff::login).do_nothing();
    Ok(crate::Both(insert).execute(conn)? == 1)
}
