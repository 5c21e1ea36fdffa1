//! Checks of pictures, by the hash of what is kept: the same picture is looked at once, whoever sends it.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::Ts;
use domain::content::{Finding, Verdict};
use domain::ids::{DeedId, PictureId};

use crate::adapters::AnyId;
use crate::db::Db;
use crate::error::Result;
use crate::lists::among;
use crate::pictures::Picture;
use crate::schema::{picture_checks, pictures};
use crate::{each, stmt};

/// Where the check of a picture stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// WeChat is looking at it.
    Waiting,
    /// This came of it.
    Found(Finding),
}

fn standing(verdict: &str, label: i64) -> Result<Standing> {
    if verdict == "waiting" {
        Ok(Standing::Waiting)
    } else {
        super::finding(verdict, label).map(Standing::Found)
    }
}

macro_rules! found {
    ($finding:expr, $now:expr) => {
        (
            picture_checks::verdict.eq($finding.verdict.word()),
            picture_checks::label.eq($finding.label.0),
            picture_checks::checked_at.eq($now.0),
        )
    };
}

stmt! { Want { hash: String => Text, until: i64 => BigInt, at: i64 => BigInt, old: i64 => BigInt } -> Text =
"INSERT INTO picture_checks (hash, verdict, label, until, checked_at) VALUES (?, 'waiting', 0, ?, ?) \
ON CONFLICT (hash) DO UPDATE SET verdict = 'waiting', label = 0, trace_id = NULL, until = excluded.until, checked_at = excluded.checked_at \
WHERE picture_checks.verdict = 'failed' OR (picture_checks.verdict <> 'waiting' AND picture_checks.checked_at < ?) \
RETURNING hash" }

/// Wants a picture looked at until then; `false` if somebody does already, or what was found since `old` still counts.
pub fn want(conn: &mut Db, hash: &str, until: Ts, now: Ts, old: Ts) -> Result<bool> {
    let want = Want { hash: hash.to_owned(), until: until.0, at: now.0, old: old.0 };
    Ok(want.get_result::<String>(conn).optional()?.is_some())
}

/// Whether nothing was found in a picture, and WeChat was not asked yet: also when it was away for so long that a person decides.
pub fn is_unasked(conn: &mut Db, hash: &str) -> Result<bool> {
    let row = picture_checks::table.find(hash).filter(picture_checks::verdict.eq_any(["waiting", "failed"]));
    let unasked = row.filter(picture_checks::trace_id.is_null());
    Ok(unasked.select(picture_checks::hash).first::<String>(conn).optional()?.is_some())
}

/// WeChat was asked, and will answer under this id.
pub fn asked(conn: &mut Db, hash: &str, trace_id: &str) -> Result<()> {
    let row = picture_checks::table.find(hash).filter(picture_checks::verdict.eq_any(["waiting", "failed"]));
    diesel::update(row).set(picture_checks::trace_id.eq(Some(trace_id))).execute(conn)?;
    Ok(())
}

/// Notes what came of a check, by WeChat's id of it; the hash of the picture, if the id is known and the verdict is new. What came too late
/// counts still.
pub fn answered(conn: &mut Db, trace_id: &str, finding: Finding, now: Ts) -> Result<Answered> {
    let known: Option<(String, String)> = picture_checks::table
        .filter(picture_checks::trace_id.assume_not_null().eq(trace_id))
        .select((picture_checks::hash, picture_checks::verdict))
        .first(conn)
        .optional()?;
    let Some((hash, verdict)) = known else { return Ok(Answered::Unknown) };
    let row = picture_checks::table
        .filter(picture_checks::hash.eq(&hash))
        .filter(picture_checks::verdict.eq_any(["waiting", "failed"]));
    let again = verdict == "failed" && finding.verdict == Verdict::Failed;
    if again || diesel::update(row).set(found!(finding, now)).execute(conn)? == 0 {
        return Ok(Answered::Before);
    }
    Ok(Answered::Now(hash))
}

/// What a verdict met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// The picture of this hash, which waited for it.
    Now(String),
    /// A picture whose verdict was there already.
    Before,
    /// Nothing that is known.
    Unknown,
}

