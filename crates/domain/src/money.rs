//! Money: yuan with two places, held as an `i64` of fen and never as a float. In JSON it is a decimal string with two places (`"35.00"`).

use std::fmt;
use std::str::FromStr;

use crate::points::Points;

/// The dearest thing that an offer is about: a million yuan.
pub const PRICE_MAX: Money = Money(100_000_000);

/// An amount of money, in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

/// A text that is not a decimal with at most two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedMoney;

impl fmt::Display for MalformedMoney {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected money as a decimal string with at most two places, such as \"35.00\"")
    }
}
impl std::error::Error for MalformedMoney {}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Money of this many fen.
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }
    /// How many fen these are.
    pub const fn fen(self) -> i64 {
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
}

/// Money is written as points are: two places, a sign before it where it is negative.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Points::from_hundredths(self.0), f)
    }
}
impl FromStr for Money {
    type Err = MalformedMoney;
    /// Reads `35`, `35.5`, `35.00`, as points are read.
    fn from_str(s: &str) -> Result<Self, MalformedMoney> {
        s.parse::<Points>().map(|p| Self(p.hundredths())).map_err(|_| MalformedMoney)
    }
}
impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_and_writes_two_places() {
        for (text, fen) in [("35.00", 3_500), ("0.1", 10), ("30", 3_000), ("-0.50", -50)] {
            assert_eq!(text.parse::<Money>().map(Money::fen), Ok(fen), "{text}");
        }
        assert_eq!(Money::from_fen(3_505).to_string(), "35.05");
        for text in ["", "35.", "¥35", "1.234", "1e3", "+1", "35,00"] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
        assert_eq!(PRICE_MAX.to_string(), "1000000.00");
    }
}
