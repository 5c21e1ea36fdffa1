//! What the desk decides on shops. Two who decide at once make one decision; nobody decides on a shop in which the own household works.

use domain::access::{MerchantState, Permission, StaffActor};
use domain::ids::{AccountId, MerchantId, UnitId};
use domain::ledger::{Holder, Kind};
use domain::paging::{Page, Slice};
use domain::{Code, Ts, text};
use foundation::content;
use foundation::desk::{Deed, reach_object, record, roots};
use foundation::inbox::{self, Note};
use foundation::pictures::uploads::{self, Home};
use foundation::{AnyId, App, Once, RequestContext, Result};
use serde_json::json;
use store::Db;
use store::merchants::{Decision, Filter, Merchant};

use crate::merchants::{Proposal, Shown, dress, one};

/// Which shops the desk asks for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// In the subtree of this unit; everything within reach if nothing is said.
    pub unit: Option<UnitId>,
    /// In this state.
    pub state: Option<MerchantState>,
    /// Of which a change waits.
    pub proposing: bool,
}

/// The shops within reach, the newest first.
pub async fn list(
    app: &App,
    who: &StaffActor,
    wanted: Wanted,
    page: Page<MerchantId>,
) -> Result<Slice<Shown, MerchantId>> {
    app.require_merchants()?;
    let who = who.clone();
    app.store
        .read(move |conn| {
            let filter = Filter {
                roots: Some(roots(conn, &who, Permission::ReadDesk, wanted.unit)?),
                state: wanted.state,
                proposing: wanted.proposing,
                ..Filter::default()
            };
            let found = store::merchants::list(conn, &filter, page.after, page.limit + 1)?;
            let slice = Slice::cut(found, page.limit, |shop| shop.id);
            Ok(Slice { items: dress(conn, slice.items, true)?, next: slice.next })
        })
        .await
}

/// One shop within reach.
pub async fn read(app: &App, who: &StaffActor, id: MerchantId) -> Result<Shown> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let shop = one(conn, id, true)?;
            reach_object(conn, &who, Permission::ReadDesk, shop.merchant.unit, Code::ShopNotFound)?;
            Ok(shop)
        })
        .await
}

/// What the desk does with a shop.
#[derive(Debug, Clone)]
pub enum Step {
    /// Takes a shop of this version in, or agrees to what it proposes.
    Approve(i64),
    /// Turns a shop away, or what it proposes, for this reason.
    Reject(String),
    /// Lets it take no part for the time being, for this reason.
    Suspend(String),
    /// Lets it take part again.
    Resume,
}

impl Step {
    fn action(&self) -> &'static str {
        match self {
            Self::Approve(_) => "merchant.approve",
            Self::Reject(_) => "merchant.reject",
            Self::Suspend(_) => "merchant.suspend",
            Self::Resume => "merchant.resume",
        }
    }
    fn told(&self) -> inbox::Kind {
        match self {
            Self::Approve(_) => inbox::Kind::ShopApproved,
            Self::Reject(_) => inbox::Kind::ShopRejected,
            Self::Suspend(_) => inbox::Kind::ShopSuspended,
            Self::Resume => inbox::Kind::ShopResumed,
        }
    }
    /// With its reason as it is kept.
    fn parsed(self) -> Result<Self> {
        Ok(match self {
            Self::Reject(reason) => Self::Reject(text::parse("reason", &reason, text::REASON)?),
            Self::Suspend(reason) => Self::Suspend(text::parse("reason", &reason, text::REASON)?),
            other => other,
        })
    }
}

/// Decides on a shop.
pub async fn decide(
    app: &App,
    who: &StaffActor,
    id: MerchantId,
    step: Step,
    ctx: RequestContext,
) -> Result<Once<MerchantId>> {
    app.require_merchants()?;
    let (who, now, step) = (who.clone(), app.now(), step.parsed()?);
    let account = AccountId::new();
    app.store
        .write(move |conn| {
            let shop = within(conn, &who, id)?;
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let made = Made { shop: &shop, who: &who, account, now };
                if matches!(step, Step::Approve(_)) {
                    let pictures = store::pictures::in_home(conn, Home::Merchant(id))?;
                    content::pictures::may_show(conn, &pictures)?;
                }
                made.take(conn, &step)?;
                let deed = Deed {
                    who: Some(&who),
                    action: step.action(),
                    object: id.to_string(),
                    unit: shop.unit,
                    detail: json!({"from": shop.state, "proposal": shop.proposal.is_some()}),
                };
                record(conn, deed, &ctx.request_id, now)?;
                let owners = inbox::shop_owners(conn, id)?;
                inbox::tell(conn, &Note::to_each(owners, step.told(), id), now)?;
                Ok(id)
            })
        })
        .await
}

