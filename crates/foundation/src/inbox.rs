//! Inboxes: telling people what happened to their matters, and reading what one was told.
//!
//! Whoever makes something happen tells of it in the same transaction, so that nobody is told of what did not happen:
//!
//! ```ignore
//! use foundation::inbox::{self, Kind, Note, Owner};
//!
//! let note = Note::new(Owner::Resident(resident), Kind::RedemptionHeld, redemption).shop(shop).points(points).until(expires_at);
//! inbox::tell(conn, &[note], now)?;
//! // Of many it is one statement; the same note to several:
//! inbox::tell(conn, &Note::to_each(inbox::shop_owners(conn, shop)?, Kind::ShopApproved, shop), now)?;
//! inbox::tell(conn, &Note::to_each(inbox::desk(conn, &path, Permission::ManageMerchants)?, Kind::ShopApplied, shop), now)?;
//! ```
//!
//! An entry holds ids and amounts only. What its matter is called, and why it was refused, is looked up when it is read.

mod kinds;
mod read;
mod sentence;

use domain::ids::{DeedId, EventId, MerchantId, OfferId};
use domain::{Id, Points, Ts};
use serde::{Deserialize, Serialize};
use store::inbox::New;
use store::{Db, Error, Result};

pub use kinds::{Audience, Kind};
pub(crate) use read::one;
pub use read::{Inbox, Marks, Message, Switch, UNREAD_MAX, change_switches, mark, page, switches};
pub(crate) use sentence::{place, wall_time};
pub use store::inbox::{Owner, desk, hand_over, members, shop_owners};

/// For how many days an entry is kept.
pub const KEPT_DAYS: i64 = 180;

/// What a note says beside its kind and matter: ids and amounts, and nothing that a person wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Detail {
    /// The deed that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deed: Option<DeedId>,
    /// The event that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// The shop that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shop: Option<MerchantId>,
    /// The offer that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<OfferId>,
    /// How many points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<Points>,
    /// Until when there is something to do, or when something begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Ts>,
}

/// What somebody is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    to: Owner,
    kind: Kind,
    object: String,
    detail: Detail,
}

impl Note {
    /// That this happened to this matter.
    pub fn new(to: Owner, kind: Kind, object: impl Id) -> Self {
        Self { to, kind, object: object.to_string(), detail: Detail::default() }
    }
    /// The same to each of several.
    pub fn to_each(all: impl IntoIterator<Item = Owner>, kind: Kind, object: impl Id) -> Vec<Self> {
        all.into_iter().map(|to| Self::new(to, kind, object)).collect()
    }
    /// It concerns this deed.
    pub fn deed(mut self, id: DeedId) -> Self {
        self.detail.deed = Some(id);
        self
    }
    /// It concerns this event.
    pub fn event(mut self, id: EventId) -> Self {
        self.detail.event = Some(id);
        self
    }
    /// It concerns this shop.
    pub fn shop(mut self, id: MerchantId) -> Self {
        self.detail.shop = Some(id);
        self
    }
    /// It concerns this offer.
    pub fn offer(mut self, id: OfferId) -> Self {
        self.detail.offer = Some(id);
        self
    }
    /// It is about so many points.
    pub fn points(mut self, points: Points) -> Self {
        self.detail.points = Some(points);
        self
    }
    /// There is something to do until then, or something begins then.
    pub fn until(mut self, moment: Ts) -> Self {
        self.detail.until = Some(moment);
        self
    }
    /// As it is written.
    pub fn written(&self) -> Result<New> {
        debug_assert!(self.kind.is_for(self.to), "{:?} is told to nobody like {:?}", self.kind, self.to);
        let detail =
            serde_json::to_string(&self.detail).map_err(|e| Error::corrupt(format!("a note: {e}")))?;
        Ok(New { owner: self.to, kind: self.kind.word(), object: self.object.clone(), detail })
    }
}

/// Tells, inside the caller's transaction. What its reader has switched off is left out.
pub fn tell(conn: &mut Db, notes: &[Note], now: Ts) -> Result<()> {
    let asked: Vec<Owner> = notes.iter().filter(|note| !note.kind.stays_on()).map(|note| note.to).collect();
    let unwanted = if asked.is_empty() { Default::default() } else { store::inbox::unwanted(conn, &asked)? };
    let is_wanted = |note: &&Note| {
        note.kind.stays_on() || !unwanted.contains(&(note.to.id(), note.kind.word().to_owned()))
    };
    let entries = notes.iter().filter(is_wanted).map(Note::written).collect::<Result<Vec<New>>>()?;
    store::inbox::insert(conn, &entries, now)
}
