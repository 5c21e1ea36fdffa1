//! The till: taking a customer's code for an offer, and what becomes of it.

use actix_web::web::Path;
use actix_web::{get, post};
use alliance::redemptions::{self, Filter, Sale, Seen, Stepped};
use domain::ids::{OfferId, RedemptionId};
use domain::redemption::{self, State};
use domain::{Day, Refusal};
use http_kit::answers::Done;
use http_kit::json::Params;
use http_kit::paging::{PageView, listed};
use http_kit::who::CurrentClerk;
use http_kit::{ApiError, Body, Context, Created, Tagged, Tenant, list_params, redemption_view};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_redemptions)
        .service(take_code)
        .service(get_redemption_of_order)
        .service(get_redemption)
        .service(confirm_redemption)
        .service(cancel_redemption)
        .service(void_redemption);
}

redemption_view! {
    /// A redemption as the shop sees it.
    #[schema(example = json!({"id": "rdm_01jbr62tryfk1sh9p01j0gre6f", "orderNo": "20260302-0017", "offerId": "offer_01jbr62tryfk1sh9p01j0gre6f",
        "offerTitle": "剪发立减 5 元", "customer": "王*", "listPrice": "35.00", "price": "30.00", "points": "50.00", "state": "captured",
        "approval": "given", "day": "2026-03-02", "clerkId": "clerk_01jbr62tryfk1sh9p01j0gre6f", "createdAt": "2026-03-02T02:00:00Z",
        "expiresAt": "2026-03-02T02:02:00Z", "settledAt": "2026-03-02T02:00:08Z", "voidedAt": null, "voidReason": null,
        "receipt": "eyJ0eXAiOiJyZWNlaXB0K2p3dCJ9.eyJwb2ludHMiOiI1MC4wMCJ9.c2lnbmF0dXJl", "voidReceipt": null}))]
    RedemptionView from Seen as told {
        /// Its id.
        id: String = told.redemption.id.to_string(),
        /// The shop's own number of the sale.
        order_no: String = told.redemption.order_no.clone(),
        /// The offer.
        offer_id: String = told.redemption.offer.to_string(),
        /// Its title, as of now.
        offer_title: String = told.offer_title,
        /// The customer: the surname with a star.
        customer: String = told.customer.unwrap_or_else(|| "已注销".to_owned()),
        ;
        /// What the customer pays, in yuan.
        price,
        /// `given` by the code, `awaited` from the customer's phone, or `approved` there.
        approval,
        ;
        /// The local day.
        #[schema(value_type = String, format = Date, example = "2026-03-02")]
        day: Day = told.redemption.day(),
        /// Who took the code.
        clerk_id: String = told.redemption.clerk.to_string(),
        ;
        /// Why it was voided.
        void_reason,
        /// The signed receipt of the sale: a compact JWS of type `receipt+jwt`, to be checked with the keys of `/.well-known/jwks.json`.
        receipt,
    }
}

fn done(stepped: Stepped) -> Done<RedemptionView> {
    Done { body: stepped.seen.into(), replayed: stepped.before }
}

/// Where a redemption stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedemptionState {
    /// The points are held.
    Held,
    /// The points are the shop's.
    Captured,
    /// The shop let it go.
    Cancelled,
    /// The customer said no.
    Declined,
    /// Nobody confirmed in time.
    Expired,
    /// The shop gave the points back.
    Voided,
}

impl From<RedemptionState> for State {
    fn from(state: RedemptionState) -> Self {
        match state {
            RedemptionState::Held => Self::Held,
            RedemptionState::Captured => Self::Captured,
            RedemptionState::Cancelled => Self::Cancelled,
            RedemptionState::Declined => Self::Declined,
            RedemptionState::Expired => Self::Expired,
            RedemptionState::Voided => Self::Voided,
        }
    }
}

list_params! {
    /// Which redemptions to list.
    RedemptionQuery {
        /// Those in this state only.
        #[param(inline)]
        state: Option<RedemptionState>,
        /// Those of this local day only.
        #[param(value_type = Option<String>, format = Date, example = "2026-03-02")]
        day: Option<Day>,
    }
}

