//! Reads: the product beside a bare server that answers the same bytes.

use std::process::Command;

use crate::Outcome;
use crate::children::Serving;
use crate::client::{self, Answer, Call};
use crate::options::Workload;
use crate::people::People;
use crate::rounds::{Cell, Turn, take_turns};
use crate::scene::{Chance, Zipf};
use crate::stage::Stage;
use crate::steady;
use crate::wrk::Wrk;
use crate::zsets::Zset;

/// Draws of single deeds, asked in turn.
const DRAWS: usize = 20_000;
/// At a steady rate no more is asked than one thread of a client can keep up with.
const STEADY_MAX: f64 = 15_000.0;
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
        Workload::Deed => deeds(stage)?,
        Workload::Board | Workload::BoardRedis => board(stage)?,
        Workload::Older => older(stage)?,
        Workload::OwnFeed => by_residents(stage, "deeds")?,
        Workload::OwnRank => by_residents(stage, &format!("rankings/{}/me?period=year", stage.scene.root))?,
        Workload::Account => by_residents(stage, "me/account")?,
        _ => one(stage, "deeds".to_owned())?,
    };
    let beside = Beside::set(stage, workload, &sample)?;
    let wrk = Wrk::new(&stage.folder, &requests)?;
    // What the first requests find cold, the measured ones find warm.
    wrk.ask(stage.address(), 1)?;
    beside.ask(&wrk, 1)?;
    let watch = stage.watch(&beside.pids());
    let seconds = stage.options.seconds;
    let watched = |turn: &dyn Fn() -> Outcome<Turn>| -> Outcome<Turn> {
        let before = watch.read()?;
        Ok(turn()?.using(before.until(&watch.read()?)))
    };
    let rounds = take_turns(
        stage.options.rounds,
        |_| watched(&|| wrk.ask(stage.address(), seconds)),
        |_| watched(&|| beside.ask(&wrk, seconds)),
        |_, rate| {
            let rate = rate.min(STEADY_MAX);
            let count = (rate * f64::from(stage.options.seconds)) as usize;
            steady::simple(stage, workload.word(), (rate, count), |n| {
                let (path, token) = &requests[n % requests.len()];
                Call { method: "GET", path, token, ..Call::default() }.bytes()
            })
        },
    )?;
    Ok(stage.cell(workload, rounds, beside.told().to_owned()))
}

/// What reads are compared with.
enum Beside<'a> {
    /// A server that answers the same bytes.
    Bare(Serving),
    /// Redis, asked for the same number of lines.
    Redis(Zset<'a>),
}

impl<'a> Beside<'a> {
    fn set(stage: &'a Stage<'_>, workload: Workload, sample: &Answer) -> Outcome<Self> {
        match (&stage.redis, workload) {
            (Some(names), Workload::BoardRedis) => Ok(Self::Redis(Zset::make(names)?)),
            _ => Ok(Self::Bare(bare(stage, sample)?)),
        }
    }
    fn ask(&self, wrk: &Wrk, seconds: u32) -> Outcome<Turn> {
        match self {
            Self::Bare(serving) => wrk.ask(&serving.address, seconds),
            Self::Redis(zset) => zset.turn(seconds),
        }
    }
    fn pids(&self) -> Vec<u32> {
        match self {
            Self::Bare(serving) => vec![serving.id()],
            Self::Redis(_) => Vec::new(),
        }
    }
    fn told(&self) -> &'static str {
        match self {
            Self::Bare(_) => {
                "reads: actix-web, 2 workers, the same bytes pre-serialised; load by wrk -t1 -c32"
            }
            Self::Redis(_) => {
                "board-redis: redis-benchmark -c 32, ZREVRANGE 0 49 of a set of 38,000, unpipelined, without names"
            }
        }
    }
}

fn one(stage: &Stage<'_>, path: String) -> Outcome<Asked> {
    let answer = client::get(stage.address(), &path, "")?;
    answer.json()?;
    Ok((vec![(path, String::new())], answer))
}

/// The board of the month, or of the year while the month is young.
fn board(stage: &Stage<'_>) -> Outcome<Asked> {
    for period in ["month", "year", "all"] {
        let path = format!("rankings/{}?period={period}&limit={LINES}", stage.scene.root);
        let (requests, answer) = one(stage, path)?;
        let lines = answer.json()?["items"].as_array().map_or(0, Vec::len);
        if lines == LINES {
            return Ok((requests, answer));
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

/// Pages behind the first one, by chance.
fn older(stage: &Stage<'_>) -> Outcome<Asked> {
    let mut own = Requests::new();
    let mut path = "deeds".to_owned();
    while own.len() < PAGES {
        let page = client::get(stage.address(), &path, "")?.json()?;
        let Some(next) = page["nextCursor"].as_str() else { break };
        path = format!("deeds?cursor={next}");
        own.push((path.clone(), String::new()));
    }
    if own.is_empty() {
        return Err("there is only one page of deeds".into());
    }
    let mut chance = Chance(2);
    let draws = (0..DRAWS).map(|_| chance.below(own.len())).collect();
    drawn(stage, &own, draws)
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

/// Serves this answer and nothing else.
fn bare(stage: &Stage<'_>, sample: &Answer) -> Outcome<Serving> {
    let body = stage.folder.join("body");
    std::fs::write(&body, &sample.body)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bare", "--content-type", &sample.content_type, "--body"]).arg(body);
    Serving::start(&mut command)
}
