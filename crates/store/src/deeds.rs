//! Deeds: the posts themselves, and the cards that pages show of them.
//!
//! A deed that its author withdrew after it was public keeps its row, because likes and comments point to it; title and text are
//! empty then, and it exists for nobody.

pub mod at_once;

use std::collections::HashMap;

use diesel::prelude::*;
use domain::deeds::DeedState;
use domain::ids::{DeedId, EventId, HouseholdId, IdentityId, ItemId, ResidentId, UnitId};
use domain::{Day, Ts};

use crate::adapters::{AnyId, uid};
use crate::claims::Claim;
use crate::db::Db;
use crate::editions::{self, Edition};
use crate::error::{Error, Result};
use crate::gather::Asked;
use crate::handle::Store;
use crate::lists::among;
use crate::pictures::Beside;
use crate::schema::{claims, deeds, identities, resident_names, residents, units};

/// A deed to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeed {
    /// Its id.
    pub id: DeedId,
    /// Who posts it: a person, or the member of staff of a unit's own.
    pub identity: AnyId,
    /// The resident who posts it; none for a unit's own.
    pub resident: Option<ResidentId>,
    /// The resident's household.
    pub household: Option<HouseholdId>,
    /// The unit it belongs to.
    pub unit: UnitId,
    /// The section's word.
    pub section: &'static str,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// When the act was.
    pub day_of_act: Day,
    /// The rule item it claims, if any.
    pub item: Option<ItemId>,
    /// How much of it, in hundredths.
    pub quantity: Option<i64>,
    /// The event that it is the recap of.
    pub event: Option<EventId>,
}

/// A deed with what pages show beside it.
#[derive(Clone, PartialEq, Eq, Queryable)]
pub struct Card {
    /// Its id.
    pub id: DeedId,
    /// Who posted it.
    pub identity: IdentityId,
    /// The author; none if it is the unit's own.
    pub resident: Option<ResidentId>,
    /// The author's household when it was posted.
    pub household: Option<HouseholdId>,
    /// The unit it belongs to.
    pub unit: UnitId,
    /// That unit's name.
    pub unit_name: String,
    /// The section's word.
    pub section: String,
    /// Its title; empty if the author withdrew it.
    pub title: String,
    /// Its text, or the beginning of it.
    pub text: String,
    /// The day of the act.
    pub day_of_act: i32,
    /// The rule item it claims.
    pub item: Option<ItemId>,
    /// How much of it, in hundredths.
    pub quantity: Option<i64>,
    /// The state's word.
    pub state: String,
    /// Why it was rejected or taken down.
    pub reason: Option<String>,
    /// Likes.
    pub like_count: i64,
    /// Published comments.
    pub comment_count: i64,
    /// Shares.
    pub share_count: i64,
    /// When it was posted, in microseconds.
    pub created_at: i64,
    /// When it was published, in microseconds.
    pub published_at: Option<i64>,
    /// Where the author lives now.
    pub home: Option<UnitId>,
    /// Whether the author hides from public lists.
    pub hidden: bool,
    /// The author's name, unless erased.
    pub name: Option<String>,
    /// The author's nickname.
    pub nickname: Option<String>,
    /// The merit of its posted claim, in hundredths.
    pub merit: Option<i64>,
    /// The event that it is the recap of.
    pub event: Option<EventId>,
    /// What a list is ordered by.
    pub key: i64,
}

/// Names and texts stay out of logs.
impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Card").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Card {
    /// Where it stands.
    pub fn state(&self) -> Result<DeedState> {
        DeedState::from_word(&self.state).ok_or_else(|| Error::corrupt("a deed of no state"))
    }
    /// Whether its author withdrew it after it was public.
    pub fn is_withdrawn(&self) -> bool {
        self.title.is_empty()
    }
}

/// Adds a deed that waits for review.
pub fn insert(conn: &mut Db, deed: &NewDeed, now: Ts) -> Result<()> {
    let row = (
        deeds::id.eq(uid(deed.id)),
        deeds::identity_id.eq(deed.identity),
        deeds::resident_id.eq(deed.resident.map(uid)),
        deeds::household_id.eq(deed.household.map(uid)),
        deeds::unit_id.eq(uid(deed.unit)),
        deeds::section.eq(deed.section),
        deeds::title.eq(&deed.title),
        deeds::body.eq(&deed.text),
        deeds::day_of_act.eq(deed.day_of_act.0),
        deeds::item_id.eq(deed.item.map(uid)),
        deeds::quantity.eq(deed.quantity),
        deeds::state.eq(DeedState::Pending.word()),
        deeds::like_count.eq(0),
        deeds::comment_count.eq(0),
        deeds::share_count.eq(0),
        deeds::version.eq(1),
        deeds::created_at.eq(now.0),
        deeds::event_id.eq(deed.event.map(uid)),
    );
    diesel::insert_into(deeds::table).values(row).execute(conn)?;
    Ok(())
}

