//! Claims: how an act becomes points, and how that is taken back.

mod reverse;
mod together;

use std::collections::HashMap;

use domain::access::{Permission, StaffActor};
use domain::award::{self, Award};
use domain::catalogue::{Item, Subject};
use domain::ids::{AccountId, ClaimId, HouseholdId, ResidentId, ReviewId, StaffId, TransferId, UnitId};
use domain::ledger::{Group, Holder, Kind, Mode, Movement, Reason, Standing};
use domain::policy::AccountHolder;
use domain::text::{self, REASON};
use domain::{Code, Day, Id, Points, Ts};
use foundation::{AnyId, Error, RequestContext, Result};
use serde::{Deserialize, Serialize};
use store::Db;
use store::audit::Act;
use store::catalogues::ItemRow;
use store::claims::facts::Facts;
use store::claims::{Claim, Granted};
use store::ledger::accounts;
use store::ledger::counters::{self, Take};
use store::ledger::posting::{self, Posted};
use store::residents::Resident;
use store::reviews::Abode;

use crate::notes;
use crate::people::Place;
use crate::rules::stored;

pub use reverse::{Reversed, reverse};
pub(crate) use together::grants;

/// What staff decide on a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimDecision {
    /// The points are granted.
    Grant {
        /// How many, where the item leaves that to who decides.
        points: Option<Points>,
        /// The quantity, if another than was claimed.
        quantity: Option<Points>,
    },
    /// Nothing is granted.
    Refuse {
        /// Why.
        reason: String,
    },
}

/// What a decision granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// How much merit.
    pub merit: Points,
    /// How much to spend.
    pub redeemable: Points,
}

/// Whom a claim is for, as of now: points count where the person lives when they are granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Beneficiary {
    pub(crate) subject: Subject,
    pub(crate) unit: UnitId,
    pub(crate) resident: Option<ResidentId>,
    pub(crate) household: Option<HouseholdId>,
    pub(crate) active: bool,
    erased: bool,
}

impl Beneficiary {
    pub(crate) fn resident(conn: &mut Db, id: ResidentId) -> Result<Self> {
        let found = store::residents::require(conn, id)?;
        Ok(Self::living(id, (found.unit, found.household, found.state)))
    }
    /// These residents.
    pub(crate) fn residents(conn: &mut Db, ids: &[ResidentId]) -> Result<HashMap<ResidentId, Self>> {
        let found = store::residents::by_ids(conn, ids)?;
        let living = |r: Resident| (r.id, Self::living(r.id, (r.unit, r.household, r.state)));
        Ok(found.into_iter().map(living).collect())
    }
    /// A resident who lives there.
    fn living(id: ResidentId, (unit, household, state): Abode) -> Self {
        let (active, erased) = (state == "active", state == "erased");
        Self { subject: Subject::Resident, unit, resident: Some(id), household, active, erased }
    }
    pub(crate) fn household(conn: &mut Db, id: HouseholdId) -> Result<Self> {
        let found = store::households::require(conn, id)?;
        Ok(Self {
            subject: Subject::Household,
            unit: found.unit,
            resident: None,
            household: Some(id),
            active: true,
            erased: false,
        })
    }
    fn of(conn: &mut Db, claim: &Claim, known: Option<Abode>) -> Result<Self> {
        match (claim.resident, claim.household) {
            (Some(resident), _) if claim.subject() == Subject::Resident => match known {
                Some(abode) => Ok(Self::living(resident, abode)),
                None => Self::resident(conn, resident),
            },
            (_, Some(household)) => Self::household(conn, household),
            _ => Err(Error::corrupt("a claim for nobody")),
        }
    }
    /// Whom caps count for.
    fn counted(&self) -> Result<AnyId> {
        let id = match self.subject {
            Subject::Resident => self.resident.map(AnyId::of),
            Subject::Household => self.household.map(AnyId::of),
        };
        id.ok_or_else(|| Error::corrupt("a claim for nobody"))
    }
    /// Whose account the points go to.
    fn holder(&self, policy: AccountHolder) -> Result<(Holder, AnyId)> {
        let shared = self.subject == Subject::Household || policy == AccountHolder::Household;
        match (self.household, self.resident) {
            (Some(household), _) if shared => Ok((Holder::Household, AnyId::of(household))),
            (_, Some(resident)) => Ok((Holder::Resident, AnyId::of(resident))),
            _ => Err(Error::corrupt("a claim for nobody")),
        }
    }
    fn standing(&self) -> Standing {
        Standing { unit: Some(self.unit), household: self.household, resident: self.resident }
    }
}

/// A claim with whom it is for, read once for everything that is decided on it. What is decided is written under guards of its own, so
/// nothing is lost if the claim has changed since.
pub(crate) struct Matter {
    claim: Claim,
    whom: Beneficiary,
    place: Place,
    /// Who drafted the event that it comes from.
    drafter: Option<StaffId>,
}

