//! What a clerk's account leaves. The row stays, because redemptions name who took them: without a name and without a way in.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::Ts;
use domain::ids::{ClerkId, MerchantId, UnitId};

use crate::adapters::Uid;
use crate::db::Db;
use crate::error::Result;
use crate::stmt;

stmt! { Owned { clerk: ClerkId => Uid } -> (Uid, Uid) =
"SELECT m.id, m.unit_id FROM merchant_staff s JOIN merchants m ON m.id = s.merchant_id \
WHERE s.clerk_id = ? AND s.role = 'owner' AND s.ended_at IS NULL AND m.state = 'approved' AND NOT EXISTS (SELECT 1 FROM merchant_staff o \
WHERE o.merchant_id = m.id AND o.clerk_id <> s.clerk_id AND o.role = 'owner' AND o.ended_at IS NULL) LIMIT 1" }

/// The shop that takes part and has this clerk for its only owner, with its unit.
pub fn owned_shop(conn: &mut Db, clerk: ClerkId) -> Result<Option<(MerchantId, UnitId)>> {
    Ok(Owned { clerk }.get_result(conn).optional()?)
}

stmt! { Sessions { clerk: ClerkId => Uid } -> Uid = "DELETE FROM sessions WHERE principal_id = ? AND principal = 'clerk'" }
stmt! { Inbox { clerk: ClerkId => Uid } -> Uid = "DELETE FROM inbox WHERE owner_id = ? AND owner = 'clerk'" }
stmt! { Switches { clerk: ClerkId => Uid } -> Uid = "DELETE FROM inbox_switches WHERE owner_id = ?" }
stmt! { Keys { clerk: ClerkId => Uid } -> Uid = "DELETE FROM idempotency WHERE principal = ?" }
stmt! { Work { now: i64 => BigInt, clerk: ClerkId => Uid } -> Uid =
"UPDATE merchant_staff SET ended_at = ? WHERE clerk_id = ? AND ended_at IS NULL" }
// A clerk has some way to sign in, by a rule of the table: what stands there now is nobody's.
stmt! { Forget { subject: String => Text, clerk: ClerkId => Uid, again: String => Text } -> Uid =
"UPDATE clerks SET provider = 'wechat', subject = ?, login = NULL, password_hash = NULL, name = '', resident_id = NULL, disabled = TRUE, \
version = version + 1 WHERE id = ? AND (subject IS NULL OR subject <> ?)" }

/// Takes the name and every way in; `false` if that was done before.
pub fn forget(conn: &mut Db, clerk: ClerkId, now: Ts) -> Result<bool> {
    Sessions { clerk }.execute(conn)?;
    Inbox { clerk }.execute(conn)?;
    Switches { clerk }.execute(conn)?;
    Keys { clerk }.execute(conn)?;
    Work { now: now.0, clerk }.execute(conn)?;
    let nobody = format!("erased:{clerk}");
    Ok(Forget { subject: nobody.clone(), clerk, again: nobody }.execute(conn)? == 1)
}
