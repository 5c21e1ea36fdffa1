//! Events: those of the last months with who came and what it earned them, and those that are announced.

mod rows;

use domain::events::{AwardPer, EventState, Kind, Times};
use domain::ids::{ClaimId, EventId, SignUpId};
use domain::time::{DAY, HOUR, SECOND};
use domain::{Day, Ts};
use store::Result;
use store::bulk::{Loader, Table};

use super::chance::Chance;
use super::history::World;
use super::people::{People, Resident};
use super::topics::{TOPICS, Topic};
use rows::Written;

const MINUTE: i64 = 60 * SECOND;
/// For how many minutes a freed seat waits for the next one.
const OFFER_MINUTES: i32 = 120;

/// An event that took place: what was earned is granted on the day after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Past {
    pub(super) granted: Ts,
    pub(super) granted_on: Day,
    times: Times,
    community: usize,
    topic: &'static Topic,
    recap: bool,
}

/// An event that a documented resident came to, for the inbox.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) event: EventId,
    pub(super) completed: Ts,
    /// The claim that was granted, with its points, if one was, and when.
    pub(super) claim: Option<(ClaimId, i64)>,
    pub(super) granted: Ts,
}

/// Who takes part, and how.
#[derive(Debug, Clone, Copy)]
struct Guest {
    place: usize,
    resident: Resident,
    id: SignUpId,
    state: &'static str,
    at: Ts,
    /// Staff signed up whoever has no phone.
    by_staff: bool,
}

/// When everybody was born: whoever runs a household is grown up.
pub(super) fn births(
    out: &mut Loader<'_>,
    chance: &mut Chance,
    people: &People,
    today: Day,
) -> Result<Vec<Day>> {
    let mut born = Vec::with_capacity(people.residents.len());
    let mut before = None;
    for resident in &people.residents {
        let heads = before.replace(resident.household) != Some(resident.household);
        let years = if heads { chance.between(24, 82) } else { chance.between(6, 86) };
        let day = today.plus(-i32::try_from(years * 365 + chance.between(1, 364)).unwrap_or(0));
        out.push(Table::ResidentBirths, [resident.id.into(), day.into()])?;
        born.push(day);
    }
    Ok(born)
}

