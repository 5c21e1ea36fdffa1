//! What both services say of shops.

use domain::Ts;
use domain::content::Finding;
use domain::shops::Category;
use foundation::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::findings::FindingView;

macro_rules! category_words {
    ($($name:ident)*) => {
        /// The trade of a shop.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[expect(missing_docs, reason = "the names say it; their names in Chinese and English come with every shop")]
        pub enum CategoryWord { $($name,)* }

        impl From<CategoryWord> for Category {
            fn from(word: CategoryWord) -> Self {
                match word { $(CategoryWord::$name => Self::$name,)* }
            }
        }
        impl From<Category> for CategoryWord {
            fn from(category: Category) -> Self {
                match category { $(Category::$name => Self::$name,)* }
            }
        }
    };
}
category_words! {
    Catering Hairdressing Groceries FreshFood Bakery Clothing Household Repairs Laundry Pharmacy Fitness Education Books Photography
    Farming Travel Other
}

/// A trade with its names.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryView {
    /// The word in addresses and requests.
    pub key: CategoryWord,
    /// Its name in Chinese.
    pub name_zh: String,
    /// Its name in English.
    pub name_en: String,
}

impl CategoryView {
    fn of(word: &str) -> Result<Self> {
        let category = Category::from_word(word).ok_or_else(|| Error::corrupt("a shop of no category"))?;
        let (zh, en) = category.names();
        Ok(Self { key: category.into(), name_zh: zh.to_owned(), name_en: en.to_owned() })
    }
}

/// A shop, as everybody sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "shop_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f",
    "category": {"key": "hairdressing", "nameZh": "理发美容", "nameEn": "Hairdressing"}, "name": "小李理发店", "address": "柳湾路 12 号",
    "phone": "0634-6212345", "text": "老店，开了二十年。", "pictureIds": ["pic_01jbr62tryfk1sh9p01j0gre6f"], "thanks": 12}))]
pub struct ShopView {
    /// Its id.
    pub id: String,
    /// The unit it belongs to.
    pub unit_id: String,
    /// Its trade.
    pub category: CategoryView,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Its public number.
    pub phone: Option<String>,
    /// What it says of itself.
    pub text: String,
    /// Its pictures, in order.
    pub picture_ids: Vec<String>,
    /// How often residents thanked it.
    pub thanks: i64,
}

impl ShopView {
    /// A shop with its pictures.
    pub fn of(shop: &store::merchants::Merchant, pictures: &[domain::ids::PictureId]) -> Result<Self> {
        Ok(Self {
            id: shop.id.to_string(),
            unit_id: shop.unit.to_string(),
            category: CategoryView::of(&shop.category)?,
            name: shop.name.clone(),
            address: shop.address.clone(),
            phone: shop.phone.clone(),
            text: shop.text.clone(),
            picture_ids: pictures.iter().map(ToString::to_string).collect(),
            thanks: shop.thanks,
        })
    }
}

/// What a shop wants its page to say, and the desk has not yet agreed to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShopProposalView {
    /// The trade.
    pub category: CategoryView,
    /// The name.
    pub name: String,
    /// The address.
    pub address: String,
    /// The public number.
    pub phone: Option<String>,
    /// What it says of itself.
    pub text: String,
    /// Its pictures, in order.
    pub picture_ids: Vec<String>,
}

impl ShopProposalView {
    /// A page that was proposed.
    pub fn of(front: &store::merchants::Page, pictures: &[domain::ids::PictureId]) -> Result<Self> {
        Ok(Self {
            category: CategoryView::of(front.category)?,
            name: front.name.clone(),
            address: front.address.clone(),
            phone: front.phone.clone(),
            text: front.text.clone(),
            picture_ids: pictures.iter().map(ToString::to_string).collect(),
        })
    }
}

/// Where a shop stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShopState {
    /// It waits for the desk's decision.
    Applied,
    /// It takes part.
    Approved,
    /// It was turned away, and may apply again.
    Rejected,
    /// It takes no part for the time being.
    Suspended,
}

impl From<domain::access::MerchantState> for ShopState {
    fn from(state: domain::access::MerchantState) -> Self {
        use domain::access::MerchantState as State;
        match state {
            State::Applied => Self::Applied,
            State::Approved => Self::Approved,
            State::Rejected => Self::Rejected,
            State::Suspended => Self::Suspended,
        }
    }
}
impl From<ShopState> for domain::access::MerchantState {
    fn from(state: ShopState) -> Self {
        match state {
            ShopState::Applied => Self::Applied,
            ShopState::Approved => Self::Approved,
            ShopState::Rejected => Self::Rejected,
            ShopState::Suspended => Self::Suspended,
        }
    }
}

/// A shop, as its own people and the desk see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "shop_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f",
    "category": {"key": "hairdressing", "nameZh": "理发美容", "nameEn": "Hairdressing"}, "name": "小李理发店", "address": "柳湾路 12 号",
    "phone": "0634-6212345", "text": "老店，开了二十年。", "pictureIds": ["pic_01jbr62tryfk1sh9p01j0gre6f"], "thanks": 12,
    "state": "applied", "reason": null, "proposal": null, "applicantName": "李师傅", "check": null, "version": 1, "appliedAt": "2026-03-02T02:00:00Z"}))]
pub struct ShopInsideView {
    /// The shop, as it stands.
    #[serde(flatten)]
    pub shop: ShopView,
    /// Where it stands.
    pub state: ShopState,
    /// Why it was rejected or suspended, or why its last change was turned away.
    pub reason: Option<String>,
    /// A change that waits for the desk; meanwhile the shop shows as it stands.
    pub proposal: Option<ShopProposalView>,
    /// What the applicant is called.
    pub applicant_name: Option<String>,
    /// What the check of its text said, or of what it proposes; null if it passed, or nobody was asked.
    pub check: Option<FindingView>,
    /// Send it back as `If-Match: "v1"` to change the shop or to approve what it says.
    pub version: i64,
    /// When it applied first.
    pub applied_at: String,
}

impl ShopInsideView {
    /// A shop with what only its own people and the desk see.
    pub fn of(
        shop: &store::merchants::Merchant,
        pictures: &[domain::ids::PictureId],
        proposal: Option<ShopProposalView>,
        applicant_name: Option<String>,
        check: Option<Finding>,
    ) -> Result<Self> {
        Ok(Self {
            shop: ShopView::of(shop, pictures)?,
            state: shop.state()?.into(),
            reason: shop.reason.clone(),
            proposal,
            applicant_name,
            check: check.map(Into::into),
            version: shop.version,
            applied_at: Ts(shop.created_at).to_string(),
        })
    }
}
