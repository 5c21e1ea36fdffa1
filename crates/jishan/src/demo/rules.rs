//! Rule catalogues: the carried ones, adopted on the units of the tree, and what of them deeds are rewarded by. Caps are counted here as
//! the platform counts them, so that no award of the demo is one that the platform would have refused.

use std::collections::BTreeMap;

use domain::award::{Award, CounterTake, decide};
use domain::catalogue::{Carried, CatalogueDocument, Item, PointsRule, Subject, carried, extra_rows};
use domain::ids::{CatalogueId, ClaimId, ItemId, StaffId, UnitId};
use domain::{Day, Points, Ts};
use store::bulk::{Cell, Loader, Table};
use store::{AnyId, Error, Result};

use super::chance::Chance;
use super::texts::THEMES;

/// The item by which small readings are paid.
const READING: &str = "BQ-004";
/// The item by which patrols are paid.
const PATROL: &str = "BQ-001";
/// What a deed is to earn on average, in hundredths: awards below and above it are mixed so that they meet there.
const AVERAGE: i64 = 1_000;

/// An item in force.
#[derive(Debug)]
pub(super) struct Stocked {
    pub(super) id: ItemId,
    pub(super) item: Item,
}

/// An item that deeds of a theme are rewarded by.
#[derive(Debug, Clone, Copy)]
struct Choice {
    theme: usize,
    stock: usize,
    weight: u32,
    /// The middle of what it pays.
    worth: i64,
}

/// The deeds that a unit's catalogues reward, split at the average.
#[derive(Debug, Default)]
pub(super) struct Pool {
    small: Vec<Choice>,
    large: Vec<Choice>,
    /// How often, of a million, a deed is a large one.
    large_share: usize,
}

/// A deed's reward, decided.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) theme: usize,
    pub(super) item: ItemId,
    pub(super) subject: Subject,
    pub(super) award: Award,
}

/// Everything in force.
#[derive(Debug, Default)]
pub(super) struct Rules {
    stock: Vec<Stocked>,
    /// Which items each unit has of its own.
    own: Vec<(UnitId, std::ops::Range<usize>)>,
    counters: BTreeMap<(AnyId, &'static str, Day, String), i64>,
}

/// Who adopts, and from when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Adoption {
    pub(super) by: StaffId,
    pub(super) force_from: Day,
    pub(super) at: Ts,
}

/// The table of this key.
pub(super) fn table(key: &str) -> Option<&'static Carried> {
    carried().iter().chain(extra_rows()).find(|t| t.key == key)
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::corrupt(format!("a catalogue cannot be written: {e}")))
}

impl Rules {
    /// Adopts the awards of a carried table on a unit, or leaves the whole table there as a draft.
    pub(super) fn carry(
        &mut self,
        out: &mut Loader<'_>,
        chance: &mut Chance,
        unit: UnitId,
        key: &str,
        adoption: Adoption,
        draft: bool,
    ) -> Result<()> {
        let table = table(key).ok_or_else(|| Error::corrupt(format!("no rule table {key}")))?;
        let document = if draft { table.document() } else { table.document().awards_only() };
        let id: CatalogueId = chance.id(adoption.at);
        let first = self.stock.len();
        let items = write(out, chance, unit, id, &document, adoption, draft)?;
        if !draft {
            self.stock.extend(items);
            self.own.push((unit, first..self.stock.len()));
        }
        Ok(())
    }

