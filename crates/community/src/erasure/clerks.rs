//! The clerk whom the same WeChat user is: another account, at the merchant service. It goes likewise, unless its person owns a shop that
//! takes part: somebody has to answer for what the shop owes and is owed, and the desk is told.

use domain::access::Permission;
use domain::ids::{ClerkId, MerchantId};
use foundation::inbox::{self, Kind, Note};
use foundation::{App, Result};
use store::audit::Act;
use store::erasure::clerks as rows;

/// What became of a clerk's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClerkErased {
    /// There is none of that name.
    Nobody,
    /// It is gone.
    Gone(ClerkId),
    /// It owns a shop that takes part: the desk was told.
    Owner(MerchantId),
}

/// Deletes the clerk's account of a provider's subject. To say it again changes nothing.
pub async fn erase_clerk(app: &App, provider: String, subject: String) -> Result<ClerkErased> {
    let now = app.now();
    app.store
        .write(move |conn| {
            let Some(clerk) = store::clerks::by_subject(conn, &provider, &subject)? else {
                return Ok(ClerkErased::Nobody);
            };
            if let Some((shop, unit)) = rows::owned_shop(conn, clerk.id)? {
                let path = store::units::path(conn, unit)?;
                let desk = inbox::desk(conn, &path, Permission::ManageMerchants)?;
                inbox::tell(conn, &Note::to_each(desk, Kind::OwnerLeaves, shop), now)?;
                return Ok(ClerkErased::Owner(shop));
            }
            rows::forget(conn, clerk.id, now)?;
            let act = Act {
                staff: None,
                action: "clerks.erase",
                object: clerk.id.to_string(),
                unit: None,
                detail: serde_json::json!({}),
                request_id: String::new(),
            };
            store::audit::record(conn, &act, now)?;
            Ok(ClerkErased::Gone(clerk.id))
        })
        .await
}
