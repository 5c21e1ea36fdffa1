//! The desk's queue: what waits for a decision. A claimed review stays with who claimed it until the lease ends; it is decided once.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::Ts;
use domain::ids::{ClaimId, DeedId, HouseholdId, ReviewId, StaffId, UnitId};

use crate::adapters::{AnyId, Uid, together, uid};
use crate::claims::{self, Claim, Granted};
use crate::db::Db;
use crate::error::Result;
use crate::lists::among;
use crate::schema::{claims as claim_rows, residents, reviews};
use crate::units::within;
use crate::{Both, each, stmt};

/// What a review is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A deed, with its claim if it carries one.
    Deed,
    /// A comment.
    Comment,
    /// A claim that staff entered.
    Claim,
    /// A nickname whose check was in doubt, or failed.
    Nickname,
    /// The picture of a person, whose check was in doubt, or failed.
    Avatar,
}

impl Kind {
    /// Every kind.
    pub const EVERY: [Self; 5] = [Self::Deed, Self::Comment, Self::Claim, Self::Nickname, Self::Avatar];
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deed => "deed",
            Self::Comment => "comment",
            Self::Claim => "claim",
            Self::Nickname => "nickname",
            Self::Avatar => "avatar",
        }
    }
    /// The kind of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|kind| kind.word() == word)
    }
}

/// A review as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Review {
    /// Its id.
    pub id: ReviewId,
    /// The kind's word.
    pub kind: String,
    /// Of what.
    pub object: AnyId,
    /// The unit it concerns.
    pub unit: UnitId,
    /// `open`, `decided` or `withdrawn`.
    pub state: String,
    /// Who claimed it.
    pub claimed_by: Option<StaffId>,
    /// Until when it stays with them, in microseconds.
    pub lease_until: Option<i64>,
    /// Who decided.
    pub decided_by: Option<StaffId>,
    /// When, in microseconds.
    pub decided_at: Option<i64>,
    /// When it was made, in microseconds.
    pub created_at: i64,
}

impl Review {
    /// Who holds it at this moment.
    pub fn holder(&self, now: Ts) -> Option<StaffId> {
        self.claimed_by.filter(|_| self.lease_until.is_some_and(|until| until > now.0))
    }
}

macro_rules! opened {
    ($id:expr, $kind:expr, $object:expr, $unit:expr, $now:expr) => {
        (
            reviews::id.eq(uid($id)),
            reviews::kind.eq($kind.word()),
            reviews::object_id.eq($object),
            reviews::unit_id.eq(uid($unit)),
            reviews::state.eq("open"),
            reviews::created_at.eq($now.0),
        )
    };
}

/// Opens a review.
pub fn open(conn: &mut Db, id: ReviewId, kind: Kind, object: AnyId, unit: UnitId, now: Ts) -> Result<()> {
    diesel::insert_into(reviews::table).values(opened!(id, kind, object, unit, now)).execute(conn)?;
    Ok(())
}

/// Opens a review unless there is one of the object already, open or not.
pub fn open_once(
    conn: &mut Db,
    id: ReviewId,
    kind: Kind,
    object: AnyId,
    unit: UnitId,
    now: Ts,
) -> Result<()> {
    let insert = diesel::insert_into(reviews::table)
        .values(opened!(id, kind, object, unit, now))
        .on_conflict((reviews::kind, reviews::object_id))
        .do_nothing();
    Both(insert).execute(conn)?;
    Ok(())
}

/// Opens some hundred reviews of one kind in one statement: of what, and in which unit.
pub fn open_all(conn: &mut Db, kind: Kind, objects: &[(AnyId, UnitId)], now: Ts) -> Result<()> {
    let row = |&(object, unit): &(AnyId, UnitId)| opened!(ReviewId::new(), kind, object, unit, now);
    let rows: Vec<_> = objects.iter().map(row).collect();
    each!(conn, c => diesel::insert_into(reviews::table).values(rows).execute(c)?);
    Ok(())
}

/// One review.
pub fn find(conn: &mut Db, id: ReviewId) -> Result<Option<Review>> {
    Ok(reviews::table.find(uid(id)).first(conn).optional()?)
}

