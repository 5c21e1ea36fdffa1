//! Shops: applying, the page of a shop, and what everybody sees of it. What the desk decides stands in [`crate::merchant_desk`].
//!
//! Nobody sees what the desk has not agreed to. While a shop applies, its page is simply written; once it was approved, a change is a
//! proposal, the shop goes on as it was, and pictures that are proposed belong to it without being shown.

use std::collections::HashMap;

use domain::access::{ClerkActor, MerchantState, ShopRole};
use domain::content::Finding;
use domain::ids::{MerchantId, OfferId, PictureId, UnitId};
use domain::paging::{Page, Slice};
use domain::shops::Category;
use domain::{Code, FieldFault, Points, text};
use foundation::content::{self, Author, Kind as Text, Scene};
use foundation::desk::optional;
use foundation::pictures::uploads::{self, Home};
use foundation::{AnyId, App, Error, Once, RequestContext, Result};
use serde::{Deserialize, Serialize};
use store::Db;
pub use store::merchants::Merchant;
use store::merchants::{Filter, Page as Front};

use crate::desk_notes;
use crate::offers::{self, Shown as Offer};

/// How many offers a shop's page shows.
const OFFERS_SHOWN: u32 = 50;

/// What a shop wants its page to say.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its trade.
    pub category: Category,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Its public number.
    pub phone: Option<String>,
    /// What it says of itself.
    pub text: String,
    /// Its pictures.
    pub pictures: Vec<PictureId>,
}

impl Wanted {
    fn front(&self) -> Result<Front, FieldFault> {
        let phone = optional("phone", self.phone.as_deref(), text::PHONE)?;
        let dialled = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')');
        if phone.as_deref().is_some_and(|phone| !phone.chars().all(dialled)) {
            let (zh, en) = ("只能包含数字、空格和 + - ( )", "digits, blanks and + - ( ) only");
            return Err(FieldFault::new("phone", "wrong_form", zh, en));
        }
        Ok(Front {
            category: self.category.word(),
            name: text::parse("name", &self.name, text::SHOP_NAME)?,
            address: text::parse("address", &self.address, text::ADDRESS)?,
            phone,
            text: text::parse("text", &self.text, text::SHOP_TEXT)?,
        })
    }
}

/// A page that waits for the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// The category's word.
    pub category: String,
    /// The name.
    pub name: String,
    /// The address.
    pub address: String,
    /// The public number.
    pub phone: Option<String>,
    /// What it says of itself.
    pub text: String,
    /// Its pictures.
    pub pictures: Vec<PictureId>,
}

impl Proposal {
    pub(crate) fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|e| Error::corrupt(format!("a proposal: {e}")))
    }
    fn of(front: &Front, pictures: &[PictureId]) -> Self {
        let Front { category, name, address, phone, text } = front.clone();
        Self { category: category.to_owned(), name, address, phone, text, pictures: pictures.to_vec() }
    }
    /// As a page of a shop.
    pub fn front(&self) -> Result<Front> {
        let category = Category::from_word(&self.category).ok_or_else(|| Error::corrupt("no category"))?;
        let Self { name, address, phone, text, .. } = self.clone();
        Ok(Front { category: category.word(), name, address, phone, text })
    }
}

/// A shop with its pictures, and for its own people and the desk, what is proposed and who applied.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The shop.
    pub merchant: Merchant,
    /// Its pictures.
    pub pictures: Vec<PictureId>,
    /// What waits for the desk.
    pub proposal: Option<Proposal>,
    /// What the applicant is called.
    pub applicant: Option<String>,
    /// What the check of its text said; none if it passed.
    pub check: Option<Finding>,
}

