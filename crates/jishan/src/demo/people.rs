//! Who lives where: the tree of units, households with their doors, residents with their names and ways to sign in, and the staff.

use std::ops::Range;

use domain::access::Role;
use domain::ids::{HouseholdId, IdentityId, ResidentId, RoleId, StaffId, UnitId};
use domain::{Day, Ts};
use store::Result;
use store::bulk::{Cell, Loader, Table};

use super::chance::Chance;
use super::names::{self, COMMUNITIES, PERSONAS, TOWNS};
use super::{Plan, Shape};

/// `resident-1` and so many in all are met in the documentation.
const DOCUMENTED: usize = 3;

/// A unit of the tree.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub(super) id: UnitId,
    /// From the root to itself.
    pub(super) path: Vec<UnitId>,
    pub(super) code: String,
    pub(super) urban: bool,
    /// The place of its parent among the units of the level above.
    pub(super) above: usize,
}

/// The tree, level by level.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) district: Vec<Unit>,
    pub(super) towns: Vec<Unit>,
    pub(super) communities: Vec<Unit>,
    pub(super) smallest: Vec<Unit>,
}

/// A resident.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resident {
    pub(super) id: ResidentId,
    pub(super) household: usize,
    pub(super) identity: Option<IdentityId>,
    /// The day of the log from which the person is hidden.
    pub(super) hidden_on: Option<Day>,
}

/// A household.
#[derive(Debug, Clone, Copy)]
pub(super) struct Household {
    pub(super) id: HouseholdId,
    /// Its place among the smallest units.
    pub(super) unit: usize,
}

/// The staff, by the place of their community or town.
#[derive(Debug, Default)]
pub(super) struct Staff {
    pub(super) operations: Vec<StaffId>,
    pub(super) secretaries: Vec<StaffId>,
    pub(super) grid_workers: Vec<StaffId>,
    pub(super) assessors: Vec<StaffId>,
    pub(super) supervisors: Vec<StaffId>,
    /// The first grid worker lives here and does not enter the own household's claims.
    pub(super) kin: usize,
}

/// Everybody.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) tree: Tree,
    pub(super) households: Vec<Household>,
    pub(super) residents: Vec<Resident>,
    /// The residents of each community.
    pub(super) of_community: Vec<Range<usize>>,
    pub(super) staff: Staff,
    /// Residents who can sign in, the most active first.
    pub(super) active: Vec<usize>,
    /// Residents who may keep a shop, with their names.
    pub(super) shopkeepers: Vec<(usize, String)>,
    /// Whom the documentation signs in as, `resident-1` first.
    pub(super) documented: Vec<usize>,
    /// When everybody was born.
    pub(super) born: Vec<Day>,
}

impl People {
    pub(super) fn unit_of(&self, household: usize) -> &Unit {
        &self.tree.smallest[self.households[household].unit]
    }
    /// The place of a household's community, and of its town.
    pub(super) fn places(&self, household: usize) -> (usize, usize) {
        let community = self.unit_of(household).above;
        (community, self.tree.communities[community].above)
    }
}

/// Plants the tree.
pub(super) fn plant(out: &mut Loader<'_>, chance: &mut Chance, shape: &Shape, at: Ts) -> Result<Tree> {
    let mut tree = Tree::default();
    tree.district.push(unit(
        out,
        chance,
        at,
        None,
        ("district", true),
        names::DISTRICT.to_owned(),
        "YX".to_owned(),
    )?);
    let mut place = 0..;
    for t in 0..shape.towns {
        let (name, urban) = match TOWNS.get(t) {
            Some((name, urban)) => ((*name).to_owned(), *urban),
            None => (format!("{}镇", names::place(200 + t)), t % 3 == 0),
        };
        let town = unit(
            out,
            chance,
            at,
            Some((&tree.district[0], 0)),
            ("town", urban),
            name,
            format!("YX{:02}", t + 1),
        )?;
        for c in 0..shape.communities(t) {
            let kind = if urban { "community" } else { "village" };
            let listed = COMMUNITIES.get(t).and_then(|list| list.get(c)).map(|name| (*name).to_owned());
            let made_up = || {
                format!("{}{}", names::place(place.next().unwrap_or(0)), if urban { "社区" } else { "村" })
            };
            let code = format!("{}{:02}", town.code, c + 1);
            let community =
                unit(out, chance, at, Some((&town, t)), (kind, urban), listed.unwrap_or_else(made_up), code)?;
            for s in 0..shape.smallest {
                let (kind, name) = match (urban, s % 3) {
                    (true, 2) => {
                        ("courtyard", format!("{}小院", names::place(600 + tree.smallest.len() % 600)))
                    }
                    (true, _) => ("grid", format!("第{}网格", s + 1)),
                    (false, _) => ("group", format!("第{}村民小组", s + 1)),
                };
                let code = format!("{}{:02}", community.code, s + 1);
                let above = (&community, tree.communities.len());
                let smallest = unit(out, chance, at, Some(above), (kind, urban), name, code)?;
                tree.smallest.push(smallest);
            }
            tree.communities.push(community);
        }
        tree.towns.push(town);
    }
    Ok(tree)
}