impl Matter {
    /// Of a claim in or near the unit of a place that is known already.
    pub(crate) fn of(conn: &mut Db, claim: Claim, known: &Place) -> Result<Self> {
        Self::with(conn, claim, None, known)
    }
    /// As [`Matter::of`], if it is known where the resident lives.
    pub(crate) fn with(conn: &mut Db, claim: Claim, abode: Option<Abode>, known: &Place) -> Result<Self> {
        let place = if known.0.unit() == Some(claim.unit) {
            known.clone()
        } else {
            store::units::place(conn, claim.unit)?
        };
        let drafter = match claim.sign_up() {
            Some(_) => store::events::attendance::drafter(conn, claim.id)?,
            None => None,
        };
        Ok(Self { whom: Beneficiary::of(conn, &claim, abode)?, claim, place, drafter })
    }

    /// Nobody decides on the own or the own household's matter: neither as it was when claimed nor as it is now.
    pub(crate) fn recuse(&self, staff: &StaffActor) -> Result<()> {
        let Self { claim, whom, .. } = self;
        let kin =
            staff.is_kin(claim.resident, claim.household) || staff.is_kin(whom.resident, whom.household);
        if kin { Err(Code::OwnAct.into()) } else { Ok(()) }
    }

    /// Decides the claim, inside the caller's transaction, which also writes the audit. Whoever entered it, and the beneficiary's own
    /// household, leave it to others. Of two who decide at once, one does. A grant decides the review that is named with it.
    pub(crate) fn decide(
        &self,
        conn: &mut Db,
        staff: &StaffActor,
        (decision, review): (ClaimDecision, Option<ReviewId>),
        (now, today): (Ts, Day),
    ) -> Result<Decided> {
        let claim = &self.claim;
        self.open_to(staff)?;
        match decision {
            ClaimDecision::Grant { points, quantity } => {
                self.grantable(today)?;
                // The version in force on the day of the act, even if another has taken its place since the act was claimed.
                let holds = crate::rules::holding(conn, claim.item, &self.place.0, Day(claim.day_of_act))?;
                let holder = if self.whom.unit == claim.unit {
                    self.place.1.account_holder
                } else {
                    store::units::policy(conn, self.whom.unit)?.account_holder
                };
                let settled = self.settle(&holds, holder, (points, quantity))?;
                let decided = self.grant(conn, staff, &settled, review, now)?;
                notes::granted(conn, claim, decided.redeemable, now)?;
                Ok(decided)
            }
            ClaimDecision::Refuse { reason } => {
                let reason = text::parse("reason", &reason, REASON)?;
                if !store::claims::refuse(conn, claim.id, staff.id, now)? {
                    return Err(Code::AlreadyDecided.into());
                }
                store::claims::set_reason(conn, claim.id, &reason)?;
                notes::refused(conn, claim, now)?;
                Ok(Decided { merit: Points::ZERO, redeemable: Points::ZERO })
            }
        }
    }

    /// Whether this account may decide the claim at all.
    fn open_to(&self, staff: &StaffActor) -> Result<()> {
        let Self { claim, place: (path, policy), drafter, .. } = self;
        staff.require(Permission::Award, path)?;
        self.recuse(staff)?;
        if claim.state != "submitted" {
            return Err(Code::AlreadyDecided.into());
        }
        let entered = claim.entered_by == Some(staff.id) || *drafter == Some(staff.id);
        if entered && policy.four_eyes {
            return Err(Code::FourEyes.into());
        }
        Ok(())
    }

    /// Whether there is anything to be granted yet, or still.
    fn grantable(&self, today: Day) -> Result<()> {
        if self.whom.erased {
            return Err(Code::ClaimNotFound.into());
        }
        if self.claim.day_of_act > today.0 {
            return Err(Code::DayInFuture.into());
        }
        Ok(())
    }

    /// What a grant of so many points or of that quantity gives, and to whose account.
    fn settle(
        &self,
        holds: &ItemRow,
        holder: AccountHolder,
        (points, quantity): (Option<Points>, Option<Points>),
    ) -> Result<Settled> {
        let Self { claim, whom, .. } = self;
        let quantity = quantity.or(claim.quantity.map(Points::from_hundredths));
        let item: Item = stored("item", &holds.body)?;
        let award = award::decide(&item, quantity, points, whom.subject, Day(claim.day_of_act))?;
        let (merit, redeemable) = (award.merit, award.redeemable);
        let granted =
            Granted { item: holds.id, quantity: quantity.map(Points::hundredths), merit, redeemable };
        Ok(Settled { granted, takes: takes(&award, whom.counted()?), account: whom.holder(holder)? })
    }

