//! Accounts and transfers. Every movement of points is one immutable transfer between two accounts of one kind, so that every
//! kind sums to zero over all accounts, always. What a business step needs is a *group* of transfers: all of it or none.

use crate::ids::{AccountId, HouseholdId, ResidentId, TransferId, UnitId};
use crate::points::Points;
use crate::time::Ts;

/// Which of the two kinds of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Honour: what ranks and thresholds look at; never spent; may go below zero by deduction.
    Merit,
    /// What is spent; stops at its floor.
    Redeemable,
}

impl Kind {
    /// Both kinds.
    pub const BOTH: [Self; 2] = [Self::Merit, Self::Redeemable];
    /// The word in rows and keys.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Merit => "merit",
            Self::Redeemable => "redeemable",
        }
    }
    /// The kind of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::BOTH.into_iter().find(|k| k.word() == word)
    }
}

/// Who or what an account belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Holder {
    /// A resident: has a balance row and a floor.
    Resident,
    /// A household: has a balance row and a floor.
    Household,
    /// A merchant: folded from the log.
    Merchant,
    /// Where awarded points come from: folded from the log.
    Issuing,
    /// Where expired points go: folded from the log.
    Expiry,
    /// A budget: folded from the log.
    Budget,
}

impl Holder {
    /// Every holder.
    pub const EVERY: [Self; 6] =
        [Self::Resident, Self::Household, Self::Merchant, Self::Issuing, Self::Expiry, Self::Budget];
    /// The word in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Resident => "resident",
            Self::Household => "household",
            Self::Merchant => "merchant",
            Self::Issuing => "issuing",
            Self::Expiry => "expiry",
            Self::Budget => "budget",
        }
    }
    /// The holder of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|h| h.word() == word)
    }
    /// Whether such an account keeps a guarded balance row that a transaction changes.
    pub const fn has_balance_row(self) -> bool {
        matches!(self, Self::Resident | Self::Household)
    }
}

/// Why points move: the reason code of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// An approved claim awards.
    Award,
    /// An approved claim deducts.
    Deduction,
    /// A purchase with points.
    Redemption,
    /// The annual reset.
    Reset,
    /// A base score.
    BaseScore,
    /// A correction: reverses an earlier transfer.
    Reversal,
    /// The account was deleted: what could still be spent goes to the expiry account.
    Erasure,
}

impl Reason {
    /// Every reason.
    pub const EVERY: [Self; 7] = [
        Self::Award,
        Self::Deduction,
        Self::Redemption,
        Self::Reset,
        Self::BaseScore,
        Self::Reversal,
        Self::Erasure,
    ];
    /// The word in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Award => "award",
            Self::Deduction => "deduction",
            Self::Redemption => "redemption",
            Self::Reset => "reset",
            Self::BaseScore => "base_score",
            Self::Reversal => "reversal",
            Self::Erasure => "erasure",
        }
    }
    /// The reason of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|r| r.word() == word)
    }
}

/// What boards need to know of a transfer's moment: fixed on the transfer, so that moving house later changes no past board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Standing {
    /// The smallest unit that the points count in.
    pub unit: Option<UnitId>,
    /// The household that the points count for.
    pub household: Option<HouseholdId>,
    /// The resident that the points count for.
    pub resident: Option<ResidentId>,
}

/// How a transfer takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// At once.
    Posted,
    /// Held until posted, voided or expired: the debit reduces what is available, nothing else moves.
    Pending {
        /// When the hold ends by itself.
        expires_at: Ts,
    },
    /// Posts a pending transfer: the held amount moves.
    PostPending(TransferId),
    /// Voids a pending transfer: the held amount is free again.
    VoidPending(TransferId),
    /// Takes what is there, at most `amount`, and says what was not collected.
    Balancing,
}

/// One movement to post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The id of the transfer.
    pub id: TransferId,
    /// Which kind of points.
    pub kind: Kind,
    /// The account that gives.
    pub debit: AccountId,
    /// The account that receives.
    pub credit: AccountId,
    /// How much, more than nothing and at most [`crate::points::TRANSFER_MAX`].
    pub amount: Points,
    /// How it takes effect.
    pub mode: Mode,
    /// Why.
    pub reason: Reason,
    /// What boards need of this moment.
    pub standing: Standing,
    /// The transfer that this one reverses.
    pub reverses: Option<TransferId>,
}

/// Transfers that happen together or not at all, once for ever by their business key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The cause, such as `claim:claim_…`: a second group with the same key posts nothing.
    pub business_key: String,
    /// The movements, at least one and at most [`GROUP_MAX`].
    pub movements: Vec<Movement>,
}

/// At most this many movements in a group: a group stays a short transaction.
pub const GROUP_MAX: usize = 64;

/// What became of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was posted; `uncollected` is what balancing debits could not take.
    Posted {
        /// Points that a balancing debit did not find.
        uncollected: Points,
    },
    /// A group with this business key was posted before; nothing moved.
    Exists,
    /// An account has too little available; nothing moved.
    ExceedsBalance(AccountId),
    /// The pending transfer is already posted, voided or expired; nothing moved.
    PendingSettled(TransferId),
    /// An account does not exist or is of the other kind; nothing moved.
    NoAccount(AccountId),
}
