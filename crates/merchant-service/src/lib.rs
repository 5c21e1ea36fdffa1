#![doc = include_str!("../README.md")]

pub mod figures;
pub mod inbox;
pub mod merchants;
pub mod offers;
pub mod pictures;
pub mod redemptions;
pub mod sessions;
pub mod thanks;

use utoipa_actix_web::service_config::ServiceConfig;

/// The name of the service: of its specification, and of its tokens' audience.
pub const NAME: &str = "merchant-service";

/// Every operation of the merchant service.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(
        utoipa_actix_web::scope("/v1")
            .configure(sessions::routes)
            .configure(pictures::routes)
            .configure(merchants::routes)
            .configure(offers::routes)
            .configure(redemptions::routes)
            .configure(figures::routes)
            .configure(inbox::routes)
            .configure(thanks::routes),
    );
    config.service(sessions::jwks);
}
