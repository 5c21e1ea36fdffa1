//! Looking up what the codes of a file stand for.

use domain::Day;
use domain::ids::UnitId;
use foundation::Result;
use store::Db;

use super::judge::{Known, KnownHousehold, KnownResident, KnownUnit};
use super::rows::{Data, Line};

/// What is known of the codes of these lines, for an import into the subtree of `root`.
pub(super) fn load(conn: &mut Db, root: UnitId, lines: &[Line]) -> Result<Known> {
    let mut codes = Codes::default();
    lines.iter().filter_map(|line| line.data.as_ref().ok()).for_each(|data| codes.note(data));
    let mut known =
        Known { inside: store::imports::subtree(conn, root)?.into_iter().collect(), ..Known::default() };
    for (id, parent, kind, setting, name, code) in store::imports::units_of(conn, &distinct(codes.units))? {
        let inside = known.inside.contains(&id);
        known.units.insert(code, KnownUnit { id: Some(id), parent, kind, setting, name, inside });
    }
    for (id, unit, code, door) in store::imports::households_of(conn, &distinct(codes.households))? {
        known.households.insert(code, KnownHousehold { id, unit, door });
    }
    for (id, unit, household, code, state, name, nickname, born) in
        store::imports::residents_of(conn, &distinct(codes.residents))?
    {
        let erased = state == "erased";
        let resident = KnownResident { id, unit, household, erased, name, nickname, born: born.map(Day) };
        known.residents.insert(code.unwrap_or_default(), resident);
    }
    Ok(known)
}

#[derive(Default)]
struct Codes {
    units: Vec<String>,
    households: Vec<String>,
    residents: Vec<String>,
}

impl Codes {
    fn note(&mut self, data: &Data) {
        match data {
            Data::Unit { code, parent_code, .. } => self.units.extend([code.clone(), parent_code.clone()]),
            Data::Household { code, unit_code, .. } => {
                self.households.push(code.clone());
                self.units.push(unit_code.clone());
            }
            Data::Resident { code, unit_code, household_code, .. } => {
                self.residents.push(code.clone());
                self.units.push(unit_code.clone());
                self.households.extend(household_code.clone());
            }
        }
    }
}

/// Each once: residents of one grid name it again and again.
fn distinct(mut codes: Vec<String>) -> Vec<String> {
    codes.sort_unstable();
    codes.dedup();
    codes
}