/// Shops with their pictures; with `inside`, also with what only the desk and their own people see.
pub(crate) fn dress(conn: &mut Db, shops: Vec<Merchant>, inside: bool) -> Result<Vec<Shown>> {
    let ids: Vec<MerchantId> = shops.iter().map(|shop| shop.id).collect();
    let mut pictures: HashMap<MerchantId, Vec<PictureId>> = HashMap::new();
    for (shop, picture) in store::pictures::of_merchants(conn, &ids)? {
        pictures.entry(shop).or_default().push(picture);
    }
    let applicants = match inside {
        true => store::clerks::names(conn, &shops.iter().map(|s| s.applied_by).collect::<Vec<_>>())?,
        false => HashMap::new(),
    };
    let notes = match inside {
        true => {
            let ids: Vec<AnyId> = ids.iter().map(|id| AnyId::of(*id)).collect();
            store::content::notes(conn, Text::Merchant, &ids)?
        }
        false => HashMap::new(),
    };
    let shown = shops.into_iter().map(|merchant| {
        let proposal = merchant.proposal.as_deref().filter(|_| inside);
        Ok(Shown {
            proposal: proposal.map(Proposal::read).transpose()?,
            pictures: pictures.remove(&merchant.id).unwrap_or_default(),
            check: notes.get(&AnyId::of(merchant.id)).copied(),
            applicant: applicants.get(&merchant.applied_by).cloned().filter(|name| !name.is_empty()),
            merchant,
        })
    });
    shown.collect()
}

/// Applies for the admission of a shop; a rejected one applies again. Whoever applies is its owner.
pub async fn apply(
    app: &App,
    who: ClerkActor,
    unit: UnitId,
    wanted: Wanted,
    applicant: Option<String>,
    ctx: RequestContext,
) -> Result<Once<MerchantId>> {
    let (now, new) = (app.now(), MerchantId::new());
    let front = wanted.front()?;
    let (author, said) = (Author::Clerk(who.id), said(&front));
    let finding = content::check_once(app, &ctx, as_text(author, &said)).await?;
    content::pictures::admit(app, &wanted.pictures).await?;
    let applicant = optional("applicantName", applicant.as_deref(), text::PERSON_NAME)?;
    app.store
        .write(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                store::units::require(conn, unit)?;
                let id = match who.workplace {
                    None => {
                        store::merchants::insert(conn, new, unit, &front, who.id, now)?;
                        store::merchant_staff::add(conn, new, who.id, ShopRole::Owner, now)?;
                        new
                    }
                    Some(at) if at.role == ShopRole::Owner && at.state == MerchantState::Rejected => {
                        if !store::merchants::apply_again(conn, at.merchant, unit, &front, who.id)? {
                            return Err(Code::ShopStateConflict.into());
                        }
                        at.merchant
                    }
                    Some(_) => return Err(Code::ShopExists.into()),
                };
                content::note(conn, Text::Merchant, AnyId::of(id), author, finding, now)?;
                if let Some(name) = &applicant {
                    store::clerks::set_name(conn, who.id, name)?;
                }
                uploads::rehang(conn, AnyId::of(who.id), Home::Merchant(id), &wanted.pictures, now)?;
                desk_notes::queue(conn, id, None, now)?;
                Ok(id)
            })
        })
        .await
}

/// A shop that this clerk applied for just now.
pub async fn of_applicant(app: &App, who: ClerkActor, id: MerchantId) -> Result<Shown> {
    let shown = app.store.read(move |conn| one(conn, id, true)).await?;
    if shown.merchant.applied_by == who.id { Ok(shown) } else { Err(Code::ShopNotFound.into()) }
}

/// The shop of whoever works there.
pub async fn own(app: &App, who: ClerkActor) -> Result<Shown> {
    let at = who.require_shop()?;
    app.store.read(move |conn| one(conn, at.merchant, true)).await
}

pub(crate) fn one(conn: &mut Db, id: MerchantId, inside: bool) -> Result<Shown> {
    let shop = store::merchants::require(conn, id)?;
    dress(conn, vec![shop], inside)?.pop().ok_or_else(|| Code::ShopNotFound.into())
}

