//! What others see of a person, and what waits in the person's name: seats, claims, comments, deeds, likes.

use domain::ids::DeedId;
use foundation::{AnyId, Result};
use store::Db;
use store::comments::Removed;
use store::erasure as rows;
use store::reviews::Kind;

use super::steps::{Asked, Turn};

/// Deeds that one transaction takes back: each is a dozen statements.
const DEEDS_PASS: i64 = 10;

/// Seats and places of events that are not completed; each goes to the next by the way that a withdrawal goes. One event a transaction:
/// its lock is not held for another's.
pub(super) fn seats(conn: &mut Db, asked: &Asked) -> Result<Turn> {
    for &resident in &asked.whom.residents {
        if let Some((sign_up, event)) = rows::seats(conn, resident)?.first().copied() {
            crate::events::vacate(conn, event, sign_up, asked.now)?;
            return Ok(Turn::More);
        }
    }
    Ok(Turn::Done)
}

/// Claims that nobody has decided: there is nobody left to award.
pub(super) fn claims(conn: &mut Db, asked: &Asked) -> Result<Turn> {
    let mut more = false;
    for &resident in &asked.whom.residents {
        for (claim, cause, object) in rows::claims_to_end(conn, resident)? {
            // The review before the claim, as deciding goes.
            if cause == "deed" {
                store::reviews::withdraw(conn, Kind::Deed, object)?;
            } else {
                store::reviews::withdraw(conn, Kind::Claim, AnyId::of(claim))?;
            }
            store::claims::end(conn, claim, asked.now)?;
            more = true;
        }
    }
    Ok(Turn::of(more))
}

/// Comments: all of them, or those that nobody else has seen.
pub(super) fn comments(conn: &mut Db, asked: &Asked) -> Result<Turn> {
    let mut more = false;
    for &resident in &asked.whom.residents {
        for (comment, deed) in rows::comments(conn, resident, asked.posts, rows::PASS)? {
            store::reviews::withdraw(conn, Kind::Comment, AnyId::of(comment))?;
            if store::comments::remove(conn, comment)? == Removed::Published {
                store::comments::count(conn, deed, -1)?;
            }
            more = true;
        }
    }
    rows::comment_reasons(conn, &asked.whom)?;
    Ok(Turn::of(more))
}

/// Deeds: all of them, or those that nobody else has seen.
pub(super) fn deeds(conn: &mut Db, asked: &Asked) -> Result<Turn> {
    let mut more = false;
    for &resident in &asked.whom.residents {
        for deed in rows::deeds(conn, resident, asked.posts, DEEDS_PASS)? {
            crate::deeds::take_back(conn, deed, asked.now)?;
            more = true;
        }
    }
    Ok(Turn::of(more))
}

/// Likes go, and are counted no more: a number that nobody can take back would be nobody's.
pub(super) fn likes(conn: &mut Db, asked: &Asked) -> Result<Turn> {
    let liked: Vec<DeedId> = rows::likes(conn, &asked.whom)?;
    for &deed in &liked {
        store::reactions::unlike(conn, deed, asked.whom.identity, asked.now)?;
    }
    Ok(Turn::of(!liked.is_empty()))
}
