//! A shop: applying for it, its page, and who works there.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, get, post, put};
use alliance::merchant_staff::{self, Member, Newcomer};
use alliance::merchants::{self, Shown, Wanted};
use domain::access::ShopRole;
use domain::ids::{ClerkId, PictureId, UnitId};
use domain::{FieldFault, Ts};
use http_kit::shops::{CategoryWord, ShopInsideView, ShopProposalView};
use http_kit::{ApiError, Body, Context, Created, CurrentClerk, Etag, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(apply_for_shop)
        .service(get_own_shop)
        .service(change_own_shop)
        .service(list_shop_staff)
        .service(add_shop_staff)
        .service(remove_shop_staff);
}

fn view(shown: Shown) -> Result<ShopInsideView, ApiError> {
    let proposal = match &shown.proposal {
        Some(proposed) => Some(ShopProposalView::of(&proposed.front()?, &proposed.pictures)?),
        None => None,
    };
    Ok(ShopInsideView::of(&shown.merchant, &shown.pictures, proposal, shown.applicant, shown.check)?)
}

/// What a shop says of itself, in an application with more, and in a change alone.
macro_rules! shop_body {
    ($(#[$meta:meta])* $name:ident { { $($first:tt)* } $(#[$pictures:meta])* picture_ids, { $($last:tt)* } }) => {
        #[derive(Debug, Deserialize, Validate, ToSchema)]
        $(#[$meta])*
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            $($first)*
            /// Its trade.
            pub category: CategoryWord,
            /// Its name.
            #[validate(length(min = 2, max = 40))]
            #[schema(min_length = 2, max_length = 40)]
            pub name: String,
            /// Where it is.
            #[validate(length(min = 2, max = 120))]
            #[schema(min_length = 2, max_length = 120)]
            pub address: String,
            /// Its public number, if it has one: digits, blanks and `+ - ( )`.
            #[validate(length(min = 3, max = 30))]
            #[schema(pattern = "^[0-9][-0-9 +()]{1,28}[0-9]$")]
            pub phone: Option<String>,
            /// What it says of itself.
            #[validate(length(min = 1, max = 1000))]
            #[schema(min_length = 1, max_length = 1000)]
            pub text: String,
            $(#[$pictures])*
            #[serde(default)]
            #[validate(length(max = 9))]
            #[schema(value_type = Vec<String>, max_items = 9)]
            pub picture_ids: Vec<PictureId>,
            $($last)*
        }

        impl From<$name> for Wanted {
            fn from(body: $name) -> Self {
                let $name { category, name, address, phone, text, picture_ids: pictures, .. } = body;
                Self { category: category.into(), name, address, phone, text, pictures }
            }
        }
    };
}

shop_body! {
    /// An application of a shop.
    #[schema(example = json!({"unitId": "unit_01jbr62tryfk1sh9p01j0gre6f", "category": "hairdressing", "name": "小李理发店",
        "address": "柳湾路 12 号", "phone": "0634-6212345", "text": "老店，开了二十年。", "pictureIds": [], "applicantName": "李师傅"}))]
    Application {
        {
            /// The unit it belongs to.
            #[schema(value_type = String, example = "unit_01jbr62tryfk1sh9p01j0gre6f")]
            pub unit_id: UnitId,
        }
        /// Own pictures that belong to nothing yet.
        picture_ids,
        {
            /// What the applicant is called, for the desk.
            #[validate(length(min = 1, max = 40))]
            #[schema(min_length = 1, max_length = 40)]
            pub applicant_name: Option<String>,
        }
    }
}
shop_body! {
    /// What may change of a shop.
    #[schema(example = json!({"category": "hairdressing", "name": "小李理发店", "address": "柳湾路 14 号", "phone": "0634-6212345",
        "text": "老店，开了二十年。", "pictureIds": []}))]
    ChangeShop {
        {}
        /// Its pictures, in order: those that stay, and own ones that belong to nothing yet.
        picture_ids,
        {}
    }
}

