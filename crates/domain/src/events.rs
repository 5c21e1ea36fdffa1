//! Events: community activities. Who may do what when, what a stay is worth, and the code at the door; all of it pure.
//!
//! A seat is confirmed or offered; both count as taken, and taken never passes the capacity. Whoever finds no free seat, or somebody who
//! waits already, waits. A seat that becomes free is offered to whoever has waited longest, for as many minutes as the event says; an offer
//! that is not accepted in time lapses and goes to the next.

use crate::points::Points;
use crate::refusal::Code;
use crate::time::{Day, HOUR, SECOND, Ts, Zone};

/// What kind of activity it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 活动: people do something together.
    Activity,
    /// 志愿服务: volunteering.
    Volunteering,
    /// 培训: training.
    Training,
    /// 宣传: publicity.
    Publicity,
    /// 分享会: a sharing session.
    Sharing,
}

impl Kind {
    /// Every kind.
    pub const EVERY: [Self; 5] =
        [Self::Activity, Self::Volunteering, Self::Training, Self::Publicity, Self::Sharing];
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Volunteering => "volunteering",
            Self::Training => "training",
            Self::Publicity => "publicity",
            Self::Sharing => "sharing",
        }
    }
    /// The kind of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|kind| kind.word() == word)
    }
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventState {
    /// Seen by the desk only.
    Draft,
    /// Everybody can see it and sign up in its time.
    Published,
    /// It does not take place.
    Cancelled,
    /// It is over, and what was earned is claimed.
    Completed,
}

impl EventState {
    /// Every state.
    pub const EVERY: [Self; 4] = [Self::Draft, Self::Published, Self::Cancelled, Self::Completed];
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
        }
    }
    /// The state of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|state| state.word() == word)
    }
}

/// What an award is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AwardPer {
    /// Everybody who came.
    Person,
    /// The hours of everybody who came and checked out.
    Hour,
}

impl AwardPer {
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Hour => "hour",
        }
    }
    /// The measure of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Person, Self::Hour].into_iter().find(|per| per.word() == word)
    }
}

/// The most themes of an event.
pub const THEMES_MAX: usize = 8;
/// The largest event.
pub const CAPACITY_MAX: i32 = 100_000;
/// The longest time of an offer, in minutes: two weeks.
pub const OFFER_MINUTES_MAX: i32 = 20_160;
/// How long before the start the door opens, in microseconds.
pub const DOOR_BEFORE: i64 = HOUR;
/// How long after the end the door closes, in microseconds.
pub const DOOR_AFTER: i64 = 2 * HOUR;
/// How long before the start those who signed up are reminded, in microseconds.
pub const REMIND_BEFORE: i64 = 24 * HOUR;

/// The times of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When it starts.
    pub starts_at: Ts,
    /// When it ends.
    pub ends_at: Ts,
    /// From when people sign up.
    pub sign_up_from: Ts,
    /// Until when.
    pub sign_up_until: Ts,
    /// Until when a confirmed seat may be given back.
    pub withdraw_until: Ts,
}

/// Which time of an event stands in no order with the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disorder {
    /// It ends before it starts, or lasts longer than an event does.
    Ends,
    /// Signing up ends before it begins, or after the event.
    SignUp,
    /// Withdrawing ends after the event.
    Withdrawal,
}

/// The longest event, in microseconds: a month.
const LONGEST: i64 = 31 * 24 * HOUR;

impl Times {
    /// Whether the times follow each other.
    pub fn check(&self) -> Result<(), Disorder> {
        if self.starts_at >= self.ends_at || self.ends_at.0 - self.starts_at.0 > LONGEST {
            return Err(Disorder::Ends);
        }
        if self.sign_up_from >= self.sign_up_until || self.sign_up_until > self.ends_at {
            return Err(Disorder::SignUp);
        }
        if self.withdraw_until > self.ends_at { Err(Disorder::Withdrawal) } else { Ok(()) }
    }
    /// Refuses to sign up outside of its time.
    pub fn may_sign_up(&self, state: EventState, now: Ts) -> Result<(), Code> {
        published(state)?;
        let open = self.sign_up_from <= now && now < self.sign_up_until;
        if open { Ok(()) } else { Err(Code::SignUpClosed) }
    }
    /// Refuses to give a confirmed seat back too late.
    pub fn may_withdraw(&self, state: EventState, now: Ts) -> Result<(), Code> {
        published(state)?;
        if now < self.withdraw_until { Ok(()) } else { Err(Code::WithdrawalClosed) }
    }
    /// Refuses to check in or out when the door is closed.
    pub fn at_door(&self, state: EventState, now: Ts) -> Result<(), Code> {
        published(state).map_err(|_| Code::DoorClosed)?;
        let open = self.starts_at.0 - DOOR_BEFORE <= now.0 && now.0 <= self.ends_at.0 + DOOR_AFTER;
        if open { Ok(()) } else { Err(Code::DoorClosed) }
    }
    /// Until when a seat that is offered now waits; none once the event is over.
    pub fn offer_until(&self, minutes: i32, now: Ts) -> Option<Ts> {
        let until = now.plus_seconds(i64::from(minutes) * 60).min(self.ends_at);
        (until > now).then_some(until)
    }
    /// The day to which an act of this event belongs.
    pub fn day(&self, zone: &Zone) -> Day {
        Day::of(self.starts_at, zone)
    }
    /// How many whole minutes of a stay count: those between the start and the end of the event.
    ///
    /// ```
    /// use domain::Ts;
    /// use domain::events::Times;
    /// let at = |text: &str| text.parse::<Ts>().unwrap();
    /// let times = Times {
    ///     starts_at: at("2026-03-07T01:00:00Z"),
    ///     ends_at: at("2026-03-07T03:00:00Z"),
    ///     sign_up_from: at("2026-03-01T00:00:00Z"),
    ///     sign_up_until: at("2026-03-07T00:00:00Z"),
    ///     withdraw_until: at("2026-03-06T00:00:00Z"),
    /// };
    /// assert_eq!(times.minutes(at("2026-03-07T00:45:00Z"), at("2026-03-07T02:40:59Z")), 100);
    /// assert_eq!(times.minutes(at("2026-03-07T02:00:00Z"), at("2026-03-07T05:00:00Z")), 60);
    /// ```
    pub fn minutes(&self, checked_in: Ts, checked_out: Ts) -> i32 {
        let (from, until) = (checked_in.max(self.starts_at), checked_out.min(self.ends_at));
        let minutes = (until.0 - from.0).max(0) / (60 * SECOND);
        i32::try_from(minutes).unwrap_or(i32::MAX)
    }
}

