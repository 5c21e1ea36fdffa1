//! The desk's reviews.

use utoipa_actix_web::service_config::ServiceConfig;

/// The operations.
pub fn routes(_config: &mut ServiceConfig<'_>) {}
