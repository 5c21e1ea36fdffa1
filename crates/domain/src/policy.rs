//! The policies of a unit. A unit states only what differs; the rest it inherits from its parent, and the root from the defaults.

use crate::points::Points;

/// Whose account an award goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AccountHolder {
    /// The resident's own account.
    Resident,
    /// The household's account, shared by its members.
    Household,
}

/// What a unit states of its own; `None` inherits.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PolicyPart {
    /// Whose account an award goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_holder: Option<AccountHolder>,
    /// How many days back an act may be claimed (0–366).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim_days_back: Option<u16>,
    /// Whether comments wait for review before others see them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments_reviewed: Option<bool>,
    /// Whether who entered a claim may not approve it, and who drafted a catalogue may not adopt it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub four_eyes: Option<bool>,
    /// Whether this unit has public boards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rankings: Option<bool>,
    /// Whether comments are possible at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments: Option<bool>,
    /// Above how many points a plain code needs the resident's own tap as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tap_above: Option<Points>,
    /// Within how many hours a shop may void a captured redemption (0–720).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub void_within_h: Option<u16>,
}

/// The effective policies of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Whose account an award goes to.
    pub account_holder: AccountHolder,
    /// How many days back an act may be claimed.
    pub claim_days_back: u16,
    /// Whether comments wait for review.
    pub comments_reviewed: bool,
    /// Whether who entered a claim may not approve it, and who drafted a catalogue may not adopt it.
    pub four_eyes: bool,
    /// Whether there are public boards.
    pub rankings: bool,
    /// Whether comments are possible.
    pub comments: bool,
    /// Above how many points a plain code needs the resident's own tap as well.
    pub tap_above: Points,
    /// Within how many hours a shop may void a captured redemption.
    pub void_within_h: u16,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            account_holder: AccountHolder::Resident,
            claim_days_back: 30,
            comments_reviewed: true,
            four_eyes: true,
            rankings: true,
            comments: true,
            tap_above: Points::ZERO,
            void_within_h: 24,
        }
    }
}

impl Policy {
    /// The defaults with the parts of a path laid over them, root first.
    pub fn effective<'a>(parts: impl IntoIterator<Item = &'a PolicyPart>) -> Self {
        parts.into_iter().fold(Self::default(), |p, part| Self {
            account_holder: part.account_holder.unwrap_or(p.account_holder),
            claim_days_back: part.claim_days_back.unwrap_or(p.claim_days_back),
            comments_reviewed: part.comments_reviewed.unwrap_or(p.comments_reviewed),
            four_eyes: part.four_eyes.unwrap_or(p.four_eyes),
            rankings: part.rankings.unwrap_or(p.rankings),
            comments: part.comments.unwrap_or(p.comments),
            tap_above: part.tap_above.unwrap_or(p.tap_above),
            void_within_h: part.void_within_h.unwrap_or(p.void_within_h),
        })
    }
}
