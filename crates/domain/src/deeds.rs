//! The states of a deed and of a review, and the sections that deeds are posted in.

use crate::refusal::Code;
use crate::time::Day;

/// A section of the community's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// 邻里互助: neighbours helping each other.
    Neighbours,
    /// 孝老爱亲: care for elders and family.
    Family,
    /// 志愿服务: volunteering.
    Volunteering,
    /// 环境整治: environment clean-up.
    Environment,
    /// 移风易俗: reform of customs.
    Customs,
    /// 见义勇为: acts of bravery.
    Bravery,
    /// 其他: anything else.
    Other,
}

impl Section {
    /// Every section, in the order in which pages show them.
    pub const EVERY: [Self; 7] = [
        Self::Neighbours,
        Self::Family,
        Self::Volunteering,
        Self::Environment,
        Self::Customs,
        Self::Bravery,
        Self::Other,
    ];
    /// The word in rows and addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Neighbours => "neighbours",
            Self::Family => "family",
            Self::Volunteering => "volunteering",
            Self::Environment => "environment",
            Self::Customs => "customs",
            Self::Bravery => "bravery",
            Self::Other => "other",
        }
    }
    /// The names in Chinese and English.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Neighbours => ("邻里互助", "Neighbours"),
            Self::Family => ("孝老爱亲", "Family care"),
            Self::Volunteering => ("志愿服务", "Volunteering"),
            Self::Environment => ("环境整治", "Environment"),
            Self::Customs => ("移风易俗", "Reform of customs"),
            Self::Bravery => ("见义勇为", "Bravery"),
            Self::Other => ("其他好事", "Other good deeds"),
        }
    }
    /// The section of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|s| s.word() == word)
    }
}

/// Where a deed stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeedState {
    /// Posted, seen by its author and the desk only.
    Pending,
    /// Everybody can see it.
    Published,
    /// Refused with a reason.
    Rejected,
    /// Was published and is no longer shown.
    TakenDown,
}

impl DeedState {
    /// Every state.
    pub const EVERY: [Self; 4] = [Self::Pending, Self::Published, Self::Rejected, Self::TakenDown];
    /// The word in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Published => "published",
            Self::Rejected => "rejected",
            Self::TakenDown => "taken_down",
        }
    }
    /// The state of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|s| s.word() == word)
    }
}

/// The most pictures of one deed.
pub const PICTURES_MAX: usize = 9;
/// For how many seconds a claimed review stays with who claimed it.
pub const REVIEW_LEASE_S: i64 = 15 * 60;

/// Checks the day of an act: not in the future, and at most so many days back.
pub fn check_day_of_act(act: Day, today: Day, days_back: u16) -> Result<(), Code> {
    if act > today {
        return Err(Code::DayInFuture);
    }
    if act < today.plus(-i32::from(days_back)) {
        return Err(Code::DayTooOld);
    }
    Ok(())
}
