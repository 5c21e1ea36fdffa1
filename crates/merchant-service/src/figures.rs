//! What the shop sold, for whoever runs it.

use actix_web::http::header::{self, ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpResponse, get};
use alliance::figures::{self, Asked, Figures, Sold};
use domain::period::Span;
use domain::{Day, Money, Points};
use http_kit::json::Params;
use http_kit::who::CurrentClerk;
use http_kit::{ApiError, Tagged, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_figures).service(export_figures);
}

/// What figures are grouped by.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FiguresBy {
    /// Days.
    #[default]
    Day,
    /// Weeks, from Monday to Sunday.
    Week,
    /// Months of the calendar.
    Month,
}

/// Which figures.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct FiguresQuery {
    /// The first day; 30 days up to the last if nothing is said. Its whole period is counted.
    #[param(value_type = Option<String>, format = Date, example = "2026-02-01")]
    pub from: Option<Day>,
    /// The last day, at most 400 after the first; today if nothing is said. Its whole period is counted.
    #[param(value_type = Option<String>, format = Date, example = "2026-03-02")]
    pub until: Option<Day>,
    /// `day` if nothing is said.
    #[param(inline)]
    pub by: Option<FiguresBy>,
}

impl FiguresQuery {
    fn asked(&self) -> Asked {
        let by = match self.by.unwrap_or_default() {
            FiguresBy::Day => Span::Day,
            FiguresBy::Week => Span::Week,
            FiguresBy::Month => Span::Month,
        };
        Asked { from: self.from, until: self.until, by }
    }
}

/// What was sold in one period, or in all.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SoldView {
    /// How many redemptions were captured and not voided since.
    pub redemptions: i64,
    /// How many different customers.
    pub customers: i64,
    /// How many of them bought here with points for the first time.
    pub new_customers: i64,
    /// How many had before.
    pub returning_customers: i64,
    /// The points that came in.
    #[schema(value_type = String, example = "150.00")]
    pub points: Points,
    /// What the customers paid, in yuan.
    #[schema(value_type = String, example = "90.00")]
    pub cash: Money,
    /// What they saved, in yuan.
    #[schema(value_type = String, example = "15.00")]
    pub saved: Money,
}

impl From<Sold> for SoldView {
    fn from(sold: Sold) -> Self {
        Self {
            redemptions: sold.redemptions,
            customers: sold.customers,
            new_customers: sold.new_customers,
            returning_customers: sold.returning(),
            points: sold.points,
            cash: sold.cash,
            saved: sold.list.checked_sub(sold.cash).unwrap_or(Money::ZERO),
        }
    }
}

/// A period.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeriodView {
    /// Its first day.
    #[schema(value_type = String, format = Date, example = "2026-03-02")]
    pub start: Day,
    /// What was sold in it.
    #[serde(flatten)]
    pub sold: SoldView,
}

/// The figures of the shop.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"from": "2026-03-02", "until": "2026-03-02", "by": "day",
    "periods": [{"start": "2026-03-02", "redemptions": 3, "customers": 2, "newCustomers": 1, "returningCustomers": 1, "points": "150.00",
        "cash": "90.00", "saved": "15.00"}],
    "inAll": {"redemptions": 3, "customers": 2, "newCustomers": 1, "returningCustomers": 1, "points": "150.00", "cash": "90.00",
        "saved": "15.00"}}))]
pub struct FiguresView {
    /// The first day of the first period.
    #[schema(value_type = String, format = Date, example = "2026-03-02")]
    pub from: Day,
    /// The last day of the last period.
    #[schema(value_type = String, format = Date, example = "2026-03-02")]
    pub until: Day,
    /// `day`, `week` or `month`.
    pub by: &'static str,
    /// Each period in order; those in which nothing was sold, too.
    pub periods: Vec<PeriodView>,
    /// All of them together: a customer of two periods is one.
    pub in_all: SoldView,
}

impl From<Figures> for FiguresView {
    fn from(figures: Figures) -> Self {
        let period = |(start, sold): (Day, Sold)| PeriodView { start, sold: sold.into() };
        Self {
            from: figures.from,
            until: figures.until,
            by: figures.by.word(),
            periods: figures.periods.into_iter().map(period).collect(),
            in_all: figures.in_all.into(),
        }
    }
}

/// Reads the figures of the shop by day, week or month; for its owners.
#[utoipa::path(tag = "figures", security(("bearer" = [])), params(FiguresQuery),
    responses((status = 200, description = "The figures", body = FiguresView),
        (status = 404, description = "The caller works in no shop", body = http_kit::problem::Problem, content_type = "application/problem+json"),
        (status = 422, description = "The days are out of order or too many", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/figures")]
async fn get_figures(
    app: Tenant,
    who: CurrentClerk,
    query: Params<FiguresQuery>,
) -> Result<Tagged<FiguresView>, ApiError> {
    Ok(Tagged::private(figures::figures(&app, &who.0, query.0.asked()).await?.into()))
}

/// The bytes of an XLSX workbook.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary, example = "(the bytes of a workbook)")]
#[expect(dead_code, reason = "the bytes are sent as they are; this is how the specification shows them")]
pub struct FiguresWorkbook(Vec<u8>);

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Exports the figures of the shop as an XLSX workbook; for its owners.
#[utoipa::path(tag = "figures", security(("bearer" = [])), params(FiguresQuery),
    responses((status = 200, description = "The workbook", body = FiguresWorkbook,
            content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (status = 404, description = "The caller works in no shop", body = http_kit::problem::Problem, content_type = "application/problem+json"),
        (status = 422, description = "The days are out of order or too many", body = http_kit::problem::Problem, content_type = "application/problem+json")))]
#[get("/figures/export")]
async fn export_figures(
    app: Tenant,
    who: CurrentClerk,
    query: Params<FiguresQuery>,
) -> Result<HttpResponse, ApiError> {
    let figures = figures::figures(&app, &who.0, query.0.asked()).await?;
    let name = format!("figures-{}-{}-{}.xlsx", figures.by.word(), figures.from, figures.until);
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(name)],
    };
    let mut builder = HttpResponse::Ok();
    builder.insert_header(disposition).insert_header((header::CACHE_CONTROL, "private, no-store"));
    Ok(builder.content_type(XLSX).body(figures::workbook(&figures)?))
}
