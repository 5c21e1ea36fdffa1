//! How a resident thanks a shop: by chosen words, and never by free text, so that there is nothing to review.

/// A word of thanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thanks {
    /// Warm service.
    Warm,
    /// A fair price.
    Fair,
    /// Quick.
    Quick,
    /// Skilled.
    Skilled,
    /// Generous to those in need.
    Generous,
}

impl Thanks {
    /// Every word.
    pub const EVERY: [Self; 5] = [Self::Warm, Self::Fair, Self::Quick, Self::Skilled, Self::Generous];
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Warm => "warm",
            Self::Fair => "fair",
            Self::Quick => "quick",
            Self::Skilled => "skilled",
            Self::Generous => "generous",
        }
    }
    /// The word of this text.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|thanks| thanks.word() == word)
    }
}

/// Words as they are kept: each once, in their order.
pub fn written(words: &[Thanks]) -> String {
    let said = Thanks::EVERY.into_iter().filter(|word| words.contains(word));
    said.map(Thanks::word).collect::<Vec<_>>().join(",")
}

/// Reads what [`written`] wrote.
pub fn read(text: &str) -> Vec<Thanks> {
    text.split(',').filter_map(Thanks::from_word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_once_each() {
        let text = written(&[Thanks::Quick, Thanks::Warm, Thanks::Quick]);
        assert_eq!(text, "warm,quick");
        assert_eq!(read(&text), [Thanks::Warm, Thanks::Quick]);
    }
}