/// Refuses what needs an event that everybody can see and that is not over.
pub fn published(state: EventState) -> Result<(), Code> {
    if state == EventState::Published { Ok(()) } else { Err(Code::EventStateConflict) }
}

/// Minutes as hours with two places, rounded half up: 100 minutes are 1.67 hours.
pub fn hours(minutes: i32) -> Points {
    Points::from_hundredths((i64::from(minutes) * 100 + 30) / 60)
}

/// What somebody who came may claim: nothing for who earned nothing, else the quantity, if the item counts one.
///
/// Per person everybody who checked in earns alike, checked out or not. Per hour it takes both, because nobody can say how long somebody
/// stayed who never left.
pub fn earned(per: AwardPer, minutes: i32, needs_quantity: bool) -> Option<Option<Points>> {
    match per {
        AwardPer::Person => Some(needs_quantity.then(|| Points::whole(1))),
        AwardPer::Hour => (minutes > 0).then(|| Some(hours(minutes))),
    }
}

/// Whole years of age on a day.
pub fn age_on(born: Day, day: Day) -> i32 {
    let (born, day) = (born.date(), day.date());
    let before_birthday = (day.month(), day.day()) < (born.month(), born.day());
    i32::from(day.year()) - i32::from(born.year()) - i32::from(before_birthday)
}

/// The earliest day of birth that can be meant.
const EARLIEST: Day = Day(-25_567);

/// Whether somebody can have been born on a day: not before 1900, and not later than today.
pub fn is_birthday(born: Day, today: Day) -> bool {
    (EARLIEST..=today).contains(&born)
}

/// Refuses who is too young on the day of the event, or whose age the desk does not know.
pub fn check_age(minimum: Option<i32>, born: Option<Day>, day: Day) -> Result<(), Code> {
    let Some(minimum) = minimum else { return Ok(()) };
    match born {
        None => Err(Code::AgeUnknown),
        Some(born) if age_on(born, day) < minimum => Err(Code::AgeTooLow),
        Some(_) => Ok(()),
    }
}

/// For how many seconds a code at the door is shown.
pub const DOOR_WINDOW_S: i64 = 30;
/// How many characters a code at the door has.
pub const DOOR_CODE_CHARS: usize = 8;

/// Which way somebody goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Checking in.
    In,
    /// Checking out.
    Out,
}

