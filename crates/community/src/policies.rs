//! The policies of a unit: what it states itself, and what holds there.

use domain::access::{Permission, StaffActor};
use domain::ids::UnitId;
use domain::policy::{Policy, PolicyPart};
use foundation::{App, RequestContext, Result};
use serde_json::json;
use store::Db;

use crate::people::{Deed, reach, record};

/// The policies of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    /// The unit.
    pub unit: UnitId,
    /// What it states of its own.
    pub part: PolicyPart,
    /// What holds there.
    pub effective: Policy,
    /// Counts changes of the part; 0 while nothing is stated.
    pub version: i64,
}

fn load(conn: &mut Db, unit: UnitId) -> Result<Policies> {
    let (part, version) = store::policies::part(conn, unit)?;
    Ok(Policies { unit, part, effective: store::units::policy(conn, unit)?, version })
}

/// The policies of a unit within reach.
pub async fn read(app: &App, who: &StaffActor, unit: UnitId) -> Result<Policies> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            reach(conn, &who, Permission::ReadDesk, unit)?;
            load(conn, unit)
        })
        .await
}

/// Replaces what a unit states.
pub async fn update(
    app: &App,
    who: &StaffActor,
    unit: UnitId,
    version: i64,
    part: PolicyPart,
    ctx: RequestContext,
) -> Result<Policies> {
    let (who, now) = (who.clone(), app.now());
    app.store
        .write(move |conn| {
            reach(conn, &who, Permission::Administer, unit)?;
            store::policies::put(conn, unit, version, &part)?;
            let detail = json!({"version": version, "part": part});
            let deed =
                Deed { who: Some(&who), action: "policies.update", object: unit.to_string(), unit, detail };
            record(conn, deed, &ctx.request_id, now)?;
            load(conn, unit)
        })
        .await
}