    /// The deeds that the catalogues of a path reward.
    pub(super) fn pool(&self, path: &[UnitId]) -> Pool {
        let mut pool = Pool::default();
        for stock in
            self.own.iter().filter(|(unit, _)| path.contains(unit)).flat_map(|(_, range)| range.clone())
        {
            let item = &self.stock[stock].item;
            for (theme, weight) in THEMES.iter().enumerate().flat_map(|(i, t)| {
                t.items.iter().filter(|(code, _)| *code == item.code).map(move |(_, weight)| (i, *weight))
            }) {
                let worth = item.points.as_ref().map_or(0, middle);
                let choice = Choice { theme, stock, weight, worth };
                if worth < AVERAGE { pool.small.push(choice) } else { pool.large.push(choice) }
            }
        }
        let mean = |of: &[Choice]| {
            let weight: i64 = of.iter().map(|c| i64::from(c.weight)).sum();
            of.iter().map(|c| i64::from(c.weight) * c.worth).sum::<i64>() / weight.max(1)
        };
        let (low, high) = (mean(&pool.small), mean(&pool.large));
        let share =
            if pool.small.is_empty() { 1_000_000 } else { (AVERAGE - low) * 1_000_000 / (high - low).max(1) };
        pool.large_share = usize::try_from(share).unwrap_or(0);
        pool
    }

    /// Decides what a deed of this day earns its author or the household, within every cap.
    pub(super) fn grant(
        &mut self,
        chance: &mut Chance,
        pool: &Pool,
        resident: AnyId,
        household: AnyId,
        day: Day,
    ) -> Result<Granted> {
        let large = chance.below(1_000_000) < pool.large_share;
        for attempt in 0..64 {
            // Where caps leave nothing small, something large is found.
            let of = if large || attempt >= 32 { &pool.large } else { &pool.small };
            let choice = of[chance.weighted(of.iter().map(|c| c.weight))];
            let stocked = &self.stock[choice.stock];
            let subject = stocked.item.subject;
            let granted = stocked.item.points.as_ref().and_then(|rule| grade(chance, rule));
            let Ok(award) = decide(&stocked.item, None, granted, subject, day) else { continue };
            let whom = if subject == Subject::Household { household } else { resident };
            let item = stocked.id;
            if self.take(whom, &award.takes) {
                return Ok(Granted { theme: choice.theme, item, subject, award });
            }
        }
        Err(Error::corrupt("no item can reward a deed: every one is capped"))
    }

    /// What a deed asks for that nobody has decided: its theme, item, and for whom.
    pub(super) fn suggest(&self, chance: &mut Chance, pool: &Pool) -> (usize, ItemId, Subject) {
        let of = if pool.small.is_empty() { &pool.large } else { &pool.small };
        let choice = of[chance.weighted(of.iter().map(|c| c.weight))];
        let stocked = &self.stock[choice.stock];
        (choice.theme, stocked.id, stocked.item.subject)
    }

    /// What reading an article earns: item and award.
    pub(super) fn reading(&self, day: Day) -> Result<(ItemId, Award)> {
        self.uncapped(READING, day)
    }

    /// What a voluntary patrol earns: item and award.
    pub(super) fn patrol(&self, day: Day) -> Result<(ItemId, Award)> {
        self.uncapped(PATROL, day)
    }

    fn uncapped(&self, code: &str, day: Day) -> Result<(ItemId, Award)> {
        let stocked = self.stock.iter().find(|s| s.item.code == code);
        let stocked = stocked.ok_or_else(|| Error::corrupt(format!("{code} is not in force")))?;
        let award = decide(&stocked.item, None, None, Subject::Resident, day);
        let award = award.map_err(|refusal| Error::corrupt(format!("{code} is refused: {refusal:?}")))?;
        if !award.takes.is_empty() {
            return Err(Error::corrupt(format!("{code} is capped, which the demo does not count")));
        }
        Ok((stocked.id, award))
    }

    /// The place of the item of this code that is in force on a path.
    pub(super) fn in_force(&self, path: &[UnitId], code: &str) -> Option<usize> {
        let own = self.own.iter().filter(|(unit, _)| path.contains(unit));
        own.flat_map(|(_, range)| range.clone()).find(|stock| self.stock[*stock].item.code == code)
    }

    /// The item of a place.
    pub(super) fn item(&self, stock: usize) -> (ItemId, &Item) {
        let stocked = &self.stock[stock];
        (stocked.id, &stocked.item)
    }

