//! What of a resident others see or may come to see: for taking it from sight when the resident does not want it shown any more.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::ids::{CommentId, DeedId, ResidentId};

use crate::adapters::Uid;
use crate::db::Db;
use crate::error::Result;
use crate::stmt;

stmt! { Deeds { resident: ResidentId => Uid, limit: i64 => BigInt } -> Uid =
"SELECT id FROM deeds WHERE resident_id = ? AND title <> '' AND state IN ('published', 'pending') ORDER BY id LIMIT ?" }
stmt! { Comments { resident: ResidentId => Uid, limit: i64 => BigInt } -> (Uid, Uid) =
"SELECT id, deed_id FROM comments WHERE resident_id = ? AND state IN ('published', 'pending') ORDER BY id LIMIT ?" }
stmt! { HidePublished { comment: CommentId => Uid } -> Uid =
"UPDATE comments SET state = 'rejected' WHERE id = ? AND state = 'published'" }
stmt! { HidePending { comment: CommentId => Uid } -> Uid =
"UPDATE comments SET state = 'rejected' WHERE id = ? AND state = 'pending'" }

/// Deeds that are public or wait for it.
pub fn deeds(conn: &mut Db, resident: ResidentId, limit: i64) -> Result<Vec<DeedId>> {
    Ok(Deeds { resident, limit }.load(conn)?)
}

/// Comments that are public or wait for it, with their deeds.
pub fn comments(conn: &mut Db, resident: ResidentId, limit: i64) -> Result<Vec<(CommentId, DeedId)>> {
    Ok(Comments { resident, limit }.load(conn)?)
}

/// Takes a comment from sight; whether it was public is what the count needs to know.
pub fn hide_comment(conn: &mut Db, comment: CommentId) -> Result<bool> {
    if (HidePublished { comment }).execute(conn)? == 1 {
        return Ok(true);
    }
    HidePending { comment }.execute(conn)?;
    Ok(false)
}
