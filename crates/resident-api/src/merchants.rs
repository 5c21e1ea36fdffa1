//! Shops and offers, as everybody sees them.

use actix_web::get;
use actix_web::web::Path;
use alliance::merchants::{self, Detail, Search, Shown};
use alliance::offers;
use domain::ids::{MerchantId, OfferId, UnitId};
use http_kit::json::Params;
use http_kit::offers::OfferView;
use http_kit::paging::{PageView, encode};
use http_kit::shops::{CategoryWord, ShopView};
use http_kit::{ApiError, Tagged, Tenant};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::list::list_params;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_merchants).service(get_merchant).service(list_offers).service(get_offer);
}

fn shop(shown: &Shown) -> Result<ShopView, ApiError> {
    Ok(ShopView::of(&shown.merchant, &shown.pictures)?)
}

fn offer(shown: &offers::Shown) -> Result<OfferView, ApiError> {
    Ok(OfferView::of(&shown.offer, &shown.merchant_name, &shown.pictures, shown.open_now)?)
}

list_params! {
    /// Which shops to list.
    MerchantQuery {
        /// In the subtree of this unit; everywhere if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
        /// Of this trade.
        #[param(inline)]
        category: Option<CategoryWord>,
        /// Whose name, address or text holds this; capitals do not matter.
        #[validate(length(min = 1, max = 40))]
        #[param(min_length = 1, max_length = 40)]
        q: Option<String>,
    }
}

/// Lists the shops that take part, the newest first.
#[utoipa::path(tag = "shops", params(MerchantQuery), responses((status = 200, description = "A page of shops", body = PageView<ShopView>),
    (status = 404, description = "No such unit", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/merchants")]
async fn list_merchants(
    app: Tenant,
    query: Params<MerchantQuery>,
) -> Result<Tagged<PageView<ShopView>>, ApiError> {
    let page = query.0.page()?;
    let MerchantQuery { unit, category, q, .. } = query.0;
    let found =
        merchants::list(&app, Search { unit, category: category.map(Into::into), text: q }, page).await?;
    let items = found.items.iter().map(shop).collect::<Result<Vec<_>, _>>()?;
    Ok(Tagged::public(PageView { items, next_cursor: found.next.as_ref().map(encode) }))
}

/// A shop with what it offers, and what its people do for the community.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "shop_01jbr62tryfk1sh9p01j0gre6f", "unitId": "unit_01jbr62tryfk1sh9p01j0gre6f",
    "category": {"key": "hairdressing", "nameZh": "理发美容", "nameEn": "Hairdressing"}, "name": "小李理发店", "address": "柳湾路 12 号",
    "phone": "0634-6212345", "text": "老店，开了二十年。", "pictureIds": ["pic_01jbr62tryfk1sh9p01j0gre6f"], "thanks": 12,
    "offers": [], "peopleMerit": "125.00"}))]
pub struct ShopDetailView {
    /// The shop.
    #[serde(flatten)]
    pub shop: ShopView,
    /// Its open offers, the newest first.
    pub offers: Vec<OfferView>,
    /// What its people earned this year as volunteers where they live, without those who hide from public lists.
    pub people_merit: String,
}

/// Reads a shop that takes part, with its offers.
#[utoipa::path(tag = "shops", params(("id" = String, Path, description = "The shop")),
    responses((status = 200, description = "The shop", body = ShopDetailView)))]
#[get("/merchants/{id}")]
async fn get_merchant(app: Tenant, id: Path<MerchantId>) -> Result<Tagged<ShopDetailView>, ApiError> {
    let Detail { shop: shown, offers, merit } = merchants::detail(&app, *id).await?;
    let offers = offers.iter().map(offer).collect::<Result<Vec<_>, _>>()?;
    Ok(Tagged::public(ShopDetailView { shop: shop(&shown)?, offers, people_merit: merit.to_string() }))
}

list_params! {
    /// Which offers to list.
    OfferQuery {
        /// Of shops in the subtree of this unit; everywhere if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
        /// Of shops of this trade.
        #[param(inline)]
        category: Option<CategoryWord>,
        /// Of this shop.
        #[param(value_type = Option<String>)]
        merchant: Option<MerchantId>,
    }
}

/// Lists the offers that show, the newest first.
#[utoipa::path(tag = "shops", params(OfferQuery), responses((status = 200, description = "A page of offers", body = PageView<OfferView>),
    (status = 404, description = "No such unit", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/offers")]
async fn list_offers(
    app: Tenant,
    query: Params<OfferQuery>,
) -> Result<Tagged<PageView<OfferView>>, ApiError> {
    let page = query.0.page()?;
    let OfferQuery { unit, category, merchant, .. } = query.0;
    let search = offers::Search { unit, category: category.map(Into::into), merchant };
    let found = offers::list(&app, search, page).await?;
    let items = found.items.iter().map(offer).collect::<Result<Vec<_>, _>>()?;
    Ok(Tagged::public(PageView { items, next_cursor: found.next.as_ref().map(encode) }))
}

/// Reads an offer that shows: published, open, of a shop that takes part.
#[utoipa::path(tag = "shops", params(("id" = String, Path, description = "The offer")),
    responses((status = 200, description = "The offer", body = OfferView)))]
#[get("/offers/{id}")]
async fn get_offer(app: Tenant, id: Path<OfferId>) -> Result<Tagged<OfferView>, ApiError> {
    Ok(Tagged::public(offer(&offers::detail(&app, *id).await?)?))
}
