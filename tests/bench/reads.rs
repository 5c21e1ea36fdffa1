//! Reads: the product beside a bare server that answers the same bytes, or beside what a program without one would ask a database.

pub mod beside;

use std::collections::HashSet;

use beside::Beside;

use crate::Outcome;
use crate::client::{self, Answer, Call};
use crate::people::People;
use crate::rounds::{Cell, take_turns};
use crate::scene::{Chance, Zipf, text};
use crate::stage::Stage;
use crate::steady;
use crate::workload::Workload;
use crate::wrk::Wrk;

/// Draws of single deeds, asked in turn.
const DRAWS: usize = 20_000;
/// At a steady rate no more is asked than one thread of a client can keep up with.
pub const STEADY_MAX: f64 = 15_000.0;
/// Pages of the feed behind the first one.
const PAGES: usize = 200;
/// Residents who read what is their own.
const READERS: usize = 500;
/// Lines that a board must have to count as full.
const LINES: usize = 50;

/// What is asked for in turn: paths after `/v1/` and access tokens, empty for nobody's.
pub type Requests = Vec<(String, String)>;

/// What is asked for, and an answer as large as they are in the mean.
type Asked = (Requests, Answer);

/// Measures one of the reads.
pub fn measure(stage: &Stage<'_>, workload: Workload) -> Outcome<Cell> {
    let (requests, sample) = match workload {
        Workload::Deed | Workload::DeedGzip => deeds(stage)?,
        Workload::Board | Workload::BoardGzip | Workload::BoardRedis => one(stage, board(stage)?)?,
        Workload::Older => drawn_from(stage, &older(stage)?)?,
        Workload::OwnFeed => by_residents(stage, "deeds")?,
        Workload::OwnRank => by_residents(stage, &format!("rankings/{}/me?period=year", stage.scene.root))?,
        Workload::Account => by_residents(stage, "me/account")?,
        _ => one(stage, "deeds".to_owned())?,
    };
    let encoding = if workload.is_compressed() { "gzip" } else { "" };
    let sample = if encoding.is_empty() { sample } else { compressed(stage, &requests, &sample, encoding)? };
    let beside = stage.unless_alone(|| Beside::set(stage, workload, (&sample, encoding)))?;
    let wrk = Wrk::new(&stage.folder, &requests, encoding)?;
    // What the first requests find cold, the measured ones find warm.
    wrk.ask(stage.address(), 1)?;
    beside.iter().try_for_each(|beside| beside.turn(&wrk, 1).map(drop))?;
    let (seconds, pids) = (stage.options.seconds, beside.as_ref().map_or_else(Vec::new, Beside::pids));
    let rounds = take_turns(
        stage.options.rounds,
        |_| stage.watched(&pids, || wrk.ask(stage.address(), seconds)),
        |_| {
            let turn = |beside: &Beside<'_>| stage.watched(&pids, || beside.turn(&wrk, seconds));
            beside.as_ref().map(turn).transpose()
        },
        |_, rate| {
            let rate = rate.min(STEADY_MAX);
            let count = (rate * f64::from(stage.options.seconds)) as usize;
            steady::simple(stage, workload.word(), (rate, count), |n| {
                let (path, token) = &requests[n % requests.len()];
                Call { method: "GET", path, token, encoding, ..Call::default() }.bytes()
            })
        },
    )?;
    Ok(stage.cell(workload, rounds, beside.map_or("", |beside| beside.told()).to_owned()))
}

fn one(stage: &Stage<'_>, path: String) -> Outcome<Asked> {
    let answer = client::get(stage.address(), &path, "")?;
    answer.json()?;
    Ok((vec![(path, String::new())], answer))
}

/// The path of the board of the month, or of the year while the month is young.
pub fn board(stage: &Stage<'_>) -> Outcome<String> {
    for period in ["month", "year", "all"] {
        let path = format!("rankings/{}?period={period}&limit={LINES}", stage.scene.root);
        let lines = client::get(stage.address(), &path, "")?.json()?["items"].as_array().map_or(0, Vec::len);
        if lines == LINES {
            return Ok(path);
        }
    }
    Err(format!("no board has {LINES} lines").into())
}