/// Changes the page of the own shop of this version: at once while it applies, and as a proposal once it was approved. The page as it
/// stands takes a proposal back.
pub async fn change(app: &App, who: ClerkActor, version: i64, wanted: Wanted) -> Result<()> {
    let at = who.require_owner()?;
    let (now, front) = (app.now(), wanted.front()?);
    let (author, said) = (Author::Clerk(who.id), said(&front));
    let finding = content::check(app, as_text(author, &said)).await?;
    content::pictures::admit(app, &wanted.pictures).await?;
    app.store
        .write(move |conn| {
            let Shown { merchant, pictures: shown, .. } = one(conn, at.merchant, false)?;
            let (home, owner) = (Home::Merchant(at.merchant), AnyId::of(who.id));
            content::note(conn, Text::Merchant, AnyId::of(merchant.id), author, finding, now)?;
            match merchant.state()? {
                MerchantState::Rejected => Err(Code::ShopStateConflict.into()),
                MerchantState::Applied => {
                    store::merchants::write(conn, merchant.id, version, MerchantState::Applied, &front)?;
                    uploads::rehang(conn, owner, home, &wanted.pictures, now)
                }
                state => {
                    let proposal = Proposal::of(&front, &wanted.pictures);
                    let stands = says(&merchant, &front) && shown == wanted.pictures;
                    let text = match stands {
                        true => None,
                        false => Some(
                            serde_json::to_string(&proposal).map_err(|e| Error::corrupt(e.to_string()))?,
                        ),
                    };
                    store::merchants::propose(conn, merchant.id, version, state, text.as_deref())?;
                    uploads::keep_only(conn, home, &[shown, wanted.pictures.clone()].concat(), now)?;
                    uploads::hang(conn, owner, home, &wanted.pictures, false)?;
                    if stands { Ok(()) } else { desk_notes::queue(conn, merchant.id, None, now) }
                }
            }
        })
        .await
}

/// Everything that others will read of a page.
fn said(front: &Front) -> String {
    format!("{}\n{}\n{}", front.name, front.address, front.text)
}

fn as_text(author: Author, said: &str) -> content::Text<'_> {
    content::Text { author, scene: Scene::Social, fields: &["name", "address", "text"], text: said }
}

/// Whether the page of a shop says this already.
fn says(shop: &Merchant, front: &Front) -> bool {
    shop.category == front.category
        && shop.name == front.name
        && shop.address == front.address
        && shop.phone == front.phone
        && shop.text == front.text
}

/// Which shops everybody asks for.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// In the subtree of this unit.
    pub unit: Option<UnitId>,
    /// Of this trade.
    pub category: Option<Category>,
    /// Whose name, address or text holds this.
    pub text: Option<String>,
}

/// The shops that take part, the newest first.
pub async fn list(app: &App, search: Search, page: Page<MerchantId>) -> Result<Slice<Shown, MerchantId>> {
    app.require_merchants()?;
    let sought = optional("q", search.text.as_deref(), text::SEARCH).map_err(|_| Code::MalformedQuery)?;
    app.store
        .read(move |conn| {
            let root = search.unit.map(|unit| store::units::require(conn, unit)).transpose()?;
            let filter = Filter {
                roots: root.map(|unit| vec![unit.id]),
                state: Some(MerchantState::Approved),
                category: search.category.map(Category::word),
                search: sought.map(|text| domain::shops::searchable(&[&text])),
                proposing: false,
            };
            let found = store::merchants::list(conn, &filter, page.after, page.limit + 1)?;
            let slice = Slice::cut(found, page.limit, |shop| shop.id);
            Ok(Slice { items: dress(conn, slice.items, false)?, next: slice.next })
        })
        .await
}

/// A shop with what it offers, and what its people do for the community.
#[derive(Debug, Clone)]
pub struct Detail {
    /// The shop.
    pub shop: Shown,
    /// Its open offers.
    pub offers: Vec<Offer>,
    /// What its people earned as residents this year, without those who hide from public lists.
    pub merit: Points,
}

/// One shop that takes part.
pub async fn detail(app: &App, id: MerchantId) -> Result<Detail> {
    app.require_merchants()?;
    let (now, today) = (app.now(), app.store.today());
    let zone = app.store.zone().clone();
    app.store
        .read(move |conn| {
            let shop = one(conn, id, false)?;
            if !shop.merchant.takes_part() {
                return Err(Code::ShopNotFound.into());
            }
            let filter = store::offers::Filter {
                merchant: Some(id),
                public_on: Some(today),
                ..store::offers::Filter::default()
            };
            let none: Option<OfferId> = None;
            let found = store::offers::list(conn, &filter, none, OFFERS_SHOWN)?;
            let offers = offers::dress(conn, found, now, &zone)?;
            Ok(Detail { shop, offers, merit: store::merchant_staff::merit(conn, id, today)? })
        })
        .await
}