/// A deed that is asked for with those of other requests.
#[derive(Debug)]
pub(crate) struct CardOf(DeedId);

/// A deed with what shows beside it, and the edition as of which it was read.
pub type CardAt = (Card, Beside, Edition);

impl Asked for CardOf {
    type Answer = Option<CardAt>;

    fn read(conn: &mut Db, batch: &[Self]) -> Result<Vec<Self::Answer>> {
        let edition = editions::now(conn)?;
        let mut ids: Vec<DeedId> = batch.iter().map(|asked| asked.0).collect();
        ids.sort_unstable();
        ids.dedup();
        let cards = cards(conn, &ids)?;
        let beside = crate::pictures::beside(conn, &cards)?;
        let found: HashMap<DeedId, Card> = cards.into_iter().map(|card| (card.id, card)).collect();
        let answer = |asked: &Self| {
            let card = found.get(&asked.0)?.clone();
            Some((card, beside.get(&asked.0).cloned().unwrap_or_default(), edition))
        };
        Ok(batch.iter().map(answer).collect())
    }
}

impl Store {
    /// A deed with what shows beside it, whatever its state.
    pub async fn card(&self, id: DeedId) -> Result<Option<CardAt>> {
        self.ask(&self.at_once.cards, CardOf(id)).await
    }
}

/// The cards of these deeds, in no order.
pub fn cards(conn: &mut Db, ids: &[DeedId]) -> Result<Vec<Card>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let posted = claims::cause.eq("deed").and(claims::cause_id.eq(deeds::id)).and(claims::state.eq("posted"));
    let query = deeds::table
        .inner_join(units::table.on(units::id.eq(deeds::unit_id)))
        .left_join(residents::table.on(residents::id.nullable().eq(deeds::resident_id)))
        .left_join(resident_names::table.on(resident_names::resident_id.nullable().eq(deeds::resident_id)))
        .left_join(claims::table.on(posted))
        .filter(among(deeds::id, ids.iter().copied()))
        .select((
            (
                deeds::id,
                deeds::identity_id,
                deeds::resident_id,
                deeds::household_id,
                deeds::unit_id,
                units::name,
                deeds::section,
                deeds::title,
                deeds::body,
                deeds::day_of_act,
                deeds::item_id,
                deeds::quantity,
            ),
            (
                deeds::state,
                deeds::reason,
                deeds::like_count,
                deeds::comment_count,
                deeds::share_count,
                deeds::created_at,
                deeds::published_at,
            ),
            (
                residents::unit_id.nullable(),
                residents::hidden.nullable(),
                resident_names::name.nullable(),
                resident_names::nickname.nullable(),
                claims::merit.nullable(),
                deeds::event_id,
            ),
        ));
    let rows: Vec<Parts> = query.load(conn)?;
    Ok(rows.into_iter().map(whole).collect())
}

type Parts = (
    (
        DeedId,
        IdentityId,
        Option<ResidentId>,
        Option<HouseholdId>,
        UnitId,
        String,
        String,
        String,
        String,
        i32,
        Option<ItemId>,
        Option<i64>,
    ),
    (String, Option<String>, i64, i64, i64, i64, Option<i64>),
    (Option<UnitId>, Option<bool>, Option<String>, Option<String>, Option<i64>, Option<EventId>),
);

fn whole(parts: Parts) -> Card {
    let (
        (
            id,
            identity,
            resident,
            household,
            unit,
            unit_name,
            section,
            title,
            text,
            day_of_act,
            item,
            quantity,
        ),
        (state, reason, like_count, comment_count, share_count, created_at, published_at),
        (home, hidden, name, nickname, merit, event),
    ) = parts;
    Card {
        id,
        identity,
        resident,
        household,
        unit,
        unit_name,
        section,
        title,
        text,
        day_of_act,
        item,
        quantity,
        state,
        reason,
        like_count,
        comment_count,
        share_count,
        created_at,
        published_at,
        home,
        hidden: hidden.unwrap_or(false),
        name,
        nickname,
        merit,
        event,
        key: created_at,
    }
}

/// The card of one deed.
pub fn card(conn: &mut Db, id: DeedId) -> Result<Option<Card>> {
    Ok(cards(conn, &[id])?.pop())
}