/// The shop, if it is this account's to decide on.
pub(crate) fn within(conn: &mut Db, who: &StaffActor, id: MerchantId) -> Result<Merchant> {
    let shop = store::merchants::require(conn, id)?;
    reach_object(conn, who, Permission::ManageMerchants, shop.unit, Code::ShopNotFound)?;
    store::clerks::link_shop(conn, id)?;
    let people = store::merchant_staff::people(conn, id)?;
    if people.into_iter().any(|(resident, household)| who.is_kin(resident, household)) {
        return Err(Code::OwnAct.into());
    }
    Ok(shop)
}

/// A decision that is being made.
struct Made<'a> {
    shop: &'a Merchant,
    who: &'a StaffActor,
    account: AccountId,
    now: Ts,
}

impl Made<'_> {
    fn take(&self, conn: &mut Db, step: &Step) -> Result<()> {
        use MerchantState::{Applied, Approved, Rejected, Suspended};
        let state = self.shop.state()?;
        let proposal = self.shop.proposal.as_deref();
        match (step, state) {
            (Step::Approve(version), Applied) => {
                let owner = AnyId::of(self.shop.id);
                let account = store::ledger::accounts::open(
                    conn,
                    Kind::Redeemable,
                    Holder::Merchant,
                    owner,
                    self.account,
                    self.now,
                )?;
                let decision = Decision { account: Some(account), ..self.decision(Applied, Approved, None) };
                self.write(conn, &Decision { version: Some(*version), ..decision })
            }
            (Step::Approve(version), Approved | Suspended) => {
                let proposal = Proposal::read(proposal.ok_or(Code::ShopStateConflict)?)?;
                store::merchants::write(conn, self.shop.id, *version, state, &proposal.front()?)?;
                // Everything that is proposed hangs there already, whoever of the owners had uploaded it, but for what a check took away.
                let (nobody, home) = (AnyId::of(self.shop.id), Home::Merchant(self.shop.id));
                let there = store::pictures::in_home(conn, home)?;
                let pictures: Vec<_> =
                    proposal.pictures.into_iter().filter(|id| there.contains(id)).collect();
                uploads::rehang(conn, nobody, home, &pictures, self.now)?;
                self.write(conn, &self.decision(state, state, None))
            }
            (Step::Reject(reason), Applied) => {
                self.write(conn, &self.decision(Applied, Rejected, Some(reason)))
            }
            (Step::Reject(reason), Approved | Suspended) if proposal.is_some() => {
                let (id, version) = (self.shop.id, self.shop.version);
                store::merchants::propose(conn, id, version, state, None)?;
                let shown: Vec<_> =
                    store::pictures::of_merchants(conn, &[id])?.into_iter().map(|(_, id)| id).collect();
                uploads::keep_only(conn, Home::Merchant(id), &shown, self.now)?;
                self.write(conn, &self.decision(state, state, Some(reason)))
            }
            (Step::Suspend(reason), Approved) => {
                self.write(conn, &self.decision(Approved, Suspended, Some(reason)))
            }
            (Step::Resume, Suspended) => self.write(conn, &self.decision(Suspended, Approved, None)),
            _ => Err(Code::ShopStateConflict.into()),
        }
    }

    fn decision<'d>(&self, from: MerchantState, to: MerchantState, reason: Option<&'d str>) -> Decision<'d> {
        Decision { from, to, version: None, reason, account: None, by: self.who.id }
    }

    fn write(&self, conn: &mut Db, decision: &Decision<'_>) -> Result<()> {
        if store::merchants::decide(conn, self.shop.id, decision, self.now)? {
            return Ok(());
        }
        // Either somebody else decided, or the shop says something else than what was read.
        let stands = store::merchants::require(conn, self.shop.id)?.state()? == decision.from;
        Err(if stands { Code::PreconditionFailed } else { Code::ShopStateConflict }.into())
    }
}
