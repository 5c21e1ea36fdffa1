//! The hours in which nobody is disturbed.

use crate::time::{Day, Ts, Zone};

/// From one minute of the day until another, which may be on the next day; equal ones are no hours at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    from: u16,
    until: u16,
}

/// Minutes of a day.
const DAY: u16 = 24 * 60;

impl Quiet {
    /// Between two times of the day, as `22:00`; `None` where one of them is none.
    pub fn between(from: &str, until: &str) -> Option<Self> {
        Some(Self { from: minute(from)?, until: minute(until)? })
    }

    /// When they end, if it is quiet at this moment.
    pub fn until(self, now: Ts, zone: &Zone) -> Option<Ts> {
        let minute = zone.minute_of_day(now);
        let over_midnight = self.from > self.until;
        let (evening, morning) = (minute >= self.from, minute < self.until);
        let quiet = if over_midnight { evening || morning } else { evening && morning };
        if !quiet {
            return None;
        }
        let today = Day::of(now, zone);
        let day = if over_midnight && evening { today.plus(1) } else { today };
        // The first moment of that minute: a day that is an hour longer or shorter moves it by that hour, which disturbs nobody.
        Some(day.starts_at(zone).plus_seconds(i64::from(self.until) * 60))
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |text: &str| if text.len() == 2 { text.parse::<u16>().ok() } else { None };
    let (hour, minute) = (two(hour)?, two(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute).filter(|minute| *minute < DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(quiet: Quiet, moment: &str) -> Option<String> {
        quiet.until(moment.parse().unwrap(), &Zone::shanghai()).map(|until| until.to_string())
    }

    #[test]
    fn a_night_ends_in_the_morning_of_the_right_day() {
        let night = Quiet::between("22:00", "07:00").unwrap();
        assert_eq!(at(night, "2026-03-02T13:59:59Z"), None, "21:59 here");
        assert_eq!(at(night, "2026-03-02T14:00:00Z").as_deref(), Some("2026-03-02T23:00:00Z"));
        assert_eq!(
            at(night, "2026-03-02T17:00:00Z").as_deref(),
            Some("2026-03-02T23:00:00Z"),
            "after midnight"
        );
        assert_eq!(at(night, "2026-03-02T23:00:00Z"), None, "seven in the morning");
    }

    #[test]
    fn hours_of_one_day_and_none_at_all() {
        let noon = Quiet::between("12:00", "14:00").unwrap();
        assert_eq!(at(noon, "2026-03-02T05:00:00Z").as_deref(), Some("2026-03-02T06:00:00Z"));
        assert_eq!(at(noon, "2026-03-02T15:00:00Z"), None);
        let none = Quiet::between("00:00", "00:00").unwrap();
        assert_eq!(at(none, "2026-03-02T16:00:00Z"), None);
        for bad in ["7:00", "24:00", "12:60", "noon", "", "12"] {
            assert!(Quiet::between(bad, "07:00").is_none(), "{bad}");
        }
    }
}