    /// Takes from the counters, or says that they leave nothing.
    pub(super) fn take(&mut self, whom: AnyId, takes: &[CounterTake]) -> bool {
        let key = |t: &CounterTake| (whom, t.period.span.word(), t.period.start, t.scope.clone());
        if takes.iter().any(|t| self.counters.get(&key(t)).copied().unwrap_or(0) + t.amount > t.max) {
            return false;
        }
        for take in takes {
            *self.counters.entry(key(take)).or_default() += take.amount;
        }
        true
    }

    /// Writes what was counted.
    pub(super) fn write_counters(&self, out: &mut Loader<'_>) -> Result<()> {
        self.counters.iter().try_for_each(|((whom, span, start, scope), used)| {
            out.push(
                Table::Counters,
                [scope.clone().into(), (*whom).into(), (*span).into(), (*start).into(), (*used).into()],
            )
        })
    }
}

/// Records what a claim took from a counter.
pub(super) fn record(out: &mut Loader<'_>, claim: ClaimId, whom: AnyId, take: &CounterTake) -> Result<()> {
    out.push(
        Table::ClaimTakes,
        [
            claim.into(),
            take.scope.clone().into(),
            whom.into(),
            take.period.span.word().into(),
            take.period.start.into(),
            take.amount.into(),
        ],
    )
}

fn middle(rule: &PointsRule) -> i64 {
    let (min, max) = rule.bounds();
    (min.hundredths() + max.unwrap_or(min).hundredths()) / 2
}

/// What an assessor grants, where one has to say.
fn grade(chance: &mut Chance, rule: &PointsRule) -> Option<Points> {
    match rule {
        PointsRule::Range { min, max } => Some(Points::from_hundredths(
            chance.between(min.hundredths() / 100, max.hundredths() / 100) * 100,
        )),
        PointsRule::Grades(grades) => Some(*chance.pick(grades)),
        PointsRule::Fixed(_) | PointsRule::Stepped { .. } => None,
    }
}

fn write(
    out: &mut Loader<'_>,
    chance: &mut Chance,
    unit: UnitId,
    id: CatalogueId,
    document: &CatalogueDocument,
    adoption: Adoption,
    draft: bool,
) -> Result<Vec<Stocked>> {
    let source = document.source.as_ref().map(json).transpose()?;
    out.push(
        Table::Catalogues,
        [
            id.into(),
            unit.into(),
            1.into(),
            if draft { "draft" } else { "adopted" }.into(),
            document.name_zh.clone().into(),
            document.name_en.clone().into(),
            source.into(),
            (!draft).then_some(adoption.force_from).into(),
            Cell::Null,
            json(document)?.into(),
            adoption.by.into(),
            (!draft).then_some(adoption.by).into(),
            adoption.at.into(),
            1.into(),
        ],
    )?;
    let mut stocked = Vec::with_capacity(document.items.len());
    for (position, item) in (0_i32..).zip(&document.items) {
        let item_id: ItemId = chance.id(adoption.at);
        let row = [item_id.into(), id.into(), position.into(), item.code.clone().into(), json(item)?.into()];
        out.push(Table::Items, row)?;
        stocked.push(Stocked { id: item_id, item: item.clone() });
    }
    Ok(stocked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rewards_a_deed_stands_in_a_carried_table() {
        let codes: Vec<String> = carried()
            .iter()
            .chain(extra_rows())
            .flat_map(|t| t.document().awards_only().items.into_iter().map(|i| i.code))
            .collect();
        for (code, _) in THEMES.iter().flat_map(|t| t.items) {
            assert!(codes.iter().any(|c| c == code), "{code}");
        }
    }

    #[test]
    fn what_is_adopted_passes_the_checker() {
        for key in ["baqiao", "wendeng-rural", "xipo", "baiyang", "fengjie", "sample-composed"] {
            let document = table(key).map(|t| t.document().awards_only());
            let faults = document.map(|d| domain::catalogue::check(&d, None));
            assert_eq!(faults, Some(Vec::new()), "{key}");
        }
    }
}
