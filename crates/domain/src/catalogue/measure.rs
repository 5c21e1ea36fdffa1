//! Units of measure that rule tables use: what a quantity does to the figure, and how often the wording lets an item be paid.

use super::item::CapScope;
use crate::points::Points;

/// What the quantity does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    /// Nothing: the act is paid as a whole.
    Act,
    /// The figure is paid for each one.
    Each,
    /// The figure (or the one that the wording itself states) is paid for each whole step.
    Step { size: Points, pays: Option<Points> },
}

/// One wording.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    text: &'static str,
    zh: &'static str,
    /// What the quantity does.
    pub counts: Counts,
    /// The period in which the wording lets it be paid once.
    pub once_in: Option<CapScope>,
}

const fn act(text: &'static str, zh: &'static str) -> Measure {
    Measure { text, zh, counts: Counts::Act, once_in: None }
}
const fn once(text: &'static str, zh: &'static str, scope: CapScope) -> Measure {
    Measure { text, zh, counts: Counts::Act, once_in: Some(scope) }
}
const fn each(text: &'static str, zh: &'static str) -> Measure {
    Measure { text, zh, counts: Counts::Each, once_in: None }
}
const fn step(text: &'static str, zh: &'static str, size: i32, pays: Option<Points>) -> Measure {
    Measure { text, zh, counts: Counts::Step { size: Points::whole(size), pays }, once_in: None }
}

const ONE: Option<Points> = Some(Points::whole(1));
const TENTH: Option<Points> = Some(Points::from_hundredths(10));

const MEASURES: [Measure; 24] = [
    act("per occurrence", "每次"),
    act("per person per activity", "每人每次活动"),
    act("per article", "每篇"),
    act("per household", "每户"),
    act("per period", "每期"),
    once("per day", "每天", CapScope::Day),
    once("per week", "每周", CapScope::Week),
    once("per month", "每月", CapScope::Month),
    once("per quarter", "每季度", CapScope::Quarter),
    once("per person per quarter", "每人每季度", CapScope::Quarter),
    once("per year", "每年", CapScope::Year),
    // Hours are summed up over a calendar year, so a sum is reached once in it.
    once("per threshold reached", "累计达标", CapScope::Year),
    once("once", "一次性", CapScope::Ever),
    each("per person", "每人"),
    each("per hour", "每小时"),
    each("per kg", "每公斤"),
    step("per 4 hours", "每4小时", 4, None),
    step("per 100 yuan", "每100元", 100, None),
    step("per 10 yuan: 0.1 point", "每10元0.1分", 10, TENTH),
    step("per 100 yuan: 1 point", "每100元1分", 100, ONE),
    step("per 400 yuan: 1 point", "每400元1分", 400, ONE),
    step("per 500 yuan: 1 point", "每500元1分", 500, ONE),
    step("per 1,000 yuan: 1 point", "每1000元1分", 1_000, ONE),
    act("per activity", "每次活动"),
];

/// The measure of this wording.
pub(super) fn measure(text: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|m| m.text == text)
}

/// A usual unit of measure in Chinese: "per hour" is "每小时".
pub fn unit_zh(text: &str) -> Option<&'static str> {
    measure(text).map(|m| m.zh)
}
