//! A resident's points: what there is, and every change with its reason.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::access::{Permission, Role};
use domain::ids::{ClaimId, DeedId, ItemId, RedemptionId, ResidentId, SessionId, StaffId, TransferId};
use domain::ledger::{Holder, Kind};
use domain::masking::{Audience, Person, display_name};
use domain::paging::{Page, Slice};
use domain::policy::AccountHolder;
use domain::{Code, Day, Points, Ts};
use foundation::pages::{Rule, Rules};
use foundation::{App, Error, Result};
use store::Db;
pub use store::ledger::accounts::Balance;
use store::ledger::history;
use store::ledger::purses::AsOf;
use store::reasons::{Decider, Names, Reason, Sale};

use crate::claims::claim_of_key;
use crate::rules::stored;

/// What one holder has of both kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purse {
    /// The resident or the household.
    pub holder: Holder,
    /// Honour.
    pub merit: Balance,
    /// What can be spent.
    pub redeemable: Balance,
}

/// The accounts that count for a resident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose account awards go to where the resident lives.
    pub account_holder: AccountHolder,
    /// The own purse, and the household's where there is one.
    pub purses: Vec<Purse>,
}

/// Which resident the person of a session is, and as of when the accounts are.
pub async fn owner(app: &App, session: SessionId) -> Result<(ResidentId, AsOf)> {
    let found = app.store.purses(session).await?.ok_or(Error::from(Code::SessionEnded))?;
    let (resident, _) = found.resident.ok_or(Error::from(Code::ResidentsOnly))?;
    Ok((resident, found.as_of))
}

/// What the resident of a session has. The session is looked at with the accounts.
pub async fn account(app: &App, session: SessionId) -> Result<Account> {
    let found = app.store.purses(session).await?.ok_or(Error::from(Code::SessionEnded))?;
    let (_, unit) = found.resident.ok_or(Error::from(Code::ResidentsOnly))?;
    let account_holder = app.pages.place(&app.store, unit).await?.1.account_holder;
    let purse = |wanted: Holder| {
        let balance = |of: Kind| {
            let found = found.balances.iter().find(|(holder, kind, _)| (*holder, *kind) == (wanted, of));
            found.map(|(.., balance)| *balance)
        };
        let (merit, redeemable) = (balance(Kind::Merit), balance(Kind::Redeemable));
        let is_open = merit.is_some() || redeemable.is_some();
        let purse = Purse {
            holder: wanted,
            merit: merit.unwrap_or_default(),
            redeemable: redeemable.unwrap_or_default(),
        };
        (purse, is_open)
    };
    let mut purses = vec![purse(Holder::Resident).0];
    let (shared, is_open) = purse(Holder::Household);
    // The household's, if awards go there or ever went there.
    if found.household.is_some() && (account_holder == AccountHolder::Household || is_open) {
        purses.push(shared);
    }
    Ok(Account { account_holder, purses })
}

/// One change of points, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The transfer.
    pub id: TransferId,
    /// Whose account.
    pub holder: Holder,
    /// Which kind of points.
    pub kind: Kind,
    /// What the account gained, or gave if it is below zero.
    pub amount: Points,
    /// The reason's word.
    pub reason: String,
    /// The mode's word: posted, pending, post, void.
    pub mode: String,
    /// The transfer that it reverses.
    pub reverses: Option<TransferId>,
    /// When.
    pub at: Ts,
    /// The claim behind it.
    pub claim: Option<Told>,
    /// The sale behind it.
    pub sale: Option<Spent>,
}

/// What a person is told of the sale behind a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// The redemption.
    pub redemption: RedemptionId,
    /// The shop's name.
    pub shop: String,
    /// The offer's title.
    pub offer: String,
    /// Who bought, on a household's account.
    pub customer: Option<String>,
}

/// What moved the points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Cause {
    Claim(ClaimId),
    Sale(RedemptionId),
}

