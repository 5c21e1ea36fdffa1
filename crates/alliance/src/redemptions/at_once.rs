//! The steps at a till that nothing is in the way of, on PostgreSQL: decided from what is read outside any transaction, and written with
//! those of other requests under the same guards. Whatever else it turns out to be, a refusal or a repetition, is for the long way to find
//! and say.

use domain::ids::{MerchantId, RedemptionId, TransferId};
use domain::redemption::Step;
use foundation::inbox::Kind;
use foundation::tokens::Keys;
use foundation::{App, Error, KeyUse, Once, RequestContext, Result};
use store::redemptions::Told;
use store::redemptions::at_once::{Capture, Captured, Hold, Offered};

use super::take::{Kept, Till};
use super::{Owner, Stepped, after, limits, notes};
use crate::receipts::Receipt;

/// What was read and decided, unless a refusal says that the long way has to.
fn unless_refused<T>(decided: Result<Option<T>>) -> Result<Option<T>> {
    match decided {
        Err(Error::Refused(_)) => Ok(None),
        other => other,
    }
}

/// Takes a code for an offer, or says that this one has to go the long way.
pub(super) async fn hold(app: &App, till: &Till, ctx: &RequestContext) -> Result<Option<Once<Stepped>>> {
    let Some(key) = ctx.key.clone().filter(|_| app.store.gathers()) else { return Ok(None) };
    let read = app.store.offered(till.hash.clone(), till.offer, till.order_no.clone()).await;
    let Some(offered) = unless_refused(read)? else { return Ok(None) };
    let Some((hold, outcome)) = unless_refused(till.held(offered, key).map(Some))? else { return Ok(None) };
    if !app.store.has_room(&hold.takes).await? {
        return Ok(None);
    }
    let written = app.store.hold(hold).await;
    Ok(written.then_some(Once { outcome, replayed: false }))
}

impl Till {
    fn held(&self, offered: Offered, key: KeyUse) -> Result<(Hold, Stepped)> {
        let Offered { code, terms, offer_title, shop_name, customer } = offered;
        self.refuse_own(&code)?;
        let credit = self.judge(&terms, &code)?;
        let (limits, takes) = limits::of(&terms, self.offer, code.payer.resident, self.today)?;
        let new = self.sale(&terms, &code, limits);
        let told = notes::of_held(&new).map(|note| note.written()).transpose()?;
        let kept = Kept { redemption: new.id, before: false };
        let outcome = serde_json::to_string(&kept).map_err(|e| Error::corrupt(format!("an outcome: {e}")))?;
        let redemption = new.clone().stored(self.now);
        let now = self.now;
        let hold = Hold { key, outcome, new, credit, offer_version: terms.version, takes, told, now };
        let told = Told { redemption, offer_title, shop_name, customer, note: None };
        Ok((hold, after(told, Step::Now, now)?))
    }
}

/// Captures a held redemption, or says that this one has to go the long way.
pub(super) async fn capture(
    app: &App,
    shop: MerchantId,
    id: RedemptionId,
    (keys, issuer): (&Keys, &str),
) -> Result<Option<Stepped>> {
    let Some(Captured { told, credit }) = unless_refused(app.store.to_capture(id).await)? else {
        return Ok(None);
    };
    let now = app.now();
    let step = told.redemption.standing()?.confirm(now);
    if Owner::Shop(shop).require(&told.redemption).is_err() || step != Ok(Step::Now) {
        return Ok(None);
    }
    let receipt = Receipt::of_sale(issuer, &told.redemption, now).signed(keys)?;
    let capture = Capture {
        held: told.redemption.clone(),
        credit,
        transfer: TransferId::new(),
        receipt: receipt.clone(),
        told: notes::of_settled(&told.redemption, Kind::RedemptionCaptured).written()?,
        now,
    };
    if !app.store.capture(capture).await {
        return Ok(None);
    }
    let redemption = told.redemption.captured(receipt, now);
    Ok(Some(after(Told { redemption, ..told }, Step::Now, now)?))
}
