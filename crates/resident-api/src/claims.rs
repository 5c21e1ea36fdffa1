//! One's own points: what there is, and every change with its reason.

use actix_web::{HttpRequest, get};
use community::points::{self, Account, Change, Purse, Spent, Told};
use domain::access::Role;
use domain::policy::AccountHolder;
use domain::{Day, Points, Ts};
use http_kit::json::Params;
use http_kit::paging::{PageParams, PageView};
use http_kit::who::NamedPerson;
use http_kit::{ApiError, Own, Tenant, address, json_bytes};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(my_account).service(my_transfers);
}

/// What an account holds of one kind.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BalanceView {
    /// Everything that was posted.
    #[schema(value_type = String, example = "25.00")]
    pub posted: Points,
    /// What is held for something not finished yet.
    #[schema(value_type = String, example = "0.00")]
    pub pending: Points,
    /// What is left of it.
    #[schema(value_type = String, example = "25.00")]
    pub available: Points,
}

impl From<points::Balance> for BalanceView {
    fn from(balance: points::Balance) -> Self {
        Self { posted: balance.posted, pending: balance.pending, available: balance.available() }
    }
}

/// The points of one holder.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PurseView {
    /// `resident` or `household`.
    pub holder: &'static str,
    /// Honour: counts on boards and is never spent.
    pub merit: BalanceView,
    /// What can be spent.
    pub redeemable: BalanceView,
}

impl From<Purse> for PurseView {
    fn from(purse: Purse) -> Self {
        Self { holder: purse.holder.word(), merit: purse.merit.into(), redeemable: purse.redeemable.into() }
    }
}

/// The points that count for the caller.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"accountHolder": "resident", "accounts": [{"holder": "resident",
    "merit": {"posted": "25.00", "pending": "0.00", "available": "25.00"},
    "redeemable": {"posted": "25.00", "pending": "0.00", "available": "25.00"}}]}))]
pub struct AccountView {
    /// `resident` or `household`: whose account awards go to where the caller lives.
    pub account_holder: &'static str,
    /// The own account first, then the household's where there is one.
    pub accounts: Vec<PurseView>,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        let account_holder = match account.account_holder {
            AccountHolder::Resident => "resident",
            AccountHolder::Household => "household",
        };
        Self { account_holder, accounts: account.purses.into_iter().map(PurseView::from).collect() }
    }
}

/// Reads the caller's points.
#[utoipa::path(tag = "points", security(("bearer" = [])), responses((status = 200, description = "The points", body = AccountView)))]
#[get("/me/account")]
async fn my_account(app: Tenant, req: HttpRequest, who: NamedPerson) -> Result<Own, ApiError> {
    Own::of(&app, &req, who, async || Ok(AccountView::from(points::account(&app, who.session).await?))).await
}

/// Who decided, as residents see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeciderView {
    /// `secretary`, `assessor` and so on; null if it is not known any more.
    #[schema(value_type = Option<String>, example = "secretary")]
    pub role: Option<Role>,
    /// The surname with a star, or 工作人员.
    pub name: String,
}

/// The claim behind a change of points.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimReasonView {
    /// The claim.
    pub claim_id: String,
    /// Whether the award has been reversed since.
    pub reversed: bool,
    /// The rule item, in the version that was paid by.
    pub item_id: String,
    /// Its code.
    pub item_code: String,
    /// The act, in Chinese.
    pub item_name_zh: String,
    /// The act, in English.
    pub item_name_en: String,
    /// The figure of that version.
    pub item_points: Option<crate::rules::FigureView>,
    /// The catalogue.
    pub catalogue_id: String,
    /// Which version of its unit.
    pub catalogue_version: i32,
    /// The day of the act.
    #[schema(value_type = String, example = "2026-03-01")]
    pub day_of_act: Day,
    /// The quantity, if there is one.
    #[schema(value_type = Option<String>, example = "1.50")]
    pub quantity: Option<Points>,
    /// The deed, if it was for one.
    pub deed_id: Option<String>,
    /// The deed's title.
    pub deed_title: Option<String>,
    /// The title of the event at which it was earned.
    pub event_title: Option<String>,
    /// On a household's account: which member earned it.
    pub earned_by: Option<String>,
    /// Who decided or, of a reversal, who reversed it.
    pub decided_by: DeciderView,
    /// What was noted when it was entered or, of a reversal, why it was reversed.
    pub note: Option<String>,
}

