//! Thanking a shop.

use actix_web::post;
use actix_web::web::Path;
use alliance::thanks;
use domain::Day;
use domain::ids::MerchantId;
use domain::thanks::Thanks;
use http_kit::who::CurrentResident;
use http_kit::{ApiError, Body, Context, Created, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(thank_shop);
}

/// Thanks in chosen words.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"words": ["warm", "quick"]}))]
pub struct SayThanks {
    /// One or more of `warm`, `fair`, `quick`, `skilled`, `generous`.
    #[validate(length(min = 1, max = 5))]
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 5, example = json!(["warm", "quick"]))]
    pub words: Vec<Thanks>,
}

/// Thanks that were said.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "thx_01jbr62tryfk1sh9p01j0gre6f", "merchantId": "shop_01jbr62tryfk1sh9p01j0gre6f",
    "words": ["warm", "quick"], "day": "2026-03-01"}))]
pub struct SaidView {
    /// Its id.
    pub id: String,
    /// The shop.
    pub merchant_id: String,
    /// The words, each once.
    #[schema(value_type = Vec<String>)]
    pub words: Vec<Thanks>,
    /// The local day.
    #[schema(value_type = String, format = Date, example = "2026-03-01")]
    pub day: Day,
}

/// Thanks a shop of the alliance: once a day, by chosen words. Nobody thanks the shop that one works in.
#[utoipa::path(tag = "merchants", security(("bearer" = [])), request_body = SayThanks,
    params(("id" = String, Path, description = "The shop"),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
            example = "thanks-2026-03-01-0001", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The thanks", body = SaidView)))]
#[post("/merchants/{id}/thanks")]
async fn thank_shop(
    app: Tenant,
    who: CurrentResident,
    id: Path<MerchantId>,
    context: Context,
    body: Body<SayThanks>,
) -> Result<Created<SaidView>, ApiError> {
    let ctx = context.keyed(who.person.identity, &body);
    let words = domain::thanks::read(&domain::thanks::written(&body.value.words));
    let once = thanks::thank(&app, who.resident, *id, words.clone(), ctx).await?;
    let (said, day) = once.outcome;
    let body = SaidView { id: said.to_string(), merchant_id: id.to_string(), words, day };
    Ok(Created { body, location: format!("/v1/merchants/{id}"), replayed: once.replayed })
}
