//! Claims to points: rows, their deletable notes, and what a posted one took from counters.

pub mod at_once;
pub mod facts;

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use domain::catalogue::Subject;
use domain::ids::{ClaimId, DeedId, HouseholdId, IdentityId, ItemId, ResidentId, SignUpId, StaffId, UnitId};
use domain::period::{Period, Span};
use domain::{Code, Day, Points, Ts};

use crate::adapters::{AnyId, Both, Uid, uid};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ledger::counters::Take;
use crate::lists::among;
use crate::schema::{claim_notes, claim_takes, claims};
use crate::units::within;
use crate::{each, stmt};

/// What a claim comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A deed that a resident posted.
    Deed,
    /// An entry of staff; its cause is the claim itself.
    StaffEntry,
    /// Somebody came to an event; its cause is the sign-up.
    CheckIn,
}

impl Cause {
    /// The word in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deed => "deed",
            Self::StaffEntry => "staff_entry",
            Self::CheckIn => "check_in",
        }
    }
}

/// The word of a subject in rows.
pub const fn subject_word(subject: Subject) -> &'static str {
    match subject {
        Subject::Resident => "resident",
        Subject::Household => "household",
    }
}

/// A claim to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClaim {
    /// Its id.
    pub id: ClaimId,
    /// The smallest unit it concerns.
    pub unit: UnitId,
    /// Whom it is for: a resident or a household.
    pub subject: Subject,
    /// The resident; none if it is a household's.
    pub resident: Option<ResidentId>,
    /// The household, also of a resident's claim if there is one.
    pub household: Option<HouseholdId>,
    /// The rule item.
    pub item: ItemId,
    /// The day of the act.
    pub day_of_act: Day,
    /// The quantity in hundredths, if it was stated.
    pub quantity: Option<i64>,
    /// What it comes from.
    pub cause: Cause,
    /// Which deed, or the claim itself.
    pub cause_id: AnyId,
    /// Who claims.
    pub claimant: Option<IdentityId>,
    /// Who of the staff entered it.
    pub entered_by: Option<StaffId>,
    /// Who acted for the resident.
    pub proxy: Option<ResidentId>,
    /// A note for whoever decides.
    pub note: Option<String>,
}

/// A claim as a row that is inserted.
macro_rules! submitted {
    ($claim:expr, $now:expr) => {
        (
            claims::id.eq(uid($claim.id)),
            claims::unit_id.eq(uid($claim.unit)),
            claims::subject.eq(subject_word($claim.subject)),
            claims::resident_id.eq($claim.resident.map(uid)),
            claims::household_id.eq($claim.household.map(uid)),
            claims::item_id.eq(uid($claim.item)),
            claims::day_of_act.eq($claim.day_of_act.0),
            claims::quantity.eq($claim.quantity),
            claims::cause.eq($claim.cause.word()),
            claims::cause_id.eq($claim.cause_id),
            claims::claimant_id.eq($claim.claimant.map(uid)),
            claims::entered_by.eq($claim.entered_by.map(uid)),
            claims::proxy_id.eq($claim.proxy.map(uid)),
            claims::state.eq("submitted"),
            claims::created_at.eq($now.0),
            claims::version.eq(1_i64),
        )
    };
}

