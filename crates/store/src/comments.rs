//! Comments on deeds.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::Ts;
use domain::ids::{CommentId, DeedId, IdentityId, PictureId, ResidentId, UnitId};

use crate::adapters::{Uid, uid};
use crate::db::Db;
use crate::error::Result;
use crate::lists::among;
use crate::schema::{comments, deeds, pictures, resident_names, residents};
use crate::stmt;

/// A comment with its author, and the unit of its deed.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// On which deed.
    pub deed: DeedId,
    /// Who wrote it.
    pub identity: IdentityId,
    /// The author.
    pub resident: ResidentId,
    /// What it says.
    pub text: String,
    /// `pending`, `published`, `rejected` or `removed`.
    pub state: String,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// When it was written, in microseconds.
    pub created_at: i64,
    /// Where the author lives now.
    pub home: UnitId,
    /// Whether the author hides from public lists.
    pub hidden: bool,
    /// The author's name, unless erased.
    pub name: Option<String>,
    /// The author's nickname.
    pub nickname: Option<String>,
    /// The unit of the deed.
    pub unit: UnitId,
    /// The picture that the author is shown by.
    pub avatar: Option<PictureId>,
}

/// Names and texts stay out of logs.
impl std::fmt::Debug for Comment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Comment").field("id", &self.id).finish_non_exhaustive()
    }
}

macro_rules! with_authors {
    () => {
        comments::table
            .inner_join(deeds::table.on(deeds::id.eq(comments::deed_id)))
            .inner_join(residents::table.on(residents::id.eq(comments::resident_id)))
            .left_join(resident_names::table.on(resident_names::resident_id.eq(comments::resident_id)))
            .left_join(
                pictures::table.on(pictures::avatar_of
                    .eq(comments::identity_id.nullable())
                    .and(pictures::position.is_not_null())),
            )
            .select((
                comments::id,
                comments::deed_id,
                comments::identity_id,
                comments::resident_id,
                comments::body,
                comments::state,
                comments::reason,
                comments::created_at,
                residents::unit_id,
                residents::hidden,
                resident_names::name.nullable(),
                resident_names::nickname.nullable(),
                deeds::unit_id,
                pictures::id.nullable(),
            ))
    };
}

/// A comment to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewComment {
    /// Its id.
    pub id: CommentId,
    /// On which deed.
    pub deed: DeedId,
    /// Who writes it.
    pub identity: IdentityId,
    /// The resident who writes it.
    pub resident: ResidentId,
    /// What it says.
    pub text: String,
    /// Whether it waits for review.
    pub pending: bool,
}

/// Adds a comment.
pub fn insert(conn: &mut Db, new: &NewComment, now: Ts) -> Result<()> {
    let row = (
        comments::id.eq(uid(new.id)),
        comments::deed_id.eq(uid(new.deed)),
        comments::identity_id.eq(uid(new.identity)),
        comments::resident_id.eq(uid(new.resident)),
        comments::body.eq(&new.text),
        comments::state.eq(if new.pending { "pending" } else { "published" }),
        comments::created_at.eq(now.0),
    );
    diesel::insert_into(comments::table).values(row).execute(conn)?;
    Ok(())
}

stmt! { Count { by: i64 => BigInt, deed: DeedId => Uid } -> BigInt =
"UPDATE deeds SET comment_count = comment_count + ? WHERE id = ?" }

/// Counts a published comment of a deed, or one less.
pub fn count(conn: &mut Db, deed: DeedId, by: i64) -> Result<()> {
    Count { by, deed }.execute(conn)?;
    Ok(())
}

/// One comment.
pub fn find(conn: &mut Db, id: CommentId) -> Result<Option<Comment>> {
    Ok(with_authors!().filter(comments::id.eq(uid(id))).first(conn).optional()?)
}

/// These comments, in no order.
pub fn by_ids(conn: &mut Db, ids: &[CommentId]) -> Result<Vec<Comment>> {
    Ok(with_authors!().filter(among(comments::id, ids.iter().copied())).load(conn)?)
}

/// The published comments of a deed and somebody's own pending ones, newest first, before a comment.
pub fn of_deed(
    conn: &mut Db,
    deed: DeedId,
    own: Option<IdentityId>,
    before: Option<CommentId>,
    limit: u32,
) -> Result<Vec<Comment>> {
    let before = before.unwrap_or(CommentId(uuid::Uuid::max()));
    // Two index ranges and not one condition with OR, which would sort all of a deed's comments.
    let range = |state: &'static str| {
        with_authors!()
            .filter(comments::deed_id.eq(uid(deed)))
            .filter(comments::state.eq(state))
            .filter(comments::id.lt(uid(before)))
            .order(comments::id.desc())
            .limit(i64::from(limit))
    };
    let mut found: Vec<Comment> = range("published").load(conn)?;
    if let Some(own) = own {
        let pending: Vec<Comment> = range("pending").filter(comments::identity_id.eq(uid(own))).load(conn)?;
        found.extend(pending);
        found.sort_by_key(|comment| std::cmp::Reverse(comment.id));
        found.truncate(limit as usize);
    }
    Ok(found)
}

/// Decides a pending comment; `false` if it is pending no more.
pub fn decide(conn: &mut Db, id: CommentId, publish: bool, reason: Option<&str>) -> Result<bool> {
    let row = comments::table.filter(comments::id.eq(uid(id))).filter(comments::state.eq("pending"));
    let state = if publish { "published" } else { "rejected" };
    let change = (comments::state.eq(state), comments::reason.eq(reason));
    Ok(diesel::update(row).set(change).execute(conn)? == 1)
}

/// Removes a comment with its text; whether it was public is what the count needs to know.
pub fn remove(conn: &mut Db, id: CommentId) -> Result<Removed> {
    let change = (comments::state.eq("removed"), comments::body.eq(""));
    let row = comments::table.filter(comments::id.eq(uid(id)));
    if diesel::update(row.filter(comments::state.eq("published"))).set(change).execute(conn)? == 1 {
        return Ok(Removed::Published);
    }
    let hidden = row.filter(comments::state.eq_any(["pending", "rejected"]));
    let removed = diesel::update(hidden).set(change).execute(conn)? == 1;
    Ok(if removed { Removed::Hidden } else { Removed::Before })
}

/// What a removal met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// A comment that everybody could see.
    Published,
    /// A comment that only its author and the desk could see.
    Hidden,
    /// Nothing: it was removed before.
    Before,
}
