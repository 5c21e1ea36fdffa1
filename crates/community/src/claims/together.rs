//! Granting the claims of an event some at a time, from what is read of all of them at once, where each statement is a round trip. What is not
//! plain, or refused, is left out: it goes the long way, which says why.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::access::StaffActor;
use domain::ids::{AccountId, ClaimId, ResidentId, ReviewId, StaffId};
use domain::ledger::{Holder, Kind};
use domain::{Code, Day, Points, Ts};
use foundation::{AnyId, Error, Result};
use store::Db;
use store::claims::Claim;
use store::claims::at_once::Writes;
use store::ledger::accounts;

use super::{Beneficiary, Matter, Settled};
use crate::notes;
use crate::people::Place;

/// Accounts by owner, holder and kind.
type Accounts = HashMap<(AnyId, Holder, Kind), AccountId>;

/// Points and quantity, where whoever decides says them.
type Figures = (Option<Points>, Option<Points>);

/// What is decided of one of them.
struct Plain {
    review: ReviewId,
    matter: Matter,
    settled: Settled,
}

/// What the grants of these claims write. They come from an event that `drafter` drafted.
pub(crate) fn grants(
    conn: &mut Db,
    who: &StaffActor,
    page: &[(ClaimId, ReviewId)],
    drafter: StaffId,
    figures: Figures,
    (now, today): (Ts, Day),
) -> Result<Vec<Writes>> {
    let claims = store::claims::by_ids(conn, &page.iter().map(|(claim, _)| *claim).collect::<Vec<_>>())?;
    let residents: Vec<ResidentId> = claims.values().filter_map(|claim| claim.resident).collect();
    let known = Beneficiary::residents(conn, &residents)?;
    let mut places = HashMap::new();
    let mut plain = Vec::new();
    for (claim, review) in page {
        let Some(claim) = claims.get(claim) else { continue };
        let Some(whom) = claim.resident.and_then(|resident| known.get(&resident)) else { continue };
        // Whoever has moved since is looked at one by one, under the policies of two places.
        if whom.unit != claim.unit {
            continue;
        }
        let here = here(conn, &mut places, claim)?;
        let matter =
            Matter { claim: claim.clone(), whom: *whom, place: here.0.clone(), drafter: Some(drafter) };
        if let Some(settled) = here.1.as_ref().and_then(|holds| matter.plainly(who, holds, figures, today)) {
            plain.push(Plain { review: *review, matter, settled });
        }
    }
    let accounts = accounts_of(conn, &plain, now)?;
    plain.into_iter().filter_map(|one| one.writes(who.id, &accounts, now).transpose()).collect()
}

/// The place of a claim, and the item that holds there on its day; none if that is refused.
type Here = (Place, Option<store::catalogues::ItemRow>);

fn here<'a>(
    conn: &mut Db,
    places: &'a mut HashMap<(domain::ids::UnitId, domain::ids::ItemId, i32), Here>,
    claim: &Claim,
) -> Result<&'a Here> {
    match places.entry((claim.unit, claim.item, claim.day_of_act)) {
        Entry::Occupied(known) => Ok(known.into_mut()),
        Entry::Vacant(empty) => {
            let place = store::units::place(conn, claim.unit)?;
            let holds = match crate::rules::holding(conn, claim.item, &place.0, Day(claim.day_of_act)) {
                Err(Error::Refused(_)) => None,
                found => Some(found?),
            };
            Ok(empty.insert((place, holds)))
        }
    }
}

impl Matter {
    /// What a grant gives that nothing is in the way of.
    fn plainly(
        &self,
        who: &StaffActor,
        holds: &store::catalogues::ItemRow,
        figures: Figures,
        today: Day,
    ) -> Option<Settled> {
        self.open_to(who).and_then(|()| self.grantable(today)).ok()?;
        self.settle(holds, self.place.1.account_holder, figures).ok()
    }
}

/// The accounts that these grants need, opened where a beneficiary never had any.
fn accounts_of(conn: &mut Db, plain: &[Plain], now: Ts) -> Result<Accounts> {
    let mut owners: Vec<AnyId> = plain.iter().map(|one| one.settled.account.1).collect();
    owners.push(accounts::SYSTEM);
    let mut known = accounts::of_owners(conn, &owners)?;
    let mut missing = Vec::new();
    for (holder, owner) in plain.iter().map(|one| one.settled.account) {
        for kind in [Kind::Merit, Kind::Redeemable] {
            let opening = (kind, holder, owner);
            if !known.contains_key(&(owner, holder, kind)) && !missing.contains(&opening) {
                missing.push(opening);
            }
        }
    }
    // In one order, whoever else opens some of them.
    missing.sort_unstable_by_key(|(kind, holder, owner)| (*owner, holder.word(), kind.word()));
    if !missing.is_empty() {
        let opened = accounts::open_all(conn, &missing, now)?;
        known.extend(missing.into_iter().map(|(kind, holder, owner)| (owner, holder, kind)).zip(opened));
    }
    Ok(known)
}

impl Plain {
    /// What it writes; none where it is worth nothing.
    fn writes(self, by: StaffId, accounts: &Accounts, now: Ts) -> Result<Option<Writes>> {
        let Self { review, matter, settled } = self;
        let group = matter.group(&settled, |kind, (holder, owner)| {
            accounts.get(&(owner, holder, kind)).copied().ok_or(Code::NotFound.into())
        })?;
        let (Some(group), Some(resident)) = (group, matter.claim.resident) else { return Ok(None) };
        let told = notes::granted_to(resident, &matter.claim, settled.granted.redeemable).written()?;
        Ok(Some(Writes {
            request: None,
            review,
            claim: matter.claim.id,
            version: matter.claim.version,
            granted: settled.granted,
            by,
            takes: settled.takes,
            group,
            act: None,
            told: vec![told],
            now,
        }))
    }
}
