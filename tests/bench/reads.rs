//! Reads: the product beside a bare server that answers the same bytes.

use std::process::Command;

use crate::Outcome;
use crate::children::Serving;
use crate::client::{self, Answer, Call};
use crate::cpu;
use crate::options::Workload;
use crate::rounds::{Cell, Turn, take_turns};
use crate::scene::{Chance, Zipf};
use crate::stage::Stage;
use crate::steady;
use crate::wrk::Wrk;

/// Draws of single deeds, asked in turn.
const DRAWS: usize = 20_000;
/// At a steady rate no more is asked than one thread of a client can keep up with.
const STEADY_MAX: f64 = 15_000.0;
/// Lines that a board must have to count as full.
const LINES: usize = 50;

/// Measures one of the reads.
pub fn measure(stage: &Stage<'_>, workload: Workload) -> Outcome<Cell> {
    let (paths, sample) = match workload {
        Workload::Deed => deeds(stage)?,
        Workload::Board => board(stage)?,
        _ => one(stage, "deeds".to_owned())?,
    };
    let bare = bare(stage, &sample)?;
    let wrk = Wrk::new(&stage.folder, &paths)?;
    // What the first requests find cold, the measured ones find warm.
    wrk.ask(stage.address(), 1)?;
    wrk.ask(&bare.address, 1)?;
    let watch = stage.watch(&[bare.id()]);
    let turn = |address: &str| -> Outcome<Turn> {
        let before = watch.read()?;
        let turn = wrk.ask(address, stage.options.seconds)?;
        Ok(turn.using(before.until(&watch.read()?)))
    };
    let name = workload.word();
    let rounds = take_turns(
        stage.options.rounds,
        |_| turn(stage.address()),
        |_| turn(&bare.address),
        |_, rate| {
            let rate = rate.min(STEADY_MAX);
            let count = (rate * f64::from(stage.options.seconds)) as usize;
            steady::simple(stage, name, (rate, count), |n| {
                let path = paths[n % paths.len()].trim_start_matches("/v1/");
                Call { method: "GET", path, ..Call::default() }.bytes()
            })
        },
    )?;
    Ok(Cell {
        engine: stage.engine,
        workload,
        rounds,
        memory: cpu::resident_mib(stage.server.id()),
        reference: "reads: actix-web, 2 workers, the same bytes pre-serialised; load by wrk -t1 -c32"
            .to_owned(),
        failure: None,
        gate: stage.options.gate,
    })
}

type Asked = (Vec<String>, Answer);

fn one(stage: &Stage<'_>, path: String) -> Outcome<Asked> {
    let answer = client::get(stage.address(), &path, "")?;
    answer.json()?;
    Ok((vec![format!("/v1/{path}")], answer))
}

/// The board of the month, or of the year while the month is young.
fn board(stage: &Stage<'_>) -> Outcome<Asked> {
    for period in ["month", "year", "all"] {
        let path = format!("rankings/{}?period={period}&limit={LINES}", stage.scene.root);
        let (paths, answer) = one(stage, path)?;
        let lines = answer.json()?["items"].as_array().map_or(0, Vec::len);
        if lines == LINES {
            return Ok((paths, answer));
        }
    }
    Err(format!("no board has {LINES} lines").into())
}

/// Deeds of the week by Zipf; the sample is the one whose size is nearest to the mean of what is asked for.
fn deeds(stage: &Stage<'_>) -> Outcome<Asked> {
    let deeds = &stage.scene.deeds;
    let own: Vec<String> = deeds.iter().map(|id| format!("deeds/{id}")).collect();
    let calls: Vec<Call<'_>> =
        own.iter().map(|path| Call { method: "GET", path, ..Call::default() }).collect();
    let answers = client::all(stage.address(), &calls)?;
    answers.iter().try_for_each(|answer| answer.json().map(drop))?;
    let (zipf, mut chance) = (Zipf::new(deeds.len()), Chance(1));
    let drawn: Vec<usize> = (0..DRAWS).map(|_| zipf.draw(&mut chance)).collect();
    let mean = drawn.iter().map(|n| answers[*n].body.len()).sum::<usize>() / DRAWS;
    let nearest = answers.into_iter().min_by_key(|answer| answer.body.len().abs_diff(mean));
    let paths = drawn.into_iter().map(|n| format!("/v1/{}", own[n])).collect();
    Ok((paths, nearest.ok_or("there are no deeds")?))
}

/// Serves this answer and nothing else.
fn bare(stage: &Stage<'_>, sample: &Answer) -> Outcome<Serving> {
    let body = stage.folder.join("body");
    std::fs::write(&body, &sample.body)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bare", "--content-type", &sample.content_type, "--body"]).arg(body);
    Serving::start(&mut command)
}
