//! The deletion of an account: what becomes of what a person posted, and why it happens.

/// What becomes of deeds and comments that others have seen: the person's own choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Posts {
    /// They stay, and nobody is named as their author.
    Anonymous,
    /// They go, with their pictures.
    Remove,
}

impl Posts {
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Remove => "remove",
        }
    }
    /// The choice of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Anonymous, Self::Remove].into_iter().find(|posts| posts.word() == word)
    }
}

/// Why an account is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// The person asked for it.
    Wish,
    /// The person's account at WeChat is gone, and WeChat asks for the deletion of what it gave.
    Wechat,
}

impl Why {
    /// The word in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wish => "wish",
            Self::Wechat => "wechat",
        }
    }
}
