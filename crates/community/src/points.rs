//! A resident's points: what there is, and every change with its reason.

use std::collections::{HashMap, HashSet};

use domain::access::{Permission, Role};
use domain::catalogue::Item;
use domain::ids::{
    AccountId, CatalogueId, ClaimId, DeedId, ItemId, ResidentId, SignUpId, StaffId, TransferId,
};
use domain::ledger::{Holder, Kind};
use domain::masking::{Audience, Person, display_name};
use domain::paging::{Page, Slice};
use domain::policy::AccountHolder;
use domain::{Day, Points, Ts};
use foundation::{AnyId, App, Error, Result};
use store::Db;
use store::catalogues::ItemRow;
use store::claims::{Claim, Notes};
use store::ledger::accounts;
pub use store::ledger::accounts::Balance;
use store::reasons::{Decider, Names};

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

/// A holder of accounts, with the accounts that are open.
struct Open {
    holder: Holder,
    accounts: Vec<(Kind, AccountId)>,
}

/// The own accounts, and the household's if awards go there or ever went there.
fn open_accounts(conn: &mut Db, resident: ResidentId) -> Result<(AccountHolder, Vec<Open>)> {
    let found = store::residents::require(conn, resident)?;
    let policy = store::units::policy(conn, found.unit)?.account_holder;
    let mut open = vec![accounts_of(conn, Holder::Resident, AnyId::of(resident))?];
    if let Some(household) = found.household {
        let shared = accounts_of(conn, Holder::Household, AnyId::of(household))?;
        if policy == AccountHolder::Household || !shared.accounts.is_empty() {
            open.push(shared);
        }
    }
    Ok((policy, open))
}

fn accounts_of(conn: &mut Db, holder: Holder, owner: AnyId) -> Result<Open> {
    let mut found = Vec::with_capacity(2);
    for kind in Kind::BOTH {
        found.extend(accounts::find(conn, kind, holder, owner)?.map(|id| (kind, id)));
    }
    Ok(Open { holder, accounts: found })
}

/// What a resident has.
pub async fn account(app: &App, resident: ResidentId) -> Result<Account> {
    let now = app.now();
    app.store
        .read(move |conn| {
            let (account_holder, open) = open_accounts(conn, resident)?;
            let purses = open.into_iter().map(|of| purse(conn, &of, now)).collect::<Result<_>>()?;
            Ok(Account { account_holder, purses })
        })
        .await
}

fn purse(conn: &mut Db, open: &Open, now: Ts) -> Result<Purse> {
    let mut purse = Purse { holder: open.holder, merit: Balance::default(), redeemable: Balance::default() };
    for (kind, id) in &open.accounts {
        let balance = accounts::balance(conn, *id, now)?;
        match kind {
            Kind::Merit => purse.merit = balance,
            Kind::Redeemable => purse.redeemable = balance,
        }
    }
    Ok(purse)
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
    pub rule: Item,
    /// The version.
    pub catalogue: CatalogueId,
    /// Which version of its unit.
    pub number: i32,
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
    app.store
        .read(move |conn| {
            let (_, open) = open_accounts(conn, resident)?;
            let mut changes = Vec::new();
            let mut keys = Vec::new();
            for of in &open {
                for (_, account) in &of.accounts {
                    for m in accounts::history(conn, *account, page.after, page.limit + 1)? {
                        keys.push((m.id, claim_of_key(&m.business_key)));
                        changes.push(change(of.holder, m));
                    }
                }
            }
            changes.sort_by_key(|c| std::cmp::Reverse(c.id));
            let mut slice = Slice::cut(changes, page.limit, |c| c.id);
            let claims: HashMap<TransferId, ClaimId> =
                keys.into_iter().filter_map(|(id, claim)| claim.map(|c| (id, c))).collect();
            tell(conn, &mut slice.items, &claims)?;
            Ok(slice)
        })
        .await
}

fn change(holder: Holder, m: accounts::Movement) -> Change {
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
    }
}

/// What the claims of a page refer to.
struct Facts {
    claims: HashMap<ClaimId, Claim>,
    notes: HashMap<ClaimId, Notes>,
    items: HashMap<ItemId, ItemRow>,
    deeds: HashMap<DeedId, String>,
    events: HashMap<SignUpId, String>,
    deciders: HashMap<StaffId, Decider>,
    names: HashMap<ResidentId, Names>,
}

impl Facts {
    fn read(conn: &mut Db, ids: &[ClaimId]) -> Result<Self> {
        let claims = store::claims::by_ids(conn, ids)?;
        let every = || claims.values();
        let staff: Vec<StaffId> = every().flat_map(|c| [c.decided_by, c.reversed_by]).flatten().collect();
        let items: Vec<ItemId> = every().map(|c| c.item).collect();
        let deeds: Vec<DeedId> = every().filter_map(Claim::deed).collect();
        let sign_ups: Vec<SignUpId> = every().filter_map(Claim::sign_up).collect();
        let residents: Vec<ResidentId> = every().filter_map(|c| c.resident).collect();
        Ok(Self {
            notes: store::claims::notes(conn, ids)?,
            items: store::catalogues::items_by_ids(conn, &items)?,
            deeds: store::reasons::deed_titles(conn, &deeds)?,
            events: store::events::attendance::titles(conn, &sign_ups)?,
            deciders: store::reasons::deciders(conn, &staff)?,
            names: store::reasons::names(conn, &residents)?,
            claims,
        })
    }

    fn of(&self, claim: ClaimId, holder: Holder, reversal: bool) -> Result<Option<Told>> {
        let Some(claim) = self.claims.get(&claim) else { return Ok(None) };
        let item = self.items.get(&claim.item).ok_or_else(|| Error::corrupt("a claim without its item"))?;
        let decider = if reversal { claim.reversed_by } else { claim.decided_by };
        let decider = decider.and_then(|id| self.deciders.get(&id));
        let notes = self.notes.get(&claim.id);
        let earner = claim.resident.filter(|_| holder == Holder::Household);
        Ok(Some(Told {
            id: claim.id,
            reversed: claim.state == "reversed",
            item: claim.item,
            rule: stored("item", &item.body)?,
            catalogue: item.catalogue,
            number: item.number,
            day_of_act: Day(claim.day_of_act),
            quantity: claim.quantity.map(Points::from_hundredths),
            deed: claim.deed().map(|id| (id, self.deeds.get(&id).cloned())),
            event_title: claim.sign_up().and_then(|id| self.events.get(&id).cloned()),
            earned_by: earner
                .and_then(|id| self.names.get(&id))
                .map(|names| display_name(names.person(), Audience::SameUnit)),
            role: decider.and_then(role),
            decider: decider.map(masked),
            note: notes.and_then(|n| if reversal { n.reason.clone() } else { n.note.clone() }),
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

fn tell(conn: &mut Db, changes: &mut [Change], claims: &HashMap<TransferId, ClaimId>) -> Result<()> {
    let wanted: HashSet<ClaimId> = changes.iter().filter_map(|c| claims.get(&c.id).copied()).collect();
    let wanted: Vec<ClaimId> = wanted.into_iter().collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let facts = Facts::read(conn, &wanted)?;
    for change in changes {
        if let Some(claim) = claims.get(&change.id) {
            change.claim = facts.of(*claim, change.holder, change.reverses.is_some())?;
        }
    }
    Ok(())
}
