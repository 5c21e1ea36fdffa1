//! Pictures: a row per upload. The bytes lie in the picture store under their hash, which several rows may share; they are taken away
//! only when no row names them any more.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use domain::Ts;
use domain::ids::{DeedId, EventId, IdentityId, MerchantId, OfferId, PictureId, UnitId};
use domain::shops::{MerchantState, OfferState};

use crate::adapters::{AnyId, Uid, uid};
use crate::db::{Db, MultiBackend};
use crate::deeds::Card;
use crate::error::Result;
use crate::lists::among;
use crate::schema::{events, merchants, offers, pictures};
use crate::stmt;

/// A picture as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Picture {
    /// Its id.
    pub id: PictureId,
    /// Who uploaded it: an identity, a clerk, or staff.
    pub owner: AnyId,
    /// SHA-256 of the stored JPEG, in hex.
    pub hash: String,
    /// Its width.
    pub width: i32,
    /// Its height.
    pub height: i32,
    /// Bytes of the JPEG.
    pub bytes: i64,
    /// The deed it belongs to.
    pub deed: Option<DeedId>,
    /// Its place among the pictures of what it belongs to, from 0; none while it is not to be shown.
    pub position: Option<i32>,
    /// When it was uploaded, in microseconds.
    pub created_at: i64,
    /// The shop whose page it is on.
    pub merchant: Option<MerchantId>,
    /// The offer that it shows.
    pub offer: Option<OfferId>,
    /// The event that it announces.
    pub event: Option<EventId>,
    /// The person whom it shows.
    pub avatar: Option<IdentityId>,
}

impl Picture {
    /// Whether it belongs there.
    pub fn is_in(&self, home: Home) -> bool {
        match home {
            Home::Deed(id) => self.deed == Some(id),
            Home::Merchant(id) => self.merchant == Some(id),
            Home::Offer(id) => self.offer == Some(id),
            Home::Event(id) => self.event == Some(id),
            Home::Avatar(id) => self.avatar == Some(id),
        }
    }
}

/// The pictures of these homes that show, each home's in their order.
macro_rules! shown {
    ($conn:expr, $column:expr, $ids:expr) => {{
        if $ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = pictures::table
            .filter(among($column, $ids.iter().copied()))
            .filter(pictures::position.is_not_null())
            .order(($column, pictures::position))
            .select(($column.assume_not_null(), pictures::id))
            .load($conn)?;
        Ok(rows)
    }};
}

/// Adds a picture that belongs to nothing yet.
pub fn insert(conn: &mut Db, picture: &Picture) -> Result<()> {
    let row = (
        pictures::id.eq(uid(picture.id)),
        pictures::identity_id.eq(picture.owner),
        pictures::hash.eq(&picture.hash),
        pictures::width.eq(picture.width),
        pictures::height.eq(picture.height),
        pictures::bytes.eq(picture.bytes),
        pictures::deed_id.eq(picture.deed.map(uid)),
        pictures::position.eq(picture.position),
        pictures::created_at.eq(picture.created_at),
    );
    diesel::insert_into(pictures::table).values(row).execute(conn)?;
    Ok(())
}

/// One picture.
pub fn find(conn: &mut Db, id: PictureId) -> Result<Option<Picture>> {
    Ok(pictures::table.find(uid(id)).first(conn).optional()?)
}

/// What a picture belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Home {
    /// A deed.
    Deed(DeedId),
    /// The page of a shop.
    Merchant(MerchantId),
    /// An offer.
    Offer(OfferId),
    /// An event.
    Event(EventId),
    /// A person, who is shown by it.
    Avatar(IdentityId),
}

stmt! { Attach { deed: Option<DeedId> => Nullable<Uid>, merchant: Option<MerchantId> => Nullable<Uid>, offer: Option<OfferId> => Nullable<Uid>,
                 event: Option<EventId> => Nullable<Uid>, avatar: Option<IdentityId> => Nullable<Uid>, position: Option<i32> => Nullable<Integer>, id: PictureId => Uid, owner: AnyId => Uid } -> Uid =
"UPDATE pictures SET deed_id = ?, merchant_id = ?, offer_id = ?, event_id = ?, avatar_of = ?, position = ? WHERE id = ? AND identity_id = ? \
AND deed_id IS NULL AND merchant_id IS NULL AND offer_id IS NULL AND event_id IS NULL AND avatar_of IS NULL RETURNING id" }

/// Attaches a free picture of its uploader's; `false` if it is not free or not theirs. Without a position it belongs there, and is not
/// shown: it waits until what it belongs to is agreed to.
pub fn attach(conn: &mut Db, id: PictureId, owner: AnyId, home: Home, position: Option<i32>) -> Result<bool> {
    let mut row =
        Attach { deed: None, merchant: None, offer: None, event: None, avatar: None, position, id, owner };
    match home {
        Home::Deed(id) => row.deed = Some(id),
        Home::Merchant(id) => row.merchant = Some(id),
        Home::Offer(id) => row.offer = Some(id),
        Home::Event(id) => row.event = Some(id),
        Home::Avatar(id) => row.avatar = Some(id),
    }
    Ok(row.get_result::<PictureId>(conn).optional()?.is_some())
}