/// Applies for the admission of a shop.
///
/// Whoever applies is its owner. A rejected shop may apply again, with the reason in mind; the desk decides once.
#[utoipa::path(tag = "shop", security(("bearer" = [])), request_body = Application,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "apply-2026-03-02-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "The shop, which waits for the desk", body = ShopInsideView)))]
#[post("/merchants")]
async fn apply_for_shop(
    app: Tenant,
    who: CurrentClerk,
    context: Context,
    body: Body<Application>,
) -> Result<Created<ShopInsideView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let mut applied = body.value;
    let (unit, applicant) = (applied.unit_id, applied.applicant_name.take());
    let once = merchants::apply(&app, who.0, unit, applied.into(), applicant, ctx).await?;
    let body = view(merchants::of_applicant(&app, who.0, once.outcome).await?)?;
    Ok(Created { body, location: "/v1/merchant".to_owned(), replayed: once.replayed })
}

/// Reads the shop that one works in.
#[utoipa::path(tag = "shop", security(("bearer" = [])), responses((status = 200, description = "The shop", body = ShopInsideView),
    (status = 404, description = "One works in no shop", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/merchant")]
async fn get_own_shop(app: Tenant, who: CurrentClerk) -> Result<Tagged<ShopInsideView>, ApiError> {
    let shown = merchants::own(&app, who.0).await?;
    let version = shown.merchant.version;
    Ok(Tagged::versioned(view(shown)?, version))
}

/// Changes the page of the own shop; owners only.
///
/// While the shop applies it is simply written. Once it was approved, the change is a proposal: the shop goes on as it stands until the desk
/// agrees. The page as it stands takes a proposal back.
#[utoipa::path(tag = "shop", security(("bearer" = [])), request_body = ChangeShop,
    params(("If-Match" = String, Header, description = "The version that was read", example = "\"v1\"")),
    responses((status = 200, description = "The shop", body = ShopInsideView)))]
#[put("/merchant")]
async fn change_own_shop(
    app: Tenant,
    who: CurrentClerk,
    etag: Etag,
    body: Body<ChangeShop>,
) -> Result<Tagged<ShopInsideView>, ApiError> {
    merchants::change(&app, who.0, etag.0, body.value.into()).await?;
    let shown = merchants::own(&app, who.0).await?;
    let version = shown.merchant.version;
    Ok(Tagged::versioned(view(shown)?, version))
}

/// What somebody is in a shop.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShopRoleWord {
    /// Runs the shop: its page, its people, its offers.
    Owner,
    /// Stands at the till.
    Clerk,
}

impl From<ShopRoleWord> for ShopRole {
    fn from(word: ShopRoleWord) -> Self {
        match word {
            ShopRoleWord::Owner => Self::Owner,
            ShopRoleWord::Clerk => Self::Clerk,
        }
    }
}

/// Somebody who works in a shop.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"clerkId": "clerk_01jbr62tryfk1sh9p01j0gre6f", "role": "clerk", "login": "till-1", "name": "小张",
    "since": "2026-03-02T02:00:00Z"}))]
pub struct ShopMemberView {
    /// The account.
    pub clerk_id: String,
    /// What one is there.
    pub role: ShopRoleWord,
    /// The name it signs in by, if it has one.
    pub login: Option<String>,
    /// The person's name; empty until it is said.
    pub name: String,
    /// Since when.
    pub since: String,
}

impl From<Member> for ShopMemberView {
    fn from(m: Member) -> Self {
        let is_owner = m.role == ShopRole::Owner.word();
        Self {
            clerk_id: m.clerk.to_string(),
            role: if is_owner { ShopRoleWord::Owner } else { ShopRoleWord::Clerk },
            login: m.login,
            name: m.name,
            since: Ts(m.since).to_string(),
        }
    }
}