/// Deeds of the week by Zipf.
fn deeds(stage: &Stage<'_>) -> Outcome<Asked> {
    let deeds = &stage.scene.deeds;
    let own: Requests = deeds.iter().map(|id| (format!("deeds/{id}"), String::new())).collect();
    let (zipf, mut chance) = (Zipf::new(deeds.len()), Chance(1));
    drawn(stage, &own, (0..DRAWS).map(|_| zipf.draw(&mut chance)).collect())
}

/// The paths of the pages behind the first one.
pub fn older(stage: &Stage<'_>) -> Outcome<Vec<String>> {
    let mut paths = Vec::new();
    let mut path = "deeds".to_owned();
    while paths.len() < PAGES {
        let page = client::get(stage.address(), &path, "")?.json()?;
        let Some(next) = page["nextCursor"].as_str() else { break };
        path = format!("deeds?cursor={next}");
        paths.push(path.clone());
    }
    if paths.is_empty() { Err("there is only one page of deeds".into()) } else { Ok(paths) }
}

/// The deeds of these pages that are not of the last week.
pub fn deeds_of(stage: &Stage<'_>, paths: &[String]) -> Outcome<Vec<String>> {
    let calls: Vec<Call<'_>> =
        paths.iter().map(|path| Call { method: "GET", path, ..Call::default() }).collect();
    let mut found = Vec::new();
    for answer in client::all(stage.address(), &calls)? {
        for deed in answer.json()?["items"].as_array().into_iter().flatten() {
            found.push(text(&deed["id"])?);
        }
    }
    let recent: HashSet<&String> = stage.scene.deeds.iter().collect();
    found.retain(|deed| !recent.contains(deed));
    Ok(found)
}

/// These by chance, anonymous.
fn drawn_from(stage: &Stage<'_>, paths: &[String]) -> Outcome<Asked> {
    let own: Requests = paths.iter().map(|path| (path.clone(), String::new())).collect();
    let mut chance = Chance(2);
    let draws = (0..DRAWS).map(|_| chance.below(own.len())).collect();
    drawn(stage, &own, draws)
}

/// The sample as it comes compressed: of all that is asked for, the answer whose plain form it was.
fn compressed(stage: &Stage<'_>, requests: &Requests, sample: &Answer, encoding: &str) -> Outcome<Answer> {
    for (path, token) in requests {
        if client::get(stage.address(), path, token)?.body == sample.body {
            let call = Call { method: "GET", path, token, encoding, ..Call::default() };
            let found = client::all(stage.address(), &[call])?.remove(0);
            if found.body == sample.body {
                return Err(format!("{path} does not come as {encoding}").into());
            }
            return Ok(found);
        }
    }
    Err("the sample is not there any more".into())
}

/// The same by many residents.
fn by_residents(stage: &Stage<'_>, path: &str) -> Outcome<Asked> {
    let mut people = People::of(stage.address());
    let tokens = people.tokens(READERS, READERS)?;
    let own: Requests = tokens.iter().map(|token| (path.to_owned(), token.clone())).collect();
    let mut chance = Chance(3);
    let draws = (0..DRAWS).map(|_| chance.below(own.len())).collect();
    drawn(stage, &own, draws)
}

/// So many of these; the sample is the answer whose size is nearest to the mean of what is asked for.
fn drawn(stage: &Stage<'_>, own: &Requests, draws: Vec<usize>) -> Outcome<Asked> {
    let calls: Vec<Call<'_>> =
        own.iter().map(|(path, token)| Call { method: "GET", path, token, ..Call::default() }).collect();
    let answers = client::all(stage.address(), &calls)?;
    answers.iter().try_for_each(|answer| answer.json().map(drop))?;
    let mean = draws.iter().map(|n| answers[*n].body.len()).sum::<usize>() / DRAWS;
    let nearest = answers.into_iter().min_by_key(|answer| answer.body.len().abs_diff(mean));
    let requests = draws.into_iter().map(|n| own[n].clone()).collect();
    Ok((requests, nearest.ok_or("there is nothing to ask for")?))
}
