//! Paying with points: a code to show at a till, and what the shop took it for.

use actix_web::http::header;
use actix_web::web::Path;
use actix_web::{HttpResponse, get, post};
use alliance::redemption_codes::{self, Wanted};
use alliance::redemptions::{self, Seen, Stepped};
use domain::ids::{MerchantId, OfferId, RedemptionId};
use domain::{FieldFault, Points, Refusal, Ts};
use http_kit::answers::Done;
use http_kit::json::Params;
use http_kit::paging::{PageParams, PageView};
use http_kit::who::CurrentResident;
use http_kit::{ApiError, Body, Context, Tagged, Tenant, redemption_view};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::list::listed;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(make_redemption_code)
        .service(list_my_redemptions)
        .service(get_redemption)
        .service(approve_redemption)
        .service(decline_redemption);
}

/// What a code is wanted for: nothing further, an offer, or to be typed at a shop.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"offerId": "offer_01jbr62tryfk1sh9p01j0gre6f"}))]
pub struct WantCode {
    /// The offer: the code says yes to its price and points as they are now.
    #[schema(value_type = Option<String>, example = "offer_01jbr62tryfk1sh9p01j0gre6f")]
    pub offer_id: Option<OfferId>,
    /// The shop at which the code is typed.
    #[schema(value_type = Option<String>, example = "shop_01jbr62tryfk1sh9p01j0gre6f")]
    pub merchant_id: Option<MerchantId>,
    /// Eleven digits for one shop instead of a picture, when its camera fails. Its price is always approved on the phone.
    #[serde(default)]
    #[schema(default = false)]
    pub typed: bool,
}

impl WantCode {
    fn wanted(&self) -> Result<Wanted, Refusal> {
        let fault =
            |field: &str, code, zh: &str, en: &str| Err(Refusal::field(FieldFault::new(field, code, zh, en)));
        match (self.typed, self.offer_id, self.merchant_id) {
            (false, None, None) => Ok(Wanted::Plain),
            (false, Some(offer), None) => Ok(Wanted::Offer(offer)),
            (true, None, Some(merchant)) => Ok(Wanted::Typed(merchant)),
            (true, _, None) => fault("merchantId", "missing", "请选择商户", "the shop at which it is typed"),
            (true, Some(_), Some(_)) => {
                fault("offerId", "not_together", "手输码不能用于指定优惠", "not with a typed code")
            }
            (false, _, Some(_)) => {
                fault("merchantId", "not_together", "仅用于手输码", "with a typed code only")
            }
        }
    }
}

/// A code. It is told this once; whoever wants another makes another.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"code": "JS1.pXJ2mBWnUZ4gJhW0uHj1Zw", "qr": "JS1.pXJ2mBWnUZ4gJhW0uHj1Zw", "typed": false,
    "expiresAt": "2026-03-02T02:01:00Z", "tapAbove": "0.00"}))]
pub struct CodeView {
    /// The code.
    pub code: String,
    /// What the picture to be scanned holds.
    pub qr: String,
    /// Whether it is to be typed.
    pub typed: bool,
    /// Until when it is good: 60 seconds. Renew it on the screen after 45.
    #[schema(value_type = String, format = DateTime, example = "2026-03-02T02:01:00Z")]
    pub expires_at: Ts,
    /// Of a code for no offer: above this many points the sale is approved on the phone, too.
    #[schema(value_type = String, example = "0.00")]
    pub tap_above: Points,
}

/// Makes a code to show at a till. It holds nothing but chance, and one that was not used yet ends.
///
/// A code for an offer says yes to its price: the shop can confirm without another tap. A plain one only says who stands there; above the
/// unit's limit the sale waits for the own tap at `redemptions/{id}/approve`.
#[utoipa::path(tag = "redemptions", security(("bearer" = [])), request_body = WantCode,
    responses((status = 201, description = "The code", body = CodeView)))]
#[post("/redemption-codes")]
async fn make_redemption_code(
    app: Tenant,
    who: CurrentResident,
    body: Body<WantCode>,
) -> Result<HttpResponse, ApiError> {
    let issued = redemption_codes::issue(&app, who.resident, body.value.wanted()?).await?;
    let text = issued.secret.text().to_owned();
    let view = CodeView {
        qr: text.clone(),
        code: text,
        typed: issued.secret.is_typed(),
        expires_at: issued.expires_at,
        tap_above: issued.tap_above,
    };
    Ok(HttpResponse::Created().insert_header((header::CACHE_CONTROL, "no-store")).json(view))
}

