//! A rule item: an act, whom it is for, what it pays, and how often.

use serde::{Deserialize, Serialize};

use crate::period::Span;
use crate::points::Points;

/// Whether an item gives or takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Gives points.
    Award,
    /// Takes points, after due process.
    Deduction,
}

/// Whom an item is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// One person.
    Resident,
    /// A household as a whole.
    Household,
}

/// The figure of an item, always positive: the direction gives the sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum PointsRule {
    /// Exactly this, or this for each one of the quantity if the item is paid by quantity.
    Fixed(Points),
    /// Somewhere in a range, ends included: the assessor says how much.
    #[serde(rename_all = "camelCase")]
    Range {
        /// The least.
        min: Points,
        /// The most.
        max: Points,
    },
    /// One of these, ascending: the assessor says which.
    Grades(Vec<Points>),
    /// So much for every whole step of the quantity: 1 point for every 100 yuan, every 4 hours.
    #[serde(rename_all = "camelCase")]
    Stepped {
        /// What one step pays.
        points: Points,
        /// How much of the quantity is one step, such as `100.00` yuan.
        step: Points,
        /// The least that the item pays; below it, it pays nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<Points>,
        /// The most that the item pays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Points>,
    },
}

impl PointsRule {
    /// The least and the most that one award pays (for one of the quantity, if paid by quantity). A stepped figure pays one step
    /// at least, and without its own limit has no most.
    pub fn bounds(&self) -> (Points, Option<Points>) {
        match self {
            Self::Fixed(points) => (*points, Some(*points)),
            Self::Range { min, max } => (*min, Some(*max)),
            Self::Grades(grades) => (
                grades.iter().min().copied().unwrap_or_default(),
                Some(grades.iter().max().copied().unwrap_or_default()),
            ),
            Self::Stepped { points, min, max, .. } => (min.unwrap_or(*points), *max),
        }
    }
    /// Whether somebody has to say how many points are granted.
    pub const fn needs_grant(&self) -> bool {
        matches!(self, Self::Range { .. } | Self::Grades(_))
    }
}

/// The time over which a cap counts; by the day of the act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CapScope {
    /// One act: bounds one award and counts nothing.
    Occurrence,
    /// A day.
    Day,
    /// Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// A quarter of a calendar year.
    Quarter,
    /// A calendar year.
    Year,
    /// All time.
    Ever,
}

impl CapScope {
    /// The span of the counter, or `None` for a single act.
    pub const fn span(self) -> Option<Span> {
        match self {
            Self::Occurrence => None,
            Self::Day => Some(Span::Day),
            Self::Week => Some(Span::Week),
            Self::Month => Some(Span::Month),
            Self::Quarter => Some(Span::Quarter),
            Self::Year => Some(Span::Year),
            Self::Ever => Some(Span::All),
        }
    }
}

/// How much a cap lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum CapAmount {
    /// So many points.
    Points(Points),
    /// So many awards.
    Times(u32),
}

impl CapAmount {
    /// What is counted, as the word at the end of a counter's key.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Points(_) => "points",
            Self::Times(_) => "times",
        }
    }
    /// The most that the counter holds: hundredths of a point, or times.
    pub fn max(self) -> i64 {
        match self {
            Self::Points(points) => points.hundredths(),
            Self::Times(times) => i64::from(times),
        }
    }
}

/// A limit on what one subject gets from an item, or from several items together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cap {
    /// Over which time.
    pub scope: CapScope,
    /// How much.
    pub amount: CapAmount,
    /// The name of the pot, if several items draw on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_key: Option<String>,
}

impl Cap {
    /// A cap of one item.
    pub const fn own(scope: CapScope, amount: CapAmount) -> Self {
        Self { scope, amount, shared_key: None }
    }
    /// Whether two caps of one item would count in the same counter.
    pub fn same_counter(&self, other: &Self) -> bool {
        self.scope == other.scope
            && self.amount.word() == other.amount.word()
            && self.shared_key == other.shared_key
    }
}

/// A rule item. It has no id: an id belongs to the item of one stored version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Item {
    /// The code, unique in its catalogue and the same in every version: caps count under it.
    pub code: String,
    /// The heading under which it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The act, in Chinese.
    pub name_zh: String,
    /// The act, in English.
    pub name_en: String,
    /// Whether it gives or takes; open where the source holds both signs, and then it cannot be awarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// The figure; without one it cannot be awarded until staff set one in a new version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<PointsRule>,
    /// What it is paid for, as people read it: "per hour", "per 100 yuan"; [`super::unit_zh`] knows the usual ones in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_of_measure: Option<String>,
    /// Whether the quantity of the claim decides what is paid. The quantity counts single hours, yuan, kilograms, persons.
    #[serde(default)]
    pub per_quantity: bool,
    /// The service hours that must have been reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold_hours: Option<Points>,
    /// What limits it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Cap>,
    /// Whom it is for.
    pub subject: Subject,
    /// What proves the act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Who approves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// The clause of the village or community convention.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// What it leads to beside points: an honour, a listing. Never anything about statutory rights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// Free tags of programmes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub themes: Vec<String>,
    /// For a deduction: to whom one appeals, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal_path: Option<String>,
    /// For a deduction: after how many days its listing ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_days: Option<u16>,
    /// The whole row of the source, as it stands there.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub verbatim: serde_json::Value,
}

impl Item {
    /// Whether a claim must state a quantity.
    pub const fn needs_quantity(&self) -> bool {
        self.per_quantity
    }
    /// Whether whoever approves must state the points.
    pub fn needs_grant(&self) -> bool {
        self.points.as_ref().is_some_and(PointsRule::needs_grant)
    }
}
