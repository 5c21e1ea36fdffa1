//! What customers are told of their redemptions.

use domain::Ts;
use domain::redemption::Approval;
use foundation::Result;
use foundation::inbox::{self, Kind, Note, Owner};
use store::Db;
use store::redemptions::expiry::Expired;
use store::redemptions::{NewRedemption, Redemption};

/// That a redemption waits for the own tap, if it does.
pub(super) fn of_held(new: &NewRedemption) -> Option<Note> {
    let note = Note::new(Owner::Resident(new.resident), Kind::RedemptionHeld, new.id);
    let note = note.shop(new.merchant).offer(new.offer).points(new.points).until(new.expires_at);
    (new.approval == Approval::Awaited).then_some(note)
}

/// Tells of it.
pub(super) fn held(conn: &mut Db, new: &NewRedemption, now: Ts) -> Result<()> {
    match of_held(new) {
        Some(note) => inbox::tell(conn, &[note], now),
        None => Ok(()),
    }
}

/// That a redemption was captured or voided.
pub(super) fn of_settled(of: &Redemption, kind: Kind) -> Note {
    let note = Note::new(Owner::Resident(of.resident), kind, of.id);
    note.shop(of.merchant).offer(of.offer).points(of.points())
}

/// Tells of it.
pub(super) fn settled(conn: &mut Db, of: &Redemption, kind: Kind, now: Ts) -> Result<()> {
    inbox::tell(conn, &[of_settled(of, kind)], now)
}

/// That redemptions have expired.
pub(super) fn expired(conn: &mut Db, all: &[Expired], now: Ts) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let note = |of: &Expired| {
        let note = Note::new(Owner::Resident(of.resident), Kind::RedemptionExpired, of.id);
        note.shop(of.merchant).offer(of.offer).points(of.points)
    };
    inbox::tell(conn, &all.iter().map(note).collect::<Vec<_>>(), now)
}