redemption_view! {
    /// A redemption as its customer sees it.
    #[schema(example = json!({"id": "rdm_01jbr62tryfk1sh9p01j0gre6f", "merchantId": "shop_01jbr62tryfk1sh9p01j0gre6f", "shopName": "柳湾理发店",
        "offerId": "offer_01jbr62tryfk1sh9p01j0gre6f", "offerTitle": "剪发立减 5 元", "listPrice": "35.00", "price": "30.00", "points": "50.00",
        "state": "held", "approval": "awaited", "createdAt": "2026-03-02T02:00:00Z", "expiresAt": "2026-03-02T02:02:00Z", "settledAt": null,
        "voidedAt": null, "voidReason": null, "receipt": null, "voidReceipt": null}))]
    RedemptionView from Seen as told {
        /// Its id.
        id: String = told.redemption.id.to_string(),
        /// The shop.
        merchant_id: String = told.redemption.merchant.to_string(),
        /// Its name.
        shop_name: String = told.shop_name,
        /// The offer.
        offer_id: String = told.redemption.offer.to_string(),
        /// Its title, as of now.
        offer_title: String = told.offer_title,
        ;
        /// What is to be paid, in yuan.
        price,
        /// `given` by the code, `awaited` from you, or `approved` by you.
        approval,
        ;;
        /// Why the shop voided it.
        void_reason,
        /// The signed receipt: a compact JWS of type `receipt+jwt`, to be checked with the merchant service's `/.well-known/jwks.json`.
        receipt,
    }
}

fn done(stepped: Stepped) -> Done<RedemptionView> {
    Done { body: stepped.seen.into(), replayed: stepped.before }
}

/// Lists the caller's redemptions, newest first.
#[utoipa::path(tag = "redemptions", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of redemptions", body = PageView<RedemptionView>)))]
#[get("/me/redemptions")]
async fn list_my_redemptions(
    app: Tenant,
    who: CurrentResident,
    query: Params<PageParams>,
) -> Result<Tagged<PageView<RedemptionView>>, ApiError> {
    Ok(listed(redemptions::list_of_customer(&app, who.resident, query.0.page()?).await?))
}

/// Reads a redemption of the caller: which shop, which offer, both prices and the points.
#[utoipa::path(tag = "redemptions", security(("bearer" = [])), params(("id" = String, Path, description = "The redemption")),
    responses((status = 200, description = "The redemption", body = RedemptionView)))]
#[get("/redemptions/{id}")]
async fn get_redemption(
    app: Tenant,
    who: CurrentResident,
    id: Path<RedemptionId>,
) -> Result<Tagged<RedemptionView>, ApiError> {
    Ok(Tagged::private(redemptions::of_customer(&app, who.resident, *id).await?.into()))
}

/// Says yes to a held redemption: the shop can confirm it. To say it again changes nothing.
#[utoipa::path(tag = "redemptions", security(("bearer" = [])),
    params(("id" = String, Path, description = "The redemption"),
        ("Idempotency-Key" = Option<String>, Header, description = "Taken and not needed: the redemption itself is approved once",
        example = "approve-20260302-0017", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The redemption, approved", body = RedemptionView)))]
#[post("/redemptions/{id}/approve")]
async fn approve_redemption(
    app: Tenant,
    who: CurrentResident,
    id: Path<RedemptionId>,
    _context: Context,
) -> Result<Done<RedemptionView>, ApiError> {
    Ok(done(redemptions::approve(&app, who.resident, *id).await?))
}

/// Says no to a held redemption: the points are free again. What has ended without a sale is answered as it is.
#[utoipa::path(tag = "redemptions", security(("bearer" = [])),
    params(("id" = String, Path, description = "The redemption"),
        ("Idempotency-Key" = Option<String>, Header, description = "Taken and not needed: the redemption itself is declined once",
        example = "decline-20260302-0017", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The redemption, declined", body = RedemptionView)))]
#[post("/redemptions/{id}/decline")]
async fn decline_redemption(
    app: Tenant,
    who: CurrentResident,
    id: Path<RedemptionId>,
    _context: Context,
) -> Result<Done<RedemptionView>, ApiError> {
    Ok(done(redemptions::decline(&app, who.resident, *id).await?))
}
