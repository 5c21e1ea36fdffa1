//! What was sold is given back: within the window, with a reason, once.

use domain::access::ClerkActor;
use domain::ids::{RedemptionId, TransferId};
use domain::ledger::{Group, Kind, Mode, Movement, Reason, Standing};
use domain::redemption::Step;
use domain::text::{self, REASON};
use domain::{Code, Ts};
use foundation::tokens::Keys;
use foundation::{App, Error, Once, RequestContext, Result, Service};
use store::Db;
use store::ledger::posting::{self, Posted};
use store::redemptions::{self as rows, Redemption, Void};

use super::{Owner, Stepped, limits, moved, notes, stepped};
use crate::receipts::Receipt;

/// The shop gives the points back.
pub async fn void(
    app: &App,
    clerk: &ClerkActor,
    id: RedemptionId,
    reason: &str,
    ctx: RequestContext,
) -> Result<Once<Stepped>> {
    let reason = text::parse("reason", reason, REASON)?;
    let (clerk, shop, now) = (clerk.id, clerk.require_shop()?.merchant, app.now());
    let (keys, issuer) = (app.door(Service::Merchant)?.keys.clone(), app.id.clone());
    let done = app
        .store
        .write(move |conn| {
            let once = store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let sold = Owner::Shop(shop).lock(conn, id)?.redemption;
                let within_h = rows::void_within_h(conn, shop)?;
                let step = sold.standing()?.void(within_h, now)?;
                if step == Step::Now {
                    let receipt = signed(&sold, &keys, &issuer, now)?;
                    take_back(conn, &sold, (clerk, receipt), now)?;
                    rows::note(conn, id, &reason)?;
                    notes::settled(conn, &sold, foundation::inbox::Kind::RedemptionVoided, now)?;
                }
                Ok(step == Step::Before)
            })?;
            let step = if once.replayed || once.outcome { Step::Before } else { Step::Now };
            Ok(Once { outcome: stepped(conn, id, step, now)?, replayed: step == Step::Before })
        })
        .await?;
    moved(app, &done.outcome).await;
    Ok(done)
}

fn signed(sold: &Redemption, keys: &Keys, issuer: &str, now: Ts) -> Result<String> {
    let captured_at = sold.standing()?.settled_at.ok_or_else(|| Error::corrupt("captured at no time"))?;
    Receipt::of_sale(issuer, sold, captured_at).voided(now).signed(keys)
}

fn take_back(
    conn: &mut Db,
    sold: &Redemption,
    (by, receipt): (domain::ids::ClerkId, String),
    now: Ts,
) -> Result<()> {
    limits::give_back_of(conn, sold)?;
    let moved = posting::of_key(conn, &rows::business_key(sold.id, "capture"))?;
    let [paid] = moved.as_slice() else { return Err(Error::corrupt("a sale that moved no points")) };
    // The row says to which version of the balance the points go back before they do: the shop's database role may raise that balance to
    // that version and do nothing else to it.
    let returned_version = rows::lock_balance(conn, sold.account)? + 1;
    if !rows::void(conn, sold.id, &Void { by, returned_version, receipt }, now)? {
        return Err(Code::RedemptionNotCaptured.into());
    }
    let movement = Movement {
        id: TransferId::new(),
        kind: Kind::Redeemable,
        debit: paid.credit,
        credit: paid.debit,
        amount: paid.amount,
        mode: Mode::Posted,
        reason: Reason::Reversal,
        standing: Standing::default(),
        reverses: Some(paid.id),
    };
    let group = Group { business_key: rows::business_key(sold.id, "void"), movements: vec![movement] };
    match posting::post_apart(conn, &group, now)? {
        Posted::Now { .. } => rows::unvisited(conn, sold.merchant, sold.resident),
        Posted::Before => Err(Error::corrupt("points went back, and their redemption was not voided")),
    }
}
