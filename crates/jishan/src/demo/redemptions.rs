//! What residents bought with points, in the order of time: each redemption is held, and then captured, let go, forgotten, or captured and
//! given back. An offer's limits, the shop's customers and its thanks are counted as the platform counts them.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{MerchantId, OfferId, RedemptionId, ThanksId};
use domain::period::Period;
use domain::redemption::HOLD_S;
use domain::thanks::{Thanks, written};
use domain::time::{HOUR, SECOND, Zone};
use domain::{Day, Ts};
use store::Result;
use store::bulk::{Loader, Table};

use super::Signing;
use super::book::Book;
use super::book::spending::{End, Held};
use super::chance::Chance;
use super::goods::VOIDED;
use super::people::People;
use super::shops::{Alliance, Clerk, Offer, Shop};

/// So many customers are asked before a sale does not come about.
const ASKED: usize = 48;
/// What the documented residents keep for a look around, in hundredths.
const KEPT: i64 = 5_000;

/// What becomes of a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Captured,
    Voided,
    Cancelled,
    Declined,
    Expired,
}

/// When the steps of a sale are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planned {
    pub(super) fate: Fate,
    pub(super) at: Ts,
    pub(super) settled: Ts,
    pub(super) voided: Option<Ts>,
}

impl Planned {
    /// What becomes of a sale at this moment, the so-and-so-manyth: each fate is met as often as it should be even in a short history. What
    /// would be later than `until` does not happen.
    pub(super) fn of(number: usize, chance: &mut Chance, at: Ts, until: Ts) -> Option<Self> {
        let fate = match number * 377 % 1_000 {
            0..20 => Fate::Voided,
            20..55 => Fate::Cancelled,
            55..65 => Fate::Declined,
            65..95 => Fate::Expired,
            _ => Fate::Captured,
        };
        let seconds = match fate {
            Fate::Expired => HOLD_S,
            Fate::Cancelled | Fate::Declined => chance.between(15, 100),
            Fate::Captured | Fate::Voided => chance.between(3, 70),
        };
        let settled = at.plus_seconds(seconds);
        // On the same day: nobody buys later than half past nine in the evening.
        let voided = Ts(settled.0 + chance.between(120, 2 * HOUR / SECOND) * SECOND);
        let voided = (fate == Fate::Voided && voided <= until).then_some(voided);
        let fate = if fate == Fate::Voided && voided.is_none() { Fate::Captured } else { fate };
        (settled <= until).then_some(Self { fate, at, settled, voided })
    }
}

/// A sale that was held.
#[derive(Debug)]
struct Sale {
    held: Held,
    shop: usize,
    offer: usize,
    resident: usize,
    clerk: Clerk,
    number: u32,
    planned: Planned,
    approval: &'static str,
    captured: Option<Ts>,
}

/// What is counted, by offer, resident (none: of all) and first day.
type Used = BTreeMap<(usize, Option<usize>, Day), i64>;

/// A sale to a documented resident, for the inbox.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) redemption: RedemptionId,
    pub(super) shop: MerchantId,
    pub(super) offer: OfferId,
    pub(super) points: i64,
    pub(super) at: Ts,
}

/// All sales.
#[derive(Debug)]
pub(super) struct Sales<'a> {
    pub(super) alliance: Alliance,
    people: &'a People,
    zone: &'a Zone,
    signing: Option<&'a Signing>,
    used: Used,
    /// First day and visits, by shop and resident.
    customers: BTreeMap<(usize, usize), (Day, i64)>,
    thanked: BTreeSet<(usize, usize)>,
    /// The sales of the day.
    today: Vec<Option<Sale>>,
    numbers: Vec<u32>,
    day: Day,
    /// Who is to buy something today.
    pub(super) wanted: Option<usize>,
    pub(super) done: u64,
    /// The last ones of documented residents.
    pub(super) known: BTreeMap<usize, Known>,
    /// When the first shop was thanked.
    pub(super) thanks: Vec<Ts>,
}

impl<'a> Sales<'a> {
    pub(super) fn of(
        alliance: Alliance,
        (people, zone): (&'a People, &'a Zone),
        signing: Option<&'a Signing>,
    ) -> Self {
        Self {
            numbers: vec![0; alliance.shops.len()],
            alliance,
            people,
            zone,
            signing,
            used: Used::new(),
            customers: BTreeMap::new(),
            thanked: BTreeSet::new(),
            today: Vec::new(),
            day: Day(0),
            wanted: None,
            done: 0,
            known: BTreeMap::new(),
            thanks: Vec::new(),
        }
    }

