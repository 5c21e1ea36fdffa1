//! The local word list: words that a text must not hold, and words for which a person should look. It works without anybody else; WeChat's
//! own check comes on top.
//!
//! A list is a text: a word per line, `review ` in front of one that is only doubtful, `#` before a remark. People write a word with blanks
//! and signs in between to get past a list; a text that holds one only when those are left out is doubtful, because two innocent words may
//! meet there.

use aho_corasick::{AhoCorasick, MatchKind};

use crate::content::Verdict;

/// The list that comes with the program: advertising of what is illegal, gambling, fraud and the like. A tenant may bring its own beside it.
pub const CARRIED: &str = include_str!("../data/words.txt");
/// Words of a list, at most: far more than any that is kept by hand.
const WORDS_MAX: usize = 100_000;
/// A word that is looked for with signs left out has at least so many characters: two meet by chance.
const SPREAD_MIN: usize = 3;

/// A list that can be searched.
#[derive(Debug, Clone)]
pub struct Words {
    search: AhoCorasick,
    /// For each word, what a text with it is, and whether it is looked for with signs left out.
    what: Vec<(Verdict, bool)>,
}

/// Why a list cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadList {
    /// This line holds a word of one character, which would refuse half of all texts.
    TooShort(usize),
    /// More words than can be kept.
    TooMany,
}

impl std::fmt::Display for BadList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooShort(line) => write!(f, "line {line}: a word has at least two characters"),
            Self::TooMany => write!(f, "at most {WORDS_MAX} words"),
        }
    }
}
impl std::error::Error for BadList {}

impl Words {
    /// Reads lists, one after the other.
    pub fn read<'a>(lists: impl IntoIterator<Item = &'a str>) -> Result<Self, BadList> {
        let (mut words, mut what) = (Vec::new(), Vec::new());
        for list in lists {
            for (line, text) in (1..).zip(list.lines()) {
                let text = text.split('#').next().unwrap_or_default().trim();
                let (verdict, word) = match text.strip_prefix("review ") {
                    Some(word) => (Verdict::Review, word.trim()),
                    None => (Verdict::Risky, text),
                };
                let word = plain(word);
                match word.chars().count() {
                    0 => continue,
                    1 => return Err(BadList::TooShort(line)),
                    n => what.push((verdict, n >= SPREAD_MIN)),
                }
                words.push(word);
            }
        }
        if words.len() > WORDS_MAX {
            return Err(BadList::TooMany);
        }
        let search = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&words);
        Ok(Self { search: search.map_err(|_| BadList::TooMany)?, what })
    }

    /// What the words of a text make of it.
    pub fn judge(&self, text: &str) -> Verdict {
        let plain = plain(text);
        let worst = self.found(&plain).map(|(verdict, _)| verdict).max().unwrap_or(Verdict::Passed);
        if worst > Verdict::Passed {
            return worst;
        }
        let together: String = plain.chars().filter(|c| c.is_alphanumeric()).collect();
        let spread = self.found(&together).any(|(_, spread)| spread);
        if spread { Verdict::Review } else { Verdict::Passed }
    }

    fn found(&self, text: &str) -> impl Iterator<Item = (Verdict, bool)> {
        self.search
            .find_overlapping_iter(text)
            .filter_map(|hit| self.what.get(hit.pattern().as_usize()).copied())
    }
}

/// In lower case, with the wide letters and digits of a Chinese keyboard as narrow ones.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{3000}' => ' ',
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    };
    text.chars().map(narrow).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words::read(["网络赌场\nreview 代购 # maybe\n\n# nothing\nVPN翻墙"]).unwrap()
    }

    #[test]
    fn the_worst_word_of_a_text_counts() {
        let words = words();
        assert_eq!(words.judge("帮邻居扫雪"), Verdict::Passed);
        assert_eq!(words.judge("帮老人代购药品"), Verdict::Review);
        assert_eq!(words.judge("代购，也开网络赌场"), Verdict::Risky);
    }

    #[test]
    fn wide_letters_and_capitals_hide_nothing_and_signs_raise_doubt() {
        let words = words();
        assert_eq!(words.judge("卖ＶＰＮ翻墙"), Verdict::Risky);
        assert_eq!(words.judge("vpn翻墙"), Verdict::Risky);
        assert_eq!(words.judge("网 络*赌。场"), Verdict::Review);
        assert_eq!(words.judge("代。购"), Verdict::Passed, "two characters meet by chance");
    }

    #[test]
    fn a_list_that_would_refuse_everything_is_refused() {
        assert_eq!(Words::read(["赌"]).unwrap_err(), BadList::TooShort(1));
        assert!(Words::read([""]).is_ok_and(|none| none.judge("anything") == Verdict::Passed));
    }

    #[test]
    fn the_carried_list_reads_and_leaves_good_deeds_alone() {
        let words = Words::read([CARRIED]).unwrap();
        assert_eq!(words.judge("代开发票，加微信"), Verdict::Risky);
        for deed in [
            "雪夜巡逻，和邻居扫了雪",
            "劝阻一起电信诈骗，帮王奶奶保住了养老钱",
            "参加禁毒宣传",
            "组织扑克牌友谊赛，不赌钱",
        ] {
            assert_ne!(words.judge(deed), Verdict::Risky, "{deed}");
        }
    }
}
