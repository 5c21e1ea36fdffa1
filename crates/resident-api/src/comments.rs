//! Comments on deeds.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, Responder, delete, get, post};
use community::comments::{self, Shown};
use domain::ids::{CommentId, DeedId};
use domain::{Code, Ts};
use http_kit::json::Params;
use http_kit::paging::{PageParams, PageView};
use http_kit::who::CurrentResident;
use http_kit::{ApiError, Body, Context, Created, Tenant, Viewer, shared_or_own};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::deeds::reader;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_comments).service(write_comment).service(delete_comment);
}

/// A comment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "cmt_01jbr62tryfk1sh9p01j0gre6f", "deedId": "deed_01jbr62tryfk1sh9p01j0gre6f", "author": "李*",
    "authorAvatarId": null, "own": false, "text": "好样的！", "state": "published", "createdAt": "2026-03-02T03:00:00Z"}))]
pub struct CommentView {
    /// Its id.
    pub id: String,
    /// On which deed.
    pub deed_id: String,
    /// Its author, in the form for this reader.
    pub author: String,
    /// The picture that its author is shown by; null if there is none, or the author hides.
    pub author_avatar_id: Option<String>,
    /// Whether it is the reader's own.
    pub own: bool,
    /// What it says.
    pub text: String,
    /// `published`; for its author also `pending` or `rejected`.
    pub state: String,
    /// When it was written.
    pub created_at: String,
}

impl From<Shown> for CommentView {
    fn from(shown: Shown) -> Self {
        let comment = shown.comment;
        Self {
            id: comment.id.to_string(),
            deed_id: comment.deed.to_string(),
            author: shown.author,
            author_avatar_id: comment.avatar.filter(|_| !comment.hidden).map(|id| id.to_string()),
            own: shown.own,
            text: comment.text,
            state: comment.state,
            created_at: Ts(comment.created_at).to_string(),
        }
    }
}

/// Lists the comments of a published deed, newest first; own ones that wait for review are among them.
#[utoipa::path(tag = "deeds", params(("id" = String, Path, description = "The deed"), PageParams),
    responses((status = 200, description = "A page of comments", body = PageView<CommentView>)))]
#[get("/deeds/{id}/comments")]
async fn list_comments(
    app: Tenant,
    req: HttpRequest,
    viewer: Viewer,
    id: Path<DeedId>,
    query: Params<PageParams>,
) -> Result<impl Responder, ApiError> {
    let page = query.0.page()?;
    shared_or_own(&app, &viewer, &req, async || {
        let found = comments::list(&app, reader(&viewer), *id, page).await?;
        Ok(PageView::of(found, CommentView::from))
    })
    .await
}

/// A comment to write.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"text": "好样的！"}))]
pub struct WriteComment {
    /// What it says.
    #[validate(length(min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub text: String,
}

/// Comments on a published deed. Where the unit's policy asks for it, others see it after review.
#[utoipa::path(tag = "deeds", security(("bearer" = [])), request_body = WriteComment,
    params(("id" = String, Path, description = "The deed"),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "comment-2026-03-01-1", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The comment", body = CommentView)))]
#[post("/deeds/{id}/comments")]
async fn write_comment(
    app: Tenant,
    who: CurrentResident,
    id: Path<DeedId>,
    context: Context,
    body: Body<WriteComment>,
) -> Result<Created<CommentView>, ApiError> {
    let ctx = context.keyed(who.person.identity, &body);
    let written = comments::write(&app, who.person, *id, &body.value.text, ctx).await?;
    let shown = comments::own(&app, who.person, written.outcome).await?;
    let location = format!("/v1/comments/{}", written.outcome);
    Ok(Created { body: shown.into(), location, replayed: written.replayed })
}

/// Removes a comment: one's own, or as staff one within reach.
#[utoipa::path(tag = "deeds", security(("bearer" = [])), params(("id" = String, Path, description = "The comment")),
    responses((status = 204, description = "Gone")))]
#[delete("/comments/{id}")]
async fn delete_comment(
    app: Tenant,
    viewer: Viewer,
    id: Path<CommentId>,
    context: Context,
) -> Result<HttpResponse, ApiError> {
    if viewer.session.is_none() {
        return Err(Code::SignInRequired.into());
    }
    comments::remove(&app, reader(&viewer), *id, context.plain()).await?;
    Ok(HttpResponse::NoContent().finish())
}
