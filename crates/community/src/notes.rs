//! Whom a decision on a claim, a deed or a comment is told.

use domain::catalogue::Subject;
use domain::ids::{CommentId, DeedId, ResidentId};
use domain::{Points, Ts};
use foundation::Result;
use foundation::inbox::{self, Kind, Note, Owner};
use store::Db;
use store::claims::Claim;

fn of_claim(claim: &Claim, to: Owner, kind: Kind) -> Note {
    let note = Note::new(to, kind, claim.id);
    match claim.deed() {
        Some(deed) => note.deed(deed),
        None => note,
    }
}

/// Whose claim it is: the resident, or everybody of the household.
fn claimants(conn: &mut Db, claim: &Claim) -> Result<Vec<Owner>> {
    match (claim.subject(), claim.resident, claim.household) {
        (Subject::Resident, Some(resident), _) => Ok(vec![Owner::Resident(resident)]),
        (Subject::Household, _, Some(household)) => inbox::members(conn, household),
        _ => Ok(Vec::new()),
    }
}

/// Tells that so many points were granted.
pub(crate) fn granted(conn: &mut Db, claim: &Claim, points: Points, now: Ts) -> Result<()> {
    let note = |to| of_claim(claim, to, Kind::ClaimGranted).points(points);
    let notes: Vec<Note> = claimants(conn, claim)?.into_iter().map(note).collect();
    inbox::tell(conn, &notes, now)
}

/// The note of the same, of a claim that is a resident's.
pub(crate) fn granted_to(resident: ResidentId, claim: &Claim, points: Points) -> Note {
    of_claim(claim, Owner::Resident(resident), Kind::ClaimGranted).points(points)
}

/// Tells that nothing was granted: whoever asked for it, because nobody else knows of it.
pub(crate) fn refused(conn: &mut Db, claim: &Claim, now: Ts) -> Result<()> {
    let to = match claim.entered_by {
        Some(staff) => vec![Owner::Staff(staff)],
        None => claimants(conn, claim)?,
    };
    let notes: Vec<Note> = to.into_iter().map(|to| of_claim(claim, to, Kind::ClaimRejected)).collect();
    inbox::tell(conn, &notes, now)
}

/// Tells what was taken back: what was spent already was not.
pub(crate) fn reversed(conn: &mut Db, claim: &Claim, uncollected: Points, now: Ts) -> Result<()> {
    let points = Points::from_hundredths(claim.redeemable.unwrap_or(0) - uncollected.hundredths());
    let note = |to| of_claim(claim, to, Kind::ClaimReversed).points(points);
    let notes: Vec<Note> = claimants(conn, claim)?.into_iter().map(note).collect();
    inbox::tell(conn, &notes, now)
}

/// What became of a deed; nobody's is nobody told.
pub(crate) fn of_deed(author: Option<ResidentId>, kind: Kind, deed: DeedId) -> Vec<Note> {
    author.map(|author| Note::new(Owner::Resident(author), kind, deed)).into_iter().collect()
}

/// What became of a comment.
pub(crate) fn of_comment(author: ResidentId, kind: Kind, comment: CommentId, deed: DeedId) -> [Note; 1] {
    [Note::new(Owner::Resident(author), kind, comment).deed(deed)]
}
