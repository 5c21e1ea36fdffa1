//! Telling those who signed up: a reminder, a change, a cancellation, the end. However many they are, a pass tells a few hundred, and each
//! of them once: the task of a pass is done with the notes that it writes and with the task of the next.

use domain::Ts;
use domain::events::REMIND_BEFORE;
use domain::ids::{EventId, SignUpId};
use foundation::inbox::{self, Kind, Note, Owner};
use foundation::{AnyId, App, Error, Result};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::Db;

/// The outbox's word for telling those who signed up.
pub const TELL: &str = "event.tell";
/// How many are told in one transaction.
const PASS: i64 = 200;

/// Queues that everybody who signed up is told.
pub(super) fn all(conn: &mut Db, event: EventId, kind: Kind, now: Ts) -> Result<()> {
    queue(conn, event, kind, None, now)
}

fn queue(conn: &mut Db, event: EventId, kind: Kind, after: Option<SignUpId>, now: Ts) -> Result<()> {
    let payload = json!({"event": event, "kind": kind.word(), "after": after});
    store::outbox::add(conn, TELL, &payload, now, now)
}

fn read<T: DeserializeOwned>(payload: &Value, field: &str) -> Result<T> {
    serde_json::from_value(payload[field].clone())
        .map_err(|e| Error::corrupt(format!("the {field} of whom to tell: {e}")))
}

/// Tells the next of those who signed up. Safe to repeat: a task that is done tells nobody again.
pub async fn tell_some(app: &App, task: AnyId, payload: &Value) -> Result<()> {
    let (event, after): (EventId, Option<SignUpId>) = (read(payload, "event")?, read(payload, "after")?);
    let kind = Kind::from_word(&read::<String>(payload, "kind")?);
    let kind = kind.ok_or_else(|| Error::corrupt("a note of no kind"))?;
    let now = app.now();
    app.store
        .write(move |conn| {
            if !store::outbox::take(conn, task)? {
                return Ok(());
            }
            let found = store::events::require(conn, event)?;
            let states: &[&'static str] = match kind {
                Kind::EventReminder | Kind::EventCompleted => &["confirmed"],
                _ => &["confirmed", "offered", "waiting"],
            };
            let rows = store::events::sign_ups::roster(conn, event, states, after, PASS)?;
            let told = rows.iter().filter(|row| kind != Kind::EventCompleted || row.checked_in_at.is_some());
            let notes: Vec<Note> = told
                .map(|row| {
                    let note = Note::new(Owner::Resident(row.resident), kind, event).event(event);
                    if kind == Kind::EventReminder { note.until(Ts(found.starts_at)) } else { note }
                })
                .collect();
            inbox::tell(conn, &notes, now)?;
            match rows.last() {
                Some(last) if rows.len() as i64 == PASS => queue(conn, event, kind, Some(last.id), now),
                _ => Ok(()),
            }
        })
        .await
}

/// Reminds of events that start within a day, each once, at most so many; returns how many. One that is over is only marked.
pub async fn remind(app: &App, limit: i64) -> Result<usize> {
    let now = app.now();
    app.store
        .write_quietly(move |conn| {
            let due = store::events::remind(conn, Ts(now.0 + REMIND_BEFORE), limit)?;
            for event in store::events::by_ids(conn, &due)? {
                if event.starts_at > now.0 {
                    all(conn, event.id, Kind::EventReminder, now)?;
                }
            }
            Ok(due.len())
        })
        .await
}
