//! The life of access tokens: two families per app, which do not disturb each other.
//!
//! `/cgi-bin/token` issues a new token on each call and leaves the one before five minutes to live.
//! `/cgi-bin/stable_token` returns the same token until five minutes before its end, then the next one, both being valid
//! for the rest; forced, it ends the old one at once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::SECOND_US;

const LIFE_US: i64 = 7200 * SECOND_US;
const OVERLAP_US: i64 = 300 * SECOND_US;
const FORCE_APART_US: i64 = 30 * SECOND_US;
const FORCE_PER_DAY_MAX: u32 = 20;
const DAY_US: i64 = 86_400 * SECOND_US;
/// WeChat counts days in Beijing time.
const BEIJING_US: i64 = 8 * 3600 * SECOND_US;

/// Superseded tokens that are still told apart from garbage.
const REMEMBERED_MAX: usize = 64;

/// The tokens of one app from one of the two paths.
#[derive(Default)]
pub(super) struct Family {
    /// Oldest first; the last one is current.
    issued: Vec<Issued>,
    last_forced_us: Option<i64>,
    forced_day: i64,
    forced_today: u32,
}

#[derive(Clone)]
struct Issued {
    value: String,
    expires_us: i64,
    /// From when a newer token has taken its place.
    superseded_us: Option<i64>,
}

/// What the stand-in thinks of a token that a request shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Valid,
    Superseded,
    Expired,
    Unknown,
}

impl Family {
    /// A new token on every call: `/cgi-bin/token`. Returns it with the seconds it has to live.
    pub(super) fn issue(&mut self, now_us: i64) -> (String, i64) {
        self.renew(now_us, now_us.saturating_add(OVERLAP_US))
    }

    /// The same token until five minutes before its end: `/cgi-bin/stable_token`.
    pub(super) fn stable(&mut self, now_us: i64, force: bool) -> (String, i64) {
        if force && self.may_force(now_us) {
            return self.renew(now_us, now_us);
        }
        match self.issued.last() {
            Some(current) if current.superseded_us.is_none() && now_us < current.expires_us - OVERLAP_US => {
                (current.value.clone(), (current.expires_us - now_us) / SECOND_US)
            }
            _ => self.renew(now_us, now_us.saturating_add(OVERLAP_US)),
        }
    }

    /// Ends the current token at once, as another program that forces a refresh does.
    pub(super) fn kill(&mut self, now_us: i64) {
        if let Some(current) = self.issued.last_mut() {
            current.superseded_us = Some(now_us);
        }
    }

    pub(super) fn standing(&self, value: &str, now_us: i64) -> Standing {
        match self.issued.iter().find(|issued| issued.value == value) {
            None => Standing::Unknown,
            Some(issued) if now_us >= issued.expires_us => Standing::Expired,
            Some(issued) if issued.superseded_us.is_some_and(|since_us| now_us >= since_us) => {
                Standing::Superseded
            }
            Some(_) => Standing::Valid,
        }
    }

    fn renew(&mut self, now_us: i64, old_ends_us: i64) -> (String, i64) {
        let count = self.issued.len();
        for (at, old) in self.issued.iter_mut().enumerate() {
            // Only one token before the current one is ever alive.
            let ends_us = if at + 1 == count { old_ends_us } else { now_us };
            old.superseded_us = Some(old.superseded_us.map_or(ends_us, |earlier_us| earlier_us.min(ends_us)));
        }
        if count >= REMEMBERED_MAX {
            self.issued.remove(0);
        }
        // WeChat asks to have room for 512 characters; real tokens have 136 and more.
        let value = format!("88_{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 100]>()));
        self.issued.push(Issued { value: value.clone(), expires_us: now_us + LIFE_US, superseded_us: None });
        (value, LIFE_US / SECOND_US)
    }

    /// Forcing works every 30 s and 20 times a day; otherwise it is ignored.
    fn may_force(&mut self, now_us: i64) -> bool {
        let day = (now_us + BEIJING_US).div_euclid(DAY_US);
        if day != self.forced_day {
            (self.forced_day, self.forced_today) = (day, 0);
        }
        let too_soon = self.last_forced_us.is_some_and(|last_us| now_us - last_us < FORCE_APART_US);
        if too_soon || self.forced_today >= FORCE_PER_DAY_MAX {
            return false;
        }
        self.last_forced_us = Some(now_us);
        self.forced_today += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noon in Beijing on some day, so that hours can pass before the day changes.
    const NOON: i64 = 20_000 * DAY_US + 4 * 3600 * SECOND_US;

    fn at(s: i64) -> i64 {
        NOON + s * SECOND_US
    }

    #[test]
    fn the_stable_token_stays_the_same_until_five_minutes_before_its_end() {
        let mut family = Family::default();
        let (first, life) = family.stable(at(0), false);
        assert_eq!(life, 7200);
        assert_eq!(family.stable(at(6000), false), (first.clone(), 1200));
        assert_eq!(family.stable(at(6899), false), (first.clone(), 301));
        let (second, life) = family.stable(at(6900), false);
        assert!(second != first && life == 7200);
        assert_eq!(family.standing(&first, at(7199)), Standing::Valid);
        assert_eq!(family.standing(&first, at(7200)), Standing::Expired);
        assert_eq!(family.standing(&second, at(7200)), Standing::Valid);
    }

    #[test]
    fn forcing_ends_the_old_token_but_not_more_often_than_allowed() {
        let mut family = Family::default();
        let (first, _) = family.stable(at(0), false);
        let (second, _) = family.stable(at(1), true);
        assert_ne!(first, second);
        assert_eq!(family.standing(&first, at(1)), Standing::Superseded);
        assert_eq!(family.stable(at(30), true).0, second, "29 s after the last one it is ignored");
        for n in 1..20 {
            family.stable(at(1 + 30 * n), true);
        }
        let (last, _) = family.stable(at(700), false);
        assert_eq!(family.stable(at(800), true).0, last, "the 21st of the day is ignored");
        assert_ne!(family.stable(at(86_400), true).0, last);
    }

    #[test]
    fn the_normal_token_dies_five_minutes_after_the_next_one() {
        let mut family = Family::default();
        let (first, _) = family.issue(at(0));
        let (second, _) = family.issue(at(10));
        assert_ne!(first, second);
        assert_eq!(family.standing(&first, at(309)), Standing::Valid);
        assert_eq!(family.standing(&first, at(310)), Standing::Superseded);
        let (third, _) = family.issue(at(20));
        assert_eq!(family.standing(&first, at(20)), Standing::Superseded, "only one old token is alive");
        assert_eq!(family.standing(&second, at(20)), Standing::Valid);
        assert_eq!(family.standing(&third, at(7220)), Standing::Expired);
        assert_eq!(family.standing("garbage", at(20)), Standing::Unknown);
    }

    #[test]
    fn a_killed_token_is_replaced_by_the_next_call() {
        let mut family = Family::default();
        let (first, _) = family.stable(at(0), false);
        family.kill(at(1));
        assert_eq!(family.standing(&first, at(1)), Standing::Superseded);
        assert_ne!(family.stable(at(2), false).0, first);
    }
}
