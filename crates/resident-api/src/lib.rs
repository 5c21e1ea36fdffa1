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
pub mod invitations;
mod list;
pub mod me;
pub mod merchants;
pub mod messages;
pub mod phones;
pub mod pictures;
pub mod qr_codes;
pub mod rankings;
pub mod redemptions;
pub mod rules;
pub mod sessions;
pub mod staff;
pub mod thanks;
pub mod units;
pub mod wechat;

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
            .configure(messages::routes)
            .configure(wechat::routes)
            .configure(thanks::routes)
            .configure(phones::routes)
            .configure(invitations::routes)
            .configure(qr_codes::routes)
            .configure(consents::routes)
            .configure(exports::routes)
            .configure(corrections::routes)
            .configure(deletions::routes)
            .configure(staff::routes),
    );
    config.service(sessions::jwks).service(qr_codes::page::open_code);
}
