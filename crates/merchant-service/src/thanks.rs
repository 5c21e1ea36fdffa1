//! What residents thanked the shop for.

use actix_web::get;
use alliance::thanks::{self, Thanked};
use domain::Day;
use domain::thanks::Thanks;
use http_kit::paging::{PageParams, PageView};
use http_kit::who::CurrentClerk;
use http_kit::{ApiError, Params, Tagged, Tenant};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_thanks);
}

/// Thanks of a resident.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "thx_01jbr62tryfk1sh9p01j0gre6f", "who": "王*", "words": ["warm", "quick"], "day": "2026-03-01"}))]
pub struct ThanksView {
    /// Its id.
    pub id: String,
    /// Whose: the surname with a star.
    pub who: String,
    /// One or more of `warm`, `fair`, `quick`, `skilled`, `generous`.
    #[schema(value_type = Vec<String>)]
    pub words: Vec<Thanks>,
    /// The local day.
    #[schema(value_type = String, format = Date, example = "2026-03-01")]
    pub day: Day,
}

impl From<Thanked> for ThanksView {
    fn from(Thanked { id, who, words, day }: Thanked) -> Self {
        Self { id: id.to_string(), who, words, day }
    }
}

/// Lists what residents thanked the clerk's shop for, newest first.
#[utoipa::path(tag = "thanks", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of thanks", body = PageView<ThanksView>),
        (status = 404, description = "The caller works in no shop", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/thanks")]
async fn list_thanks(
    app: Tenant,
    who: CurrentClerk,
    page: Params<PageParams>,
) -> Result<Tagged<PageView<ThanksView>>, ApiError> {
    let found = thanks::of_shop(&app, &who.0, page.0.page()?).await?;
    Ok(Tagged::private(PageView::of(found, ThanksView::from)))
}
