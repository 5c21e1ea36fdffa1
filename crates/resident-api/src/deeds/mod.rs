//! Deeds: the feed, one deed, posting, changing and withdrawing one's own.

mod leaves;
mod reactions;
pub(crate) mod views;

use actix_web::web::Path;
use actix_web::{Either, HttpRequest, HttpResponse, Responder, delete, get, post, put};
use community::deeds::{self, Content, FeedQuery, NewDeed, Order, Reader};
use domain::ids::{DeedId, ItemId, PictureId, UnitId};
use domain::{Day, Points};
use http_kit::json::Params;
use http_kit::paging::{PageParams, PageView, page};
use http_kit::who::{CurrentPerson, CurrentResident};
use http_kit::{ApiError, Body, Context, Created, Tagged, Tenant, Viewer, shared_or_own};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use views::{DeedCardView, DeedView, OwnDeedView, SectionKey};

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_deeds).service(post_deed).service(get_deed).service(edit_deed).service(delete_deed);
    config.service(list_own_deeds);
    reactions::routes(config);
}

/// Who reads, for the use cases.
pub(crate) fn reader(viewer: &Viewer) -> Reader {
    Reader { identity: viewer.identity, staff: viewer.staff, session: viewer.session }
}

/// How the feed is ordered.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedOrder {
    /// The newest first.
    #[default]
    Latest,
    /// The most liked first.
    Popular,
}

/// Deeds on a page if nothing is said: more than a telephone shows at once, in a body of at most some 8 KB.
const FEED_DEFAULT: u32 = 14;

/// Which deeds to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct DeedQuery {
    /// The unit whose subtree is listed; the whole tenant if nothing is said.
    #[param(value_type = Option<String>)]
    pub unit: Option<UnitId>,
    /// One section.
    #[param(inline)]
    pub section: Option<SectionKey>,
    /// `latest` if nothing is said.
    #[param(inline)]
    pub order: Option<FeedOrder>,
    /// Where to go on: `nextCursor` of the page before, of the same order.
    #[validate(length(max = 512))]
    #[param(max_length = 512)]
    pub cursor: Option<String>,
    /// How many items, 1 to 100; 14 if nothing is said, which are some 8 KB.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

/// Lists published deeds.
///
/// The popular order follows likes within a few seconds.
#[utoipa::path(tag = "deeds", params(DeedQuery),
    responses((status = 200, description = "A page of deeds", body = PageView<DeedCardView>),
        (status = 404, description = "No such unit", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/deeds")]
async fn list_deeds(
    app: Tenant,
    req: HttpRequest,
    viewer: Viewer,
    query: Params<DeedQuery>,
) -> Result<impl Responder, ApiError> {
    let query = query.0;
    let page = page(query.cursor.as_deref(), query.limit.or(Some(FEED_DEFAULT)))?;
    let order = match query.order.unwrap_or_default() {
        FeedOrder::Latest => Order::Latest,
        FeedOrder::Popular => Order::Popular,
    };
    let part = FeedQuery { unit: query.unit, section: query.section.map(Into::into), order };
    let common = async || leaves::of_feed(deeds::common_feed(&app, part, page).await?, order);
    if let Some(answer) = leaves::answer(&app, &req, &viewer, common).await? {
        return Ok(Either::Left(answer));
    }
    let make = async || {
        let found = deeds::feed(&app, reader(&viewer), part, page).await?;
        Ok(PageView::of(found, DeedCardView::from))
    };
    shared_or_own(&app, &viewer, &req, make).await.map(Either::Right)
}

/// A deed to post.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"section": "neighbours", "title": "帮邻居修水管", "text": "周六上午帮三单元的李奶奶修好了漏水的水管。",
    "pictureIds": ["pic_01jbr62tryfk1sh9p01j0gre6f"], "dayOfAct": "2026-03-01", "itemId": "item_01jbr62tryfk1sh9p01j0gre6f",
    "quantity": "1.50"}))]
pub struct PostDeed {
    /// The section.
    pub section: SectionKey,
    /// Its title.
    #[validate(length(min = 2, max = 40))]
    #[schema(min_length = 2, max_length = 40)]
    pub title: String,
    /// Its text.
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub text: String,
    /// Pictures that were uploaded before, in order.
    #[validate(length(min = 1, max = 9))]
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 9)]
    pub picture_ids: Vec<PictureId>,
    /// The unit it belongs to: the author's own, also if nothing is said.
    #[schema(value_type = Option<String>, example = "unit_01jbr62tryfk1sh9p01j0gre6f")]
    pub unit_id: Option<UnitId>,
    /// The day of the act: not in the future, and not further back than the unit's policy says.
    #[schema(value_type = String, format = Date, example = "2026-03-01")]
    pub day_of_act: Day,
    /// The rule item that it claims points by.
    #[schema(value_type = Option<String>, example = "item_01jbr62tryfk1sh9p01j0gre6f")]
    pub item_id: Option<ItemId>,
    /// How much of it, where the item asks for a quantity: with at most two decimals.
    #[schema(value_type = Option<String>, example = "1.50", pattern = "^[0-9]{1,12}(\\.[0-9]{1,2})?$")]
    pub quantity: Option<Points>,
}