impl World<'_> {
    /// The events that have taken place, the last one first.
    pub(super) fn past_events(&self, chance: &mut Chance) -> Vec<Past> {
        let days = self.shape.event_days.min(self.shape.days);
        let begin = self.last.plus(4 - i32::try_from(days).unwrap_or(i32::MAX));
        let mut all: Vec<Past> = (0..self.shape.events)
            .map(|n| {
                let day = begin.plus(i32::try_from(chance.below(days.saturating_sub(6))).unwrap_or(0));
                let communities = self.people.tree.communities.len();
                let community = if n % 4 == 0 { 0 } else { chance.below(communities) };
                let community = if self.shape.events > 100 { chance.below(communities) } else { community };
                let topic = chance.pick(TOPICS);
                let times =
                    self.times(chance, topic, day, Ts(day.plus(-12).starts_at(self.zone).0 + 10 * HOUR));
                let granted_on = day.plus(1);
                let granted =
                    Ts(granted_on.starts_at(self.zone).0 + chance.between(9 * 60, 17 * 60) * MINUTE);
                let recap = chance.percent(self.shape.recaps);
                Past { granted, granted_on, times, community, topic, recap }
            })
            .collect();
        all.sort_by_key(|past| std::cmp::Reverse(past.granted));
        all
    }

    /// The times of an event of a day, announced at some time.
    fn times(&self, chance: &mut Chance, topic: &Topic, day: Day, announced: Ts) -> Times {
        let start = day.starts_at(self.zone).0;
        let inside = matches!(topic.kind, Kind::Training | Kind::Sharing);
        let hour = if inside { *chance.pick(&[14, 15, 19]) } else { *chance.pick(&[9, 14, 15]) };
        let starts_at = Ts(start + hour * HOUR);
        Times {
            starts_at,
            ends_at: Ts(starts_at.0 + *chance.pick(&[90, 120, 120, 150]) * MINUTE),
            sign_up_from: Ts(announced.0 + HOUR),
            sign_up_until: Ts(starts_at.0 - 2 * HOUR),
            withdraw_until: Ts(starts_at.0 - DAY),
        }
    }

    /// The first item of a topic that is in force in a community.
    fn pays(&self, topic: &Topic, community: usize) -> Option<(usize, AwardPer)> {
        let path = &self.people.tree.communities[community].path;
        topic.items.iter().find_map(|(code, per)| Some((self.rules.in_force(path, code)?, *per)))
    }

    /// So many different people of a community, but nobody of those that have an own age to show or a tour to make.
    fn guests(
        &self,
        chance: &mut Chance,
        community: usize,
        (wanted, adults): (usize, bool),
        (from, until): (Ts, Ts),
    ) -> Vec<Guest> {
        let near = &self.people.of_community[community];
        let mut found: Vec<Guest> = Vec::with_capacity(wanted);
        for _ in 0..wanted * 6 {
            if found.len() == wanted || near.is_empty() {
                break;
            }
            let place = near.start + chance.below(near.len());
            let resident = self.people.residents[place];
            let young = adults && self.people.born[place].plus(366 * 19) > self.last;
            if young || found.iter().any(|guest| guest.place == place) {
                continue;
            }
            let at = Ts(chance.between(from.0, until.0.max(from.0 + SECOND)));
            let by_staff = resident.identity.is_none() || chance.percent(8);
            found.push(Guest { place, resident, id: chance.id(at), state: "confirmed", at, by_staff });
        }
        found.sort_by_key(|guest| guest.at);
        found
    }

    /// Writes an event that took place, who came, and what it earned them.
    pub(super) fn gather(&mut self, out: &mut Loader<'_>, chance: &mut Chance, past: &Past) -> Result<()> {
        let times = &past.times;
        let created = Ts(times.sign_up_from.0 - HOUR);
        let wanted = usize::try_from(chance.between(7, 19)).unwrap_or(7);
        let from = Ts(times.sign_up_from.0 + HOUR);
        let mut guests = self.guests(chance, past.community, (wanted, false), (from, times.withdraw_until));
        self.bring_regular(chance, past.community, &mut guests);
        let full = chance.percent(15) && guests.len() > 8;
        let (capacity, taken, waiting) = seat(&mut guests, full);
        let pays = self.pays(past.topic, past.community);
        let completed = Ts(times.ends_at.0 + chance.between(20, 90) * MINUTE);
        let event = Written {
            id: chance.id(created),
            community: past.community,
            topic: past.topic,
            times,
            item: pays.map(|(stock, per)| (self.rules.item(stock).0, per)),
            capacity: i32::try_from(capacity).unwrap_or(i32::MAX),
            minimum_age: None,
            state: EventState::Completed,
            taken,
            waiting,
            completed: Some(completed),
            created,
        };
        self.announce(out, chance, &event)?;
        self.attend(out, chance, (&event, past), &guests, (pays, completed))?;
        self.written.events += 1;
        if past.recap { self.recap(out, chance, &event, past) } else { Ok(()) }
    }

    /// Who came, for how long, and what it earned them.
    fn attend(
        &mut self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        (event, past): (&Written<'_>, &Past),
        guests: &[Guest],
        (pays, completed): (Option<(usize, AwardPer)>, Ts),
    ) -> Result<()> {
        let times = &past.times;
        let mut place = 0;
        for guest in guests {
            let came = guest.state == "confirmed" && chance.percent(90);
            place += i64::from(guest.state == "waiting");
            let stay = came.then(|| Stay::by_chance(chance, times));
            let claim = match (&stay, pays) {
                (Some(stay), Some(pays)) => {
                    self.earn(out, chance, (guest, stay), pays, (times, completed, past.granted))?
                }
                _ => None,
            };
            self.sign_up(out, event.id, guest, (place, stay, claim.map(|(id, _)| id)))?;
            if came && self.people.documented.contains(&guest.place) {
                let claim = claim.filter(|(_, merit)| *merit > 0);
                let known = Known { event: event.id, completed, claim, granted: past.granted };
                self.known_stays.insert(guest.place, known);
            }
        }
        Ok(())
    }

    /// Announces what is to come, with who has signed up; the event that was cancelled.
    pub(super) fn announce_coming(
        &mut self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
    ) -> Result<Option<EventId>> {
        let communities = self.people.tree.communities.len();
        let mut cancelled = None;
        let more = (0..self.shape.coming).map(|n| Coming {
            days: 2 + n as i32 % 20,
            community: n % communities,
            topic: &TOPICS[n % TOPICS.len()],
            ..COMING_FIRST
        });
        for coming in COMING.iter().copied().chain(more) {
            let id = self.come(out, chance, &coming)?;
            if coming.state == EventState::Cancelled {
                cancelled = Some(id);
            }
        }
        Ok(cancelled)
    }

    fn come(&mut self, out: &mut Loader<'_>, chance: &mut Chance, coming: &Coming) -> Result<EventId> {
        let community = coming.community % self.people.tree.communities.len();
        let created = Ts((self.until.0 - coming.known * DAY) / HOUR * HOUR);
        let times = self.times(chance, coming.topic, self.last.plus(coming.days), created);
        let wanted = usize::try_from(coming.seats.map_or(coming.signed, |seats| seats + 4)).unwrap_or(0);
        let span = (Ts(times.sign_up_from.0 + HOUR), self.until);
        let mut guests = self.guests(chance, community, (wanted, coming.minimum_age.is_some()), span);
        guests.retain(|guest| !self.people.documented.contains(&guest.place));
        let seats = coming.seats.map_or(guests.len(), |seats| usize::try_from(seats).unwrap_or(0));
        let taken = seats.min(guests.len());
        for guest in guests.iter_mut().skip(taken) {
            guest.state = "waiting";
        }
        if coming.state == EventState::Cancelled {
            self.bring(community, &mut guests);
        }
        let pays = self.pays(coming.topic, community);
        let event = Written {
            id: chance.id(created),
            community,
            topic: coming.topic,
            times: &times,
            item: pays.map(|(stock, per)| (self.rules.item(stock).0, per)),
            capacity: coming.seats.map_or(40, |_| i32::try_from(taken).unwrap_or(1).max(1)),
            minimum_age: coming.minimum_age,
            state: coming.state,
            taken,
            waiting: guests.len() - taken,
            completed: None,
            created,
        };
        self.announce(out, chance, &event)?;
        for (n, guest) in guests.iter().enumerate() {
            let place = i64::try_from(n + 1).unwrap_or(0) - i64::try_from(taken).unwrap_or(0);
            self.sign_up(out, event.id, guest, (place, None, None))?;
        }
        self.written.events += 1;
        Ok(event.id)
    }

    /// `resident-1` goes to many events.
    fn bring_regular(&self, chance: &mut Chance, community: usize, guests: &mut [Guest]) {
        if chance.percent(self.shape.regular) {
            self.bring(community, guests);
        }
    }

    /// `resident-1` instead of whoever was first.
    fn bring(&self, community: usize, guests: &mut [Guest]) {
        let first = self.people.documented.first().copied().filter(|i| self.lives_in(*i, community));
        let Some(place) = first.filter(|place| guests.iter().all(|guest| guest.place != *place)) else {
            return;
        };
        if let Some(guest) = guests.first_mut() {
            *guest = Guest { place, resident: self.people.residents[place], by_staff: false, ..*guest };
        }
    }

    fn lives_in(&self, resident: usize, community: usize) -> bool {
        self.people.of_community[community].contains(&resident)
    }
}

