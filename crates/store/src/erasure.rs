//! What a person leaves in each table, and how it is taken away: for each table a function that does at most [`PASS`] rows and says whether
//! there may be more, so that no transaction is long. Every one may be repeated: what is gone is not found again. In which order they are
//! called, and what needs more than rows, is decided in `community`; which tables there are is listed in [`crate::personal`].

pub mod clerks;
mod people;
mod wechat;
mod words;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::Ts;
use domain::ids::{ExportId, IdentityId, ResidentId};

use crate::adapters::{AnyId, Uid};
use crate::db::Db;
use crate::error::Result;
use crate::stmt;

pub use people::{
    close, disown, forget_identity, former, leave_household, link_of_clerks, link_of_staff, names,
    own_account,
};
pub use wechat::{messages, nickname, phones, text_checks};
pub use words::{
    claim_notes, claims_to_end, comment_reasons, comments, corrections, deeds, import_rows, join_requests,
    likes, redemption_notes, reports, seats, shares,
};

/// Rows that one transaction takes away.
pub const PASS: i64 = 50;

/// Who is forgotten: a way to sign in, and every resident that the person is or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whom {
    /// The way to sign in.
    pub identity: IdentityId,
    /// The residents.
    pub residents: Vec<ResidentId>,
}

impl Whom {
    /// Everybody whose rows they are: the identity and the residents.
    pub fn owners(&self) -> impl Iterator<Item = AnyId> + '_ {
        std::iter::once(AnyId::of(self.identity)).chain(self.residents.iter().copied().map(AnyId::of))
    }
}

/// Whether so many rows were all that there were.
pub(crate) fn is_more(rows: usize) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows >= PASS)
}

/// A table of rows of an owner, found by one column and deleted by its key.
macro_rules! owned {
    ($(#[$doc:meta])* $name:ident $statement:ident $table:literal $key:literal $column:literal) => {
        stmt! { $statement { who: AnyId => Uid, limit: i64 => BigInt } -> Uid = concat!(
            "DELETE FROM ", $table, " WHERE ", $key, " IN (SELECT ", $key, " FROM ", $table, " WHERE ", $column, " = ? LIMIT ?)") }
        $(#[$doc])*
        pub fn $name(conn: &mut Db, whom: &Whom) -> Result<bool> {
            let mut more = false;
            for who in whom.owners() {
                more |= is_more($statement { who, limit: PASS }.execute(conn)?);
            }
            Ok(more)
        }
    };
}

owned! { /// Every sign-in.
sessions Sessions "sessions" "id" "principal_id" }
owned! { /// What the person was told.
inbox Inbox "inbox" "id" "owner_id" }
owned! { /// Codes that were shown at a till.
redemption_codes Codes "redemption_codes" "hash" "resident_id" }
owned! { /// What the person agreed to.
consents Consents "consents" "id" "identity_id" }

stmt! { Keys { who: AnyId => Uid, again: AnyId => Uid, limit: i64 => BigInt } -> Uid =
"DELETE FROM idempotency WHERE principal = ? AND key IN (SELECT key FROM idempotency WHERE principal = ? LIMIT ?)" }

/// Keys of requests: a client may have written anything into them.
pub fn idempotency(conn: &mut Db, whom: &Whom) -> Result<bool> {
    let who = AnyId::of(whom.identity);
    Ok(is_more(Keys { who, again: who, limit: PASS }.execute(conn)?))
}

stmt! { Switches { who: AnyId => Uid } -> Uid = "DELETE FROM inbox_switches WHERE owner_id = ?" }

/// Which messages the person did not want.
pub fn inbox_switches(conn: &mut Db, whom: &Whom) -> Result<bool> {
    for who in whom.owners() {
        Switches { who }.execute(conn)?;
    }
    Ok(false)
}

stmt! { Births { who: AnyId => Uid } -> Uid = "DELETE FROM resident_births WHERE resident_id = ?" }

/// Days of birth.
pub fn resident_births(conn: &mut Db, whom: &Whom) -> Result<bool> {
    for who in whom.owners() {
        Births { who }.execute(conn)?;
    }
    Ok(false)
}

stmt! { Counters { who: AnyId => Uid } -> Uid = "DELETE FROM counters WHERE scope IN ('exports', 'deletions') AND subject_id = ?" }

/// How often the person asked for a copy. Counters of caps and limits belong to the books and hold ids only.
pub fn counters(conn: &mut Db, whom: &Whom) -> Result<bool> {
    Counters { who: AnyId::of(whom.identity) }.execute(conn)?;
    Ok(false)
}

stmt! { Uploads { who: AnyId => Uid, again: AnyId => Uid, limit: i64 => BigInt } -> Text =
"DELETE FROM pictures WHERE identity_id = ? AND id IN (SELECT id FROM pictures WHERE identity_id = ? AND deed_id IS NULL \
AND merchant_id IS NULL AND offer_id IS NULL AND event_id IS NULL LIMIT ?) RETURNING hash" }

/// Deletes uploads that belong to nothing; returns their hashes, whose bytes are to go.
pub fn uploads(conn: &mut Db, whom: &Whom) -> Result<Vec<String>> {
    let who = AnyId::of(whom.identity);
    Ok(Uploads { who, again: who, limit: PASS }.load(conn)?)
}

stmt! { Exports { who: AnyId => Uid, again: AnyId => Uid, limit: i64 => BigInt } -> Uid =
"DELETE FROM exports WHERE identity_id = ? AND id IN (SELECT id FROM exports WHERE identity_id = ? LIMIT ?) RETURNING id" }

/// Deletes the copies of the person's data; returns which, whose files are to go.
pub fn exports(conn: &mut Db, whom: &Whom) -> Result<Vec<ExportId>> {
    let who = AnyId::of(whom.identity);
    Ok(Exports { who, again: who, limit: PASS }.load(conn)?)
}

stmt! { Held { resident: ResidentId => Uid, now: i64 => BigInt } -> BigInt =
"SELECT expires_at FROM redemptions WHERE resident_id = ? AND state = 'held' AND expires_at > ? ORDER BY expires_at DESC LIMIT 1" }

/// Until when a shop holds points of the person: for two minutes at most. A sale that is being made is not cut short.
pub fn held_until(conn: &mut Db, whom: &Whom, now: Ts) -> Result<Option<Ts>> {
    let mut until = None;
    for &resident in &whom.residents {
        let held: Option<i64> = Held { resident, now: now.0 }.get_result(conn).optional()?;
        until = until.max(held);
    }
    Ok(until.map(Ts))
}
