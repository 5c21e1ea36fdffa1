//! A deed and what grows around it: the decision on it, its award, its places in the feeds, pictures, likes, comments.

use domain::catalogue::Subject;
use domain::ids::{ClaimId, CommentId, DeedId, IdentityId, ItemId, PictureId, ReviewId, StaffId, UnitId};
use domain::time::{DAY, SECOND};
use domain::{Day, Ts};
use store::bulk::{Cell, Loader, Table};
use store::{AnyId, Result};

use super::Picture;
use super::book::Standing;
use super::chance::Chance;
use super::history::World;
use super::people::Resident;
use super::rules;
use super::texts::{self, COMMENTS, THEMES, Theme};

/// The pictures that deeds show, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Album(pub(super) Vec<Picture>);

/// Pictures of each scene.
pub(super) const OF_SCENE: u32 = super::pictures::COUNT / super::pictures::SCENES;
/// A deed of the last days may have comments that wait for review.
const WAITING: i64 = 2 * DAY;
/// How many of the newest deeds are remembered.
const RECENT: usize = 64;

/// A published deed that the desk comes back to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Published {
    pub(super) deed: DeedId,
    pub(super) author: usize,
    pub(super) at: Ts,
}

/// A deed before it is written.
pub(super) struct Draft {
    pub(super) id: DeedId,
    pub(super) resident: Resident,
    pub(super) identity: IdentityId,
    pub(super) theme: &'static Theme,
    pub(super) day_of_act: Day,
    pub(super) item: Option<ItemId>,
    pub(super) created: Ts,
}

/// What became of a deed.
#[derive(Default)]
pub(super) struct Fate {
    pub(super) published: Option<Ts>,
    pub(super) rejected: Option<&'static str>,
    pub(super) counts: [i64; 3],
}

/// Publishes a deed and awards it.
pub(super) fn publish(
    world: &mut World<'_>,
    out: &mut Loader<'_>,
    chance: &mut Chance,
    day: Day,
    at: Ts,
) -> Result<()> {
    let people = world.people;
    let author = people.active[chance.skewed(people.active.len())];
    let resident = people.residents[author];
    let Some(identity) = resident.identity else { return Ok(()) };
    let household = people.households[resident.household];
    let created = Ts(at.0 - (600.0 + 60_000.0 * chance.fraction() * chance.fraction()) as i64 * SECOND);
    let day_of_act = Day::of(created, world.zone).plus(-*chance.pick(&[0, 0, 0, 1, 1, 2, 3]));
    let pool = world.pools[household.unit].clone();
    let granted =
        world.rules.grant(chance, &pool, AnyId::of(resident.id), AnyId::of(household.id), day_of_act)?;
    let theme = &THEMES[granted.theme];
    let (id, item) = (chance.id(created), Some(granted.item));
    let draft = Draft { id, resident, identity, theme, day_of_act, item, created };
    let secretary = people.staff.secretaries[people.places(resident.household).0];

    let likes = likes(world, chance, &draft, at);
    let sharers = if chance.percent(5) { readers(world, chance, &draft, 1) } else { Vec::new() };
    let comments = comments(world, chance, &draft, at);
    let seen = comments.iter().filter(|c| c.state == "published").count();
    let counts = [likes.len(), seen, sharers.len()].map(|n| i64::try_from(n).unwrap_or(0));
    // The deed first: a row that refers to it may be sent at once.
    write(world, out, chance, &draft, &Fate { published: Some(at), rejected: None, counts })?;
    for (identity, liked) in &likes {
        out.push(Table::Likes, [id.into(), (*identity).into(), (*liked).into()])?;
    }
    for (identity, _) in &sharers {
        out.push(Table::Shares, [id.into(), (*identity).into(), after(world, chance, at).into()])?;
    }
    for comment in &comments {
        say(world, out, chance, &draft, comment)?;
    }
    review(
        out,
        chance,
        ("deed", AnyId::of(id)),
        people.unit_of(resident.household).id.into(),
        created,
        Some((secretary, at)),
    )?;
    show(out, id, &people.unit_of(resident.household).path, theme.section.word(), (at, counts[0]))?;

    let merit = granted.award.merit.hundredths();
    let redeemable = granted.award.redeemable.hundredths();
    let decision =
        Decision { state: "posted", amounts: Some((merit, redeemable)), decided: Some((secretary, at)) };
    let claim = claim(world, out, chance, &draft, (granted.item, granted.subject), &decision)?;
    let of_resident = granted.subject == Subject::Resident;
    let whom = if of_resident { AnyId::of(resident.id) } else { AnyId::of(household.id) };
    for take in &granted.award.takes {
        rules::record(out, claim, whom, take)?;
    }
    let standing = Standing { resident: of_resident.then_some(author), household: resident.household };
    world.book.award(out, chance, people, claim, (granted.subject, standing, &granted.award), at)?;

    let written = &mut world.written;
    written.deeds += 1;
    written.likes += likes.len() as u64;
    written.published_today += u64::from(day == world.last);
    if world.recent.len() >= RECENT {
        world.recent.remove(0);
    }
    world.recent.push(Published { deed: id, author, at });
    Ok(())
}

