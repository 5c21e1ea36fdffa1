//! Pages of deeds that are shared but for the reader's own marks: kept as they are sent to who is not signed in, with the places where the
//! marks of a reader go, which are the reader's own.

use actix_web::{Either, HttpRequest};
use bytes::Bytes;
use community::deeds::{Common, Counts, Edition, Order, Place, Shown};
use domain::ids::DeedId;
use domain::paging::Slice;
use domain::{Code, Ts};
use foundation::App;
use foundation::own::SETTLES_S;
use foundation::pages::{Leaf, Line, Seen, Text};
use http_kit::paging::PageView;
use http_kit::{ApiError, Own, Shared, Viewer, address, json_bytes};
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
    // What was kept is most often right but for its counts, which cost much less than the page.
    let make = async |kept: Option<&Leaf>| {
        let again = match kept.and_then(|kept| Some((kept, kept.counted()?))) {
            Some((kept, deeds)) => app.store.counts(deeds).await?.and_then(|found| kept.again(&found)),
            None => None,
        };
        match again {
            Some(leaf) => Ok(leaf),
            None => make().await,
        }
    };
    let leaf = app.pages.leaves.renewed(&app.store, address(req), make).await?;
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

/// A page of the feed. In the popular order, which likes change, an edition does not say what stands on it.
pub(super) fn of_feed(
    (edition, found): (Edition, Slice<Common, Place>),
    order: Order,
) -> Result<Leaf, ApiError> {
    let frame = Slice::<Shown, Place> { items: Vec::new(), next: found.next };
    let frame = json_bytes(&PageView::of(frame, DeedCardView::from))?;
    // An empty page, cut where its items stand in others.
    const ITEMS: &[u8] = br#"{"items":["#;
    if !frame.starts_with(ITEMS) {
        return Err(Code::Internal.into());
    }
    let (head, tail) = (frame.slice(..ITEMS.len()), frame.slice(ITEMS.len()..));
    let lines = found.items.iter().map(line::<DeedCardView>).collect::<Result<_, _>>()?;
    Ok(Leaf::new(head, lines, tail, (order == Order::Latest).then_some(edition)))
}

/// One deed, if it is public.
pub(super) fn of_deed(found: Option<(Edition, Common)>) -> Result<Leaf, ApiError> {
    let Some((edition, common)) = found else { return Ok(Leaf::nobodys()) };
    Ok(Leaf::new(Bytes::new(), vec![line::<DeedView>(&common)?], Bytes::new(), Some(edition)))
}

fn line<View: From<Shown> + Serialize>(common: &Common) -> Result<Line, ApiError> {
    let Common { shown, to_neighbours, home } = common;
    let card = &shown.card;
    let counts = Counts { likes: card.like_count, comments: card.comment_count, shares: card.share_count };
    let text_of = |shown: Shown| {
        Text::new(&json_bytes(&View::from(shown))?, counts).ok_or(ApiError::from(Code::Internal))
    };
    let near = if *to_neighbours == shown.author {
        None
    } else {
        Some(text_of(Shown { author: to_neighbours.clone(), ..shown.clone() })?)
    };
    let (deed, identity, resident) = (card.id, card.identity, card.resident);
    Ok(Line { deed, identity, resident, home: *home, counts, text: text_of(shown.clone())?, near })
}