    /// Begins a day with so many planned sales.
    pub(super) fn begin_day(&mut self, day: Day, planned: usize) {
        self.day = day;
        self.today.clear();
        self.today.resize_with(planned, || None);
        self.numbers.fill(0);
        self.thanked.clear();
    }

    /// Somebody buys, if anybody can.
    pub(super) fn hold(
        &mut self,
        out: &mut Loader<'_>,
        (chance, book): (&mut Chance, &mut Book),
        (place, planned): (usize, Planned),
    ) -> Result<()> {
        let wanted = self.wanted.filter(|_| planned.fate == Fate::Captured);
        let Some((shop, offer, resident)) = self.choose(chance, book, planned.at, wanted) else {
            return Ok(());
        };
        self.wanted = self.wanted.filter(|wanted| *wanted != resident);
        let sells = &self.alliance.shops[shop];
        let bought = &self.alliance.offers[offer];
        let clerk = *chance.pick(&sells.clerks);
        let own_tap = chance.percent(20);
        let approval = match planned.fate {
            Fate::Declined => "awaited",
            Fate::Expired | Fate::Cancelled if own_tap => "awaited",
            _ if own_tap => "approved",
            _ => "given",
        };
        let held =
            book.hold(out, (chance, self.people), (resident, sells.till, bought.points), planned.at)?;
        for key in self.limits(offer, resident) {
            *self.used.entry(key).or_default() += 1;
        }
        self.numbers[shop] += 1;
        let number = self.numbers[shop];
        let sale = Sale { held, shop, offer, resident, clerk, number, planned, approval, captured: None };
        self.today[place] = Some(sale);
        Ok(())
    }

    /// How a hold ends.
    pub(super) fn settle(
        &mut self,
        out: &mut Loader<'_>,
        (chance, book): (&mut Chance, &mut Book),
        (place, until): (usize, Ts),
    ) -> Result<()> {
        let Some(mut sale) = self.today[place].take() else { return Ok(()) };
        let at = sale.planned.settled;
        let end = match sale.planned.fate {
            Fate::Captured | Fate::Voided => End::Captured,
            Fate::Cancelled | Fate::Declined => End::Released,
            Fate::Expired => End::Expired,
        };
        book.settle(out, (chance, self.people), &mut sale.held, end, at)?;
        if end == End::Captured {
            sale.captured = Some(at);
            let day = self.day;
            let visits = self.customers.entry((sale.shop, sale.resident)).or_insert((day, 0));
            if visits.1 == 0 {
                visits.0 = day;
            }
            visits.1 += 1;
        } else {
            self.free(&sale);
        }
        match sale.planned.fate {
            Fate::Voided => self.today[place] = Some(sale),
            Fate::Captured => {
                self.write(out, chance, &sale, None)?;
                self.note(&sale, at);
                if chance.percent(12) {
                    self.thank(out, chance, &sale, until)?;
                }
            }
            Fate::Cancelled | Fate::Declined | Fate::Expired => self.write(out, chance, &sale, None)?,
        }
        Ok(())
    }

    /// What was captured is given back.
    pub(super) fn give_back(
        &mut self,
        out: &mut Loader<'_>,
        (chance, book): (&mut Chance, &mut Book),
        place: usize,
    ) -> Result<()> {
        let Some(sale) = self.today[place].take() else { return Ok(()) };
        let Some(at) = sale.planned.voided else { return Ok(()) };
        let version = book.give_back(out, (chance, self.people), &sale.held, at)?;
        self.free(&sale);
        if let Some(visits) = self.customers.get_mut(&(sale.shop, sale.resident)) {
            visits.1 -= 1;
        }
        self.write(out, chance, &sale, Some(version))?;
        let note = *chance.pick(VOIDED);
        out.push(Table::RedemptionNotes, [sale.held.redemption.into(), note.into()])
    }