/// Gives seats in the order of the sign-ups: how many there are, how many are taken, and how many people wait for one.
fn seat(guests: &mut [Guest], full: bool) -> (usize, usize, usize) {
    let seats = if full { guests.len() - 3 } else { guests.len() };
    for (n, guest) in guests.iter_mut().enumerate() {
        guest.state = match n {
            _ if n >= seats => "waiting",
            _ if !full && n % 9 == 8 => "withdrawn",
            _ => "confirmed",
        };
    }
    let taken = guests.iter().filter(|guest| guest.state == "confirmed").count();
    let capacity = if full { taken } else { (taken / 5 + 2) * 5 };
    (capacity, taken, guests.len() - seats)
}

/// When somebody came and left.
#[derive(Debug, Clone, Copy)]
struct Stay {
    came: Ts,
    left: Option<Ts>,
    minutes: i32,
}

impl Stay {
    fn by_chance(chance: &mut Chance, times: &Times) -> Self {
        let came = Ts(times.starts_at.0 + chance.between(-25, 12) * MINUTE + chance.between(0, 59) * SECOND);
        let left = Ts(times.ends_at.0 + chance.between(-15, 18) * MINUTE);
        let left = (!chance.percent(4)).then_some(left);
        Self { came, left, minutes: left.map_or(0, |left| times.minutes(came, left)) }
    }
}

/// An event to come.
#[derive(Debug, Clone, Copy)]
struct Coming {
    /// In so many days.
    days: i32,
    /// Known for so many days.
    known: i64,
    community: usize,
    topic: &'static Topic,
    state: EventState,
    signed: i32,
    /// Full, with so many seats.
    seats: Option<i32>,
    minimum_age: Option<i32>,
}

const COMING_FIRST: Coming = Coming {
    days: 3,
    known: 5,
    community: 0,
    topic: &TOPICS[0],
    state: EventState::Published,
    signed: 11,
    seats: None,
    minimum_age: None,
};
/// What is announced in every demo.
const COMING: [Coming; 5] = [
    COMING_FIRST,
    Coming { days: 5, community: 0, topic: &TOPICS[1], seats: Some(8), ..COMING_FIRST },
    Coming { days: 9, community: 3, topic: &TOPICS[6], signed: 5, minimum_age: Some(18), ..COMING_FIRST },
    Coming {
        days: 2,
        community: 0,
        topic: &TOPICS[2],
        state: EventState::Cancelled,
        signed: 6,
        ..COMING_FIRST
    },
    Coming {
        days: 14,
        known: 1,
        community: 0,
        topic: &TOPICS[3],
        state: EventState::Draft,
        signed: 0,
        ..COMING_FIRST
    },
];
