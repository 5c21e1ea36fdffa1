//! Imports of units, households and residents from CSV.
//!
//! A file is read and every row judged (the preview); the rows are kept with what each would do. Applying judges them again and does all
//! of it, or nothing when anything would come out differently. Outer codes are the keys, so a repeated import changes nothing.

mod apply;
mod csv_file;
mod judge;
mod known;
mod rows;

use domain::access::{Permission, StaffActor};
use domain::ids::{ImportId, UnitId};
use domain::paging::{Page, Slice};
use domain::{Code, Ts};
use foundation::{App, Error, Once, RequestContext, Result};
use serde_json::json;
use store::Db;
use store::imports::{Import, Row};

pub use csv_file::{BYTES_MAX, ROWS_MAX};
pub use rows::{Effect, Entity, Fault};

use crate::people::{Deed, reach, record};
use rows::Line;

/// Rows written in one transaction of the preview, so that nobody waits for long.
const CHUNK: usize = 500;

/// The unit of a code: for the command line.
pub async fn unit_of_code(app: &App, code: &str) -> Result<UnitId> {
    let code = code.to_owned();
    let find = move |conn: &mut Db| {
        Ok(store::units::by_code(conn, &code)?.ok_or(Error::from(Code::UnitNotFound))?.id)
    };
    app.store.read(find).await
}

/// Reads a file, judges every row and keeps the result. `who` is none for the operator at the machine.
pub async fn preview(
    app: &App,
    who: Option<&StaffActor>,
    unit: UnitId,
    entity: Entity,
    file: impl AsRef<[u8]> + Send + 'static,
    ctx: RequestContext,
) -> Result<ImportId> {
    let (who, now, id) = (who.cloned(), app.now(), ImportId::new());
    let (actor, words) = (who.clone(), app.checks.words());
    let rows = app
        .store
        .read(move |conn| {
            check(conn, actor.as_ref(), unit)?;
            let lines = csv_file::read(file.as_ref(), entity, &words)?;
            let effects = judge::judge(&mut known::load(conn, unit, &lines)?, &lines);
            lines
                .iter()
                .zip(&effects)
                .map(|(line, effect)| staged(line, effect, entity))
                .collect::<Result<Vec<Row>>>()
        })
        .await?;
    let counts = counts(&rows);
    let by = who.as_ref().map(|who| who.id);
    app.store.write(move |conn| store::imports::open(conn, id, unit, by, now)).await?;
    for chunk in rows.chunks(CHUNK) {
        let chunk = chunk.to_vec();
        app.store.write(move |conn| store::imports::add_rows(conn, id, &chunk)).await?;
    }
    // Only now it can be applied: a preview that was cut short never can.
    app.store
        .write(move |conn| {
            store::imports::finish(conn, id, counts)?;
            let [total, faulty, created, updated] = counts;
            let detail = json!({"entity": entity.word(), "rows": total, "faulty": faulty, "created": created, "updated": updated});
            let deed = Deed { who: who.as_ref(), action: "imports.preview", object: id.to_string(), unit, detail };
            record(conn, deed, &ctx.request_id, now)
        })
        .await?;
    Ok(id)
}

fn check(conn: &mut Db, who: Option<&StaffActor>, unit: UnitId) -> Result<()> {
    match who {
        Some(who) => reach(conn, who, Permission::Import, unit),
        None => store::units::require(conn, unit).map(|_| ()),
    }
}

fn staged(line: &Line, effect: &Result<Effect, Fault>, entity: Entity) -> Result<Row> {
    let unreadable = |e: serde_json::Error| Error::corrupt(format!("a row: {e}"));
    let data = match &line.data {
        Ok(data) => serde_json::to_string(data).map_err(unreadable)?,
        Err(_) => json!({"code": line.code}).to_string(),
    };
    let word = match entity {
        Entity::Units => "unit",
        Entity::Households => "household",
        Entity::Residents => "resident",
    };
    let fault = effect.as_ref().err();
    Ok(Row {
        line: line.line,
        entity: word.to_owned(),
        data,
        effect: effect.as_ref().map_or("fault", |e| e.word()).to_owned(),
        fault_code: fault.map(|f| f.code.clone()),
        fault_zh: fault.map(|f| f.zh.clone()),
        fault_en: fault.map(|f| f.en.clone()),
    })
}

