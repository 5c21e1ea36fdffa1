//! The caller's telephone number, as WeChat knows it.

use actix_web::{HttpResponse, delete, put};
use community::phones;
use http_kit::who::CurrentPerson;
use http_kit::{ApiError, Body, Tagged, Tenant};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::me::MeView;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(bind_phone).service(remove_phone);
}

/// What the telephone button gave to the mini-program.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"code": "bc9d7a2e41f05c8e6d3b1a9f7c5e3d1b0a8f6e4c2d0b9a7f5e3c1d9b7a5f3e1c"}))]
pub struct BindPhone {
    /// `e.detail.code` of `<button open-type="getPhoneNumber">`: another one than that of `wx.login`, good for five minutes and once.
    #[validate(length(min = 1, max = 512))]
    #[schema(min_length = 1, max_length = 512, pattern = "^[!-~]{1,512}$")]
    pub code: String,
}

impl std::fmt::Debug for BindPhone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BindPhone").finish_non_exhaustive()
    }
}

/// Binds the telephone number that WeChat knows of the caller, in the place of the one before.
///
/// The code is sent to WeChat once, with the caller's openid: another person's code is refused. Where WeChat does not answer (503) nothing
/// changed, and the button gives another code.
#[utoipa::path(tag = "me", security(("bearer" = [])), request_body = BindPhone,
    responses((status = 200, description = "The caller", body = MeView)))]
#[put("/me/phone")]
async fn bind_phone(
    app: Tenant,
    who: CurrentPerson,
    body: Body<BindPhone>,
) -> Result<Tagged<MeView>, ApiError> {
    Ok(Tagged::private(phones::bind(&app, who.0, &body.value.code).await?.into()))
}

/// Removes the caller's telephone number. There may be none.
#[utoipa::path(tag = "me", security(("bearer" = [])), responses((status = 204, description = "Removed")))]
#[delete("/me/phone")]
async fn remove_phone(app: Tenant, who: CurrentPerson) -> Result<HttpResponse, ApiError> {
    phones::remove(&app, who.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