/// Lists the shop's redemptions, newest first.
#[utoipa::path(tag = "redemptions", security(("bearer" = [])), params(RedemptionQuery),
    responses((status = 200, description = "A page of redemptions", body = PageView<RedemptionView>),
        (status = 404, description = "The caller works in no shop", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/redemptions")]
async fn list_redemptions(
    app: Tenant,
    who: CurrentClerk,
    query: Params<RedemptionQuery>,
) -> Result<Tagged<PageView<RedemptionView>>, ApiError> {
    let filter = Filter { state: query.0.state.map(Into::into), day: query.0.day };
    Ok(listed(redemptions::list_of_shop(&app, &who.0, filter, query.0.page()?).await?))
}

/// A sale with points.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"code": "JS1.pXJ2mBWnUZ4gJhW0uHj1Zw", "offerId": "offer_01jbr62tryfk1sh9p01j0gre6f", "orderNo": "20260302-0017"}))]
pub struct TakeCode {
    /// What the camera read from the customer's phone, or the eleven digits that were typed instead.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub code: String,
    /// The offer.
    #[schema(value_type = String, example = "offer_01jbr62tryfk1sh9p01j0gre6f")]
    pub offer_id: OfferId,
    /// The shop's own number of the sale: letters, digits, `-` and `_`. One sale is one redemption.
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")]
    pub order_no: String,
}

/// Takes a customer's code for an offer: the points are held for 120 seconds.
///
/// Show the customer both prices and the points, then confirm. If `approval` is `awaited`, the customer has to approve on the phone first. The
/// same sale sent again is answered by what it is now; another code or offer under the same order number is refused. A wrong, used or expired
/// code is answered alike. Ten wrong typed codes in ten minutes or fifty in a day, and typing has to wait.
///
/// When no answer comes: ask by the order number after five seconds and then every five seconds; if after 45 seconds it is still unclear,
/// cancel. Never scan a new code before the old sale has ended.
#[utoipa::path(tag = "redemptions", security(("bearer" = [])), request_body = TakeCode,
    params(("Idempotency-Key" = String, Header, description = "A key of the client's choice: the same request is done once",
        example = "sale-20260302-0017", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The points are held", body = RedemptionView)))]
#[post("/redemptions")]
async fn take_code(
    app: Tenant,
    who: CurrentClerk,
    context: Context,
    body: Body<TakeCode>,
) -> Result<Created<RedemptionView>, ApiError> {
    let ctx = context.keyed_strictly(who.0.id, &body)?;
    let TakeCode { code, offer_id, order_no } = body.value;
    let once = redemptions::take(&app, &who.0, Sale { code, offer: offer_id, order_no }, ctx).await?;
    let view = RedemptionView::from(once.outcome.seen);
    let location = format!("/v1/redemptions/{}", view.id);
    Ok(Created { body: view, location, replayed: once.replayed })
}

/// Reads the redemption of an order number: what a till asks when an answer was lost.
#[utoipa::path(tag = "redemptions", security(("bearer" = [])),
    params(("orderNo" = String, Path, description = "The shop's own number of the sale", example = "20260302-0017",
        min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_-]+$")),
    responses((status = 200, description = "The redemption", body = RedemptionView)))]
#[get("/redemptions/by-order/{orderNo}")]
async fn get_redemption_of_order(
    app: Tenant,
    who: CurrentClerk,
    order_no: Path<String>,
) -> Result<Tagged<RedemptionView>, ApiError> {
    // What can be no order number has no redemption.
    let order_no =
        redemption::order_no(&order_no).map_err(|_| Refusal::from(domain::Code::RedemptionNotFound))?;
    Ok(Tagged::private(redemptions::of_order(&app, &who.0, order_no).await?.into()))
}

/// Reads a redemption of the shop.
#[utoipa::path(tag = "redemptions", security(("bearer" = [])), params(("id" = String, Path, description = "The redemption")),
    responses((status = 200, description = "The redemption", body = RedemptionView)))]
#[get("/redemptions/{id}")]
async fn get_redemption(
    app: Tenant,
    who: CurrentClerk,
    id: Path<RedemptionId>,
) -> Result<Tagged<RedemptionView>, ApiError> {
    Ok(Tagged::private(redemptions::of_shop(&app, &who.0, *id).await?.into()))
}

/// Confirms a held redemption: the points are the shop's, and both sides have the receipt.
///
/// Nothing is to be sent with it and nothing happens twice: asked again, with whatever key, it answers the same receipt.
#[utoipa::path(tag = "redemptions", security(("bearer" = [])),
    params(("id" = String, Path, description = "The redemption"),
        ("Idempotency-Key" = Option<String>, Header, description = "Taken and not needed: the redemption itself is confirmed once",
        example = "confirm-20260302-0017", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The redemption, captured, with its receipt", body = RedemptionView)))]
#[post("/redemptions/{id}/confirm")]
async fn confirm_redemption(
    app: Tenant,
    who: CurrentClerk,
    id: Path<RedemptionId>,
    _context: Context,
) -> Result<Done<RedemptionView>, ApiError> {
    Ok(done(redemptions::confirm(&app, &who.0, *id).await?))
}

/// Cancels a held redemption: the points are free again, and no confirmation that comes later is heard.
///
/// What has ended without a sale is answered as it is. A captured one is voided instead.
#[utoipa::path(tag = "redemptions", security(("bearer" = [])),
    params(("id" = String, Path, description = "The redemption"),
        ("Idempotency-Key" = Option<String>, Header, description = "Taken and not needed: the redemption itself is cancelled once",
        example = "cancel-20260302-0017", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The redemption, ended", body = RedemptionView)))]
#[post("/redemptions/{id}/cancel")]
async fn cancel_redemption(
    app: Tenant,
    who: CurrentClerk,
    id: Path<RedemptionId>,
    _context: Context,
) -> Result<Done<RedemptionView>, ApiError> {
    Ok(done(redemptions::cancel(&app, &who.0, *id).await?))
}

/// Why a sale is given back.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "顾客退货"}))]
pub struct VoidRedemption {
    /// The reason; the customer sees it.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Voids a captured redemption within the hours that the unit's policy gives: points and limits are given back, with a receipt of their own.
#[utoipa::path(tag = "redemptions", security(("bearer" = [])), request_body = VoidRedemption,
    params(("id" = String, Path, description = "The redemption"),
        ("Idempotency-Key" = String, Header, description = "A key of the client's choice: the same request is done once",
        example = "void-20260302-00017", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The redemption, voided", body = RedemptionView)))]
#[post("/redemptions/{id}/void")]
async fn void_redemption(
    app: Tenant,
    who: CurrentClerk,
    id: Path<RedemptionId>,
    context: Context,
    body: Body<VoidRedemption>,
) -> Result<Done<RedemptionView>, ApiError> {
    let ctx = context.keyed_strictly(who.0.id, &body)?;
    let once = redemptions::void(&app, &who.0, *id, &body.value.reason, ctx).await?;
    Ok(Done { body: once.outcome.seen.into(), replayed: once.replayed })
}
