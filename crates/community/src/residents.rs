//! Residents, as staff keep them.

use domain::access::{Permission, StaffActor};
use domain::events::is_birthday;
use domain::ids::{HouseholdId, ResidentId, UnitId};
use domain::paging::{Page, Slice};
use domain::ranking::Subject;
use domain::{Code, Day, FieldFault, text};
use foundation::{App, Once, RequestContext, Result, content};
use serde_json::json;
use store::residents::Filter;
pub use store::residents::Resident;
use store::{AnyId, Db};

use crate::me::announce;
use crate::people::{Deed, optional, reach, record, roots, smallest, unchanged, wanted};
use crate::phones;

/// Which residents to list.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// In the subtree of this unit; everything within reach for none.
    pub unit: Option<UnitId>,
    /// Of this household.
    pub household: Option<HouseholdId>,
    /// Of exactly this code.
    pub code: Option<String>,
    /// In this state.
    pub state: Option<&'static str>,
}

/// The residents within reach, in order of their ids.
pub async fn list(
    app: &App,
    who: &StaffActor,
    query: Query,
    page: Page<ResidentId>,
) -> Result<Slice<Resident, ResidentId>> {
    let who = who.clone();
    let code = wanted(query.code.as_deref())?;
    app.store
        .read(move |conn| {
            let roots = roots(conn, &who, Permission::ReadDesk, query.unit)?;
            let filter = Filter { roots, household: query.household, code, state: query.state };
            let found = store::residents::list(conn, &filter, page.after, page.limit + 1)?;
            Ok(Slice::cut(found, page.limit, |r| r.id))
        })
        .await
}

/// One resident within reach.
pub async fn read(app: &App, who: &StaffActor, id: ResidentId) -> Result<Resident> {
    let who = who.clone();
    app.store
        .read(move |conn| {
            let resident = store::residents::require(conn, id)?;
            reach(conn, &who, Permission::ReadDesk, resident.unit)?;
            Ok(resident)
        })
        .await
}

/// A resident as who manages people sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The resident.
    pub resident: Resident,
    /// The telephone number by which the person signs in, masked; none for staff who only read.
    pub phone: Option<String>,
}

/// One resident within reach, with the telephone number for who may manage people there.
pub async fn see(app: &App, who: &StaffActor, id: ResidentId) -> Result<Seen> {
    let (who, keys) = (who.clone(), app.data_keys.clone());
    app.store
        .read(move |conn| {
            let resident = store::residents::require(conn, id)?;
            let path = store::units::path(conn, resident.unit)?;
            who.require(Permission::ReadDesk, &path)?;
            let phone = match who.may(Permission::ManagePeople, &path) {
                true => phones::masked_of_resident(conn, keys.as_ref(), id)?,
                false => None,
            };
            Ok(Seen { resident, phone })
        })
        .await
}

/// A resident to make.
#[derive(Clone)]
pub struct NewResident {
    /// The smallest unit.
    pub unit: UnitId,
    /// The household.
    pub household: Option<HouseholdId>,
    /// The code.
    pub code: Option<String>,
    /// The real name.
    pub name: String,
    /// The nickname.
    pub nickname: Option<String>,
    /// The day of birth, where the desk knows it.
    pub born: Option<Day>,
}

impl std::fmt::Debug for NewResident {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewResident").field("unit", &self.unit).finish_non_exhaustive()
    }
}

/// Reads the texts of a new resident.
pub(crate) fn parsed(app: &App, new: &NewResident) -> Result<store::residents::NewResident> {
    Ok(store::residents::NewResident {
        id: ResidentId::new(),
        unit: new.unit,
        household: new.household,
        code: optional("code", new.code.as_deref(), text::OUTER_CODE)?,
        name: text::parse("name", &new.name, text::PERSON_NAME)?,
        nickname: nickname(app, new.nickname.as_deref())?,
        born: new.born,
    })
}

/// A nickname that the desk enters: everybody will see it.
fn nickname(app: &App, raw: Option<&str>) -> Result<Option<String>> {
    let nickname = optional("nickname", raw, text::NICKNAME)?;
    content::admit_entered(&app.checks.words(), "nickname", nickname.as_deref())?;
    Ok(nickname)
}

/// A day on which somebody can have been born.
fn check_born(app: &App, born: Option<Day>) -> Result<()> {
    if born.is_none_or(|born| is_birthday(born, app.store.today())) {
        return Ok(());
    }
    let (zh, en) = ("应在 1900 年之后，且不晚于今天", "from 1900 to today");
    Err(FieldFault::new("born", "out_of_range", zh, en).into())
}