impl Cause {
    fn of_key(key: &str) -> Option<Self> {
        let sale = || store::redemptions::of_business_key(key).map(Self::Sale);
        claim_of_key(key).map(Self::Claim).or_else(sale)
    }
    fn claim(&self) -> Option<ClaimId> {
        if let Self::Claim(id) = self { Some(*id) } else { None }
    }
    fn sale(&self) -> Option<RedemptionId> {
        if let Self::Sale(id) = self { Some(*id) } else { None }
    }
}

/// What a person is told of the claim behind a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The claim.
    pub id: ClaimId,
    /// Whether it has been reversed since.
    pub reversed: bool,
    /// The item's id: of the version that was paid by.
    pub item: ItemId,
    /// The item, as that version has it.
    pub rule: Arc<Rule>,
    /// The day of the act.
    pub day_of_act: Day,
    /// The quantity.
    pub quantity: Option<Points>,
    /// The deed it comes from, with its title.
    pub deed: Option<(DeedId, Option<String>)>,
    /// The title of the event at which it was earned.
    pub event_title: Option<String>,
    /// Who earned it, on a household's account.
    pub earned_by: Option<String>,
    /// The role of who decided, or reversed.
    pub role: Option<Role>,
    /// The masked name of who decided, or reversed; none if that is not known.
    pub decider: Option<String>,
    /// What was noted when it was entered, or why it was reversed.
    pub note: Option<String>,
}

/// The changes of a resident's points, newest first. A page costs the same few queries however long the history is.
pub async fn transfers(
    app: &App,
    resident: ResidentId,
    page: Page<TransferId>,
) -> Result<Slice<Change, TransferId>> {
    let known = app.pages.rules.clone();
    app.store
        .glance(move |conn| {
            let mut changes = Vec::new();
            let mut causes = HashMap::new();
            for (holder, m) in history::of_resident(conn, resident, page.after, page.limit + 1)? {
                causes.extend(Cause::of_key(&m.business_key).map(|cause| (m.id, cause)));
                changes.push(change(holder, m));
            }
            let mut slice = Slice::cut(changes, page.limit, |c| c.id);
            tell(conn, &known, &mut slice.items, &causes)?;
            Ok(slice)
        })
        .await
}

fn change(holder: Holder, m: history::Movement) -> Change {
    Change {
        id: m.id,
        holder,
        kind: m.kind,
        amount: m.amount,
        reason: m.reason,
        mode: m.mode,
        reverses: m.reverses,
        at: m.at,
        claim: None,
        sale: None,
    }
}

/// What the changes of a page refer to.
#[derive(Default)]
struct Facts {
    claims: HashMap<ClaimId, Reason>,
    rules: HashMap<ItemId, Arc<Rule>>,
    /// Of who earned and who bought, on a household's account.
    members: HashMap<ResidentId, Names>,
    deciders: HashMap<StaffId, Decider>,
    sales: HashMap<RedemptionId, Sale>,
}

impl Facts {
    /// What is not referred to is not asked for. Each cause comes with whether it is of a household's account.
    fn read(conn: &mut Db, known: &Rules, causes: &HashMap<Cause, bool>) -> Result<Self> {
        let mut facts = Self::default();
        let claims: Vec<ClaimId> = causes.keys().filter_map(Cause::claim).collect();
        if !claims.is_empty() {
            facts.claims = store::reasons::of_claims(conn, claims)?;
            facts.rules = rules(conn, known, facts.claims.values().map(|claim| claim.item).collect())?;
        }
        let staff = facts.claims.values().flat_map(|claim| [claim.decided_by, claim.reversed_by]);
        let staff: HashSet<StaffId> = staff.flatten().collect();
        if !staff.is_empty() {
            facts.deciders = store::reasons::deciders(conn, staff)?;
        }
        let sold: Vec<RedemptionId> = causes.keys().filter_map(Cause::sale).collect();
        if !sold.is_empty() {
            facts.sales = store::reasons::sales(conn, sold)?;
        }
        let shared = causes.iter().filter(|(_, of_household)| **of_household).map(|(cause, _)| *cause);
        let members: HashSet<ResidentId> = shared.filter_map(|cause| facts.whose(cause)).collect();
        if !members.is_empty() {
            facts.members = store::reasons::names(conn, &members.into_iter().collect::<Vec<_>>())?;
        }
        Ok(facts)
    }

