//! Likes: many guests like the deeds of the last week, the newest most and one that all the town talks of; one of twenty requests repeats an
//! earlier one.

mod references;

use std::collections::HashSet;

use references::Reference;

use crate::Outcome;
use crate::client::{self, Call};
use crate::rounds::{Cell, Turn, take_turns};
use crate::rows::{Counted, Tally, compare};
use crate::scene::{Chance, Zipf, text};
use crate::stage::Stage;
use crate::steady;
use crate::workload::Workload;

/// Guests of a round. Each likes a deed once, so that fewer would soon have liked everything new.
const GUESTS: usize = 4_000;
/// Requests a second that are prepared: more than are done.
const PREPARED: usize = 25_000;
/// One of so many requests repeats an earlier one.
const REPEATED: usize = 20;
/// One of so many likes falls on one and the same deed.
const VIRAL: usize = 100;
/// So many draws may fall on what was drawn before.
const DRAWS_MAX: usize = 64;
/// A repeated request was asked so many requests before, so that it has been answered.
const AGO: usize = 64;

/// What a like writes.
const ROWS: [Counted; 2] = [
    Counted { name: "likes", sql: "SELECT count(*) FROM $.likes" },
    Counted { name: "count", sql: "SELECT sum(like_count) FROM $.deeds" },
];

/// Measures it.
pub fn measure(stage: &Stage<'_>) -> Outcome<Cell> {
    let reference = stage.unless_alone(|| Reference::prepare(stage))?;
    let mut ours = Tally::of(stage.database(), &ROWS);
    let mut theirs = reference.as_ref().map(|reference| Tally::of_reference(reference.database(), &ROWS));
    let run = uuid::Uuid::now_v7().simple().to_string();
    let rounds = take_turns(
        stage.options.rounds,
        |round| our_turn(stage, &mut ours, &format!("b{}r{round}", &run[24..]), round),
        |round| {
            let both = reference.as_ref().zip(theirs.as_mut());
            both.map(|(reference, theirs)| stage.counted(theirs, || reference.turn(stage, round))).transpose()
        },
        |round, rate| {
            let likes = Likes::prepare(stage, &format!("b{}s{round}", &run[24..]), round)?;
            let count = likes.pairs.len().min((rate * f64::from(stage.options.seconds)) as usize);
            steady::simple(stage, "like", (rate, count), |n| likes.bytes(n))
        },
    )?;
    compare(&ours, theirs.as_ref(), &rounds)?;
    Ok(stage.cell(Workload::Like, rounds, stage.database().reference()))
}

fn our_turn(stage: &Stage<'_>, tally: &mut Tally<'_>, name: &str, round: usize) -> Outcome<Turn> {
    let likes = Likes::prepare(stage, name, round)?;
    stage.requests(tally, likes.pairs.len(), |n| likes.bytes(n))
}

/// The requests of a turn.
struct Likes {
    tokens: Vec<String>,
    paths: Vec<String>,
    pairs: Vec<(usize, usize)>,
}

impl Likes {
    /// By new guests.
    fn prepare(stage: &Stage<'_>, name: &str, round: usize) -> Outcome<Self> {
        let wanted = stage.options.seconds as usize * PREPARED;
        Ok(Self {
            tokens: guests(stage, name)?,
            paths: stage.scene.deeds.iter().map(|id| format!("deeds/{id}/like")).collect(),
            pairs: pairs(stage.scene.deeds.len(), wanted, &mut Chance(round as u64)),
        })
    }

    fn bytes(&self, n: usize) -> Vec<u8> {
        let (deed, guest) = self.pairs[n];
        let (path, token) = (&self.paths[deed], &self.tokens[guest]);
        Call { method: "PUT", path, token, ..Call::default() }.bytes()
    }
}

/// Signs new guests in; their access tokens, which live longer than a round.
pub fn guests(stage: &Stage<'_>, name: &str) -> Outcome<Vec<String>> {
    let bodies: Vec<String> = (0..GUESTS).map(|n| format!("{{\"name\":\"{name}-{n}\"}}")).collect();
    let calls: Vec<Call<'_>> = bodies
        .iter()
        .map(|body| Call { method: "POST", path: "sessions/dev", body, ..Call::default() })
        .collect();
    client::all(stage.address(), &calls)?.iter().map(|answer| text(&answer.json()?["accessToken"])).collect()
}

/// Which deed of so many all the town talks of: not one of the newest, which are liked most as it is.
fn viral(deeds: usize) -> usize {
    deeds / 2
}

/// Draws a deed.
fn deed(deeds: usize, zipf: &Zipf, chance: &mut Chance) -> usize {
    if chance.below(VIRAL) == 0 { viral(deeds) } else { zipf.draw(chance) }
}

/// Who likes what: a deed by Zipf or the viral one, a guest by chance, never the same two, except for the repetitions.
fn pairs(deeds: usize, wanted: usize, chance: &mut Chance) -> Vec<(usize, usize)> {
    let zipf = Zipf::new(deeds);
    let mut seen = HashSet::new();
    let mut pairs: Vec<(usize, usize)> = Vec::with_capacity(wanted);
    while pairs.len() < wanted {
        if pairs.len() > AGO && chance.below(REPEATED) == 0 {
            pairs.push(pairs[chance.below(pairs.len() - AGO)]);
            continue;
        }
        let mut draws = (0..DRAWS_MAX).map(|_| (deed(deeds, &zipf, chance), chance.below(GUESTS)));
        match draws.find(|pair| seen.insert(*pair)) {
            Some(pair) => pairs.push(pair),
            // Nearly everything is liked: the round will be shorter.
            None => break,
        }
    }
    pairs
}
