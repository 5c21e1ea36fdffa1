//! What a check says of content before others see it.

use crate::refusal::{Code, FieldFault, Refusal};

/// What is to become of it. The order is that of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be shown.
    Passed,
    /// A person has to look at it.
    Review,
    /// It could not be checked: a person has to look at it.
    Failed,
    /// It must not be shown.
    Risky,
}

impl Verdict {
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Review => "review",
            Self::Failed => "failed",
            Self::Risky => "risky",
        }
    }
    /// The verdict of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Passed, Self::Review, Self::Failed, Self::Risky].into_iter().find(|v| v.word() == word)
    }
    /// Whether a person has to decide before others see it.
    pub const fn needs_a_person(self) -> bool {
        matches!(self, Self::Review | Self::Failed)
    }
}

/// Why content is risky or doubtful, by WeChat's numbers; 0 where only the word list spoke, or nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Label(pub i64);

impl Label {
    /// In Chinese and English.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self.0 {
            10001 => ("广告", "advertising"),
            20001 => ("时政", "politics"),
            20002 => ("色情", "pornography"),
            20003 => ("辱骂", "abuse"),
            20006 => ("违法犯罪", "crime"),
            20008 => ("欺诈", "fraud"),
            20012 => ("低俗", "vulgarity"),
            20013 => ("版权", "copyright"),
            _ => ("违规内容", "forbidden content"),
        }
    }
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// What is to become of it.
    pub verdict: Verdict,
    /// Why.
    pub label: Label,
}

impl Finding {
    /// Nothing was found.
    pub const CLEAN: Self = Self { verdict: Verdict::Passed, label: Label(100) };

    /// Refuses what must not be shown, and names the field.
    pub fn admit(self, field: &str) -> Result<Self, Refusal> {
        if self.verdict != Verdict::Risky {
            return Ok(self);
        }
        let (zh, en) = self.label.names();
        let fault = FieldFault::new(
            field,
            "risky",
            format!("含有不能公开的内容（{zh}），请修改后再提交"),
            format!("holds what must not be shown ({en}): change it and send it again"),
        );
        Err(Refusal { code: Code::ContentRisky, fields: vec![fault], retry_after_s: None })
    }

    /// The graver of two.
    pub fn or(self, other: Self) -> Self {
        if other.verdict > self.verdict { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_graver_counts_and_only_the_gravest_is_refused() {
        let of = |verdict| Finding { verdict, label: Label(20006) };
        assert_eq!(Finding::CLEAN.or(of(Verdict::Review)).verdict, Verdict::Review);
        assert_eq!(of(Verdict::Risky).or(of(Verdict::Failed)).verdict, Verdict::Risky);
        for verdict in [Verdict::Passed, Verdict::Review, Verdict::Failed, Verdict::Risky] {
            assert_eq!(Verdict::from_word(verdict.word()), Some(verdict));
            assert_eq!(of(verdict).admit("text").is_err(), verdict == Verdict::Risky);
        }
        let refusal = of(Verdict::Risky).admit("text").unwrap_err();
        assert_eq!((refusal.code.word(), refusal.fields[0].field.as_str()), ("content_risky", "text"));
        assert!(refusal.fields[0].zh.contains("违法犯罪"));
    }
}
