//! Accounts of the merchant service: who signs in at a till, and where they work.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::access::{ClerkActor, MerchantState, ShopRole, Workplace};
use domain::ids::{ClerkId, MerchantId, ResidentId, SessionId};
use domain::{Code, Ts};

use crate::Both;
use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::gather::Asked;
use crate::handle::Store;
use crate::lists::among;
use crate::schema::{clerks, merchant_staff, merchants, sessions};
use crate::stmt;

/// An account as stored.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Clerk {
    /// Its id.
    pub id: ClerkId,
    /// `wechat` or `dev`, if it signs in so.
    pub provider: Option<String>,
    /// The openid or development name.
    pub subject: Option<String>,
    /// The name it signs in by, if it has a password.
    pub login: Option<String>,
    /// Argon2id, as a PHC string.
    pub password_hash: Option<String>,
    /// The person's name; empty until it is said.
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

impl std::fmt::Debug for Clerk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clerk").field("id", &self.id).finish_non_exhaustive()
    }
}

/// One account.
pub fn find(conn: &mut Db, id: ClerkId) -> Result<Option<Clerk>> {
    Ok(clerks::table.find(uid(id)).first(conn).optional()?)
}

/// The account of a sign-in name.
pub fn by_login(conn: &mut Db, login: &str) -> Result<Option<Clerk>> {
    Ok(clerks::table.filter(clerks::login.assume_not_null().eq(login)).first(conn).optional()?)
}

/// The account of a provider's subject.
pub fn by_subject(conn: &mut Db, provider: &str, subject: &str) -> Result<Option<Clerk>> {
    let query = clerks::table
        .filter(clerks::provider.assume_not_null().eq(provider))
        .filter(clerks::subject.assume_not_null().eq(subject));
    Ok(query.first(conn).optional()?)
}

/// The account of a provider's subject, made when it signs in for the first time; two first sign-ins at once make one.
pub fn find_or_create(conn: &mut Db, provider: &str, subject: &str, id: ClerkId, now: Ts) -> Result<Clerk> {
    if let Some(found) = by_subject(conn, provider, subject)? {
        return Ok(found);
    }
    let row = (
        clerks::id.eq(uid(id)),
        clerks::provider.eq(provider),
        clerks::subject.eq(subject),
        clerks::name.eq(""),
        clerks::disabled.eq(false),
        clerks::failures.eq(0),
        clerks::version.eq(1),
        clerks::created_at.eq(now.0),
    );
    let insert = diesel::insert_into(clerks::table)
        .values(row)
        .on_conflict((clerks::provider, clerks::subject))
        .do_nothing();
    Both(insert).execute(conn)?;
    by_subject(conn, provider, subject)?.ok_or_else(|| Error::corrupt("an account was not made"))
}

/// Adds an account that signs in by name and password; `false` when the sign-in name is taken.
pub fn insert(
    conn: &mut Db,
    id: ClerkId,
    login: &str,
    password_hash: &str,
    name: &str,
    now: Ts,
) -> Result<bool> {
    let row = (
        clerks::id.eq(uid(id)),
        clerks::login.eq(login),
        clerks::password_hash.eq(password_hash),
        clerks::name.eq(name),
        clerks::disabled.eq(false),
        clerks::failures.eq(0),
        clerks::version.eq(1),
        clerks::created_at.eq(now.0),
    );
    let insert = diesel::insert_into(clerks::table).values(row).on_conflict(clerks::login).do_nothing();
    Ok(Both(insert).execute(conn)? == 1)
}

