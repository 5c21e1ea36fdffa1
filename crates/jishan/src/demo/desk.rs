//! What waits on the desks: deeds to be reviewed, claims to be decided, reports, guests who want to join. And what was refused before.

use domain::ids::{ClaimId, JoinRequestId, ReportId};
use domain::time::{HOUR, SECOND};
use domain::{Day, Ts};
use store::bulk::{Cell, Loader, Table};
use store::{AnyId, Result};

use super::chance::Chance;
use super::deeds::{self, Decision, Draft, Fate};
use super::history::World;
use super::names;
use super::people::sign_in;
use super::texts::{self, JOIN_NOTES, REJECTED, THEMES};

/// Deeds that wait for review.
const PENDING: usize = 12;
/// Claims that staff entered and nobody has decided.
const SUBMITTED: usize = 4;
/// Guests with an open request to join.
const GUESTS: usize = 5;

/// Fills the desks.
pub(super) fn fill(world: &mut World<'_>, out: &mut Loader<'_>, chance: &mut Chance) -> Result<()> {
    for n in 0..PENDING {
        let created = Ts(world.until.0 - chance.between(600, 100_000) * SECOND);
        // The first two wait at the documented community.
        let near = &world.people.of_community[0];
        let first = world.people.active.iter().copied().find(|i| near.contains(i));
        let author = first.filter(|_| n < 2);
        undecided(world, out, chance, author, created, None)?;
    }
    for _ in 0..world.shape.rejected {
        let day = world.first.plus(i32::try_from(chance.below(world.shape.days - 1)).unwrap_or(0));
        let created = world.moment(chance, day);
        let reason = *chance.pick(REJECTED);
        undecided(world, out, chance, None, created, Some(reason))?;
    }
    for _ in 0..SUBMITTED {
        submitted(world, out, chance)?;
    }
    reports(world, out, chance)?;
    for n in 1..=GUESTS {
        guest(world, out, chance, n)?;
    }
    Ok(())
}

/// A deed that waits, or was rejected for a reason.
fn undecided(
    world: &mut World<'_>,
    out: &mut Loader<'_>,
    chance: &mut Chance,
    author: Option<usize>,
    created: Ts,
    rejected: Option<&'static str>,
) -> Result<()> {
    let people = world.people;
    let author = author.unwrap_or_else(|| people.active[chance.below(people.active.len())]);
    let resident = people.residents[author];
    let Some(identity) = resident.identity else { return Ok(()) };
    let pool = world.pools[people.households[resident.household].unit].clone();
    let (theme, item, subject) = world.rules.suggest(chance, &pool);
    let draft = Draft {
        id: chance.id(created),
        resident,
        identity,
        theme: &THEMES[theme],
        day_of_act: Day::of(created, world.zone),
        item: Some(item),
        created,
    };
    deeds::write(world, out, chance, &draft, &Fate { rejected, ..Fate::default() })?;
    let secretary = people.staff.secretaries[people.places(resident.household).0];
    let decided = rejected.map(|_| (secretary, Ts((created.0 + 2 * HOUR).min(world.until.0))));
    let state = if decided.is_some() { "rejected" } else { "submitted" };
    let decision = Decision { state, amounts: None, decided };
    let claim = deeds::claim(world, out, chance, &draft, (item, subject), &decision)?;
    if let Some(reason) = rejected {
        out.push(Table::ClaimNotes, [claim.into(), Cell::Null, reason.into()])?;
    }
    let unit = people.unit_of(resident.household).id.into();
    deeds::review(out, chance, ("deed", AnyId::of(draft.id)), unit, created, decided)?;
    world.written.waiting += u64::from(decided.is_none());
    Ok(())
}

/// A claim that a grid worker entered and an assessor has to decide.
fn submitted(world: &mut World<'_>, out: &mut Loader<'_>, chance: &mut Chance) -> Result<()> {
    let people = world.people;
    let resident = people.residents[chance.below(people.residents.len())];
    let created = Ts(world.until.0 - chance.between(600, 80_000) * SECOND);
    let (item, _) = world.rules.reading(world.last)?;
    let claim: ClaimId = chance.id(created);
    let unit = people.unit_of(resident.household).id;
    out.push(
        Table::Claims,
        [
            claim.into(),
            unit.into(),
            "resident".into(),
            resident.id.into(),
            people.households[resident.household].id.into(),
            item.into(),
            Day::of(created, world.zone).into(),
            Cell::Null,
            "staff_entry".into(),
            AnyId::of(claim).into(),
            Cell::Null,
            world.officers(resident.household).0.into(),
            Cell::Null,
            "submitted".into(),
            Cell::Null,
            Cell::Null,
            Cell::Null,
            Cell::Null,
            created.into(),
            1.into(),
        ],
    )?;
    out.push(Table::ClaimNotes, [claim.into(), texts::STAFF_NOTE.into(), Cell::Null])?;
    deeds::review(out, chance, ("claim", AnyId::of(claim)), unit.into(), created, None)?;
    world.written.claims += 1;
    world.written.waiting += 1;
    Ok(())
}

/// Two reports that are open and one that was dismissed.
fn reports(world: &mut World<'_>, out: &mut Loader<'_>, chance: &mut Chance) -> Result<()> {
    let people = world.people;
    let told = [
        ("untrue", "照片好像是别处的。"),
        ("privacy", "照片里拍到了我家门牌。"),
        ("other", "希望核实一下。"),
    ];
    let recent: Vec<_> = world.recent.iter().rev().step_by(3).copied().take(told.len()).collect();
    for (n, (published, (cause, note))) in recent.into_iter().zip(told).enumerate() {
        let author = people.residents[published.author];
        let others =
            people.active.iter().copied().filter(|i| people.residents[*i].household != author.household);
        let Some(identity) = others.skip(chance.below(10)).find_map(|i| people.residents[i].identity) else {
            continue;
        };
        let created = Ts((published.at.0 + world.until.0) / 2);
        let id: ReportId = chance.id(created);
        let dismissed = n == 2;
        let secretary = people.staff.secretaries[people.places(author.household).0];
        out.push(
            Table::Reports,
            [
                id.into(),
                published.deed.into(),
                identity.into(),
                people.unit_of(author.household).id.into(),
                cause.into(),
                note.into(),
                if dismissed { "dismissed" } else { "open" }.into(),
                dismissed.then_some(secretary).into(),
                dismissed.then_some(world.until).into(),
                created.into(),
            ],
        )?;
    }
    Ok(())
}

/// A guest who wants to join.
fn guest(world: &mut World<'_>, out: &mut Loader<'_>, chance: &mut Chance, n: usize) -> Result<()> {
    let created = Ts(world.until.0 - chance.between(3_600, 200_000) * SECOND);
    let nickname = Some(names::nickname(chance));
    let identity =
        sign_in(out, chance, "dev", format!("guest-{n}"), None, nickname, Ts(created.0 - 4 * HOUR))?;
    let smallest = &world.people.tree.smallest;
    let unit = if n == 1 { &smallest[0] } else { &smallest[chance.below(smallest.len())] };
    let surname = names::surname(chance);
    let id: JoinRequestId = chance.id(created);
    out.push(
        Table::JoinRequests,
        [
            id.into(),
            identity.into(),
            unit.id.into(),
            names::person(chance, surname).into(),
            format!("{}号", chance.between(1, 40)).into(),
            JOIN_NOTES[n % JOIN_NOTES.len()].into(),
            "open".into(),
            Cell::Null,
            Cell::Null,
            Cell::Null,
            created.into(),
        ],
    )?;
    world.written.identities += 1;
    Ok(())
}
