//! The periods that boards cover: a day, a week (Monday to Sunday), a month, a quarter, a year, and all time.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::time::Day;

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// One day.
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
    All,
}

impl Span {
    /// Every span, shortest first.
    pub const EVERY: [Self; 6] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year, Self::All];

    /// The word in addresses and keys.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::All => "all",
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
impl FromStr for Span {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        Self::EVERY.into_iter().find(|span| span.word() == s).ok_or(())
    }
}

/// One period: a span and its first day. The period of all time starts on [`Period::ALL_START`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// How long it is.
    pub span: Span,
    /// Its first day.
    pub start: Day,
}

impl Period {
    /// The nominal first day of all time.
    pub const ALL_START: Day = Day(0);

    /// The period of this span that a day falls in.
    pub fn of(span: Span, day: Day) -> Self {
        let date = day.date();
        let first_of = |month: i8| Date::new(date.year(), month, 1).map_or(day, Day::from_date);
        let start = match span {
            Span::Day => day,
            Span::Week => day.plus(-i32::from(date.weekday().to_monday_zero_offset())),
            Span::Month => first_of(date.month()),
            Span::Quarter => first_of((date.month() - 1) / 3 * 3 + 1),
            Span::Year => first_of(1),
            Span::All => Self::ALL_START,
        };
        Self { span, start }
    }

    /// The first day after this period, or `None` for all time.
    pub fn end(self) -> Option<Day> {
        let months = |n: i32| {
            let date = self.start.date();
            date.checked_add(jiff::Span::new().months(n)).map_or(self.start, Day::from_date)
        };
        match self.span {
            Span::Day => Some(self.start.plus(1)),
            Span::Week => Some(self.start.plus(7)),
            Span::Month => Some(months(1)),
            Span::Quarter => Some(months(3)),
            Span::Year => Some(months(12)),
            Span::All => None,
        }
    }

    /// Whether a day falls in this period.
    pub fn contains(self, day: Day) -> bool {
        Self::of(self.span, day) == self
    }

    /// The six periods that a day falls in.
    pub fn every(day: Day) -> [Self; 6] {
        Span::EVERY.map(|span| Self::of(span, day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_falls_in_its_periods() {
        let day: Day = "2026-11-22".parse().unwrap(); // a Sunday
        let starts: Vec<String> = Period::every(day).iter().map(|p| p.start.to_string()).collect();
        assert_eq!(
            starts,
            ["2026-11-22", "2026-11-16", "2026-11-01", "2026-10-01", "2026-01-01", "1970-01-01"]
        );
        let ends: Vec<_> = Period::every(day).iter().map(|p| p.end().map(|d| d.to_string())).collect();
        let expected = ["2026-11-23", "2026-11-23", "2026-12-01", "2027-01-01", "2027-01-01"]
            .map(|s| Some(s.to_string()));
        assert_eq!(ends[..5], expected);
        assert_eq!(ends[5], None);
    }
}
