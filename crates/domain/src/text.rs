//! Parsed texts. A text is trimmed, holds no control characters (line breaks only where lines make sense) and nothing else that cannot
//! be seen, and has between its least and its most characters: counted as characters and not as bytes, as a person counts them.
//!
//! What cannot be seen hides a word from a moderator, makes two names look like one, or turns the order of what stands around it. Unicode
//! itself says which characters those are ([`DefaultIgnorableCodePoint`]); emoji alone need some of them.

use std::borrow::Cow;

use icu_properties::CodePointSetData;
use icu_properties::props::{DefaultIgnorableCodePoint, EmojiModifier, ExtendedPictographic};

use crate::personal_data::{self, PersonalData};
use crate::refusal::FieldFault;

/// What a text may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextRule {
    /// The least number of characters, after trimming.
    pub min: usize,
    /// The greatest number of characters.
    pub max: usize,
    /// Whether line breaks are allowed.
    pub lines: bool,
    /// To whom it is shown.
    pub shown: Shown,
}

/// To whom a text is shown, and so which numbers of people may not stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// To those who work on it, or whom it names.
    Few,
    /// To everybody: no number of a person may stand in it.
    All,
    /// To everybody, by who wants to be called: a telephone number may.
    WithPhone,
}

impl TextRule {
    const fn line(min: usize, max: usize) -> Self {
        Self { min, max, lines: false, shown: Shown::Few }
    }
    const fn lines(min: usize, max: usize) -> Self {
        Self { min, max, lines: true, shown: Shown::Few }
    }
    const fn shown(self, shown: Shown) -> Self {
        Self { shown, ..self }
    }
}

/// A deed's title.
pub const TITLE: TextRule = TextRule::line(2, 40).shown(Shown::All);
/// A deed's text; WeChat's own check takes at most 2,500 characters at once.
pub const DEED_TEXT: TextRule = TextRule::lines(1, 2_000).shown(Shown::All);
/// An event's text, which may say whom to call.
pub const EVENT_TEXT: TextRule = TextRule::lines(1, 2_000).shown(Shown::WithPhone);
/// An event's place.
pub const PLACE: TextRule = TextRule::line(1, 60).shown(Shown::WithPhone);
/// A theme: a free tag.
pub const THEME: TextRule = TextRule::line(1, 20).shown(Shown::All);
/// A comment.
pub const COMMENT: TextRule = TextRule::lines(1, 500).shown(Shown::All);
/// A reason or a note.
pub const REASON: TextRule = TextRule::lines(1, 500);
/// Why something that everybody sees does not take place.
pub const PUBLIC_REASON: TextRule = TextRule::lines(1, 500).shown(Shown::WithPhone);
/// A person's name.
pub const PERSON_NAME: TextRule = TextRule::line(1, 40);
/// A nickname.
pub const NICKNAME: TextRule = TextRule::line(1, 20).shown(Shown::All);
/// A unit's name.
pub const UNIT_NAME: TextRule = TextRule::line(1, 60);
/// A household's door, such as `3-2-501`.
pub const DOOR: TextRule = TextRule::line(1, 60);
/// A code that staff give to a unit, household or resident.
pub const OUTER_CODE: TextRule = TextRule::line(1, 40);
/// A shop's name.
pub const SHOP_NAME: TextRule = TextRule::line(2, 40).shown(Shown::All);
/// A shop's address, as a person finds it.
pub const ADDRESS: TextRule = TextRule::line(2, 120).shown(Shown::WithPhone);
/// A public telephone number.
pub const PHONE: TextRule = TextRule::line(3, 30).shown(Shown::WithPhone);
/// What a shop says of itself, or of an offer.
pub const SHOP_TEXT: TextRule = TextRule::lines(1, 1_000).shown(Shown::WithPhone);
/// What is searched for.
pub const SEARCH: TextRule = TextRule::line(1, 40);
/// A staff account's sign-in name.
pub const LOGIN: TextRule = TextRule::line(3, 40);

/// Reads a text by its rule; the fault names the field. A text in which nothing can be seen is empty, however long it is.
pub fn parse(field: &str, raw: &str, rule: TextRule) -> Result<String, FieldFault> {
    let lines = if rule.lines { line_breaks(raw) } else { Cow::Borrowed(raw) };
    let text = lines.trim();
    let count = if text.chars().any(is_visible) { text.chars().count() } else { 0 };
    if count < rule.min {
        return Err(FieldFault::new(
            field,
            "too_short",
            format!("至少 {} 个字", rule.min),
            format!("at least {} characters", rule.min),
        ));
    }
    if count > rule.max {
        return Err(FieldFault::new(
            field,
            "too_long",
            format!("最多 {} 个字", rule.max),
            format!("at most {} characters", rule.max),
        ));
    }
    if text.chars().any(|c| is_refused(c, rule.lines)) || !joins(text) {
        return Err(FieldFault::new(
            field,
            "bad_character",
            "含有不可见的控制字符",
            "holds a control character",
        ));
    }
    match rule.shown.refuses(text) {
        None => Ok(text.to_owned()),
        Some(found) => Err(FieldFault::new(
            field,
            "personal_data",
            format!("含有{}，别人都能看到；请删去后再提交", found.zh()),
            format!("holds {}, and everybody can read it: take it out and send it again", found.en()),
        )),
    }
}