/// The pictures of a home, as the rows of a statement.
macro_rules! belongs {
    ($home:expr) => {{
        let all: Conditions = match $home {
            Home::Deed(id) => Box::new(pictures::deed_id.assume_not_null().eq(uid(id))),
            Home::Merchant(id) => Box::new(pictures::merchant_id.assume_not_null().eq(uid(id))),
            Home::Offer(id) => Box::new(pictures::offer_id.assume_not_null().eq(uid(id))),
            Home::Event(id) => Box::new(pictures::event_id.assume_not_null().eq(uid(id))),
            Home::Avatar(id) => Box::new(pictures::avatar_of.assume_not_null().eq(uid(id))),
        };
        all
    }};
}
type Conditions = Box<dyn BoxableExpression<pictures::table, MultiBackend, SqlType = Bool>>;

/// Gives a picture another place in its home; `false` if it is not there.
pub fn place(conn: &mut Db, id: PictureId, home: Home, position: Option<i32>) -> Result<bool> {
    let row = pictures::table.filter(pictures::id.eq(uid(id))).filter(belongs!(home));
    Ok(diesel::update(row).set(pictures::position.eq(position)).execute(conn)? == 1)
}

/// Every picture that belongs there, whether it shows or not.
pub fn in_home(conn: &mut Db, home: Home) -> Result<Vec<PictureId>> {
    let rows = pictures::table.filter(belongs!(home)).order(pictures::id);
    Ok(rows.select(pictures::id).load(conn)?)
}

/// Deletes the pictures of a home but for those kept; returns the hashes of the deleted.
pub fn take_away(conn: &mut Db, home: Home, kept: &[PictureId]) -> Result<Vec<String>> {
    let gone =
        pictures::table.filter(belongs!(home)).filter(pictures::id.ne_all(kept.iter().copied().map(uid)));
    Ok(diesel::delete(gone).returning(pictures::hash).get_results(conn)?)
}

/// Lets the pictures of a home go but for those kept: they belong to nothing then, and expire. For who may delete nothing.
pub fn release(conn: &mut Db, home: Home, kept: &[PictureId]) -> Result<()> {
    let gone =
        pictures::table.filter(belongs!(home)).filter(pictures::id.ne_all(kept.iter().copied().map(uid)));
    let nothing = None::<AnyId>;
    let set = (
        pictures::merchant_id.eq(nothing),
        pictures::offer_id.eq(nothing),
        pictures::position.eq(None::<i32>),
    );
    diesel::update(gone).set(set).execute(conn)?;
    Ok(())
}

/// The pictures of these deeds that show, each deed's in their order.
pub fn of_deeds(conn: &mut Db, deeds: &[DeedId]) -> Result<Vec<(DeedId, PictureId)>> {
    shown!(conn, pictures::deed_id, deeds)
}

/// What shows beside a deed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// Its pictures, in their order.
    pub pictures: Vec<PictureId>,
    /// The picture that its author is shown by.
    pub face: Option<PictureId>,
}

/// What shows beside each of these deeds, in one query. Of a unit's own deed, and of an author who hides, no face.
pub fn beside(conn: &mut Db, deeds: &[Card]) -> Result<HashMap<DeedId, Beside>> {
    if deeds.is_empty() {
        return Ok(HashMap::new());
    }
    let author = |deed: &Card| (deed.resident.is_some() && !deed.hidden).then_some(deed.identity);
    let theirs = among(pictures::deed_id, deeds.iter().map(|deed| deed.id));
    let faces = among(pictures::avatar_of, deeds.iter().filter_map(author));
    type Row = (Option<DeedId>, Option<IdentityId>, PictureId, i32);
    let mut rows: Vec<Row> = pictures::table
        .filter(theirs.or(faces))
        .filter(pictures::position.is_not_null())
        .select((pictures::deed_id, pictures::avatar_of, pictures::id, pictures::position.assume_not_null()))
        .load(conn)?;
    rows.sort_unstable_by_key(|(.., position)| *position);
    let mut beside: HashMap<DeedId, Beside> = HashMap::new();
    let mut face_of: HashMap<IdentityId, PictureId> = HashMap::new();
    for (deed, person, picture, _) in rows {
        if let Some(deed) = deed {
            beside.entry(deed).or_default().pictures.push(picture);
        }
        if let Some(person) = person {
            face_of.insert(person, picture);
        }
    }
    for deed in deeds {
        if let Some(face) = author(deed).and_then(|author| face_of.get(&author)) {
            beside.entry(deed.id).or_default().face = Some(*face);
        }
    }
    Ok(beside)
}

