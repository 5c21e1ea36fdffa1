//! What the checks said of what is reviewed: whoever decides reads it, and what must not be shown is not published by anybody.

use std::collections::HashMap;

use domain::content::Finding;
use domain::ids::{DeedId, IdentityId, NicknameId, PictureId, ReviewId};
use foundation::Result;
use foundation::content::pictures::Standing;
use foundation::content::{self, Kind as Text};
use store::{AnyId, Db};

use super::{Kind, Object, Review};

/// What the check of an object said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Check {
    /// Of its text; none if it passed, or nobody was asked.
    pub text: Option<Finding>,
    /// Of its pictures; those of which nobody was asked are left out.
    pub pictures: Vec<(PictureId, Standing)>,
}

/// The checks of some reviews: a query per kind, not per review.
pub(super) fn of(
    conn: &mut Db,
    reviews: &[Review],
    objects: &HashMap<AnyId, Object>,
) -> Result<HashMap<ReviewId, Check>> {
    let mut checks: HashMap<ReviewId, Check> = HashMap::new();
    let kinds = [(Kind::Deed, Text::Deed), (Kind::Comment, Text::Comment), (Kind::Nickname, Text::Nickname)];
    for (kind, text) in kinds {
        let those: Vec<&Review> = reviews.iter().filter(|review| review.kind == kind.word()).collect();
        let ids: Vec<AnyId> = those.iter().map(|review| review.object).collect();
        let found = store::content::notes(conn, text, &ids)?;
        for review in those {
            if let Some(finding) = found.get(&review.object) {
                checks.entry(review.id).or_default().text = Some(*finding);
            }
        }
    }
    let pictures = |review: &Review| match objects.get(&review.object) {
        Some(Object::Deed { pictures, .. }) => pictures.clone(),
        Some(Object::Avatar(picture)) => vec![*picture],
        _ => Vec::new(),
    };
    let every: Vec<PictureId> = reviews.iter().flat_map(pictures).collect();
    let standing = store::content::pictures::of(conn, &every)?;
    for review in reviews {
        let found: Vec<(PictureId, Standing)> = pictures(review)
            .into_iter()
            .filter_map(|picture| Some((picture, *standing.get(&picture)?)))
            .collect();
        if !found.is_empty() {
            checks.entry(review.id).or_default().pictures = found;
        }
    }
    Ok(checks)
}

/// Refuses to publish a deed with a picture that is still looked at, or that must not be shown.
pub(super) fn may_show(conn: &mut Db, deed: DeedId) -> Result<()> {
    let pictures: Vec<PictureId> =
        store::pictures::of_deeds(conn, &[deed])?.into_iter().map(|(_, picture)| picture).collect();
    content::pictures::may_show(conn, &pictures)
}

/// Pictures of people that are still theirs.
pub(super) fn read_avatars(
    conn: &mut Db,
    ids: &[PictureId],
    objects: &mut HashMap<AnyId, Object>,
) -> Result<()> {
    let theirs = store::pictures::avatars_among(conn, ids)?;
    objects.extend(theirs.into_iter().map(|id| (store::uid(id), Object::Avatar(id))));
    Ok(())
}

/// Reads nicknames that wait, and what their people are called.
pub(super) fn read_nicknames(
    conn: &mut Db,
    ids: &[NicknameId],
    objects: &mut HashMap<AnyId, Object>,
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let found = store::nicknames::by_ids(conn, ids)?;
    let people: Vec<IdentityId> = found.iter().map(|proposal| proposal.identity).collect();
    let mut current = store::nicknames::current(conn, &people)?;
    for proposal in found {
        let called = current.remove(&proposal.identity).flatten();
        objects.insert(
            store::uid(proposal.id),
            Object::Nickname { proposal: Box::new(proposal), current: called },
        );
    }
    Ok(())
}