/// Makes a claim, submitted. Refused with `already_requested` if its cause was claimed before.
pub fn insert(conn: &mut Db, claim: &NewClaim, now: Ts) -> Result<()> {
    let insert = diesel::insert_into(claims::table)
        .values(submitted!(claim, now))
        .on_conflict((claims::cause, claims::cause_id))
        .do_nothing();
    if Both(insert).execute(conn)? == 0 {
        return Err(Code::AlreadyRequested.into());
    }
    if let Some(note) = &claim.note {
        let row = (claim_notes::claim_id.eq(uid(claim.id)), claim_notes::note.eq(note));
        diesel::insert_into(claim_notes::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// Makes some hundred claims without notes, in one statement. Refused with `already_requested` if the cause of one was claimed before.
pub fn insert_all(conn: &mut Db, new: &[NewClaim], now: Ts) -> Result<()> {
    debug_assert!(new.iter().all(|claim| claim.note.is_none()), "notes are rows of their own");
    let rows: Vec<_> = new.iter().map(|claim| submitted!(claim, now)).collect();
    let done = each!(conn, c => diesel::insert_into(claims::table).values(rows).execute(c));
    done.map(drop).map_err(|error| Error::from(error).unique_as(Code::AlreadyRequested))
}

/// A claim as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Claim {
    /// Its id.
    pub id: ClaimId,
    /// The smallest unit it concerns.
    pub unit: UnitId,
    /// `resident` or `household`.
    pub subject: String,
    /// The resident; none if it is a household's.
    pub resident: Option<ResidentId>,
    /// The household.
    pub household: Option<HouseholdId>,
    /// The rule item; of a posted claim the version that it was paid by.
    pub item: ItemId,
    /// The day of the act.
    pub day_of_act: i32,
    /// The quantity in hundredths.
    pub quantity: Option<i64>,
    /// `deed`, `staff_entry` or `check_in`.
    pub cause: String,
    /// Which deed or sign-up, or the claim itself.
    pub cause_id: AnyId,
    /// Who claimed.
    pub claimant: Option<IdentityId>,
    /// Who of the staff entered it.
    pub entered_by: Option<StaffId>,
    /// Who acted for the resident.
    pub proxy: Option<ResidentId>,
    /// `submitted`, `rejected`, `posted` or `reversed`.
    pub state: String,
    /// Hundredths of merit that were granted.
    pub merit: Option<i64>,
    /// Hundredths of redeemable points that were granted.
    pub redeemable: Option<i64>,
    /// Who decided.
    pub decided_by: Option<StaffId>,
    /// When, in microseconds.
    pub decided_at: Option<i64>,
    /// Who reversed it.
    pub reversed_by: Option<StaffId>,
    /// When, in microseconds.
    pub reversed_at: Option<i64>,
    /// When it was made, in microseconds.
    pub created_at: i64,
    /// Counts changes.
    pub version: i64,
}

impl Claim {
    /// Whom it is for.
    pub fn subject(&self) -> Subject {
        if self.subject == "household" { Subject::Household } else { Subject::Resident }
    }
    /// The sign-up it comes from, if it comes from one.
    pub fn sign_up(&self) -> Option<SignUpId> {
        (self.cause == Cause::CheckIn.word()).then(|| self.cause_id.typed())
    }
    /// The deed it comes from, if it comes from one.
    pub fn deed(&self) -> Option<DeedId> {
        (self.cause == Cause::Deed.word()).then(|| self.cause_id.typed())
    }
}

/// One claim.
pub fn find(conn: &mut Db, id: ClaimId) -> Result<Option<Claim>> {
    Ok(claims::table.find(uid(id)).first(conn).optional()?)
}

/// These claims, by their ids.
pub fn by_ids(conn: &mut Db, ids: &[ClaimId]) -> Result<HashMap<ClaimId, Claim>> {
    let rows: Vec<Claim> = claims::table.filter(among(claims::id, ids.iter().copied())).load(conn)?;
    Ok(rows.into_iter().map(|claim| (claim.id, claim)).collect())
}

/// The claims in these subtrees, newest first, before one.
pub fn list(
    conn: &mut Db,
    roots: &[UnitId],
    state: Option<&'static str>,
    before: Option<ClaimId>,
    limit: u32,
) -> Result<Vec<Claim>> {
    let mut query = claims::table.filter(claims::unit_id.eq_any(within!(roots))).into_boxed();
    if let Some(state) = state {
        query = query.filter(claims::state.eq(state));
    }
    if let Some(before) = before {
        query = query.filter(claims::id.lt(uid(before)));
    }
    Ok(query.order(claims::id.desc()).limit(i64::from(limit)).load(conn)?)
}

/// The free texts of a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// The note for whoever decides.
    pub note: Option<String>,
    /// Why it was refused or reversed.
    pub reason: Option<String>,
}

/// The free texts of these claims; a claim without any is left out.
pub fn notes(conn: &mut Db, ids: &[ClaimId]) -> Result<HashMap<ClaimId, Notes>> {
    let rows: Vec<(ClaimId, Option<String>, Option<String>)> =
        claim_notes::table.filter(among(claim_notes::claim_id, ids.iter().copied())).load(conn)?;
    Ok(rows.into_iter().map(|(id, note, reason)| (id, Notes { note, reason })).collect())
}

/// Says why a claim was refused or reversed.
pub fn set_reason(conn: &mut Db, id: ClaimId, reason: &str) -> Result<()> {
    let row = (claim_notes::claim_id.eq(uid(id)), claim_notes::reason.eq(reason));
    let upsert = diesel::insert_into(claim_notes::table)
        .values(row)
        .on_conflict(claim_notes::claim_id)
        .do_update()
        .set(claim_notes::reason.eq(reason));
    Both(upsert).execute(conn)?;
    Ok(())
}

/// What was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The item's version that it is paid by.
    pub item: ItemId,
    /// The quantity in hundredths.
    pub quantity: Option<i64>,
    /// How much merit.
    pub merit: Points,
    /// How much to spend.
    pub redeemable: Points,
}

