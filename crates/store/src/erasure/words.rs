//! What the person wrote and did: posts, reactions, requests, notes of others about the own matters.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::erasure::Posts;
use domain::ids::{ClaimId, CommentId, DeedId, EventId, IdentityId, ImportId, ResidentId, SignUpId};

use super::{PASS, Whom, is_more};
use crate::adapters::{AnyId, Uid};
use crate::db::Db;
use crate::error::Result;
use crate::stmt;

stmt! { JoinRequests { who: IdentityId => Uid } -> Uid = "DELETE FROM join_requests WHERE identity_id = ?" }

/// Requests to join, with name, address and note.
pub fn join_requests(conn: &mut Db, whom: &Whom) -> Result<bool> {
    JoinRequests { who: whom.identity }.execute(conn)?;
    Ok(false)
}

stmt! { Corrections { resident: ResidentId => Uid, limit: i64 => BigInt } -> Uid =
"DELETE FROM corrections WHERE id IN (SELECT id FROM corrections WHERE resident_id = ? LIMIT ?)" }

/// Wishes for corrections.
pub fn corrections(conn: &mut Db, whom: &Whom) -> Result<bool> {
    let mut more = false;
    for &resident in &whom.residents {
        more |= is_more(Corrections { resident, limit: PASS }.execute(conn)?);
    }
    Ok(more)
}

// In the order of the deeds, as whoever likes many of them at once goes.
stmt! { Liked { who: IdentityId => Uid, limit: i64 => BigInt } -> Uid =
"SELECT deed_id FROM likes WHERE identity_id = ? ORDER BY deed_id LIMIT ?" }
stmt! { Shared { who: IdentityId => Uid, limit: i64 => BigInt } -> Uid =
"SELECT deed_id FROM shares WHERE identity_id = ? ORDER BY deed_id LIMIT ?" }
stmt! { Unshare { deed: DeedId => Uid, who: IdentityId => Uid } -> Uid =
"DELETE FROM shares WHERE deed_id = ? AND identity_id = ? RETURNING deed_id" }
stmt! { CountShare { deed: DeedId => Uid } -> Uid = "UPDATE deeds SET share_count = share_count - 1 WHERE id = ? AND share_count > 0" }

/// Deeds that the person likes.
pub fn likes(conn: &mut Db, whom: &Whom) -> Result<Vec<DeedId>> {
    Ok(Liked { who: whom.identity, limit: PASS }.load(conn)?)
}

/// Shares, with what they count.
pub fn shares(conn: &mut Db, whom: &Whom) -> Result<bool> {
    let who = whom.identity;
    let deeds: Vec<DeedId> = Shared { who, limit: PASS }.load(conn)?;
    for &deed in &deeds {
        if (Unshare { deed, who }).get_result::<DeedId>(conn).optional()?.is_some() {
            CountShare { deed }.execute(conn)?;
        }
    }
    Ok(is_more(deeds.len()))
}

stmt! { Reports { who: IdentityId => Uid, limit: i64 => BigInt } -> Uid =
"UPDATE reports SET note = NULL WHERE id IN (SELECT id FROM reports WHERE identity_id = ? AND note IS NOT NULL LIMIT ?)" }

/// What the person wrote in reports; the report itself is the desk's to decide.
pub fn reports(conn: &mut Db, whom: &Whom) -> Result<bool> {
    Ok(is_more(Reports { who: whom.identity, limit: PASS }.execute(conn)?))
}

stmt! { ClaimNotes { resident: ResidentId => Uid, again: ResidentId => Uid } -> Uid =
"DELETE FROM claim_notes WHERE claim_id IN (SELECT id FROM claims WHERE resident_id = ? \
UNION ALL SELECT c.id FROM deeds d JOIN claims c ON c.cause = 'deed' AND c.cause_id = d.id WHERE d.resident_id = ?)" }

/// Notes and reasons of the person's claims.
pub fn claim_notes(conn: &mut Db, whom: &Whom) -> Result<bool> {
    for &resident in &whom.residents {
        ClaimNotes { resident, again: resident }.execute(conn)?;
    }
    Ok(false)
}

stmt! { RedemptionNotes { resident: ResidentId => Uid } -> Uid =
"DELETE FROM redemption_notes WHERE redemption_id IN (SELECT id FROM redemptions WHERE resident_id = ?)" }

/// Why shops cancelled or voided what the person bought.
pub fn redemption_notes(conn: &mut Db, whom: &Whom) -> Result<bool> {
    for &resident in &whom.residents {
        RedemptionNotes { resident }.execute(conn)?;
    }
    Ok(false)
}

stmt! { ToEnd { resident: ResidentId => Uid, again: ResidentId => Uid, limit: i64 => BigInt } -> (Uid, Text, Uid) =
"SELECT id, cause, cause_id FROM claims WHERE resident_id = ? AND state = 'submitted' \
UNION SELECT c.id, c.cause, c.cause_id FROM deeds d JOIN claims c ON c.cause = 'deed' AND c.cause_id = d.id \
WHERE d.resident_id = ? AND c.state = 'submitted' LIMIT ?" }

