//! The desk: deciding on shops and their offers.

use actix_web::web::Path;
use actix_web::{get, post};
use alliance::merchant_desk::{self, Step, Wanted};
use alliance::merchants::Shown;
use alliance::offers;
use domain::Code;
use domain::ids::{MerchantId, OfferId, UnitId};
use foundation::RequestContext;
use http_kit::answers::Done;
use http_kit::json::Params;
use http_kit::offers::{OfferInsideView, OfferStateWord, OfferView};
use http_kit::paging::{PageView, encode};
use http_kit::shops::{ShopInsideView, ShopProposalView, ShopState};
use http_kit::who::CurrentStaff;
use http_kit::{ApiError, Body, Context, Etag, Tagged, Tenant};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::list::list_params;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_desk_merchants)
        .service(approve_merchant)
        .service(reject_merchant)
        .service(suspend_merchant)
        .service(resume_merchant)
        .service(list_desk_offers)
        .service(decide_offer);
}

fn shop(shown: Shown) -> Result<ShopInsideView, ApiError> {
    let proposal = match &shown.proposal {
        Some(proposed) => Some(ShopProposalView::of(&proposed.front()?, &proposed.pictures)?),
        None => None,
    };
    Ok(ShopInsideView::of(&shown.merchant, &shown.pictures, proposal, shown.applicant, shown.check)?)
}

fn offer(shown: &offers::Shown) -> Result<OfferInsideView, ApiError> {
    let view = OfferView::of(&shown.offer, &shown.merchant_name, &shown.pictures, shown.open_now)?;
    Ok(OfferInsideView::of(&shown.offer, view, shown.check)?)
}

list_params! {
    /// Which shops to list.
    DeskMerchantQuery {
        /// In the subtree of this unit; everything within reach if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
        /// In this state; in every state if nothing is said.
        #[param(inline)]
        state: Option<ShopState>,
        /// `true`: only those of which a change waits.
        proposing: Option<bool>,
    }
}

/// Lists shops within reach, the newest first.
#[utoipa::path(tag = "staff shops", security(("bearer" = [])), params(DeskMerchantQuery),
    responses((status = 200, description = "A page of shops", body = PageView<ShopInsideView>),
        (status = 404, description = "No such unit, or not within reach", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/merchants")]
async fn list_desk_merchants(
    app: Tenant,
    who: CurrentStaff,
    query: Params<DeskMerchantQuery>,
) -> Result<Tagged<PageView<ShopInsideView>>, ApiError> {
    let page = query.0.page()?;
    let DeskMerchantQuery { unit, state, proposing, .. } = query.0;
    let wanted = Wanted { unit, state: state.map(Into::into), proposing: proposing.unwrap_or(false) };
    let found = merchant_desk::list(&app, &who.0, wanted, page).await?;
    let next_cursor = found.next.as_ref().map(encode);
    let items = found.items.into_iter().map(shop).collect::<Result<Vec<_>, _>>()?;
    Ok(Tagged::private(PageView { items, next_cursor }))
}

async fn take(
    app: Tenant,
    who: CurrentStaff,
    id: MerchantId,
    step: Step,
    ctx: RequestContext,
) -> Result<Done<ShopInsideView>, ApiError> {
    let once = merchant_desk::decide(&app, &who.0, id, step, ctx).await?;
    let body = shop(merchant_desk::read(&app, &who.0, id).await?)?;
    Ok(Done { body, replayed: once.replayed })
}

/// Takes a shop in, or agrees to the change that it proposes: to the version that was read.
#[utoipa::path(tag = "staff shops", security(("bearer" = [])),
    params(("id" = String, Path, description = "The shop"),
        ("If-Match" = String, Header, description = "The version that was read", example = "\"v1\""),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "approve-2026-03-02-1", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The shop, which takes part", body = ShopInsideView)))]
#[post("/merchants/{id}/approve")]
async fn approve_merchant(
    app: Tenant,
    who: CurrentStaff,
    id: Path<MerchantId>,
    etag: Etag,
    context: Context,
) -> Result<Done<ShopInsideView>, ApiError> {
    let ctx = context.keyed_bare(who.0.id);
    take(app, who, *id, Step::Approve(etag.0), ctx).await
}

/// Why the desk refuses something.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "请补充营业执照照片"}))]
pub struct DeskReason {
    /// The reason, which the shop reads.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Turns a shop away, which may apply again, or the change that it proposes.
#[utoipa::path(tag = "staff shops", security(("bearer" = [])), request_body = DeskReason,
    params(("id" = String, Path, description = "The shop"),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "reject-2026-03-02-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The shop", body = ShopInsideView)))]
#[post("/merchants/{id}/reject")]
async fn reject_merchant(
    app: Tenant,
    who: CurrentStaff,
    id: Path<MerchantId>,
    context: Context,
    body: Body<DeskReason>,
) -> Result<Done<ShopInsideView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    take(app, who, *id, Step::Reject(body.value.reason), ctx).await
}

