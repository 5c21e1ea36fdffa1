//! What the documented people find in their inboxes: a few things of the last days.

use domain::ids::{EventId, InboxId, MerchantId, OfferId};
use domain::time::HOUR;
use domain::{Points, Ts};
use foundation::inbox::{Kind, Note, Owner};
use store::Result;
use store::bulk::{Cell, Loader, Table};

use super::chance::Chance;
use super::events::Known;
use super::history::World;

/// So many thanks are in the first owner's inbox.
const THANKS: usize = 3;

/// What waits at the first community's desk.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Waiting {
    pub(super) shop: Option<(MerchantId, Ts)>,
    pub(super) offer: Option<(MerchantId, OfferId, Ts)>,
}

/// Fills the inboxes.
pub(super) fn fill(
    world: &World<'_>,
    out: &mut Loader<'_>,
    chance: &mut Chance,
    cancelled: Option<EventId>,
) -> Result<()> {
    let people = world.people;
    let mut notes: Vec<(Ts, Note)> = Vec::new();
    if let Some(first) = people.documented.first() {
        let resident = Owner::Resident(people.residents[*first].id);
        if let Some(known) = world.sales.known.get(first) {
            let note = Note::new(resident, Kind::RedemptionCaptured, known.redemption);
            let points = Points::from_hundredths(known.points);
            notes.push((known.at, note.shop(known.shop).offer(known.offer).points(points)));
        }
        if let Some((claim, merit, at)) = world.known_award {
            notes.push((at, Note::new(resident, Kind::ClaimGranted, claim).points(merit)));
        }
        if let Some(Known { event, completed, claim, granted }) = world.known_stays.get(first).copied() {
            notes.push((completed, Note::new(resident, Kind::EventCompleted, event).event(event)));
            let note = |(claim, merit)| {
                Note::new(resident, Kind::ClaimGranted, claim).points(Points::from_hundredths(merit))
            };
            notes.extend(claim.map(|claim| (granted, note(claim))));
        }
        if let Some(event) = cancelled {
            let at = Ts(world.until.0 - 20 * HOUR);
            notes.push((at, Note::new(resident, Kind::EventCancelled, event).event(event)));
        }
    }
    if let Some(shop) = world.sales.alliance.shops.first() {
        let owner = Owner::Clerk(shop.clerks[0].id);
        let thanked = |at: &Ts| (*at, Note::new(owner, Kind::ShopThanked, shop.id));
        notes.extend(world.sales.thanks.iter().rev().take(THANKS).map(thanked));
    }
    if let Some(secretary) = people.staff.secretaries.first() {
        let desk = Owner::Staff(*secretary);
        let Waiting { shop, offer } = world.sales.alliance.waiting;
        notes.extend(shop.map(|(shop, at)| (at, Note::new(desk, Kind::ShopApplied, shop))));
        let waits = |(shop, offer, at)| (at, Note::new(desk, Kind::OfferWaits, offer).shop(shop));
        notes.extend(offer.map(waits));
    }
    notes.sort_by_key(|(at, _)| *at);
    for (at, note) in notes {
        let new = note.written()?;
        let id: InboxId = chance.id(at);
        let row = [
            id.into(),
            new.owner.id().into(),
            new.owner.word().into(),
            new.kind.into(),
            new.object.into(),
            new.detail.into(),
            at.into(),
            Cell::Null,
        ];
        out.push(Table::Inbox, row)?;
    }
    Ok(())
}