/// Where a claimant lives: unit, household, the word of the state.
pub type Abode = (UnitId, Option<HouseholdId>, String);

/// A review with what its claim, if it is of one, is known by.
pub type WithClaim = (Review, Option<Claim>, Option<Abode>);

/// One review; if it is of a claim, with the claim, and if that is a resident's, with where the resident lives now.
pub fn with_claim(conn: &mut Db, id: ReviewId) -> Result<Option<WithClaim>> {
    let of_claim = reviews::kind.eq(Kind::Claim.word()).and(claim_rows::id.eq(reviews::object_id));
    let claimant = residents::id.nullable().eq(claim_rows::resident_id);
    let query = reviews::table
        .left_join(claim_rows::table.on(of_claim))
        .left_join(residents::table.on(claimant))
        .filter(reviews::id.eq(uid(id)))
        .select((
            reviews::all_columns,
            claim_rows::all_columns.nullable(),
            (residents::unit_id, residents::household_id, residents::state).nullable(),
        ));
    Ok(query.first(conn).optional()?)
}

/// Which reviews a list holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// In these subtrees.
    pub roots: Vec<UnitId>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Open ones, or decided ones.
    pub open: bool,
    /// Claimed (or decided) by this account.
    pub by: Option<StaffId>,
    /// The present moment: a lease that is over holds nothing.
    pub now: Ts,
}

/// The reviews of a filter, oldest first, after one.
pub fn list(conn: &mut Db, filter: &Filter, after: Option<ReviewId>, limit: u32) -> Result<Vec<Review>> {
    let state = if filter.open { "open" } else { "decided" };
    let mut query = reviews::table
        .filter(reviews::unit_id.eq_any(within!(filter.roots)))
        .filter(reviews::state.eq(state))
        .into_boxed();
    if let Some(kind) = filter.kind {
        query = query.filter(reviews::kind.eq(kind.word()));
    }
    query = match filter.by {
        Some(by) if filter.open => {
            let held = reviews::lease_until.assume_not_null().gt(filter.now.0);
            query.filter(reviews::claimed_by.eq(uid(by))).filter(held)
        }
        Some(by) => query.filter(reviews::decided_by.eq(uid(by))),
        None => query,
    };
    if let Some(after) = after {
        query = query.filter(reviews::id.gt(uid(after)));
    }
    Ok(query.order(reviews::id).limit(i64::from(limit)).load(conn)?)
}

/// Open reviews that nobody but this account holds.
macro_rules! free {
    ($rows:expr, $by:expr, $now:expr) => {
        $rows.filter(reviews::state.eq("open")).filter(
            reviews::claimed_by
                .is_null()
                .or(reviews::claimed_by.assume_not_null().eq(uid($by)))
                .or(reviews::lease_until.is_null())
                .or(reviews::lease_until.assume_not_null().le($now.0)),
        )
    };
}

/// Claims an open review that nobody else holds, until then; `false` otherwise.
pub fn claim(conn: &mut Db, id: ReviewId, by: StaffId, now: Ts, until: Ts) -> Result<bool> {
    let row = free!(reviews::table.filter(reviews::id.eq(uid(id))), by, now);
    let change = (reviews::claimed_by.eq(Some(uid(by))), reviews::lease_until.eq(Some(until.0)));
    Ok(diesel::update(row).set(change).execute(conn)? == 1)
}

/// Locks reviews in the order of their ids, before anything else that deciding them writes: whoever decides one of them takes its review
/// first, too.
pub fn lock_all(conn: &mut Db, ids: &[ReviewId]) -> Result<()> {
    let Db::Pg(pg) = conn else { return Ok(()) };
    let those = reviews::table.filter(reviews::id.eq_any(ids.iter().copied().map(uid).collect::<Vec<_>>()));
    let _locked: Vec<ReviewId> = those.order(reviews::id).select(reviews::id).for_no_key_update().load(pg)?;
    Ok(())
}