/// Lets a shop take no part for the time being: it does not show and does not sell.
#[utoipa::path(tag = "staff shops", security(("bearer" = [])), request_body = DeskReason,
    params(("id" = String, Path, description = "The shop"),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "suspend-2026-03-02-1", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The shop, suspended", body = ShopInsideView)))]
#[post("/merchants/{id}/suspend")]
async fn suspend_merchant(
    app: Tenant,
    who: CurrentStaff,
    id: Path<MerchantId>,
    context: Context,
    body: Body<DeskReason>,
) -> Result<Done<ShopInsideView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    take(app, who, *id, Step::Suspend(body.value.reason), ctx).await
}

/// Lets a suspended shop take part again.
#[utoipa::path(tag = "staff shops", security(("bearer" = [])),
    params(("id" = String, Path, description = "The shop"),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "resume-2026-03-02-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The shop, which takes part", body = ShopInsideView)))]
#[post("/merchants/{id}/resume")]
async fn resume_merchant(
    app: Tenant,
    who: CurrentStaff,
    id: Path<MerchantId>,
    context: Context,
) -> Result<Done<ShopInsideView>, ApiError> {
    let ctx = context.keyed_bare(who.0.id);
    take(app, who, *id, Step::Resume, ctx).await
}

list_params! {
    /// Which offers to list.
    DeskOfferQuery {
        /// Of shops in the subtree of this unit; everything within reach if nothing is said.
        #[param(value_type = Option<String>)]
        unit: Option<UnitId>,
        /// In this state; those that wait if nothing is said.
        #[param(inline)]
        state: Option<OfferStateWord>,
    }
}

/// Lists offers of shops within reach, the newest first.
#[utoipa::path(tag = "staff shops", security(("bearer" = [])), params(DeskOfferQuery),
    responses((status = 200, description = "A page of offers", body = PageView<OfferInsideView>),
        (status = 404, description = "No such unit, or not within reach", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/offers")]
async fn list_desk_offers(
    app: Tenant,
    who: CurrentStaff,
    query: Params<DeskOfferQuery>,
) -> Result<Tagged<PageView<OfferInsideView>>, ApiError> {
    let page = query.0.page()?;
    let state = query.0.state.unwrap_or(OfferStateWord::Pending);
    let found = offers::desk_list(&app, &who.0, query.0.unit, Some(state.into()), page).await?;
    let items = found.items.iter().map(offer).collect::<Result<Vec<_>, _>>()?;
    Ok(Tagged::private(PageView { items, next_cursor: found.next.as_ref().map(encode) }))
}

/// Publish or reject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferDecisionWord {
    /// It may show.
    Publish,
    /// It may not.
    Reject,
}

/// A decision on an offer.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"decision": "publish"}))]
pub struct DecideOffer {
    /// Publish or reject.
    pub decision: OfferDecisionWord,
    /// To reject: the reason, which the shop reads.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// Decides on an offer that waits, of the version that was read: once.
#[utoipa::path(tag = "staff shops", security(("bearer" = [])), request_body = DecideOffer,
    params(("id" = String, Path, description = "The offer"),
        ("If-Match" = String, Header, description = "The version that was read", example = "\"v1\""),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "decide-2026-03-02-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 200, description = "The offer as decided", body = OfferInsideView)))]
#[post("/offers/{id}/decide")]
async fn decide_offer(
    app: Tenant,
    who: CurrentStaff,
    id: Path<OfferId>,
    etag: Etag,
    context: Context,
    body: Body<DecideOffer>,
) -> Result<Done<OfferInsideView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let decision = match (body.value.decision, body.value.reason) {
        (OfferDecisionWord::Publish, _) => offers::Decision::Publish,
        (OfferDecisionWord::Reject, Some(reason)) => offers::Decision::Reject(reason),
        (OfferDecisionWord::Reject, None) => return Err(Code::ReasonRequired.into()),
    };
    let once = offers::decide(&app, &who.0, *id, etag.0, decision, ctx).await?;
    let body = offer(&offers::desk_read(&app, &who.0, *id).await?)?;
    Ok(Done { body, replayed: once.replayed })
}
