//! A score and the entry that reached it in twelve bytes, and a place in the order in sixteen. A board of millions is mostly these.

use domain::ranking::Place;
use uuid::Uuid;

use crate::model::MERIT_MAX;

const LOW_32: u64 = 0xffff_ffff;
const LOW_48: u64 = (1 << 48) - 1;

/// What a board holds of a subject: 48 bits of score and 48 bits of the entry (three hundred years at ten thousand a second).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held([u32; 3]);

impl Held {
    /// What somebody holds who never scored: no entry has the number 0.
    pub const NOTHING: Self = Self([0; 3]);

    /// Packs; a score beyond [`MERIT_MAX`] is clamped.
    pub fn new(score: i64, reached: u64) -> Self {
        let score = score.clamp(-MERIT_MAX, MERIT_MAX).cast_unsigned() & LOW_48;
        let reached = reached.min(LOW_48);
        Self([(score & LOW_32) as u32, (score >> 32 << 16 | reached >> 32) as u32, (reached & LOW_32) as u32])
    }
    /// Hundredths of merit.
    pub fn score(self) -> i64 {
        let bits = u64::from(self.0[1] >> 16) << 32 | u64::from(self.0[0]);
        (bits << 16).cast_signed() >> 16 // brings the sign back
    }
    /// With an amount more, reached by this entry or a later one.
    pub fn plus(self, amount: i64, reached: u64) -> Self {
        let amount = amount.clamp(-MERIT_MAX, MERIT_MAX);
        Self::new(self.score() + amount, reached.max(self.reached()))
    }
    /// The entry that reached it.
    pub fn reached(self) -> u64 {
        u64::from(self.0[1] & 0xffff) << 32 | u64::from(self.0[2])
    }
    /// The key of a listed subject (a positive score) in the order.
    pub fn spot(self, who: u32) -> Spot {
        Spot::new(self.score(), self.reached(), who)
    }
}

/// A listed subject's key in the order of a board: a smaller one stands before. No two subjects of a board share an entry, so that
/// the subject's number never decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot(u128);

impl Spot {
    fn new(score: i64, reached: u64, who: u32) -> Self {
        let worse = (MERIT_MAX - score.clamp(0, MERIT_MAX)).cast_unsigned();
        Self(u128::from(worse) << 80 | u128::from(reached) << 32 | u128::from(who))
    }
    /// Before everybody of this score and behind everybody above it.
    pub fn first_of(score: i64) -> Self {
        Self::new(score, 0, 0)
    }
    /// The subject's number.
    pub fn who(self) -> u32 {
        (self.0 & u128::from(LOW_32)) as u32
    }
    /// The score.
    pub fn score(self) -> i64 {
        MERIT_MAX - ((self.0 >> 80) as u64).cast_signed()
    }
    /// The place with the subject's real id.
    pub fn place(self, id: Uuid) -> Place {
        Place::new(self.score(), (self.0 >> 32) as u64 & LOW_48, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        for score in [0, 1, -1, 4_294_967_296, -4_294_967_297, MERIT_MAX, -MERIT_MAX] {
            for reached in [0, 1, 4_294_967_296, LOW_48] {
                let held = Held::new(score, reached);
                assert_eq!((held.score(), held.reached()), (score, reached));
            }
        }
        assert_eq!(Held::new(i64::MIN, 1).score(), -MERIT_MAX);
    }

    #[test]
    fn a_higher_score_stands_before_an_earlier_one() {
        let best = Held::new(700, 9).spot(4);
        let first = Held::new(500, 2).spot(9);
        let second = Held::new(500, 3).spot(1);
        assert!(best < first && first < second);
        assert!(Spot::first_of(500) < first && Spot::first_of(500) > best);
        assert_eq!(best.place(Uuid::nil()), Place::new(700, 9, Uuid::nil()));
        assert_eq!(best.who(), 4);
    }
}
