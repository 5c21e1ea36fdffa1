//! What is to become of a message, by what WeChat said of it.

use domain::Ts;
use store::messages::Outcome;
use wechat::{Outage, WechatError};

/// For how many hours a message is tried: what is older is known from the inbox, or over.
const TRIED_H: i64 = 24;
/// For how many seconds a template is stopped that WeChat refuses; then one message is tried again.
const STOPPED_S: i64 = 3_600;

/// What follows from an answer of WeChat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Follows {
    /// What becomes of the message.
    pub(super) outcome: Outcome,
    /// What else follows.
    pub(super) also: Also,
}

/// What follows beside the message itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Also {
    /// Nothing.
    Nothing,
    /// One that the person agreed to is spent.
    Spend,
    /// The person has agreed to no more.
    UsedUp,
    /// The template is stopped until then.
    Stop(i64, Ts),
}

/// What follows; `attempts` counts this one.
pub(super) fn of(answer: Result<(), WechatError>, attempts: i32, written: Ts, now: Ts) -> Follows {
    let later = |seconds: i64, errcode: Option<i64>| {
        let due = now.plus_seconds(seconds);
        let over = due.0 > written.plus_seconds(TRIED_H * 3_600).0;
        if over { Outcome::Refused(errcode) } else { Outcome::Later(due) }
    };
    let only = |outcome| Follows { outcome, also: Also::Nothing };
    let backoff = || 2_i64.saturating_pow(attempts.clamp(1, 10).unsigned_abs()).min(600);
    match answer {
        Ok(()) => Follows { outcome: Outcome::Sent, also: Also::Spend },
        Err(WechatError::NotSubscribed) => {
            Follows { outcome: Outcome::Refused(Some(43_101)), also: Also::UsedUp }
        }
        // An operator has to look. The message waits as long as any does.
        Err(WechatError::TemplateRefused { errcode }) => Follows {
            outcome: later(STOPPED_S, Some(errcode)),
            also: Also::Stop(errcode, now.plus_seconds(STOPPED_S)),
        },
        Err(WechatError::OneAtATime) => only(later(5, Some(43_108))),
        Err(WechatError::BadMessage { errcode } | WechatError::UnknownUser { errcode }) => {
            only(Outcome::Refused(Some(errcode)))
        }
        Err(WechatError::TooOften { errcode }) => {
            // The quota of a day, or of a minute.
            only(later(if errcode == 45_009 { 3_600 } else { 60 }, Some(errcode)))
        }
        // A gateway that does not reach WeChat says 502 or 503, and nothing was done then; any other has perhaps passed the message on.
        Err(WechatError::Unavailable(Outage::Busy | Outage::Unreachable | Outage::Status(502 | 503))) => {
            only(later(backoff(), None))
        }
        // It may have arrived, and a second one would use up what the person agreed to once more.
        Err(WechatError::Unavailable(_)) => Follows { outcome: Outcome::Unknown, also: Also::Spend },
        Err(WechatError::TokenRefused { errcode } | WechatError::OurConfiguration { errcode }) => {
            only(later(300, Some(errcode)))
        }
        Err(WechatError::Unexpected { errcode }) => only(Outcome::Refused(Some(errcode))),
        Err(_) => only(Outcome::Refused(None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_may_have_arrived_is_sent_again_and_nothing_is_tried_for_ever() {
        let (written, now) = (Ts(0), Ts(1_000_000));
        let of = |answer| of(answer, 1, written, now);
        assert_eq!(of(Ok(())), Follows { outcome: Outcome::Sent, also: Also::Spend });
        for lost in [Outage::Timeout, Outage::Unreadable, Outage::Status(504), Outage::Status(500)] {
            assert_eq!(of(Err(WechatError::Unavailable(lost))).outcome, Outcome::Unknown);
        }
        for down in [Outage::Busy, Outage::Unreachable, Outage::Status(502)] {
            assert_eq!(of(Err(WechatError::Unavailable(down))).outcome, Outcome::Later(now.plus_seconds(2)));
        }
        assert_eq!(of(Err(WechatError::NotSubscribed)).also, Also::UsedUp);
        let banned = of(Err(WechatError::TemplateRefused { errcode: 43_107 }));
        assert_eq!(banned.also, Also::Stop(43_107, now.plus_seconds(3_600)));
        assert!(matches!(banned.outcome, Outcome::Later(_)));
        assert_eq!(
            of(Err(WechatError::BadMessage { errcode: 47_003 })).outcome,
            Outcome::Refused(Some(47_003))
        );
        let day_after = Ts(0).plus_seconds(24 * 3_600);
        let late = super::of(Err(WechatError::OneAtATime), 9, written, day_after);
        assert_eq!(late.outcome, Outcome::Refused(Some(43_108)), "a day is enough");
    }
}
