//! Doors: people with a seat check in at events by the code that the organiser shows.

mod references;

use std::cell::RefCell;

use references::Reference;
use serde_json::json;

use crate::Outcome;
use crate::awards::desk::PASSWORD;
use crate::client::{self, Answer, Call};
use crate::people::People;
use crate::rounds::{Cell, Turn, take_turns};
use crate::rows::{Counted, Tally, compare};
use crate::scene::{Chance, text};
use crate::stage::Stage;
use crate::steady;
use crate::workload::Workload;

/// Seats prepared for a second of the first round; later ones follow what was done.
const FIRST: f64 = 2_000.0;
/// So much more is prepared than the round before did.
const SPARE: f64 = 1.3;
/// Events of a turn: whoever comes to one waits for whoever came just before.
const EVENTS: usize = 16;

/// How often seats are asked for, and the status of a server that says "later".
const TRIES: usize = 10;
const BUSY: u16 = 503;

/// What a check-in writes.
const ROWS: [Counted; 5] = [
    Counted { name: "sign-ups", sql: "SELECT count(*) FROM $.sign_ups" },
    Counted { name: "came", sql: "SELECT count(*) FROM $.sign_ups WHERE checked_in_at IS NOT NULL" },
    Counted { name: "changes", sql: "SELECT sum(version) FROM $.sign_ups" },
    Counted { name: "idempotency", sql: "SELECT count(*) FROM $.idempotency" },
    Counted { name: "inbox", sql: "SELECT count(*) FROM $.inbox" },
];

/// Measures it.
pub fn measure(stage: &Stage<'_>) -> Outcome<Cell> {
    let all = usize::try_from(stage.database().number("SELECT count(*) FROM $.residents")?)?;
    let hall = RefCell::new(Hall { stage, people: People::of(stage.address()), all, turns: 0 });
    let reference = stage.unless_alone(|| Reference::prepare(stage))?;
    let mut ours = Tally::of(stage.database(), &ROWS);
    let mut theirs = reference.as_ref().map(|reference| Tally::of_reference(reference.database(), &ROWS));
    let mut rate = FIRST;
    let rounds = take_turns(
        stage.options.rounds,
        |_| {
            let wanted = (rate * SPARE * f64::from(stage.options.seconds)) as usize;
            let turn = our_turn(stage, &mut ours, &hall.borrow_mut().prepare(wanted)?)?;
            rate = turn.rate();
            Ok(turn)
        },
        |round| {
            let both = reference.as_ref().zip(theirs.as_mut());
            both.map(|(reference, theirs)| stage.counted(theirs, || reference.turn(stage, round))).transpose()
        },
        |_, rate| {
            let comers = hall.borrow_mut().prepare((rate * f64::from(stage.options.seconds)) as usize)?;
            steady::simple(stage, "check-in", (rate, comers.len()), |n| comers[n].bytes())
        },
    )?;
    compare(&ours, theirs.as_ref(), &rounds)?;
    Ok(stage.cell(Workload::CheckIn, rounds, stage.database().reference()))
}

/// People check in until the time is over, or until everybody is there: then the round is shorter.
fn our_turn(stage: &Stage<'_>, tally: &mut Tally<'_>, comers: &[Comer]) -> Outcome<Turn> {
    stage.requests(tally, comers.len(), |n| comers[n].bytes())
}

/// Somebody who has a seat and stands at the door.
struct Comer {
    path: String,
    token: String,
    body: String,
}

impl Comer {
    fn bytes(&self) -> Vec<u8> {
        let Self { path, token, body } = self;
        Call { method: "POST", path, token, body, ..Call::default() }.bytes()
    }
}

/// The events, and who comes.
struct Hall<'a> {
    stage: &'a Stage<'a>,
    people: People<'a>,
    all: usize,
    turns: u64,
}

