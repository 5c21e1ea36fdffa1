//! What the matters of a page of entries are called, and why they were refused: read where the entry is, because an entry holds no texts.
//! Each kind of matter is read for the whole page at once.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::Id;
use domain::ids::{
    ClaimId, CommentId, CorrectionId, DeedId, EventId, JoinRequestId, MerchantId, NicknameId, OfferId,
};

use crate::db::Db;
use crate::error::Result;
use crate::lists::among;
use crate::schema::{
    claim_notes, claims, comments, corrections, deeds, events, items, join_requests, merchants,
    nickname_proposals, offers,
};

/// What there is to say of a matter.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct About {
    /// What it is called.
    pub title: Option<String>,
    /// The item that was claimed, as JSON, where it is a claim.
    pub item: Option<String>,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// Texts stay out of logs.
impl std::fmt::Debug for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("About").finish_non_exhaustive()
    }
}

fn of_type<I: Id>(ids: &[&str]) -> Vec<I> {
    ids.iter().filter_map(|id| id.parse().ok()).collect()
}

macro_rules! titled {
    ($conn:ident, $ids:ident, $out:ident, $id:ty, $table:ident, $title:ident) => {{
        let wanted: Vec<$id> = of_type($ids);
        if !wanted.is_empty() {
            let rows: Vec<($id, String, Option<String>)> = $table::table
                .filter(among($table::id, wanted))
                .select(($table::id, $table::$title, $table::reason))
                .load($conn)?;
            for (id, title, reason) in rows {
                // What its author took back has no title any more.
                let title = Some(title).filter(|title| !title.is_empty());
                $out.insert(id.to_string(), About { title, item: None, reason });
            }
        }
    }};
}

macro_rules! untitled {
    ($conn:ident, $ids:ident, $out:ident, $id:ty, $table:ident) => {{
        let wanted: Vec<$id> = of_type($ids);
        if !wanted.is_empty() {
            let rows: Vec<($id, Option<String>)> = $table::table
                .filter(among($table::id, wanted))
                .select(($table::id, $table::reason))
                .load($conn)?;
            for (id, reason) in rows {
                $out.insert(id.to_string(), About { reason, ..About::default() });
            }
        }
    }};
}

/// What there is to say of these matters, by their ids in text form. What is gone is left out.
pub fn of(conn: &mut Db, ids: &[&str]) -> Result<HashMap<String, About>> {
    let mut out = HashMap::new();
    titled!(conn, ids, out, DeedId, deeds, title);
    titled!(conn, ids, out, EventId, events, title);
    titled!(conn, ids, out, MerchantId, merchants, name);
    titled!(conn, ids, out, OfferId, offers, title);
    untitled!(conn, ids, out, CommentId, comments);
    untitled!(conn, ids, out, JoinRequestId, join_requests);
    untitled!(conn, ids, out, NicknameId, nickname_proposals);
    untitled!(conn, ids, out, CorrectionId, corrections);
    let wanted: Vec<ClaimId> = of_type(ids);
    if !wanted.is_empty() {
        let rows: Vec<(ClaimId, String, Option<String>)> = claims::table
            .inner_join(items::table.on(items::id.eq(claims::item_id)))
            .left_join(claim_notes::table.on(claim_notes::claim_id.eq(claims::id)))
            .filter(among(claims::id, wanted))
            .select((claims::id, items::body, claim_notes::reason.nullable()))
            .load(conn)?;
        for (id, item, reason) in rows {
            out.insert(id.to_string(), About { item: Some(item), reason, ..About::default() });
        }
    }
    Ok(out)
}