impl Way {
    /// What its code is made for.
    pub const fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// The number of the window of a moment.
pub const fn door_window(now: Ts) -> i64 {
    now.unix_seconds().div_euclid(DOOR_WINDOW_S)
}

/// When the window of a moment ends.
pub const fn door_window_end(now: Ts) -> Ts {
    Ts((door_window(now) + 1) * DOOR_WINDOW_S * SECOND)
}

/// The windows whose codes are accepted: this one, and the one before for whoever was on the way.
pub const fn door_windows(now: Ts) -> [i64; 2] {
    [door_window(now), door_window(now) - 1]
}

/// Crockford's base 32: no character looks like another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The code of a window, from the first 40 bits of its MAC.
pub fn door_code(mac: &[u8]) -> String {
    let bits = mac.iter().take(5).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    (0..DOOR_CODE_CHARS).rev().map(|i| char::from(ALPHABET[(bits >> (5 * i) & 31) as usize])).collect()
}

/// Whether what somebody typed or scanned is this code. It takes as long whichever character is wrong.
pub fn is_door_code(code: &str, typed: &str) -> bool {
    let typed: Vec<u8> = typed.bytes().filter(|b| !matches!(b, b' ' | b'-')).map(plain).collect();
    let differs = code.bytes().zip(&typed).fold(0_u8, |differs, (a, b)| differs | (a ^ b));
    typed.len() == code.len() && std::hint::black_box(differs) == 0
}

/// A character as the alphabet has it: small letters and look-alikes are meant as the one.
const fn plain(byte: u8) -> u8 {
    match byte.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Ts {
        text.parse().unwrap()
    }
    fn times() -> Times {
        Times {
            starts_at: at("2026-03-07T01:00:00Z"),
            ends_at: at("2026-03-07T03:00:00Z"),
            sign_up_from: at("2026-03-01T00:00:00Z"),
            sign_up_until: at("2026-03-07T00:00:00Z"),
            withdraw_until: at("2026-03-06T00:00:00Z"),
        }
    }

    #[test]
    fn each_act_has_its_time() {
        use EventState::{Cancelled, Published};
        let t = times();
        assert_eq!(t.check(), Ok(()));
        assert_eq!(Times { ends_at: t.starts_at, ..t }.check(), Err(Disorder::Ends));
        assert_eq!(Times { sign_up_until: at("2026-03-08T00:00:00Z"), ..t }.check(), Err(Disorder::SignUp));
        assert_eq!(
            Times { withdraw_until: at("2026-03-08T00:00:00Z"), ..t }.check(),
            Err(Disorder::Withdrawal)
        );
        let just_before = Ts(t.sign_up_from.0 - 1);
        assert_eq!(t.may_sign_up(Published, just_before), Err(Code::SignUpClosed));
        assert_eq!(t.may_sign_up(Published, t.sign_up_from), Ok(()));
        assert_eq!(t.may_sign_up(Published, t.sign_up_until), Err(Code::SignUpClosed));
        assert_eq!(t.may_sign_up(Cancelled, t.sign_up_from), Err(Code::EventStateConflict));
        assert_eq!(t.may_withdraw(Published, Ts(t.withdraw_until.0 - 1)), Ok(()));
        assert_eq!(t.may_withdraw(Published, t.withdraw_until), Err(Code::WithdrawalClosed));
        for (moment, open) in [
            ("2026-03-06T23:59:59Z", false),
            ("2026-03-07T00:00:00Z", true),
            ("2026-03-07T05:00:00Z", true),
            ("2026-03-07T05:00:01Z", false),
        ] {
            assert_eq!(t.at_door(Published, at(moment)).is_ok(), open, "{moment}");
        }
        assert_eq!(t.offer_until(30, at("2026-03-07T02:50:00Z")), Some(t.ends_at));
        assert_eq!(t.offer_until(30, t.ends_at), None);
    }

    #[test]
    fn hours_have_two_places_and_round_half_up() {
        for (minutes, text) in [(100, "1.67"), (60, "1.00"), (90, "1.50"), (1, "0.02"), (0, "0.00")] {
            assert_eq!(hours(minutes).to_string(), text);
        }
        assert_eq!(times().minutes(at("2026-03-07T02:00:00Z"), at("2026-03-07T01:30:00Z")), 0);
        assert_eq!(earned(AwardPer::Person, 0, false), Some(None));
        assert_eq!(earned(AwardPer::Person, 0, true), Some(Some(Points::whole(1))));
        assert_eq!(earned(AwardPer::Hour, 0, true), None);
        assert_eq!(earned(AwardPer::Hour, 30, true), Some(Some(Points::from_hundredths(50))));
    }

    #[test]
    fn an_age_is_reached_on_the_birthday() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        assert_eq!(age_on(day("2008-03-07"), day("2026-03-06")), 17);
        assert_eq!(age_on(day("2008-03-07"), day("2026-03-07")), 18);
        assert_eq!(age_on(day("2008-02-29"), day("2026-02-28")), 17);
        assert_eq!(check_age(Some(18), None, day("2026-03-07")), Err(Code::AgeUnknown));
        assert_eq!(check_age(Some(18), Some(day("2008-03-08")), day("2026-03-07")), Err(Code::AgeTooLow));
        assert_eq!(EARLIEST, day("1900-01-01"));
        assert!(is_birthday(EARLIEST, EARLIEST) && !is_birthday(Day(1), Day(0)));
        assert_eq!(check_age(None, None, day("2026-03-07")), Ok(()));
    }

    #[test]
    fn a_code_is_read_as_a_person_types_it() {
        let code = door_code(&[0xFF, 0x00, 0x44, 0x32, 0x14, 0xAA]);
        assert_eq!(code.len(), DOOR_CODE_CHARS);
        assert_eq!(door_code(&[0; 32]), "00000000");
        assert!(is_door_code("0A1B2C3D", "oaib-2c3d") && is_door_code("0A1B2C3D", "0A1B 2C3D"));
        for wrong in ["", "0A1B2C3", "0A1B2C3E", "0A1B2C3D0", "王"] {
            assert!(!is_door_code("0A1B2C3D", wrong), "{wrong}");
        }
        let now = at("2026-03-07T01:00:29.999Z");
        assert_eq!(door_window_end(now), at("2026-03-07T01:00:30Z"));
        assert_eq!(door_windows(at("2026-03-07T01:00:30Z"))[1], door_window(now));
    }
}
