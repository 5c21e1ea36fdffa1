//! What each row would do, given what is known: pure, so that the preview and the apply decide alike.

use std::collections::{HashMap, HashSet};

use domain::Day;
use domain::ids::{HouseholdId, ResidentId, UnitId};

use super::rows::{Data, Effect, Fault, Line};
use crate::units::fits_below;

/// A unit that exists, or stands further up in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownUnit {
    /// Its id; none while it only stands in the file.
    pub id: Option<UnitId>,
    /// Its parent's id.
    pub parent: Option<UnitId>,
    /// The type.
    pub kind: String,
    /// `urban` or `rural`.
    pub setting: String,
    /// The name.
    pub name: String,
    /// Whether it lies in the subtree that is imported into.
    pub inside: bool,
}

/// A household that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownHousehold {
    /// Its id.
    pub id: HouseholdId,
    /// Its unit.
    pub unit: UnitId,
    /// The address.
    pub door: Option<String>,
}

/// A resident that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownResident {
    /// Its id.
    pub id: ResidentId,
    /// Its unit.
    pub unit: UnitId,
    /// Its household.
    pub household: Option<HouseholdId>,
    /// Whether it was erased.
    pub erased: bool,
    /// The real name.
    pub name: Option<String>,
    /// The nickname.
    pub nickname: Option<String>,
    /// The day of birth.
    pub born: Option<Day>,
}

/// What is known of the codes of a file.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The ids of the subtree that is imported into.
    pub inside: HashSet<UnitId>,
    /// Units by code.
    pub units: HashMap<String, KnownUnit>,
    /// Households by code.
    pub households: HashMap<String, KnownHousehold>,
    /// Residents by code.
    pub residents: HashMap<String, KnownResident>,
}

/// What each line would do, in order.
pub fn judge(known: &mut Known, lines: &[Line]) -> Vec<Result<Effect, Fault>> {
    lines.iter().map(|line| one(known, line.data.as_ref().map_err(Clone::clone)?)).collect()
}

fn one(known: &mut Known, data: &Data) -> Result<Effect, Fault> {
    match data {
        Data::Unit { code, parent_code, kind, setting, name } => {
            let parent = known.units.get(parent_code).filter(|u| u.inside).cloned();
            let parent = parent.ok_or_else(|| Fault::of("unknown_parent"))?;
            let Some(unit) = known.units.get(code) else {
                fits_below(kind, &parent.kind).map_err(|_| Fault::of("not_deeper"))?;
                let new = KnownUnit {
                    id: None,
                    parent: parent.id,
                    kind: kind.clone(),
                    setting: setting.clone(),
                    name: name.clone(),
                    inside: true,
                };
                known.units.insert(code.clone(), new);
                return Ok(Effect::Create);
            };
            if !unit.inside {
                return Err(Fault::of("elsewhere"));
            }
            if unit.parent != parent.id || unit.kind != *kind {
                return Err(Fault::of("moved"));
            }
            Ok(changed(unit.name != *name || unit.setting != *setting))
        }
        Data::Household { code, unit_code, door } => {
            let unit = place(known, unit_code)?;
            let Some(household) = known.households.get(code) else { return Ok(Effect::Create) };
            if !known.inside.contains(&household.unit) {
                return Err(Fault::of("elsewhere"));
            }
            if household.unit != unit {
                return Err(Fault::of("moved"));
            }
            Ok(changed(door.is_some() && household.door != *door))
        }
        Data::Resident { code, unit_code, household_code, name, nickname, born } => {
            let unit = place(known, unit_code)?;
            let household = match household_code {
                Some(code) => {
                    let found = known.households.get(code).filter(|h| h.unit == unit);
                    Some(found.ok_or_else(|| Fault::of("unknown_household"))?.id)
                }
                None => None,
            };
            let Some(resident) = known.residents.get(code) else { return Ok(Effect::Create) };
            if !known.inside.contains(&resident.unit) {
                return Err(Fault::of("elsewhere"));
            }
            if resident.erased {
                return Err(Fault::of("erased"));
            }
            let renamed = resident.name.as_ref() != Some(name);
            let nicknamed = nickname.is_some() && resident.nickname != *nickname;
            let dated = born.is_some() && resident.born != *born;
            let moved = resident.unit != unit || resident.household != household;
            Ok(changed(renamed || nicknamed || dated || moved))
        }
    }
}