/// What these people are called.
pub fn names(conn: &mut Db, ids: &[ClerkId]) -> Result<HashMap<ClerkId, String>> {
    let those = among(clerks::id, ids.iter().copied());
    let rows: Vec<(ClerkId, String)> =
        clerks::table.filter(those).select((clerks::id, clerks::name)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Says what a person is called.
pub fn set_name(conn: &mut Db, id: ClerkId, name: &str) -> Result<()> {
    let set = (clerks::name.eq(name), clerks::version.eq(clerks::version + 1));
    diesel::update(clerks::table.find(uid(id))).set(set).execute(conn)?;
    Ok(())
}

/// The statement that finds the residents of some clerks: those who sign in by the same provider and subject.
macro_rules! link {
    ($which:literal) => {
        concat!(
            "UPDATE clerks SET resident_id = (SELECT i.resident_id FROM identities i \
             WHERE i.provider = clerks.provider AND i.subject = clerks.subject) \
             WHERE id IN (SELECT c.id FROM clerks c \
             JOIN identities i ON i.provider = c.provider AND i.subject = c.subject AND i.resident_id IS NOT NULL \
             WHERE c.resident_id IS NULL ",
            $which
        )
    };
}
stmt! { LinkSome { limit: i64 => BigInt } -> BigInt = link!("LIMIT ?)") }
stmt! { LinkShop { merchant: MerchantId => Uid, applied: MerchantId => Uid } -> BigInt =
link!("AND (c.id IN (SELECT clerk_id FROM merchant_staff WHERE merchant_id = ? AND ended_at IS NULL) \
OR c.id IN (SELECT applied_by FROM merchants WHERE id = ?)))") }

/// Finds the residents that clerks are, of at most `limit`; returns of how many.
pub fn link(conn: &mut Db, limit: i64) -> Result<usize> {
    Ok(LinkSome { limit }.execute(conn)?)
}

/// Finds the residents that the people of a shop are, before something is decided that is not theirs to decide.
pub fn link_shop(conn: &mut Db, merchant: MerchantId) -> Result<()> {
    LinkShop { merchant, applied: merchant }.execute(conn)?;
    Ok(())
}

type ActorRow =
    (SessionId, i64, ClerkId, Option<ResidentId>, Option<MerchantId>, Option<String>, Option<String>);

/// Whose clerk's session it is.
#[derive(Debug)]
pub(crate) struct ClerkOf {
    session: SessionId,
    now: Ts,
}

impl Asked for ClerkOf {
    type Answer = Option<ClerkActor>;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Option<ClerkActor>>> {
        let at_work = merchant_staff::clerk_id.eq(clerks::id).and(merchant_staff::ended_at.is_null());
        let rows: Vec<ActorRow> = sessions::table
            .inner_join(clerks::table.on(clerks::id.eq(sessions::principal_id)))
            .left_join(merchant_staff::table.on(at_work))
            .left_join(merchants::table.on(merchants::id.eq(merchant_staff::merchant_id)))
            .filter(among(sessions::id, batch.iter().map(|asked| asked.session)))
            .filter(sessions::principal.eq("clerk"))
            .filter(sessions::ended_at.is_null())
            .filter(clerks::disabled.eq(false))
            .select((
                sessions::id,
                sessions::expires_at,
                clerks::id,
                clerks::resident_id,
                merchants::id.nullable(),
                merchant_staff::role.nullable(),
                merchants::state.nullable(),
            ))
            .load(conn)?;
        let live = |asked: &Self| rows.iter().find(|row| row.0 == asked.session && row.1 > asked.now.0);
        batch.iter().map(|asked| live(asked).map(actor).transpose()).collect()
    }
}

fn actor((session, _, id, resident, merchant, role, state): &ActorRow) -> Result<ClerkActor> {
    let meaning = || Error::corrupt("a clerk of no role, or a shop of no state");
    let workplace = match (merchant, role, state) {
        (Some(merchant), Some(role), Some(state)) => Some(Workplace {
            merchant: *merchant,
            role: ShopRole::from_word(role).ok_or_else(meaning)?,
            state: MerchantState::from_word(state).ok_or_else(meaning)?,
        }),
        _ => None,
    };
    Ok(ClerkActor { id: *id, session: *session, resident: *resident, workplace })
}

impl Store {
    /// The clerk of a live session, with the shop as of now; refused when the session has ended or the account is disabled.
    pub async fn clerk(&self, session: SessionId) -> Result<ClerkActor> {
        let found = self.ask(&self.at_once.clerks, ClerkOf { session, now: self.now() }).await?;
        found.ok_or(Code::SessionEnded.into())
    }
}