    fn grant(
        &self,
        conn: &mut Db,
        staff: &StaffActor,
        settled: &Settled,
        review: Option<ReviewId>,
        now: Ts,
    ) -> Result<Decided> {
        let (id, Settled { granted, takes, account }) = (self.claim.id, settled);
        // The order of locks: the claim, counters, balances.
        let done = match review {
            None => store::claims::grant(conn, id, granted, staff.id, now)?,
            Some(review) => {
                let (decided, posted) =
                    store::reviews::decide_granting(conn, review, id, granted, staff.id, now)?;
                if !decided {
                    return Err(crate::reviews::why_not(conn, staff, review, now)?);
                }
                posted
            }
        };
        if !done {
            return Err(Code::AlreadyDecided.into());
        }
        takes.iter().try_for_each(|take| counters::take(conn, take, Code::CapReached))?;
        store::claims::record_takes(conn, id, takes)?;
        let known = accounts::of_owners(conn, &[account.1, accounts::SYSTEM])?;
        let group = self.group(settled, |kind, (holder, owner)| match known.get(&(owner, holder, kind)) {
            Some(id) => Ok(*id),
            None => Ok(accounts::open(conn, kind, holder, owner, AccountId::new(), now)?),
        })?;
        if let Some(group) = group {
            pay(conn, &group, now)?;
        }
        Ok(settled.decided())
    }

    /// What a grant gives and moves, from what is known; none where it has to go the long way: another version of the item holds, an
    /// account is to be opened first, or there is nothing to move.
    pub(crate) fn at_once(
        facts: &Facts,
        figures: (Option<Points>, Option<Points>),
        today: Day,
    ) -> Result<Option<(Settled, Group)>> {
        let Facts { who, claim, abode, place, item, accounts, .. } = facts;
        // Whose event it comes from is not among the facts.
        let short = facts.holds == Some(item.id) && claim.sign_up().is_none();
        let Some(resident) = claim.resident.filter(|_| short) else { return Ok(None) };
        let whom = Beneficiary::living(resident, abode.clone());
        let matter = Self { claim: claim.clone(), whom, place: place.clone(), drafter: None };
        matter.open_to(who)?;
        matter.grantable(today)?;
        let settled = matter.settle(item, place.1.account_holder, figures)?;
        let group = matter.group(&settled, |kind, (holder, owner)| {
            accounts.get(&(owner, holder, kind)).copied().ok_or(Code::NotFound.into())
        })?;
        Ok(group.map(|group| (settled, group)))
    }

    /// The transfers of a grant; none where it is worth nothing.
    fn group(
        &self,
        settled: &Settled,
        mut account: impl FnMut(Kind, (Holder, AnyId)) -> Result<AccountId>,
    ) -> Result<Option<Group>> {
        let Settled { granted, account: owner, .. } = settled;
        let mut movements = Vec::with_capacity(2);
        for (kind, amount) in [(Kind::Merit, granted.merit), (Kind::Redeemable, granted.redeemable)] {
            if amount.is_positive() {
                movements.push(Movement {
                    id: TransferId::new(),
                    kind,
                    debit: account(kind, (Holder::Issuing, accounts::SYSTEM))?,
                    credit: account(kind, *owner)?,
                    amount,
                    mode: Mode::Posted,
                    reason: Reason::Award,
                    standing: self.whom.standing(),
                    reverses: None,
                });
            }
        }
        let business_key = award_key(self.claim.id);
        Ok((!movements.is_empty()).then_some(Group { business_key, movements }))
    }
}

/// What a grant gives.
pub(crate) struct Settled {
    pub(crate) granted: Granted,
    pub(crate) takes: Vec<Take>,
    /// Whose account it goes to.
    account: (Holder, AnyId),
}

impl Settled {
    pub(crate) fn decided(&self) -> Decided {
        Decided { merit: self.granted.merit, redeemable: self.granted.redeemable }
    }
}

/// What an award takes from the counters of its subject.
fn takes(award: &Award, subject: AnyId) -> Vec<Take> {
    let take = |t: &award::CounterTake| Take {
        scope: t.scope.clone(),
        subject,
        period: t.period,
        amount: t.amount,
        max: t.max,
    };
    award.takes.iter().map(take).collect()
}

/// The business key of a claim's award.
fn award_key(claim: ClaimId) -> String {
    format!("claim:{}", claim.uuid().simple())
}

/// The claim that a business key names, if it names one.
pub(crate) fn claim_of_key(key: &str) -> Option<ClaimId> {
    let (word, id) = key.split_once(':')?;
    let uuid = matches!(word, "claim" | "reversal").then(|| uuid::Uuid::try_parse(id).ok())?;
    uuid.map(ClaimId::from_uuid)
}

fn pay(conn: &mut Db, group: &Group, now: Ts) -> Result<()> {
    match posting::post(conn, group, now)? {
        Posted::Now { .. } => Ok(()),
        Posted::Before => Err(Code::AlreadyDecided.into()),
    }
}

pub(crate) fn act(
    who: &StaffActor,
    action: &'static str,
    claim: &Claim,
    detail: serde_json::Value,
    ctx: &RequestContext,
) -> Act {
    let (object, request_id) = (claim.id.to_string(), ctx.request_id.clone());
    Act { staff: Some(who.id), action, object, unit: Some(claim.unit), detail, request_id }
}
