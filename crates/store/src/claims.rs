//! Claims to points: rows, their deletable notes, and what a posted one took from counters.

use diesel::prelude::*;
use domain::catalogue::Subject;
use domain::ids::{ClaimId, HouseholdId, IdentityId, ItemId, ResidentId, StaffId, UnitId};
use domain::{Code, Day, Ts};

use crate::adapters::{AnyId, Both, uid};
use crate::db::Db;
use crate::error::Result;
use crate::schema::{claim_notes, claims};

/// What a claim comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A deed that a resident posted.
    Deed,
    /// An entry of staff; its cause is the claim itself.
    StaffEntry,
}

impl Cause {
    /// The word in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deed => "deed",
            Self::StaffEntry => "staff_entry",
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

/// Makes a claim, submitted. Refused with `already_requested` if its cause was claimed before.
pub fn insert(conn: &mut Db, claim: &NewClaim, now: Ts) -> Result<()> {
    let row = (
        claims::id.eq(uid(claim.id)),
        claims::unit_id.eq(uid(claim.unit)),
        claims::subject.eq(subject_word(claim.subject)),
        claims::resident_id.eq(claim.resident.map(uid)),
        claims::household_id.eq(claim.household.map(uid)),
        claims::item_id.eq(uid(claim.item)),
        claims::day_of_act.eq(claim.day_of_act.0),
        claims::quantity.eq(claim.quantity),
        claims::cause.eq(claim.cause.word()),
        claims::cause_id.eq(claim.cause_id),
        claims::claimant_id.eq(claim.claimant.map(uid)),
        claims::entered_by.eq(claim.entered_by.map(uid)),
        claims::proxy_id.eq(claim.proxy.map(uid)),
        claims::state.eq("submitted"),
        claims::created_at.eq(now.0),
        claims::version.eq(1),
    );
    let insert = diesel::insert_into(claims::table)
        .values(row)
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
