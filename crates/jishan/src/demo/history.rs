//! The days: what was published and awarded on each, in the order of the log, and who was hidden.

use std::collections::BTreeMap;
use std::ops::Range;

use domain::award::Award;
use domain::catalogue::Subject;
use domain::ids::{ClaimId, ItemId, StaffId};
use domain::time::{HOUR, SECOND, Zone};
use domain::{Day, Points, Ts};
use store::bulk::{Cell, Loader, Table};
use store::{AnyId, Result};

use super::book::{Book, Moved, Standing};
use super::chance::Chance;
use super::deeds::{self, Album, Published};
use super::events::{Known, Past};
use super::people::People;
use super::redemptions::{Planned, Sales};
use super::rules::{Pool, Rules};
use super::{Shape, Written, texts};

/// One reading in so many was entered by mistake and is reversed on the next day.
const MISTAKEN: usize = 300;

/// So many days before the last one the documented residents went on patrol: enough points to look around with.
const PATROLS: [i32; 2] = [9, 2];

/// Everything that the days need.
#[derive(Debug)]
pub(super) struct World<'a> {
    pub(super) shape: &'a Shape,
    pub(super) zone: &'a Zone,
    pub(super) people: &'a People,
    pub(super) rules: Rules,
    /// What rewards deeds in each smallest unit.
    pub(super) pools: Vec<std::rc::Rc<Pool>>,
    pub(super) book: Book,
    pub(super) album: Album,
    pub(super) written: Written,
    pub(super) first: Day,
    pub(super) last: Day,
    /// Nothing is later than this.
    pub(super) until: Ts,
    /// The newest deeds, for the desk.
    pub(super) recent: Vec<Published>,
    pub(super) sales: Sales<'a>,
    /// The last events that documented residents came to.
    pub(super) known_stays: BTreeMap<usize, Known>,
    /// What `resident-1` was granted last for a patrol, and when.
    pub(super) known_award: Option<(ClaimId, Points, Ts)>,
}

enum Event {
    Deed,
    Reading,
    Hide(usize),
    Reverse(Moved),
    Sale(usize, Planned),
    Settle(usize),
    Void(usize),
    Gathering(Past),
    Patrol(usize),
}

