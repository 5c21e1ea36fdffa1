//! Signing in by name and password, by staff and clerks alike: what is known before the password is checked, failures and locks.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use domain::Ts;

use crate::adapters::{AnyId, Uid};
use crate::db::Db;
use crate::error::Result;
use crate::sessions::Principal;
use crate::{clerks, staff, stmt};

/// An account that signs in by name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose it is.
    pub principal: Principal,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    /// Whether it may not sign in.
    pub disabled: bool,
    /// Until when it is locked, in microseconds.
    pub locked_until: Option<i64>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("principal", &self.principal).finish_non_exhaustive()
    }
}

/// The staff account of a sign-in name.
pub fn of_staff(conn: &mut Db, login: &str) -> Result<Option<Account>> {
    Ok(staff::by_login(conn, login)?.map(|a| Account {
        principal: Principal::Staff(a.id),
        password_hash: a.password_hash,
        disabled: a.disabled,
        locked_until: a.locked_until,
    }))
}

/// The clerk of a sign-in name; none who signs in by WeChat only.
pub fn of_clerk(conn: &mut Db, login: &str) -> Result<Option<Account>> {
    let found = clerks::by_login(conn, login)?;
    Ok(found.and_then(|a| {
        Some(Account {
            principal: Principal::Clerk(a.id),
            password_hash: a.password_hash?,
            disabled: a.disabled,
            locked_until: a.locked_until,
        })
    }))
}

/// The statements of a table of accounts.
macro_rules! accounts {
    ($table:literal, $fail:ident, $begin_anew:ident) => {
        stmt! { $fail { most: i32 => Integer, until: i64 => BigInt, id: AnyId => Uid } -> Integer = concat!("UPDATE ", $table,
        " SET failures = failures + 1, locked_until = CASE WHEN failures + 1 >= ? THEN ? ELSE locked_until END WHERE id = ?") }
        stmt! { $begin_anew { id: AnyId => Uid } -> Integer =
        concat!("UPDATE ", $table, " SET failures = 0, locked_until = NULL WHERE id = ?") }
    };
}
accounts!("staff", FailStaff, StaffBeginAnew);
accounts!("clerks", FailClerk, ClerkBeginsAnew);

/// Counts a failed sign-in; from `most` on the account is locked until then. A person has no password to fail with.
pub fn note_failure(conn: &mut Db, of: Principal, most: i32, locked_until: Ts) -> Result<()> {
    let (id, until) = (of.id(), locked_until.0);
    match of {
        Principal::Staff(_) => FailStaff { most, until, id }.execute(conn)?,
        Principal::Clerk(_) => FailClerk { most, until, id }.execute(conn)?,
        Principal::Person(_) => 0,
    };
    Ok(())
}

/// A good sign-in: failures begin anew.
pub fn note_success(conn: &mut Db, of: Principal) -> Result<()> {
    let id = of.id();
    match of {
        Principal::Staff(_) => StaffBeginAnew { id }.execute(conn)?,
        Principal::Clerk(_) => ClerkBeginsAnew { id }.execute(conn)?,
        Principal::Person(_) => 0,
    };
    Ok(())
}
