//! Offers: what a shop gives for less money and some points. An offer shows when the desk has published it, its shop has it open, and the
//! shop takes part; a change sends it back to the desk.

use std::collections::HashMap;

use domain::access::{ClerkActor, Permission, StaffActor, Workplace};
use domain::content::Finding;
use domain::hours::Hours;
use domain::ids::{MerchantId, OfferId, PictureId, UnitId};
use domain::paging::{Page, Slice};
use domain::points::TRANSFER_MAX;
use domain::shops::{Category, LIMIT_SPANS, Limit, OfferState};
use domain::time::Zone;
use domain::{Code, FieldFault, Money, Points, Ts, money, text};
use foundation::content::{self, Author, Kind as Text, Scene};
use foundation::desk::{Deed, record, roots};
use foundation::inbox::{self, Kind, Note};
use foundation::pictures::uploads::{self, Home};
use foundation::{AnyId, App, Once, RequestContext, Result};
use serde_json::json;
use store::Db;
pub use store::offers::Offer;
use store::offers::{Filter, Listed, Terms};

use crate::desk_notes;
use crate::merchant_desk::within;

/// How often one resident may use an offer in a span, at most.
const LIMIT_MAX: i32 = 1_000;
/// How often an offer may be had in a day, at most.
const PER_DAY_MAX: i32 = 100_000;

/// What an offer is to say.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// What it costs otherwise.
    pub list_price: Money,
    /// What it costs with points.
    pub price: Money,
    /// The points.
    pub points: Points,
    /// When it is to be had.
    pub hours: Hours,
    /// How often one resident may use it.
    pub limit: Option<Limit>,
    /// How often it is to be had in a day.
    pub per_day: Option<i32>,
    /// Its pictures.
    pub pictures: Vec<PictureId>,
}

impl Wanted {
    fn terms(&self) -> Result<Terms, FieldFault> {
        let fault = |field: &str, zh: &str, en: &str| Err(FieldFault::new(field, "out_of_range", zh, en));
        if self.list_price <= Money::ZERO || self.list_price > money::PRICE_MAX {
            return fault(
                "listPrice",
                "大于 0，最多 1000000.00 元",
                "more than 0 and at most 1000000.00 yuan",
            );
        }
        if self.price < Money::ZERO || self.price >= self.list_price {
            return fault("price", "不小于 0 且低于原价", "not less than 0, and less than `listPrice`");
        }
        if !self.points.is_positive() || self.points > TRANSFER_MAX {
            return fault("points", "大于 0 的积分", "more than 0 points");
        }
        if let Some(Limit { count, span }) = self.limit
            && (!(1..=LIMIT_MAX).contains(&count) || !LIMIT_SPANS.contains(&span))
        {
            return fault("perResident", "每个周期 1 至 1000 次", "1 to 1000 times in each span");
        }
        if self.per_day.is_some_and(|n| !(1..=PER_DAY_MAX).contains(&n)) {
            return fault("perDay", "每天 1 至 100000 次", "1 to 100000 times a day");
        }
        self.hours.check()?;
        Ok(Terms {
            title: text::parse("title", &self.title, text::TITLE)?,
            text: text::parse("text", &self.text, text::SHOP_TEXT)?,
            list_price: self.list_price,
            price: self.price,
            points: self.points,
            hours: self.hours.clone(),
            limit: self.limit,
            per_day: self.per_day,
        })
    }
}

/// An offer with its shop's name and its pictures.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The offer.
    pub offer: Offer,
    /// What its shop is called.
    pub merchant_name: String,
    /// Its pictures.
    pub pictures: Vec<PictureId>,
    /// Whether this is an hour at which it is to be had.
    pub open_now: bool,
    /// What the check of its text said, for its shop and the desk; none if it passed.
    pub check: Option<Finding>,
}

pub(crate) fn dress(conn: &mut Db, listed: Vec<Listed>, now: Ts, zone: &Zone) -> Result<Vec<Shown>> {
    let ids: Vec<OfferId> = listed.iter().map(|(offer, ..)| offer.id).collect();
    let mut pictures: HashMap<OfferId, Vec<PictureId>> = HashMap::new();
    for (offer, picture) in store::pictures::of_offers(conn, &ids)? {
        pictures.entry(offer).or_default().push(picture);
    }
    let shown = listed.into_iter().map(|(offer, merchant_name, _)| {
        let open_now = offer.is_out() && offer.hours()?.is_open_at(now, zone);
        let pictures = pictures.remove(&offer.id).unwrap_or_default();
        Ok(Shown { pictures, merchant_name, open_now, check: None, offer })
    });
    shown.collect()
}

/// Adds what the checks said, which only the shop and the desk see.
fn noted(conn: &mut Db, mut shown: Vec<Shown>) -> Result<Vec<Shown>> {
    let ids: Vec<AnyId> = shown.iter().map(|shown| AnyId::of(shown.offer.id)).collect();
    let notes = store::content::notes(conn, Text::Offer, &ids)?;
    for one in &mut shown {
        one.check = notes.get(&AnyId::of(one.offer.id)).copied();
    }
    Ok(shown)
}

