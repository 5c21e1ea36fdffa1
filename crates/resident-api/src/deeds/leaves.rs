//! Pages of deeds that are shared but for the reader's own marks: kept as they are sent to who is not signed in, with the places where the
//! marks of a reader go, which are the reader's own.

use actix_web::{Either, HttpRequest};
use bytes::{Bytes, BytesMut};
use community::deeds::{Common, Place, Shown};
use domain::ids::DeedId;
use domain::paging::Slice;
use domain::{Code, Ts};
use foundation::App;
use foundation::own::SETTLES_S;
use foundation::pages::{Leaf, Line, Seen, Text};
use http_kit::paging::PageView;
use http_kit::{ApiError, Own, Shared, Viewer, address, page_of};
use serde::Serialize;

use super::views::{DeedCardView, DeedView};

/// The answer from what is shared, with the reader's own marks; none where it has to be read for the reader alone: it is staff
/// who asks, the deed is the reader's own or not public, or the reader has just changed something.
pub(super) async fn answer(
    app: &App,
    req: &HttpRequest,
    viewer: &Viewer,
    make: impl AsyncFnOnce() -> Result<Leaf, ApiError>,
) -> Result<Option<Either<Shared, Own>>, ApiError> {
    if viewer.identity.is_none() && !viewer.is_nobody() {
        return Ok(None);
    }
    let leaf = app.pages.leaves.get(&app.store, address(req), make).await?;
    let Some(who) = viewer.identity else { return Ok(Shared::of_leaf(leaf).map(Either::Left)) };
    let lines = &leaf.what.lines;
    let mine = &app.own.mine(&app.store, who).await?.what.what;
    let deeds: Vec<DeedId> = lines.iter().map(|line| line.deed).collect();
    let liked = match mine.liked(&deeds) {
        Some(liked) => liked,
        None => app.store.liked(who, deeds).await?,
    };
    let resident = mine.home.map(|home| home.resident);
    let whole = leaf.what.head.is_empty();
    let is_own = |line: &Line| line.identity == who || (resident.is_some() && line.resident == resident);
    let is_plain = !whole || lines.iter().any(|line| !is_own(line));
    let wrote_at = liked.iter().map(|(_, at)| Ts(*at)).fold(mine.wrote_at, Ts::max);
    if !is_plain || wrote_at.plus_seconds(SETTLES_S) >= leaf.read_at {
        return Ok(None);
    }
    let unit = mine.home.map(|home| home.unit);
    let is_liked = |deed: DeedId| liked.iter().any(|(liked, _)| *liked == deed);
    let see = |line: &Line| Seen { near: unit == Some(line.home), liked: is_liked(line.deed) };
    Ok(Some(Either::Right(Own(leaf.what.body(see)))))
}

/// A page of the feed.
pub(super) fn of_feed(found: Slice<Common, Place>) -> Result<Leaf, ApiError> {
    let frame = Slice::<Shown, Place> { items: Vec::new(), next: found.next };
    let frame = json(&PageView::of(frame, DeedCardView::from))?;
    // An empty page, cut where its items stand in others.
    const ITEMS: &[u8] = br#"{"items":["#;
    if !frame.starts_with(ITEMS) {
        return Err(Code::Internal.into());
    }
    let (head, tail) = (frame.slice(..ITEMS.len()), frame.slice(ITEMS.len()..));
    let mut body = BytesMut::from(&head[..]);
    let mut places = Vec::with_capacity(found.items.len());
    for common in &found.items {
        if !places.is_empty() {
            body.extend_from_slice(b",");
        }
        let from = body.len();
        body.extend_from_slice(&json(&DeedCardView::from(common.shown.clone()))?);
        places.push(from..body.len());
    }
    body.extend_from_slice(&tail);
    let public = page_of(body.freeze());
    let cut = |(common, place)| line::<DeedCardView>(common, public.body.slice(place));
    let lines = found.items.iter().zip(places).map(cut).collect::<Result<_, _>>()?;
    Ok(Leaf { public: Some(public), head, lines, tail })
}

/// One deed, if it is public.
pub(super) fn of_deed(found: Option<Common>) -> Result<Leaf, ApiError> {
    let (mut public, mut lines) = (None, Vec::new());
    if let Some(common) = found {
        let text = json(&DeedView::from(common.shown.clone()))?;
        lines.push(line::<DeedView>(&common, text.clone())?);
        public = Some(page_of(text));
    }
    Ok(Leaf { public, head: Bytes::new(), lines, tail: Bytes::new() })
}

fn line<View: From<Shown> + Serialize>(common: &Common, text: Bytes) -> Result<Line, ApiError> {
    let Common { shown, to_neighbours, home } = common;
    let text_of = |json| Text::new(json).ok_or(ApiError::from(Code::Internal));
    let near = if *to_neighbours == shown.author {
        None
    } else {
        Some(text_of(json(&View::from(Shown { author: to_neighbours.clone(), ..shown.clone() }))?)?)
    };
    let card = &shown.card;
    let (deed, identity, resident) = (card.id, card.identity, card.resident);
    Ok(Line { deed, identity, resident, home: *home, text: text_of(text)?, near })
}

fn json(body: &impl Serialize) -> Result<Bytes, ApiError> {
    serde_json::to_vec(body).map(Bytes::from).map_err(|_| Code::Internal.into())
}
