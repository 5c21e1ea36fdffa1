//! The messages that were sent, so that a test can read what somebody was told.

use std::collections::{BTreeMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::world::UserKey;

/// The last so many messages are remembered.
const SENT_MAX: usize = 10_000;

/// A message that was sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentMessage {
    /// WeChat's id of it.
    pub msg_id: String,
    /// When, in microseconds since 1970 by the stand-in's clock.
    pub at_us: i64,
    /// The app that sent it.
    pub app_id: String,
    /// Who got it.
    pub openid: String,
    /// The template.
    pub template: String,
    /// The page that it opens, with its query.
    pub page: Option<String>,
    /// Which mini-program it opens: `formal`, `trial` or `developer`.
    pub state: String,
    /// The values by name.
    pub values: BTreeMap<String, String>,
}

/// It says something of somebody.
impl std::fmt::Debug for SentMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SentMessage").field("template", &self.template).finish_non_exhaustive()
    }
}

#[derive(Default)]
pub(super) struct Messages {
    sent: VecDeque<SentMessage>,
    /// To whom one is on its way: the answer to who sent it has not gone back.
    on_their_way: HashSet<UserKey>,
}

impl Messages {
    pub(super) fn is_on_its_way_to(&self, user: &UserKey) -> bool {
        self.on_their_way.contains(user)
    }

    pub(super) fn send(&mut self, message: SentMessage) {
        if self.sent.len() >= SENT_MAX {
            self.sent.pop_front();
        }
        let to = UserKey { app_id: message.app_id.clone(), openid: message.openid.clone() };
        self.on_their_way.insert(to);
        self.sent.push_back(message);
    }

    pub(super) fn arrived(&mut self, user: &UserKey) {
        self.on_their_way.remove(user);
    }

    pub(super) fn sent(&self) -> Vec<SentMessage> {
        self.sent.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.sent.clear();
    }
}
