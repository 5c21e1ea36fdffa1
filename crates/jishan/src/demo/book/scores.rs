//! The scores of the boards, period by period: kept while a period is open, written when it ends.

use domain::Day;
use domain::ids::UnitId;
use domain::period::{Period, Span};
use store::bulk::{Loader, Table};
use store::{AnyId, Result};

use super::super::people::People;
use super::SUBJECTS;

/// The spans whose scores are stored.
const STORED: [Span; 4] = [Span::Day, Span::Month, Span::Year, Span::All];

/// The score of a subject in the open period of a span, and the log entry of its last change.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    score: i64,
    reached: i64,
}

/// The open period of a span.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) span: Span,
    pub(super) start: Day,
    sums: [Vec<Sum>; 2],
    touched: [Vec<usize>; 2],
}

impl Open {
    /// The periods that are open on a day, for so many residents and households.
    pub(super) fn all(sizes: [usize; 2], day: Day) -> [Self; 4] {
        STORED.map(|span| Self {
            span,
            start: Period::of(span, day).start,
            sums: sizes.map(|n| vec![Sum::default(); n]),
            touched: [Vec::new(), Vec::new()],
        })
    }

    pub(super) fn add(&mut self, subject: usize, place: Option<usize>, score: i64, seq: i64) {
        let Some(place) = place else { return };
        let sum = &mut self.sums[subject][place];
        if sum.reached == 0 {
            self.touched[subject].push(place);
        }
        *sum = Sum { score: sum.score + score, reached: seq };
    }

    pub(super) fn write(&mut self, out: &mut Loader<'_>, people: &People) -> Result<()> {
        for (subject, word) in SUBJECTS.into_iter().enumerate() {
            for place in std::mem::take(&mut self.touched[subject]) {
                let sum = std::mem::take(&mut self.sums[subject][place]);
                let (unit, id): (UnitId, AnyId) = if subject == 0 {
                    let resident = people.residents[place];
                    (people.unit_of(resident.household).id, AnyId::of(resident.id))
                } else {
                    (people.unit_of(place).id, AnyId::of(people.households[place].id))
                };
                out.push(
                    Table::BoardScores,
                    [
                        self.span.word().into(),
                        self.start.into(),
                        word.into(),
                        unit.into(),
                        id.into(),
                        sum.score.into(),
                        sum.reached.into(),
                    ],
                )?;
            }
        }
        Ok(())
    }
}
