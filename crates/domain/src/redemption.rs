//! A redemption: points for a lower price. It is held when the clerk takes the customer's code, captured when the clerk confirms, and
//! ends otherwise when the shop cancels, the customer declines or time runs out; what was captured can be voided within a window.
//!
//! | from | step | to |
//! |---|---|---|
//! | held | confirm, by the shop | captured |
//! | held | cancel, by the shop | cancelled |
//! | held | decline, by the customer | declined |
//! | held | its time is over | expired |
//! | captured | void, by the shop | voided |
//!
//! A step that was done before is answered as it was then and changes nothing.

use crate::points::Points;
use crate::refusal::{Code, FieldFault};
use crate::time::{HOUR, Ts};

/// For how many seconds points are held.
pub const HOLD_S: i64 = 120;
/// For how many seconds a code is good.
pub const CODE_S: i64 = 60;

/// The longest order number of a shop.
pub const ORDER_NO_MAX: usize = 64;

/// Reads a shop's order number: letters, digits, `-` and `_`, so that it can stand in an address as it is.
pub fn order_no(raw: &str) -> Result<String, FieldFault> {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if (1..=ORDER_NO_MAX).contains(&raw.len()) && raw.bytes().all(good) {
        return Ok(raw.to_owned());
    }
    let (zh, en) = ("1 至 64 位字母、数字、- 或 _", "1 to 64 letters, digits, - or _");
    Err(FieldFault::new("orderNo", "wrong_form", zh, en))
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$of])* $variant,)* }

        impl $name {
            /// All of them.
            pub const EVERY: &'static [Self] = &[$(Self::$variant,)*];
            /// The word in rows and answers.
            pub const fn word(self) -> &'static str { match self { $(Self::$variant => $word,)* } }
            /// What this word means.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::EVERY.iter().copied().find(|s| s.word() == word)
            }
        }
    };
}

words! {
    /// Where a redemption stands.
    State {
        /// The points are held.
        Held = "held",
        /// The points are the shop's.
        Captured = "captured",
        /// The shop let it go.
        Cancelled = "cancelled",
        /// The customer said no.
        Declined = "declined",
        /// Nobody confirmed in time.
        Expired = "expired",
        /// The shop gave the points back.
        Voided = "voided",
    }
}

words! {
    /// What the customer has said to the price.
    Approval {
        /// Yes, by showing the code.
        Given = "given",
        /// Nothing yet: the own tap is needed.
        Awaited = "awaited",
        /// Yes, by the own tap.
        Approved = "approved",
    }
}

/// What the code says of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// Made for an offer: yes to its price.
    ForOffer,
    /// Only says who stands there: yes up to so many points.
    Plain {
        /// Above this the own tap is needed.
        tap_above: Points,
    },
    /// Eleven digits: whoever guesses one must not have anything of it.
    Typed,
}

impl CodeKind {
    /// What showing such a code says to a price of so many points.
    pub fn approval(self, points: Points) -> Approval {
        match self {
            Self::ForOffer => Approval::Given,
            Self::Plain { tap_above } if points <= tap_above => Approval::Given,
            Self::Plain { .. } | Self::Typed => Approval::Awaited,
        }
    }
}

/// What decides about a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands, as stored.
    pub state: State,
    /// What the customer has said.
    pub approval: Approval,
    /// Until when the points are held; that moment is outside.
    pub expires_at: Ts,
    /// When it was captured, or ended otherwise.
    pub settled_at: Option<Ts>,
}

/// What is to be done for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It happens now.
    Now,
    /// It was done before, or what it would bring about has come about otherwise.
    Before,
}

impl Standing {
    /// Where it stands at this moment: a hold whose time is over has expired, whoever has noticed.
    pub fn state_at(&self, now: Ts) -> State {
        if self.state == State::Held && self.expires_at <= now { State::Expired } else { self.state }
    }

    /// The shop confirms.
    pub fn confirm(&self, now: Ts) -> Result<Step, Code> {
        match (self.state_at(now), self.approval) {
            (State::Held, Approval::Awaited) => Err(Code::ApprovalAwaited),
            (State::Held, _) => Ok(Step::Now),
            (State::Captured, _) => Ok(Step::Before),
            (State::Expired, _) => Err(Code::RedemptionExpired),
            (State::Cancelled | State::Declined | State::Voided, _) => Err(Code::RedemptionSettled),
        }
    }

    /// The shop or the customer lets it go: whatever has ended without points moving is let go already.
    pub fn let_go(&self, now: Ts) -> Result<Step, Code> {
        match self.state_at(now) {
            State::Held => Ok(Step::Now),
            State::Cancelled | State::Declined | State::Expired => Ok(Step::Before),
            State::Captured | State::Voided => Err(Code::RedemptionSettled),
        }
    }

