//! Tills: residents have made codes, clerks take each for an offer and confirm. One redemption is both requests; it counts when both were
//! answered and both transfers are in the log.

mod counter;
mod references;

use std::cell::RefCell;
use std::time::Instant;

pub use counter::{Counter, Sale};
use references::Reference;
use tokio::sync::Notify;

use crate::Outcome;
use crate::client::{self, Call, Connection};
use crate::rounds::{Cell, Steady, Turn, take_turns};
use crate::rows::{Counted, Tally, compare};
use crate::scene::{Chance, id_of};
use crate::stage::Stage;
use crate::steady::{self, Due};
use crate::workload::Workload;

/// Codes prepared for a second of the first round; later ones follow what was done.
const FIRST: f64 = 1_000.0;
/// So much more is prepared than the round before did.
const SPARE: f64 = 1.3;
/// One of so many requests is sent again with the same key.
const REPEATED: usize = 20;
/// At a steady rate the clerk confirms so many seconds after the code was taken.
const LOOKS: f64 = 0.5;
/// The log has everything within so many seconds, or something is wrong.
const LOGGED_WITHIN_S: f64 = 60.0;

/// What a redemption writes.
const ROWS: [Counted; 12] = [
    Counted { name: "idempotency", sql: "SELECT count(*) FROM $.idempotency" },
    Counted { name: "codes", sql: "SELECT count(*) FROM $.redemption_codes WHERE state = 'claimed'" },
    Counted { name: "redemptions", sql: "SELECT count(*) FROM $.redemptions" },
    Counted { name: "captured", sql: "SELECT count(*) FROM $.redemptions WHERE state = 'captured'" },
    Counted { name: "groups", sql: "SELECT count(*) FROM $.transfer_groups" },
    Counted { name: "transfers", sql: "SELECT count(*) FROM $.transfers" },
    Counted {
        name: "queued",
        sql: "SELECT (SELECT count(*) FROM $.ledger_queue) + (SELECT count(*) FROM $.ledger_log)",
    },
    Counted { name: "holds", sql: "SELECT count(*) FROM $.holds" },
    Counted { name: "holds posted", sql: "SELECT count(*) FROM $.holds WHERE state = 'posted'" },
    Counted { name: "balance changes", sql: "SELECT sum(version) FROM $.balances" },
    Counted { name: "visits", sql: "SELECT sum(visits) FROM $.merchant_customers" },
    Counted { name: "inbox", sql: "SELECT count(*) FROM $.inbox" },
];

/// Measures it: at many shops, or all of it at one.
pub fn measure(stage: &Stage<'_>, workload: Workload) -> Outcome<Cell> {
    let shops = if workload == Workload::OneTill { 1 } else { usize::MAX };
    let counter = RefCell::new(Counter::open(stage, shops)?);
    let first = counter.borrow_mut().prepare((FIRST * f64::from(stage.options.seconds)) as usize)?;
    let reference =
        stage.unless_alone(|| Reference::prepare(stage, (counter.borrow().shops(), first.len())))?;
    drop(first);
    let mut ours = Tally::of(stage.database(), &ROWS);
    let mut theirs = reference.as_ref().map(|reference| Tally::of_reference(reference.database(), &ROWS));
    let mut rate = FIRST;
    let rounds = take_turns(
        stage.options.rounds,
        |round| {
            let wanted = (rate * SPARE * f64::from(stage.options.seconds)) as usize;
            let sales = counter.borrow_mut().prepare(wanted)?;
            let turn = our_turn(stage, &mut ours, &sales, round)?;
            rate = turn.rate();
            Ok(turn)
        },
        |round| {
            let both = reference.as_ref().zip(theirs.as_mut());
            both.map(|(reference, theirs)| stage.counted(theirs, || reference.turn(stage, round))).transpose()
        },
        |_, rate| {
            let wanted = (rate * f64::from(stage.options.seconds)) as usize;
            steady_turn(stage, &counter.borrow_mut().prepare(wanted)?, rate)
        },
    )?;
    compare(&ours, theirs.as_ref(), &rounds)?;
    Ok(stage.cell(workload, rounds, stage.database().reference()))
}