impl Shown {
    /// What of a person may not stand in a text.
    fn refuses(self, text: &str) -> Option<PersonalData> {
        let found = if self == Self::Few { None } else { personal_data::find(text) };
        found.filter(|what| self == Self::All || *what != PersonalData::Mobile)
    }
}

/// A line ends with a line feed, whatever the device wrote.
fn line_breaks(raw: &str) -> Cow<'_, str> {
    if raw.contains('\r') { raw.replace("\r\n", "\n").replace('\r', "\n").into() } else { raw.into() }
}

/// Whether a text may not hold this character, wherever it stands. (In lines both halves of a line break may come.)
pub fn is_refused(c: char, lines: bool) -> bool {
    let breaks = lines && matches!(c, '\n' | '\r');
    (c.is_control() && !breaks) || (is_hidden(c) && !is_joiner(c))
}

/// Whether a person sees something: neither white space nor a control character, nor one that is hidden.
pub fn is_visible(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !is_hidden(c)
}

/// Characters without a shape of their own: those that a display ignores by default (zero-width marks, bidirectional controls, fillers of
/// Hangul, soft hyphens, selectors of variants, tags), and what Unicode counts elsewhere though nothing is to be seen of it.
fn is_hidden(c: char) -> bool {
    let elsewhere = matches!(
        c,
        '\u{2028}' | '\u{2029}'      // separators of lines and paragraphs
        | '\u{2800}'                 // the pattern of braille without a dot
        | '\u{FFF9}'..='\u{FFFB}' // marks of annotations between lines
    );
    elsewhere || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

const JOIN: char = '\u{200D}';
const AS_TEXT: char = '\u{FE0E}';
const AS_PICTURE: char = '\u{FE0F}';
/// Stands around the digit of a keycap.
const KEYCAP: char = '\u{20E3}';

/// Hidden characters of which emoji are made: they may stand there and nowhere else.
fn is_joiner(c: char) -> bool {
    matches!(c, JOIN | AS_TEXT | AS_PICTURE)
}

/// Whether every joiner stands where it makes an emoji: the zero-width joiner between two of them (a family is three persons and two
/// joiners), a selector behind one, or in a keycap (a digit, a selector, the cap).
fn joins(text: &str) -> bool {
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        let emoji_before = before.is_some_and(is_emoji);
        let stands = match c {
            JOIN => (emoji_before || before == Some(AS_PICTURE)) && next.is_some_and(is_emoji),
            AS_PICTURE if next == Some(KEYCAP) => {
                emoji_before || matches!(before, Some('0'..='9' | '#' | '*'))
            }
            AS_PICTURE | AS_TEXT => emoji_before,
            _ => true,
        };
        if !stands {
            return false;
        }
        before = Some(c);
    }
    true
}

