//! Telling the desk that something of a shop waits. The merchant service does not know who the desk is: it queues that there is something
//! to tell, and the worker tells it.

use domain::Ts;
use domain::access::Permission;
use domain::ids::{MerchantId, OfferId};
use foundation::inbox::{self, Kind, Note};
use foundation::{AnyId, App, Error, Result};
use serde_json::{Value, json};
use store::Db;

/// The outbox's word for telling the desk.
pub const TELL: &str = "desk.tell";

/// Queues that the desk is told of a shop, or of an offer of it.
pub(crate) fn queue(conn: &mut Db, merchant: MerchantId, offer: Option<OfferId>, now: Ts) -> Result<()> {
    store::outbox::add(conn, TELL, &json!({"merchant": merchant, "offer": offer}), now, now)
}

/// Tells the desk. Safe to repeat: a task that is done tells nobody again.
pub async fn tell(app: &App, task: AnyId, payload: &Value) -> Result<()> {
    let unread = |e: serde_json::Error| Error::corrupt(format!("what the desk is told of: {e}"));
    let merchant: MerchantId = serde_json::from_value(payload["merchant"].clone()).map_err(unread)?;
    let offer: Option<OfferId> = serde_json::from_value(payload["offer"].clone()).map_err(unread)?;
    let now = app.now();
    app.store
        .write(move |conn| {
            if !store::outbox::take(conn, task)? {
                return Ok(());
            }
            let shop = store::merchants::require(conn, merchant)?;
            let path = store::units::path(conn, shop.unit)?;
            let desk = inbox::desk(conn, &path, Permission::ManageMerchants)?;
            let notes = match offer {
                Some(offer) => Note::to_each(desk, Kind::OfferWaits, offer),
                None => Note::to_each(desk, Kind::ShopApplied, merchant),
            };
            inbox::tell(conn, &notes.into_iter().map(|note| note.shop(merchant)).collect::<Vec<_>>(), now)
        })
        .await
}
