//! The picture that a person is shown by: chosen by the person, looked at by WeChat where that is possible and by a person of the desk where
//! it is not, or where WeChat was in doubt. Until then everybody sees the one before.

use domain::access::Person;
use domain::content::{Finding, Verdict};
use domain::ids::{IdentityId, PictureId, ReviewId};
use domain::{Code, Ts};
use foundation::content::pictures::{self, Standing};
use foundation::inbox::{self, Kind as Told, Note, Owner};
use foundation::pictures::uploads::{self, Home, Picture};
use foundation::{AnyId, App, Error, Result};
use store::Db;
use store::reviews::Kind;

use crate::me::{self, Me};

/// Chooses an upload of the caller's own; one that waited before is wanted no more.
pub async fn choose(app: &App, who: Person, id: PictureId) -> Result<Me> {
    pictures::admit(app, &[id]).await?;
    let (now, checked) = (app.now(), pictures::are_checked(app));
    app.store
        .write(move |conn| {
            let found = store::pictures::avatars(conn, who.identity)?;
            if found.iter().any(|picture| picture.id == id) {
                return Ok(());
            }
            for waiting in found.iter().filter(|picture| picture.position.is_none()) {
                store::reviews::withdraw(conn, Kind::Avatar, AnyId::of(waiting.id))?;
            }
            let shown: Vec<PictureId> = found.iter().filter(|p| p.position.is_some()).map(|p| p.id).collect();
            let home = Home::Avatar(who.identity);
            uploads::keep_only(conn, home, &shown, now)?;
            uploads::hang(conn, AnyId::of(who.identity), home, &[id], false)?;
            store::identities::wrote(conn, who.identity, now)?;
            let standing = store::content::pictures::of(conn, &[id])?.remove(&id);
            match standing {
                Some(Standing::Found(finding)) => found_of(conn, who.identity, id, finding, now),
                Some(Standing::Waiting) if checked => Ok(()),
                // Nobody looks at it but a person.
                _ => review(conn, who.identity, id, now),
            }
        })
        .await?;
    me::read(app, who).await
}

/// Takes the caller's picture away, and one that waits.
pub async fn remove(app: &App, who: Person) -> Result<()> {
    let now = app.now();
    app.store.write(move |conn| forget(conn, who.identity, now)).await
}

/// Takes the pictures of somebody away.
pub(crate) fn forget(conn: &mut Db, who: IdentityId, now: Ts) -> Result<()> {
    withdraw(conn, who)?;
    uploads::keep_only(conn, Home::Avatar(who), &[], now)?;
    store::identities::wrote(conn, who, now)
}

/// Nobody has to decide about the pictures of somebody any more: before they are taken away, as deciding goes.
pub(crate) fn withdraw(conn: &mut Db, who: IdentityId) -> Result<()> {
    for picture in store::pictures::avatars(conn, who)? {
        store::reviews::withdraw(conn, Kind::Avatar, AnyId::of(picture.id))?;
    }
    Ok(())
}

/// What a verdict on a picture means for the people who are shown by it, or wait to be.
pub(crate) fn found(conn: &mut Db, rows: &[Picture], finding: Finding, now: Ts) -> Result<()> {
    for row in rows {
        if let Some(who) = row.avatar {
            found_of(conn, who, row.id, finding, now)?;
        }
    }
    Ok(())
}

fn found_of(conn: &mut Db, who: IdentityId, id: PictureId, finding: Finding, now: Ts) -> Result<()> {
    match finding.verdict {
        Verdict::Passed => show(conn, who, id, now),
        Verdict::Review | Verdict::Failed => review(conn, who, id, now),
        Verdict::Risky => {
            store::reviews::withdraw(conn, Kind::Avatar, AnyId::of(id))?;
            refuse(conn, who, id, now)
        }
    }
}

/// A person decides, once.
fn review(conn: &mut Db, who: IdentityId, id: PictureId, now: Ts) -> Result<()> {
    let unit = match store::nicknames::home(conn, who)? {
        Some((_, unit)) => unit,
        None => store::units::root(conn)?,
    };
    store::reviews::open_once(conn, ReviewId::new(), Kind::Avatar, AnyId::of(id), unit, now)
}

/// From now on the person is shown by it, and by no other.
fn show(conn: &mut Db, who: IdentityId, id: PictureId, now: Ts) -> Result<()> {
    let home = Home::Avatar(who);
    uploads::keep_only(conn, home, &[id], now)?;
    store::pictures::place(conn, id, home, Some(0))?;
    store::identities::wrote(conn, who, now)
}

fn refuse(conn: &mut Db, who: IdentityId, id: PictureId, now: Ts) -> Result<()> {
    let home = Home::Avatar(who);
    let kept: Vec<PictureId> =
        store::pictures::in_home(conn, home)?.into_iter().filter(|other| *other != id).collect();
    uploads::keep_only(conn, home, &kept, now)?;
    store::identities::wrote(conn, who, now)?;
    tell(conn, who, id, Told::AvatarRefused, now)
}

fn tell(conn: &mut Db, who: IdentityId, id: PictureId, kind: Told, now: Ts) -> Result<()> {
    let resident = store::nicknames::home(conn, who)?.map(|(resident, _)| resident);
    inbox::tell(conn, &[Note::new(Owner::person(resident, who), kind, id)], now)
}

/// Carries out what a person decided.
pub(crate) fn decide(conn: &mut Db, id: PictureId, accept: bool, now: Ts) -> Result<()> {
    let picture = store::pictures::find(conn, id)?;
    let who = picture.and_then(|picture| picture.avatar).ok_or(Error::from(Code::AlreadyDecided))?;
    if !accept {
        return refuse(conn, who, id, now);
    }
    pictures::may_show(conn, &[id])?;
    show(conn, who, id, now)?;
    tell(conn, who, id, Told::AvatarAccepted, now)
}
