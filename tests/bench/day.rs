//! A day: what residents do in one, in the shares in which they do it, beside a bare server that answers the same client with as much as
//! the smallest of the answers.

mod plan;

use std::cell::RefCell;

use plan::{GROUPS, Step};
pub use plan::{Lane, READS, REDEMPTION, Residents};

use crate::Outcome;
use crate::children::Serving;
use crate::client::{self, Call, Connection, Load};
use crate::reads::{self, beside};
use crate::rounds::{Cell, Steady, Turn, take_turns};
use crate::stage::Stage;
use crate::steady::{self, Due};
use crate::workload::Workload;

/// Steps prepared for a second of the first round; later ones follow what was done.
const FIRST: f64 = 25_000.0;
/// So much more is prepared than the round before did.
const SPARE: f64 = 1.3;

/// Measures it.
pub fn measure(stage: &Stage<'_>) -> Outcome<Cell> {
    let residents = RefCell::new(Residents::find(stage)?);
    let sample = client::get(stage.address(), "me/account", &residents.borrow_mut().reader()?)?;
    sample.json()?;
    let bare = stage.unless_alone(|| beside::bare(stage, &sample))?;
    let pids: Vec<u32> = bare.iter().map(Serving::id).collect();
    let seconds = f64::from(stage.options.seconds);
    let mut rate = FIRST;
    let rounds = take_turns(
        stage.options.rounds,
        |_| {
            let steps = residents.borrow_mut().prepare((rate * SPARE * seconds) as usize)?;
            let turn = stage.watched(&pids, || our_turn(stage, &steps, seconds))?;
            rate = turn.rate();
            Ok(turn)
        },
        |_| bare.as_ref().map(|bare| stage.watched(&pids, || bare_turn(&bare.address, seconds))).transpose(),
        |_, rate| {
            let rate = rate.min(reads::STEADY_MAX);
            let steps = residents.borrow_mut().prepare((rate * seconds) as usize)?;
            steady_turn(stage, &steps, rate)
        },
    )?;
    let told = "day: actix-web, 2 workers, the JSON of an own account pre-serialised, asked by the same client with 32 connections";
    Ok(stage.cell(Workload::Day, rounds, told.to_owned()))
}

fn our_turn(stage: &Stage<'_>, steps: &[Step], seconds: f64) -> Outcome<Turn> {
    let open = async || Lane::open(stage).await;
    let load = client::lanes(open, steps.len(), seconds, async |lane, n| lane.take(&steps[n]).await)?;
    Ok(load.into())
}

fn bare_turn(address: &str, seconds: f64) -> Outcome<Turn> {
    let request = Call { method: "GET", path: "me/account", ..Call::default() }.bytes();
    let open = async || Connection::open(address).await;
    Ok(client::lanes(open, usize::MAX, seconds, async |connection, _| connection.tell(&request).await)?
        .into())
}

/// The steps at a steady rate; figures for each group of them.
fn steady_turn(stage: &Stage<'_>, steps: &[Step], rate: f64) -> Outcome<Vec<Steady>> {
    let open = async || Lane::open(stage).await;
    let work = async |lane: &mut Lane<'_>, due: Due| lane.take(&steps[due.n]).await;
    let kinds: Vec<(&str, f64)> =
        GROUPS.iter().enumerate().map(|(group, name)| (*name, rate * plan::share(group))).collect();
    steady::measure(open, &stage.watch(&[]), &kinds, &dues(steps, rate), work)
}

/// The same, and nothing is made of it: a load for each group.
pub fn steady_load(stage: &Stage<'_>, steps: &[Step], rate: f64) -> Outcome<Vec<Load>> {
    let open = async || Lane::open(stage).await;
    let work = async |lane: &mut Lane<'_>, due: Due| lane.take(&steps[due.n]).await;
    steady::load(open, 0.0, &dues(steps, rate), work)
}

fn dues(steps: &[Step], rate: f64) -> Vec<Due> {
    let due = |due: Due| Due { kind: steps[due.n].group(), ..due };
    steady::every(rate, steps.len(), 0, 0.0).map(due).collect()
}