stmt! { Overdue { now: i64 => BigInt } -> BigInt =
"SELECT COUNT(*) FROM (SELECT 1 FROM picture_checks WHERE verdict = 'waiting' AND until <= ? LIMIT 1) any_of_them" }
stmt! { GiveUp { at: i64 => BigInt, now: i64 => BigInt, limit: i64 => BigInt } -> Text =
"UPDATE picture_checks SET verdict = 'failed', checked_at = ? WHERE hash IN \
(SELECT hash FROM picture_checks WHERE verdict = 'waiting' AND until <= ? ORDER BY until LIMIT ?) RETURNING hash" }

/// Whether a verdict was due before now.
pub fn is_overdue(conn: &mut Db, now: Ts) -> Result<bool> {
    Ok((Overdue { now: now.0 }).get_result::<i64>(conn)? > 0)
}

/// Waits no longer for verdicts that were due before now, at most `limit`: a person decides. Returns the hashes.
pub fn give_up(conn: &mut Db, now: Ts, limit: i64) -> Result<Vec<String>> {
    Ok(GiveUp { at: now.0, now: now.0, limit }.load(conn)?)
}

/// A check that WeChat will never answer: a person decides.
pub fn failed(conn: &mut Db, hash: &str, now: Ts) -> Result<()> {
    let row = picture_checks::table
        .filter(picture_checks::hash.eq(hash))
        .filter(picture_checks::verdict.eq("waiting"));
    let failed = Finding { verdict: Verdict::Failed, label: Default::default() };
    diesel::update(row).set(found!(failed, now)).execute(conn)?;
    Ok(())
}

/// Every row of a picture with this hash.
pub fn rows(conn: &mut Db, hash: &str) -> Result<Vec<Picture>> {
    Ok(pictures::table.filter(pictures::hash.eq(hash)).order(pictures::id).load(conn)?)
}

/// Where the checks of these pictures stand; one that nobody wanted looked at is left out.
pub fn of(conn: &mut Db, ids: &[PictureId]) -> Result<HashMap<PictureId, Standing>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(PictureId, String, i64)> = pictures::table
        .inner_join(picture_checks::table.on(picture_checks::hash.eq(pictures::hash)))
        .filter(among(pictures::id, ids.iter().copied()))
        .select((pictures::id, picture_checks::verdict, picture_checks::label))
        .load(conn)?;
    rows.into_iter().map(|(id, verdict, label)| Ok((id, standing(&verdict, label)?))).collect()
}

/// The deeds of a picture's rows, and whether any is left that does not belong to one.
pub fn deeds_of(rows: &[Picture]) -> Vec<DeedId> {
    let mut deeds: Vec<DeedId> = rows.iter().filter_map(|row| row.deed).collect();
    deeds.sort_unstable();
    deeds.dedup();
    deeds
}

/// Takes a picture that must not be shown off whatever page it is on, so that the rest of the page can be decided without it; but for deeds,
/// which are decided as a whole.
pub fn unhang(conn: &mut Db, hash: &str) -> Result<usize> {
    let hung = pictures::table.filter(pictures::hash.eq(hash)).filter(pictures::deed_id.is_null());
    let nothing = None::<AnyId>;
    let set = (
        pictures::merchant_id.eq(nothing),
        pictures::offer_id.eq(nothing),
        pictures::event_id.eq(nothing),
        pictures::position.eq(None::<i32>),
    );
    Ok(diesel::update(hung).set(set).execute(conn)?)
}

/// Forgets the check of a picture that no row names any more, unless it must not be shown: then it is known when it comes again.
pub fn forget(conn: &mut Db, hash: &str) -> Result<()> {
    let harmless = picture_checks::table
        .filter(picture_checks::hash.eq(hash))
        .filter(picture_checks::verdict.ne(Verdict::Risky.word()));
    let unused = harmless.filter(diesel::dsl::not(diesel::dsl::exists(
        pictures::table.filter(pictures::hash.eq(picture_checks::hash)),
    )));
    each!(conn, c => diesel::delete(unused).execute(c)?);
    Ok(())
}
