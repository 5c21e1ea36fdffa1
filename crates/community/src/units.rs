//! Units: reading the tree, and changing it.

use domain::access::{Permission, StaffActor};
use domain::ids::UnitId;
use domain::paging::{Page, Slice};
use domain::{Code, text};
use foundation::{App, Error, Once, RequestContext, Result};
use serde_json::json;
pub use store::units::Unit;

use crate::people::{Deed, reach, reach_object, record};

/// A unit with its path and effective policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitDetail {
    /// The unit.
    pub unit: Unit,
    /// Ids from the root to the unit.
    pub path: Vec<UnitId>,
    /// What holds there.
    pub policy: domain::policy::Policy,
}

/// The children of a unit, or the root for none, in order of their ids.
pub async fn children(app: &App, parent: Option<UnitId>, page: Page<UnitId>) -> Result<Slice<Unit, UnitId>> {
    app.store
        .read(move |conn| {
            let found = store::units::children(conn, parent, page.after, page.limit + 1)?;
            Ok(Slice::cut(found, page.limit, |unit| unit.id))
        })
        .await
}

/// One unit.
pub async fn detail(app: &App, id: UnitId) -> Result<UnitDetail> {
    app.store
        .read(move |conn| {
            let unit = store::units::find(conn, id)?.ok_or(Error::from(Code::UnitNotFound))?;
            Ok(UnitDetail {
                unit,
                path: store::units::path(conn, id)?.0,
                policy: store::units::policy(conn, id)?,
            })
        })
        .await
}

/// A unit to make.
#[derive(Debug, Clone)]
pub struct NewUnit {
    /// Its parent.
    pub parent: UnitId,
    /// Its type.
    pub kind: &'static str,
    /// `urban` or `rural`.
    pub setting: &'static str,
    /// Its name.
    pub name: String,
    /// Its code.
    pub code: String,
}

/// How deep a type stands: district, town, community and village, then what people live in.
pub fn level(kind: &str) -> u8 {
    match kind {
        "district" => 0,
        "town" => 1,
        "community" | "village" => 2,
        _ => 3,
    }
}

/// Whether a unit of this type may stand below one of that type.
pub(crate) fn fits_below(kind: &str, parent: &str) -> Result<(), domain::FieldFault> {
    if level(kind) > level(parent) {
        return Ok(());
    }
    let zh = "下级单位的类型须低于上级单位";
    Err(domain::FieldFault::new("type", "not_deeper", zh, "a type below that of the parent"))
}

/// Makes a unit below another.
pub async fn create(app: &App, who: &StaffActor, new: NewUnit, ctx: RequestContext) -> Result<Once<UnitId>> {
    let (who, now, id) = (who.clone(), app.now(), UnitId::new());
    let name = text::parse("name", &new.name, text::UNIT_NAME)?;
    let code = text::parse("code", &new.code, text::OUTER_CODE)?;
    let unit = Unit {
        id,
        parent: Some(new.parent),
        kind: new.kind.to_owned(),
        setting: new.setting.to_owned(),
        name,
        code,
        version: 1,
        created_at: now.0,
    };
    app.store
        .write(move |conn| {
            reach(conn, &who, Permission::Administer, new.parent)?;
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                fits_below(new.kind, &store::units::require(conn, new.parent)?.kind)?;
                store::units::insert(conn, &unit, now)?;
                let detail = json!({"parentId": new.parent, "type": new.kind});
                let deed = Deed {
                    who: Some(&who),
                    action: "units.create",
                    object: id.to_string(),
                    unit: id,
                    detail,
                };
                record(conn, deed, &ctx.request_id, now)?;
                Ok(id)
            })
        })
        .await
}

/// One unit as the desk reads it: what is out of reach is not there.
pub async fn read(app: &App, who: &StaffActor, id: UnitId) -> Result<Unit> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            reach_object(conn, &who, Permission::ReadDesk, id, Code::UnitNotFound)?;
            store::units::require(conn, id)
        })
        .await
}

/// What may change of a unit. Its place in the tree changes with a new year only.
#[derive(Debug, Clone)]
pub struct UnitChange {
    /// The name.
    pub name: String,
    /// The code.
    pub code: String,
    /// `urban` or `rural`.
    pub setting: &'static str,
}

/// Changes a unit of this version.
pub async fn update(
    app: &App,
    who: &StaffActor,
    id: UnitId,
    version: i64,
    change: UnitChange,
    ctx: RequestContext,
) -> Result<Unit> {
    let (who, now) = (who.clone(), app.now());
    let name = text::parse("name", &change.name, text::UNIT_NAME)?;
    let code = text::parse("code", &change.code, text::OUTER_CODE)?;
    app.store
        .write(move |conn| {
            reach(conn, &who, Permission::Administer, id)?;
            store::units::update(conn, id, version, &name, &code, change.setting)?;
            let detail = json!({"version": version});
            let deed =
                Deed { who: Some(&who), action: "units.update", object: id.to_string(), unit: id, detail };
            record(conn, deed, &ctx.request_id, now)?;
            store::units::require(conn, id)
        })
        .await
}
