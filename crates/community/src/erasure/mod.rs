//! Deleting an account. A person asks for it and may think it over for some days; what WeChat asks for begins at once. It begins with the
//! door being shut, in one transaction: nobody is signed in any more, and whoever signs in as this person is somebody new. Then table after
//! table is gone through ([`STEPS`]), a little at a time, by a task of the outbox that goes on where it was interrupted. All of it is gone
//! through once more a minute later, because somebody who was in the middle of a request when the door was shut may have written after.
//!
//! The books stay right: what could still be spent goes to the expiry account by a transfer of its own reason, seats go to who waits,
//! likes are counted without the person's, boards hear of it by the log. What stays are ids that lead to nobody.

mod clerks;
mod posts;
mod steps;

use domain::access::Person;
use domain::erasure::{Posts, Why};
use domain::ids::{DeletionId, IdentityId, ResidentId};
use domain::period::{Period, Span};
use domain::ranking::Subject;
use domain::time::{DAY, HOUR};
use domain::{Code, Day, FieldFault, Ts};
use foundation::inbox::{self, Kind, Note, Owner};
use foundation::{AnyId, App, Error, Result};
use serde_json::{Value, json};
use store::Db;
pub use store::deletions::Deletion;
use store::deletions::{self, NewDeletion};
use store::erasure::Whom;
use store::ledger::counters::{self, Take};

pub use clerks::{ClerkErased, OWNER_LEAVES, erase_clerk, owner_leaves};
use steps::{Asked, Turn};
pub use steps::{STEPS, Step};

/// The outbox's word for beginning what was asked for, when its time has come.
pub const BEGIN: &str = "erasure.begin";
/// The outbox's word for going on with what has begun.
pub const GO_ON: &str = "erasure.go_on";
/// What a person has to write, so that nobody deletes an account by a slip: in either language.
pub const CONFIRM: [&str; 2] = ["注销账号", "delete my account"];
/// How often a person may ask in a day: each wish is kept.
const A_DAY: i64 = 3;
/// The counter's scope.
const SCOPE: &str = "deletions";
/// How long after the door was shut nobody can be in the middle of a request any more: requests end within seconds.
const STRAGGLERS_S: i64 = 60;

/// The deletion that a person asked for and can still take back, or that runs.
pub async fn read(app: &App, who: Person) -> Result<Deletion> {
    app.store.read(move |conn| waiting(conn, who.identity)).await
}

fn waiting(conn: &mut Db, who: IdentityId) -> Result<Deletion> {
    deletions::open(conn, who)?.ok_or_else(|| Code::DeletionNotFound.into())
}

/// Asks for the deletion of the own account; it begins after as many days as the tenant says.
pub async fn ask(app: &App, who: Person, posts: Posts, confirm: &str) -> Result<Deletion> {
    if !CONFIRM.contains(&confirm.trim()) {
        let (zh, en) = ("请填写“注销账号”以确认", "write \"delete my account\" to confirm");
        return Err(FieldFault::new("confirm", "not_confirmed", zh, en).into());
    }
    let (now, today) = (app.now(), app.store.today());
    let due_at = Ts(now.0 + i64::from(app.deletion_wait_days) * DAY);
    let id = DeletionId::new();
    app.store
        .write_quietly(move |conn| {
            let (identity, resident) = (who.identity, who.resident);
            let new = NewDeletion { id, identity, resident, posts, why: Why::Wish, due_at };
            if !deletions::insert(conn, &new, now)? {
                return Err(Code::DeletionAsked.into());
            }
            let take = Take {
                scope: SCOPE.to_owned(),
                subject: AnyId::of(identity),
                period: Period::of(Span::Day, today),
                amount: 1,
                max: A_DAY,
            };
            counters::take(conn, &take, Code::TooManyRequests)?;
            store::outbox::add(conn, BEGIN, &payload(id), due_at, now)?;
            let note = Note::new(Owner::person(resident, identity), Kind::DeletionWaits, id).until(due_at);
            inbox::tell(conn, &[note], now)?;
            waiting(conn, identity)
        })
        .await
}

/// Takes the wish back.
pub async fn cancel(app: &App, who: Person) -> Result<()> {
    app.store
        .write_quietly(move |conn| {
            if deletions::cancel(conn, who.identity)? { Ok(()) } else { Err(Code::DeletionNotFound.into()) }
        })
        .await
}

/// Deletes an account at once: what WeChat's word that a user is gone leads to. To say it again changes nothing; what the person chose for
/// the own posts before stands. None if there is no such account.
pub async fn erase(app: &App, who: IdentityId, posts: Posts, why: Why) -> Result<Option<DeletionId>> {
    let now = app.now();
    if why == Why::Wechat {
        // The user who is gone is gone at the shop, too: first, because the openid leads there, and is known only until the door is shut.
        let found = app.store.read(move |conn| store::identities::find(conn, who)).await?;
        if let Some(identity) = found {
            erase_clerk(app, identity.provider, identity.subject).await?;
        }
    }
    let begun = app
        .store
        .write(move |conn| {
            let Some(identity) = store::identities::find(conn, who)? else { return Ok(None) };
            let new = NewDeletion {
                id: DeletionId::new(),
                identity: who,
                resident: identity.resident,
                posts,
                why,
                due_at: now,
            };
            deletions::insert(conn, &new, now)?;
            let deletion = waiting(conn, who)?;
            let residents = begin_now(conn, &deletion, why, now)?;
            Ok(Some((deletion.id, residents)))
        })
        .await?;
    let Some((id, residents)) = begun else { return Ok(None) };
    shut(app, who, residents).await;
    Ok(Some(id))
}

