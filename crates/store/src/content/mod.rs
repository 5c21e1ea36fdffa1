//! What checks of content said: of texts by a hash, of what waits for a person because of it, and of pictures.

pub mod known;
pub mod pictures;

use std::collections::HashMap;

use diesel::prelude::*;
use domain::Ts;
use domain::content::{Finding, Label, Verdict};
use domain::ids::{ClerkId, IdentityId, StaffId};

use crate::adapters::{AnyId, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::lists::among;
use crate::schema::{clerks, identities, staff, text_checks, text_verdicts};
use crate::{Both, stmt};

/// Of what a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A deed: its title and text.
    Deed,
    /// A comment.
    Comment,
    /// A nickname.
    Nickname,
    /// The page of a shop.
    Merchant,
    /// An offer.
    Offer,
    /// An event.
    Event,
}

impl Kind {
    /// The word in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deed => "deed",
            Self::Comment => "comment",
            Self::Nickname => "nickname",
            Self::Merchant => "merchant",
            Self::Offer => "offer",
            Self::Event => "event",
        }
    }
    /// The kind of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        let every = [Self::Deed, Self::Comment, Self::Nickname, Self::Merchant, Self::Offer, Self::Event];
        every.into_iter().find(|kind| kind.word() == word)
    }
}

/// Who writes: WeChat looks at a text by somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// A person.
    Person(IdentityId),
    /// A clerk of a shop.
    Clerk(ClerkId),
    /// Staff, by the person that they are as a resident, if they are any.
    Staff(StaffId),
}

impl Author {
    /// The id, whatever it is of.
    pub fn id(self) -> AnyId {
        match self {
            Self::Person(id) => uid(id),
            Self::Clerk(id) => uid(id),
            Self::Staff(id) => uid(id),
        }
    }
}

/// The openid of who writes; none for those who do not sign in by WeChat.
pub fn openid(conn: &mut Db, author: Author) -> Result<Option<String>> {
    let wechat = identities::provider.eq("wechat");
    let found: Option<Option<String>> = match author {
        Author::Person(id) => identities::table
            .filter(identities::id.eq(uid(id)))
            .filter(wechat)
            .select(identities::subject.nullable())
            .first(conn)
            .optional()?,
        Author::Clerk(id) => clerks::table
            .filter(clerks::id.eq(uid(id)))
            .filter(clerks::provider.assume_not_null().eq("wechat"))
            .select(clerks::subject)
            .first(conn)
            .optional()?,
        Author::Staff(id) => identities::table
            .inner_join(staff::table.on(staff::resident_id.eq(identities::resident_id)))
            .filter(staff::id.eq(uid(id)))
            .filter(wechat)
            .select(identities::subject.nullable())
            .first(conn)
            .optional()?,
    };
    Ok(found.flatten())
}

/// A finding as rows have it.
fn finding(verdict: &str, label: i64) -> Result<Finding> {
    let verdict = Verdict::from_word(verdict).ok_or_else(|| Error::corrupt("a verdict of no meaning"))?;
    Ok(Finding { verdict, label: Label(label) })
}

/// What was said of a text after `since`.
pub fn said(conn: &mut Db, hash: &[u8], since: Ts) -> Result<Option<Finding>> {
    let query = text_verdicts::table.find(hash).filter(text_verdicts::checked_at.ge(since.0));
    let found: Option<(String, i64)> =
        query.select((text_verdicts::verdict, text_verdicts::label)).first(conn).optional()?;
    found.map(|(verdict, label)| finding(&verdict, label)).transpose()
}

/// Keeps what was said of a text.
pub fn keep(conn: &mut Db, hash: &[u8], finding: Finding, now: Ts) -> Result<()> {
    let set = (
        text_verdicts::verdict.eq(finding.verdict.word()),
        text_verdicts::label.eq(finding.label.0),
        text_verdicts::checked_at.eq(now.0),
    );
    let insert = diesel::insert_into(text_verdicts::table)
        .values((text_verdicts::hash.eq(hash), set))
        .on_conflict(text_verdicts::hash)
        .do_update()
        .set(set);
    Both(insert).execute(conn)?;
    Ok(())
}

stmt! { Forget { before: i64 => diesel::sql_types::BigInt, limit: i64 => diesel::sql_types::BigInt } -> diesel::sql_types::BigInt =
"DELETE FROM text_verdicts WHERE hash IN (SELECT hash FROM text_verdicts WHERE checked_at < ? ORDER BY checked_at LIMIT ?)" }

/// Deletes what was said before `before`, at most `limit`.
pub fn purge(conn: &mut Db, before: Ts, limit: i64) -> Result<usize> {
    Ok(Forget { before: before.0, limit }.execute(conn)?)
}

/// Notes what was found in the text of an object, for who decides on it: a text that passed needs no row.
pub fn note(
    conn: &mut Db,
    kind: Kind,
    object: AnyId,
    author: Author,
    finding: Finding,
    now: Ts,
) -> Result<()> {
    if finding.verdict == Verdict::Passed {
        return forget(conn, kind, object);
    }
    let person = match author {
        Author::Person(id) => Some(uid(id)),
        Author::Clerk(_) | Author::Staff(_) => None,
    };
    let set = (
        text_checks::verdict.eq(finding.verdict.word()),
        text_checks::label.eq(finding.label.0),
        text_checks::identity_id.eq(person),
        text_checks::checked_at.eq(now.0),
    );
    let insert = diesel::insert_into(text_checks::table)
        .values((text_checks::kind.eq(kind.word()), text_checks::object_id.eq(object), set))
        .on_conflict((text_checks::kind, text_checks::object_id))
        .do_update()
        .set(set);
    Both(insert).execute(conn)?;
    Ok(())
}

/// Takes the note of an object away: its text is another now, or it is gone.
pub fn forget(conn: &mut Db, kind: Kind, object: AnyId) -> Result<()> {
    diesel::delete(text_checks::table.find((kind.word(), object))).execute(conn)?;
    Ok(())
}

/// Notes what was found later, if the note of the object still says that the check failed; `false` otherwise.
pub fn found_later(conn: &mut Db, kind: Kind, object: AnyId, finding: Finding, now: Ts) -> Result<bool> {
    let failed = text_checks::table
        .filter(text_checks::kind.eq(kind.word()))
        .filter(text_checks::object_id.eq(object))
        .filter(text_checks::verdict.eq(Verdict::Failed.word()));
    let set = (
        text_checks::verdict.eq(finding.verdict.word()),
        text_checks::label.eq(finding.label.0),
        text_checks::checked_at.eq(now.0),
    );
    Ok(diesel::update(failed).set(set).execute(conn)? == 1)
}

/// What the notes of these objects say.
pub fn notes(conn: &mut Db, kind: Kind, objects: &[AnyId]) -> Result<HashMap<AnyId, Finding>> {
    if objects.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(AnyId, String, i64)> = text_checks::table
        .filter(text_checks::kind.eq(kind.word()))
        .filter(among(text_checks::object_id, objects.iter().copied()))
        .select((text_checks::object_id, text_checks::verdict, text_checks::label))
        .load(conn)?;
    rows.into_iter().map(|(id, verdict, label)| Ok((id, finding(&verdict, label)?))).collect()
}