impl From<Told> for ClaimReasonView {
    fn from(told: Told) -> Self {
        let (deed_id, deed_title) =
            told.deed.map_or((None, None), |(id, title)| (Some(id.to_string()), title));
        Self {
            claim_id: told.id.to_string(),
            reversed: told.reversed,
            item_id: told.item.to_string(),
            item_points: told.rule.item.points.as_ref().map(Into::into),
            item_code: told.rule.item.code.clone(),
            item_name_zh: told.rule.item.name_zh.clone(),
            item_name_en: told.rule.item.name_en.clone(),
            catalogue_id: told.rule.catalogue.to_string(),
            catalogue_version: told.rule.number,
            day_of_act: told.day_of_act,
            quantity: told.quantity,
            deed_id,
            deed_title,
            event_title: told.event_title,
            earned_by: told.earned_by,
            decided_by: DeciderView {
                role: told.role,
                name: told.decider.unwrap_or_else(|| "工作人员".to_owned()),
            },
            note: told.note,
        }
    }
}

/// The sale behind a change of points.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SaleReasonView {
    /// The redemption; `redemptions/{id}` has its state and its receipts.
    pub redemption_id: String,
    /// The shop's name.
    pub shop_name: String,
    /// The offer's title.
    pub offer_title: String,
    /// On a household's account: which member bought.
    pub bought_by: Option<String>,
}

impl From<Spent> for SaleReasonView {
    fn from(spent: Spent) -> Self {
        Self {
            redemption_id: spent.redemption.to_string(),
            shop_name: spent.shop,
            offer_title: spent.offer,
            bought_by: spent.customer,
        }
    }
}

/// A change of points.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "xfer_01jbr62tryfk1sh9p01j0gre6f", "holder": "resident", "kind": "merit", "amount": "2.00",
    "reason": "award", "mode": "posted", "reverses": null, "at": "2026-03-01T02:00:00Z", "claim": {
    "claimId": "claim_01jbr62tryfk1sh9p01j0gre6f", "reversed": false, "itemId": "item_01jbr62tryfk1sh9p01j0gre6f", "itemCode": "BQ-001",
    "itemNameZh": "助人为乐", "itemNameEn": "Helping others", "itemPoints": {"kind": "fixed", "points": "2.00", "min": null, "max": null,
    "grades": [], "step": null}, "catalogueId": "cat_01jbr62tryfk1sh9p01j0gre6f", "catalogueVersion": 1, "dayOfAct": "2026-02-28",
    "quantity": null, "deedId": "deed_01jbr62tryfk1sh9p01j0gre6f", "deedTitle": "帮邻居搬东西", "eventTitle": null, "earnedBy": null,
    "decidedBy": {"role": "secretary", "name": "王*"}, "note": null}, "sale": null}))]
pub struct ChangeView {
    /// The transfer.
    pub id: String,
    /// `resident` or `household`: whose account.
    pub holder: &'static str,
    /// `merit` or `redeemable`.
    pub kind: &'static str,
    /// What was gained, or given if it is below zero.
    #[schema(value_type = String, example = "2.00")]
    pub amount: Points,
    /// `award`, `deduction`, `redemption`, `reset`, `base_score` or `reversal`.
    pub reason: String,
    /// `posted` and `post` moved points; `pending` holds them; `void` lets them go.
    pub mode: String,
    /// The change that this one reverses.
    pub reverses: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime, example = "2026-03-01T02:00:00Z")]
    pub at: Ts,
    /// The claim behind it, if there is one.
    pub claim: Option<ClaimReasonView>,
    /// What was bought with it, if it is of a sale.
    pub sale: Option<SaleReasonView>,
}

impl From<Change> for ChangeView {
    fn from(change: Change) -> Self {
        Self {
            id: change.id.to_string(),
            holder: change.holder.word(),
            kind: change.kind.word(),
            amount: change.amount,
            reason: change.reason,
            mode: change.mode,
            reverses: change.reverses.map(|id| id.to_string()),
            at: change.at,
            claim: change.claim.map(ClaimReasonView::from),
            sale: change.sale.map(SaleReasonView::from),
        }
    }
}

/// Lists the changes of the caller's points with the reason of each, newest first.
#[utoipa::path(tag = "points", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of changes", body = PageView<ChangeView>)))]
#[get("/me/transfers")]
async fn my_transfers(
    app: Tenant,
    req: HttpRequest,
    who: NamedPerson,
    query: Params<PageParams>,
) -> Result<Own, ApiError> {
    let page = query.0.page()?;
    let make = async || {
        let (resident, as_of) = points::owner(&app, who.session).await?;
        let make = async || {
            let found = points::transfers(&app, resident, page).await?;
            json_bytes(&PageView::of(found, ChangeView::from))
        };
        app.own.unmoved((resident, &as_of), address(&req), make).await
    };
    Own::of_bytes(&app, &req, who, make).await
}
