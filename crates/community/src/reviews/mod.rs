//! The review desk: what waits, claiming it, giving it back. Deciding stands in a file of its own.

mod checks;
mod decide;

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use domain::access::{Permission, StaffActor};
use domain::catalogue::Item;
use domain::deeds::REVIEW_LEASE_S;
use domain::ids::{
    ClaimId, CommentId, DeedId, HouseholdId, ItemId, NicknameId, PictureId, ResidentId, ReviewId, UnitId,
};
use domain::masking::{self, Audience};
use domain::paging::{Page, Slice};
use domain::{Code, Ts};
use foundation::{App, Error, RequestContext, Result};
use store::Db;
use store::audit::Act;
use store::claims::Claim;
use store::reviews::Abode;
pub use store::reviews::{Kind, Review};

use crate::comments::Comment;
use crate::deeds::Card;
use crate::people::{self, Place};
use crate::rules::stored;

pub use checks::Check;
pub use decide::{Decided, Decision, Publishing, decide};
pub use store::nicknames::Proposal;

/// Which reviews to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewQuery {
    /// In this subtree; everything within reach if nothing is said.
    pub unit: Option<UnitId>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Open ones, or decided ones.
    pub open: bool,
    /// Only what the asker claimed, or decided.
    pub mine: bool,
}

/// A claim as the desk sees it.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The claim.
    pub id: ClaimId,
    /// Its state's word.
    pub state: String,
    /// For whom.
    pub resident: Option<ResidentId>,
    /// For which household.
    pub household: Option<HouseholdId>,
    /// That resident's name; none for a household's claim.
    pub name: Option<String>,
    /// By which item.
    pub item_id: ItemId,
    /// The item.
    pub item: Item,
    /// The quantity in hundredths.
    pub quantity: Option<i64>,
    /// The day of the act.
    pub day_of_act: i32,
    /// The note for whoever decides.
    pub note: Option<String>,
}

/// What a review is of.
#[derive(Debug, Clone)]
pub enum Object {
    /// A deed, its author's name, its pictures, its claim.
    Deed {
        /// The deed.
        card: Box<Card>,
        /// Its author's name.
        author: String,
        /// Its pictures, in order.
        pictures: Vec<PictureId>,
        /// Its claim.
        claim: Option<Box<Claimed>>,
    },
    /// A comment and its author's name.
    Comment {
        /// The comment.
        comment: Box<Comment>,
        /// Its author's name.
        author: String,
    },
    /// A claim that staff entered.
    Claim(Box<Claimed>),
    /// A nickname, and what its person is called now.
    Nickname {
        /// What is wanted.
        proposal: Box<Proposal>,
        /// What the person is called.
        current: Option<String>,
    },
    /// The picture of a person.
    Avatar(PictureId),
    /// What was decided on and is gone.
    Gone,
}

/// A review with what it is of.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The review.
    pub review: Review,
    /// Whether somebody holds it at this moment.
    pub held: bool,
    /// What it is of.
    pub object: Object,
    /// What the check of it said; none where it found nothing.
    pub check: Option<Check>,
}

/// The queue, oldest first.
pub async fn list(
    app: &App,
    who: StaffActor,
    query: ReviewQuery,
    page: Page<ReviewId>,
) -> Result<Slice<Entry, ReviewId>> {
    let now = app.now();
    app.store
        .read(move |conn| {
            let roots = people::roots(conn, &who, Permission::ReadDesk, query.unit)?;
            let by = query.mine.then_some(who.id);
            let filter = store::reviews::Filter { roots, kind: query.kind, open: query.open, by, now };
            let found = store::reviews::list(conn, &filter, page.after, page.limit + 1)?;
            let slice = Slice::cut(found, page.limit, |review| review.id);
            Ok(Slice { items: entries(conn, slice.items, now)?, next: slice.next })
        })
        .await
}

/// One review, by the account that works on it.
fn entry(conn: &mut Db, id: ReviewId, now: Ts) -> Result<Entry> {
    let review = store::reviews::find(conn, id)?.ok_or(Error::from(Code::ReviewNotFound))?;
    entries(conn, vec![review], now)?.pop().ok_or_else(|| Code::ReviewNotFound.into())
}

/// Claims a review for a quarter of an hour; to claim it again begins the time anew.
pub async fn claim(app: &App, who: StaffActor, id: ReviewId, ctx: RequestContext) -> Result<Entry> {
    let now = app.now();
    let until = now.plus_seconds(REVIEW_LEASE_S);
    app.store
        .write(move |conn| {
            let review = reached(conn, &who, id)?.review;
            recuse(conn, &who, &review)?;
            if !store::reviews::claim(conn, id, who.id, now, until)? {
                return Err(why_not(conn, &who, id, now)?);
            }
            record(conn, &who, "reviews.claim", &review, &ctx, now)?;
            entry(conn, id, now)
        })
        .await
}

