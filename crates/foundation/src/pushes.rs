//! Taking what WeChat pushes: it is checked, kept once, and answered; the worker does what it asks for.
//!
//! WeChat waits five seconds and sends three times, so nothing is done before the answer but to write it down.

use aws_lc_rs::digest::{SHA256, digest};
use domain::Code;
use store::pushes::New;
use store::{Error, Result};
pub use wechat::push::{Event, Message, Query, Subscription};
use wechat::push::{PushError, Receiver};

use crate::app::App;

/// For how many days a push is kept after it was worked off.
pub const KEPT_DAYS: i64 = 7;

fn receiver(app: &App) -> Result<&Receiver, Code> {
    app.push.as_ref().ok_or(Code::Disabled)
}

fn refused(error: PushError) -> Error {
    metrics::counter!("jishan_pushes_total", "outcome" => "refused").increment(1);
    // What strangers send is no error of ours, and nothing of it is written down.
    tracing::info!(why = %error, "push.refused");
    let code = match error {
        PushError::TooLong => Code::BodyTooLarge,
        _ => Code::PushRefused,
    };
    code.into()
}

/// Answers the verification of the address: what is to be sent back, as it is.
pub fn verify(app: &App, query: &Query) -> Result<String> {
    receiver(app)?.verify(query, app.now().0).map(str::to_owned).map_err(refused)
}

/// Keeps a push; one that is sent again is kept once.
pub async fn receive(app: &App, query: &Query, body: &[u8]) -> Result<()> {
    let mut message = receiver(app)?.open(query, body, app.now().0).map_err(refused)?;
    let identity = digest(&SHA256, message.identity().as_bytes());
    // A verdict is found by its trace, and may come after its person was forgotten here.
    if matches!(message.what(), Event::MediaChecked { .. }) {
        message.forget_sender();
    }
    let sender = message.person().to_owned();
    let event = if message.event.is_empty() { message.kind } else { message.event };
    let body = serde_json::Value::Object(message.body).to_string();
    let now = app.now();
    let new = app
        .store
        .write_quietly(move |conn| {
            let new =
                New { identity: identity.as_ref(), event: shortened(&event), sender: &sender, body: &body };
            store::pushes::keep(conn, &new, now)
        })
        .await?;
    let outcome = if new { "kept" } else { "repeated" };
    metrics::counter!("jishan_pushes_total", "outcome" => outcome).increment(1);
    Ok(())
}

/// The name of an event, as far as any is long.
fn shortened(event: &str) -> &str {
    let end = event.char_indices().nth(64).map_or(event.len(), |(at, _)| at);
    &event[..end]
}
