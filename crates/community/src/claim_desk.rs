//! Claims at the desk: entering them for others, and reading them.

use std::collections::HashMap;

use domain::access::{Permission, StaffActor};
use domain::award::may_claim;
use domain::catalogue::Subject;
use domain::deeds::check_day_of_act;
use domain::ids::{ClaimId, HouseholdId, ItemId, ResidentId, ReviewId, UnitId};
use domain::masking::{Audience, display_name};
use domain::paging::{Page, Slice};
use domain::text::{self, REASON};
use domain::{Code, Day, Points};
use foundation::{AnyId, App, Error, Once, RequestContext, Result};
use serde_json::json;
use store::Db;
use store::claims::{Cause, Claim, NewClaim, Notes};

use crate::claims::{Beneficiary, act};
use crate::people::{reach_object, roots};
use crate::rules::{Rule, item_for, rule};

/// Whom staff enter a claim for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// A resident.
    Resident(ResidentId),
    /// A household.
    Household(HouseholdId),
}

/// An entry of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// For whom.
    pub whom: For,
    /// By which item.
    pub item: ItemId,
    /// The day of the act.
    pub day_of_act: Day,
    /// How much of the item's unit of measure.
    pub quantity: Option<Points>,
    /// A note for whoever decides.
    pub note: Option<String>,
}

/// Enters a claim for somebody; it waits for another's eyes. Nobody enters for the own household.
pub async fn enter(
    app: &App,
    who: &StaffActor,
    mut entry: Entry,
    ctx: RequestContext,
) -> Result<Once<ClaimId>> {
    let (who, now, today, id) = (who.clone(), app.now(), app.store.today(), ClaimId::new());
    entry.note = entry.note.map(|note| text::parse("note", &note, REASON)).transpose()?;
    app.store
        .write(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let claim = new_claim(conn, &who, id, &entry, today)?;
                store::claims::insert(conn, &claim, now)?;
                let kind = store::reviews::Kind::Claim;
                store::reviews::open(conn, ReviewId::new(), kind, AnyId::of(id), claim.unit, now)?;
                let stored = store::claims::find(conn, id)?.ok_or(Error::from(Code::ClaimNotFound))?;
                let detail = json!({"item": entry.item.to_string()});
                store::audit::record(conn, &act(&who, "claims.enter", &stored, detail, &ctx), now)?;
                Ok(id)
            })
        })
        .await
}

fn new_claim(conn: &mut Db, who: &StaffActor, id: ClaimId, entry: &Entry, today: Day) -> Result<NewClaim> {
    let whom = match entry.whom {
        For::Resident(resident) => Beneficiary::resident(conn, resident)?,
        For::Household(household) => Beneficiary::household(conn, household)?,
    };
    who.require(Permission::Enter, &store::units::path(conn, whom.unit)?)?;
    if !whom.active {
        return Err(Code::NotFound.into());
    }
    if who.is_kin(whom.resident, whom.household) {
        return Err(Code::OwnAct.into());
    }
    let policy = store::units::policy(conn, whom.unit)?;
    check_day_of_act(entry.day_of_act, today, policy.claim_days_back)?;
    let (item, _) = item_for(conn, entry.item, whom.unit, entry.day_of_act)?;
    may_claim(&item, entry.quantity, whom.subject)?;
    Ok(NewClaim {
        id,
        unit: whom.unit,
        subject: whom.subject,
        resident: whom.resident,
        household: whom.household,
        item: entry.item,
        day_of_act: entry.day_of_act,
        quantity: entry.quantity.map(Points::hundredths),
        cause: Cause::StaffEntry,
        cause_id: AnyId::of(id),
        claimant: None,
        entered_by: Some(who.id),
        proxy: None,
        note: entry.note.clone(),
    })
}

/// A claim as the desk sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskClaim {
    /// The claim.
    pub claim: Claim,
    /// Its item.
    pub rule: Rule,
    /// Its texts.
    pub notes: Notes,
    /// The person's name, or the household's code.
    pub beneficiary: String,
}

/// The claims that this account may read, newest first.
pub async fn list(
    app: &App,
    who: &StaffActor,
    unit: Option<UnitId>,
    state: Option<&'static str>,
    page: Page<ClaimId>,
) -> Result<Slice<DeskClaim, ClaimId>> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let roots = roots(conn, &who, Permission::ReadDesk, unit)?;
            let found = store::claims::list(conn, &roots, state, page.after, page.limit + 1)?;
            let slice = Slice::cut(found, page.limit, |claim| claim.id);
            Ok(Slice { items: dress(conn, slice.items)?, next: slice.next })
        })
        .await
}

/// One claim.
pub async fn detail(app: &App, who: &StaffActor, id: ClaimId) -> Result<DeskClaim> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let claim = store::claims::find(conn, id)?.ok_or(Error::from(Code::ClaimNotFound))?;
            reach_object(conn, &who, Permission::ReadDesk, claim.unit, Code::ClaimNotFound)?;
            dress(conn, vec![claim])?.pop().ok_or(Code::ClaimNotFound.into())
        })
        .await
}

/// Adds items, texts and names: a few queries for any number of claims.
fn dress(conn: &mut Db, claims: Vec<Claim>) -> Result<Vec<DeskClaim>> {
    let ids: Vec<ClaimId> = claims.iter().map(|claim| claim.id).collect();
    let items: Vec<ItemId> = claims.iter().map(|claim| claim.item).collect();
    let mut notes = store::claims::notes(conn, &ids)?;
    let rules = store::catalogues::items_by_ids(conn, &items)?;
    let names = names(conn, &claims)?;
    claims
        .into_iter()
        .map(|claim| {
            let row = rules.get(&claim.item).cloned();
            let rule = rule(row.ok_or_else(|| Error::corrupt("a claim without its item"))?)?;
            let notes = notes.remove(&claim.id).unwrap_or_default();
            let beneficiary = names.get(&beneficiary_of(&claim)).cloned().unwrap_or_default();
            Ok(DeskClaim { claim, rule, notes, beneficiary })
        })
        .collect()
}

fn beneficiary_of(claim: &Claim) -> AnyId {
    let household = claim.household.map(AnyId::of);
    match claim.subject() {
        Subject::Resident => claim.resident.map(AnyId::of).or(household),
        Subject::Household => household,
    }
    .unwrap_or(store::ledger::accounts::SYSTEM)
}

/// What staff call the beneficiaries: a resident's name, a household's code.
fn names(conn: &mut Db, claims: &[Claim]) -> Result<HashMap<AnyId, String>> {
    let residents: Vec<ResidentId> = claims.iter().filter_map(|claim| claim.resident).collect();
    let households: Vec<HouseholdId> = claims.iter().filter_map(|claim| claim.household).collect();
    let mut names: HashMap<AnyId, String> = HashMap::new();
    for (id, code) in store::reasons::household_codes(conn, &households)? {
        names.insert(AnyId::of(id), code);
    }
    for (id, found) in store::reasons::names(conn, &residents)? {
        names.insert(AnyId::of(id), display_name(found.person(), Audience::Staff));
    }
    Ok(names)
}
