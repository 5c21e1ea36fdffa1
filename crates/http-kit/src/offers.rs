//! What both services say of offers.

use domain::Day;
use domain::content::Finding;
use domain::hours::{Hours, TimeOfDay, Window};
use domain::period::Span;
use domain::shops::{Limit, OfferState};
use foundation::Result;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, Object, Type};
use validator::Validate;

use crate::findings::FindingView;

/// One to seven different weekdays.
fn weekdays() -> Array {
    let day = Object::builder().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(7));
    Array::builder().items(day).min_items(Some(1)).max_items(Some(7)).unique_items(true).build()
}

/// Some weekdays, and from when until when on each of them.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"weekdays": [1, 2, 3, 4, 5], "from": "09:00", "until": "21:30"}))]
pub struct WindowBody {
    /// 1 is Monday, 7 is Sunday; each once.
    #[validate(length(min = 1, max = 7))]
    #[schema(schema_with = weekdays)]
    pub weekdays: Vec<u8>,
    /// From this minute on, in the time of the place.
    #[schema(value_type = String, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "09:00")]
    pub from: TimeOfDay,
    /// Until this minute, which is outside; later than `from`. The end of the day is 24:00.
    #[schema(value_type = String, pattern = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", example = "21:30")]
    pub until: TimeOfDay,
}

/// A span of the calendar in which a limit counts.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitSpan {
    /// A day.
    Day,
    /// Monday to Sunday.
    Week,
    /// A month.
    Month,
    /// A year.
    Year,
    /// For ever.
    All,
}

/// How often one resident may use an offer.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"count": 1, "span": "week"}))]
pub struct LimitBody {
    /// How often.
    #[validate(range(min = 1, max = 1000))]
    #[schema(minimum = 1, maximum = 1000)]
    pub count: i32,
    /// In each of these.
    pub span: LimitSpan,
}

impl From<LimitBody> for Limit {
    fn from(body: LimitBody) -> Self {
        let span = match body.span {
            LimitSpan::Day => Span::Day,
            LimitSpan::Week => Span::Week,
            LimitSpan::Month => Span::Month,
            LimitSpan::Year => Span::Year,
            LimitSpan::All => Span::All,
        };
        Self { count: body.count, span }
    }
}

impl LimitBody {
    fn of(limit: Limit) -> Self {
        let span = match limit.span {
            Span::Day => LimitSpan::Day,
            Span::Week => LimitSpan::Week,
            Span::Month => LimitSpan::Month,
            Span::Quarter | Span::Year => LimitSpan::Year,
            Span::All => LimitSpan::All,
        };
        Self { count: limit.count, span }
    }
}

/// The hours that a request states.
pub fn hours(from_day: Option<Day>, until_day: Option<Day>, windows: Vec<WindowBody>) -> Hours {
    let window = |w: WindowBody| Window { weekdays: w.weekdays, from: w.from, until: w.until };
    Hours { from_day, until_day, windows: windows.into_iter().map(window).collect() }
}

/// An offer, as everybody sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "offer_01jbr62tryfk1sh9p01j0gre6f", "merchantId": "shop_01jbr62tryfk1sh9p01j0gre6f", "merchantName": "小李理发店",
    "title": "男士理发", "text": "洗剪吹", "listPrice": "35.00", "price": "30.00", "points": "5.00", "fromDay": null, "untilDay": "2026-12-31",
    "windows": [{"weekdays": [1, 2, 3, 4, 5], "from": "09:00", "until": "21:30"}], "perResident": {"count": 1, "span": "week"},
    "perDay": 20, "pictureIds": ["pic_01jbr62tryfk1sh9p01j0gre6f"], "openNow": true, "version": 2}))]