async fn page_of(
    app: &App,
    page: Page<OfferId>,
    filter: impl FnOnce(&mut Db) -> Result<Filter> + Send + 'static,
) -> Result<Slice<Shown, OfferId>> {
    let now = app.now();
    let zone = app.store.zone().clone();
    app.store
        .read(move |conn| {
            let filter = filter(conn)?;
            let public = filter.public_on.is_some();
            let found = store::offers::list(conn, &filter, page.after, page.limit + 1)?;
            let slice = Slice::cut(found, page.limit, |(offer, ..)| offer.id);
            let items = dress(conn, slice.items, now, &zone)?;
            // What everybody is shown has been decided on.
            let items = if public { items } else { noted(conn, items)? };
            Ok(Slice { items, next: slice.next })
        })
        .await
}

/// Which offers everybody asks for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Search {
    /// Of shops in the subtree of this unit.
    pub unit: Option<UnitId>,
    /// Of shops of this trade.
    pub category: Option<Category>,
    /// Of this shop.
    pub merchant: Option<MerchantId>,
}

/// The offers that show, the newest first.
pub async fn list(app: &App, search: Search, page: Page<OfferId>) -> Result<Slice<Shown, OfferId>> {
    app.require_merchants()?;
    let today = app.store.today();
    page_of(app, page, move |conn| {
        let root = search.unit.map(|unit| store::units::require(conn, unit)).transpose()?;
        Ok(Filter {
            roots: root.map(|unit| vec![unit.id]),
            category: search.category.map(Category::word),
            merchant: search.merchant,
            state: None,
            public_on: Some(today),
        })
    })
    .await
}

/// One offer that shows.
pub async fn detail(app: &App, id: OfferId) -> Result<Shown> {
    app.require_merchants()?;
    let (now, zone) = (app.now(), app.store.zone().clone());
    app.store
        .read(move |conn| {
            let offer = store::offers::require(conn, id)?;
            let shop = store::merchants::require(conn, offer.merchant)?;
            if !offer.is_out() || !shop.takes_part() {
                return Err(Code::OfferNotFound.into());
            }
            let listed = vec![(offer, shop.name, shop.unit)];
            dress(conn, listed, now, &zone)?.pop().ok_or_else(|| Code::OfferNotFound.into())
        })
        .await
}

/// The offers of the own shop, the newest first.
pub async fn own_list(app: &App, who: ClerkActor, page: Page<OfferId>) -> Result<Slice<Shown, OfferId>> {
    let at = who.require_shop()?;
    page_of(app, page, move |_| Ok(Filter { merchant: Some(at.merchant), ..Filter::default() })).await
}

/// An offer of the own shop.
pub async fn own(app: &App, who: ClerkActor, id: OfferId) -> Result<Shown> {
    let at = who.require_shop()?;
    let (now, zone) = (app.now(), app.store.zone().clone());
    app.store
        .read(move |conn| {
            let offer = store::offers::require_of(conn, id, at.merchant)?;
            let shop = store::merchants::require(conn, at.merchant)?;
            let listed = vec![(offer, shop.name, shop.unit)];
            let shown = dress(conn, listed, now, &zone)?;
            noted(conn, shown)?.pop().ok_or_else(|| Code::OfferNotFound.into())
        })
        .await
}

/// The shop that this clerk runs, if it takes part.
fn running(who: ClerkActor) -> Result<Workplace, Code> {
    who.require_owner()?;
    who.require_open_shop()
}

/// Everything that others will read of an offer.
fn said(terms: &Terms) -> String {
    format!("{}\n{}", terms.title, terms.text)
}

fn as_text(author: Author, said: &str) -> content::Text<'_> {
    content::Text { author, scene: Scene::Social, fields: &["title", "text"], text: said }
}

/// Makes an offer of the own shop, which waits for the desk.
pub async fn create(
    app: &App,
    who: ClerkActor,
    wanted: Wanted,
    ctx: RequestContext,
) -> Result<Once<OfferId>> {
    let at = running(who)?;
    let (now, id, terms) = (app.now(), OfferId::new(), wanted.terms()?);
    let (author, said) = (Author::Clerk(who.id), said(&terms));
    let finding = content::check_once(app, &ctx, as_text(author, &said)).await?;
    content::pictures::admit(app, &wanted.pictures).await?;
    app.store
        .write(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                store::offers::insert(conn, id, at.merchant, &terms, now)?;
                content::note(conn, Text::Offer, AnyId::of(id), author, finding, now)?;
                uploads::hang(conn, AnyId::of(who.id), Home::Offer(id), &wanted.pictures, true)?;
                desk_notes::queue(conn, at.merchant, Some(id), now)?;
                Ok(id)
            })
        })
        .await
}

