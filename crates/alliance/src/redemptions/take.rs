//! A code is taken for an offer: the points are held.

use domain::access::ClerkActor;
use domain::ids::{AccountId, MerchantId, OfferId, RedemptionId, TransferId};
use domain::ledger::{Group, Kind, Mode, Movement, Reason, Standing};
use domain::redemption::{self, HOLD_S, Step};
use domain::time::Zone;
use domain::{Code, Day, Ts};
use foundation::codes::Secret;
use foundation::{App, Error, Once, RequestContext, Result};
use serde::{Deserialize, Serialize};
use store::Db;
use store::ledger::posting::{self, Posted};
use store::redemption_codes::{self as codes, Purpose, Taken};
use store::redemptions::{self as rows, Limits, NewRedemption, Terms};

use super::guesses::Guess;
use super::{Stepped, at_once, is_to_be_had, limits, moved, notes, stepped};

/// A sale at a till.
#[derive(Debug, Clone)]
pub struct Sale {
    /// What was scanned or typed.
    pub code: String,
    /// For which offer.
    pub offer: OfferId,
    /// The shop's own number of the sale.
    pub order_no: String,
}

/// What is kept of it for a repetition of the request.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) redemption: RedemptionId,
    pub(super) before: bool,
}

/// Everything that the transaction needs.
#[derive(Debug, Clone)]
pub(super) struct Till {
    pub(super) clerk: ClerkActor,
    pub(super) shop: MerchantId,
    pub(super) offer: OfferId,
    pub(super) order_no: String,
    pub(super) hash: Vec<u8>,
    pub(super) redemption: RedemptionId,
    pub(super) hold: TransferId,
    pub(super) zone: Zone,
    pub(super) now: Ts,
    pub(super) today: Day,
}

/// Takes a code for an offer. The same sale sent again is answered by what it is now; another sale of the same order number is refused.
pub async fn take(app: &App, clerk: &ClerkActor, sale: Sale, ctx: RequestContext) -> Result<Once<Stepped>> {
    let shop = clerk.require_open_shop()?.merchant;
    let order_no = redemption::order_no(&sale.order_no)?;
    let secret = Secret::parse(&sale.code).ok_or(Error::from(Code::CodeUnknown))?;
    let till = Till {
        clerk: *clerk,
        shop,
        offer: sale.offer,
        order_no,
        hash: secret.hash(app.code_key()?, Some(shop))?,
        redemption: RedemptionId::new(),
        hold: TransferId::new(),
        zone: app.store.zone().clone(),
        now: app.now(),
        today: app.store.today(),
    };
    let guess = match secret.is_typed().then(|| Guess::count(app, shop)) {
        None => None,
        Some(counted) => match counted.await {
            Ok(guess) => Some(guess),
            // What was sold already is no guess.
            Err(refused) => return again(app, till).await.map_err(|_| refused),
        },
    };
    let outcome = run(app, till, ctx).await;
    if let Some(guess) = guess
        && !matches!(&outcome, Err(Error::Refused(refusal)) if refusal.code == Code::CodeUnknown)
    {
        guess.give_back(app).await;
    }
    if let Ok(once) = &outcome {
        moved(app, &once.outcome).await;
    }
    outcome
}

async fn run(app: &App, till: Till, ctx: RequestContext) -> Result<Once<Stepped>> {
    if let Some(done) = at_once::hold(app, &till, &ctx).await? {
        return Ok(done);
    }
    app.store
        .write_unseen(move |conn| {
            let now = till.now;
            let kept = store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| till.take(conn))?;
            let Kept { redemption, before } = kept.outcome;
            let step = if before { Step::Before } else { Step::Now };
            let outcome = stepped(conn, redemption, step, now)?;
            Ok(Once { replayed: kept.replayed || before, outcome })
        })
        .await
}

/// The redemption of a sale that was sent before.
async fn again(app: &App, till: Till) -> Result<Once<Stepped>> {
    app.store
        .read(move |conn| {
            let kept = till.sold_before(conn)?;
            let outcome = stepped(conn, kept.redemption, Step::Before, till.now)?;
            Ok(Once { outcome, replayed: true })
        })
        .await
}