/// Claims of a resident's that nobody has decided: the claim, the word of its cause, and the cause.
pub fn claims_to_end(conn: &mut Db, resident: ResidentId) -> Result<Vec<(ClaimId, String, AnyId)>> {
    Ok(ToEnd { resident, again: resident, limit: PASS }.load(conn)?)
}

stmt! { EveryDeed { resident: ResidentId => Uid, limit: i64 => BigInt } -> Uid =
"SELECT id FROM deeds WHERE resident_id = ? AND title <> '' ORDER BY id LIMIT ?" }
stmt! { HiddenDeeds { resident: ResidentId => Uid, limit: i64 => BigInt } -> Uid =
"SELECT id FROM deeds WHERE resident_id = ? AND title <> '' AND state <> 'published' ORDER BY id LIMIT ?" }

/// Deeds that are to go: all of them, or those that nobody else has seen.
pub fn deeds(conn: &mut Db, resident: ResidentId, posts: Posts, limit: i64) -> Result<Vec<DeedId>> {
    Ok(match posts {
        Posts::Remove => EveryDeed { resident, limit }.load(conn)?,
        Posts::Anonymous => HiddenDeeds { resident, limit }.load(conn)?,
    })
}

stmt! { EveryComment { resident: ResidentId => Uid, limit: i64 => BigInt } -> (Uid, Uid) =
"SELECT id, deed_id FROM comments WHERE resident_id = ? AND state <> 'removed' ORDER BY id LIMIT ?" }
stmt! { HiddenComments { resident: ResidentId => Uid, limit: i64 => BigInt } -> (Uid, Uid) =
"SELECT id, deed_id FROM comments WHERE resident_id = ? AND state IN ('pending', 'rejected') ORDER BY id LIMIT ?" }
stmt! { CommentReasons { resident: ResidentId => Uid } -> Uid =
"UPDATE comments SET reason = NULL WHERE resident_id = ? AND reason IS NOT NULL" }

/// Comments that are to go, with the deeds that they are on: as [`deeds`].
pub fn comments(
    conn: &mut Db,
    resident: ResidentId,
    posts: Posts,
    limit: i64,
) -> Result<Vec<(CommentId, DeedId)>> {
    Ok(match posts {
        Posts::Remove => EveryComment { resident, limit }.load(conn)?,
        Posts::Anonymous => HiddenComments { resident, limit }.load(conn)?,
    })
}

/// What the desk wrote about comments that it rejected.
pub fn comment_reasons(conn: &mut Db, whom: &Whom) -> Result<bool> {
    for &resident in &whom.residents {
        CommentReasons { resident }.execute(conn)?;
    }
    Ok(false)
}

stmt! { Seats { resident: ResidentId => Uid, limit: i64 => BigInt } -> (Uid, Uid) =
"SELECT s.id, s.event_id FROM sign_ups s JOIN events e ON e.id = s.event_id WHERE s.resident_id = ? \
AND s.state IN ('confirmed', 'waiting', 'offered') AND s.minutes IS NULL AND s.claim_id IS NULL AND e.state = 'published' \
ORDER BY s.event_id LIMIT ?" }

/// Seats and places of events that are not completed, with their events.
pub fn seats(conn: &mut Db, resident: ResidentId) -> Result<Vec<(SignUpId, EventId)>> {
    Ok(Seats { resident, limit: PASS }.load(conn)?)
}

stmt! { NameOf { resident: ResidentId => Uid } -> Text = "SELECT name FROM resident_names WHERE resident_id = ?" }
stmt! { Staged { applied: String => Text } -> Uid =
"SELECT DISTINCT i.id FROM imports i JOIN import_rows r ON r.import_id = i.id WHERE i.state = ? ORDER BY i.id" }
stmt! { Blank { import: ImportId => Uid, name: String => Text } -> Uid =
"UPDATE import_rows SET data = '{}', fault_zh = NULL, fault_en = NULL WHERE import_id = ? AND data LIKE ? ESCAPE '!'" }

/// Staged rows of imports that name the person. They are found by the name, because they were written before there was an id, and another
/// of the same name loses a row of a list that is shown for a month, and nothing else.
pub fn import_rows(conn: &mut Db, whom: &Whom) -> Result<bool> {
    for &resident in &whom.residents {
        let Some(name) = (NameOf { resident }).get_result::<String>(conn).optional()? else { continue };
        for state in ["applied", "faulty"] {
            for import in (Staged { applied: state.to_owned() }).load::<ImportId>(conn)? {
                Blank { import, name: within_json(&name) }.execute(conn)?;
            }
        }
    }
    Ok(false)
}

/// A pattern for a text as it stands in JSON: a whole value.
fn within_json(word: &str) -> String {
    let value = serde_json::Value::from(word).to_string();
    let escaped = value.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}
