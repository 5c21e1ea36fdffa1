//! Reports at the desk: reading them, and deciding them. A report that is upheld takes the deed down and settles all others of it.

use std::collections::HashMap;

use domain::access::{Permission, StaffActor};
use domain::deeds::DeedState;
use domain::ids::{DeedId, ReportId, ResidentId, UnitId};
use domain::masking::Audience;
use domain::paging::{Page, Slice};
use domain::{Code, text};
use foundation::inbox::{self, Kind};
use foundation::{App, Error, Once, RequestContext, Result};
use store::Db;
pub use store::reports::Report;

use crate::deeds::{Card, author};
use crate::reviews::refuse_kin;
use crate::{notes, people};

/// A report with the deed it is of.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The report.
    pub report: Report,
    /// The deed and its author's name; none if its author withdrew it.
    pub deed: Option<(Card, String)>,
}

fn entries(conn: &mut Db, reports: Vec<Report>) -> Result<Vec<Entry>> {
    let mut ids: Vec<DeedId> = reports.iter().map(|report| report.deed).collect();
    ids.sort_unstable();
    ids.dedup();
    let cards = store::deeds::cards(conn, &ids)?.into_iter().filter(|card| !card.is_withdrawn());
    let cards: HashMap<DeedId, Card> = cards.map(|card| (card.id, card)).collect();
    let entry = |report: Report| {
        let deed = cards.get(&report.deed).cloned();
        Entry { report, deed: deed.map(|card| (card.clone(), author(&card, Audience::Staff))) }
    };
    Ok(reports.into_iter().map(entry).collect())
}

/// The reports within reach, oldest first: open ones, or decided ones.
pub async fn list(
    app: &App,
    who: StaffActor,
    unit: Option<UnitId>,
    open: bool,
    page: Page<ReportId>,
) -> Result<Slice<Entry, ReportId>> {
    app.store
        .read(move |conn| {
            let roots = people::roots(conn, &who, Permission::ReadDesk, unit)?;
            let found = store::reports::list(conn, &roots, open, page.after, page.limit + 1)?;
            let slice = Slice::cut(found, page.limit, |report| report.id);
            Ok(Slice { items: entries(conn, slice.items)?, next: slice.next })
        })
        .await
}

/// One report, to answer with.
pub async fn one(app: &App, who: StaffActor, id: ReportId) -> Result<Entry> {
    app.store
        .read(move |conn| {
            let report = reached(conn, &who, Permission::ReadDesk, id)?;
            entries(conn, vec![report])?.pop().ok_or_else(|| Code::ReportNotFound.into())
        })
        .await
}

fn reached(conn: &mut Db, who: &StaffActor, permission: Permission, id: ReportId) -> Result<Report> {
    let report = store::reports::find(conn, id)?.ok_or(Error::from(Code::ReportNotFound))?;
    people::reach_object(conn, who, permission, report.unit, Code::ReportNotFound)?;
    Ok(report)
}

/// Decides a report: upheld with a reason, which the deed's author reads, or dismissed.
pub async fn decide(
    app: &App,
    who: StaffActor,
    id: ReportId,
    uphold: bool,
    reason: Option<&str>,
    ctx: RequestContext,
) -> Result<Once<ReportId>> {
    let reason = people::optional("reason", reason, text::REASON)?;
    if uphold && reason.is_none() {
        return Err(Code::ReasonRequired.into());
    }
    let now = app.now();
    app.store
        .write(move |conn| {
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                let report = reached(conn, &who, Permission::Review, id)?;
                let author = recuse(conn, &who, &report)?;
                let settled = if uphold {
                    take_down(conn, report.deed, reason.as_deref())?;
                    inbox::tell(conn, &notes::of_deed(author, Kind::DeedTakenDown, report.deed), now)?;
                    store::reports::settle(conn, report.deed, true, Some(who.id), now)?.contains(&id)
                } else {
                    store::reports::dismiss(conn, id, who.id, now)?
                };
                if !settled {
                    return Err(Code::AlreadyDecided.into());
                }
                let (action, object, unit) = ("reports.decide", id.to_string(), report.unit);
                let detail = serde_json::json!({ "deed": report.deed, "upheld": uphold });
                let act = people::Deed { who: Some(&who), action, object, unit, detail };
                people::record(conn, act, &ctx.request_id, now)?;
                Ok(id)
            })
        })
        .await
}

/// Nobody decides a report of the own or the own household's deed, nor one's own report. Returns the deed's author.
fn recuse(conn: &mut Db, who: &StaffActor, report: &Report) -> Result<Option<ResidentId>> {
    let card = store::deeds::card(conn, report.deed)?;
    if let Some(card) = &card {
        refuse_kin(conn, who, card.resident, card.household)?;
    }
    let reporter = store::identities::find(conn, report.identity)?.and_then(|identity| identity.resident);
    if reporter.is_some() && reporter == who.resident {
        return Err(Code::OwnAct.into());
    }
    Ok(card.and_then(|card| card.resident))
}

/// Takes a published deed out of every feed; its author and the desk still see it, with the reason.
fn take_down(conn: &mut Db, deed: DeedId, reason: Option<&str>) -> Result<()> {
    store::reviews::withdraw_comments(conn, deed)?;
    store::deeds::close(conn, deed, DeedState::Published, DeedState::TakenDown, reason)?;
    store::feed::hide(conn, deed)
}
