//! Rankings: boards that anybody reads, and where one stands.

use actix_web::web::Path;
use actix_web::{HttpRequest, get};
use community::rankings::{self, About, Asked, BoardPage, NamedLine, OwnStanding};
use domain::Day;
use domain::ids::UnitId;
use domain::paging::PAGE_DEFAULT;
use domain::period::Span;
use domain::ranking::Subject;
use http_kit::json::Params;
use http_kit::paging::{decode, encode};
use http_kit::who::NamedPerson;
use http_kit::{ApiError, Own, Shared, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

/// The operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_board).service(get_own_standing);
}

/// How long a period is.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SpanWord {
    /// One day.
    #[default]
    Day,
    /// Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// A quarter of a calendar year.
    Quarter,
    /// A calendar year.
    Year,
    /// All time.
    All,
}

impl From<SpanWord> for Span {
    fn from(word: SpanWord) -> Self {
        match word {
            SpanWord::Day => Self::Day,
            SpanWord::Week => Self::Week,
            SpanWord::Month => Self::Month,
            SpanWord::Quarter => Self::Quarter,
            SpanWord::Year => Self::Year,
            SpanWord::All => Self::All,
        }
    }
}

/// Who is ranked.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubjectWord {
    /// Residents.
    #[default]
    Resident,
    /// Households.
    Household,
}

impl From<SubjectWord> for Subject {
    fn from(word: SubjectWord) -> Self {
        match word {
            SubjectWord::Resident => Self::Resident,
            SubjectWord::Household => Self::Household,
        }
    }
}

/// Which stretch of which board.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct BoardQuery {
    /// How long a period; a day if nothing is said.
    #[param(inline)]
    pub period: Option<SpanWord>,
    /// A day of the period, not in the future; today if nothing is said.
    #[param(value_type = Option<String>, format = Date, example = "2026-03-02")]
    pub date: Option<Day>,
    /// Who is ranked; residents if nothing is said.
    #[param(inline)]
    pub subject: Option<SubjectWord>,
    /// Where to go on: `nextCursor` of the page before.
    #[validate(length(max = 512))]
    #[param(max_length = 512)]
    pub cursor: Option<String>,
    /// How many lines, 1 to 100; 20 if nothing is said.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

/// Which board.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct StandingQuery {
    /// How long a period; a day if nothing is said.
    #[param(inline)]
    pub period: Option<SpanWord>,
    /// A day of the period, not in the future; today if nothing is said.
    #[param(value_type = Option<String>, format = Date, example = "2026-03-02")]
    pub date: Option<Day>,
    /// Whose standing: the resident's own if nothing is said, or the household's.
    #[param(inline)]
    pub subject: Option<SubjectWord>,
}

fn asked(unit: UnitId, period: Option<SpanWord>, date: Option<Day>, subject: Option<SubjectWord>) -> Asked {
    Asked { unit, span: period.unwrap_or_default().into(), date, subject: subject.unwrap_or_default().into() }
}

/// A period of the calendar.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"span": "week", "start": "2026-03-02", "end": "2026-03-08"}))]
pub struct PeriodView {
    /// `day`, `week`, `month`, `quarter`, `year` or `all`.
    pub span: String,
    /// Its first day; null for all time.
    #[schema(format = Date)]
    pub start: Option<String>,
    /// Its last day; null for all time.
    #[schema(format = Date)]
    pub end: Option<String>,
}

impl From<domain::period::Period> for PeriodView {
    fn from(period: domain::period::Period) -> Self {
        let end = period.end();
        Self {
            span: period.span.to_string(),
            start: end.map(|_| period.start.to_string()),
            end: end.map(|end| end.plus(-1).to_string()),
        }
    }
}

/// A line of a board.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"rank": 1, "position": 1, "id": "res_01jbr62tryfk1sh9p01j0gre6e", "name": "王*", "unitName": "石桥一组", "score": "25.00"}))]
pub struct RankingLineView {
    /// 1 + the number of listed subjects with a higher score; equal scores share it.
    pub rank: u64,
    /// The place in the list, from 1.
    pub position: u64,
    /// The resident or household.
    pub id: String,
    /// The name as the public sees it.
    pub name: String,
    /// The unit that the resident or household belongs to.
    pub unit_name: String,
    /// Merit in the period.
    pub score: String,
}

impl From<NamedLine> for RankingLineView {
    fn from(line: NamedLine) -> Self {
        Self {
            rank: line.rank,
            position: line.position,
            id: line.id,
            name: line.name,
            unit_name: line.unit_name,
            score: line.score.to_string(),
        }
    }
}

/// What is true of a whole answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"period": {"span": "day", "start": "2026-03-02", "end": "2026-03-02"}, "subject": "resident", "total": 38,
    "asOfSeq": 1204, "stale": false, "frozen": false}))]
