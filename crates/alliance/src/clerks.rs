//! Which residents clerks are: found out by the worker, because the merchant service is let at no resident.

use foundation::{App, Result};

/// Fills in the residents that clerks are by the same provider and subject, of at most `limit`; returns of how many.
pub async fn link(app: &App, limit: i64) -> Result<usize> {
    app.store.write_quietly(move |conn| store::clerks::link(conn, limit)).await
}
