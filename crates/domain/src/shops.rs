//! What a shop is called by, and where an offer stands. Who may do what in a shop stands in [`crate::access`].

pub use crate::access::MerchantState;
use crate::period::Span;

macro_rules! categories {
    ($($(#[$doc:meta])* $name:ident $word:literal $zh:literal $en:literal;)*) => {
        /// The trade of a shop.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Category { $(#[doc = $en] $name,)* }

        impl Category {
            /// Every category, in the order in which pages show them.
            pub const EVERY: &'static [Self] = &[$(Self::$name,)*];
            /// The word in rows and addresses.
            pub const fn word(self) -> &'static str { match self { $(Self::$name => $word,)* } }
            /// The names in Chinese and English.
            pub const fn names(self) -> (&'static str, &'static str) { match self { $(Self::$name => ($zh, $en),)* } }
        }
    };
}

categories! {
    Catering "catering" "餐饮" "Catering";
    Hairdressing "hairdressing" "理发美容" "Hairdressing";
    Groceries "groceries" "超市便利" "Groceries";
    FreshFood "fresh_food" "生鲜果蔬" "Fresh food";
    Bakery "bakery" "糕点饮品" "Bakery and drinks";
    Clothing "clothing" "服装鞋帽" "Clothing";
    Household "household" "家居百货" "Household goods";
    Repairs "repairs" "维修家政" "Repairs and housekeeping";
    Laundry "laundry" "洗衣" "Laundry";
    Pharmacy "pharmacy" "药店健康" "Pharmacy and health";
    Fitness "fitness" "健身运动" "Fitness";
    Education "education" "教育培训" "Education";
    Books "books" "书店文具" "Books and stationery";
    Photography "photography" "摄影打印" "Photography and printing";
    Farming "farming" "农资农具" "Farming supplies";
    Travel "travel" "文旅住宿" "Travel and lodging";
    Other "other" "其他" "Other";
}

impl Category {
    /// The category of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.iter().copied().find(|c| c.word() == word)
    }
}

/// Whether an offer was reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OfferState {
    /// Waits for the desk.
    Pending,
    /// Shown, if it is open and its shop takes part.
    Published,
    /// Not shown; a change sends it back to the desk.
    Rejected,
}

impl OfferState {
    /// Every state.
    pub const EVERY: [Self; 3] = [Self::Pending, Self::Published, Self::Rejected];
    /// The word in rows and answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Published => "published",
            Self::Rejected => "rejected",
        }
    }
    /// The state of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|s| s.word() == word)
    }
}

/// How often one resident may use an offer in a span of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How often.
    pub count: i32,
    /// In each of these.
    pub span: Span,
}

/// How long a limit per resident may count.
pub const LIMIT_SPANS: [Span; 5] = [Span::Day, Span::Week, Span::Month, Span::Year, Span::All];

/// Lower case, as a search compares: alike on both engines, which know of capitals only what they please.
pub fn searchable(parts: &[&str]) -> String {
    parts.join("\n").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_one_word_and_two_names() {
        let mut words: Vec<_> = Category::EVERY.iter().map(|c| c.word()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Category::EVERY.len());
        for category in Category::EVERY {
            let (zh, en) = category.names();
            assert!(!zh.is_ascii() && en.is_ascii(), "{category:?}");
            assert_eq!(Category::from_word(category.word()), Some(*category));
        }
    }

    #[test]
    fn a_search_knows_no_capitals() {
        assert_eq!(searchable(&["Lily 理发店", "ÄRA 路 3 号"]), "lily 理发店\nära 路 3 号");
    }
}