/// Gives a claimed review back.
pub async fn release(app: &App, who: StaffActor, id: ReviewId, ctx: RequestContext) -> Result<Entry> {
    let now = app.now();
    app.store
        .write(move |conn| {
            let review = reached(conn, &who, id)?.review;
            if !store::reviews::release(conn, id, who.id)? {
                return Err(why_not(conn, &who, id, now)?);
            }
            record(conn, &who, "reviews.release", &review, &ctx, now)?;
            entry(conn, id, now)
        })
        .await
}

/// A review that an account may work on.
struct Found {
    review: Review,
    /// Its unit's.
    place: Place,
    /// What it is of, if that is a claim.
    claim: Option<Claim>,
    /// Where that claim's resident lives.
    abode: Option<Abode>,
}

/// The review, if this account may work on its kind in its unit.
fn reached(conn: &mut Db, who: &StaffActor, id: ReviewId) -> Result<Found> {
    let found = store::reviews::with_claim(conn, id)?;
    let (review, claim, abode) = found.ok_or(Error::from(Code::ReviewNotFound))?;
    let permission = match kind(&review)? {
        Kind::Deed | Kind::Comment | Kind::Nickname | Kind::Avatar => Permission::Review,
        Kind::Claim => Permission::Award,
    };
    let place = people::reach_object(conn, who, permission, review.unit, Code::ReviewNotFound)?;
    Ok(Found { review, place, claim, abode })
}

fn kind(review: &Review) -> Result<Kind> {
    Kind::from_word(&review.kind).ok_or_else(|| Error::corrupt("a review of no kind"))
}

/// Refuses the own and the own household's matter, as it was when posted and as it is now. Returns whose it is.
fn recuse(conn: &mut Db, who: &StaffActor, review: &Review) -> Result<Option<ResidentId>> {
    let (resident, household) = match kind(review)? {
        Kind::Deed => match store::deeds::card(conn, review.object.typed())? {
            Some(card) => (card.resident, card.household),
            None => return Err(Code::ReviewNotFound.into()),
        },
        Kind::Comment => match store::comments::find(conn, review.object.typed())? {
            Some(comment) => (Some(comment.resident), None),
            None => return Err(Code::ReviewNotFound.into()),
        },
        Kind::Claim => match store::claims::find(conn, review.object.typed())? {
            Some(claim) => (claim.resident, claim.household),
            None => return Err(Code::ReviewNotFound.into()),
        },
        Kind::Nickname => match store::nicknames::find(conn, review.object.typed())? {
            Some(proposal) => (store::nicknames::home(conn, proposal.identity)?.map(|(id, _)| id), None),
            None => return Err(Code::ReviewNotFound.into()),
        },
        Kind::Avatar => match store::pictures::find(conn, review.object.typed())?.and_then(|p| p.avatar) {
            Some(who) => (store::nicknames::home(conn, who)?.map(|(id, _)| id), None),
            None => return Err(Code::ReviewNotFound.into()),
        },
    };
    refuse_kin(conn, who, resident, household)?;
    Ok(resident)
}

/// Refuses what concerns the account's own person or household.
pub(crate) fn refuse_kin(
    conn: &mut Db,
    who: &StaffActor,
    resident: Option<ResidentId>,
    household: Option<HouseholdId>,
) -> Result<()> {
    let now = match resident {
        Some(resident) => store::residents::find(conn, resident)?.and_then(|found| found.household),
        None => None,
    };
    let kin = who.is_kin(resident, household) || who.is_kin(resident, now);
    if kin { Err(Code::OwnAct.into()) } else { Ok(()) }
}

/// Why a guarded step on a review did not happen.
pub(crate) fn why_not(conn: &mut Db, who: &StaffActor, id: ReviewId, now: Ts) -> Result<Error> {
    let Some(review) = store::reviews::find(conn, id)? else { return Ok(Code::ReviewNotFound.into()) };
    let code = match review.holder(now) {
        _ if review.state != "open" => Code::AlreadyDecided,
        Some(holder) if holder != who.id => Code::ReviewTaken,
        _ => Code::ReviewNotClaimed,
    };
    Ok(code.into())
}

fn record(
    conn: &mut Db,
    who: &StaffActor,
    action: &'static str,
    review: &Review,
    ctx: &RequestContext,
    now: Ts,
) -> Result<()> {
    store::audit::record(conn, &act(who, action, review, serde_json::json!({}), ctx), now)
}

/// The id of what a review is of, with its type.
fn object(review: &Review) -> Result<String> {
    Ok(match kind(review)? {
        Kind::Deed => review.object.typed::<DeedId>().to_string(),
        Kind::Comment => review.object.typed::<CommentId>().to_string(),
        Kind::Claim => review.object.typed::<ClaimId>().to_string(),
        Kind::Nickname => review.object.typed::<NicknameId>().to_string(),
        Kind::Avatar => review.object.typed::<PictureId>().to_string(),
    })
}

