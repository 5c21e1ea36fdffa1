//! Who sees a picture on the resident API: whoever sees what it belongs to.

use domain::access::Permission;
use domain::deeds::DeedState;
use domain::ids::PictureId;
use domain::{Code, Ts};
use foundation::pictures::Size;
use foundation::pictures::uploads::{self, Given};
use foundation::{App, Error, Result};
use store::Db;

use crate::deeds::{Eyes, Reader};

/// Gives a picture out: that of a deed as the deed may be seen; that of a shop, an offer or an event to everybody once it is shown, and
/// to staff who reach it before; any to its uploader.
pub async fn give(app: &App, reader: Reader, id: PictureId, size: Size) -> Result<Given> {
    let now = app.now();
    let seen = app.store.read(move |conn| visible(conn, reader, id, now)).await?;
    uploads::fetch(app, seen, size).await
}

fn visible(conn: &mut Db, reader: Reader, id: PictureId, now: Ts) -> Result<(String, bool)> {
    let refused = || Error::from(Code::PictureNotFound);
    let picture = store::pictures::find(conn, id)?.ok_or_else(refused)?;
    let deed = match picture.deed {
        Some(deed) => {
            Some(store::deeds::card(conn, deed)?.filter(|d| !d.is_withdrawn()).ok_or_else(refused)?)
        }
        None => None,
    };
    let (unit, public) = match &deed {
        Some(deed) => (Some(deed.unit), deed.state()? == DeedState::Published),
        None => store::pictures::scene(conn, &picture)?.map_or((None, false), |s| (Some(s.unit), s.public)),
    };
    if public {
        return Ok((picture.hash, true));
    }
    let eyes = Eyes::open(conn, reader, now)?;
    let author = deed.is_some_and(|deed| eyes.is_author(deed.identity, deed.resident));
    let reached = match unit {
        Some(unit) => eyes.reaches(conn, Permission::ReadDesk, unit)?,
        None => false,
    };
    if author || reached || eyes.is_account(picture.owner) {
        Ok((picture.hash, false))
    } else {
        Err(refused())
    }
}
