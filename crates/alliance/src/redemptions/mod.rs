//! Redemptions: a code is taken for an offer and points are held; the shop confirms, and they are the shop's. Each step is one transaction,
//! each done once: by the code, by the shop's order number, and by where the redemption stands.

mod at_once;
mod guesses;
mod limits;
mod notes;
mod settle;
mod take;
mod void;

use domain::access::ClerkActor;
use domain::hours::{Hours, Window};
use domain::ids::{MerchantId, RedemptionId, ResidentId};
use domain::paging::{Page, Slice};
use domain::redemption::{Approval, State, Step};
use domain::time::Zone;
use domain::{Code, Ts};
use foundation::{App, Error, Result};
use store::Db;
use store::redemptions::{self as rows, Terms};
pub use store::redemptions::{Filter, Redemption, Told};

pub use guesses::retain;
pub use settle::{approve, cancel, confirm, decline};
pub use take::{Sale, take};
pub use void::void;

/// A redemption as its reader sees it at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The redemption and the names.
    pub told: Told,
    /// Where it stands.
    pub state: State,
    /// What the customer has said.
    pub approval: Approval,
    /// Until when the points are held.
    pub expires_at: Ts,
    /// When it was captured or ended otherwise.
    pub settled_at: Option<Ts>,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stepped {
    /// The redemption as it is now.
    pub seen: Seen,
    /// Whether it was done before.
    pub before: bool,
}

fn seen(told: Told, now: Ts) -> Result<Seen> {
    let standing = told.redemption.standing()?;
    let state = standing.state_at(now);
    // Nobody may have written it down yet.
    let expired = (state == State::Expired).then_some(standing.expires_at);
    let settled_at = standing.settled_at.or(expired);
    Ok(Seen { told, state, approval: standing.approval, expires_at: standing.expires_at, settled_at })
}

/// As it stands after a step, from what is known of it.
fn after(told: Told, step: Step, now: Ts) -> Result<Stepped> {
    Ok(Stepped { seen: seen(told, now)?, before: step == Step::Before })
}

/// The customer's points are held, spent or free again: what is kept of the customer is no more.
async fn moved(app: &App, step: &Stepped) {
    let sold = &step.seen.told.redemption;
    app.own.moved(sold.resident, sold.household).await;
}

/// As it stands inside a transaction, after a step.
fn stepped(conn: &mut Db, id: RedemptionId, step: Step, now: Ts) -> Result<Stepped> {
    let told = rows::find(conn, id)?.ok_or(Error::from(Code::RedemptionNotFound))?;
    after(told, step, now)
}

/// Whose redemption it has to be: to everybody else there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Shop(MerchantId),
    Customer(ResidentId),
}

impl Owner {
    fn require(self, redemption: &Redemption) -> Result<()> {
        let own = match self {
            Self::Shop(merchant) => redemption.merchant == merchant,
            Self::Customer(resident) => redemption.resident == resident,
        };
        if own { Ok(()) } else { Err(Code::RedemptionNotFound.into()) }
    }
    /// The owner's redemption, locked.
    fn lock(self, conn: &mut Db, id: RedemptionId) -> Result<Told> {
        let found = rows::lock(conn, id)?.ok_or(Error::from(Code::RedemptionNotFound))?;
        self.require(&found.redemption)?;
        Ok(found)
    }
    async fn read(self, app: &App, id: RedemptionId) -> Result<Seen> {
        let now = app.now();
        app.store
            .read(move |conn| {
                let told = rows::find(conn, id)?.ok_or(Error::from(Code::RedemptionNotFound))?;
                self.require(&told.redemption)?;
                seen(told, now)
            })
            .await
    }
}

/// Refuses an offer that is not to be had at this moment: not shown at all, or closed.
pub(crate) fn is_to_be_had(terms: &Terms, now: Ts, zone: &Zone) -> Result<()> {
    if terms.state != "published" || terms.shop_state != "approved" {
        return Err(Code::OfferNotFound.into());
    }
    let windows: Vec<Window> = match &terms.windows {
        None => Vec::new(),
        Some(text) => serde_json::from_str(text)
            .map_err(|e| Error::corrupt(format!("the hours of an offer do not read: {e}")))?,
    };
    let hours = Hours { from_day: terms.from_day, until_day: terms.until_day, windows };
    if terms.open && hours.is_open_at(now, zone) { Ok(()) } else { Err(Code::OfferClosed.into()) }
}

/// A redemption of the clerk's shop.
pub async fn of_shop(app: &App, clerk: &ClerkActor, id: RedemptionId) -> Result<Seen> {
    Owner::Shop(clerk.require_shop()?.merchant).read(app, id).await
}

/// A redemption of the resident.
pub async fn of_customer(app: &App, resident: ResidentId, id: RedemptionId) -> Result<Seen> {
    app.require_merchants()?;
    Owner::Customer(resident).read(app, id).await
}

/// The redemption of an order number of the clerk's shop: what a till asks when an answer was lost.
pub async fn of_order(app: &App, clerk: &ClerkActor, order_no: String) -> Result<Seen> {
    let (merchant, now) = (clerk.require_shop()?.merchant, app.now());
    app.store
        .read(move |conn| {
            let told = rows::of_order(conn, merchant, &order_no)?;
            seen(told.ok_or(Error::from(Code::RedemptionNotFound))?, now)
        })
        .await
}

/// The redemptions of the clerk's shop, newest first.
pub async fn list_of_shop(
    app: &App,
    clerk: &ClerkActor,
    filter: Filter,
    page: Page<RedemptionId>,
) -> Result<Slice<Seen, RedemptionId>> {
    let (merchant, now) = (clerk.require_shop()?.merchant, app.now());
    app.store
        .read(move |conn| {
            let found = rows::of_merchant(conn, merchant, filter, &page, now)?;
            cut(found, page.limit, now)
        })
        .await
}

/// The redemptions of a resident, newest first.
pub async fn list_of_customer(
    app: &App,
    resident: ResidentId,
    page: Page<RedemptionId>,
) -> Result<Slice<Seen, RedemptionId>> {
    app.require_merchants()?;
    let now = app.now();
    app.store
        .read(move |conn| {
            let found = rows::of_resident(conn, resident, &page)?;
            cut(found, page.limit, now)
        })
        .await
}

fn cut(found: Vec<Told>, limit: u32, now: Ts) -> Result<Slice<Seen, RedemptionId>> {
    let all = found.into_iter().map(|told| seen(told, now)).collect::<Result<Vec<_>>>()?;
    Ok(Slice::cut(all, limit, |seen| seen.told.redemption.id))
}

/// Writes down what has expired, at most `limit` a pass; returns how many. Whatever is touched meanwhile is not waited for.
pub async fn sweep(app: &App, limit: i64) -> Result<usize> {
    let now = app.now();
    app.store
        .write_quietly(move |conn| {
            let expired = rows::expiry::sweep(conn, now, limit)?;
            limits::give_back(conn, &expired)?;
            notes::expired(conn, &expired, now)?;
            Ok(expired.len())
        })
        .await
}
