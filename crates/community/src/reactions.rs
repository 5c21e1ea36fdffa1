//! What people do with a published deed: like it, share it, report it. A like never moves points.

use domain::Code;
use domain::ids::{DeedId, IdentityId, ReportId, SessionId};
use domain::text;
use foundation::{App, Once, Person, RequestContext, Result};
use store::Db;
use store::reports::NewReport;

use crate::deeds::{Card, published};

/// Where a like stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Liked {
    /// Whether the person likes the deed.
    pub liked: bool,
    /// How many do.
    pub count: i64,
}

fn is_own(card: &Card, who: Person) -> bool {
    card.identity == who.identity || (card.resident.is_some() && who.resident == card.resident)
}

/// A published deed of somebody else's.
fn anothers(conn: &mut Db, who: Person, id: DeedId) -> Result<Card> {
    let card = published(conn, id)?;
    if is_own(&card, who) { Err(Code::OwnDeed.into()) } else { Ok(card) }
}

/// Likes a deed, once; to like it again changes nothing. The session is looked at with the like itself: for most likes that is all.
pub async fn like(app: &App, who: IdentityId, session: SessionId, id: DeedId) -> Result<Liked> {
    let now = app.now();
    if let Some(count) = app.store.like(id, who, session).await? {
        return Ok(Liked { liked: true, count });
    }
    // Nothing changed: the person likes it already, or there is a reason to tell.
    let why = move |conn: &mut Db| {
        let who = store::sessions::person(conn, session, now)?;
        Ok(Liked { liked: true, count: anothers(conn, who, id)?.like_count })
    };
    app.store.read(why).await
}

/// Takes a like back; without one nothing changes.
pub async fn unlike(app: &App, who: Person, id: DeedId) -> Result<Liked> {
    let now = app.now();
    app.store
        .write_quietly(move |conn| match store::reactions::unlike(conn, id, who.identity, now)? {
            Some(count) => Ok(Liked { liked: false, count }),
            None => Ok(Liked { liked: false, count: published(conn, id)?.like_count }),
        })
        .await
}

/// Counts that a person shared a deed, once; returns how many did.
pub async fn share(app: &App, who: Person, id: DeedId) -> Result<i64> {
    let now = app.now();
    app.store
        .write_quietly(move |conn| {
            let card = published(conn, id)?;
            Ok(store::reactions::share(conn, id, who.identity, now)?.unwrap_or(card.share_count))
        })
        .await
}

/// Why a deed is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportCause {
    /// It is not true.
    Untrue,
    /// It shows or names somebody who did not want that.
    Privacy,
    /// It offends.
    Offensive,
    /// It advertises.
    Advertising,
    /// Anything else.
    Other,
}

impl ReportCause {
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Untrue => "untrue",
            Self::Privacy => "privacy",
            Self::Offensive => "offensive",
            Self::Advertising => "advertising",
            Self::Other => "other",
        }
    }
}

/// Reports a deed to staff, once a person.
pub async fn report(
    app: &App,
    who: Person,
    deed: DeedId,
    cause: ReportCause,
    note: Option<&str>,
    ctx: RequestContext,
) -> Result<Once<ReportId>> {
    let note = note.map(|note| text::parse("note", note, text::REASON)).transpose()?;
    let now = app.now();
    let id = ReportId::new();
    app.store
        .write(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let unit = anothers(conn, who, deed)?.unit;
                let cause = cause.word();
                let new = NewReport { id, deed, identity: who.identity, unit, cause, note: note.clone() };
                if store::reports::insert(conn, &new, now)? {
                    Ok(id)
                } else {
                    Err(Code::AlreadyReported.into())
                }
            })
        })
        .await
}