/// A unit with its path.
fn unit(
    out: &mut Loader<'_>,
    chance: &mut Chance,
    at: Ts,
    above: Option<(&Unit, usize)>,
    (kind, urban): (&'static str, bool),
    name: String,
    code: String,
) -> Result<Unit> {
    let id: UnitId = chance.id(at);
    let mut path = above.map_or_else(Vec::new, |(unit, _)| unit.path.clone());
    path.push(id);
    out.push(
        Table::Units,
        [
            id.into(),
            above.map(|(unit, _)| unit.id).into(),
            kind.into(),
            if urban { "urban" } else { "rural" }.into(),
            name.into(),
            code.clone().into(),
            1.into(),
            at.into(),
        ],
    )?;
    for (depth, ancestor) in (0_i32..).zip(&path) {
        out.push(Table::UnitPaths, [id.into(), (*ancestor).into(), depth.into()])?;
    }
    Ok(Unit { id, path, code, urban, above: above.map_or(0, |(_, n)| n) })
}

/// Settles households and residents in the smallest units.
pub(super) fn settle(
    out: &mut Loader<'_>,
    chance: &mut Chance,
    plan: &Plan,
    shape: &Shape,
    tree: Tree,
    at: Ts,
) -> Result<People> {
    let mut people = People { tree, ..People::default() };
    let units = people.tree.smallest.len();
    let mut developers = 0;
    for u in 0..units {
        let wanted = shape.residents * (u + 1) / units;
        let community = people.tree.smallest[u].above;
        if people.of_community.len() <= community {
            people.of_community.push(people.residents.len()..people.residents.len());
        }
        let mut number = 0;
        while people.residents.len() < wanted {
            number += 1;
            let size =
                (1 + chance.weighted([15, 35, 30, 20].into_iter())).min(wanted - people.residents.len());
            household(out, chance, plan, shape, &mut people, &mut developers, (u, number, size), at)?;
        }
        people.of_community[community].end = people.residents.len();
    }
    people.active = activity(chance, &people);
    Ok(people)
}

#[expect(clippy::too_many_arguments, reason = "one row of everything that it makes")]
fn household(
    out: &mut Loader<'_>,
    chance: &mut Chance,
    plan: &Plan,
    shape: &Shape,
    people: &mut People,
    developers: &mut usize,
    (u, number, size): (usize, usize, usize),
    at: Ts,
) -> Result<()> {
    let unit = people.tree.smallest[u].clone();
    let id: HouseholdId = chance.id(at);
    let place = people.households.len();
    people.households.push(Household { id, unit: u });
    let code = format!("{}-{number:03}", unit.code);
    let within = people.tree.smallest[..u].iter().rev().take_while(|other| other.above == unit.above).count();
    let persona = PERSONAS.iter().find(|p| number == 1 && p.community == unit.above && p.smallest == within);
    let surname = names::surname(chance);
    let head: ResidentId = chance.id(at);
    // The household first: its residents refer to it.
    out.push(
        Table::Households,
        [id.into(), unit.id.into(), code.clone().into(), head.into(), false.into(), 1.into(), at.into()],
    )?;
    for member in 0..size {
        let i = people.residents.len();
        let persona = persona.filter(|_| member == 0);
        let resident = if member == 0 { head } else { chance.id(at) };
        let hidden_on = (persona.is_none() && chance.percent(3))
            .then(|| shape.first_day(plan).plus(i32::try_from(chance.below(shape.days - 1)).unwrap_or(0)));
        let own = if member == 1 || chance.percent(20) { names::surname(chance) } else { surname };
        let name = persona.map_or_else(|| names::person(chance, own), |p| p.name.to_owned());
        let nickname = chance.percent(33).then(|| names::nickname(chance));
        out.push(
            Table::Residents,
            [
                resident.into(),
                unit.id.into(),
                id.into(),
                format!("{code}-{}", member + 1).into(),
                hidden_on.is_some().into(),
                "active".into(),
                1.into(),
                at.into(),
            ],
        )?;
        if (number, member) == (2, 0) {
            people.shopkeepers.push((i, name.clone()));
        }
        out.push(Table::ResidentNames, [resident.into(), name.into(), nickname.clone().into()])?;
        let (provider, subject) = if let Some(persona) = persona {
            people.documented.push(i);
            ("dev", Some(persona.subject.to_owned()))
        } else if i.is_multiple_of(shape.residents.div_ceil(shape.developers)) {
            *developers += 1;
            if *developers <= DOCUMENTED {
                let last = people.documented.len();
                people.documented.insert((*developers - 1).min(last), i);
            }
            ("dev", Some(format!("resident-{developers}")))
        } else {
            let openid = || wechat::stand_in::demo_openid(&plan.wechat_app_id, &format!("p{i}"));
            ("wechat", chance.percent(90).then(openid))
        };
        let identity = subject
            .map(|subject| sign_in(out, chance, provider, subject, Some(resident), nickname, at))
            .transpose()?;
        people.residents.push(Resident { id: resident, household: place, identity, hidden_on });
    }
    let door = if unit.urban {
        format!("{}-{}-{}0{}", 1 + number / 24, 1 + number / 8 % 3, 1 + number / 2 % 6, 1 + number % 2)
    } else {
        format!("{number}号")
    };
    out.push(Table::HouseholdDoors, [id.into(), door.into()])
}

/// A way to sign in.
pub(super) fn sign_in(
    out: &mut Loader<'_>,
    chance: &mut Chance,
    provider: &'static str,
    subject: String,
    resident: Option<ResidentId>,
    nickname: Option<String>,
    at: Ts,
) -> Result<IdentityId> {
    let id: IdentityId = chance.id(at);
    out.push(
        Table::Identities,
        [id.into(), provider.into(), subject.into(), resident.into(), nickname.into(), 1.into(), at.into()],
    )?;
    Ok(id)
}

/// Who can post, shuffled, with the documented people among the first.
fn activity(chance: &mut Chance, people: &People) -> Vec<usize> {
    let can = |i: &usize| people.residents[*i].identity.is_some();
    let mut active: Vec<usize> = (0..people.residents.len()).filter(can).collect();
    for i in (1..active.len()).rev() {
        active.swap(i, chance.below(i + 1));
    }
    for (n, persona) in PERSONAS.iter().enumerate() {
        let unit = people
            .tree
            .smallest
            .iter()
            .enumerate()
            .filter(|(_, u)| u.above == persona.community)
            .nth(persona.smallest);
        let home = unit.and_then(|(u, _)| people.households.iter().position(|h| h.unit == u));
        let lives = |i: &usize| home.is_some_and(|home| people.residents[*i].household == home);
        // The first member of the first household of that unit.
        if let Some(at) = (0..active.len()).filter(|at| lives(&active[*at])).min_by_key(|at| active[*at]) {
            active.swap(at, n * 5 + 2);
        }
    }
    active
}

/// Appoints the staff.
pub(super) fn appoint(
    out: &mut Loader<'_>,
    chance: &mut Chance,
    plan: &Plan,
    people: &mut People,
    at: Ts,
) -> Result<()> {
    let mut staff = Staff { kin: people.residents[1].household, ..Staff::default() };
    let kin = people.residents[1].id;
    let tree = &people.tree;
    let jobs = [
        (Role::Operations, "ops", &tree.district, &mut staff.operations),
        (Role::Secretary, "secretary", &tree.communities, &mut staff.secretaries),
        (Role::GridWorker, "grid", &tree.communities, &mut staff.grid_workers),
        (Role::Assessor, "assessor", &tree.towns, &mut staff.assessors),
        (Role::Supervisor, "supervisor", &tree.towns, &mut staff.supervisors),
    ];
    for (role, login, units, list) in jobs {
        for (n, unit) in units.iter().enumerate() {
            let id: StaffId = chance.id(at);
            let login =
                if role == Role::Operations { login.to_owned() } else { format!("{login}-{}", n + 1) };
            let surname = names::surname(chance);
            let resident = (role == Role::GridWorker && n == 0).then_some(kin);
            out.push(
                Table::Staff,
                [
                    id.into(),
                    login.into(),
                    plan.staff_password_hash.clone().into(),
                    names::person(chance, surname).into(),
                    resident.into(),
                    false.into(),
                    0.into(),
                    Cell::Null,
                    1.into(),
                    at.into(),
                ],
            )?;
            let role_id: RoleId = chance.id(at);
            out.push(Table::StaffRoles, [role_id.into(), id.into(), unit.id.into(), role.word().into()])?;
            list.push(id);
        }
    }
    people.staff = staff;
    Ok(())
}
