//! The deletion of the own account.

use actix_web::{HttpResponse, delete, get, post};
use community::erasure::{self, Deletion};
use domain::Ts;
use domain::erasure::Posts;
use http_kit::who::CurrentPerson;
use http_kit::{ApiError, Body, Created, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_my_deletion).service(ask_for_deletion).service(cancel_deletion);
}

/// The deletion that was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "del_01jbr62tryfk1sh9p01j0gre6f", "posts": "anonymous", "state": "waiting", "askedAt": "2026-03-01T08:00:00Z",
    "dueAt": "2026-03-08T08:00:00Z"}))]
pub struct DeletionView {
    /// Its id.
    pub id: String,
    /// What becomes of deeds and comments: `anonymous` or `remove`.
    pub posts: String,
    /// `waiting` until it begins.
    pub state: String,
    /// When it was asked for.
    pub asked_at: String,
    /// When it begins: until then it can be cancelled.
    pub due_at: String,
}

impl From<Deletion> for DeletionView {
    fn from(deletion: Deletion) -> Self {
        Self {
            id: deletion.id.to_string(),
            posts: deletion.posts,
            state: deletion.state,
            asked_at: Ts(deletion.asked_at).to_string(),
            due_at: Ts(deletion.due_at).to_string(),
        }
    }
}

/// Reads the deletion that the caller asked for; 404 when none waits.
#[utoipa::path(tag = "deletion", security(("bearer" = [])),
    responses((status = 200, description = "The deletion", body = DeletionView),
        (status = 404, description = "None was asked for", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/me/deletion")]
async fn get_my_deletion(app: Tenant, who: CurrentPerson) -> Result<Tagged<DeletionView>, ApiError> {
    Ok(Tagged::private(erasure::read(&app, who.0).await?.into()))
}

/// What becomes of deeds and comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostsWord {
    /// They stay, and nobody is named as their author.
    Anonymous,
    /// They go, with their pictures.
    Remove,
}

/// The wish to have the own account deleted.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"posts": "anonymous", "confirm": "注销账号"}))]
pub struct AskForDeletion {
    /// What becomes of deeds and comments.
    pub posts: PostsWord,
    /// `注销账号` or `delete my account`, written by the person.
    #[validate(length(max = 40))]
    #[schema(max_length = 40)]
    pub confirm: String,
}

/// Asks for the deletion of the own account. It begins after the days that the tenant leaves to think it over (seven, if it says nothing
/// else); until then everything goes on, and it can be cancelled.
#[utoipa::path(tag = "deletion", security(("bearer" = [])), request_body = AskForDeletion,
    responses((status = 201, description = "It waits", body = DeletionView)))]
#[post("/me/deletion")]
async fn ask_for_deletion(
    app: Tenant,
    who: CurrentPerson,
    body: Body<AskForDeletion>,
) -> Result<Created<DeletionView>, ApiError> {
    let posts = match body.value.posts {
        PostsWord::Anonymous => Posts::Anonymous,
        PostsWord::Remove => Posts::Remove,
    };
    let body = erasure::ask(&app, who.0, posts, &body.value.confirm).await?.into();
    Ok(Created { body, location: "/v1/me/deletion".to_owned(), replayed: false })
}

/// Takes the wish back.
#[utoipa::path(tag = "deletion", security(("bearer" = [])), responses((status = 204, description = "The account stays"),
    (status = 404, description = "None waits", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[delete("/me/deletion")]
async fn cancel_deletion(app: Tenant, who: CurrentPerson) -> Result<HttpResponse, ApiError> {
    erasure::cancel(&app, who.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