fn act(
    who: &StaffActor,
    action: &'static str,
    review: &Review,
    mut detail: serde_json::Value,
    ctx: &RequestContext,
) -> Act {
    detail["kind"] = review.kind.as_str().into();
    let (object, request_id) = (review.id.to_string(), ctx.request_id.clone());
    Act { staff: Some(who.id), action, object, unit: Some(review.unit), detail, request_id }
}

/// Reads what reviews are of: a query per kind, not per review.
fn entries(conn: &mut Db, reviews: Vec<Review>, now: Ts) -> Result<Vec<Entry>> {
    let of = |kind: Kind| reviews.iter().filter(move |r| r.kind == kind.word()).map(|r| r.object);
    let deeds: Vec<DeedId> = of(Kind::Deed).map(|id| id.typed()).collect();
    let comments: Vec<CommentId> = of(Kind::Comment).map(|id| id.typed()).collect();
    let entered: Vec<ClaimId> = of(Kind::Claim).map(|id| id.typed()).collect();
    let mut objects = HashMap::new();
    read_deeds(conn, &deeds, &mut objects)?;
    if !comments.is_empty() {
        for comment in store::comments::by_ids(conn, &comments)? {
            let id = store::uid(comment.id);
            let author = crate::comments::author(&comment, Audience::Staff);
            objects.insert(id, Object::Comment { comment: Box::new(comment), author });
        }
    }
    if !entered.is_empty() {
        let found: Vec<Claim> = store::claims::by_ids(conn, &entered)?.into_values().collect();
        for (id, claim) in claimed(conn, found)? {
            objects.insert(store::uid(id), Object::Claim(Box::new(claim)));
        }
    }
    let wanted: Vec<NicknameId> = of(Kind::Nickname).map(|id| id.typed()).collect();
    checks::read_nicknames(conn, &wanted, &mut objects)?;
    let avatars: Vec<PictureId> = of(Kind::Avatar).map(|id| id.typed()).collect();
    checks::read_avatars(conn, &avatars, &mut objects)?;
    let mut checks = checks::of(conn, &reviews, &objects)?;
    let entry = |review: Review| Entry {
        check: checks.remove(&review.id),
        held: review.state == "open" && review.holder(now).is_some(),
        object: objects.remove(&review.object).unwrap_or(Object::Gone),
        review,
    };
    Ok(reviews.into_iter().map(entry).collect())
}

fn read_deeds(conn: &mut Db, ids: &[DeedId], objects: &mut HashMap<store::AnyId, Object>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut pictures: HashMap<DeedId, Vec<PictureId>> = HashMap::new();
    for (deed, picture) in store::pictures::of_deeds(conn, ids)? {
        pictures.entry(deed).or_default().push(picture);
    }
    let carried = store::deeds::claims_of(conn, ids)?;
    let of: HashMap<DeedId, ClaimId> = carried.iter().filter_map(|c| Some((c.deed()?, c.id))).collect();
    let mut claims = claimed(conn, carried)?;
    for card in store::deeds::cards(conn, ids)?.into_iter().filter(|card| !card.is_withdrawn()) {
        let object = Object::Deed {
            author: crate::deeds::author(&card, Audience::Staff),
            pictures: pictures.remove(&card.id).unwrap_or_default(),
            claim: of.get(&card.id).and_then(|id| claims.remove(id)).map(Box::new),
            card: Box::new(card),
        };
        if let Object::Deed { card, .. } = &object {
            objects.insert(store::uid(card.id), object);
        }
    }
    Ok(())
}

/// Claims with their items and names.
fn claimed(conn: &mut Db, claims: Vec<Claim>) -> Result<HashMap<ClaimId, Claimed>> {
    let ids: Vec<ClaimId> = claims.iter().map(|claim| claim.id).collect();
    let mut notes = if ids.is_empty() { HashMap::new() } else { store::claims::notes(conn, &ids)? };
    let mut items: HashMap<ItemId, Item> = HashMap::new();
    let mut out = HashMap::new();
    for claim in claims {
        let item = match items.entry(claim.item) {
            Slot::Occupied(known) => known.get().clone(),
            Slot::Vacant(slot) => {
                let row =
                    store::catalogues::item(conn, claim.item)?.ok_or(Error::from(Code::ItemNotFound))?;
                slot.insert(stored("item", &row.body)?).clone()
            }
        };
        let name = match claim.resident {
            Some(resident) => store::residents::find(conn, resident)?
                .map(|found| masking::display_name(found.person(), Audience::Staff)),
            None => None,
        };
        let made = Claimed {
            id: claim.id,
            state: claim.state,
            resident: claim.resident,
            household: claim.household,
            name,
            item_id: claim.item,
            item,
            quantity: claim.quantity,
            day_of_act: claim.day_of_act,
            note: notes.remove(&claim.id).and_then(|notes| notes.note),
        };
        out.insert(claim.id, made);
    }
    Ok(out)
}