/// The ids of a resident's deeds, newest first, before a deed; withdrawn ones are gone.
pub fn ids_of_resident(
    conn: &mut Db,
    who: ResidentId,
    before: Option<DeedId>,
    limit: u32,
) -> Result<Vec<DeedId>> {
    let mut query = deeds::table
        .filter(deeds::resident_id.assume_not_null().eq(uid(who)))
        .filter(deeds::title.ne(""))
        .select(deeds::id)
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(deeds::id.lt(uid(before)));
    }
    Ok(query.order(deeds::id.desc()).limit(i64::from(limit)).load(conn)?)
}

/// Changes what a pending deed says; `false` if it is pending no more.
pub fn rewrite(conn: &mut Db, id: DeedId, section: &str, title: &str, text: &str) -> Result<bool> {
    let row = deeds::table.filter(deeds::id.eq(uid(id))).filter(deeds::state.eq(DeedState::Pending.word()));
    let change = (
        deeds::section.eq(section),
        deeds::title.eq(title),
        deeds::body.eq(text),
        deeds::version.eq(deeds::version + 1),
    );
    Ok(diesel::update(row).set(change).execute(conn)? == 1)
}

/// Publishes a pending deed; `false` if it is pending no more.
pub fn publish(conn: &mut Db, id: DeedId, now: Ts) -> Result<bool> {
    let row = deeds::table.filter(deeds::id.eq(uid(id))).filter(deeds::state.eq(DeedState::Pending.word()));
    let change = (
        deeds::state.eq(DeedState::Published.word()),
        deeds::published_at.eq(now.0),
        deeds::version.eq(deeds::version + 1),
    );
    Ok(diesel::update(row).set(change).execute(conn)? == 1)
}

/// Moves a deed from one state to another with a reason; `false` if it is not in the first.
pub fn close(
    conn: &mut Db,
    id: DeedId,
    from: DeedState,
    to: DeedState,
    reason: Option<&str>,
) -> Result<bool> {
    let row = deeds::table.filter(deeds::id.eq(uid(id))).filter(deeds::state.eq(from.word()));
    let change =
        (deeds::state.eq(to.word()), deeds::reason.eq(reason), deeds::version.eq(deeds::version + 1));
    Ok(diesel::update(row).set(change).execute(conn)? == 1)
}

/// Empties a deed that was public once: what it said is gone, its row stays for what points to it.
pub fn empty(conn: &mut Db, id: DeedId) -> Result<()> {
    let change = (
        deeds::state.eq(DeedState::TakenDown.word()),
        deeds::title.eq(""),
        deeds::body.eq(""),
        deeds::reason.eq(None::<String>),
        deeds::version.eq(deeds::version + 1),
    );
    diesel::update(deeds::table.find(uid(id))).set(change).execute(conn)?;
    Ok(())
}

/// Deletes a deed that was never public.
pub fn delete(conn: &mut Db, id: DeedId) -> Result<()> {
    diesel::delete(deeds::table.find(uid(id))).execute(conn)?;
    Ok(())
}

/// Ends the undecided claim of a deed that its author withdrew.
pub fn withdraw_claim(conn: &mut Db, id: DeedId, now: Ts) -> Result<()> {
    let open = claims::table
        .filter(claims::cause.eq("deed"))
        .filter(claims::cause_id.eq(uid(id)))
        .filter(claims::state.eq("submitted"));
    let change =
        (claims::state.eq("rejected"), claims::decided_at.eq(now.0), claims::version.eq(claims::version + 1));
    diesel::update(open).set(change).execute(conn)?;
    Ok(())
}

/// Where a person lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
pub struct Home {
    /// The resident.
    pub resident: ResidentId,
    /// The smallest unit.
    pub unit: UnitId,
    /// The household.
    pub household: Option<HouseholdId>,
}

/// Where the person of an identity lives; none for guests and for residents who left.
pub fn home(conn: &mut Db, identity: IdentityId) -> Result<Option<Home>> {
    let query = identities::table
        .inner_join(residents::table.on(residents::id.nullable().eq(identities::resident_id)))
        .filter(identities::id.eq(uid(identity)))
        .filter(residents::state.eq("active"));
    Ok(query.select((residents::id, residents::unit_id, residents::household_id)).first(conn).optional()?)
}

/// The claims that these deeds carry.
pub fn claims_of(conn: &mut Db, ids: &[DeedId]) -> Result<Vec<Claim>> {
    Ok(claims::table
        .filter(claims::cause.eq("deed"))
        .filter(among(claims::cause_id, ids.iter().copied()))
        .load(conn)?)
}