/// An emoji, or the tone of skin that follows one.
fn is_emoji(c: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(c)
        || CodePointSetData::new::<EmojiModifier>().contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(raw: &str, rule: TextRule) -> Option<String> {
        parse("field", raw, rule).err().map(|fault| fault.code.to_string())
    }

    #[test]
    fn a_text_is_counted_as_a_person_counts() {
        assert_eq!(parse("title", "  好人好事 ", TITLE), Ok("好人好事".into()));
        assert_eq!(parse("title", "好", TITLE).unwrap_err().code, "too_short");
        assert_eq!(parse("title", &"好".repeat(41), TITLE).unwrap_err().code, "too_long");
        assert_eq!(parse("title", "a\u{0}b", TITLE).unwrap_err().code, "bad_character");
        assert!(parse("text", "一行\n二行", DEED_TEXT).is_ok());
        assert!(parse("title", "一行\n二行", TITLE).is_err());
    }

    #[test]
    fn numbers_of_people_do_not_stand_where_everybody_reads() {
        let (mobile, identity) = ("打我电话13800001234", "身份证11010519491231002X");
        for rule in [TITLE, DEED_TEXT, COMMENT, NICKNAME, THEME, SHOP_NAME] {
            let mobile = if rule == NICKNAME || rule == THEME { "13800001234" } else { mobile };
            assert_eq!(fault(mobile, rule).as_deref(), Some("personal_data"), "{rule:?}");
        }
        for rule in [EVENT_TEXT, PLACE, SHOP_TEXT] {
            assert_eq!(fault(mobile, rule), None, "{rule:?}");
            assert_eq!(fault(identity, rule).as_deref(), Some("personal_data"), "{rule:?}");
        }
        assert_eq!(fault(identity, REASON), None, "who decides has to know");
    }

    #[test]
    fn what_cannot_be_seen_does_not_stand_in_a_text() {
        let hidden = [
            0x00AD..=0x00AD,   // soft hyphen
            0x034F..=0x034F,   // grapheme joiner
            0x061C..=0x061C,   // Arabic letter mark
            0x115F..=0x1160,   // fillers of Hangul
            0x17B4..=0x17B5,   // inherent vowels of Khmer
            0x180B..=0x180F,   // selectors and the vowel separator of Mongolian
            0x200B..=0x200C,   // zero-width space and non-joiner
            0x200E..=0x200F,   // marks of direction
            0x2028..=0x202E,   // separators, embeddings, overrides
            0x2060..=0x206F,   // word joiner, invisible operators, isolates, deprecated controls
            0x2800..=0x2800,   // braille without a dot
            0x3164..=0x3164,   // filler of Hangul
            0xFE00..=0xFE0D,   // selectors of variants
            0xFEFF..=0xFEFF,   // byte-order mark
            0xFFA0..=0xFFA0,   // filler of Hangul, half as wide
            0xFFF0..=0xFFFB,   // reserved, and marks of annotations
            0x1BCA0..=0x1BCA3, // controls of shorthand
            0x1D173..=0x1D17A, // controls of music
            0xE0000..=0xE0FFF, // tags, and more selectors
        ];
        for c in hidden.into_iter().flatten().filter_map(char::from_u32) {
            for rule in [NICKNAME, COMMENT] {
                let code = fault(&format!("王{c}小明"), rule);
                assert_eq!(code.as_deref(), Some("bad_character"), "U+{:04X}", u32::from(c));
            }
        }
        // A name for the eye, another for the machine.
        assert_eq!(fault("admin\u{202E}nimda", LOGIN).as_deref(), Some("bad_character"));
        assert_eq!(fault("王小明\u{E0041}\u{E0042}", PERSON_NAME).as_deref(), Some("bad_character"));
    }

    #[test]
    fn a_text_of_nothing_visible_is_empty() {
        let nothing = [
            "",
            "  ",
            "\u{3164}",
            "\u{115F}\u{1160}",
            "\u{2800} \u{2800}",
            "\u{200B}\u{200D}\u{FE0F}",
            "\u{E0020}\u{E007F}",
            "\u{AD}\u{AD}",
            "\u{2060}\n\u{FEFF}",
        ];
        for raw in nothing {
            assert_eq!(fault(raw, COMMENT).as_deref(), Some("too_short"), "{raw:?}");
            assert_eq!(fault(raw, NICKNAME).as_deref(), Some("too_short"), "{raw:?}");
        }
    }

    #[test]
    fn emoji_stand_as_they_are_written() {
        let fine =
            ["👨‍👩‍👧", "👩🏽‍⚕️", "👩🏽‍❤️‍💋‍👨🏿", "🏳️‍🌈", "🏴‍☠️", "❤️‍🩹", "🇨🇳", "1️⃣#️⃣", "☎︎", "㊗️", "谢谢❤️", "好人👍🏽一个", "☺️☺️"];
        for raw in fine {
            assert_eq!(parse("nickname", raw, NICKNAME).as_deref(), Ok(raw), "{raw:?}");
        }
        // Counted as before: every character of it.
        assert!(parse("nickname", &"👨‍👩‍👧".repeat(4), NICKNAME).is_ok());
        assert_eq!(fault(&"👨‍👩‍👧".repeat(5), NICKNAME).as_deref(), Some("too_long"));
    }

    #[test]
    fn what_joins_emoji_joins_nothing_else() {
        let lone = [
            "a\u{200D}b",
            "王\u{200D}明",
            "👩\u{200D}",
            "\u{200D}👩",
            "👩\u{200D}a",
            "👩\u{200D}\u{200D}👧",
            "👩 \u{200D}👧",
            "王\u{FE0F}",
            "王\u{FE0E}明",
            "❤\u{FE0F}\u{FE0F}",
            "\u{FE0F}王",
            "1\u{FE0F}",
            "1\u{FE0F}\u{200D}👩",
            "a\u{FE0F}\u{20E3}",
            "☎\u{FE0E}\u{200D}👩",
        ];
        for raw in lone {
            assert_eq!(fault(raw, PERSON_NAME).as_deref(), Some("bad_character"), "{raw:?}");
        }
    }

    #[test]
    fn a_line_break_is_one_whatever_the_device_writes() {
        assert_eq!(
            parse("text", "一\r\n二\r三\n四\n\r五\r\n", DEED_TEXT).as_deref(),
            Ok("一\n二\n三\n四\n\n五")
        );
        let long = format!("{}\r\n{}", "字".repeat(249), "字".repeat(250));
        assert_eq!(parse("text", &long, COMMENT).map(|text| text.chars().count()), Ok(500));
        for raw in ["一\r\n二", "一\r二", "一\n二", "一\u{85}二", "一\u{2028}二"] {
            assert_eq!(fault(raw, TITLE).as_deref(), Some("bad_character"), "{raw:?}");
        }
        assert_eq!(fault("一\t二", DEED_TEXT).as_deref(), Some("bad_character"));
    }
}
