//! Offers of the own shop.

use actix_web::web::{Json, Path};
use actix_web::{get, post, put};
use alliance::offers::{self, Shown, Wanted};
use domain::ids::{OfferId, PictureId};
use domain::{Day, Money, Points};
use http_kit::json::Params;
use http_kit::offers::{LimitBody, OfferInsideView, OfferView, WindowBody, hours};
use http_kit::paging::{PageParams, PageView};
use http_kit::{ApiError, Body, Context, Created, CurrentClerk, Etag, Tagged, Tenant};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_own_offers)
        .service(create_offer)
        .service(get_own_offer)
        .service(change_offer)
        .service(open_offer)
        .service(close_offer);
}

fn view(shown: &Shown) -> Result<OfferInsideView, ApiError> {
    let offer = OfferView::of(&shown.offer, &shown.merchant_name, &shown.pictures, shown.open_now)?;
    Ok(OfferInsideView::of(&shown.offer, offer, shown.check)?)
}

/// Lists the offers of the own shop, the newest first.
#[utoipa::path(tag = "offers", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of offers", body = PageView<OfferInsideView>),
        (status = 404, description = "One works in no shop", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/offers")]
async fn list_own_offers(
    app: Tenant,
    who: CurrentClerk,
    query: Params<PageParams>,
) -> Result<Tagged<PageView<OfferInsideView>>, ApiError> {
    let found = offers::own_list(&app, who.0, query.0.page()?).await?;
    let items = found.items.iter().map(view).collect::<Result<Vec<_>, _>>()?;
    let next_cursor = found.next.as_ref().map(http_kit::paging::encode);
    Ok(Tagged::private(PageView { items, next_cursor }))
}

/// What an offer says.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"title": "男士理发", "text": "洗剪吹", "listPrice": "35.00", "price": "30.00", "points": "5.00", "fromDay": null,
    "untilDay": "2026-12-31", "windows": [{"weekdays": [1, 2, 3, 4, 5], "from": "09:00", "until": "21:30"}],
    "perResident": {"count": 1, "span": "week"}, "perDay": 20, "pictureIds": []}))]
pub struct OfferBody {
    /// Its title.
    #[validate(length(min = 2, max = 40))]
    #[schema(min_length = 2, max_length = 40)]
    pub title: String,
    /// Its text.
    #[validate(length(min = 1, max = 1000))]
    #[schema(min_length = 1, max_length = 1000)]
    pub text: String,
    /// What it costs otherwise, in yuan: at most 1000000.00.
    #[schema(value_type = String, pattern = "^[0-9]{1,7}(\\.[0-9]{1,2})?$", example = "35.00")]
    pub list_price: Money,
    /// What it costs with points, in yuan: less than `listPrice`.
    #[schema(value_type = String, pattern = "^[0-9]{1,7}(\\.[0-9]{1,2})?$", example = "30.00")]
    pub price: Money,
    /// The points.
    #[schema(value_type = String, pattern = "^[0-9]{1,8}(\\.[0-9]{1,2})?$", example = "5.00")]
    pub points: Points,
    /// The first day; null: no limit.
    #[schema(value_type = Option<String>, format = Date, example = "2026-03-02")]
    pub from_day: Option<Day>,
    /// The last day; null: no limit.
    #[schema(value_type = Option<String>, format = Date, example = "2026-12-31")]
    pub until_day: Option<Day>,
    /// Hours of the week; none: always.
    #[serde(default)]
    #[validate(nested, length(max = 14))]
    #[schema(max_items = 14)]
    pub windows: Vec<WindowBody>,
    /// How often one resident may use it; null: no limit.
    #[validate(nested)]
    pub per_resident: Option<LimitBody>,
    /// How often it is to be had in a day; null: no limit.
    #[validate(range(min = 1, max = 100_000))]
    #[schema(minimum = 1, maximum = 100_000)]
    pub per_day: Option<i32>,
    /// Its pictures, in order: own ones that belong to nothing yet, or that are the offer's already.
    #[serde(default)]
    #[validate(length(max = 9))]
    #[schema(value_type = Vec<String>, max_items = 9)]
    pub picture_ids: Vec<PictureId>,
}

