//! One question at a time: whoever wants what is being asked for waits for the same answer.

use std::collections::HashMap;

use bytes::Bytes;
use parking_lot::Mutex;
use store::qr_codes::Image;
use tokio::sync::watch::{Receiver, Sender, channel};

/// What came of a question: the picture, or none.
type Outcome = Option<Bytes>;

/// What is being asked for.
#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<HashMap<Image, Receiver<Option<Outcome>>>>);

impl Flights {
    /// Joins a question, or begins one: `begin` is given the way to answer it.
    pub(super) fn join(
        &self,
        which: &Image,
        begin: impl FnOnce(Sender<Option<Outcome>>),
    ) -> Receiver<Option<Outcome>> {
        let mut flights = self.0.lock();
        // One whose asker is gone answers nobody any more.
        if let Some(flight) = flights.get(which).filter(|flight| flight.has_changed().is_ok()) {
            return flight.clone();
        }
        let (answer, told) = channel(None);
        flights.insert(which.clone(), told.clone());
        begin(answer);
        told
    }

    /// Forgets a question that is answered.
    pub(super) fn land(&self, which: &Image) {
        self.0.lock().remove(which);
    }
}
