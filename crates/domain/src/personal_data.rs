//! Numbers by which a person can be found or robbed: identity numbers, mobile numbers and bank cards, in a text that others will read.
//!
//! An identity number is 17 digits and a check digit (GB 11643-1999, ISO 7064 MOD 11-2) with a day of birth in it, or the 15 digits of before
//! 1999; a card is 13 to 19 digits by Luhn (ISO/IEC 7812-1); a mobile number is 11 digits from 13 to 19. People write them with blanks and
//! hyphens in between, and in the wide digits of a Chinese keyboard, so those are read, too. A year, a price or an order number is none.

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PersonalData {
    /// The number of an identity card.
    Identity,
    /// The number of a bank card.
    Card,
    /// A mobile number.
    Mobile,
}

impl PersonalData {
    /// In Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Identity => "身份证号",
            Self::Card => "银行卡号",
            Self::Mobile => "手机号",
        }
    }
    /// In English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Identity => "an identity number",
            Self::Card => "a bank card number",
            Self::Mobile => "a mobile number",
        }
    }
}

/// The gravest that a text holds.
pub fn find(text: &str) -> Option<PersonalData> {
    runs(text).iter().filter_map(|run| of_run(run)).min()
}

/// A digit as people write it.
fn digit(c: char) -> Option<u8> {
    let wide = |c: char| u8::try_from(u32::from(c) - u32::from('０')).ok();
    match c {
        '0'..='9' => u8::try_from(u32::from(c) - u32::from('0')).ok(),
        '０'..='９' => wide(c),
        _ => None,
    }
}

/// What may stand between two digits of one number.
fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{3000}' | '-' | '–' | '—' | '－' | '_' | '·' | '.')
}

/// A number as digits, where 10 stands for the X of an identity number.
type Run = Vec<u8>;

/// The numbers of a text: digits with at most one gap between two of them. Whether what a gap parts is one number is not known, so the parts
/// are numbers of their own, too.
fn runs(text: &str) -> Vec<Run> {
    let mut found = Vec::new();
    let (mut whole, mut part) = (Run::new(), Run::new());
    let mut gaps = 0;
    for c in text.chars().chain(['\n']) {
        if let Some(digit) = digit(c) {
            whole.push(digit);
            part.push(digit);
            gaps = 0;
        } else if matches!(c, 'x' | 'X' | 'ｘ' | 'Ｘ') && gaps == 0 && whole.len() >= 17 {
            whole.push(10);
            part.push(10);
        } else {
            found.push(std::mem::take(&mut part));
            gaps += 1;
            if !is_gap(c) || gaps > 1 {
                found.push(std::mem::take(&mut whole));
            }
        }
    }
    found.retain(|run| run.len() >= 11);
    found
}

fn of_run(run: &[u8]) -> Option<PersonalData> {
    let identity = run.windows(18).any(is_identity) || (run.len() == 15 && is_old_identity(run));
    if identity {
        Some(PersonalData::Identity)
    } else if (13..=19).contains(&run.len()) && is_card(run) {
        Some(PersonalData::Card)
    } else if is_mobile(run) {
        Some(PersonalData::Mobile)
    } else {
        None
    }
}

fn is_identity(run: &[u8]) -> bool {
    let (Some((check, number)), Some(born)) = (run.split_last(), run.get(6..14)) else { return false };
    if number.contains(&10) || !is_province(run) || !is_day(born) {
        return false;
    }
    // Weights are powers of two modulo 11, the last digit having 1: what all of it sums up to is 1.
    let sum = number.iter().fold(0_u32, |sum, digit| (sum + u32::from(*digit)) * 2 % 11);
    (sum + u32::from(*check)) % 11 == 1
}

/// As before 1999: two digits of the year, and no check digit.
fn is_old_identity(run: &[u8]) -> bool {
    let Some(born) = run.get(6..12) else { return false };
    is_province(run) && is_day(&[&[1, 9], born].concat())
}

/// The first two digits are those of a province, from 11 to 82, or 91 for abroad.
fn is_province(run: &[u8]) -> bool {
    matches!(run, [1..=8, 1..=7, ..] | [8, 0..=3, ..] | [9, 1, ..])
}

/// Eight digits that are a day of the last hundred years or so.
fn is_day(digits: &[u8]) -> bool {
    let number = digits.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    (1900..=2099).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// By Luhn, of a system of cards that there is: 3 to 6 in front.
fn is_card(run: &[u8]) -> bool {
    let doubled = |(place, digit): (usize, &u8)| match (place % 2, u32::from(*digit)) {
        (0, digit) => digit,
        (_, digit) if digit > 4 => digit * 2 - 9,
        (_, digit) => digit * 2,
    };
    let known = matches!(run.first(), Some(3..=6)) && !run.contains(&10);
    known && run.iter().rev().enumerate().map(doubled).sum::<u32>().is_multiple_of(10)
}

/// Eleven digits from 13 to 19, with or without the country's 86 in front.
fn is_mobile(run: &[u8]) -> bool {
    let own = match run {
        [0, 0, 8, 6, own @ ..] | [8, 6, own @ ..] if own.len() == 11 => own,
        own => own,
    };
    own.len() == 11 && matches!(own, [1, 3..=9, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_people_are_found_however_they_are_written() {
        for (text, what) in [
            ("请联系13800001234", PersonalData::Mobile),
            ("请联系 138 0000 1234。", PersonalData::Mobile),
            ("电话：138-0000-1234", PersonalData::Mobile),
            ("+86 13800001234", PersonalData::Mobile),
            ("0086-138-0000-1234", PersonalData::Mobile),
            ("１３８００００１２３４", PersonalData::Mobile),
            ("身份证11010519491231002X", PersonalData::Identity),
            ("身份证 110105 19491231 002x", PersonalData::Identity),
            ("440524188001010014不算，11010519491231002X算", PersonalData::Identity),
            ("110105491231002", PersonalData::Identity),
            ("卡号 6222 0212 3456 7890 128", PersonalData::Card),
            ("4111111111111111", PersonalData::Card),
            ("手机13800001234，卡4111-1111-1111-1111", PersonalData::Card),
            ("13800001234 11010519491231002X", PersonalData::Identity),
        ] {
            assert_eq!(find(text), Some(what), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_number_of_a_person_is_none() {
        for text in [
            "",
            "2026年3月1日15:01到场的有128人",
            "理发35元变30元",
            "订单 R-20260301-000123",
            "110105194912310021",
            "110105194913310025",
            "12800001234",
            "1380000123",
            "138000012345",
            "4111111111111112",
            "热线 010-12345678",
            "3-2-501",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn the_check_digit_is_that_of_the_standard() {
        // Every other check digit is wrong.
        let right = (0..=10).filter(|check| {
            let digits = "11010519491231002".bytes().map(|byte| byte - b'0').chain([*check]);
            is_identity(&digits.collect::<Vec<u8>>())
        });
        assert_eq!(right.collect::<Vec<u8>>(), [10]);
    }
}
