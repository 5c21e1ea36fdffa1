//! Doing what judged rows say, in batches.

use domain::access::StaffActor;
use domain::ids::{HouseholdId, ResidentId, UnitId};
use domain::{Code, Ts};
use foundation::{Error, Result};
use store::Db;
use store::residents::NewResident;
use store::units::Unit;

use super::judge::Known;
use super::rows::{Data, Effect, Fault, Line};

/// Writes every row that makes or changes something.
pub(super) fn write(
    conn: &mut Db,
    who: Option<&StaffActor>,
    known: &mut Known,
    lines: &[Line],
    effects: &[Result<Effect, Fault>],
    now: Ts,
) -> Result<()> {
    let mut households = Vec::new();
    let mut residents = Vec::new();
    for (line, effect) in lines.iter().zip(effects) {
        let (Ok(data), Ok(effect)) = (&line.data, effect) else { continue };
        match (data, effect) {
            (_, Effect::Same) => {}
            (Data::Unit { .. }, _) => write_unit(conn, known, data, *effect, now)?,
            (Data::Household { code, unit_code, door }, Effect::Create) => {
                households.push((HouseholdId::new(), unit(known, unit_code)?, code.clone(), door.clone()));
            }
            (Data::Household { code, door, .. }, Effect::Update) => {
                let id = known.households.get(code).map(|h| h.id).ok_or_else(vanished)?;
                store::imports::change_household(conn, id, door.as_deref().unwrap_or_default())?;
            }
            (Data::Resident { .. }, Effect::Create) => {
                residents.push(resident(known, data, ResidentId::new())?)
            }
            (Data::Resident { code, .. }, Effect::Update) => {
                let before = known.residents.get(code).ok_or_else(vanished)?;
                let after = resident(known, data, before.id)?;
                // As by hand: nobody parts the own household, to decide on it afterwards.
                let stays = (before.unit, before.household) == (after.unit, after.household);
                if !stays && who.is_some_and(|who| who.is_kin(Some(before.id), before.household)) {
                    return Err(Code::OwnAct.into());
                }
                if let Some(from) = before.household.filter(|from| after.household != Some(*from)) {
                    store::households::release_householder(conn, after.id, from)?;
                }
                store::imports::change_resident(conn, &after)?;
            }
        }
    }
    store::imports::add_households(conn, &households, now)?;
    store::imports::add_residents(conn, &residents, now)
}

/// A judged row names only what is known: anything else is a fault of the program.
fn vanished() -> Error {
    Error::corrupt("a judged row names what is not known")
}

fn unit(known: &Known, code: &str) -> Result<UnitId> {
    known.units.get(code).and_then(|u| u.id).ok_or_else(vanished)
}

/// One by one: a parent may stand in the same file, and its path is needed.
fn write_unit(conn: &mut Db, known: &mut Known, data: &Data, effect: Effect, now: Ts) -> Result<()> {
    let Data::Unit { code, parent_code, kind, setting, name } = data else { return Ok(()) };
    if effect == Effect::Update {
        return store::imports::change_unit(conn, unit(known, code)?, name, setting);
    }
    let new = Unit {
        id: UnitId::new(),
        parent: Some(unit(known, parent_code)?),
        kind: kind.clone(),
        setting: setting.clone(),
        name: name.clone(),
        code: code.clone(),
        version: 1,
        created_at: now.0,
    };
    store::units::insert(conn, &new, now)?;
    if let Some(entry) = known.units.get_mut(code) {
        entry.id = Some(new.id);
    }
    Ok(())
}

fn resident(known: &Known, data: &Data, id: ResidentId) -> Result<NewResident> {
    let Data::Resident { code, unit_code, household_code, name, nickname, born } = data else {
        return Err(vanished());
    };
    let household = match household_code {
        Some(code) => Some(known.households.get(code).map(|h| h.id).ok_or_else(vanished)?),
        None => None,
    };
    Ok(NewResident {
        id,
        unit: unit(known, unit_code)?,
        household,
        code: Some(code.clone()),
        name: name.clone(),
        nickname: nickname.clone(),
        born: *born,
    })
}