/// Claims those of these open reviews that nobody else holds, until then; returns which they are.
pub fn claim_all(conn: &mut Db, ids: &[ReviewId], by: StaffId, now: Ts, until: Ts) -> Result<Vec<ReviewId>> {
    let those = among(reviews::id, ids.iter().copied());
    let rows = free!(reviews::table.filter(those), by, now);
    let change = (reviews::claimed_by.eq(Some(uid(by))), reviews::lease_until.eq(Some(until.0)));
    Ok(diesel::update(rows).set(change).returning(reviews::id).get_results(conn)?)
}

/// Gives a claimed review back; `false` if it is not this account's.
pub fn release(conn: &mut Db, id: ReviewId, by: StaffId) -> Result<bool> {
    let row = reviews::table
        .filter(reviews::id.eq(uid(id)))
        .filter(reviews::state.eq("open"))
        .filter(reviews::claimed_by.eq(uid(by)));
    let change = (reviews::claimed_by.eq(None::<AnyId>), reviews::lease_until.eq(None::<i64>));
    Ok(diesel::update(row).set(change).execute(conn)? == 1)
}

stmt! { Decide { by: StaffId => Uid, at: i64 => BigInt, id: ReviewId => Uid, holder: StaffId => Uid, now: i64 => BigInt } -> Uid =
"UPDATE reviews SET state = 'decided', decided_by = ?, decided_at = ? \
WHERE id = ? AND state = 'open' AND claimed_by = ? AND lease_until > ?" }

/// Decides an open review that this account holds; `false` otherwise. Of many who decide at once one gets `true`.
pub fn decide(conn: &mut Db, id: ReviewId, by: StaffId, now: Ts) -> Result<bool> {
    Ok(Decide { by, at: now.0, id, holder: by, now: now.0 }.execute(conn)? == 1)
}

/// As [`decide`] and [`claims::grant`], at once: whether the review was decided, and whether its claim was granted.
pub fn decide_granting(
    conn: &mut Db,
    id: ReviewId,
    claim: ClaimId,
    granted: &Granted,
    by: StaffId,
    now: Ts,
) -> Result<(bool, bool)> {
    let decide = Decide { by, at: now.0, id, holder: by, now: now.0 };
    let (decided, granted) = together(conn, decide, claims::Grant::of(claim, granted, by, now))?;
    Ok((decided == 1, granted == 1))
}

/// Takes an open review from whoever claimed it, because what it is of has changed; `false` if it is open no more.
pub fn renew(conn: &mut Db, kind: Kind, object: AnyId) -> Result<bool> {
    let row = reviews::table
        .filter(reviews::kind.eq(kind.word()))
        .filter(reviews::object_id.eq(object))
        .filter(reviews::state.eq("open"));
    let change = (reviews::claimed_by.eq(None::<AnyId>), reviews::lease_until.eq(None::<i64>));
    Ok(diesel::update(row).set(change).execute(conn)? == 1)
}

stmt! { Touch { kind: &'static str => Text, object: AnyId => Uid } -> Uid =
"UPDATE reviews SET state = state WHERE kind = ? AND object_id = ?" }

/// Holds the review of an object until the end of the transaction, whatever its state.
pub fn touch(conn: &mut Db, kind: Kind, object: AnyId) -> Result<()> {
    Touch { kind: kind.word(), object }.execute(conn)?;
    Ok(())
}

/// Closes an open review without a decision, because what it is of is gone; `false` if it is open no more.
pub fn withdraw(conn: &mut Db, kind: Kind, object: AnyId) -> Result<bool> {
    let row = reviews::table
        .filter(reviews::kind.eq(kind.word()))
        .filter(reviews::object_id.eq(object))
        .filter(reviews::state.eq("open"));
    Ok(diesel::update(row).set(reviews::state.eq("withdrawn")).execute(conn)? == 1)
}

stmt! { WithdrawComments { deed: DeedId => Uid } -> Text =
"UPDATE reviews SET state = 'withdrawn' WHERE kind = 'comment' AND state = 'open' \
AND object_id IN (SELECT id FROM comments WHERE deed_id = ? AND state = 'pending')" }

/// Closes the open reviews of a deed's comments, because nobody will see them any more.
pub fn withdraw_comments(conn: &mut Db, deed: DeedId) -> Result<()> {
    WithdrawComments { deed }.execute(conn)?;
    Ok(())
}
