//! Who the person was: the sign-in, the resident, the household, the links of others to them.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use domain::Ts;
use domain::ids::{AccountId, HouseholdId, IdentityId, ResidentId};
use domain::ledger::{Holder, Kind};

use super::Whom;
use crate::adapters::{AnyId, Uid};
use crate::db::Db;
use crate::error::Result;
use crate::ledger::accounts::{self, Balance};
use crate::stmt;

// A resident who signs in by another identity by now is somebody's present home and not the former one of this person.
stmt! { Former { who: IdentityId => Uid, again: IdentityId => Uid } -> Uid =
"SELECT f.resident_id FROM former_residents f WHERE f.identity_id = ? \
AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.resident_id = f.resident_id AND i.id <> ?) ORDER BY f.resident_id" }

/// The residents that a person was before, or is no more because the account is being deleted.
pub fn former(conn: &mut Db, who: IdentityId) -> Result<Vec<ResidentId>> {
    Ok(Former { who, again: who }.load(conn)?)
}

stmt! { Remember { who: IdentityId => Uid } -> Uid =
"INSERT INTO former_residents (identity_id, resident_id) SELECT id, resident_id FROM identities WHERE id = ? AND resident_id IS NOT NULL \
ON CONFLICT (identity_id, resident_id) DO NOTHING" }
stmt! { Shut { subject: String => Text, who: IdentityId => Uid } -> Uid =
"UPDATE identities SET subject = ?, nickname = NULL, resident_id = NULL, version = version + 1 WHERE id = ?" }
stmt! { Sessions { who: IdentityId => Uid } -> Uid = "DELETE FROM sessions WHERE principal_id = ?" }
// Nobody takes in who is gone.
stmt! { Asking { who: IdentityId => Uid } -> Uid = "DELETE FROM join_requests WHERE identity_id = ? AND state = 'open'" }
stmt! { Erased { resident: ResidentId => Uid } -> Uid =
"UPDATE residents SET state = 'erased', code = NULL, hidden = FALSE, version = version + 1 WHERE id = ? AND state <> 'erased' RETURNING id" }

/// Shuts the door: nobody is signed in any more, whoever signs in as this person is somebody new, and the residents are residents no more.
/// Returns which of them became so just now.
pub fn close(conn: &mut Db, who: IdentityId) -> Result<Vec<ResidentId>> {
    // What is found by the openid, while it is known; and the telephone, which somebody else may bind at once.
    let subject = crate::identities::find(conn, who)?.map(|identity| identity.subject);
    Remember { who }.execute(conn)?;
    Shut { subject: format!("erased:{who}"), who }.execute(conn)?;
    Asking { who }.execute(conn)?;
    if let Some(subject) = subject {
        crate::pushes::forget(conn, &subject)?;
    }
    crate::phones::remove(conn, who)?;
    Sessions { who }.execute(conn)?;
    let mut erased = Vec::new();
    for resident in former(conn, who)? {
        erased.extend(Erased { resident }.get_result::<ResidentId>(conn).optional()?);
    }
    Ok(erased)
}

stmt! { Names { resident: ResidentId => Uid } -> Uid = "DELETE FROM resident_names WHERE resident_id = ?" }

/// The names.
pub fn names(conn: &mut Db, whom: &Whom) -> Result<bool> {
    for &resident in &whom.residents {
        Names { resident }.execute(conn)?;
    }
    Ok(false)
}

stmt! { HomeOf { resident: ResidentId => Uid } -> Nullable<Uid> = "SELECT household_id FROM residents WHERE id = ?" }
stmt! { MoveOut { resident: ResidentId => Uid } -> Uid =
"UPDATE residents SET household_id = NULL, version = version + 1 WHERE id = ? AND household_id IS NOT NULL" }
stmt! { StandDown { resident: ResidentId => Uid, household: HouseholdId => Uid } -> Uid =
"UPDATE households SET householder_id = NULL, version = version + 1 WHERE householder_id = ? AND id = ?" }
// The address is the person's own where nobody else lives there or did.
stmt! { Door { household: HouseholdId => Uid, again: HouseholdId => Uid } -> Uid =
"DELETE FROM household_doors WHERE household_id = ? AND NOT EXISTS (SELECT 1 FROM residents WHERE household_id = ? AND state <> 'erased')" }

/// The household stays, without this member; its address goes with the last one.
pub fn leave_household(conn: &mut Db, whom: &Whom) -> Result<bool> {
    for &resident in &whom.residents {
        let home: Option<Option<HouseholdId>> = HomeOf { resident }.get_result(conn).optional()?;
        let Some(household) = home.flatten() else { continue };
        StandDown { resident, household }.execute(conn)?;
        MoveOut { resident }.execute(conn)?;
        Door { household, again: household }.execute(conn)?;
    }
    Ok(false)
}

stmt! { Staff { resident: ResidentId => Uid } -> Uid = "UPDATE staff SET resident_id = NULL, version = version + 1 WHERE resident_id = ?" }
stmt! { Clerks { resident: ResidentId => Uid } -> Uid = "UPDATE clerks SET resident_id = NULL, version = version + 1 WHERE resident_id = ?" }

/// Which member of staff the person is: the account stays, the link goes.
pub fn link_of_staff(conn: &mut Db, whom: &Whom) -> Result<bool> {
    for &resident in &whom.residents {
        Staff { resident }.execute(conn)?;
    }
    Ok(false)
}

/// Which clerk the person is: likewise.
pub fn link_of_clerks(conn: &mut Db, whom: &Whom) -> Result<bool> {
    for &resident in &whom.residents {
        Clerks { resident }.execute(conn)?;
    }
    Ok(false)
}

stmt! { Disown { resident: ResidentId => Uid } -> Uid = "DELETE FROM account_owners WHERE holder = 'resident' AND owner_id = ?" }

/// What a resident can still spend, with the account.
pub fn own_account(conn: &mut Db, resident: ResidentId, now: Ts) -> Result<Option<(AccountId, Balance)>> {
    let found = accounts::find(conn, Kind::Redeemable, Holder::Resident, AnyId::of(resident))?;
    found.map(|account| Ok((account, accounts::balance(conn, account, now)?))).transpose()
}

/// Whose accounts they were is not known any more: the ledger remains.
pub fn disown(conn: &mut Db, resident: ResidentId) -> Result<()> {
    Disown { resident }.execute(conn)?;
    Ok(())
}

stmt! { ForgetFormer { who: IdentityId => Uid } -> Uid = "DELETE FROM former_residents WHERE identity_id = ?" }
stmt! { ForgetIdentity { who: IdentityId => Uid } -> Uid = "DELETE FROM identities WHERE id = ?" }

/// The way to sign in itself: the last that goes.
pub fn forget_identity(conn: &mut Db, who: IdentityId) -> Result<()> {
    ForgetFormer { who }.execute(conn)?;
    ForgetIdentity { who }.execute(conn)?;
    Ok(())
}