impl Hall<'_> {
    /// So many people with seats at new events, in an order by chance.
    fn prepare(&mut self, wanted: usize) -> Outcome<Vec<Comer>> {
        self.turns += 1;
        let address = self.stage.address();
        let body = json!({"login": "ops", "password": PASSWORD}).to_string();
        let call = Call { method: "POST", path: "sessions/staff", body: &body, ..Call::default() };
        let desk = text(&client::all(address, &[call])?[0].json()?["accessToken"])?;
        let events = (0..EVENTS).map(|_| self.publish(&desk)).collect::<Outcome<Vec<_>>>()?;
        let people = self.people.tokens(wanted / EVENTS + 1, self.all)?;
        let pairs: Vec<(&String, &String)> =
            people.iter().flat_map(|token| events.iter().map(move |event| (token, event))).collect();
        let paths: Vec<String> = pairs.iter().map(|(_, event)| format!("events/{event}/sign-up")).collect();
        let calls: Vec<Call<'_>> = pairs
            .iter()
            .zip(&paths)
            .map(|((token, _), path)| Call { method: "PUT", path, token, ..Call::default() })
            .collect();
        patiently(address, calls)?;
        let mut comers = Vec::with_capacity(pairs.len());
        for event in &events {
            // As late as can be: a code is good for half a minute and for the half after it.
            let shown = client::get(address, &format!("staff/events/{event}/door-code"), &desk)?.json()?;
            let (path, body) = (format!("events/{event}/check-in"), json!({"code": shown["in"]}).to_string());
            let of_event = people.iter().map(|token| Comer {
                path: path.clone(),
                token: token.clone(),
                body: body.clone(),
            });
            comers.extend(of_event);
        }
        Chance(self.turns).shuffle(&mut comers);
        comers.truncate(wanted);
        Ok(comers)
    }

    /// An event of the whole district that has begun; its id.
    fn publish(&self, desk: &str) -> Outcome<String> {
        let today = &self.stage.scene.today;
        let (begins, ends) =
            (format!("{today}T00:00:00+08:00"), format!("{}T00:00:00+08:00", next_month(today)?));
        let plan = json!({"unitId": self.stage.scene.root, "kind": "volunteering", "section": "environment", "themes": [],
            "title": "河道清洁日", "text": "自带手套。", "place": "村口石桥", "startsAt": begins, "endsAt": ends, "signUpFrom": begins,
            "signUpUntil": ends, "withdrawUntil": ends, "capacity": 100_000, "offerMinutes": 60, "minimumAge": null, "itemId": null,
            "awardPer": null, "pictureIds": []});
        let (body, key) = (plan.to_string(), uuid::Uuid::now_v7().simple().to_string());
        let address = self.stage.address();
        let draft = Call {
            method: "POST",
            path: "staff/events",
            token: desk,
            key: &key,
            body: &body,
            ..Call::default()
        };
        let id = text(&client::all(address, &[draft])?[0].json()?["id"])?;
        let (path, key) = (format!("staff/events/{id}/publish"), uuid::Uuid::now_v7().simple().to_string());
        let publish =
            Call { method: "POST", path: &path, token: desk, key: &key, body: "{}", ..Call::default() };
        well(&client::all(address, &[publish])?)?;
        Ok(id)
    }
}

/// The first day of the month after a day.
fn next_month(day: &str) -> Outcome<String> {
    let (year, month) = (day.get(..4).unwrap_or_default(), day.get(5..7).unwrap_or_default());
    let (year, month): (u32, u32) = (year.parse()?, month.parse()?);
    Ok(format!("{:04}-{:02}-01", year + month / 12, month % 12 + 1))
}

/// Asks for all of these; what is told to come again later does so. Nothing of it is measured.
fn patiently(address: &str, mut calls: Vec<Call<'_>>) -> Outcome {
    for _ in 0..TRIES {
        let answers = client::all(address, &calls)?;
        let (busy, done): (Vec<_>, Vec<_>) =
            calls.into_iter().zip(answers).partition(|(_, answer)| answer.status == BUSY);
        done.iter().try_for_each(|(_, answer)| answer.json().map(drop))?;
        calls = busy.into_iter().map(|(call, _)| call).collect();
        if calls.is_empty() {
            return Ok(());
        }
    }
    Err(format!("the server is still busy after {TRIES} tries").into())
}

fn well(answers: &[Answer]) -> Outcome {
    answers.iter().try_for_each(|answer| answer.json().map(drop))
}
