//! Codes that residents show. A code holds nothing: it says who stands there, from which account they pay, and, made for an offer, that
//! its price is agreed.

use domain::ids::{MerchantId, OfferId, ResidentId};
use domain::ledger::{Holder, Kind};
use domain::policy::AccountHolder;
use domain::redemption::CODE_S;
use domain::{Code, Points, Ts};
use foundation::codes::Secret;
use foundation::{AnyId, App, Error, Result};
use store::Db;
use store::ledger::accounts;
use store::redemption_codes::{self as rows, Payer, Purpose};
use store::redemptions as held;

use crate::redemptions::is_to_be_had;

/// What a resident wants a code for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// To say who stands there.
    Plain,
    /// To say yes to an offer.
    Offer(OfferId),
    /// To be typed at a shop, when its camera fails.
    Typed(MerchantId),
}

/// A code that was made just now. The secret is told this once.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The code.
    pub secret: Secret,
    /// Until when it is good.
    pub expires_at: Ts,
    /// Above this many points the own tap is needed beside a plain code.
    pub tap_above: Points,
}

/// Makes a code; one that was not used yet ends. A retry makes another.
pub async fn issue(app: &App, resident: ResidentId, wanted: Wanted) -> Result<Issued> {
    app.require_merchants()?;
    let now = app.now();
    let (expires_at, zone) = (now.plus_seconds(CODE_S), app.store.zone().clone());
    let secret = if let Wanted::Typed(_) = wanted { Secret::typed()? } else { Secret::shown()? };
    let merchant = if let Wanted::Typed(merchant) = wanted { Some(merchant) } else { None };
    let hash = secret.hash(app.code_key()?, merchant)?;
    let tap_above = app
        .store
        .write_quietly(move |conn| {
            let purpose = match wanted {
                Wanted::Plain => Purpose::Plain,
                Wanted::Offer(offer) => {
                    let terms = held::terms(conn, offer)?.ok_or(Error::from(Code::OfferNotFound))?;
                    is_to_be_had(&terms, now, &zone)?;
                    Purpose::Offer(offer, terms.version)
                }
                Wanted::Typed(merchant) => {
                    held::require_open_shop(conn, merchant)?;
                    Purpose::Typed(merchant)
                }
            };
            let payer = payer(conn, resident, now)?;
            rows::issue(conn, &hash, &payer, purpose, expires_at, now)?;
            Ok(payer.tap_above)
        })
        .await?;
    Ok(Issued { secret, expires_at, tap_above })
}

/// From which account a resident pays, as of now.
fn payer(conn: &mut Db, resident: ResidentId, now: Ts) -> Result<Payer> {
    let found = store::residents::require(conn, resident)?;
    if !found.is_active() {
        return Err(Code::ResidentsOnly.into());
    }
    let policy = store::units::policy(conn, found.unit)?;
    let (holder, owner) = match (policy.account_holder, found.household) {
        (AccountHolder::Household, Some(household)) => (Holder::Household, AnyId::of(household)),
        _ => (Holder::Resident, AnyId::of(resident)),
    };
    let new = domain::ids::AccountId::new();
    let account = accounts::open(conn, Kind::Redeemable, holder, owner, new, now)?;
    Ok(Payer { resident, household: found.household, account, tap_above: policy.tap_above })
}
