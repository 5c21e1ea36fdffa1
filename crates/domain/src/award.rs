//! What an item pays: the value of one award, and the counters of caps that it draws on. The decision is pure; whoever posts the
//! award takes from each counter under a guard (`used + amount <= max`) in the same transaction.

use crate::catalogue::{Cap, CapAmount, CapScope, Direction, Item, PointsRule, Subject};
use crate::period::Period;
use crate::points::{Points, TRANSFER_MAX};
use crate::refusal::Code;
use crate::time::Day;

/// What one act is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    /// How much honour.
    pub merit: Points,
    /// How much to spend; by default the same.
    pub redeemable: Points,
    /// What it takes from caps, in one order for all (so that two awards never wait for each other's counters).
    pub takes: Vec<CounterTake>,
}

/// What an award takes from one counter of its subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CounterTake {
    /// What is counted: `item:<code>:points`, `item:<code>:times`, `shared:<key>:points` or `shared:<key>:times`. It is the same
    /// in every version of a catalogue, so that a new version does not open a cap again.
    pub scope: String,
    /// The period of the act's day.
    pub period: Period,
    /// How much is taken: hundredths of a point, or 1 time.
    pub amount: i64,
    /// The most that the counter may hold after it.
    pub max: i64,
}

/// Decides what an item pays for an act of this day.
///
/// A fixed figure is paid as it is, or times the quantity if the item is paid by quantity (rounded half away from zero to two
/// places). A stepped figure is paid for every whole step of the quantity. For a range or grades, `granted` says how much.
/// A figure that was granted beside a fixed or stepped one must be equal to it.
///
/// ```
/// use domain::award::decide;
/// use domain::catalogue::{Subject, carried, extra_rows};
/// use domain::{Code, Day, Points};
///
/// let day: Day = "2026-03-01".parse()?;
/// let sample = extra_rows()[1].document();
/// let service = sample.item("CMP-005").unwrap(); // 5 points an hour, at most 20 a day
/// let award = decide(service, Some("1.5".parse()?), None, Subject::Resident, day).unwrap();
/// assert_eq!(award.merit, Points::from_hundredths(750));
/// assert_eq!((award.takes[0].scope.as_str(), award.takes[0].max), ("item:CMP-005:points", 2_000));
/// assert_eq!(decide(service, None, None, Subject::Resident, day), Err(Code::QuantityRequired));
///
/// let xipo = carried()[3].document();
/// let found = xipo.item("XP-001").unwrap(); // 5 to 10 points, to a household
/// assert!(decide(found, None, Some(Points::whole(10)), Subject::Household, day).is_ok());
/// assert_eq!(decide(found, None, Some(Points::whole(11)), Subject::Household, day), Err(Code::PointsOutOfRange));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decide(
    item: &Item,
    quantity: Option<Points>,
    granted: Option<Points>,
    subject: Subject,
    day: Day,
) -> Result<Award, Code> {
    let rule = awardable(item, subject)?;
    reaches_threshold(item, quantity)?;
    let value = value(item, rule, quantity, granted)?;
    if !value.is_positive() || value > TRANSFER_MAX || exceeds_occurrence(&item.caps, value) {
        return Err(Code::PointsOutOfRange);
    }
    Ok(Award { merit: value, redeemable: value, takes: takes(item, value, day) })
}

/// Whether an item may be claimed at all with this quantity; how much it pays is decided when the claim is.
pub fn may_claim(item: &Item, quantity: Option<Points>, subject: Subject) -> Result<(), Code> {
    awardable(item, subject)?;
    if item.needs_quantity() && quantity.is_none() || quantity.is_some_and(|q| !q.is_positive()) {
        return Err(Code::QuantityRequired);
    }
    Ok(())
}

/// The figure of an item that can be awarded to this kind of subject.
fn awardable(item: &Item, subject: Subject) -> Result<&PointsRule, Code> {
    match item.direction {
        Some(Direction::Award) => {}
        Some(Direction::Deduction) => return Err(Code::DeductionNeedsProcess),
        None => return Err(Code::ItemWithoutPoints),
    }
    if item.subject != subject {
        return Err(Code::ItemOtherSubject);
    }
    item.points.as_ref().ok_or(Code::ItemWithoutPoints)
}

/// A quantity of hours below the threshold earns nothing. An item that is paid as a whole may come without a quantity: then whoever
/// approves answers for the hours.
fn reaches_threshold(item: &Item, quantity: Option<Points>) -> Result<(), Code> {
    match (item.threshold_hours, quantity) {
        (Some(least), Some(hours)) if hours < least => Err(Code::PointsOutOfRange),
        _ => Ok(()),
    }
}

