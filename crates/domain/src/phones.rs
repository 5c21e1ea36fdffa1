//! Telephone numbers of people, as WeChat tells them: the code of a country, and what is dialled there.

use std::fmt;

use crate::masking::masked_phone;

/// The most digits of a number with its country (E.164).
const DIGITS_MAX: usize = 15;
/// The fewest digits of a number without its country: no mobile telephone has fewer.
const DIGITS_MIN: usize = 4;
/// The most digits of the code of a country.
const COUNTRY_MAX: usize = 3;
/// The country whose mobile numbers have eleven digits, of which seven may be shown.
const CHINA: &str = "86";

/// A telephone number.
#[derive(Clone, PartialEq, Eq)]
pub struct Number {
    country: String,
    dialled: String,
}

/// Numbers stay out of logs.
impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Number(…)")
    }
}

impl Number {
    /// The number of these digits; `None` where they can be none. Spaces and hyphens between them do not count.
    pub fn of(country: &str, dialled: &str) -> Option<Self> {
        let country = country.trim().trim_start_matches('+');
        let dialled: String = dialled.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let fits = (1..=COUNTRY_MAX).contains(&country.len())
            && !country.starts_with('0')
            && dialled.len() >= DIGITS_MIN
            && country.len() + dialled.len() <= DIGITS_MAX;
        (fits && digits(country) && digits(&dialled)).then(|| Self { country: country.to_owned(), dialled })
    }

    /// The international form (E.164), in which each number has one text.
    pub fn e164(&self) -> String {
        format!("+{}{}", self.country, self.dialled)
    }

    /// As it is kept: country and number, so that both can be told apart again.
    pub fn written(&self) -> String {
        format!("{} {}", self.country, self.dialled)
    }

    /// Reads what [`Self::written`] wrote.
    pub fn read(text: &str) -> Option<Self> {
        let (country, dialled) = text.split_once(' ')?;
        Self::of(country, dialled)
    }

    /// The form for everybody who may know that there is one: `138****1234`. Numbers of other countries may be shorter, and show less.
    pub fn masked(&self) -> String {
        if self.country == CHINA && self.dialled.len() == 11 {
            return masked_phone(&self.dialled);
        }
        let tail = &self.dialled[self.dialled.len() - 2..];
        format!("+{} ****{tail}", self.country)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_international_form_and_is_shown_masked() {
        let mobile = Number::of("86", "138 0000-1234").unwrap();
        assert_eq!(mobile.e164(), "+8613800001234");
        assert_eq!(mobile.masked(), "138****1234");
        assert_eq!(Number::read(&mobile.written()), Some(mobile.clone()));
        assert_eq!(Number::of("+86", "13800001234"), Some(mobile.clone()));
        assert!(!format!("{mobile:?}").contains("138"));
        // Of eight digits seven would be shown.
        let hong_kong = Number::of("852", "51234567").unwrap();
        assert_eq!(hong_kong.masked(), "+852 ****67");
        // The same digits with the country elsewhere are another number.
        assert_ne!(Number::of("1", "2345678901"), Number::of("12", "345678901"));
    }

    #[test]
    fn what_can_be_no_number_is_none() {
        for (country, dialled) in [
            ("", "13800001234"),
            ("0", "13800001234"),
            ("86", "138"),
            ("86", "1380000123x"),
            ("86", "12345678901234"),
            ("8６", "13800001234"),
        ] {
            assert_eq!(Number::of(country, dialled), None, "{country} {dialled}");
        }
    }
}
