//! Parsed texts. A text is trimmed, holds no control characters (line breaks only where lines make sense), and has between its
//! least and its most characters: counted as characters and not as bytes, as a person counts them.

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
}

impl TextRule {
    const fn line(min: usize, max: usize) -> Self {
        Self { min, max, lines: false }
    }
    const fn lines(min: usize, max: usize) -> Self {
        Self { min, max, lines: true }
    }
}

/// A deed's title.
pub const TITLE: TextRule = TextRule::line(2, 40);
/// A deed's text; WeChat's own check takes at most 2,500 characters at once.
pub const DEED_TEXT: TextRule = TextRule::lines(1, 2_000);
/// A comment.
pub const COMMENT: TextRule = TextRule::lines(1, 500);
/// A reason or a note.
pub const REASON: TextRule = TextRule::lines(1, 500);
/// A person's name.
pub const PERSON_NAME: TextRule = TextRule::line(1, 40);
/// A nickname.
pub const NICKNAME: TextRule = TextRule::line(1, 20);
/// A unit's name.
pub const UNIT_NAME: TextRule = TextRule::line(1, 60);
/// A household's door, such as `3-2-501`.
pub const DOOR: TextRule = TextRule::line(1, 60);
/// A code that staff give to a unit, household or resident.
pub const OUTER_CODE: TextRule = TextRule::line(1, 40);
/// A staff account's sign-in name.
pub const LOGIN: TextRule = TextRule::line(3, 40);

/// Reads a text by its rule; the fault names the field.
pub fn parse(field: &str, raw: &str, rule: TextRule) -> Result<String, FieldFault> {
    let text = raw.trim();
    let count = text.chars().count();
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
    let allowed = |c: char| !c.is_control() || (rule.lines && c == '\n');
    if !text.chars().all(allowed) || text.chars().any(is_invisible) {
        return Err(FieldFault::new(
            field,
            "bad_character",
            "含有不可见的控制字符",
            "holds a control character",
        ));
    }
    Ok(text.to_owned())
}

/// Characters that hide or reorder text: bidirectional controls, zero-width marks, byte-order marks.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_counted_as_a_person_counts() {
        assert_eq!(parse("title", "  好人好事 ", TITLE), Ok("好人好事".into()));
        assert_eq!(parse("title", "好", TITLE).unwrap_err().code, "too_short");
        assert_eq!(parse("title", &"好".repeat(41), TITLE).unwrap_err().code, "too_long");
        assert_eq!(parse("title", "a\u{0}b", TITLE).unwrap_err().code, "bad_character");
        assert_eq!(parse("title", "a\u{202E}b", TITLE).unwrap_err().code, "bad_character");
        assert!(parse("text", "一行\n二行", DEED_TEXT).is_ok());
        assert!(parse("title", "一行\n二行", TITLE).is_err());
    }
}