fn value(
    item: &Item,
    rule: &PointsRule,
    quantity: Option<Points>,
    granted: Option<Points>,
) -> Result<Points, Code> {
    let quantity = || quantity.filter(|q| q.is_positive()).ok_or(Code::QuantityRequired);
    let computed = match rule {
        PointsRule::Fixed(points) if item.per_quantity => points.times_hundredths(quantity()?.hundredths()),
        PointsRule::Fixed(points) => Some(*points),
        PointsRule::Stepped { points, step, min, max } => stepped(*points, *step, quantity()?)
            .filter(|v| min.is_none_or(|m| *v >= m) && max.is_none_or(|m| *v <= m)),
        PointsRule::Range { min, max } => granted.filter(|g| (min..=max).contains(&g)),
        PointsRule::Grades(grades) => granted.filter(|g| grades.contains(g)),
    };
    computed.filter(|value| granted.is_none_or(|g| g == *value)).ok_or(Code::PointsOutOfRange)
}

/// The points for every whole step of the quantity.
fn stepped(points: Points, step: Points, quantity: Points) -> Option<Points> {
    let steps = quantity.hundredths().checked_div(step.hundredths())?;
    points.hundredths().checked_mul(steps).map(Points::from_hundredths)
}

fn exceeds_occurrence(caps: &[Cap], value: Points) -> bool {
    let exceeds = |cap: &Cap| match cap.amount {
        CapAmount::Points(most) => cap.scope == CapScope::Occurrence && value > most,
        CapAmount::Times(_) => false,
    };
    caps.iter().any(exceeds)
}

