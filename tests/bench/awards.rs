//! Awards: grid workers have entered claims, secretaries hold the reviews, and each measured request grants one of them.

pub mod desk;
mod references;

use std::cell::RefCell;

use desk::{Desk, Waiting};
use references::Reference;

use crate::Outcome;
use crate::rounds::{Cell, Turn, take_turns};
use crate::rows::{Counted, Tally, compare};
use crate::stage::Stage;
use crate::steady;
use crate::workload::Workload;

/// Claims prepared for a second of the first round; later ones follow what was done.
const FIRST: f64 = 1_500.0;
/// So much more is prepared than the round before did.
const SPARE: f64 = 1.25;

/// What a grant writes. Rows of the log are moved there from the queue by the sequencer.
const ROWS: [Counted; 11] = [
    Counted { name: "idempotency", sql: "SELECT count(*) FROM $.idempotency" },
    Counted { name: "decided", sql: "SELECT count(*) FROM $.reviews WHERE state = 'decided'" },
    Counted { name: "posted", sql: "SELECT count(*) FROM $.claims WHERE state = 'posted'" },
    Counted { name: "takes", sql: "SELECT count(*) FROM $.claim_takes" },
    Counted { name: "groups", sql: "SELECT count(*) FROM $.transfer_groups" },
    Counted { name: "transfers", sql: "SELECT count(*) FROM $.transfers" },
    Counted {
        name: "queued",
        sql: "SELECT (SELECT count(*) FROM $.ledger_queue) + (SELECT count(*) FROM $.ledger_log)",
    },
    Counted { name: "balance changes", sql: "SELECT sum(version) FROM $.balances" },
    Counted { name: "accounts", sql: "SELECT count(*) FROM $.accounts" },
    Counted { name: "audit", sql: "SELECT count(*) FROM $.audit" },
    Counted { name: "inbox", sql: "SELECT count(*) FROM $.inbox" },
];

/// Measures it.
pub fn measure(stage: &Stage<'_>) -> Outcome<Cell> {
    let desk = RefCell::new(Desk::find(stage)?);
    let reference = stage.unless_alone(|| Reference::prepare(stage, desk.borrow().residents()))?;
    let mut ours = Tally::of(stage.database(), &ROWS);
    let mut theirs = reference.as_ref().map(|reference| Tally::of_reference(reference.database(), &ROWS));
    let mut rate = FIRST;
    let rounds = take_turns(
        stage.options.rounds,
        |_| {
            let wanted = (rate * SPARE * f64::from(stage.options.seconds)) as usize;
            let turn = our_turn(stage, &mut ours, &desk.borrow_mut().prepare(wanted)?)?;
            rate = turn.rate();
            Ok(turn)
        },
        |round| {
            let both = reference.as_ref().zip(theirs.as_mut());
            both.map(|(reference, theirs)| stage.counted(theirs, || reference.turn(stage, round))).transpose()
        },
        |_, rate| {
            let waiting = desk.borrow_mut().prepare((rate * f64::from(stage.options.seconds)) as usize)?;
            steady::simple(stage, "decide", (rate, waiting.len()), |n| waiting[n].bytes())
        },
    )?;
    compare(&ours, theirs.as_ref(), &rounds)?;
    Ok(stage.cell(Workload::Award, rounds, stage.database().reference()))
}

/// Grants what waits until the time is over, or until nothing waits: then the round is shorter.
fn our_turn(stage: &Stage<'_>, tally: &mut Tally<'_>, waiting: &[Waiting]) -> Outcome<Turn> {
    stage.requests(tally, waiting.len(), |n| waiting[n].bytes())
}