    /// Who earned, or bought.
    fn whose(&self, cause: Cause) -> Option<ResidentId> {
        match cause {
            Cause::Claim(id) => self.claims.get(&id)?.earner,
            Cause::Sale(id) => Some(self.sales.get(&id)?.customer),
        }
    }

    /// A member's name, on a household's account.
    fn member(&self, cause: Cause, holder: Holder) -> Option<String> {
        let whose = self.whose(cause).filter(|_| holder == Holder::Household)?;
        Some(display_name(self.members.get(&whose)?.person(), Audience::SameUnit))
    }

    fn spent(&self, redemption: RedemptionId, holder: Holder) -> Option<Spent> {
        let sale = self.sales.get(&redemption)?;
        let customer = self.member(Cause::Sale(redemption), holder);
        Some(Spent { redemption, shop: sale.shop.clone(), offer: sale.offer.clone(), customer })
    }

    fn of(&self, claim: ClaimId, holder: Holder, reversal: bool) -> Result<Option<Told>> {
        let Some(claim) = self.claims.get(&claim) else { return Ok(None) };
        let rule = self.rules.get(&claim.item).ok_or_else(|| Error::corrupt("a claim by no rule item"))?;
        let decider = if reversal { claim.reversed_by } else { claim.decided_by };
        let decider = decider.and_then(|id| self.deciders.get(&id));
        Ok(Some(Told {
            id: claim.claim,
            reversed: claim.state == "reversed",
            item: claim.item,
            rule: rule.clone(),
            day_of_act: claim.day_of_act,
            quantity: claim.quantity,
            deed: claim.deed.clone(),
            event_title: claim.event_title.clone(),
            earned_by: self.member(Cause::Claim(claim.claim), holder),
            role: decider.and_then(role),
            decider: decider.map(masked),
            note: if reversal { claim.reason.clone() } else { claim.note.clone() },
        }))
    }
}

/// The role by which somebody decides on points.
fn role(decider: &Decider) -> Option<Role> {
    let mut roles = decider.grants.iter().map(|grant| grant.role);
    roles.clone().find(|role| role.may(Permission::Award)).or_else(|| roles.next())
}

/// Residents see the surname of who decided.
fn masked(decider: &Decider) -> String {
    let person = Person { name: Some(&decider.name), nickname: None, hidden: false };
    display_name(person, Audience::Public)
}

/// The rule items of these ids: they never change, and few pay for most.
fn rules(conn: &mut Db, known: &Rules, items: HashSet<ItemId>) -> Result<HashMap<ItemId, Arc<Rule>>> {
    let mut found: HashMap<ItemId, Arc<Rule>> =
        items.iter().filter_map(|id| Some((*id, known.get(id)?))).collect();
    let missing: Vec<ItemId> = items.into_iter().filter(|id| !found.contains_key(id)).collect();
    if !missing.is_empty() {
        for (id, rule) in store::reasons::rules(conn, missing)? {
            let item = stored("item", &rule.body)?;
            let rule = Arc::new(Rule { item, catalogue: rule.catalogue, number: rule.number });
            known.insert(id, rule.clone());
            found.insert(id, rule);
        }
    }
    Ok(found)
}

fn tell(
    conn: &mut Db,
    known: &Rules,
    changes: &mut [Change],
    causes: &HashMap<TransferId, Cause>,
) -> Result<()> {
    let mut wanted: HashMap<Cause, bool> = HashMap::new();
    for change in &*changes {
        if let Some(cause) = causes.get(&change.id) {
            *wanted.entry(*cause).or_default() |= change.holder == Holder::Household;
        }
    }
    let facts = Facts::read(conn, known, &wanted)?;
    for change in changes {
        match causes.get(&change.id) {
            Some(Cause::Claim(id)) => {
                change.claim = facts.of(*id, change.holder, change.reverses.is_some())?;
            }
            Some(Cause::Sale(id)) => change.sale = facts.spent(*id, change.holder),
            None => {}
        }
    }
    Ok(())
}