pub struct OfferView {
    /// Its id.
    pub id: String,
    /// Its shop.
    pub merchant_id: String,
    /// What its shop is called.
    pub merchant_name: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// What it costs otherwise, in yuan.
    pub list_price: String,
    /// What it costs with points, in yuan.
    pub price: String,
    /// The points.
    pub points: String,
    /// The first day; null: no limit.
    pub from_day: Option<String>,
    /// The last day; null: no limit.
    pub until_day: Option<String>,
    /// Hours of the week; none: always.
    pub windows: Vec<WindowBody>,
    /// How often one resident may use it; null: no limit.
    pub per_resident: Option<LimitBody>,
    /// How often it is to be had in a day; null: no limit.
    pub per_day: Option<i32>,
    /// Its pictures, in order.
    pub picture_ids: Vec<String>,
    /// Whether this is an hour at which it is to be had.
    pub open_now: bool,
    /// Counts changes; send it back as `If-Match: "v2"` to change it or to decide on it.
    pub version: i64,
}

impl OfferView {
    /// An offer with its shop's name and its pictures.
    pub fn of(
        offer: &store::offers::Offer,
        merchant_name: &str,
        pictures: &[domain::ids::PictureId],
        open_now: bool,
    ) -> Result<Self> {
        let hours = offer.hours()?;
        let window = |w: Window| WindowBody { weekdays: w.weekdays, from: w.from, until: w.until };
        Ok(Self {
            id: offer.id.to_string(),
            merchant_id: offer.merchant.to_string(),
            merchant_name: merchant_name.to_owned(),
            title: offer.title.clone(),
            text: offer.text.clone(),
            list_price: offer.list_price().to_string(),
            price: offer.price().to_string(),
            points: offer.points().to_string(),
            from_day: hours.from_day.map(|day| day.to_string()),
            until_day: hours.until_day.map(|day| day.to_string()),
            windows: hours.windows.into_iter().map(window).collect(),
            per_resident: offer.limit()?.map(LimitBody::of),
            per_day: offer.per_day,
            picture_ids: pictures.iter().map(ToString::to_string).collect(),
            open_now,
            version: offer.version,
        })
    }
}

/// Whether an offer was reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferStateWord {
    /// It waits for the desk.
    Pending,
    /// It shows, if it is open and its shop takes part.
    Published,
    /// It does not show; a change sends it back to the desk.
    Rejected,
}

impl From<OfferStateWord> for OfferState {
    fn from(word: OfferStateWord) -> Self {
        match word {
            OfferStateWord::Pending => Self::Pending,
            OfferStateWord::Published => Self::Published,
            OfferStateWord::Rejected => Self::Rejected,
        }
    }
}
impl From<OfferState> for OfferStateWord {
    fn from(state: OfferState) -> Self {
        match state {
            OfferState::Pending => Self::Pending,
            OfferState::Published => Self::Published,
            OfferState::Rejected => Self::Rejected,
        }
    }
}

/// An offer, as its shop and the desk see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "offer_01jbr62tryfk1sh9p01j0gre6f", "merchantId": "shop_01jbr62tryfk1sh9p01j0gre6f", "merchantName": "小李理发店",
    "title": "男士理发", "text": "洗剪吹", "listPrice": "35.00", "price": "30.00", "points": "5.00", "fromDay": null, "untilDay": "2026-12-31",
    "windows": [{"weekdays": [1, 2, 3, 4, 5], "from": "09:00", "until": "21:30"}], "perResident": {"count": 1, "span": "week"},
    "perDay": 20, "pictureIds": ["pic_01jbr62tryfk1sh9p01j0gre6f"], "openNow": false, "version": 1, "state": "pending", "open": true,
    "reason": null, "check": null}))]
pub struct OfferInsideView {
    /// The offer.
    #[serde(flatten)]
    pub offer: OfferView,
    /// Whether it was reviewed.
    pub state: OfferStateWord,
    /// Whether its shop has it open.
    pub open: bool,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// What the check of its text said; null if it passed, or nobody was asked.
    pub check: Option<FindingView>,
}

impl OfferInsideView {
    /// An offer with what only its shop and the desk see.
    pub fn of(offer: &store::offers::Offer, view: OfferView, check: Option<Finding>) -> Result<Self> {
        Ok(Self {
            offer: view,
            state: offer.state()?.into(),
            open: offer.open,
            reason: offer.reason.clone(),
            check: check.map(Into::into),
        })
    }
}
