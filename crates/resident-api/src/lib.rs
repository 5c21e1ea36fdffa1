#![doc = include_str!("../README.md")]

pub mod claims;
pub mod comments;
pub mod consents;
pub mod corrections;
pub mod deeds;
pub mod deletions;
pub mod events;
pub mod exports;
pub mod inbox;
mod list;
pub mod me;
pub mod merchants;
pub mod pictures;
pub mod rankings;
pub mod redemptions;
pub mod rules;
pub mod sessions;
pub mod staff;
pub mod thanks;
pub mod units;

use utoipa_actix_web::service_config::ServiceConfig;

/// The name of the service: of its specification, and of its tokens' audience.
pub const NAME: &str = "resident-api";

/// Every operation of the resident API.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(
        utoipa_actix_web::scope("/v1")
            // Routes are tried in this order: what is asked for most often is found first.
            .configure(deeds::routes)
            .configure(rankings::routes)
            .configure(claims::routes)
            .configure(me::routes)
            .configure(sessions::routes)
            .configure(pictures::routes)
            .configure(events::routes)
            .configure(comments::routes)
            .configure(units::routes)
            .configure(merchants::routes)
            .configure(rules::routes)
            .configure(redemptions::routes)
            .configure(inbox::routes)
            .configure(thanks::routes)
            .configure(consents::routes)
            .configure(exports::routes)
            .configure(corrections::routes)
            .configure(deletions::routes)
            .configure(staff::routes),
    );
    config.service(sessions::jwks);
}