/// Changes an offer of the own shop, of this version; it waits for the desk then.
pub async fn change(app: &App, who: ClerkActor, id: OfferId, version: i64, wanted: Wanted) -> Result<()> {
    let at = running(who)?;
    let (now, terms) = (app.now(), wanted.terms()?);
    let (author, said) = (Author::Clerk(who.id), said(&terms));
    let finding = content::check(app, as_text(author, &said)).await?;
    content::pictures::admit(app, &wanted.pictures).await?;
    app.store
        .write(move |conn| {
            store::offers::require_of(conn, id, at.merchant)?;
            store::offers::change(conn, id, at.merchant, version, &terms)?;
            content::note(conn, Text::Offer, AnyId::of(id), author, finding, now)?;
            uploads::rehang(conn, AnyId::of(who.id), Home::Offer(id), &wanted.pictures, now)?;
            desk_notes::queue(conn, at.merchant, Some(id), now)
        })
        .await
}

/// Opens or closes an offer of the own shop; again, it changes nothing.
pub async fn set_open(app: &App, who: ClerkActor, id: OfferId, open: bool) -> Result<()> {
    let at = who.require_owner()?;
    app.store
        .write(move |conn| {
            store::offers::require_of(conn, id, at.merchant)?;
            store::offers::set_open(conn, id, at.merchant, open)
        })
        .await
}

/// The offers of shops within reach, in this state, the newest first.
pub async fn desk_list(
    app: &App,
    who: &StaffActor,
    unit: Option<UnitId>,
    state: Option<OfferState>,
    page: Page<OfferId>,
) -> Result<Slice<Shown, OfferId>> {
    app.require_merchants()?;
    let who = who.clone();
    page_of(app, page, move |conn| {
        let roots = roots(conn, &who, Permission::ReadDesk, unit)?;
        Ok(Filter { roots: Some(roots), state, ..Filter::default() })
    })
    .await
}

/// What the desk says to an offer.
#[derive(Debug, Clone)]
pub enum Decision {
    /// It may show.
    Publish,
    /// It may not, for this reason.
    Reject(String),
}

/// Decides on an offer of this version.
pub async fn decide(
    app: &App,
    who: &StaffActor,
    id: OfferId,
    version: i64,
    decision: Decision,
    ctx: RequestContext,
) -> Result<Once<OfferId>> {
    app.require_merchants()?;
    let (who, now) = (who.clone(), app.now());
    let (to, reason, action) = match decision {
        Decision::Publish => (OfferState::Published, None, "offer.publish"),
        Decision::Reject(reason) => {
            (OfferState::Rejected, Some(text::parse("reason", &reason, text::REASON)?), "offer.reject")
        }
    };
    app.store
        .write(move |conn| {
            let offer = store::offers::require(conn, id)?;
            let shop = within(conn, &who, offer.merchant).map_err(of_offer)?;
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                if to == OfferState::Published {
                    let pictures = store::pictures::in_home(conn, Home::Offer(id))?;
                    content::pictures::may_show(conn, &pictures)?;
                }
                if !store::offers::decide(conn, id, version, to, reason.as_deref(), who.id, now)? {
                    let waits = offer.state()? == OfferState::Pending;
                    return Err(if waits { Code::PreconditionFailed } else { Code::OfferDecided }.into());
                }
                let deed = Deed {
                    who: Some(&who),
                    action,
                    object: id.to_string(),
                    unit: shop.unit,
                    detail: json!({"merchantId": shop.id, "version": version}),
                };
                record(conn, deed, &ctx.request_id, now)?;
                let kind =
                    if to == OfferState::Published { Kind::OfferPublished } else { Kind::OfferRejected };
                let owners = inbox::shop_owners(conn, shop.id)?;
                inbox::tell(conn, &Note::to_each(owners, kind, id), now)?;
                Ok(id)
            })
        })
        .await
}

/// Out of reach there is no such offer, rather than no such shop.
fn of_offer(error: foundation::Error) -> foundation::Error {
    if error.refusal().code == Code::ShopNotFound { Code::OfferNotFound.into() } else { error }
}

/// An offer within reach, as the desk sees it.
pub async fn desk_read(app: &App, who: &StaffActor, id: OfferId) -> Result<Shown> {
    let who = who.clone();
    let (now, zone) = (app.now(), app.store.zone().clone());
    app.store
        .read(move |conn| {
            let offer = store::offers::require(conn, id)?;
            let shop = store::merchants::require(conn, offer.merchant)?;
            who.require(Permission::ReadDesk, &store::units::path(conn, shop.unit)?)?;
            let listed = vec![(offer, shop.name, shop.unit)];
            let shown = dress(conn, listed, now, &zone)?;
            noted(conn, shown)?.pop().ok_or_else(|| Code::OfferNotFound.into())
        })
        .await
}