impl World<'_> {
    /// A moment of a day when people are awake; on the last day, one that has passed already.
    pub(super) fn moment(&self, chance: &mut Chance, day: Day) -> Ts {
        let start = day.starts_at(self.zone).0;
        let (from, to) = (start + 13 * HOUR / 2, start + 43 * HOUR / 2);
        let (from, to) = match (day >= self.last, self.until.0) {
            (false, _) => (from, to),
            (true, until) if until > from + HOUR => (from, to.min(until)),
            (true, until) => (start, until.max(start + SECOND)),
        };
        Ts(chance.between(from, to - 1))
    }

    /// Writes every day.
    pub(super) fn live(
        &mut self,
        out: &mut Loader<'_>,
        (chance, trade): (&mut Chance, &mut Chance),
        progress: &dyn Fn(&str, u64, u64),
    ) -> Result<()> {
        let days = self.shape.days;
        let weights: Vec<f64> = (0..days).map(|n| self.weight(chance, n)).collect();
        let total: f64 = weights.iter().sum();
        let mut reached = 0.0;
        let mut done = [0_usize; 2];
        let mut hidden: Vec<(Day, usize)> = self
            .people
            .residents
            .iter()
            .enumerate()
            .filter_map(|(i, r)| r.hidden_on.map(|day| (day, i)))
            .collect();
        hidden.sort_unstable_by(|a, b| b.cmp(a));
        let mut mistakes: Vec<Moved> = Vec::new();
        let mut past = self.past_events(trade);
        let selling = days.saturating_sub(self.shape.sales_days);
        let (all_sales, mut sold, mut sales) = (weights[selling..].iter().sum::<f64>(), 0.0, 0);
        for (place, (n, weight)) in (0_i32..).zip(&weights).enumerate() {
            let day = self.first.plus(n);
            progress("history", u64::try_from(n).unwrap_or(0), days as u64);
            self.book.begin_day(out, self.people, day)?;
            reached += weight;
            let share = if day == self.last { 1.0 } else { reached / total };
            let mut events: Vec<(Ts, Event)> = Vec::new();
            for (kind, goal) in [self.shape.deeds, self.shape.readings].into_iter().enumerate() {
                let up_to = (goal as f64 * share) as usize;
                for _ in done[kind]..up_to {
                    let event = if kind == 0 { Event::Deed } else { Event::Reading };
                    events.push((self.moment(chance, day), event));
                }
                done[kind] = done[kind].max(up_to);
            }
            while hidden.last().is_some_and(|(on, _)| *on <= day) {
                if let Some((_, resident)) = hidden.pop() {
                    events.push((self.moment(chance, day), Event::Hide(resident)));
                }
            }
            for moved in std::mem::take(&mut mistakes) {
                events.push((self.moment(chance, day), Event::Reverse(moved)));
            }
            while past.last().is_some_and(|event| event.granted_on <= day) {
                events.extend(past.pop().map(|event| (event.granted, Event::Gathering(event))));
            }
            if self.shape.looked_at && PATROLS.contains(&(self.last.0 - day.0)) {
                let known = self.people.documented.iter().take(3);
                events.extend(known.map(|i| (self.moment(trade, day), Event::Patrol(*i))));
            }
            if place >= selling {
                sold += weight;
                let up_to = (self.shape.sales as f64 * sold / all_sales) as usize;
                self.plan_sales(trade, (day, sales..up_to), &mut events);
                sales = up_to;
            }
            events.sort_by_key(|(at, _)| *at);
            for (at, event) in events {
                match event {
                    Event::Deed => deeds::publish(self, out, chance, day, at)?,
                    Event::Reading => mistakes.extend(self.read(out, chance, day, at)?),
                    Event::Hide(resident) => self.book.hide(out, self.people, resident, at)?,
                    Event::Reverse(moved) => self.book.reverse(out, chance, self.people, &moved, at)?,
                    Event::Sale(place, planned) => {
                        self.sales.hold(out, (trade, &mut self.book), (place, planned))?;
                    }
                    Event::Settle(place) => {
                        self.sales.settle(out, (trade, &mut self.book), (place, self.until))?;
                    }
                    Event::Void(place) => self.sales.give_back(out, (trade, &mut self.book), place)?,
                    Event::Patrol(resident) => self.patrol(out, trade, resident, day, at)?,
                    Event::Gathering(event) => self.gather(out, trade, &event)?,
                }
            }
        }
        progress("history", days as u64, days as u64);
        self.book.close(out, self.people)?;
        self.sales.close(out)?;
        self.rules.write_counters(out)
    }

    /// Plans the sales of a day.
    fn plan_sales(
        &mut self,
        chance: &mut Chance,
        (day, numbers): (Day, Range<usize>),
        events: &mut Vec<(Ts, Event)>,
    ) {
        self.sales.begin_day(day, numbers.len());
        if self.shape.looked_at && day == self.last.plus(-1) {
            self.sales.wanted = self.people.documented.first().copied();
        }
        for (place, number) in numbers.enumerate() {
            let at = self.moment(chance, day);
            let Some(planned) = Planned::of(number, chance, at, self.until) else { continue };
            events.push((at, Event::Sale(place, planned)));
            events.push((planned.settled, Event::Settle(place)));
            events.extend(planned.voided.map(|at| (at, Event::Void(place))));
        }
    }

    /// How busy a day is: more from year to year, more on two days of seven, and by chance. The last one is busy in the small demo.
    fn weight(&self, chance: &mut Chance, n: usize) -> f64 {
        let growth = 0.7 + 0.6 * n as f64 / self.shape.days as f64;
        let week = if (self.first.0 + i32::try_from(n).unwrap_or(0)).rem_euclid(7) < 2 { 1.3 } else { 1.0 };
        let last = if n + 1 == self.shape.days { self.shape.last_day } else { 1.0 };
        growth * week * last * (0.85 + 0.3 * chance.fraction())
    }

    /// A staff member who decides on a claim, and one who enters it: never of the own household, never the same.
    pub(super) fn officers(&self, household: usize) -> (StaffId, StaffId) {
        let (community, town) = self.people.places(household);
        let staff = &self.people.staff;
        let enters =
            if household == staff.kin { staff.secretaries[community] } else { staff.grid_workers[community] };
        (enters, staff.assessors[town])
    }

    /// A reading that staff entered; one that is to be reversed is handed back.
    fn read(&mut self, out: &mut Loader<'_>, chance: &mut Chance, day: Day, at: Ts) -> Result<Option<Moved>> {
        let people = self.people;
        let i = chance.skewed(people.residents.len());
        // Spread the skew over the tree: neighbours in the list live in different units.
        let i = (i * 7_919 + 13) % people.residents.len();
        let act = day.plus(-i32::from(chance.percent(30)));
        let paid = self.rules.reading(act)?;
        let mistaken = day < self.last && chance.below(MISTAKEN) == 0;
        let moved = self.enter(out, chance, (i, act, mistaken), paid, at)?;
        Ok(mistaken.then_some(moved))
    }

    /// An act that staff entered for a resident.
    fn enter(
        &mut self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        (i, act, mistaken): (usize, Day, bool),
        (item, award): (ItemId, Award),
        at: Ts,
    ) -> Result<Moved> {
        let people = self.people;
        let resident = people.residents[i];
        let (enters, decides) = self.officers(resident.household);
        let created = Ts(at.0 - chance.between(60, 7_200) * SECOND);
        let claim: ClaimId = chance.id(created);
        out.push(
            Table::Claims,
            [
                claim.into(),
                people.unit_of(resident.household).id.into(),
                "resident".into(),
                resident.id.into(),
                people.households[resident.household].id.into(),
                item.into(),
                act.into(),
                Cell::Null,
                "staff_entry".into(),
                AnyId::of(claim).into(),
                Cell::Null,
                enters.into(),
                Cell::Null,
                if mistaken { "reversed" } else { "posted" }.into(),
                award.merit.hundredths().into(),
                award.redeemable.hundredths().into(),
                decides.into(),
                at.into(),
                created.into(),
                if mistaken { 3 } else { 2 }.into(),
            ],
        )?;
        if mistaken {
            out.push(Table::ClaimNotes, [claim.into(), texts::STAFF_NOTE.into(), texts::REVERSED.into()])?;
        }
        self.written.claims += 1;
        let standing = Standing { resident: Some(i), household: resident.household };
        self.book.award(out, chance, people, claim, (Subject::Resident, standing, &award), at)
    }

    /// A documented resident went on patrol.
    fn patrol(
        &mut self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        i: usize,
        day: Day,
        at: Ts,
    ) -> Result<()> {
        let paid = self.rules.patrol(day)?;
        let merit = paid.1.merit;
        let moved = self.enter(out, chance, (i, day, false), paid, at)?;
        if self.people.documented.first() == Some(&i) {
            self.known_award = Some((moved.claim, merit, at));
        }
        Ok(())
    }
}
