//! Rankings: a page of a board, and where somebody stands. Open periods are answered by the live board, periods that are over by the
//! database; with the live board away the database answers for it, and the answer says that it is stale.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::ids::{HouseholdId, ResidentId, UnitId};
use domain::masking::{Audience, display_name, household_name};
use domain::period::{Period, Span};
use domain::ranking::{BoardKey, Line, Subject};
use domain::{Code, Day, Id, Points, Ts};
use foundation::boards::{self, Read};
use foundation::{App, Error, Result};
use store::rankings::Named;
use uuid::Uuid;

/// After how many seconds an entry of the log that a board does not know makes it stale.
const STALE_AFTER_S: i64 = 2;

/// Which board is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The unit whose subtree is ranked.
    pub unit: UnitId,
    /// How long a period.
    pub span: Span,
    /// A day of the period; today if nothing is said.
    pub date: Option<Day>,
    /// Who is ranked.
    pub subject: Subject,
}

/// A line as anybody may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLine {
    /// 1 + the number of visible subjects with a higher score.
    pub rank: u64,
    /// Where in the list, from 1.
    pub position: u64,
    /// Merit.
    pub score: Points,
    /// The resident or household, as typed text.
    pub id: String,
    /// The masked name.
    pub name: String,
    /// The name of the unit that it belongs to.
    pub unit_name: String,
}

/// What is true of a whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The period.
    pub period: Period,
    /// Who is ranked.
    pub subject: Subject,
    /// How many are listed on the whole board.
    pub total: u64,
    /// The last entry of the log that the answer knows.
    pub as_of_seq: u64,
    /// Whether something older than two seconds may be missing.
    pub stale: bool,
    /// Whether the period is over: nothing counts there any more.
    pub frozen: bool,
}

/// A stretch of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardPage {
    /// The lines, best first.
    pub lines: Vec<NamedLine>,
    /// The position that the next page begins at, if there is more.
    pub next: Option<u64>,
    /// The rest.
    pub about: About,
}

/// Where one subject stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnStanding {
    /// The resident or household, as typed text.
    pub id: String,
    /// The rank held, or the one that a hidden person would hold.
    pub rank: u64,
    /// Where in the list, from 1; nothing for who is not listed.
    pub position: Option<u64>,
    /// Merit.
    pub score: Points,
    /// Whether the subject is hidden.
    pub hidden: bool,
    /// The lines just above, best first.
    pub above: Vec<NamedLine>,
    /// The lines just below.
    pub below: Vec<NamedLine>,
    /// The rest.
    pub about: About,
}

/// The lines of a board from a position (1 is the first) on.
pub async fn page(app: &App, asked: Asked, from_position: u64, limit: u64) -> Result<BoardPage> {
    let key = key_of(app, asked)?;
    let Read { what, away, frozen } = boards::page(app, key, from_position, limit).await?;
    let around = Surroundings::of(app, key, &what.lines, what.as_of_seq).await?;
    let last = what.lines.last().map_or(0, |line| line.position);
    Ok(BoardPage {
        next: (last > 0 && last < what.total).then_some(last + 1),
        about: About {
            period: key.period,
            subject: key.subject,
            total: what.total,
            as_of_seq: what.as_of_seq,
            stale: is_stale(app, away, frozen, around.oldest_unknown),
            frozen,
        },
        lines: around.name(key.subject, &what.lines),
    })
}

/// Where a resident, or the resident's household, stands, with the neighbours.
pub async fn standing(app: &App, resident: ResidentId, asked: Asked) -> Result<OwnStanding> {
    let key = key_of(app, asked)?;
    let id = match key.subject {
        Subject::Resident => resident.uuid(),
        Subject::Household => {
            let household =
                app.store.glance(move |conn| store::rankings::household_of(conn, resident)).await?;
            household.ok_or(Error::from(Code::NoHousehold))?.uuid()
        }
    };
    let Read { what, away, frozen } = boards::standing(app, key, id).await?;
    let near: Vec<Line> = what.above.iter().chain(&what.below).copied().collect();
    let around = Surroundings::of(app, key, &near, what.as_of_seq).await?;
    Ok(OwnStanding {
        id: typed(key.subject, id),
        rank: what.rank,
        position: what.position,
        score: Points::from_hundredths(what.score),
        hidden: what.hidden,
        above: around.name(key.subject, &what.above),
        below: around.name(key.subject, &what.below),
        about: About {
            period: key.period,
            subject: key.subject,
            total: what.total,
            as_of_seq: what.as_of_seq,
            stale: is_stale(app, away, frozen, around.oldest_unknown),
            frozen,
        },
    })
}

/// The board, unless the tenant has none or the day has not come.
fn key_of(app: &App, asked: Asked) -> Result<BoardKey> {
    if !app.rankings {
        return Err(Code::Disabled.into());
    }
    let today = app.store.today();
    let date = asked.date.unwrap_or(today);
    if date > today {
        return Err(Code::MalformedQuery.into());
    }
    Ok(BoardKey { unit: asked.unit, period: Period::of(asked.span, date), subject: asked.subject })
}

fn is_stale(app: &App, away: bool, frozen: bool, oldest_unknown: Option<Ts>) -> bool {
    let late = oldest_unknown.is_some_and(|at| at.plus_seconds(STALE_AFTER_S) < app.now());
    away || (late && !frozen)
}

fn typed(subject: Subject, id: Uuid) -> String {
    match subject {
        Subject::Resident => ResidentId(id).to_string(),
        Subject::Household => HouseholdId(id).to_string(),
    }
}

/// What the database says about an answer of a board.
struct Surroundings {
    named: HashMap<Uuid, Arc<Named>>,
    oldest_unknown: Option<Ts>,
}

impl Surroundings {
    /// Refused where there is no such unit, or it has no boards. All of it is what many read alike.
    async fn of(app: &App, key: BoardKey, lines: &[Line], as_of_seq: u64) -> Result<Self> {
        if !app.pages.place(&app.store, key.unit).await?.1.rankings {
            return Err(Code::Disabled.into());
        }
        let read =
            async || app.store.glance(move |conn| store::rankings::oldest_unknown(conn, as_of_seq)).await;
        let unknown = app.pages.unknown.get(&app.store, &as_of_seq, read).await?;
        let ids: HashSet<Uuid> = lines.iter().map(|line| line.id).collect();
        let named = app.pages.names(&app.store, key.subject, ids.into_iter().collect()).await?;
        Ok(Self { named, oldest_unknown: unknown.what })
    }

    /// The lines with masked names. Who hid since the board was read has no name here.
    fn name(&self, subject: Subject, lines: &[Line]) -> Vec<NamedLine> {
        let name = |line: &Line| {
            let named = self.named.get(&line.id);
            NamedLine {
                rank: line.rank,
                position: line.position,
                score: Points::from_hundredths(line.score),
                id: typed(subject, line.id),
                name: named.map_or_else(|| "已注销".to_owned(), |named| public_name(subject, named)),
                unit_name: named.map_or_else(String::new, |named| named.unit_name.clone()),
            }
        };
        lines.iter().map(name).collect()
    }
}

/// Boards are public: everybody reads the same names.
fn public_name(subject: Subject, named: &Named) -> String {
    match subject {
        Subject::Resident => display_name(named.person(), Audience::Public),
        Subject::Household => household_name(named.person(), named.subject_hidden, Audience::Public),
    }
}
