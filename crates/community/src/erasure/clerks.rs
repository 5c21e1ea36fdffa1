//! The clerk whom the same WeChat user is: another account, at the merchant service. It goes likewise, unless a shop takes part that has no
//! other owner: somebody has to answer for it. The desk is told, each week anew, and when the shop has another owner or was suspended the
//! account goes.

use domain::Ts;
use domain::access::Permission;
use domain::ids::{ClerkId, MerchantId};
use domain::time::{DAY, SECOND};
use foundation::inbox::{self, Kind, Note};
use foundation::{App, Error, Result};
use serde_json::{Value, json};
use store::Db;
use store::audit::Act;
use store::erasure::clerks as rows;

/// The outbox's word for looking again whether an owner can go.
pub const OWNER_LEAVES: &str = "owner.leaves";
/// How long the desk has in between, in days.
const AGAIN_DAYS: i64 = 7;

/// What became of a clerk's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClerkErased {
    /// There is none of that name.
    Nobody,
    /// It is gone.
    Gone(ClerkId),
    /// It alone owns a shop that takes part: the desk is told.
    Owner(MerchantId),
}

/// Deletes the clerk's account of a provider's subject. To say it again changes nothing.
pub async fn erase_clerk(app: &App, provider: String, subject: String) -> Result<ClerkErased> {
    let now = app.now();
    app.store
        .write(move |conn| match store::clerks::by_subject(conn, &provider, &subject)? {
            Some(clerk) => leave(conn, clerk.id, now),
            None => Ok(ClerkErased::Nobody),
        })
        .await
}

/// Looks again whether an owner can go, from the outbox.
pub async fn owner_leaves(app: &App, payload: &Value) -> Result<()> {
    let clerk: Option<ClerkId> = payload["clerk"].as_str().and_then(|id| id.parse().ok());
    let clerk = clerk.ok_or_else(|| Error::corrupt("an owner of no name"))?;
    let now = app.now();
    app.store.write(move |conn| leave(conn, clerk, now).map(drop)).await
}

fn leave(conn: &mut Db, clerk: ClerkId, now: Ts) -> Result<ClerkErased> {
    if let Some((shop, unit)) = rows::owned_shop(conn, clerk)? {
        let again = json!({ "clerk": clerk.to_string() });
        // One look at a time, however often it is said that the owner is gone.
        if !store::outbox::comes(conn, OWNER_LEAVES, &again, now)? {
            let path = store::units::path(conn, unit)?;
            let desk = inbox::desk(conn, &path, Permission::ManageMerchants)?;
            inbox::tell(conn, &Note::to_each(desk, Kind::OwnerLeaves, shop), now)?;
            let later = now.plus_seconds(AGAIN_DAYS * DAY / SECOND);
            store::outbox::add(conn, OWNER_LEAVES, &again, later, now)?;
        }
        return Ok(ClerkErased::Owner(shop));
    }
    if !rows::forget(conn, clerk, now)? {
        return Ok(ClerkErased::Nobody);
    }
    let act = Act {
        staff: None,
        action: "clerks.erase",
        object: clerk.to_string(),
        unit: None,
        detail: json!({}),
        request_id: String::new(),
    };
    store::audit::record(conn, &act, now)?;
    Ok(ClerkErased::Gone(clerk))
}
