//! Telephones: a person binds the number that WeChat knows, and removes it again. The number itself is shown to nobody, not even to its
//! owner; what is shown is masked.

use domain::Code;
use domain::access::Person;
use domain::consents::Purpose;
use domain::ids::{IdentityId, PhoneId, ResidentId};
use foundation::data_keys::DataKeys;
use foundation::{App, Result, phones};
use store::Db;
use store::phones::New;

use crate::me::{self, Me};

/// What signs in by WeChat: only that has a number to tell.
const WECHAT: &str = "wechat";

/// Binds the number behind a code of the telephone button, in the place of the one before. Nothing is changed where WeChat does not tell it.
pub async fn bind(app: &App, who: Person, code: &str) -> Result<Me> {
    let keys = app.data_keys()?.clone();
    let found = app.store.read(move |conn| {
        crate::consents::require(conn, who.identity, Purpose::Phone)?;
        store::identities::find(conn, who.identity)
    });
    let identity = found.await?;
    let identity = identity.ok_or(foundation::Error::from(Code::SessionEnded))?;
    if identity.provider != WECHAT {
        return Err(Code::WechatRequired.into());
    }
    // Outside of every transaction: WeChat may take seconds.
    let number = phones::number_of(app, code, &identity.subject).await?;
    let id = PhoneId::new();
    let new = New {
        id,
        identity: who.identity,
        subject: identity.subject,
        sealed: phones::seal(&keys, id, &number)?,
        hashes: phones::hashes(&keys, &number)?,
        exclusive: app.one_account_a_phone,
    };
    let now = app.now();
    app.store
        .write_quietly(move |conn| {
            // It may have been withdrawn while WeChat was asked.
            crate::consents::require(conn, who.identity, Purpose::Phone)?;
            if !store::phones::bind(conn, &new, now)? {
                return Err(Code::PhoneTaken.into());
            }
            tell(conn, who.identity)
        })
        .await?;
    me::read(app, who).await
}

/// Forgets the caller's number; there may be none.
pub async fn remove(app: &App, who: Person) -> Result<()> {
    app.store
        .write_quietly(move |conn| {
            if store::identities::changed(conn, who.identity)? && store::phones::remove(conn, who.identity)? {
                tell(conn, who.identity)?;
            }
            Ok(())
        })
        .await
}

/// Forgets the number of somebody who wants it kept no more.
pub(crate) fn withdrawn(conn: &mut Db, who: IdentityId) -> Result<()> {
    // Whoever binds one at this moment comes before or after.
    let there = store::identities::changed(conn, who)?;
    if there && store::phones::remove(conn, who)? { tell(conn, who) } else { Ok(()) }
}

/// A person who may have bound a number became a resident.
pub(crate) fn joined(conn: &mut Db, identity: IdentityId) -> Result<()> {
    match store::phones::of_identity(conn, identity)? {
        Some(_) => tell(conn, identity),
        None => Ok(()),
    }
}

/// The desk sees the number of a resident, masked: who read the resident before reads it again.
fn tell(conn: &mut Db, identity: IdentityId) -> Result<()> {
    match store::identities::find(conn, identity)?.and_then(|identity| identity.resident) {
        Some(resident) => store::phones::resident_changed(conn, resident),
        None => Ok(()),
    }
}

/// The number of a sign-in, masked.
pub(crate) fn masked_of_identity(
    conn: &mut Db,
    keys: Option<&DataKeys>,
    id: IdentityId,
) -> Result<Option<String>> {
    let found = store::phones::of_identity(conn, id)?;
    Ok(found.zip(keys).and_then(|(phone, keys)| phones::open(keys, &phone)).map(|number| number.masked()))
}

/// The number of whoever signs in as a resident, masked.
pub(crate) fn masked_of_resident(
    conn: &mut Db,
    keys: Option<&DataKeys>,
    id: ResidentId,
) -> Result<Option<String>> {
    let found = store::phones::of_resident(conn, id)?;
    Ok(found.zip(keys).and_then(|(phone, keys)| phones::open(keys, &phone)).map(|number| number.masked()))
}
