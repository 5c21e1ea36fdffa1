//! What happens beside the answers: jobs that finish by themselves, events that nobody ordered, answers that wait until they are let go, and
//! waiting for all of that.

use std::time::Duration;

use tokio::sync::watch;

use super::{ControlError, Handle};
use crate::stand_in::push::How;
use crate::stand_in::world::{Errand, UserKey};

/// The longest that a control path waits for what it was told to wait for.
const PATIENCE: Duration = Duration::from_secs(30);

/// As long as it lives, a message to this person is on its way.
pub(in crate::stand_in) struct OnItsWay {
    handle: Handle,
    user: UserKey,
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        self.handle.0.world.lock().messages.arrived(&self.user);
    }
}

/// As long as it lives, something is under way that nobody waits for.
struct UnderWay(Handle);

impl UnderWay {
    fn begin(handle: &Handle) -> Self {
        handle.0.under_way.send_modify(|count| *count += 1);
        Self(handle.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.under_way.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl Handle {
    /// Begins what a call has brought about. What comes back is to be kept until the answer goes.
    pub(super) fn begin(&self, errands: Vec<Errand>) -> Vec<OnItsWay> {
        let mut on_their_way = Vec::new();
        for errand in errands {
            match errand {
                Errand::Arrive { user } => on_their_way.push(OnItsWay { handle: self.clone(), user }),
                unwatched => drop(tokio::spawn(self.clone().run(unwatched, UnderWay::begin(self)))),
            }
        }
        on_their_way
    }

    async fn run(self, errand: Errand, until_done: UnderWay) {
        match errand {
            Errand::Finish { trace_id, after_ms } => {
                tokio::time::sleep(Duration::from_millis(after_ms)).await;
                if let Ok(finished) = self.finish_one(&trace_id, 1).await {
                    self.0.world.lock().remember_told(finished.pushes);
                }
            }
            Errand::Tell { app_id, event } => {
                if let Ok(delivered) = self.push_named(Some(&app_id), &event, &How::default()).await {
                    self.0.world.lock().remember_told(delivered);
                }
            }
            Errand::Arrive { user } => drop(OnItsWay { handle: self.clone(), user }),
        }
        drop(until_done);
    }

    /// Lets all answers go that wait since [`FaultKind::Hold`](crate::stand_in::FaultKind::Hold).
    pub fn let_go(&self) {
        let mut world = self.0.world.lock();
        world.let_go += 1;
        self.0.let_go.send_replace(world.let_go);
    }

    pub(in crate::stand_in) async fn until_let_go(&self, more_often_than: u64) {
        let mut watched = self.0.let_go.subscribe();
        drop(watched.wait_for(|count| *count > more_often_than).await);
    }

    /// Waits until so many requests to a path are in the journal.
    pub async fn until_called(&self, path: &str, times: usize) -> Result<(), ControlError> {
        let mut watched = self.0.served.subscribe();
        let reached = async {
            while self.0.world.lock().journal.count(path) < times {
                drop(watched.changed().await);
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.map_err(|_| ControlError::TooLate)
    }

    /// Waits until nothing is under way that nobody ordered: no file that finishes by itself, and no event about a message.
    pub async fn until_settled(&self) -> Result<(), ControlError> {
        let mut watched: watch::Receiver<usize> = self.0.under_way.subscribe();
        let settled = tokio::time::timeout(PATIENCE, watched.wait_for(|count| *count == 0)).await;
        settled.map(drop).map_err(|_| ControlError::TooLate)
    }
}
