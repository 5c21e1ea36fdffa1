//! How a hold ends: the shop confirms or cancels, the customer approves or declines. Whoever comes second is told what the first one did.

use domain::access::ClerkActor;
use domain::ids::{ClerkId, RedemptionId, ResidentId};
use domain::ledger::{self, Group, Mode, Movement, Reason, Standing};
use domain::redemption::{State, Step};
use domain::{Code, Ts};
use foundation::inbox::Kind;
use foundation::tokens::Keys;
use foundation::{App, Error, Result, Service};
use store::Db;
use store::ledger::posting::{self, Posted};
use store::redemptions::{self as rows, Redemption, Told};

use super::{Owner, Stepped, after, at_once, limits, moved, notes};
use crate::receipts::Receipt;

/// The shop confirms: the points are its own, and both sides have a receipt. Asked again, it answers the same receipt.
pub async fn confirm(app: &App, clerk: &ClerkActor, id: RedemptionId) -> Result<Stepped> {
    let shop = clerk.require_open_shop()?.merchant;
    let (keys, issuer) = (app.door(Service::Merchant)?.keys.clone(), app.id.clone());
    if let Some(done) = at_once::capture(app, shop, id, (&keys, &issuer)).await? {
        moved(app, &done).await;
        return Ok(done);
    }
    let now = app.now();
    let done = app
        .store
        .write_unseen(move |conn| {
            let told = Owner::Shop(shop).lock(conn, id)?;
            let step = told.redemption.standing()?.confirm(now)?;
            let told = match step {
                Step::Now => capture(conn, told, (&keys, &issuer), now)?,
                Step::Before => told,
            };
            after(told, step, now)
        })
        .await?;
    moved(app, &done).await;
    Ok(done)
}

fn capture(conn: &mut Db, told: Told, (keys, issuer): (&Keys, &str), now: Ts) -> Result<Told> {
    let held = &told.redemption;
    let receipt = Receipt::of_sale(issuer, held, now).signed(keys)?;
    if !rows::capture(conn, held.id, &receipt, now)? {
        return Err(Code::RedemptionSettled.into());
    }
    post(conn, held, Mode::PostPending(held.hold), "capture", now)?;
    rows::visited(conn, held.merchant, held.resident, held.day())?;
    notes::settled(conn, held, Kind::RedemptionCaptured, now)?;
    Ok(Told { redemption: told.redemption.captured(receipt, now), ..told })
}

/// The shop lets it go. What has ended without a sale is let go already.
pub async fn cancel(app: &App, clerk: &ClerkActor, id: RedemptionId) -> Result<Stepped> {
    let shop = clerk.require_shop()?.merchant;
    release(app, Owner::Shop(shop), id, (State::Cancelled, Some(clerk.id))).await
}

/// The customer says no.
pub async fn decline(app: &App, resident: ResidentId, id: RedemptionId) -> Result<Stepped> {
    app.require_merchants()?;
    release(app, Owner::Customer(resident), id, (State::Declined, None)).await
}

async fn release(
    app: &App,
    owner: Owner,
    id: RedemptionId,
    (state, by): (State, Option<ClerkId>),
) -> Result<Stepped> {
    let now = app.now();
    let done = app
        .store
        .write_unseen(move |conn| {
            let mut told = owner.lock(conn, id)?;
            let step = told.redemption.standing()?.let_go(now)?;
            if step == Step::Now {
                if !rows::let_go(conn, id, state, by, now)? {
                    return Err(Code::RedemptionSettled.into());
                }
                let held = &told.redemption;
                limits::give_back_of(conn, held)?;
                post(conn, held, Mode::VoidPending(held.hold), "release", now)?;
                told.redemption = told.redemption.ended(state, now);
            }
            after(told, step, now)
        })
        .await?;
    moved(app, &done).await;
    Ok(done)
}

/// The customer says yes.
pub async fn approve(app: &App, resident: ResidentId, id: RedemptionId) -> Result<Stepped> {
    app.require_merchants()?;
    let now = app.now();
    app.store
        .write_unseen(move |conn| {
            let mut told = Owner::Customer(resident).lock(conn, id)?;
            let step = told.redemption.standing()?.approve(now)?;
            if step == Step::Now {
                if !rows::approve(conn, id, now)? {
                    return Err(Code::RedemptionSettled.into());
                }
                told.redemption = told.redemption.approved();
            }
            after(told, step, now)
        })
        .await
}

/// Posts or voids the hold, once.
fn post(conn: &mut Db, held: &Redemption, mode: Mode, key: &str, now: Ts) -> Result<()> {
    let movement = Movement {
        id: domain::ids::TransferId::new(),
        kind: ledger::Kind::Redeemable,
        debit: held.account,
        credit: rows::held_for(conn, held.hold)?,
        amount: held.points(),
        mode,
        reason: Reason::Redemption,
        standing: Standing::default(),
        reverses: None,
    };
    let group = Group { business_key: rows::business_key(held.id, key), movements: vec![movement] };
    match posting::post_apart(conn, &group, now)? {
        Posted::Now { .. } => Ok(()),
        Posted::Before => Err(Error::corrupt("a hold was settled, and its redemption was not")),
    }
}
