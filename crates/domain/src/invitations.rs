//! Codes of invitations: twelve characters that a person can read out, type, and mistype. Eleven are chance (55 bits), the last one checks
//! them: every wrong character and every exchange of two is found, before anything is looked up.

use std::fmt;

use crate::refusal::FieldFault;

/// Crockford's base 32: no letter that looks like a digit, and none that makes words.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code.
pub const CODE_CHARS: usize = 12;
/// Characters of a group, as it is printed: `7K2M-9QXD-4RTW`.
const GROUP: usize = 4;
/// For how many days an invitation may be good, and for how many it is if nobody says.
pub const DAYS_MAX: u32 = 90;
/// See [`DAYS_MAX`].
pub const DAYS_DEFAULT: u32 = 30;
/// How many people one invitation may let in.
pub const USES_MAX: u32 = 20;

/// The code of an invitation.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationCode([u8; CODE_CHARS]);

/// A secret stays out of logs.
impl fmt::Debug for InvitationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvitationCode(…)")
    }
}

impl InvitationCode {
    /// The code of this chance, of which 55 bits count.
    pub fn of(chance: u64) -> Self {
        let mut values = [0; CODE_CHARS];
        for (place, value) in values[..CODE_CHARS - 1].iter_mut().enumerate() {
            *value = ((chance >> (5 * place)) & 31) as u8;
        }
        values[CODE_CHARS - 1] = folded(&values[..CODE_CHARS - 1]);
        Self(values)
    }

    /// Reads what somebody typed: small letters, spaces and hyphens do not matter, and what looks like a digit is one. `None` where it can
    /// be no code.
    pub fn read(text: &str) -> Option<Self> {
        let mut values = [0; CODE_CHARS];
        let mut count = 0;
        for c in text.trim().chars().filter(|c| !matches!(c, ' ' | '-')) {
            let plain = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let value = ALPHABET.iter().position(|a| char::from(*a) == plain)?;
            *values.get_mut(count)? = u8::try_from(value).ok()?;
            count += 1;
        }
        let (check, chance) = values.split_last()?;
        (count == CODE_CHARS && folded(chance) == *check).then_some(Self(values))
    }

    /// As [`Self::read`], with the fault of a field.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldFault> {
        Self::read(text).ok_or_else(|| {
            let (zh, en) = ("邀请码有误，请核对后重新输入", "mistyped: compare it with what is printed");
            FieldFault::new(field, "mistyped", zh, en)
        })
    }

    /// Without groups, as it is kept by a hash and as a scene holds it.
    pub fn bare(&self) -> String {
        self.0.iter().map(|value| char::from(ALPHABET[usize::from(*value)])).collect()
    }

    /// In groups, as it is shown.
    pub fn shown(&self) -> String {
        let bare = self.bare();
        let groups: Vec<&str> = (0..CODE_CHARS / GROUP).map(|n| &bare[n * GROUP..(n + 1) * GROUP]).collect();
        groups.join("-")
    }
}

/// What checks these characters: their polynomial at the primitive element of the field of 32, in which no two of the places weigh alike.
fn folded(values: &[u8]) -> u8 {
    values.iter().fold(0, |sum, value| doubled(sum ^ value))
}

/// A value times the primitive element, modulo x⁵ + x² + 1.
fn doubled(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 32 == 0 { shifted } else { (shifted ^ 0b10_0101) & 31 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = InvitationCode::of(0x0123_4567_89ab_cdef);
        let shown = code.shown();
        assert_eq!(shown.len(), CODE_CHARS + 2);
        for text in
            [shown.clone(), shown.to_lowercase(), format!(" {} ", code.bare()), shown.replace('-', " ")]
        {
            assert_eq!(InvitationCode::read(&text), Some(code.clone()), "{text}");
        }
        let ones = InvitationCode::of(0b00001_00000);
        let muddled = ones.bare().replace('0', "o").replace('1', "l");
        assert_eq!(InvitationCode::read(&muddled), Some(ones));
        for none in ["", "7K2M", "U234-5678-9ABC", "王", &"0".repeat(13)] {
            assert_eq!(InvitationCode::read(none), None, "{none}");
        }
        assert!(!format!("{code:?}").contains(&code.bare()));
    }

    #[test]
    fn one_wrong_character_and_two_exchanged_ones_are_found() {
        for chance in [0, 1, 0x7fff_ffff_ffff_ffff, 0x0123_4567_89ab_cdef, 0x00c0_ffee_1234_5678] {
            let good = InvitationCode::of(chance).0;
            for place in 0..CODE_CHARS {
                for wrong in (0..32).filter(|wrong| *wrong != good[place]) {
                    let mut typed = good;
                    typed[place] = wrong;
                    assert!(!is_whole(&typed));
                }
                for other in (0..CODE_CHARS).filter(|other| good[*other] != good[place]) {
                    let mut typed = good;
                    typed.swap(place, other);
                    assert!(!is_whole(&typed));
                }
            }
        }
    }

    fn is_whole(values: &[u8; CODE_CHARS]) -> bool {
        InvitationCode::read(&InvitationCode(*values).bare()).is_some()
    }

    #[test]
    fn all_of_the_chance_counts() {
        let codes: std::collections::HashSet<String> =
            (0..55).map(|bit| InvitationCode::of(1 << bit).bare()).collect();
        assert_eq!(codes.len(), 55);
        assert_eq!(InvitationCode::of(1 << 55), InvitationCode::of(0), "and no more than fits");
    }
}