/// Sells until the time is over, or until there are no more codes: then the round is shorter. It ends when the log has everything.
fn our_turn(stage: &Stage<'_>, tally: &mut Tally<'_>, sales: &[Sale], round: usize) -> Outcome<Turn> {
    let again = repeated(sales.len(), round);
    stage.counted(tally, || {
        let begun = Instant::now();
        let seconds = f64::from(stage.options.seconds);
        let load = client::lanes(
            async || Connection::open(stage.tills()).await,
            sales.len(),
            seconds,
            async |connection, n| sell(connection, &sales[n], again[n]).await,
        )?;
        stage.database().wait_for_log(LOGGED_WITHIN_S)?;
        let seconds = begun.elapsed().as_secs_f64();
        Ok(Turn { seconds, ..Turn::from(load) })
    })
}

/// A whole redemption, with what of it is sent again; why it was refused.
pub async fn sell(
    connection: &mut Connection,
    sale: &Sale,
    (hold_again, confirm_again): (bool, bool),
) -> Outcome<Option<String>> {
    let held = match hold(connection, sale).await? {
        Ok(held) => held,
        Err(refusal) => return Ok(Some(refusal)),
    };
    if hold_again && hold(connection, sale).await?.as_ref() != Ok(&held) {
        return Ok(Some("a hold that was sent again was answered by another redemption".to_owned()));
    }
    let mut confirmed = confirm(connection, sale, &held).await?;
    if confirm_again && confirmed.is_ok() {
        confirmed = confirm(connection, sale, &held).await?;
    }
    Ok(confirmed.err())
}

/// Whether the hold of each sale is sent again, and whether its confirmation is.
fn repeated(sales: usize, round: usize) -> Vec<(bool, bool)> {
    let mut chance = Chance(round as u64);
    let mut drawn = || chance.below(REPEATED) == 0;
    (0..sales).map(|_| (drawn(), drawn())).collect()
}

/// Takes the code of a sale; the id of the redemption, or why it was refused.
async fn hold(connection: &mut Connection, sale: &Sale) -> Outcome<Result<String, String>> {
    let Sale { token, key, body, .. } = sale;
    let answer = connection
        .ask(&Call { method: "POST", path: "redemptions", token, key, body, ..Call::default() }.bytes())
        .await?;
    Ok(match answer.refusal() {
        Some(refusal) => Err(refusal),
        None => Ok(id_of(&answer.body)?),
    })
}

/// Confirms it; or why it was refused.
async fn confirm(connection: &mut Connection, sale: &Sale, id: &str) -> Outcome<Result<(), String>> {
    let path = format!("redemptions/{id}/confirm");
    let call = Call { method: "POST", path: &path, token: &sale.token, ..Call::default() };
    Ok(connection.tell(&call.bytes()).await?.map_or(Ok(()), Err))
}

/// Sells at a steady rate: a hold is due, and its confirmation some time later, whether or not the hold was answered by then.
fn steady_turn(stage: &Stage<'_>, sales: &[Sale], rate: f64) -> Outcome<Vec<Steady>> {
    let holds = steady::every(rate, sales.len(), 0, 0.0);
    let mut dues: Vec<Due> = holds.chain(steady::every(rate, sales.len(), 1, LOOKS)).collect();
    dues.sort_by(|a, b| a.at.total_cmp(&b.at));
    let held: Vec<(Notify, RefCell<String>)> = sales.iter().map(|_| Default::default()).collect();
    let kinds = [("hold", rate), ("confirm", rate)];
    let open = async || Connection::open(stage.tills()).await;
    let figures = steady::measure(open, &stage.watch(&[]), &kinds, &dues, async |connection, due| {
        let (sale, (answered, id)) = (&sales[due.n], &held[due.n]);
        if due.kind == 0 {
            let outcome = hold(connection, sale).await?;
            if let Ok(redemption) = &outcome {
                id.borrow_mut().clone_from(redemption);
            }
            answered.notify_one();
            return Ok(outcome.err());
        }
        answered.notified().await;
        let id = id.borrow().clone();
        Ok(confirm(connection, sale, &id).await?.err())
    })?;
    stage.database().wait_for_log(LOGGED_WITHIN_S)?;
    Ok(figures)
}