/// Everybody who works in a shop.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"items": [{"clerkId": "clerk_01jbr62tryfk1sh9p01j0gre6f", "role": "owner", "login": null, "name": "李师傅",
    "since": "2026-03-02T02:00:00Z"}]}))]
pub struct ShopStaffView {
    /// The longest there first.
    pub items: Vec<ShopMemberView>,
}

/// Lists who works in the own shop; owners only.
#[utoipa::path(tag = "shop", security(("bearer" = [])), responses((status = 200, description = "Everybody there", body = ShopStaffView),
    (status = 404, description = "One works in no shop", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/merchant/staff")]
async fn list_shop_staff(app: Tenant, who: CurrentClerk) -> Result<Tagged<ShopStaffView>, ApiError> {
    let members = merchant_staff::list(&app, who.0).await?;
    Ok(Tagged::private(ShopStaffView { items: members.into_iter().map(ShopMemberView::from).collect() }))
}

/// Somebody to add: either `clerkId`, or `login`, `name` and `password`.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"login": "till-1", "name": "小张", "password": "a long phrase of one's own", "role": "clerk"}))]
pub struct AddShopStaff {
    /// An account that has signed in by WeChat and works nowhere.
    #[schema(value_type = Option<String>, example = "clerk_01jbr62tryfk1sh9p01j0gre6f")]
    pub clerk_id: Option<ClerkId>,
    /// The sign-in name of an account to make.
    #[validate(length(min = 3, max = 40))]
    #[schema(min_length = 3, max_length = 40)]
    pub login: Option<String>,
    /// The person's name.
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40)]
    pub name: Option<String>,
    /// The password: at least 12 characters, and nothing common.
    #[validate(length(min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128, format = Password)]
    pub password: Option<String>,
    /// What one shall be there.
    pub role: ShopRoleWord,
}

impl AddShopStaff {
    fn read(self) -> Result<(Newcomer, ShopRole), ApiError> {
        let newcomer = match (self.clerk_id, self.login, self.name, self.password) {
            (Some(clerk), None, None, None) => Newcomer::Known(clerk),
            (None, Some(login), Some(name), Some(password)) => Newcomer::Account { login, name, password },
            _ => {
                let zh = "请填写 clerkId，或同时填写 login、name 和 password";
                let en = "give either clerkId, or login, name and password";
                return Err(FieldFault::new("clerkId", "one_of", zh, en).into());
            }
        };
        Ok((newcomer, self.role.into()))
    }
}

/// Adds somebody to the own shop; owners only.
#[utoipa::path(tag = "shop", security(("bearer" = [])), request_body = AddShopStaff,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of the client's choice: the same request is done once",
        example = "staff-2026-03-02-01", pattern = "^[A-Za-z0-9_-]{16,64}$")),
    responses((status = 201, description = "Who works there now", body = ShopMemberView)))]
#[post("/merchant/staff")]
async fn add_shop_staff(
    app: Tenant,
    who: CurrentClerk,
    context: Context,
    body: Body<AddShopStaff>,
) -> Result<Created<ShopMemberView>, ApiError> {
    let ctx = context.keyed(who.0.id, &body);
    let (newcomer, role) = body.value.read()?;
    let once = merchant_staff::add(&app, who.0, newcomer, role, ctx).await?;
    let body = merchant_staff::read(&app, who.0, once.outcome).await?.into();
    Ok(Created { body, location: format!("/v1/merchant/staff/{}", once.outcome), replayed: once.replayed })
}

/// Ends somebody's work in the own shop, at once; owners only. One owner stays.
#[utoipa::path(tag = "shop", security(("bearer" = [])), params(("id" = String, Path, description = "The account")),
    responses((status = 204, description = "The account works there no more")))]
#[delete("/merchant/staff/{id}")]
async fn remove_shop_staff(
    app: Tenant,
    who: CurrentClerk,
    id: Path<ClerkId>,
) -> Result<HttpResponse, ApiError> {
    merchant_staff::remove(&app, who.0, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
