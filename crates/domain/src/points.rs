//! Points: fixed-point numbers with two decimals, held as an `i64` of hundredths and never as a float. In JSON they are decimal
//! strings with two places (`"25.00"`). Real tables use 0.1 and 0.5, hence the places.

use std::fmt;
use std::str::FromStr;

/// At most ten million points in one transfer.
pub const TRANSFER_MAX: Points = Points(1_000_000_000);

/// An amount of points, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Points(i64);

/// A text that is not a decimal with at most two places, or out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedPoints;

impl fmt::Display for MalformedPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected points as a decimal string with at most two places, such as \"25.00\"")
    }
}
impl std::error::Error for MalformedPoints {}

impl Points {
    /// No points.
    pub const ZERO: Self = Self(0);

    /// Points of this many hundredths.
    pub const fn from_hundredths(hundredths: i64) -> Self {
        Self(hundredths)
    }
    /// Whole points.
    pub const fn whole(points: i32) -> Self {
        Self(points as i64 * 100)
    }
    /// How many hundredths these are.
    pub const fn hundredths(self) -> i64 {
        self.0
    }
    /// The sum, or `None` on overflow.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
    /// The difference, or `None` on overflow.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
    /// These points taken `quantity` hundredths of a time (a quantity has two places, too), rounded half away from zero.
    pub fn times_hundredths(self, quantity: i64) -> Option<Self> {
        let product = i128::from(self.0) * i128::from(quantity);
        let rounded = (product + if product >= 0 { 50 } else { -50 }) / 100;
        i64::try_from(rounded).ok().map(Self)
    }
    /// The amount without its sign.
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }
    /// Whether this is more than nothing.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }
}

impl std::ops::Neg for Points {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let n = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", n / 100, n % 100)
    }
}

impl FromStr for Points {
    type Err = MalformedPoints;
    /// Reads `12`, `12.5`, `-12.50`; refuses a sign `+`, an exponent, more than two places, and more than twelve digits.
    fn from_str(s: &str) -> Result<Self, MalformedPoints> {
        let (negative, digits) = match s.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, s),
        };
        let (whole, places) = digits.split_once('.').map_or((digits, None), |(w, p)| (w, Some(p)));
        let all_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || whole.len() > 12 {
            return Err(MalformedPoints);
        }
        let hundredths = match places {
            None => 0,
            Some(p) if all_digits(p) && p.len() == 1 => p.parse::<i64>().map_err(|_| MalformedPoints)? * 10,
            Some(p) if all_digits(p) && p.len() == 2 => p.parse::<i64>().map_err(|_| MalformedPoints)?,
            Some(_) => return Err(MalformedPoints),
        };
        let n = whole.parse::<i64>().map_err(|_| MalformedPoints)? * 100 + hundredths;
        Ok(Self(if negative { -n } else { n }))
    }
}

impl serde::Serialize for Points {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for Points {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_read_and_write_two_places() {
        for (text, hundredths) in [("25.00", 2500), ("0.1", 10), ("-0.50", -50), ("7", 700)] {
            assert_eq!(text.parse::<Points>().map(Points::hundredths), Ok(hundredths), "{text}");
        }
        assert_eq!(Points::from_hundredths(-5).to_string(), "-0.05");
    }

    #[test]
    fn points_refuse_what_is_not_a_plain_decimal() {
        for text in ["", "1.", ".5", "1.234", "1e3", "+1", " 1", "1234567890123", "--1", "٣"] {
            assert!(text.parse::<Points>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_quantity_rounds_half_away_from_zero() {
        assert_eq!(Points::from_hundredths(10).times_hundredths(25), Some(Points::from_hundredths(3)));
        assert_eq!(Points::whole(2).times_hundredths(150), Some(Points::whole(3)));
    }
}