    /// The customer says yes.
    pub fn approve(&self, now: Ts) -> Result<Step, Code> {
        match (self.state_at(now), self.approval) {
            (State::Held, Approval::Awaited) => Ok(Step::Now),
            (State::Held | State::Captured, _) => Ok(Step::Before),
            (State::Expired, _) => Err(Code::RedemptionExpired),
            (State::Cancelled | State::Declined | State::Voided, _) => Err(Code::RedemptionSettled),
        }
    }

    /// The shop gives the points back, within so many hours of the capture.
    pub fn void(&self, within_h: u16, now: Ts) -> Result<Step, Code> {
        match (self.state, self.settled_at) {
            (State::Captured, Some(at)) if now.0 - at.0 < i64::from(within_h) * HOUR => Ok(Step::Now),
            (State::Captured, _) => Err(Code::VoidTooLate),
            (State::Voided, _) => Ok(Step::Before),
            _ => Err(Code::RedemptionNotCaptured),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Ts = Ts(1_772_416_800_000_000);

    fn standing(state: State, approval: Approval) -> Standing {
        let expires_at = NOW.plus_seconds(HOLD_S);
        let settled_at = (state != State::Held).then_some(NOW);
        Standing { state, approval, expires_at, settled_at }
    }

    /// What each step says to a redemption of each state, while the hold lives.
    #[test]
    fn each_step_goes_where_the_table_says_and_nowhere_else() {
        use Code::{RedemptionExpired as Late, RedemptionNotCaptured as Not, RedemptionSettled as Over};
        use Step::{Before, Now};
        let table = [
            (State::Held, Ok(Now), Ok(Now), Ok(Before), Err(Not)),
            (State::Captured, Ok(Before), Err(Over), Ok(Before), Ok(Now)),
            (State::Cancelled, Err(Over), Ok(Before), Err(Over), Err(Not)),
            (State::Declined, Err(Over), Ok(Before), Err(Over), Err(Not)),
            (State::Expired, Err(Late), Ok(Before), Err(Late), Err(Not)),
            (State::Voided, Err(Over), Err(Over), Err(Over), Ok(Before)),
        ];
        assert_eq!(table.len(), State::EVERY.len());
        for (state, confirm, let_go, approve, void) in table {
            let it = standing(state, Approval::Given);
            assert_eq!(it.confirm(NOW), confirm, "{state:?}");
            assert_eq!(it.let_go(NOW), let_go, "{state:?}");
            assert_eq!(it.approve(NOW), approve, "{state:?}");
            assert_eq!(it.void(24, NOW), void, "{state:?}");
        }
    }

    #[test]
    fn a_hold_ends_with_its_last_moment() {
        let it = standing(State::Held, Approval::Awaited);
        let (last, over) = (Ts(it.expires_at.0 - 1), it.expires_at);
        assert_eq!((it.state_at(last), it.state_at(over)), (State::Held, State::Expired));
        assert_eq!(it.confirm(last), Err(Code::ApprovalAwaited));
        assert_eq!(it.approve(last), Ok(Step::Now));
        assert_eq!(it.confirm(over), Err(Code::RedemptionExpired));
        assert_eq!(it.approve(over), Err(Code::RedemptionExpired));
        assert_eq!(it.let_go(over), Ok(Step::Before));
        let captured = standing(State::Captured, Approval::Approved);
        assert_eq!(captured.state_at(over.plus_seconds(1)), State::Captured);
    }

    #[test]
    fn a_void_is_in_time_until_the_window_closes() {
        let it = standing(State::Captured, Approval::Given);
        assert_eq!(it.void(1, Ts(NOW.0 + HOUR - 1)), Ok(Step::Now));
        assert_eq!(it.void(1, Ts(NOW.0 + HOUR)), Err(Code::VoidTooLate));
        assert_eq!(it.void(0, NOW), Err(Code::VoidTooLate), "no window, no void");
    }

    #[test]
    fn a_code_says_yes_only_to_what_its_owner_saw() {
        let plain = CodeKind::Plain { tap_above: Points::whole(5) };
        assert_eq!(plain.approval(Points::whole(5)), Approval::Given);
        assert_eq!(plain.approval(Points::from_hundredths(501)), Approval::Awaited);
        assert_eq!(CodeKind::ForOffer.approval(Points::whole(500)), Approval::Given);
        assert_eq!(CodeKind::Typed.approval(Points::from_hundredths(1)), Approval::Awaited);
    }

    #[test]
    fn an_order_number_can_stand_in_an_address() {
        assert_eq!(order_no("20260302-0001_a").as_deref(), Ok("20260302-0001_a"));
        for raw in ["", " 1", "1/2", "..", "单号", "a%20b", &"9".repeat(ORDER_NO_MAX + 1)] {
            assert_eq!(order_no(raw).unwrap_err().code, "wrong_form", "{raw}");
        }
    }

    #[test]
    fn words_read_back() {
        for state in State::EVERY {
            assert_eq!(State::from_word(state.word()), Some(*state));
        }
        for approval in Approval::EVERY {
            assert_eq!(Approval::from_word(approval.word()), Some(*approval));
        }
        assert_eq!(State::from_word("sold"), None);
    }
}
