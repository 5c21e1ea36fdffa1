//! The rows of events: themselves, sign-ups, claims, recaps.

use domain::award::decide;
use domain::catalogue::Subject;
use domain::events::{AwardPer, EventState, Times, earned};
use domain::ids::{ClaimId, DeedId, EventId, ItemId, PictureId};
use domain::{Points, Ts};
use store::bulk::{Cell, Loader, Table};
use store::{AnyId, Error, Result};

use super::super::book::Standing;
use super::super::chance::Chance;
use super::super::deeds::{self, OF_SCENE};
use super::super::history::World;
use super::super::rules;
use super::super::topics::{CANCELLED, CAPPED, Topic};
use super::{Guest, MINUTE, OFFER_MINUTES, Past, Stay};

/// An event as it is written.
pub(super) struct Written<'a> {
    pub(super) id: EventId,
    pub(super) community: usize,
    pub(super) topic: &'static Topic,
    pub(super) times: &'a Times,
    pub(super) item: Option<(ItemId, AwardPer)>,
    pub(super) capacity: i32,
    pub(super) minimum_age: Option<i32>,
    pub(super) state: EventState,
    pub(super) taken: usize,
    pub(super) waiting: usize,
    pub(super) completed: Option<Ts>,
    pub(super) created: Ts,
}

