//! Moments and days. A moment is a number of microseconds of UTC; a day is a number of days since 1970-01-01 in the tenant's time
//! zone. Which day a moment belongs to is decided here and nowhere else.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A moment: microseconds of UTC since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ts(pub i64);

/// One second in microseconds.
pub const SECOND: i64 = 1_000_000;
/// One hour in microseconds.
pub const HOUR: i64 = 3_600 * SECOND;
/// Twenty-four hours in microseconds.
pub const DAY: i64 = 24 * HOUR;

impl Ts {
    /// The moment this many seconds later (or earlier).
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0 + seconds * SECOND)
    }
    /// Whole seconds since 1970.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }
    fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }
}

/// RFC 3339 in UTC with microseconds where there are any.
impl fmt::Display for Ts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.timestamp(), f)
    }
}
impl FromStr for Ts {
    type Err = MalformedTime;
    fn from_str(s: &str) -> Result<Self, MalformedTime> {
        s.parse::<jiff::Timestamp>().map(|t| Self(t.as_microsecond())).map_err(|_| MalformedTime)
    }
}

/// A text that is neither an RFC 3339 moment nor an ISO day, as the place asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedTime;
impl fmt::Display for MalformedTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a day as YYYY-MM-DD, or a moment as RFC 3339")
    }
}
impl std::error::Error for MalformedTime {}

/// A calendar day: days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub i32);

impl Day {
    /// The day this many days later (or earlier).
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }
    /// The civil date of this day; days out of the calendar's range are clamped to its ends.
    pub fn date(self) -> Date {
        let epoch = Date::constant(1970, 1, 1);
        epoch
            .checked_add(jiff::Span::new().days(self.0.clamp(-700_000, 2_900_000)))
            .unwrap_or(if self.0 < 0 { Date::MIN } else { Date::MAX })
    }
    /// The day of this civil date.
    pub fn from_date(date: Date) -> Self {
        let epoch = Date::constant(1970, 1, 1);
        Self(epoch.until(date).map_or(0, |span| span.get_days()))
    }
    /// The day to which this moment belongs in this time zone.
    pub fn of(moment: Ts, zone: &Zone) -> Self {
        Self::from_date(moment.timestamp().to_zoned(zone.0.clone()).date())
    }
    /// The first moment of this day in this time zone.
    pub fn starts_at(self, zone: &Zone) -> Ts {
        let start = self.date().to_zoned(zone.0.clone()).map(|z| z.timestamp());
        Ts(start.map_or(i64::from(self.0) * DAY, |t| t.as_microsecond()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.date(), f)
    }
}
impl FromStr for Day {
    type Err = MalformedTime;
    fn from_str(s: &str) -> Result<Self, MalformedTime> {
        if s.len() != 10 {
            return Err(MalformedTime);
        }
        s.parse::<Date>().map(Self::from_date).map_err(|_| MalformedTime)
    }
}

macro_rules! serde_as_text {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
serde_as_text!(Ts);
serde_as_text!(Day);

/// Where the time comes from. The system's clock and a manual one stand behind it, so that a test moves the time and nothing waits.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present moment.
    fn now(&self) -> Ts;
}

/// A tenant's time zone. China has had no daylight saving since 1991, but the code relies on no such thing.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of this IANA name (from the data compiled in), or `None`.
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }
    /// Asia/Shanghai, the default.
    pub fn shanghai() -> Self {
        Self(TimeZone::get("Asia/Shanghai").unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(8))))
    }
    /// Whether an IANA name is known.
    pub fn is_known(name: &str) -> bool {
        Self::named(name).is_some()
    }
    /// How many minutes since midnight it is here at this moment.
    pub fn minute_of_day(&self, moment: Ts) -> u16 {
        let time = moment.timestamp().to_zoned(self.0.clone()).time();
        u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0)
    }
    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("Asia/Shanghai")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_before_midnight_in_shanghai_belongs_to_the_day_that_ends() {
        let zone = Zone::shanghai();
        let late: Ts = "2026-03-01T15:59:59.999999Z".parse().unwrap();
        let next = Ts(late.0 + 1);
        assert_eq!(Day::of(late, &zone).to_string(), "2026-03-01");
        assert_eq!(Day::of(next, &zone).to_string(), "2026-03-02");
        assert_eq!(Day::of(next, &zone).starts_at(&zone), next);
    }

    #[test]
    fn a_day_survives_its_text() {
        let day: Day = "2024-02-29".parse().unwrap();
        assert_eq!(day.to_string(), "2024-02-29");
        assert_eq!(day.plus(1).to_string(), "2024-03-01");
        assert!("2023-02-29".parse::<Day>().is_err());
    }
}