/// The pictures of these shops that show, each shop's in their order.
pub fn of_merchants(conn: &mut Db, merchants: &[MerchantId]) -> Result<Vec<(MerchantId, PictureId)>> {
    shown!(conn, pictures::merchant_id, merchants)
}

/// The pictures of these offers, each offer's in their order.
pub fn of_offers(conn: &mut Db, offers: &[OfferId]) -> Result<Vec<(OfferId, PictureId)>> {
    shown!(conn, pictures::offer_id, offers)
}

/// The pictures of these events, each event's in their order.
pub fn of_events(conn: &mut Db, events: &[EventId]) -> Result<Vec<(EventId, PictureId)>> {
    shown!(conn, pictures::event_id, events)
}

/// The pictures of a person: the one that shows, and one that waits.
pub fn avatars(conn: &mut Db, who: IdentityId) -> Result<Vec<Picture>> {
    let rows = pictures::table.filter(pictures::avatar_of.assume_not_null().eq(uid(who)));
    Ok(rows.order(pictures::id).load(conn)?)
}

/// Which of these pictures are somebody's own.
pub fn avatars_among(conn: &mut Db, ids: &[PictureId]) -> Result<Vec<PictureId>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = pictures::table.filter(among(pictures::id, ids.iter().copied()));
    Ok(rows.filter(pictures::avatar_of.is_not_null()).select(pictures::id).load(conn)?)
}

/// What decides on who sees a picture that is of no deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scene {
    /// Whether everybody sees it: of a shop that takes part, a published offer of such a shop, an event that was published.
    pub public: bool,
    /// The unit whose desk sees it.
    pub unit: UnitId,
    /// The shop whose people see it.
    pub merchant: Option<MerchantId>,
}

/// Where a picture of a shop, an offer or an event stands; none for any other.
pub fn scene(conn: &mut Db, picture: &Picture) -> Result<Option<Scene>> {
    if let Some(event) = picture.event {
        let row: Option<(UnitId, String)> =
            events::table.find(uid(event)).select((events::unit_id, events::state)).first(conn).optional()?;
        let shown = picture.position.is_some();
        return Ok(row.map(|(unit, state)| Scene {
            public: shown && state != "draft",
            unit,
            merchant: None,
        }));
    }
    if let Some(offer) = picture.offer {
        let row: Option<(UnitId, MerchantId, String, String)> = offers::table
            .inner_join(merchants::table.on(merchants::id.eq(offers::merchant_id)))
            .filter(offers::id.eq(uid(offer)))
            .select((merchants::unit_id, merchants::id, merchants::state, offers::state))
            .first(conn)
            .optional()?;
        return Ok(row.map(|(unit, merchant, shop, offer)| {
            let decided = shop == MerchantState::Approved.word() && offer == OfferState::Published.word();
            let public = decided && picture.position.is_some();
            Scene { public, unit, merchant: Some(merchant) }
        }));
    }
    if let Some(person) = picture.avatar {
        let home = crate::nicknames::home(conn, person)?;
        let unit = match home {
            Some((_, unit)) => unit,
            None => crate::units::root(conn)?,
        };
        return Ok(Some(Scene { public: picture.position.is_some(), unit, merchant: None }));
    }
    let Some(merchant) = picture.merchant else { return Ok(None) };
    let row: Option<(UnitId, String)> = merchants::table
        .find(uid(merchant))
        .select((merchants::unit_id, merchants::state))
        .first(conn)
        .optional()?;
    Ok(row.map(|(unit, state)| {
        let public = state == MerchantState::Approved.word() && picture.position.is_some();
        Scene { public, unit, merchant: Some(merchant) }
    }))
}

stmt! { Expire { before: i64 => BigInt, limit: i64 => BigInt } -> Text =
"DELETE FROM pictures WHERE deed_id IS NULL AND merchant_id IS NULL AND offer_id IS NULL AND event_id IS NULL AND avatar_of IS NULL \
AND id IN (SELECT id FROM pictures WHERE deed_id IS NULL AND merchant_id IS NULL AND offer_id IS NULL AND event_id IS NULL \
AND avatar_of IS NULL \
AND created_at < ? ORDER BY created_at LIMIT ?) RETURNING hash" }

/// Deletes pictures that were uploaded before `before` and never attached, at most `limit`; returns their hashes.
pub fn expire(conn: &mut Db, before: Ts, limit: i64) -> Result<Vec<String>> {
    Ok(Expire { before: before.0, limit }.load(conn)?)
}

/// Whether any row names this hash.
pub fn is_used(conn: &mut Db, hash: &str) -> Result<bool> {
    let found: Option<PictureId> =
        pictures::table.filter(pictures::hash.eq(hash)).select(pictures::id).first(conn).optional()?;
    Ok(found.is_some())
}