impl World<'_> {
    /// Writes an event and puts it into the calendars.
    pub(super) fn announce(
        &mut self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        event: &Written<'_>,
    ) -> Result<()> {
        let unit = &self.people.tree.communities[event.community];
        let staff = &self.people.staff;
        let Topic { kind, section, themes, title, body, place, .. } = event.topic;
        let themes = serde_json::to_string(themes).map_err(|e| Error::corrupt(format!("themes: {e}")))?;
        let mut secret = [0; 32];
        for eight in secret.chunks_mut(8) {
            eight.copy_from_slice(&chance.next().to_le_bytes());
        }
        let count = |n: usize| i64::try_from(n).unwrap_or(0);
        let published = event.state != EventState::Draft;
        let over = matches!(event.state, EventState::Completed | EventState::Cancelled);
        out.push(
            Table::Events,
            [
                event.id.into(),
                unit.id.into(),
                kind.word().into(),
                section.word().into(),
                themes.into(),
                (*title).into(),
                (*body).into(),
                (*place).into(),
                event.times.starts_at.into(),
                event.times.ends_at.into(),
                event.times.sign_up_from.into(),
                event.times.sign_up_until.into(),
                event.times.withdraw_until.into(),
                event.capacity.into(),
                OFFER_MINUTES.into(),
                event.minimum_age.into(),
                event.item.map(|(item, _)| item).into(),
                event.item.map(|(_, per)| per.word()).into(),
                event.state.word().into(),
                (event.state == EventState::Cancelled).then_some(CANCELLED).into(),
                count(event.taken).into(),
                (count(event.waiting) + 1).into(),
                secret.into(),
                event.completed.is_some().into(),
                staff.secretaries[event.community].into(),
                event.completed.map(|_| staff.grid_workers[event.community]).into(),
                event.completed.into(),
                (1 + i64::from(published) + i64::from(over)).into(),
                event.created.into(),
            ],
        )?;
        if !published {
            return Ok(());
        }
        for above in &unit.path {
            let row = [(*above).into(), event.times.starts_at.into(), event.id.into(), section.word().into()];
            out.push(Table::EventCalendar, row)?;
        }
        Ok(())
    }

    /// Writes a sign-up.
    pub(super) fn sign_up(
        &mut self,
        out: &mut Loader<'_>,
        event: EventId,
        guest: &Guest,
        (place, stay, claim): (i64, Option<Stay>, Option<ClaimId>),
    ) -> Result<()> {
        let community = self.people.places(guest.resident.household).0;
        let changes = match &stay {
            Some(stay) => 2 + i64::from(stay.left.is_some()),
            None => i64::from(guest.state == "withdrawn"),
        };
        self.written.sign_ups += 1;
        out.push(
            Table::SignUps,
            [
                guest.id.into(),
                event.into(),
                guest.resident.id.into(),
                guest.state.into(),
                (guest.state == "waiting").then_some(place).into(),
                guest.by_staff.then_some(self.people.staff.grid_workers[community]).into(),
                stay.map(|stay| stay.came).into(),
                stay.and_then(|stay| stay.left).into(),
                stay.map(|stay| stay.minutes).into(),
                claim.into(),
                (1 + changes).into(),
                guest.at.into(),
            ],
        )
    }

    /// The claim of who came with its merit, granted by somebody else than who entered it; refused where a cap leaves nothing.
    pub(super) fn earn(
        &mut self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        (guest, stay): (&Guest, &Stay),
        (stock, per): (usize, AwardPer),
        (times, completed, granted): (&Times, Ts, Ts),
    ) -> Result<Option<(ClaimId, i64)>> {
        let people = self.people;
        let day = times.day(self.zone);
        let (item, rule) = self.rules.item(stock);
        let Some(quantity) = earned(per, stay.minutes, rule.needs_quantity()) else { return Ok(None) };
        let subject = rule.subject;
        let award = decide(rule, quantity, None, subject, day);
        let award = award.map_err(|code| Error::corrupt(format!("an attendance is refused: {code:?}")))?;
        let resident = guest.resident;
        let (household, of_resident) =
            (people.households[resident.household].id, subject == Subject::Resident);
        let whom = if of_resident { AnyId::of(resident.id) } else { AnyId::of(household) };
        let given = self.rules.take(whom, &award.takes).then_some(&award);
        let (unit, town) = (people.unit_of(resident.household), people.places(resident.household).1);
        let (by, decides) = (people.staff.grid_workers[unit.above], people.staff.assessors[town]);
        let claim: ClaimId = chance.id(completed);
        out.push(
            Table::Claims,
            [
                claim.into(),
                unit.id.into(),
                if of_resident { "resident" } else { "household" }.into(),
                of_resident.then_some(resident.id).into(),
                household.into(),
                item.into(),
                day.into(),
                quantity.map(Points::hundredths).into(),
                "check_in".into(),
                AnyId::of(guest.id).into(),
                Cell::Null,
                by.into(),
                Cell::Null,
                if given.is_some() { "posted" } else { "rejected" }.into(),
                given.map(|award| award.merit.hundredths()).into(),
                given.map(|award| award.redeemable.hundredths()).into(),
                decides.into(),
                granted.into(),
                completed.into(),
                2.into(),
            ],
        )?;
        self.written.claims += 1;
        deeds::review(
            out,
            chance,
            ("claim", AnyId::of(claim)),
            unit.id.into(),
            completed,
            Some((decides, granted)),
        )?;
        let Some(award) = given else {
            out.push(Table::ClaimNotes, [claim.into(), Cell::Null, CAPPED.into()])?;
            return Ok(Some((claim, 0)));
        };
        for take in &award.takes {
            rules::record(out, claim, whom, take)?;
        }
        let standing =
            Standing { resident: of_resident.then_some(guest.place), household: resident.household };
        self.book.award(out, chance, people, claim, (subject, standing, award), granted)?;
        Ok(Some((claim, award.merit.hundredths())))
    }

    /// What an event was like, in the feed as a deed of its unit.
    pub(super) fn recap(
        &mut self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        event: &Written<'_>,
        past: &Past,
    ) -> Result<()> {
        let unit = &self.people.tree.communities[event.community];
        let staff = self.people.staff.secretaries[event.community];
        let at = Ts(past.granted.0 + chance.between(10, 90) * MINUTE);
        let id: DeedId = chance.id(at);
        let told = |text: &str| text.replace("{n}", &event.taken.to_string());
        out.push(
            Table::Deeds,
            [
                id.into(),
                staff.into(),
                Cell::Null,
                Cell::Null,
                unit.id.into(),
                event.topic.section.word().into(),
                told(event.topic.recap.0).into(),
                told(event.topic.recap.1).into(),
                event.times.day(self.zone).into(),
                Cell::Null,
                Cell::Null,
                "published".into(),
                Cell::Null,
                0.into(),
                0.into(),
                0.into(),
                2.into(),
                at.into(),
                at.into(),
                event.id.into(),
            ],
        )?;
        crate::demo::deeds::show(out, id, &unit.path, event.topic.section.word(), (at, 0))?;
        if self.album.0.is_empty() {
            return Ok(());
        }
        for position in 0..chance.between(1, 3) {
            let n = (event.topic.scene * OF_SCENE) as usize + chance.below(OF_SCENE as usize);
            let picture = &self.album.0[n % self.album.0.len()];
            let picture_id: PictureId = chance.id(at);
            out.push(
                Table::Pictures,
                [
                    picture_id.into(),
                    staff.into(),
                    picture.hash.clone().into(),
                    picture.width.into(),
                    picture.height.into(),
                    picture.bytes.into(),
                    id.into(),
                    position.into(),
                    at.into(),
                    Cell::Null,
                    Cell::Null,
                    Cell::Null,
                ],
            )?;
        }
        Ok(())
    }
}
