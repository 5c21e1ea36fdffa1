//! The scripts, each one round trip and one moment for Redis. They are sent once and then called by their hash.

use redis::Script;

/// One script of each kind.
#[derive(Debug)]
pub struct Scripts {
    /// A piece of the log.
    pub apply: Script,
    /// Opens an epoch.
    pub begin: Script,
    /// Scores of a snapshot on one board.
    pub fill: Script,
    /// Where subjects of a snapshot scored.
    pub home: Script,
    /// Hidden and erased subjects of a snapshot.
    pub mark: Script,
    /// Makes an epoch live.
    pub flip: Script,
    /// Deletes some of what is no longer wanted.
    pub drain: Script,
    /// How the board is.
    pub status: Script,
    /// Lines of a board.
    pub page: Script,
    /// Where a subject stands.
    pub standing: Script,
}

macro_rules! script {
    ($($part:literal),+) => { Script::new(concat!(include_str!("lua/common.lua"), $(include_str!(concat!("lua/", $part, ".lua"))),+)) };
}

impl Scripts {
    /// All of them.
    pub fn new() -> Self {
        Self {
            apply: script!("changes", "apply"),
            begin: script!("begin"),
            fill: script!("changes", "fill"),
            home: script!("changes", "home"),
            mark: script!("mark"),
            flip: script!("flip"),
            drain: script!("drain"),
            status: script!("status"),
            page: script!("stretch", "page"),
            standing: script!("stretch", "standing"),
        }
    }
}
