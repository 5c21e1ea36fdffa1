//! Hours of the week: when an offer is to be had. A window is some weekdays with a time from which and a time until which, in the
//! tenant's time zone. What goes over midnight is two windows.

use std::fmt;
use std::str::FromStr;

use crate::refusal::FieldFault;
use crate::time::{Day, Ts, Zone};

/// How many windows there may be.
pub const WINDOWS_MAX: usize = 14;
/// Midnight at the end of a day, in minutes.
const MIDNIGHT: u16 = 24 * 60;

/// A time of day, in minutes since midnight: `09:00`; the end of a day is `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

/// A text that is no time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedTimeOfDay;

impl fmt::Display for MalformedTimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a time of day as HH:MM, from 00:00 to 24:00")
    }
}
impl std::error::Error for MalformedTimeOfDay {}

impl TimeOfDay {
    /// How many minutes since midnight.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}
impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}
impl FromStr for TimeOfDay {
    type Err = MalformedTimeOfDay;
    fn from_str(s: &str) -> Result<Self, MalformedTimeOfDay> {
        let two = |t: &str| {
            let good = t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit());
            if good { t.parse::<u16>().map_err(|_| MalformedTimeOfDay) } else { Err(MalformedTimeOfDay) }
        };
        let (hour, minute) = s.split_once(':').ok_or(MalformedTimeOfDay)?;
        let (hour, minute) = (two(hour)?, two(minute)?);
        let minutes = hour * 60 + minute;
        if minute < 60 && minutes <= MIDNIGHT { Ok(Self(minutes)) } else { Err(MalformedTimeOfDay) }
    }
}
impl serde::Serialize for TimeOfDay {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for TimeOfDay {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Some weekdays, and from when until when on each of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Window {
    /// 1 is Monday, 7 is Sunday.
    pub weekdays: Vec<u8>,
    /// From when on.
    pub from: TimeOfDay,
    /// Until when; that minute is outside.
    pub until: TimeOfDay,
}

/// When something is to be had: first and last day, and hours of the week. Nothing said is no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours {
    /// The first day.
    pub from_day: Option<Day>,
    /// The last day.
    pub until_day: Option<Day>,
    /// Hours of the week; none: always.
    pub windows: Vec<Window>,
}

impl Hours {
    /// Checks what a shop has said: days in order, windows that are windows.
    pub fn check(&self) -> Result<(), FieldFault> {
        if let (Some(from), Some(until)) = (self.from_day, self.until_day)
            && until < from
        {
            let (zh, en) = ("结束日期不能早于开始日期", "not before the first day");
            return Err(FieldFault::new("untilDay", "out_of_order", zh, en));
        }
        if self.windows.len() > WINDOWS_MAX {
            let (zh, en) = ("时段过多", "fewer windows");
            return Err(FieldFault::new("windows", "too_many", zh, en));
        }
        self.windows.iter().enumerate().try_for_each(|(i, window)| check_window(i, window))
    }

