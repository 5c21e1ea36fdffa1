//! What the till of a shop does, for several requests in one statement, for PostgreSQL: holds and captures that nothing is in the way of.
//! Each is decided from what one query read a moment ago; the statement repeats every guard. Where one of them refuses, nothing of any is
//! written, and each goes the long way, which says why.

mod captures;
mod holds;

use domain::Ts;
use domain::ids::InboxId;

use crate::adapters::AnyId;
use crate::inbox::New;

pub(crate) use captures::CapturedOf;
pub use captures::{Capture, Captured};
pub use holds::{Hold, Offered};
pub(crate) use holds::{OfferedOf, RoomFor};

/// Entries of inboxes, as columns.
struct Told {
    ids: Vec<InboxId>,
    owners: Vec<AnyId>,
    owner_words: Vec<&'static str>,
    kinds: Vec<&'static str>,
    objects: Vec<String>,
    details: Vec<String>,
    at: Vec<i64>,
}

impl Told {
    fn of<'a>(entries: impl Iterator<Item = (&'a New, Ts)>) -> Self {
        let entries: Vec<(&New, Ts)> = entries.collect();
        Self {
            ids: entries.iter().map(|_| InboxId::new()).collect(),
            owners: entries.iter().map(|(new, _)| new.owner.id()).collect(),
            owner_words: entries.iter().map(|(new, _)| new.owner.word()).collect(),
            kinds: entries.iter().map(|(new, _)| new.kind).collect(),
            objects: entries.iter().map(|(new, _)| new.object.clone()).collect(),
            details: entries.iter().map(|(new, _)| new.detail.clone()).collect(),
            at: entries.iter().map(|(_, at)| at.0).collect(),
        }
    }
}