stmt! { pub(crate) Grant { item: ItemId => Uid, quantity: Option<i64> => Nullable<BigInt>, merit: i64 => BigInt, redeemable: i64 => BigInt,
                     by: StaffId => Uid, now: i64 => BigInt, id: ClaimId => Uid } -> Uid =
"UPDATE claims SET state = 'posted', item_id = ?, quantity = ?, merit = ?, redeemable = ?, decided_by = ?, decided_at = ?, \
version = version + 1 WHERE id = ? AND state = 'submitted'" }

impl Grant {
    /// Of a claim, if it is still submitted.
    pub(crate) fn of(id: ClaimId, granted: &Granted, by: StaffId, now: Ts) -> Self {
        Self {
            item: granted.item,
            quantity: granted.quantity,
            merit: granted.merit.hundredths(),
            redeemable: granted.redeemable.hundredths(),
            by,
            now: now.0,
            id,
        }
    }
}

/// A submitted claim becomes posted; `false` when it was decided meanwhile.
pub fn grant(conn: &mut Db, id: ClaimId, granted: &Granted, by: StaffId, now: Ts) -> Result<bool> {
    Ok(Grant::of(id, granted, by, now).execute(conn)? == 1)
}

/// A submitted claim becomes rejected; `false` when it was decided meanwhile.
pub fn refuse(conn: &mut Db, id: ClaimId, by: StaffId, now: Ts) -> Result<bool> {
    let changed = diesel::update(claims::table.find(uid(id)).filter(claims::state.eq("submitted")))
        .set((
            claims::state.eq("rejected"),
            claims::decided_by.eq(uid(by)),
            claims::decided_at.eq(now.0),
            claims::version.eq(claims::version + 1),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// A submitted claim ends without anybody's decision, because there is nobody left to award; nothing happens if it was decided.
pub fn end(conn: &mut Db, id: ClaimId, now: Ts) -> Result<()> {
    let open = claims::table.find(uid(id)).filter(claims::state.eq("submitted"));
    let set =
        (claims::state.eq("rejected"), claims::decided_at.eq(now.0), claims::version.eq(claims::version + 1));
    diesel::update(open).set(set).execute(conn)?;
    Ok(())
}

/// A posted claim becomes reversed; `false` when it is not posted, or not any more.
pub fn reverse(conn: &mut Db, id: ClaimId, by: StaffId, now: Ts) -> Result<bool> {
    let changed = diesel::update(claims::table.find(uid(id)).filter(claims::state.eq("posted")))
        .set((
            claims::state.eq("reversed"),
            claims::reversed_by.eq(uid(by)),
            claims::reversed_at.eq(now.0),
            claims::version.eq(claims::version + 1),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

stmt! { RecordTake { claim: ClaimId => Uid, scope: String => Text, subject: AnyId => Uid, span: String => Text, start: i32 => Integer,
                   amount: i64 => BigInt } -> Uid =
"INSERT INTO claim_takes (claim_id, scope, subject_id, span, start, amount) VALUES (?, ?, ?, ?, ?, ?)" }

/// Records what a claim took from counters: a few rows at most.
pub fn record_takes(conn: &mut Db, id: ClaimId, takes: &[Take]) -> Result<()> {
    for take in takes {
        let statement = RecordTake {
            claim: id,
            scope: take.scope.clone(),
            subject: take.subject,
            span: take.period.span.word().to_owned(),
            start: take.period.start.0,
            amount: take.amount,
        };
        statement.execute(conn)?;
    }
    Ok(())
}

/// What a claim took from one counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What is counted.
    pub scope: String,
    /// For whom.
    pub subject: AnyId,
    /// In which period.
    pub period: Period,
    /// How much.
    pub amount: i64,
}

/// What a claim took from counters, in the order in which it was taken.
pub fn takes(conn: &mut Db, id: ClaimId) -> Result<Vec<Taken>> {
    let rows: Vec<(String, AnyId, String, i32, i64)> = claim_takes::table
        .filter(claim_takes::claim_id.eq(uid(id)))
        .select((
            claim_takes::scope,
            claim_takes::subject_id,
            claim_takes::span,
            claim_takes::start,
            claim_takes::amount,
        ))
        .load(conn)?;
    let mut taken = rows
        .into_iter()
        .map(|(scope, subject, span, start, amount)| {
            let span: Span = span.parse().map_err(|()| Error::corrupt("a counter of no span"))?;
            Ok(Taken { scope, subject, period: Period { span, start: Day(start) }, amount })
        })
        .collect::<Result<Vec<_>>>()?;
    taken.sort_by(|a, b| (&a.scope, a.period).cmp(&(&b.scope, b.period)));
    Ok(taken)
}
