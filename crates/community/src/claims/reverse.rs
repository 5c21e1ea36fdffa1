//! Taking back what a claim gave.

use domain::access::{Permission, StaffActor};
use domain::ids::{ClaimId, TransferId};
use domain::ledger::{Group, Kind, Mode, Movement, Reason};
use domain::text::{self, REASON};
use domain::{Code, Id, Points, Ts};
use foundation::{App, Error, Once, RequestContext, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Db;
use store::claims::Claim;
use store::ledger::counters;
use store::ledger::posting::{self, Posted};

use super::{Matter, act, award_key};
use crate::notes;
use crate::people::reach_object;

/// The business key of a claim's reversal.
fn reversal_key(claim: ClaimId) -> String {
    format!("reversal:{}", claim.uuid().simple())
}

/// What became of a reversal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversed {
    /// The claim.
    pub claim: ClaimId,
    /// What of the redeemable points had been spent already and could not be taken back.
    pub uncollected: Points,
}

/// Reverses a posted claim: merit in full, redeemable points as far as they are there; caps are given back.
pub async fn reverse(
    app: &App,
    who: &StaffActor,
    id: ClaimId,
    reason: &str,
    ctx: RequestContext,
) -> Result<Once<Reversed>> {
    let (who, now) = (who.clone(), app.now());
    let reason = text::parse("reason", reason, REASON)?;
    app.store
        .write(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let claim = store::claims::find(conn, id)?.ok_or(Error::from(Code::ClaimNotFound))?;
                let place = reach_object(conn, &who, Permission::Award, claim.unit, Code::ClaimNotFound)?;
                let matter = Matter::of(conn, claim, &place)?;
                matter.recuse(&who)?;
                let claim = &matter.claim;
                let uncollected = take_back(conn, &who, claim, now)?;
                store::claims::set_reason(conn, id, &reason)?;
                notes::reversed(conn, claim, uncollected, now)?;
                let detail = json!({"uncollected": uncollected.to_string()});
                store::audit::record(conn, &act(&who, "claims.reverse", claim, detail, &ctx), now)?;
                Ok(Reversed { claim: id, uncollected })
            })
        })
        .await
}

fn take_back(conn: &mut Db, who: &StaffActor, claim: &Claim, now: Ts) -> Result<Points> {
    if !store::claims::reverse(conn, claim.id, who.id, now)? {
        let reversed = store::claims::find(conn, claim.id)?.is_some_and(|c| c.state == "reversed");
        return Err(if reversed { Code::AlreadyReversed } else { Code::ClaimNotPosted }.into());
    }
    for taken in store::claims::takes(conn, claim.id)? {
        counters::give_back(conn, &taken.scope, taken.subject, taken.period, taken.amount)?;
    }
    let moved = posting::of_key(conn, &award_key(claim.id))?;
    if moved.is_empty() {
        return Ok(Points::ZERO);
    }
    let back = moved.into_iter().map(|transfer| Movement {
        id: TransferId::new(),
        kind: transfer.kind,
        debit: transfer.credit,
        credit: transfer.debit,
        amount: transfer.amount,
        // Merit may go below zero; what was spent of the redeemable is not there any more.
        mode: if transfer.kind == Kind::Merit { Mode::Posted } else { Mode::Balancing },
        reason: Reason::Reversal,
        standing: transfer.standing,
        reverses: Some(transfer.id),
    });
    let group = Group { business_key: reversal_key(claim.id), movements: back.collect() };
    match posting::post(conn, &group, now)? {
        Posted::Now { uncollected } => Ok(uncollected),
        Posted::Before => Err(Code::AlreadyReversed.into()),
    }
}
