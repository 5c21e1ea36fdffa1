//! How things are written in keys and members.

use domain::Day;
use domain::ids::UnitId;
use domain::period::Period;
use domain::ranking::{Line, Place, lines};
use uuid::Uuid;

/// How many characters of a member come before the id.
const INVERTED_LEN: usize = 16;

/// A unit or subject: 32 hexadecimal digits.
pub fn id(id: Uuid) -> String {
    id.simple().to_string()
}

/// A period, in one word: `week20409`.
pub fn period(period: Period) -> String {
    format!("{}{}", period.span, period.start.0)
}

/// The periods open on a day.
pub fn open_periods(day: Day) -> String {
    Period::every(day).map(period).join(" ")
}

/// The units that a smallest unit counts for.
pub fn reach(units: &[UnitId]) -> String {
    let ids: Vec<String> = units.iter().map(|unit| id(unit.0)).collect();
    ids.join(" ")
}

/// An entry's number, written so that an earlier entry is the larger text: ZREVRANGE gives larger members first inside a tie.
pub fn inverted(seq: u64) -> String {
    format!("{:016x}", u64::MAX - seq)
}

/// A stretch of a sorted set as the scripts give it: the index of its first line, how many stand above that line's score, and the
/// members with their scores.
pub type Stretch = (u64, u64, Vec<(String, String)>);

/// The lines of a stretch; nothing where a member is none of ours.
pub fn parse_lines((index, above, members): Stretch) -> Option<Vec<Line>> {
    let places: Option<Vec<Place>> = members.iter().map(|(member, score)| place(member, score)).collect();
    Some(lines(&places?, index + 1, above))
}

fn place(member: &str, score: &str) -> Option<Place> {
    let (reached, id) = member.split_at_checked(INVERTED_LEN)?;
    let reached = u64::MAX - u64::from_str_radix(reached, 16).ok()?;
    Some(Place::new(score.parse().ok()?, reached, Uuid::try_parse(id).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_entry_is_the_larger_text() {
        assert!(inverted(1) > inverted(2));
        assert!(inverted(9) > inverted(10));
        assert!(inverted(0xffff) > inverted(0x1_0000));
    }

    #[test]
    fn a_member_comes_out_again() {
        let who = Uuid::from_u128(77);
        let member = inverted(12) + &id(who);
        assert_eq!(place(&member, "250"), Some(Place::new(250, 12, who)));
        assert_eq!(place("rubbish", "250"), None);
    }
}