fn changed(is_changed: bool) -> Effect {
    if is_changed { Effect::Update } else { Effect::Same }
}

/// The smallest unit of a code, inside of what is imported.
fn place(known: &Known, code: &str) -> Result<UnitId, Fault> {
    let unit = known.units.get(code).filter(|u| u.inside).ok_or_else(|| Fault::of("unknown_unit"))?;
    if !store::units::is_smallest(&unit.kind) {
        return Err(Fault::of("unit_not_smallest"));
    }
    unit.id.ok_or_else(|| Fault::of("unknown_unit"))
}

#[cfg(test)]
mod tests {
    use super::super::csv_file::read;
    use super::super::rows::Entity;
    use super::*;

    fn known() -> Known {
        let (town, grid, other) = (UnitId::new(), UnitId::new(), UnitId::new());
        let unit = |id, parent, kind: &str, inside| KnownUnit {
            id: Some(id),
            parent,
            kind: kind.into(),
            setting: "urban".into(),
            name: "旧名".into(),
            inside,
        };
        let units = HashMap::from([
            ("T".into(), unit(town, None, "town", true)),
            ("G".into(), unit(grid, Some(town), "grid", true)),
            ("X".into(), unit(other, None, "grid", false)),
        ]);
        let household = |unit| KnownHousehold { id: HouseholdId::new(), unit, door: Some("1-1".into()) };
        let households = HashMap::from([("H".into(), household(grid)), ("HX".into(), household(other))]);
        let resident = |unit, erased| KnownResident {
            id: ResidentId::new(),
            unit,
            household: None,
            erased,
            name: Some("王小明".into()),
            nickname: Some("阳光".into()),
            born: None,
        };
        let residents = HashMap::from([
            ("R".into(), resident(grid, false)),
            ("RX".into(), resident(other, false)),
            ("RE".into(), resident(grid, true)),
        ]);
        Known { inside: HashSet::from([town, grid]), units, households, residents }
    }

    fn judged(entity: Entity, file: &str) -> Vec<String> {
        let header = entity.columns().join(",");
        let lines =
            read(format!("{header}\n{file}").as_bytes(), entity, &domain::words::Words::read([]).unwrap())
                .unwrap();
        let word = |r: Result<Effect, Fault>| r.map_or_else(|f| f.code, |e| e.word().to_owned());
        judge(&mut known(), &lines).into_iter().map(word).collect()
    }

    #[test]
    fn a_unit_stands_below_its_parent_and_does_not_move() {
        let file = "C,T,community,urban,甲社区\nC1,C,grid,urban,一网格\nC2,C,town,urban,二\nG,T,grid,urban,旧名\nG9,G,grid,urban,九\n\
                    G8,NO,grid,urban,八\nX,T,grid,urban,外\n";
        assert_eq!(
            judged(Entity::Units, file),
            ["create", "create", "not_deeper", "same", "not_deeper", "unknown_parent", "elsewhere"]
        );
        assert_eq!(judged(Entity::Units, "G,T,grid,rural,旧名\n"), ["update"]);
        assert_eq!(judged(Entity::Units, "G,T,estate,urban,旧名\n"), ["moved"]);
    }

    #[test]
    fn a_household_belongs_to_a_smallest_unit_inside() {
        let file = "H1,G,2-2\nH2,T,2-2\nH3,X,2-2\nH,G,1-1\nHX,G,1-1\n";
        assert_eq!(
            judged(Entity::Households, file),
            ["create", "unit_not_smallest", "unknown_unit", "same", "elsewhere"]
        );
        assert_eq!(judged(Entity::Households, "H,G,9-9\n"), ["update"]);
        assert_eq!(judged(Entity::Households, "H,G,\n"), ["same"], "no door leaves what is known");
    }

    #[test]
    fn a_resident_is_known_by_the_code_and_keeps_the_own_nickname() {
        let file = "R1,G,H,李四,\nR2,G,HX,李四,\nR,G,,王小明,\nRX,G,,王小明,\nRE,G,,王小明,\n";
        assert_eq!(
            judged(Entity::Residents, file),
            ["create", "unknown_household", "same", "elsewhere", "erased"]
        );
        assert_eq!(judged(Entity::Residents, "R,G,H,王小明,\n"), ["update"]);
        assert_eq!(judged(Entity::Residents, "R,G,,王大明,\n"), ["update"]);
    }
}