/// Rows in all, faulty, that make, that change.
fn counts(rows: &[Row]) -> [i32; 4] {
    let of = |word: &str| i32::try_from(rows.iter().filter(|r| r.effect == word).count()).unwrap_or(i32::MAX);
    [i32::try_from(rows.len()).unwrap_or(i32::MAX), of("fault"), of("create"), of("update")]
}

/// What a row would do, for a person to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowReport {
    /// The line of the file, the header being the first.
    pub line: i32,
    /// The outer code.
    pub code: String,
    /// `create`, `update`, `same` or `fault`.
    pub effect: String,
    /// What is wrong.
    pub fault: Option<Fault>,
}

impl RowReport {
    fn of(row: Row) -> Self {
        let data: serde_json::Value = serde_json::from_str(&row.data).unwrap_or_default();
        let fault = row.fault_code.map(|code| Fault {
            code,
            zh: row.fault_zh.unwrap_or_default(),
            en: row.fault_en.unwrap_or_default(),
        });
        let code = data["code"].as_str().unwrap_or_default().to_owned();
        Self { line: row.line, code, effect: row.effect, fault }
    }
}

/// An import with a page of its rows.
#[derive(Debug, Clone)]
pub struct Report {
    /// The import.
    pub import: Import,
    /// A page of its rows.
    pub rows: Slice<RowReport, i32>,
}

/// One import within reach, with a page of its rows.
pub async fn read(app: &App, who: Option<&StaffActor>, id: ImportId, page: Page<i32>) -> Result<Report> {
    let who = who.cloned();
    app.store
        .read(move |conn| {
            let import = find(conn, who.as_ref(), id)?;
            let rows = store::imports::rows(conn, id, page.after.unwrap_or(0), i64::from(page.limit) + 1)?;
            let rows = rows.into_iter().map(RowReport::of).collect();
            Ok(Report { import, rows: Slice::cut(rows, page.limit, |row: &RowReport| row.line) })
        })
        .await
}

fn find(conn: &mut Db, who: Option<&StaffActor>, id: ImportId) -> Result<Import> {
    let import = store::imports::find(conn, id)?.ok_or(Error::from(Code::NotFound))?;
    check(conn, who, import.unit)?;
    Ok(import)
}

/// Applies an import: all of it, once, or nothing.
pub async fn apply(
    app: &App,
    who: Option<&StaffActor>,
    id: ImportId,
    ctx: RequestContext,
) -> Result<Once<ImportId>> {
    let (who, now) = (who.cloned(), app.now());
    app.store
        .write_at_length(move |conn| {
            let import = find(conn, who.as_ref(), id)?;
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                if !store::imports::mark_applied(conn, id, now)? {
                    let state = store::imports::find(conn, id)?.map(|i| i.state);
                    let applied = state.as_deref() == Some("applied");
                    return Err(if applied { Code::ImportApplied } else { Code::ImportHasFaults }.into());
                }
                carry_out(conn, who.as_ref(), &import, now)?;
                let detail =
                    json!({"rows": import.total, "created": import.created, "updated": import.updated});
                let deed = Deed {
                    who: who.as_ref(),
                    action: "imports.apply",
                    object: id.to_string(),
                    unit: import.unit,
                    detail,
                };
                record(conn, deed, &ctx.request_id, now)?;
                Ok(id)
            })
        })
        .await
}

/// Judges the kept rows again, and does what they say if nothing comes out differently.
fn carry_out(conn: &mut Db, who: Option<&StaffActor>, import: &Import, now: Ts) -> Result<()> {
    let kept = store::imports::rows(conn, import.id, 0, i64::try_from(ROWS_MAX).unwrap_or(i64::MAX))?;
    if kept.len() != usize::try_from(import.total).unwrap_or(0) {
        return Err(Code::ImportStale.into());
    }
    let unreadable = |e: serde_json::Error| Error::corrupt(format!("a kept row: {e}"));
    let lines = kept
        .iter()
        .map(|row| {
            let data = serde_json::from_str(&row.data).map_err(unreadable)?;
            Ok(Line { line: row.line, code: String::new(), data: Ok(data) })
        })
        .collect::<Result<Vec<Line>>>()?;
    let mut known = known::load(conn, import.unit, &lines)?;
    let effects = judge::judge(&mut known, &lines);
    let as_previewed =
        |(row, effect): (&Row, &Result<Effect, Fault>)| effect.as_ref().is_ok_and(|e| e.word() == row.effect);
    if !kept.iter().zip(&effects).all(as_previewed) {
        return Err(Code::ImportStale.into());
    }
    apply::write(conn, who, &mut known, &lines, &effects, now)
}
