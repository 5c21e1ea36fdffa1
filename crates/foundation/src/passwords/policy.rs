//! Which passwords are accepted: long ones that are not among the first that somebody would try. No rules about digits and signs,
//! which only make passwords alike.

use std::collections::BTreeSet;

use domain::{Code, Refusal};

/// How many characters a password of staff has at least.
pub const CHARACTERS_MIN: usize = 12;
/// How many it has at most: more protects no better, and costs the server.
pub const CHARACTERS_MAX: usize = 128;
/// A login shorter than this stands in many good passwords by chance.
const LOGIN_CHARACTERS_MIN: usize = 3;
/// A password of fewer different characters is a pattern.
const DIFFERENT_CHARACTERS_MIN: usize = 5;

/// Checks a new password of this login.
pub fn check_policy(password: &str, login: &str) -> Result<(), Refusal> {
    let length = password.chars().count();
    let plain = password.to_lowercase();
    let login = login.trim().to_lowercase();
    let holds_login = login.chars().count() >= LOGIN_CHARACTERS_MIN && plain.contains(&login);
    let too_short_or_long = !(CHARACTERS_MIN..=CHARACTERS_MAX).contains(&length);
    if too_short_or_long
        || holds_login
        || is_pattern(&plain)
        || COMMON.split_whitespace().any(|common| common == plain)
    {
        return Err(Code::PasswordWeak.into());
    }
    Ok(())
}

/// Whether it is few characters again and again, or neighbours one after the other (`abcdefghijkl`, `098765432109`).
fn is_pattern(plain: &str) -> bool {
    let characters: Vec<char> = plain.chars().collect();
    if characters.iter().collect::<BTreeSet<_>>().len() < DIFFERENT_CHARACTERS_MIN {
        return true;
    }
    let repeats =
        (1..=characters.len() / 2).any(|n| characters.iter().zip(&characters[n..]).all(|(a, b)| a == b));
    let neighbours = characters
        .windows(2)
        .filter(|pair| {
            let step = i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
            matches!(step, -1 | 1 | 9 | -9)
        })
        .count();
    repeats || neighbours + 2 >= characters.len()
}

/// The first that are tried, of those that are long enough: in small letters, between white space.
const COMMON: &str = include_str!("common.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_password_of_ones_own_is_accepted() {
        for password in
            ["correct pony, cell", "蓝山镇的十二棵老樟树下喝茶", "tR7#qLm0-vv2", " leading and trailing "]
        {
            assert_eq!(check_policy(password, "li.wei"), Ok(()), "{password}");
        }
    }

    #[test]
    fn length_is_counted_in_characters_and_has_both_edges() {
        let text: String = ('一'..).filter(|c| u32::from(*c) % 3 == 0).take(CHARACTERS_MAX + 1).collect();
        let first = |n: usize| text.chars().take(n).collect::<String>();
        assert!(check_policy(&first(CHARACTERS_MIN - 1), "li.wei").is_err());
        assert!(check_policy(&first(CHARACTERS_MIN), "li.wei").is_ok());
        assert!(check_policy(&first(CHARACTERS_MAX), "li.wei").is_ok());
        assert!(check_policy(&first(CHARACTERS_MAX + 1), "li.wei").is_err());
    }

    #[test]
    fn what_everybody_tries_is_refused() {
        for password in [
            "",
            "short",
            "password1234",
            "PassWord1234",
            "aaaaaaaaaaaa",
            "123456789012",
            "abcdefghijklm",
            "987654321098",
            "abcabcabcabc",
            "蓝山镇的樟树蓝山镇的樟树",
            "qwertyqwerty",
            "Jishan@123456",
            "121212121212",
            "li.wei 2026 ok",
            "my LI.WEI name",
        ] {
            assert_eq!(check_policy(password, "li.wei"), Err(Code::PasswordWeak.into()), "{password}");
        }
        assert!(check_policy("tR7#qLm0-vv2 li", "li").is_ok(), "two letters stand anywhere by chance");
    }

    #[test]
    fn the_list_can_be_compared_with() {
        for password in COMMON.split_whitespace() {
            assert!(password.len() >= CHARACTERS_MIN && password == password.to_lowercase(), "{password}");
        }
        assert!(COMMON.split_whitespace().count() > 200);
    }
}