/// Begins a deletion that was asked for, unless it was taken back. Safe to repeat.
pub async fn begin(app: &App, payload: &Value) -> Result<()> {
    let id = of_payload(payload)?;
    let now = app.now();
    let begun = app
        .store
        .write(move |conn| {
            let Some(deletion) = deletions::find(conn, id)? else { return Ok(None) };
            Ok(Some((deletion.identity, begin_now(conn, &deletion, Why::Wish, now)?)))
        })
        .await?;
    if let Some((who, residents)) = begun {
        shut(app, who, residents).await;
    }
    Ok(())
}

/// Shuts the door, if the deletion waits; returns the residents who are none any more.
fn begin_now(conn: &mut Db, deletion: &Deletion, why: Why, now: Ts) -> Result<Vec<ResidentId>> {
    if !deletions::begin(conn, deletion.id, why)? {
        return Ok(Vec::new());
    }
    let residents = store::erasure::close(conn, deletion.identity)?;
    for &resident in &residents {
        store::ledger::scores::enqueue_visibility(conn, "erase", Subject::Resident, AnyId::of(resident))?;
    }
    store::outbox::add(conn, GO_ON, &payload(deletion.id), now, now)?;
    Ok(residents)
}

/// What processes keep of a person's own is not theirs any more.
async fn shut(app: &App, who: IdentityId, residents: Vec<ResidentId>) {
    app.own.wrote(who).await;
    for resident in residents {
        app.own.moved(resident, None).await;
    }
}

/// Goes on with a deletion until there is nothing left to do, or something has to be waited for. Safe to repeat.
pub async fn go_on(app: &App, task: AnyId, payload: &Value) -> Result<()> {
    let id = of_payload(payload)?;
    loop {
        let now = app.now();
        match app.store.write(move |conn| turn(conn, id, now)).await? {
            Turn::More => {}
            Turn::Done => return Ok(()),
            Turn::Later(at) => {
                let again = move |conn: &mut Db| {
                    if store::outbox::take(conn, task)? {
                        store::outbox::add(conn, GO_ON, &self::payload(id), at, now)?;
                    }
                    Ok(())
                };
                return app.store.write_quietly(again).await;
            }
        }
    }
}

/// One transaction of a deletion: a step, or a part of one.
fn turn(conn: &mut Db, id: DeletionId, now: Ts) -> Result<Turn> {
    let Some(deletion) = deletions::find(conn, id)?.filter(|d| d.state == "running") else {
        return Ok(Turn::Done);
    };
    let many = i32::try_from(STEPS.len()).unwrap_or(i32::MAX);
    let again = deletion.step >= many;
    let place = usize::try_from(deletion.step % many).unwrap_or_default();
    let asked = Asked {
        whom: Whom {
            identity: deletion.identity,
            residents: store::erasure::former(conn, deletion.identity)?,
        },
        posts: deletion.posts()?,
        again,
        now,
    };
    match (STEPS[place].run)(conn, &asked)? {
        Turn::Done => {}
        other => return Ok(other),
    }
    let next = deletion.step + 1;
    deletions::advance(conn, id, deletion.step, next)?;
    if next == many {
        return Ok(Turn::Later(now.plus_seconds(STRAGGLERS_S)));
    }
    if next < 2 * many {
        return Ok(Turn::More);
    }
    deletions::finish(conn, id, now)?;
    Ok(Turn::Done)
}

/// At which hour of the day what was deleted is overwritten: when nearly everybody sleeps.
const CLEANSE_AT_H: i64 = 3;

/// Overwrites the places in which the rows of the forgotten had lain, once a night after somebody was. Where this process may not, the owner
/// of the tables has to (`jishan admin cleanse`).
pub async fn cleanse(app: &App) -> Result<()> {
    let (now, zone) = (app.now(), app.store.zone());
    let hours = CLEANSE_AT_H * HOUR;
    let night = Ts(Day::of(Ts(now.0 - hours), zone).starts_at(zone).0 + hours);
    if !app.store.read(move |conn| deletions::has_uncleansed(conn, night)).await? {
        return Ok(());
    }
    if app.store.cleanse().await? {
        app.store.write_quietly(move |conn| deletions::cleansed(conn, night, now)).await?;
    }
    Ok(())
}

fn payload(id: DeletionId) -> Value {
    json!({ "deletion": id })
}

fn of_payload(payload: &Value) -> Result<DeletionId> {
    let id = payload["deletion"].as_str().and_then(|text| text.parse().ok());
    id.ok_or_else(|| Error::corrupt("a task of no deletion"))
}