/// What became of a deed's claim.
pub(super) struct Decision {
    pub(super) state: &'static str,
    pub(super) amounts: Option<(i64, i64)>,
    pub(super) decided: Option<(StaffId, Ts)>,
}

/// Writes the claim that a deed carries, as it was posted with the deed and decided with it.
pub(super) fn claim(
    world: &mut World<'_>,
    out: &mut Loader<'_>,
    chance: &mut Chance,
    draft: &Draft,
    (item, subject): (ItemId, Subject),
    decision: &Decision,
) -> Result<ClaimId> {
    let people = world.people;
    let id: ClaimId = chance.id(draft.created);
    out.push(
        Table::Claims,
        [
            id.into(),
            people.unit_of(draft.resident.household).id.into(),
            if subject == Subject::Resident { "resident" } else { "household" }.into(),
            (subject == Subject::Resident).then_some(draft.resident.id).into(),
            people.households[draft.resident.household].id.into(),
            item.into(),
            draft.day_of_act.into(),
            Cell::Null,
            "deed".into(),
            AnyId::of(draft.id).into(),
            draft.identity.into(),
            Cell::Null,
            Cell::Null,
            decision.state.into(),
            decision.amounts.map(|(merit, _)| merit).into(),
            decision.amounts.map(|(_, redeemable)| redeemable).into(),
            decision.decided.map(|(by, _)| by).into(),
            decision.decided.map(|(_, at)| at).into(),
            draft.created.into(),
            if decision.decided.is_some() { 2 } else { 1 }.into(),
        ],
    )?;
    world.written.claims += 1;
    Ok(id)
}

/// Puts a published deed into the feeds of the units of a path, with its likes.
pub(super) fn show(
    out: &mut Loader<'_>,
    id: DeedId,
    path: &[UnitId],
    section: &'static str,
    (at, likes): (Ts, i64),
) -> Result<()> {
    for unit in path {
        out.push(Table::DeedFeed, [(*unit).into(), id.into(), section.into(), at.into()])?;
        out.push(Table::DeedPopularity, [id.into(), (*unit).into(), section.into(), likes.into()])?;
    }
    Ok(())
}

/// Writes a deed with its pictures.
pub(super) fn write(
    world: &mut World<'_>,
    out: &mut Loader<'_>,
    chance: &mut Chance,
    draft: &Draft,
    fate: &Fate,
) -> Result<()> {
    let people = world.people;
    let state = match (fate.published, fate.rejected) {
        (Some(_), _) => "published",
        (None, Some(_)) => "rejected",
        (None, None) => "pending",
    };
    let (title, body) = (texts::fill(chance, draft.theme.titles), texts::fill(chance, draft.theme.bodies));
    let [likes, comments, shares] = fate.counts;
    out.push(
        Table::Deeds,
        [
            draft.id.into(),
            draft.identity.into(),
            draft.resident.id.into(),
            people.households[draft.resident.household].id.into(),
            people.unit_of(draft.resident.household).id.into(),
            draft.theme.section.word().into(),
            title.into(),
            body.into(),
            draft.day_of_act.into(),
            draft.item.into(),
            Cell::Null,
            state.into(),
            fate.rejected.into(),
            likes.into(),
            comments.into(),
            shares.into(),
            if state == "pending" { 1 } else { 2 }.into(),
            draft.created.into(),
            fate.published.into(),
            Cell::Null,
        ],
    )?;
    if draft.created.0 < world.until.0 - i64::from(world.shape.pictured_days) * DAY
        || world.album.0.is_empty()
    {
        return Ok(());
    }
    let scene = draft.theme.scene * OF_SCENE;
    for position in 0..chance.between(1, 3) {
        let n = if position == 0 {
            scene as usize + chance.below(OF_SCENE as usize)
        } else {
            chance.below(world.album.0.len())
        };
        let picture = &world.album.0[n % world.album.0.len()];
        let id: PictureId = chance.id(draft.created);
        out.push(
            Table::Pictures,
            [
                id.into(),
                draft.identity.into(),
                picture.hash.clone().into(),
                picture.width.into(),
                picture.height.into(),
                picture.bytes.into(),
                draft.id.into(),
                position.into(),
                draft.created.into(),
                Cell::Null,
                Cell::Null,
                Cell::Null,
            ],
        )?;
        world.written.pictures += 1;
    }
    Ok(())
}