pub struct AboutBoardView {
    /// The period.
    pub period: PeriodView,
    /// `resident` or `household`.
    pub subject: String,
    /// How many are listed on the whole board.
    pub total: u64,
    /// The last entry of the log that the answer knows.
    pub as_of_seq: u64,
    /// Whether something older than two seconds may be missing; reading again later helps.
    pub stale: bool,
    /// Whether the period is over: scores and places stand for ever, but for who hides.
    pub frozen: bool,
}

impl From<About> for AboutBoardView {
    fn from(about: About) -> Self {
        Self {
            period: about.period.into(),
            subject: about.subject.to_string(),
            total: about.total,
            as_of_seq: about.as_of_seq,
            stale: about.stale,
            frozen: about.frozen,
        }
    }
}

/// A page of a board.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"items": [{"rank": 1, "position": 1, "id": "res_01jbr62tryfk1sh9p01j0gre6e", "name": "王*", "unitName": "石桥一组",
    "score": "25.00"}], "nextCursor": null, "period": {"span": "day", "start": "2026-03-02", "end": "2026-03-02"}, "subject": "resident",
    "total": 1, "asOfSeq": 1204, "stale": false, "frozen": false}))]
pub struct BoardView {
    /// The lines, best first.
    pub items: Vec<RankingLineView>,
    /// Send it as `cursor` to get the next page; null on the last.
    pub next_cursor: Option<String>,
    /// The rest.
    #[serde(flatten)]
    pub about: AboutBoardView,
}

impl From<BoardPage> for BoardView {
    fn from(page: BoardPage) -> Self {
        Self {
            items: page.lines.into_iter().map(Into::into).collect(),
            next_cursor: page.next.map(|position| encode(&position)),
            about: page.about.into(),
        }
    }
}

/// Where one stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "res_01jbr62tryfk1sh9p01j0gre6e", "rank": 2, "position": 2, "score": "12.50", "hidden": false,
    "above": [{"rank": 1, "position": 1, "id": "res_01jbr62tryfk1sh9p01j0gre6f", "name": "李*", "unitName": "石桥一组", "score": "25.00"}],
    "below": [], "period": {"span": "day", "start": "2026-03-02", "end": "2026-03-02"}, "subject": "resident", "total": 2,
    "asOfSeq": 1204, "stale": false, "frozen": false}))]
pub struct StandingView {
    /// The resident or household.
    pub id: String,
    /// The rank held; for who is hidden, the rank that would be held.
    pub rank: u64,
    /// The place in the list, from 1; null for who is not listed.
    pub position: Option<u64>,
    /// Merit in the period.
    pub score: String,
    /// Whether the resident or household is hidden from every list.
    pub hidden: bool,
    /// Up to two lines just above, best first.
    pub above: Vec<RankingLineView>,
    /// Up to two lines just below.
    pub below: Vec<RankingLineView>,
    /// The rest.
    #[serde(flatten)]
    pub about: AboutBoardView,
}

impl From<OwnStanding> for StandingView {
    fn from(own: OwnStanding) -> Self {
        Self {
            id: own.id,
            rank: own.rank,
            position: own.position,
            score: own.score.to_string(),
            hidden: own.hidden,
            above: own.above.into_iter().map(Into::into).collect(),
            below: own.below.into_iter().map(Into::into).collect(),
            about: own.about.into(),
        }
    }
}

/// Reads a board.
#[utoipa::path(tag = "rankings", params(("unitId" = String, Path, description = "The unit whose subtree is ranked"), BoardQuery),
    responses((status = 200, description = "A page of the board", body = BoardView)))]
#[get("/rankings/{unitId}")]
async fn get_board(
    app: Tenant,
    req: HttpRequest,
    unit: Path<UnitId>,
    query: Params<BoardQuery>,
) -> Result<Shared, ApiError> {
    let BoardQuery { period, date, subject, cursor, limit } = query.0;
    let from: u64 = cursor.as_deref().map(decode).transpose()?.unwrap_or(1);
    let limit = u64::from(limit.unwrap_or(PAGE_DEFAULT));
    let asked = asked(*unit, period, date, subject);
    Shared::of(&app, &req, async || Ok(BoardView::from(rankings::page(&app, asked, from, limit).await?)))
        .await
}

/// Reads where one stands, with the neighbours.
#[utoipa::path(tag = "rankings", security(("bearer" = [])),
    params(("unitId" = String, Path, description = "The unit whose subtree is ranked"), StandingQuery),
    responses((status = 200, description = "The own standing", body = StandingView)))]
#[get("/rankings/{unitId}/me")]
async fn get_own_standing(
    app: Tenant,
    req: HttpRequest,
    who: NamedPerson,
    unit: Path<UnitId>,
    query: Params<StandingQuery>,
) -> Result<Own, ApiError> {
    let StandingQuery { period, date, subject } = query.0;
    let make = async || {
        let resident = app.own.resident(&app.store, who.identity).await?;
        let own = rankings::standing(&app, resident, asked(*unit, period, date, subject)).await?;
        Ok(StandingView::from(own))
    };
    Own::of(&app, &req, who, make).await
}