fn takes(item: &Item, value: Points, day: Day) -> Vec<CounterTake> {
    let take = |cap: &Cap| {
        let word = cap.amount.word();
        Some(CounterTake {
            scope: match &cap.shared_key {
                Some(key) => format!("shared:{key}:{word}"),
                None => format!("item:{}:{word}", item.code),
            },
            period: Period::of(cap.scope.span()?, day),
            amount: match cap.amount {
                CapAmount::Points(_) => value.hundredths(),
                CapAmount::Times(_) => 1,
            },
            max: cap.amount.max(),
        })
    };
    let mut takes: Vec<CounterTake> = item.caps.iter().filter_map(take).collect();
    takes.sort();
    takes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{carried, extra_rows};

    const DAY: Day = Day(20_513); // 2026-03-01, a Sunday

    fn item(code: &str) -> Item {
        let tables = carried().iter().chain(extra_rows());
        let found = tables.map(|t| t.document()).find_map(|d| d.item(code).cloned());
        found.unwrap_or_else(|| panic!("no item {code}"))
    }
    fn n(text: &str) -> Points {
        text.parse().unwrap()
    }
    /// What the item pays to its own subject.
    fn pays(item: &Item, quantity: Option<&str>, granted: Option<&str>) -> Result<String, Code> {
        let award = decide(item, quantity.map(n), granted.map(n), item.subject, DAY)?;
        assert_eq!(award.merit, award.redeemable);
        Ok(award.merit.to_string())
    }
    fn paid(text: &str) -> Result<String, Code> {
        Ok(text.to_owned())
    }

    #[test]
    fn a_fixed_item_pays_exactly_its_value() {
        let patrol = item("GJ-001");
        assert_eq!(pays(&patrol, None, None), paid("0.50"));
        assert_eq!(pays(&patrol, Some("3"), None), paid("0.50"), "it is not paid by quantity");
        assert_eq!(pays(&patrol, None, Some("0.50")), paid("0.50"));
        assert_eq!(pays(&patrol, None, Some("0.51")), Err(Code::PointsOutOfRange));
    }

    #[test]
    fn a_quantity_multiplies_with_its_fractions() {
        let service = item("CMP-005");
        assert_eq!(pays(&service, Some("1"), None), paid("5.00"));
        assert_eq!(pays(&service, Some("0.25"), None), paid("1.25"));
        let mut tenth = service.clone();
        tenth.points = Some(PointsRule::Fixed(n("0.1")));
        assert_eq!(pays(&tenth, Some("0.25"), None), paid("0.03"), "half away from zero");
        assert_eq!(pays(&tenth, Some("0.04"), None), Err(Code::PointsOutOfRange), "rounds to nothing");
        for quantity in [None, Some("0"), Some("-1")] {
            assert_eq!(pays(&service, quantity, None), Err(Code::QuantityRequired));
        }
        assert_eq!(pays(&service, Some("2000000"), None), paid("10000000.00"));
        assert_eq!(pays(&service, Some("2000000.01"), None), Err(Code::PointsOutOfRange));
        assert_eq!(pays(&service, Some("999999999999"), None), Err(Code::PointsOutOfRange));
    }

    #[test]
    fn a_stepped_item_pays_whole_steps_within_its_limits() {
        let small = item("WD-R-PW-034"); // 0.1 for each 10 yuan, 0.1 to 0.9
        for (yuan, points) in [("10", "0.10"), ("19.99", "0.10"), ("20", "0.20"), ("99", "0.90")] {
            assert_eq!(pays(&small, Some(yuan), None), paid(points), "{yuan}");
        }
        assert_eq!(pays(&small, Some("9.99"), None), Err(Code::PointsOutOfRange));
        assert_eq!(pays(&small, Some("100"), None), Err(Code::PointsOutOfRange));
        assert_eq!(pays(&small, None, Some("0.10")), Err(Code::QuantityRequired));
        let hours = item("RC-001"); // 1 for each 4 hours
        assert_eq!(pays(&hours, Some("3.99"), None), Err(Code::PointsOutOfRange));
        assert_eq!(pays(&hours, Some("11.5"), None), paid("2.00"));
    }

    #[test]
    fn a_range_pays_what_is_granted_within_it() {
        let found = item("XP-001"); // 5 to 10
        for granted in ["5.00", "7.50", "10.00"] {
            assert_eq!(pays(&found, None, Some(granted)), paid(granted));
        }
        for granted in [None, Some("4.99"), Some("10.01")] {
            assert_eq!(pays(&found, None, granted), Err(Code::PointsOutOfRange));
        }
        let own = item("WD-R-SD-077"); // 0 to 2
        assert_eq!(pays(&own, None, Some("0")), Err(Code::PointsOutOfRange), "nothing is no award");
        assert_eq!(pays(&own, None, Some("0.01")), paid("0.01"));
    }

    #[test]
    fn grades_pay_one_of_them() {
        let deed = item("QB-001");
        assert_eq!(pays(&deed, None, Some("300")), paid("300.00"));
        assert_eq!(pays(&deed, None, Some("301")), Err(Code::PointsOutOfRange));
    }

    #[test]
    fn a_threshold_must_be_reached() {
        let ten_hours = item("WD-R-CP-001");
        assert_eq!(pays(&ten_hours, Some("9.99"), None), Err(Code::PointsOutOfRange));
        assert_eq!(pays(&ten_hours, Some("10"), None), paid("2.00"));
        assert_eq!(pays(&ten_hours, None, None), paid("2.00"));
    }

    #[test]
    fn what_cannot_be_awarded_is_refused() {
        assert_eq!(pays(&item("WD-R-VA-078"), None, None), Err(Code::DeductionNeedsProcess));
        assert_eq!(pays(&item("NK-TOP-01"), None, Some("1")), Err(Code::ItemWithoutPoints));
        assert_eq!(pays(&item("NK-CAT-1"), None, Some("1")), Err(Code::ItemWithoutPoints));
        let patrol = item("GJ-001");
        assert_eq!(decide(&patrol, None, None, Subject::Household, DAY), Err(Code::ItemOtherSubject));
    }

    #[test]
    fn one_act_above_its_cap_is_refused() {
        let service = item("HL-001"); // 1 an hour, at most 2 an activity
        assert_eq!(pays(&service, Some("2"), None), paid("2.00"));
        assert_eq!(pays(&service, Some("2.01"), None), Err(Code::PointsOutOfRange));
        assert!(decide(&service, Some(n("2")), None, Subject::Resident, DAY).unwrap().takes.is_empty());
    }

    #[test]
    fn caps_count_in_the_periods_of_the_acts_day() {
        let takes = |code| {
            let item = item(code);
            let award = decide(&item, Some(n("100")), None, item.subject, DAY).unwrap();
            let line = |t: CounterTake| {
                format!("{} {} {} {}/{}", t.scope, t.period.span, t.period.start, t.amount, t.max)
            };
            award.takes.into_iter().map(line).collect::<Vec<_>>()
        };
        assert_eq!(
            takes("CMP-025"),
            ["item:CMP-025:points month 2026-03-01 100/2000", "item:CMP-025:times day 2026-03-01 1/1"]
        );
        assert_eq!(takes("WD-R-PW-030"), ["shared:district-donations:points year 2026-01-01 100/4000"]);
        assert_eq!(takes("WD-R-CP-022"), ["shared:WD-R-CP-021:points month 2026-03-01 100/100"]);
        assert_eq!(takes("XHQ-001"), ["item:XHQ-001:times all 1970-01-01 1/1"]);
    }

    #[test]
    fn every_carried_award_with_a_figure_can_be_paid() {
        for item in carried().iter().flat_map(|t| t.document().awards_only().items) {
            let Some(rule) = &item.points else { continue };
            let (quantity, granted) = match rule {
                PointsRule::Stepped { step, .. } => (Some(*step), None),
                PointsRule::Fixed(_) => (Some(item.threshold_hours.unwrap_or(Points::whole(1))), None),
                PointsRule::Range { .. } | PointsRule::Grades(_) => (None, rule.bounds().1),
            };
            assert!(decide(&item, quantity, granted, item.subject, DAY).is_ok(), "{}", item.code);
        }
    }
}
