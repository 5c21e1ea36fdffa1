//! Copies of the own data: asked for by the person, made by the worker, fetched for some days by nobody else. One is made at a time, and
//! three a day; a file is written while it is read from the database, page by page, so that a long history takes no memory.

mod archive;
mod sheet;

use std::sync::Arc;

use domain::access::Person;
use domain::ids::ExportId;
use domain::paging::{Page, Slice};
use domain::period::{Period, Span};
use domain::time::DAY;
use domain::{Code, Refusal, Ts};
use foundation::inbox::{self, Kind, Note, Owner};
use foundation::pictures::PictureStoreError;
use foundation::pictures::files::File;
use foundation::{AnyId, App, Error, Result};
use serde_json::{Value, json};
use store::Db;
use store::erasure::Whom;
use store::exports as rows;
pub use store::exports::Export;
use store::ledger::counters::{self, Take};

/// The outbox's word for making a copy.
pub const MAKE: &str = "export.make";
/// The outbox's word for taking a file away.
pub const DELETE: &str = "export.delete";
/// For how many days a copy can be fetched.
pub const KEPT_DAYS: i64 = 7;
/// For how many days it is known that a copy was asked for.
pub const KNOWN_DAYS: i64 = 90;
/// How many copies a person may ask for in a day.
pub const A_DAY: i64 = 3;
/// The counter's scope.
pub const SCOPE: &str = "exports";
/// How often the making of a copy is tried before the person is told that it failed.
const ATTEMPTS: i32 = 5;

fn not_kept(error: PictureStoreError) -> Error {
    tracing::error!(error = &error as &dyn std::error::Error, "export.store_failed");
    Refusal::from(Code::Unavailable).retry_after(5).into()
}

/// Asks for a copy.
pub async fn ask(app: &App, who: Person) -> Result<Export> {
    let (now, today, id) = (app.now(), app.store.today(), ExportId::new());
    let tomorrow = today.plus(1).starts_at(app.store.zone()).unix_seconds() - now.unix_seconds();
    app.store
        .write_quietly(move |conn| {
            if !rows::insert(conn, id, who.identity, now)? {
                return Err(Code::ExportRunning.into());
            }
            let take = Take {
                scope: SCOPE.to_owned(),
                subject: AnyId::of(who.identity),
                period: Period::of(Span::Day, today),
                amount: 1,
                max: A_DAY,
            };
            counters::take(conn, &take, Code::ExportsUsedUp)
                .map_err(|e| e.told_when(Code::ExportsUsedUp, tomorrow))?;
            store::outbox::add(conn, MAKE, &json!({ "export": id }), now, now)?;
            own(conn, who, id)
        })
        .await
}

fn own(conn: &mut Db, who: Person, id: ExportId) -> Result<Export> {
    let found = rows::find(conn, id)?.filter(|export| export.identity == who.identity);
    found.ok_or_else(|| Code::ExportNotFound.into())
}

/// The caller's copies, newest first.
pub async fn mine(app: &App, who: Person, page: Page<ExportId>) -> Result<Slice<Export, ExportId>> {
    app.store
        .read(move |conn| {
            let found = rows::of_identity(conn, who.identity, page.after, page.limit + 1)?;
            Ok(Slice::cut(found, page.limit, |export| export.id))
        })
        .await
}

/// The file of one of the caller's copies.
pub async fn file(app: &App, who: Person, id: ExportId) -> Result<File> {
    let now = app.now();
    let export = app.store.read(move |conn| own(conn, who, id)).await?;
    match export.state.as_str() {
        "ready" if export.expires_at.is_some_and(|at| at > now.0) => {}
        "asked" => return Err(Code::ExportNotReady.into()),
        _ => return Err(Code::ExportNotFound.into()),
    }
    app.pictures.get_file(id).await.map_err(not_kept)?.ok_or_else(|| Code::ExportNotFound.into())
}

/// Makes a copy: the worker's part. Safe to repeat: the file is written anew.
pub async fn make(app: &Arc<App>, attempts: i32, payload: &Value) -> Result<()> {
    let id = of_payload(payload)?;
    let found = app.store.read(move |conn| subject(conn, id)).await?;
    let Some((whom, to)) = found else { return Ok(()) };
    let now = app.now();
    let made = archive::write(app, id, whom, now).await.map_err(not_kept)?;
    let Some(bytes) = made else {
        if attempts >= ATTEMPTS {
            return app.store.write_quietly(move |conn| rows::fail(conn, id)).await;
        }
        return Err(Error::corrupt("a copy of somebody's data could not be made"));
    };
    let until = Ts(now.0 + KEPT_DAYS * DAY);
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    let kept = app
        .store
        .write_quietly(move |conn| {
            let kept = rows::ready(conn, id, bytes, until, now)?;
            if kept {
                inbox::tell(conn, &[Note::new(to, Kind::ExportReady, id).until(until)], now)?;
            }
            // Another process may have made it meanwhile, of the same data: whichever file was written last is whole.
            Ok(kept || rows::find(conn, id)?.is_some_and(|export| export.state == "ready"))
        })
        .await?;
    // Its person was forgotten meanwhile.
    if kept { Ok(()) } else { app.pictures.delete_file(id).await.map_err(not_kept) }
}

/// Whose data a copy is of, if it still waits to be made, and who is told.
fn subject(conn: &mut Db, id: ExportId) -> Result<Option<(Whom, Owner)>> {
    let Some(export) = rows::find(conn, id)?.filter(|export| export.state == "asked") else {
        return Ok(None);
    };
    let Some(identity) = store::identities::find(conn, export.identity)? else { return Ok(None) };
    let mut residents = store::erasure::former(conn, identity.id)?;
    residents.extend(identity.resident);
    residents.sort_unstable();
    residents.dedup();
    let to = Owner::person(identity.resident, identity.id);
    Ok(Some((Whom { identity: identity.id, residents }, to)))
}

/// Takes the file of a copy away. Safe to repeat.
pub async fn delete(app: &App, payload: &Value) -> Result<()> {
    app.pictures.delete_file(of_payload(payload)?).await.map_err(not_kept)
}

/// Ends copies whose time is over, at most `limit`; returns how many rows it touched.
pub async fn retain(app: &App, limit: i64) -> Result<usize> {
    let now = app.now();
    let (known, counted) = (Ts(now.0 - KNOWN_DAYS * DAY), app.store.today().plus(-2));
    app.store
        .write_quietly(move |conn| {
            let gone = rows::expire(conn, now, limit)?;
            for id in &gone {
                store::outbox::add(conn, DELETE, &json!({ "export": id }), now, now)?;
            }
            Ok(gone.len() + rows::purge(conn, known, limit)? + counters::purge(conn, SCOPE, counted, limit)?)
        })
        .await
}

fn of_payload(payload: &Value) -> Result<ExportId> {
    let id = payload["export"].as_str().and_then(|text| text.parse().ok());
    id.ok_or_else(|| Error::corrupt("a task of no copy"))
}
