//! What customers are told of their redemptions.

use domain::Ts;
use domain::redemption::Approval;
use foundation::Result;
use foundation::inbox::{self, Kind, Note, Owner};
use store::Db;
use store::redemptions::expiry::Expired;
use store::redemptions::{NewRedemption, Redemption};

/// That a redemption waits for the own tap.
pub(super) fn held(conn: &mut Db, new: &NewRedemption, now: Ts) -> Result<()> {
    if new.approval != Approval::Awaited {
        return Ok(());
    }
    let note = Note::new(Owner::Resident(new.resident), Kind::RedemptionHeld, new.id);
    let note = note.shop(new.merchant).offer(new.offer).points(new.points).until(new.expires_at);
    inbox::tell(conn, &[note], now)
}

/// That a redemption was captured or voided.
pub(super) fn settled(conn: &mut Db, of: &Redemption, kind: Kind, now: Ts) -> Result<()> {
    let note = Note::new(Owner::Resident(of.resident), kind, of.id);
    inbox::tell(conn, &[note.shop(of.merchant).offer(of.offer).points(of.points())], now)
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