/// Posts a deed. It is seen by others when it is published.
#[utoipa::path(tag = "deeds", security(("bearer" = [])), request_body = PostDeed,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "deed-2026-03-01-0001", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The deed, waiting for review", body = DeedView)))]
#[post("/deeds")]
async fn post_deed(
    app: Tenant,
    who: CurrentResident,
    context: Context,
    body: Body<PostDeed>,
) -> Result<Created<DeedView>, ApiError> {
    let ctx = context.keyed(who.person.identity, &body);
    let input = body.value;
    let content = Content::parse(input.section.into(), &input.title, &input.text, input.picture_ids)?;
    let new = NewDeed {
        content,
        unit: input.unit_id,
        day_of_act: input.day_of_act,
        item: input.item_id,
        quantity: input.quantity,
    };
    let posted = deeds::post(&app, who.person, new, ctx).await?;
    let shown = deeds::posted(&app, posted.outcome).await?;
    let location = format!("/v1/deeds/{}", posted.outcome);
    Ok(Created { body: shown.into(), location, replayed: posted.replayed })
}

fn own_reader(who: &CurrentResident) -> Reader {
    Reader { identity: Some(who.person.identity), staff: None, session: Some(who.person.session) }
}

/// Reads a deed: a published one by anyone; any other by its author and by staff who reach it.
#[utoipa::path(tag = "deeds", params(("id" = String, Path, description = "The deed")),
    responses((status = 200, description = "The deed", body = DeedView)))]
#[get("/deeds/{id}")]
async fn get_deed(
    app: Tenant,
    req: HttpRequest,
    viewer: Viewer,
    id: Path<DeedId>,
) -> Result<impl Responder, ApiError> {
    let common = async || leaves::of_deed(deeds::common_detail(&app, *id).await?);
    if let Some(answer) = leaves::answer(&app, &req, &viewer, common).await? {
        return Ok(Either::Left(answer));
    }
    let make = async || Ok(DeedView::from(deeds::detail(&app, reader(&viewer), *id).await?));
    shared_or_own(&app, &viewer, &req, make).await.map(Either::Right)
}

/// What a deed says instead.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"section": "neighbours", "title": "帮邻居修水管", "text": "周六上午帮三单元的李奶奶修好了漏水的水管。",
    "pictureIds": ["pic_01jbr62tryfk1sh9p01j0gre6f"]}))]
pub struct EditDeed {
    /// The section.
    pub section: SectionKey,
    /// Its title.
    #[validate(length(min = 2, max = 40))]
    #[schema(min_length = 2, max_length = 40)]
    pub title: String,
    /// Its text.
    #[validate(length(min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub text: String,
    /// All of its pictures, in order; those left out are deleted.
    #[validate(length(min = 1, max = 9))]
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 9)]
    pub picture_ids: Vec<PictureId>,
}

/// Changes one's own deed while it waits for review. Whoever had claimed the review claims it anew.
#[utoipa::path(tag = "deeds", security(("bearer" = [])), request_body = EditDeed,
    params(("id" = String, Path, description = "The deed")),
    responses((status = 200, description = "The deed as it is now", body = DeedView)))]
#[put("/deeds/{id}")]
async fn edit_deed(
    app: Tenant,
    who: CurrentResident,
    id: Path<DeedId>,
    body: Body<EditDeed>,
) -> Result<Tagged<DeedView>, ApiError> {
    let input = body.value;
    let content = Content::parse(input.section.into(), &input.title, &input.text, input.picture_ids)?;
    deeds::edit(&app, who.person, *id, content).await?;
    Ok(Tagged::private(deeds::detail(&app, own_reader(&who), *id).await?.into()))
}

/// Takes one's own deed back: title, text and pictures are gone at once. Points that it earned stay.
#[utoipa::path(tag = "deeds", security(("bearer" = [])), params(("id" = String, Path, description = "The deed")),
    responses((status = 204, description = "Gone")))]
#[delete("/deeds/{id}")]
async fn delete_deed(app: Tenant, who: CurrentPerson, id: Path<DeedId>) -> Result<HttpResponse, ApiError> {
    deeds::withdraw(&app, who.0, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lists one's own deeds, newest first, wherever they stand.
#[utoipa::path(tag = "me", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of own deeds", body = PageView<OwnDeedView>)))]
#[get("/me/deeds")]
async fn list_own_deeds(
    app: Tenant,
    who: CurrentResident,
    query: Params<PageParams>,
) -> Result<Tagged<PageView<OwnDeedView>>, ApiError> {
    let found = deeds::mine(&app, who.person, query.0.page()?).await?;
    Ok(Tagged::private(PageView::of(found, OwnDeedView::from)))
}