    /// Somebody who can pay for something that is to be had now.
    fn choose(
        &self,
        chance: &mut Chance,
        book: &Book,
        at: Ts,
        wanted: Option<usize>,
    ) -> Option<(usize, usize, usize)> {
        let shops = &self.alliance.shops;
        let weight = |shop: &Shop| if shop.days.contains(&self.day) { shop.weight } else { 0 };
        if shops.iter().all(|shop| weight(shop) == 0) {
            return None;
        }
        let place = chance.weighted(shops.iter().map(weight));
        let shop = &shops[place];
        let near = &self.people.of_community[shop.community];
        let open: Vec<usize> = shop.offers.clone().filter(|offer| self.is_open(*offer, at)).collect();
        if open.is_empty() {
            return None;
        }
        for attempt in 0..ASKED {
            // Dear ones are bought less often.
            let weigh = |offer: &usize| {
                1 + u32::try_from(20_000 / self.alliance.offers[*offer].points.max(1)).unwrap_or(0)
            };
            let offer = open[chance.weighted(open.iter().map(weigh))];
            let resident = if let Some(wanted) = wanted.filter(|_| attempt < ASKED / 2) {
                wanted
            } else if chance.percent(70) && !near.is_empty() {
                near.start + chance.skewed(near.len())
            } else {
                chance.below(self.people.residents.len())
            };
            if self.can_buy(book, (shop, offer), resident) {
                return Some((place, offer, resident));
            }
        }
        None
    }

    fn is_open(&self, offer: usize, at: Ts) -> bool {
        let offer = &self.alliance.offers[offer];
        offer.closed_from.is_none_or(|day| self.day < day) && offer.hours.is_open_at(at, self.zone)
    }

    fn can_buy(&self, book: &Book, (shop, offer): (&Shop, usize), resident: usize) -> bool {
        let Offer { points, limit, per_day, .. } = self.alliance.offers[offer];
        let kept = if self.people.documented.contains(&resident) { KEPT } else { 0 };
        let used = |key| self.used.get(&key).copied().unwrap_or(0);
        self.people.residents[resident].identity.is_some()
            && book.available(resident) >= points + kept
            && shop.clerks.iter().all(|clerk| clerk.resident != Some(resident))
            && limit.is_none_or(|(max, span)| {
                used((offer, Some(resident), Period::of(span, self.day).start)) < max
            })
            && per_day.is_none_or(|max| used((offer, None, self.day)) < max)
    }

    /// The counters that a sale of this day takes from.
    fn limits(
        &self,
        offer: usize,
        resident: usize,
    ) -> impl Iterator<Item = (usize, Option<usize>, Day)> + use<> {
        let Offer { limit, per_day, .. } = self.alliance.offers[offer];
        let own = limit.map(|(_, span)| (offer, Some(resident), Period::of(span, self.day).start));
        let all = per_day.map(|_| (offer, None, self.day));
        own.into_iter().chain(all)
    }

    fn free(&mut self, sale: &Sale) {
        for key in self.limits(sale.offer, sale.resident) {
            if let Some(used) = self.used.get_mut(&key) {
                *used -= 1;
            }
        }
    }

    fn note(&mut self, sale: &Sale, at: Ts) {
        if self.people.documented.contains(&sale.resident) {
            let Offer { id: offer, points, .. } = self.alliance.offers[sale.offer];
            let shop = self.alliance.shops[sale.shop].id;
            let known = Known { redemption: sale.held.redemption, shop, offer, points, at };
            self.known.insert(sale.resident, known);
        }
    }

    /// The customer thanks the shop, once a day.
    fn thank(&mut self, out: &mut Loader<'_>, chance: &mut Chance, sale: &Sale, until: Ts) -> Result<()> {
        let at = Ts((sale.planned.settled.0 + chance.between(60, 1_800) * SECOND).min(until.0));
        if !self.thanked.insert((sale.shop, sale.resident)) {
            return Ok(());
        }
        if sale.shop == 0 {
            self.thanks.push(at);
        }
        let id: ThanksId = chance.id(at);
        let words = [*chance.pick(&Thanks::EVERY), *chance.pick(&Thanks::EVERY)];
        out.push(
            Table::Thanks,
            [
                id.into(),
                self.alliance.shops[sale.shop].id.into(),
                self.people.residents[sale.resident].id.into(),
                written(&words).into(),
                self.day.into(),
                at.into(),
            ],
        )
    }
}