impl Till {
    fn take(&self, conn: &mut Db) -> Result<Kept> {
        let Some(code) = codes::take(conn, &self.hash, self.now)? else { return self.sold_before(conn) };
        self.refuse_own(&code)?;
        let terms = rows::terms(conn, self.offer)?.ok_or(Error::from(Code::OfferNotFound))?;
        let account = self.judge(&terms, &code)?;
        self.hold(conn, &terms, &code, account)?;
        Ok(Kept { redemption: self.redemption, before: false })
    }

    /// The code is not to be had: either this very sale took it, or nobody is told why.
    fn sold_before(&self, conn: &mut Db) -> Result<Kept> {
        match rows::of_order(conn, self.shop, &self.order_no)? {
            Some(told) if told.redemption.is_of_code(&self.hash) && told.redemption.offer == self.offer => {
                Ok(Kept { redemption: told.redemption.id, before: true })
            }
            Some(_) => Err(Code::OrderTaken.into()),
            None => Err(Code::CodeUnknown.into()),
        }
    }

    /// Nobody is a customer of oneself.
    pub(super) fn refuse_own(&self, code: &Taken) -> Result<()> {
        let own = self.clerk.resident == Some(code.payer.resident);
        if own { Err(Code::OwnCode.into()) } else { Ok(()) }
    }

    /// Whether this code may be taken for these terms; the shop's account.
    pub(super) fn judge(&self, terms: &Terms, code: &Taken) -> Result<AccountId> {
        if terms.merchant != self.shop {
            return Err(Code::OfferNotFound.into());
        }
        if terms.shop_state != "approved" {
            return Err(Code::ShopNotApproved.into());
        }
        is_to_be_had(terms, self.now, &self.zone).map_err(|e| match e {
            // The shop's own offer, which it can see.
            Error::Refused(refusal) if refusal.code == Code::OfferNotFound => Code::OfferClosed.into(),
            other => other,
        })?;
        match code.purpose {
            Purpose::Offer(offer, _) if offer != self.offer => return Err(Code::CodeOtherOffer.into()),
            // The customer said yes to a price, and it may be another now.
            Purpose::Offer(_, version) if version != terms.version => return Err(Code::OfferChanged.into()),
            Purpose::Offer(..) | Purpose::Plain | Purpose::Typed(_) => {}
        }
        terms.account.ok_or_else(|| Error::corrupt("an approved shop without an account"))
    }

    fn hold(&self, conn: &mut Db, terms: &Terms, code: &Taken, credit: AccountId) -> Result<()> {
        let (payer, expires_at) = (code.payer, self.now.plus_seconds(HOLD_S));
        // The order of locks: redemptions, counters, holds, balances.
        let expired = rows::expiry::touch(conn, payer.account, self.offer, self.now)?;
        let (limits, takes) = limits::of(terms, self.offer, payer.resident, self.today)?;
        limits::take(conn, &expired, takes)?;
        notes::expired(conn, &expired, self.now)?;
        let movement = Movement {
            id: self.hold,
            kind: Kind::Redeemable,
            debit: payer.account,
            credit,
            amount: terms.points,
            mode: Mode::Pending { expires_at },
            reason: Reason::Redemption,
            // Nothing of it stands on a board.
            standing: Standing::default(),
            reverses: None,
        };
        let business_key = rows::business_key(self.redemption, "hold");
        let group = Group { business_key, movements: vec![movement] };
        if posting::post_apart(conn, &group, self.now)? == Posted::Before {
            return Err(Error::corrupt("a new redemption was held before"));
        }
        let new = self.sale(terms, code, limits);
        // Another sale has this number: the code stays unused.
        if !rows::insert(conn, &new, self.now)? {
            return Err(Code::OrderTaken.into());
        }
        notes::held(conn, &new, self.now)
    }

    /// The redemption that it becomes.
    pub(super) fn sale(&self, terms: &Terms, code: &Taken, limits: Limits) -> NewRedemption {
        let payer = code.payer;
        NewRedemption {
            id: self.redemption,
            merchant: self.shop,
            offer: self.offer,
            clerk: self.clerk.id,
            order_no: self.order_no.clone(),
            code_hash: self.hash.clone(),
            resident: payer.resident,
            household: payer.household,
            account: payer.account,
            hold: self.hold,
            list_price: terms.list_price,
            price: terms.price,
            points: terms.points,
            approval: code.kind().approval(terms.points),
            expires_at: self.now.plus_seconds(HOLD_S),
            day: self.today,
            limits,
        }
    }
}