impl From<OfferBody> for Wanted {
    fn from(b: OfferBody) -> Self {
        Self {
            title: b.title,
            text: b.text,
            list_price: b.list_price,
            price: b.price,
            points: b.points,
            hours: hours(b.from_day, b.until_day, b.windows),
            limit: b.per_resident.map(Into::into),
            per_day: b.per_day,
            pictures: b.picture_ids,
        }
    }
}

/// Makes an offer; owners only. It shows when the desk has published it.
#[utoipa::path(tag = "offers", security(("bearer" = [])), request_body = OfferBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "offer-2026-03-02-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The offer, which waits for the desk", body = OfferInsideView)))]
#[post("/offers")]
async fn create_offer(
    app: Tenant,
    who: CurrentClerk,
    context: Context,
    body: Body<OfferBody>,
) -> Result<Created<OfferInsideView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let once = offers::create(&app, who.0, body.value.into(), ctx).await?;
    let body = view(&offers::own(&app, who.0, once.outcome).await?)?;
    Ok(Created { body, location: format!("/v1/offers/{}", once.outcome), replayed: once.replayed })
}

async fn tagged(app: &Tenant, who: CurrentClerk, id: OfferId) -> Result<Tagged<OfferInsideView>, ApiError> {
    let shown = offers::own(app, who.0, id).await?;
    Ok(Tagged::versioned(view(&shown)?, shown.offer.version))
}

/// Reads an offer of the own shop.
#[utoipa::path(tag = "offers", security(("bearer" = [])), params(("id" = String, Path, description = "The offer")),
    responses((status = 200, description = "The offer", body = OfferInsideView)))]
#[get("/offers/{id}")]
async fn get_own_offer(
    app: Tenant,
    who: CurrentClerk,
    id: Path<OfferId>,
) -> Result<Tagged<OfferInsideView>, ApiError> {
    tagged(&app, who, *id).await
}

/// Changes an offer; owners only. It waits for the desk then, and does not show meanwhile.
#[utoipa::path(tag = "offers", security(("bearer" = [])), request_body = OfferBody,
    params(("id" = String, Path, description = "The offer"),
        ("If-Match" = String, Header, description = "The version that was read", example = "\"v1\"")),
    responses((status = 200, description = "The offer", body = OfferInsideView)))]
#[put("/offers/{id}")]
async fn change_offer(
    app: Tenant,
    who: CurrentClerk,
    id: Path<OfferId>,
    etag: Etag,
    body: Body<OfferBody>,
) -> Result<Tagged<OfferInsideView>, ApiError> {
    offers::change(&app, who.0, *id, etag.0, body.value.into()).await?;
    tagged(&app, who, *id).await
}

/// Opens an offer that was closed; owners only. This needs no review.
#[utoipa::path(tag = "offers", security(("bearer" = [])), params(("id" = String, Path, description = "The offer")),
    responses((status = 200, description = "The offer, open", body = OfferInsideView)))]
#[post("/offers/{id}/open")]
async fn open_offer(
    app: Tenant,
    who: CurrentClerk,
    id: Path<OfferId>,
) -> Result<Json<OfferInsideView>, ApiError> {
    offers::set_open(&app, who.0, *id, true).await?;
    Ok(Json(view(&offers::own(&app, who.0, *id).await?)?))
}

/// Closes an offer: it shows and is redeemed no more, until it is opened; owners only.
#[utoipa::path(tag = "offers", security(("bearer" = [])), params(("id" = String, Path, description = "The offer")),
    responses((status = 200, description = "The offer, closed", body = OfferInsideView)))]
#[post("/offers/{id}/close")]
async fn close_offer(
    app: Tenant,
    who: CurrentClerk,
    id: Path<OfferId>,
) -> Result<Json<OfferInsideView>, ApiError> {
    offers::set_open(&app, who.0, *id, false).await?;
    Ok(Json(view(&offers::own(&app, who.0, *id).await?)?))
}
