//! Households, as staff keep them.

use domain::access::{Permission, StaffActor};
use domain::ids::{HouseholdId, ResidentId, UnitId};
use domain::paging::{Page, Slice};
use domain::ranking::Subject;
use domain::{Code, text};
use foundation::{App, Once, RequestContext, Result};
use serde_json::json;
use store::AnyId;
pub use store::households::Household;

use crate::me::announce;
use crate::people::{Deed, optional, reach, record, roots, smallest, unchanged, wanted};

/// Which households to list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// In the subtree of this unit; everything within reach for none.
    pub unit: Option<UnitId>,
    /// Whose codes start so.
    pub code_prefix: Option<String>,
}

/// The households within reach, in order of their ids.
pub async fn list(
    app: &App,
    who: &StaffActor,
    query: Query,
    page: Page<HouseholdId>,
) -> Result<Slice<Household, HouseholdId>> {
    let who = who.clone();
    let prefix = wanted(query.code_prefix.as_deref())?;
    app.store
        .read(move |conn| {
            let roots = roots(conn, &who, Permission::ReadDesk, query.unit)?;
            let found =
                store::households::of_subtrees(conn, &roots, prefix.as_deref(), page.after, page.limit + 1)?;
            Ok(Slice::cut(found, page.limit, |h| h.id))
        })
        .await
}

/// One household within reach.
pub async fn read(app: &App, who: &StaffActor, id: HouseholdId) -> Result<Household> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let household = store::households::require(conn, id)?;
            reach(conn, &who, Permission::ReadDesk, household.unit)?;
            Ok(household)
        })
        .await
}

/// A household to make.
#[derive(Debug, Clone)]
pub struct NewHousehold {
    /// Its smallest unit.
    pub unit: UnitId,
    /// Its code.
    pub code: String,
    /// Its address.
    pub door: Option<String>,
}

/// Makes a household.
pub async fn create(
    app: &App,
    who: &StaffActor,
    new: NewHousehold,
    ctx: RequestContext,
) -> Result<Once<HouseholdId>> {
    let (who, now, id) = (who.clone(), app.now(), HouseholdId::new());
    let code = text::parse("code", &new.code, text::OUTER_CODE)?;
    let door = optional("door", new.door.as_deref(), text::DOOR)?;
    app.store
        .write(move |conn| {
            reach(conn, &who, Permission::ManagePeople, new.unit)?;
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                smallest(conn, new.unit)?;
                store::households::insert(conn, id, new.unit, &code, door.as_deref(), now)?;
                let deed = Deed {
                    who: Some(&who),
                    action: "households.create",
                    object: id.to_string(),
                    unit: new.unit,
                    detail: json!({}),
                };
                record(conn, deed, &ctx.request_id, now)?;
                Ok(id)
            })
        })
        .await
}

/// What may change of a household.
#[derive(Debug, Clone)]
pub struct HouseholdChange {
    /// The code.
    pub code: String,
    /// The address.
    pub door: Option<String>,
    /// The member who stands for it.
    pub householder: Option<ResidentId>,
    /// Whether it hides, as its members wish.
    pub hidden: bool,
}

/// Changes a household of this version.
pub async fn update(
    app: &App,
    who: &StaffActor,
    id: HouseholdId,
    version: i64,
    change: HouseholdChange,
    ctx: RequestContext,
) -> Result<Household> {
    let (who, now) = (who.clone(), app.now());
    let change = store::households::Change {
        code: text::parse("code", &change.code, text::OUTER_CODE)?,
        householder: change.householder,
        hidden: change.hidden,
        door: optional("door", change.door.as_deref(), text::DOOR)?,
    };
    app.store
        .write(move |conn| {
            let before = store::households::require(conn, id)?;
            reach(conn, &who, Permission::ManagePeople, before.unit)?;
            unchanged(before.version, version)?;
            if let Some(householder) = change.householder {
                let member = store::residents::find(conn, householder)?;
                if member.is_none_or(|member| member.household != Some(id)) {
                    return Err(Code::HouseholdElsewhere.into());
                }
            }
            store::households::update(conn, id, version, &change)?;
            if before.hidden != change.hidden {
                announce(conn, Subject::Household, AnyId::of(id), change.hidden)?;
            }
            let detail =
                json!({"version": version, "householderId": change.householder, "hidden": change.hidden});
            let deed = Deed {
                who: Some(&who),
                action: "households.update",
                object: id.to_string(),
                unit: before.unit,
                detail,
            };
            record(conn, deed, &ctx.request_id, now)?;
            store::households::require(conn, id)
        })
        .await
}
