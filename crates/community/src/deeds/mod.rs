//! Deeds as they are read: the feed, one deed, one's own. What a reader sees of a deed and of its author is decided here.

mod post;

use std::collections::HashSet;
use std::sync::OnceLock;

use domain::access::{Permission, StaffActor};
use domain::deeds::{DeedState, Section};
use domain::ids::{DeedId, IdentityId, ResidentId, SessionId, StaffId, UnitId};
use domain::masking::{self, Audience};
use domain::paging::{Page, Slice};
use domain::{Code, Ts};
use foundation::{AnyId, App, Error, Person, Result};
use store::Db;
pub use store::deeds::Card;
use store::deeds::Home;
pub use store::editions::{Counts, Edition};
pub use store::feed::{Order, Place};
pub use store::pictures::Beside;

pub use post::{Content, NewDeed, edit, post, posted, withdraw};
pub(crate) use post::{SAID, take_back};

/// How many characters of a text a feed shows.
pub const EXCERPT_MAX: usize = 160;

/// Who reads, as the token says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reader {
    /// The person, if a person is signed in.
    pub identity: Option<IdentityId>,
    /// The staff account, if staff are signed in.
    pub staff: Option<StaffId>,
    /// The session, if any.
    pub session: Option<SessionId>,
}

/// A reader with what decides on what it sees.
pub(crate) struct Eyes {
    identity: Option<IdentityId>,
    home: Option<Home>,
    staff: Option<StaffActor>,
}

impl Eyes {
    /// Looks up where a person lives and what staff reach.
    pub(crate) fn open(conn: &mut Db, reader: Reader, now: Ts) -> Result<Self> {
        let home = match reader.identity {
            Some(identity) => store::deeds::home(conn, identity)?,
            None => None,
        };
        let staff = match (reader.staff, reader.session) {
            (Some(_), Some(session)) => Some(store::sessions::staff_actor(conn, session, now)?),
            _ => None,
        };
        Ok(Self { identity: reader.identity, home, staff })
    }
    /// Whether something is the reader's own.
    pub(crate) fn is_author(&self, identity: IdentityId, resident: Option<ResidentId>) -> bool {
        let same_resident = resident.is_some() && self.home.map(|home| home.resident) == resident;
        self.identity == Some(identity) || same_resident
    }
    /// Whether this is the account that reads: a person's identity, or staff.
    pub(crate) fn is_account(&self, id: AnyId) -> bool {
        self.identity.map(AnyId::of) == Some(id) || self.staff.as_ref().map(|s| AnyId::of(s.id)) == Some(id)
    }
    /// Whether the reader is staff who may do this in the unit.
    pub(crate) fn reaches(&self, conn: &mut Db, permission: Permission, unit: UnitId) -> Result<bool> {
        let Some(staff) = &self.staff else { return Ok(false) };
        Ok(staff.may(permission, &store::units::path(conn, unit)?))
    }
    /// How the reader sees people who live there.
    pub(crate) fn audience(&self, home: UnitId) -> Audience {
        let same_unit = self.home.is_some_and(|own| own.unit == home);
        if same_unit { Audience::SameUnit } else { Audience::Public }
    }
}

/// A deed as one reader sees it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The deed.
    pub card: Card,
    /// Its author's name, in the form for this reader.
    pub author: String,
    /// Its pictures, and its author's.
    pub beside: Beside,
    /// Whether the reader likes it; none for readers who cannot.
    pub liked: Option<bool>,
    /// Whether it is the reader's own.
    pub own: bool,
    /// Whether the reader may know where it stands and why.
    pub inside: bool,
}

/// Which part of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedQuery {
    /// The unit whose subtree it is; the root if nothing is said.
    pub unit: Option<UnitId>,
    /// One section.
    pub section: Option<Section>,
    /// In which order.
    pub order: Order,
}

/// A page of the feed.
pub async fn feed(
    app: &App,
    reader: Reader,
    query: FeedQuery,
    page: Page<Place>,
) -> Result<Slice<Shown, Place>> {
    let (now, root) = (app.now(), app.pages.root.clone());
    app.store
        .glance(move |conn| {
            let Slice { items, next } = cards(conn, &root, query, page)?;
            let eyes = Eyes::open(conn, reader, now)?;
            Ok(Slice { items: dress(conn, &eyes, items)?, next })
        })
        .await
}

fn cards(
    conn: &mut Db,
    root: &OnceLock<UnitId>,
    query: FeedQuery,
    page: Page<Place>,
) -> Result<Slice<Card, Place>> {
    let unit = match (query.unit, root.get()) {
        (Some(unit), _) => Some(store::units::require(conn, unit)?.id),
        (None, Some(root)) => Some(*root),
        (None, None) => store::units::children(conn, None, None, 1)?.first().map(|root| root.id),
    };
    let Some(unit) = unit else { return Ok(Slice { items: Vec::new(), next: None }) };
    if query.unit.is_none() {
        // A tenant has one root, for ever.
        let _known = root.set(unit);
    }
    let section = query.section.map(Section::word);
    let cards = store::feed::page(conn, unit, section, query.order, page.after, page.limit + 1)?;
    Ok(Slice::cut(cards, page.limit, |card| (card.key, card.id)))
}

/// One deed. A published one is for anyone; others are for their author and for staff who reach them, and a withdrawn one for nobody.
pub async fn detail(app: &App, reader: Reader, id: DeedId) -> Result<Shown> {
    if reader == Reader::default() {
        return public(app, id).await?.map(|(_, shown)| shown).ok_or(Code::DeedNotFound.into());
    }
    let now = app.now();
    app.store
        .glance(move |conn| {
            let card = standing(conn, id)?;
            let eyes = Eyes::open(conn, reader, now)?;
            let own = eyes.is_author(card.identity, card.resident);
            let inside = own || eyes.reaches(conn, Permission::ReadDesk, card.unit)?;
            if card.state()? != DeedState::Published && !inside {
                return Err(Code::DeedNotFound.into());
            }
            let mut shown = dress(conn, &eyes, vec![card])?.pop().ok_or(Error::from(Code::DeedNotFound))?;
            shown.inside = inside;
            Ok(shown)
        })
        .await
}

