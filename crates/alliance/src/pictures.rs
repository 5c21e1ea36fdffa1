//! Who sees a picture on the merchant service: its uploader, the people of its shop, and everybody once it is shown.

use domain::ids::PictureId;
use domain::{Code, access::ClerkActor};
use foundation::pictures::Size;
use foundation::pictures::uploads::{self, Given};
use foundation::{AnyId, App, Error, Result};
use store::Db;

/// Gives a picture out.
pub async fn give(app: &App, who: ClerkActor, id: PictureId, size: Size) -> Result<Given> {
    let seen = app.store.read(move |conn| visible(conn, who, id)).await?;
    uploads::fetch(app, seen, size).await
}

fn visible(conn: &mut Db, who: ClerkActor, id: PictureId) -> Result<(String, bool)> {
    let refused = || Error::from(Code::PictureNotFound);
    // A deed's, an event's or a person's is no business of this service, shown or not.
    let picture = store::pictures::find(conn, id)?
        .filter(|picture| picture.deed.is_none() && picture.event.is_none() && picture.avatar.is_none())
        .ok_or_else(refused)?;
    let scene = store::pictures::scene(conn, &picture)?;
    if scene.is_some_and(|scene| scene.public) {
        return Ok((picture.hash, true));
    }
    let shop = who.workplace.map(|at| at.merchant);
    let own_shop = shop.is_some() && scene.and_then(|scene| scene.merchant) == shop;
    if own_shop || picture.owner == AnyId::of(who.id) { Ok((picture.hash, false)) } else { Err(refused()) }
}
