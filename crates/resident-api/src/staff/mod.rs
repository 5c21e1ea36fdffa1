//! The staff desk.

pub mod accounts;
pub mod audit;
pub mod catalogue_schema;
pub mod catalogues;
pub mod claims;
pub mod corrections;
pub mod events;
pub mod households;
pub mod imports;
pub mod invitations;
pub mod join_requests;
pub mod merchants;
pub mod policies;
pub mod reports;
pub mod residents;
pub mod reviews;
pub mod units;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every operation of the desk.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(
        utoipa_actix_web::scope("/staff")
            .configure(accounts::routes)
            .configure(audit::routes)
            .configure(catalogues::routes)
            .configure(claims::routes)
            .configure(corrections::routes)
            .configure(events::routes)
            .configure(households::routes)
            .configure(imports::routes)
            .configure(invitations::routes)
            .configure(join_requests::routes)
            .configure(merchants::routes)
            .configure(policies::routes)
            .configure(reports::routes)
            .configure(residents::routes)
            .configure(reviews::routes)
            .configure(units::routes),
    );
}