/// A published deed as people read it who are neither its author nor staff. It is the same for all of them, but for the form of the author's
/// name and whether the reader likes it.
#[derive(Debug, Clone)]
pub struct Common {
    /// As it is read by who is not signed in.
    pub shown: Shown,
    /// The author's name as it is read by who lives in the same unit.
    pub to_neighbours: String,
    /// That unit.
    pub home: UnitId,
}

/// A page of the feed, as people read it who are not its authors, and as of when.
pub async fn common_feed(
    app: &App,
    query: FeedQuery,
    page: Page<Place>,
) -> Result<(Edition, Slice<Common, Place>)> {
    let root = app.pages.root.clone();
    app.store
        .glance(move |conn| {
            let edition = store::editions::now(conn)?;
            let Slice { items, next } = cards(conn, &root, query, page)?;
            Ok((edition, Slice { items: common(conn, items)?, next }))
        })
        .await
}

/// A published deed, as people read it who are not its author, and as of when; none if it is not public.
pub async fn common_detail(app: &App, id: DeedId) -> Result<Option<(Edition, Common)>> {
    let public = public(app, id).await?;
    Ok(public.map(|(edition, shown)| (edition, as_common(shown))))
}

/// A published deed, as who is not signed in reads it; none if it is not public.
async fn public(app: &App, id: DeedId) -> Result<Option<(Edition, Shown)>> {
    let found = app.store.card(id).await?.filter(|(card, ..)| !card.is_withdrawn());
    let (card, beside, edition) = found.ok_or(Error::from(Code::DeedNotFound))?;
    if card.state()? != DeedState::Published {
        return Ok(None);
    }
    let author = author(&card, Audience::Public);
    Ok(Some((edition, Shown { author, beside, liked: None, own: false, inside: false, card })))
}

fn as_common(shown: Shown) -> Common {
    Common { to_neighbours: author(&shown.card, Audience::SameUnit), home: lives(&shown.card), shown }
}

fn common(conn: &mut Db, cards: Vec<Card>) -> Result<Vec<Common>> {
    let anybody = Eyes { identity: None, home: None, staff: None };
    Ok(dress(conn, &anybody, cards)?.into_iter().map(as_common).collect())
}

/// Where the author of a deed lives; of a unit's own deed, the unit.
fn lives(card: &Card) -> UnitId {
    card.home.unwrap_or(card.unit)
}

/// A resident's own deeds, newest first.
pub async fn mine(app: &App, who: Person, page: Page<DeedId>) -> Result<Slice<Shown, DeedId>> {
    let resident = who.require_resident()?;
    let now = app.now();
    let reader = Reader { identity: Some(who.identity), staff: None, session: Some(who.session) };
    app.store
        .glance(move |conn| {
            let ids = store::deeds::ids_of_resident(conn, resident, page.after, page.limit + 1)?;
            let slice = Slice::cut(ids, page.limit, |id| *id);
            let mut cards = store::deeds::cards(conn, &slice.items)?;
            cards.sort_by_key(|card| std::cmp::Reverse(card.id));
            let eyes = Eyes::open(conn, reader, now)?;
            Ok(Slice { items: dress(conn, &eyes, cards)?, next: slice.next })
        })
        .await
}

/// A deed that is not withdrawn, or the refusal that there is none.
pub(crate) fn standing(conn: &mut Db, id: DeedId) -> Result<Card> {
    let card = store::deeds::card(conn, id)?.filter(|card| !card.is_withdrawn());
    card.ok_or_else(|| Code::DeedNotFound.into())
}

/// A deed that everybody can see, or the refusal that there is none.
pub(crate) fn published(conn: &mut Db, id: DeedId) -> Result<Card> {
    let card = standing(conn, id)?;
    if card.state()? == DeedState::Published { Ok(card) } else { Err(Code::DeedNotFound.into()) }
}

/// The name of a deed's author for an audience: of a unit's own deed, the unit's.
pub(crate) fn author(card: &Card, audience: Audience) -> String {
    if card.resident.is_none() {
        return card.unit_name.clone();
    }
    let person = masking::Person {
        name: card.name.as_deref(),
        nickname: card.nickname.as_deref(),
        hidden: card.hidden,
    };
    masking::display_name(person, audience)
}

/// Adds what pages show beside deeds: one query for all pictures, one for all of the reader's likes.
pub(crate) fn dress(conn: &mut Db, eyes: &Eyes, cards: Vec<Card>) -> Result<Vec<Shown>> {
    let ids: Vec<DeedId> = cards.iter().map(|card| card.id).collect();
    let mut beside = store::pictures::beside(conn, &cards)?;
    let liked: Option<HashSet<DeedId>> = match eyes.identity {
        Some(who) if !ids.is_empty() => {
            Some(store::reactions::liked_among(conn, who, &ids)?.into_iter().collect())
        }
        Some(_) => Some(HashSet::new()),
        None => None,
    };
    let shown = cards.into_iter().map(|card| {
        let own = eyes.is_author(card.identity, card.resident);
        Shown {
            author: author(&card, eyes.audience(lives(&card))),
            beside: beside.remove(&card.id).unwrap_or_default(),
            liked: liked.as_ref().map(|liked| liked.contains(&card.id)),
            own,
            inside: own,
            card,
        }
    });
    Ok(shown.collect())
}