    /// Whether it is to be had at this moment in this time zone.
    pub fn is_open_at(&self, now: Ts, zone: &Zone) -> bool {
        let today = Day::of(now, zone);
        if self.from_day.is_some_and(|from| today < from) || self.until_day.is_some_and(|until| today > until)
        {
            return false;
        }
        let (weekday, minute) = (weekday(today), zone.minute_of_day(now));
        let is_in = |w: &Window| {
            w.weekdays.contains(&weekday) && w.from.minutes() <= minute && minute < w.until.minutes()
        };
        self.windows.is_empty() || self.windows.iter().any(is_in)
    }
}

fn check_window(i: usize, window: &Window) -> Result<(), FieldFault> {
    let fault = |part: &str, code, zh: &str, en: &str| {
        Err(FieldFault::new(format!("windows[{i}].{part}"), code, zh, en))
    };
    let days = &window.weekdays;
    let once = |at: usize| !days[..at].contains(&days[at]);
    let good = !days.is_empty() && days.iter().all(|d| (1..=7).contains(d)) && (0..days.len()).all(once);
    if !good {
        return fault(
            "weekdays",
            "unknown_value",
            "1 至 7（周一至周日），不重复",
            "1 to 7 (Monday to Sunday), each once",
        );
    }
    if window.from >= window.until {
        return fault(
            "until",
            "out_of_order",
            "须晚于开始时间；跨午夜请分为两个时段",
            "later than `from`; what goes over midnight is two windows",
        );
    }
    Ok(())
}

/// 1 is Monday, 7 is Sunday.
pub fn weekday(day: Day) -> u8 {
    u8::try_from(day.date().weekday().to_monday_one_offset()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(weekdays: &[u8], from: &str, until: &str) -> Window {
        Window { weekdays: weekdays.to_vec(), from: from.parse().unwrap(), until: until.parse().unwrap() }
    }

    fn hours(windows: Vec<Window>) -> Hours {
        Hours { windows, ..Hours::default() }
    }

    #[test]
    fn a_time_of_day_has_one_form() {
        for text in ["00:00", "09:30", "23:59", "24:00"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        for text in ["", "9:30", "24:01", "12:60", "12.30", "12:3", "12:30:00", "-1:00", "１２:30"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_offer_is_open_in_its_windows_of_local_time() {
        let zone = Zone::shanghai();
        // Monday 2 March 2026, ten o'clock in Shanghai.
        let monday: Ts = "2026-03-02T02:00:00Z".parse().unwrap();
        let at = |seconds| monday.plus_seconds(seconds);
        assert!(hours(vec![]).is_open_at(monday, &zone), "nothing said is always");
        let morning = hours(vec![window(&[1, 2], "10:00", "12:00"), window(&[7], "20:00", "24:00")]);
        assert!(!morning.is_open_at(at(-1), &zone) && morning.is_open_at(monday, &zone));
        assert!(morning.is_open_at(at(7_199), &zone) && !morning.is_open_at(at(7_200), &zone));
        assert!(morning.is_open_at(at(24 * 3_600), &zone) && !morning.is_open_at(at(48 * 3_600), &zone));
        // Sunday, one minute before midnight in Shanghai: still Sunday there, though it is so in UTC, too, only for eight hours less.
        let sunday: Ts = "2026-03-08T15:59:00Z".parse().unwrap();
        assert!(morning.is_open_at(sunday, &zone) && !morning.is_open_at(sunday.plus_seconds(60), &zone));
    }

    #[test]
    fn the_first_and_the_last_day_belong_to_it() {
        let zone = Zone::shanghai();
        let day: Day = "2026-03-02".parse().unwrap();
        let span = Hours { from_day: Some(day), until_day: Some(day.plus(1)), windows: vec![] };
        let start = day.starts_at(&zone);
        assert!(!span.is_open_at(start.plus_seconds(-1), &zone) && span.is_open_at(start, &zone));
        let end = day.plus(2).starts_at(&zone);
        assert!(span.is_open_at(end.plus_seconds(-1), &zone) && !span.is_open_at(end, &zone));
    }

    #[test]
    fn what_is_no_window_is_refused() {
        let fault = |windows| hours(windows).check().map_err(|f| (f.field, f.code));
        assert_eq!(fault(vec![window(&[1, 7], "00:00", "24:00")]), Ok(()));
        for days in [&[][..], &[0], &[8], &[1, 1]] {
            let expected = Err(("windows[0].weekdays".to_owned(), "unknown_value"));
            assert_eq!(fault(vec![window(days, "09:00", "10:00")]), expected, "{days:?}");
        }
        let good = window(&[1], "09:00", "10:00");
        let backwards = Err(("windows[1].until".to_owned(), "out_of_order"));
        assert_eq!(fault(vec![good.clone(), window(&[1], "22:00", "02:00")]), backwards);
        assert_eq!(fault(vec![good; WINDOWS_MAX + 1]), Err(("windows".to_owned(), "too_many")));
        let days = Hours { from_day: Some(Day(5)), until_day: Some(Day(4)), windows: vec![] };
        assert_eq!(days.check().unwrap_err().field, "untilDay");
    }

    #[test]
    fn windows_survive_their_text() {
        let windows = vec![window(&[1, 2, 3, 4, 5], "09:00", "21:30")];
        let text = serde_json::to_string(&windows).unwrap();
        assert_eq!(text, r#"[{"weekdays":[1,2,3,4,5],"from":"09:00","until":"21:30"}]"#);
        assert_eq!(serde_json::from_str::<Vec<Window>>(&text).unwrap(), windows);
    }
}
