//! Deeds for people who are signed in: pages that are shared but for the reader's own marks. Each deed is kept as it is sent, in every form
//! that a reader may see; what is the reader's own is read with the request and chooses among them.

use actix_web::HttpRequest;
use bytes::Bytes;
use community::deeds::{Common, Place, Shown};
use domain::Code;
use domain::paging::Slice;
use foundation::App;
use foundation::pages::{Leaf, Line};
use http_kit::paging::PageView;
use http_kit::{ApiError, Own, Viewer, address};
use serde::Serialize;

use super::views::{DeedCardView, DeedView};

/// Whoever changed something that others see within so many seconds before a page was read reads it anew: clocks of two servers may differ
/// by as much.
const SETTLES_S: i64 = 5;

/// The answer to a person by the marks of this moment; none where the page is to be read for this person alone: it is nobody or staff who
/// asks, the deed is the reader's own or not public, or the reader has just changed something.
pub(super) async fn for_person(
    app: &App,
    req: &HttpRequest,
    viewer: &Viewer,
    make: impl AsyncFnOnce() -> Result<Leaf, ApiError>,
) -> Result<Option<Own>, ApiError> {
    let Some(who) = viewer.identity else { return Ok(None) };
    let leaf = app.pages.leaves.get(&app.store, address(req), make).await?;
    let lines = &leaf.what.lines;
    let marks = app.store.marks(who, lines.iter().map(|line| line.deed).collect()).await?;
    let resident = marks.home.map(|home| home.resident);
    let whole = leaf.what.head.is_empty();
    let is_own = |line: &Line| line.identity == who || (resident.is_some() && line.resident == resident);
    let is_plain = !whole || lines.iter().any(|line| !is_own(line));
    if !is_plain || marks.wrote_at.plus_seconds(SETTLES_S) >= leaf.read_at {
        return Ok(None);
    }
    let unit = marks.home.map(|home| home.unit);
    let body = leaf.what.body(|line| Line::place(unit == Some(line.home), marks.liked.contains(&line.deed)));
    Ok(Some(Own(body)))
}

/// A page of the feed.
pub(super) fn of_feed(found: Slice<Common, Place>) -> Result<Leaf, ApiError> {
    let lines = found.items.iter().map(line::<DeedCardView>).collect::<Result<_, _>>()?;
    let frame = Slice::<Shown, Place> { items: Vec::new(), next: found.next };
    let frame = json(&PageView::of(frame, DeedCardView::from))?;
    // An empty page, cut where its items would stand.
    const ITEMS: &[u8] = br#"{"items":["#;
    if !frame.starts_with(ITEMS) {
        return Err(Code::Internal.into());
    }
    Ok(Leaf { head: frame.slice(..ITEMS.len()), lines, tail: frame.slice(ITEMS.len()..) })
}

/// One deed, if it is public.
pub(super) fn of_deed(found: Option<Common>) -> Result<Leaf, ApiError> {
    let lines = found.iter().map(line::<DeedView>).collect::<Result<_, _>>()?;
    Ok(Leaf { lines, ..Leaf::default() })
}

fn line<View: From<Shown> + Serialize>(common: &Common) -> Result<Line, ApiError> {
    let Common { shown, to_neighbours, home } = common;
    let mut forms = [const { Bytes::new() }; foundation::pages::FORMS];
    for (same_unit, author) in [(false, &shown.author), (true, to_neighbours)] {
        for liked in [false, true] {
            let form = Shown { author: author.clone(), liked: Some(liked), ..shown.clone() };
            forms[Line::place(same_unit, liked)] = json(&View::from(form))?;
        }
    }
    let card = &shown.card;
    Ok(Line { deed: card.id, identity: card.identity, resident: card.resident, home: *home, forms })
}

fn json(body: &impl Serialize) -> Result<Bytes, ApiError> {
    serde_json::to_vec(body).map(Bytes::from).map_err(|_| Code::Internal.into())
}