/// Refuses unless people live in the unit, and the household is one of it.
pub(crate) fn check_place(conn: &mut Db, unit: UnitId, household: Option<HouseholdId>) -> Result<()> {
    smallest(conn, unit)?;
    let Some(household) = household else { return Ok(()) };
    let found = store::households::find(conn, household)?;
    if found.is_none_or(|h| h.unit != unit) { Err(Code::HouseholdElsewhere.into()) } else { Ok(()) }
}

/// Makes a resident.
pub async fn create(
    app: &App,
    who: &StaffActor,
    new: NewResident,
    ctx: RequestContext,
) -> Result<Once<ResidentId>> {
    let (who, now) = (who.clone(), app.now());
    check_born(app, new.born)?;
    let new = parsed(app, &new)?;
    app.store
        .write(move |conn| {
            reach(conn, &who, Permission::ManagePeople, new.unit)?;
            store::idempotency::once(conn, ctx.key.as_ref(), now, |conn| {
                check_place(conn, new.unit, new.household)?;
                store::residents::insert(conn, &new, now)?;
                let deed = Deed {
                    who: Some(&who),
                    action: "residents.create",
                    object: new.id.to_string(),
                    unit: new.unit,
                    detail: json!({"householdId": new.household}),
                };
                record(conn, deed, &ctx.request_id, now)?;
                Ok(new.id)
            })
        })
        .await
}

/// What may change of a resident.
#[derive(Clone)]
pub struct ResidentChange {
    /// The smallest unit; another one than before is a move.
    pub unit: UnitId,
    /// The household.
    pub household: Option<HouseholdId>,
    /// The code.
    pub code: Option<String>,
    /// The real name.
    pub name: String,
    /// The nickname.
    pub nickname: Option<String>,
    /// Whether the person hides, as the person wishes.
    pub hidden: bool,
    /// `active` or `left`.
    pub state: &'static str,
    /// The day of birth, where the desk knows it.
    pub born: Option<Day>,
}

impl std::fmt::Debug for ResidentChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResidentChange").field("unit", &self.unit).finish_non_exhaustive()
    }
}

/// Changes a resident of this version.
pub async fn update(
    app: &App,
    who: &StaffActor,
    id: ResidentId,
    version: i64,
    change: ResidentChange,
    ctx: RequestContext,
) -> Result<Resident> {
    let (who, now) = (who.clone(), app.now());
    check_born(app, change.born)?;
    let change = store::residents::Change {
        unit: change.unit,
        household: change.household,
        code: optional("code", change.code.as_deref(), text::OUTER_CODE)?,
        hidden: change.hidden,
        state: change.state,
        name: text::parse("name", &change.name, text::PERSON_NAME)?,
        nickname: nickname(app, change.nickname.as_deref())?,
        born: change.born,
    };
    app.store
        .write(move |conn| {
            let before = store::residents::require(conn, id)?;
            reach(conn, &who, Permission::ManagePeople, before.unit)?;
            if before.state == "erased" {
                return Err(Code::NotFound.into());
            }
            // Said first: who read an old version should not be told about faults of the new one. The update guards it again.
            unchanged(before.version, version)?;
            if before.unit != change.unit {
                reach(conn, &who, Permission::ManagePeople, change.unit)?;
            }
            // Else a household could be parted for as long as one of it decides on the other.
            let stays = (before.unit, before.household, before.state.as_str())
                == (change.unit, change.household, change.state);
            if !stays && who.is_kin(Some(id), before.household) {
                return Err(Code::OwnAct.into());
            }
            check_place(conn, change.unit, change.household)?;
            store::residents::update(conn, id, version, &change)?;
            settle(conn, &before, &change)?;
            let detail = json!({"version": version, "unitId": change.unit, "householdId": change.household,
                "hidden": change.hidden, "state": change.state});
            let deed = Deed {
                who: Some(&who),
                action: "residents.update",
                object: id.to_string(),
                unit: change.unit,
                detail,
            };
            record(conn, deed, &ctx.request_id, now)?;
            store::residents::require(conn, id)
        })
        .await
}

/// What follows from a change: a moved householder stands no longer for the old household, who left signs in as a guest, and boards
/// hear of hiding.
fn settle(conn: &mut Db, before: &Resident, change: &store::residents::Change) -> Result<()> {
    let left = change.state == "left";
    let home = change.household.filter(|_| !left);
    if let Some(from) = before.household.filter(|from| home != Some(*from)) {
        store::households::release_householder(conn, before.id, from)?;
    }
    if left {
        store::identities::unlink(conn, before.id)?;
    }
    if before.state == "left" && change.state == "active" {
        // Whoever was this resident by mistake has no right to the record.
        store::identities::not_former(conn, before.id)?;
    }
    if before.hidden != change.hidden {
        announce(conn, Subject::Resident, AnyId::of(before.id), change.hidden)?;
    }
    Ok(())
}