/// A review: open, or decided by somebody at some time.
pub(super) fn review(
    out: &mut Loader<'_>,
    chance: &mut Chance,
    (kind, object): (&'static str, AnyId),
    unit: Cell,
    created: Ts,
    decided: Option<(StaffId, Ts)>,
) -> Result<()> {
    let id: ReviewId = chance.id(created);
    out.push(
        Table::Reviews,
        [
            id.into(),
            kind.into(),
            object.into(),
            unit,
            if decided.is_some() { "decided" } else { "open" }.into(),
            Cell::Null,
            Cell::Null,
            decided.map(|(by, _)| by).into(),
            decided.map(|(_, at)| at).into(),
            created.into(),
        ],
    )
}

/// Somebody who sees a deed: most live in the same community.
fn reader(world: &World<'_>, chance: &mut Chance, household: usize) -> (usize, Resident) {
    let people = world.people;
    let near = &people.of_community[people.places(household).0];
    let i = if chance.percent(70) {
        near.start + chance.below(near.len())
    } else {
        people.active[chance.skewed(people.active.len())]
    };
    (i, people.residents[i])
}

/// A moment after the publication, early rather than late, and before the end.
fn after(world: &World<'_>, chance: &mut Chance, at: Ts) -> Ts {
    let room = (world.until.0 - at.0).clamp(1, 3 * DAY);
    let fraction = chance.fraction();
    Ts(at.0 + (room as f64 * fraction * fraction) as i64)
}

/// Distinct people other than the author.
fn readers(
    world: &World<'_>,
    chance: &mut Chance,
    draft: &Draft,
    wanted: usize,
) -> Vec<(IdentityId, Resident)> {
    let mut found: Vec<(IdentityId, Resident)> = Vec::with_capacity(wanted);
    for _ in 0..wanted * 3 {
        if found.len() == wanted {
            break;
        }
        let (_, resident) = reader(world, chance, draft.resident.household);
        let Some(identity) = resident.identity else { continue };
        if identity != draft.identity && found.iter().all(|(other, _)| *other != identity) {
            found.push((identity, resident));
        }
    }
    found
}

/// Who likes a deed, and when.
fn likes(world: &World<'_>, chance: &mut Chance, draft: &Draft, at: Ts) -> Vec<(IdentityId, Ts)> {
    // Few deeds have many likes: the number falls with the square of its rarity.
    let wanted = (world.shape.likes / (chance.fraction() + 1e-6).sqrt()) as usize;
    let readers = readers(world, chance, draft, wanted.min(world.shape.likes_max));
    readers.into_iter().map(|(identity, _)| (identity, after(world, chance, at))).collect()
}

/// A comment before it is written.
struct Comment {
    identity: IdentityId,
    resident: Resident,
    state: &'static str,
    created: Ts,
}

fn comments(world: &World<'_>, chance: &mut Chance, draft: &Draft, at: Ts) -> Vec<Comment> {
    let wanted =
        chance.below(100 + world.shape.comments) / 100 + chance.below(2) * (world.shape.comments / 100);
    let readers = readers(world, chance, draft, wanted);
    let of = |(identity, resident)| {
        let created = after(world, chance, at);
        let fresh = created.0 > world.until.0 - WAITING;
        let state = match chance.below(100) {
            0..30 if fresh => "pending",
            30..33 => "rejected",
            _ => "published",
        };
        Comment { identity, resident, state, created }
    };
    readers.into_iter().map(of).collect()
}

/// Writes a comment with its review.
fn say(
    world: &mut World<'_>,
    out: &mut Loader<'_>,
    chance: &mut Chance,
    draft: &Draft,
    comment: &Comment,
) -> Result<()> {
    let people = world.people;
    let created = comment.created;
    let id: CommentId = chance.id(created);
    out.push(
        Table::Comments,
        [
            id.into(),
            draft.id.into(),
            comment.identity.into(),
            comment.resident.id.into(),
            (*chance.pick(COMMENTS)).into(),
            comment.state.into(),
            (comment.state == "rejected").then_some(texts::COMMENT_REJECTED).into(),
            created.into(),
        ],
    )?;
    let secretary = people.staff.secretaries[people.places(draft.resident.household).0];
    let decided = created.0 + chance.between(60, 3_600) * SECOND;
    let decided = (comment.state != "pending").then_some((secretary, Ts(decided.min(world.until.0))));
    let unit = people.unit_of(draft.resident.household).id.into();
    world.written.comments += 1;
    review(out, chance, ("comment", AnyId::of(id)), unit, created, decided)
}
