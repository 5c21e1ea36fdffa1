//! The caller's own inbox.

use actix_web::web::Json;
use actix_web::{get, post, put};
use http_kit::inbox::{
    self, ChangeSettings, InboxQuery, InboxView, MarkRead, OwnInbox, SettingsView, UnreadView,
};
use http_kit::{ApiError, Body, Params, Tagged, Tenant};
use utoipa_actix_web::service_config::ServiceConfig;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_inbox)
        .service(mark_inbox_read)
        .service(get_inbox_settings)
        .service(put_inbox_settings);
}

/// Lists what happened to the caller's matters, newest first, for 180 days.
///
/// Residents, guests and staff each have one.
#[utoipa::path(tag = "inbox", security(("bearer" = [])), params(InboxQuery),
    responses((status = 200, description = "A page of the inbox", body = InboxView)))]
#[get("/inbox")]
async fn list_inbox(
    app: Tenant,
    owner: OwnInbox,
    query: Params<InboxQuery>,
) -> Result<Tagged<InboxView>, ApiError> {
    inbox::list(&app, owner, query.0).await
}

/// Marks entries of the caller's inbox as read. To do it again changes nothing.
#[utoipa::path(tag = "inbox", security(("bearer" = [])), request_body = MarkRead,
    responses((status = 200, description = "How many are unread now", body = UnreadView)))]
#[post("/inbox/read")]
async fn mark_inbox_read(
    app: Tenant,
    owner: OwnInbox,
    body: Body<MarkRead>,
) -> Result<Json<UnreadView>, ApiError> {
    inbox::mark(&app, owner, body.value).await
}

/// Reads of what the caller is told.
#[utoipa::path(tag = "inbox", security(("bearer" = [])),
    responses((status = 200, description = "The kinds", body = SettingsView)))]
#[get("/inbox/settings")]
async fn get_inbox_settings(app: Tenant, owner: OwnInbox) -> Result<Tagged<SettingsView>, ApiError> {
    inbox::settings(&app, owner).await
}

/// Sets of what the caller is not told. It holds for what happens from now on.
#[utoipa::path(tag = "inbox", security(("bearer" = [])), request_body = ChangeSettings,
    responses((status = 200, description = "The kinds", body = SettingsView)))]
#[put("/inbox/settings")]
async fn put_inbox_settings(
    app: Tenant,
    owner: OwnInbox,
    body: Body<ChangeSettings>,
) -> Result<Tagged<SettingsView>, ApiError> {
    inbox::change(&app, owner, &body.value).await
}
