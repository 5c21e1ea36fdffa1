//! Comments: writing one, reading a deed's, removing one.

use domain::access::Permission;
use domain::ids::{CommentId, DeedId, ReviewId};
use domain::masking::{self, Audience};
use domain::paging::{Page, Slice};
use domain::{Code, text};
use foundation::content::{self, Author, Kind as Text, Scene};
use foundation::{AnyId, App, Error, Once, Person, RequestContext, Result, inbox};
pub use store::comments::Comment;
use store::comments::{NewComment, Removed};
use store::reviews::Kind;

use crate::deeds::{Eyes, Reader, published};
use crate::{notes, people};

/// A comment as one reader sees it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The comment.
    pub comment: Comment,
    /// Its author's name, in the form for this reader.
    pub author: String,
    /// Whether it is the reader's own.
    pub own: bool,
}

/// The name of a comment's author for an audience.
pub(crate) fn author(comment: &Comment, audience: Audience) -> String {
    let person = masking::Person {
        name: comment.name.as_deref(),
        nickname: comment.nickname.as_deref(),
        hidden: comment.hidden,
    };
    masking::display_name(person, audience)
}

fn show(eyes: &Eyes, comment: Comment) -> Shown {
    let author = author(&comment, eyes.audience(comment.home));
    Shown { author, own: eyes.is_author(comment.identity, Some(comment.resident)), comment }
}

/// The published comments of a published deed, newest first, with the reader's own that wait for review.
pub async fn list(
    app: &App,
    reader: Reader,
    deed: DeedId,
    page: Page<CommentId>,
) -> Result<Slice<Shown, CommentId>> {
    let now = app.now();
    app.store
        .read(move |conn| {
            published(conn, deed)?;
            let found = store::comments::of_deed(conn, deed, reader.identity, page.after, page.limit + 1)?;
            let eyes = Eyes::open(conn, reader, now)?;
            Ok(Slice::cut(found, page.limit, |comment| comment.id).map(|comment| show(&eyes, comment)))
        })
        .await
}

/// Comments on a published deed. Where the policy asks for it, it waits for review.
pub async fn write(
    app: &App,
    who: Person,
    deed: DeedId,
    raw: &str,
    ctx: RequestContext,
) -> Result<Once<CommentId>> {
    let resident = who.require_resident()?;
    let text = text::parse("text", raw, text::COMMENT)?;
    let known = content::known(app, who.identity, (Scene::Comment, &text), &[]).await?;
    crate::consents::require_shown(known.shown)?;
    let now = app.now();
    let author = Author::Person(who.identity);
    let said = content::Text { author, scene: Scene::Comment, fields: &["text"], text: &text };
    let finding = content::check_known(app, &ctx, said, &known).await?;
    let (id, review) = (CommentId::new(), ReviewId::new());
    app.store
        .write(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                // Who left is a resident no more.
                store::deeds::home(conn, who.identity)?.ok_or(Error::from(Code::ResidentsOnly))?;
                let unit = published(conn, deed)?.unit;
                let policy = store::units::policy(conn, unit)?;
                if !policy.comments {
                    return Err(Code::Disabled.into());
                }
                // What was not seen to be harmless is seen by nobody before a person has decided.
                let pending = policy.comments_reviewed || finding.verdict.needs_a_person();
                let new =
                    NewComment { id, deed, identity: who.identity, resident, text: text.clone(), pending };
                store::comments::insert(conn, &new, now)?;
                store::identities::wrote(conn, who.identity, now)?;
                if finding.verdict.needs_a_person() {
                    content::note(conn, Text::Comment, AnyId::of(id), author, finding, now)?;
                }
                if pending {
                    store::reviews::open(conn, review, Kind::Comment, AnyId::of(id), unit, now)?;
                } else {
                    store::comments::count(conn, deed, 1)?;
                }
                Ok(id)
            })
        })
        .await
}

/// One's own comment, to answer with.
pub async fn own(app: &App, who: Person, id: CommentId) -> Result<Shown> {
    let now = app.now();
    let reader = Reader { identity: Some(who.identity), staff: None, session: Some(who.session) };
    app.store
        .read(move |conn| {
            let comment = store::comments::find(conn, id)?.ok_or(Error::from(Code::CommentNotFound))?;
            let eyes = Eyes::open(conn, reader, now)?;
            Ok(show(&eyes, comment))
        })
        .await
}

/// Removes a comment: one's own, or as staff one within reach.
pub async fn remove(app: &App, reader: Reader, id: CommentId, ctx: RequestContext) -> Result<()> {
    let session = reader.session.ok_or(Error::from(Code::SignInRequired))?;
    let now = app.now();
    app.store
        .write(move |conn| {
            let refused = || Error::from(Code::CommentNotFound);
            let comment =
                store::comments::find(conn, id)?.filter(|c| c.state != "removed").ok_or_else(refused)?;
            if reader.staff.is_some() {
                let staff = store::sessions::staff_actor(conn, session, now)?;
                people::reach_object(conn, &staff, Permission::Review, comment.unit, Code::CommentNotFound)?;
                let (action, unit) = ("comments.remove", comment.unit);
                let detail = serde_json::json!({ "deed": comment.deed });
                let act = people::Deed { who: Some(&staff), action, object: id.to_string(), unit, detail };
                people::record(conn, act, &ctx.request_id, now)?;
                let told = notes::of_comment(comment.resident, inbox::Kind::CommentRemoved, id, comment.deed);
                inbox::tell(conn, &told, now)?;
            } else {
                let person = store::sessions::person(conn, session, now)?;
                if comment.identity != person.identity && person.resident != Some(comment.resident) {
                    let visible = comment.state == "published";
                    return Err(if visible { Code::Forbidden } else { Code::CommentNotFound }.into());
                }
                store::identities::wrote(conn, person.identity, now)?;
            }
            // The review before the comment, as deciding goes.
            store::reviews::withdraw(conn, Kind::Comment, AnyId::of(id))?;
            store::content::forget(conn, Text::Comment, AnyId::of(id))?;
            match store::comments::remove(conn, id)? {
                Removed::Published => store::comments::count(conn, comment.deed, -1),
                Removed::Hidden => Ok(()),
                Removed::Before => Err(refused()),
            }
        })
        .await
}
