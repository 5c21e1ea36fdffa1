//! What is asked of the server.

use clap::ValueEnum;

use crate::options::Engine;

/// What is asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// The first page of the feed, anonymous.
    Feed,
    /// The same, compressed.
    FeedGzip,
    /// One deed of the last week, anonymous.
    Deed,
    /// The same, compressed.
    DeedGzip,
    /// Fifty lines of a board.
    Board,
    /// The same, compressed.
    BoardGzip,
    /// The same beside Redis alone; only where there is one.
    BoardRedis,
    /// The first page of the feed, signed in.
    OwnFeed,
    /// An older page of the feed, anonymous.
    Older,
    /// The own rank and points.
    OwnRank,
    /// The own account.
    Account,
    /// A like.
    Like,
    /// A new deed with a picture and a claim.
    NewDeed,
    /// The grant of a claim.
    Award,
    /// A redemption, at many shops.
    Till,
    /// A redemption, all of them at one shop.
    OneTill,
    /// A check-in at an event.
    CheckIn,
    /// What residents do in a day.
    Day,
    /// The same at a steady rate while Redis is frozen and killed; only where there is one.
    RedisFaults,
}

impl Workload {
    /// Every workload, in the order in which they are measured: reads before anything is written, faults when nothing else follows.
    pub const EVERY: [Self; 19] = [
        Self::Feed,
        Self::FeedGzip,
        Self::Deed,
        Self::DeedGzip,
        Self::Board,
        Self::BoardGzip,
        Self::BoardRedis,
        Self::OwnFeed,
        Self::Older,
        Self::OwnRank,
        Self::Account,
        Self::Like,
        Self::NewDeed,
        Self::Award,
        Self::Till,
        Self::OneTill,
        Self::CheckIn,
        Self::Day,
        Self::RedisFaults,
    ];
    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::FeedGzip => "feed-gzip",
            Self::Deed => "deed",
            Self::DeedGzip => "deed-gzip",
            Self::Board => "board",
            Self::BoardGzip => "board-gzip",
            Self::BoardRedis => "board-redis",
            Self::OwnFeed => "own-feed",
            Self::Older => "older",
            Self::OwnRank => "own-rank",
            Self::Account => "account",
            Self::Like => "like",
            Self::NewDeed => "new-deed",
            Self::Award => "award",
            Self::Till => "till",
            Self::OneTill => "one-till",
            Self::CheckIn => "check-in",
            Self::Day => "day",
            Self::RedisFaults => "redis-faults",
        }
    }
    /// The ratio that a change may not fall below. A rank on Redis costs its round trip, and that is told by its cost.
    pub const fn floor(self, engine: Engine) -> f64 {
        match (self, engine) {
            (Self::Feed | Self::Board, _) => 0.65,
            (Self::OwnFeed, _) | (Self::Older, Engine::Sqlite) => 0.35,
            (Self::Older, Engine::Postgres) => 0.70,
            (Self::Deed, _) => 0.40,
            (Self::OwnRank, Engine::Sqlite) | (Self::Account, _) => 0.45,
            (Self::OwnRank, Engine::Postgres) => 0.0,
            (Self::Like, _) => 1.0,
            (Self::Day, _) => 0.12,
            _ => 0.5,
        }
    }
    /// Whether it is one kind of read, and nothing is written.
    pub const fn is_read(self) -> bool {
        !matches!(
            self,
            Self::Like
                | Self::NewDeed
                | Self::Award
                | Self::Till
                | Self::OneTill
                | Self::CheckIn
                | Self::Day
                | Self::RedisFaults
        )
    }
    /// Whether it can be measured on an engine.
    pub fn is_on(self, engine: Engine) -> bool {
        engine == Engine::Postgres || !matches!(self, Self::BoardRedis | Self::RedisFaults)
    }
    /// Whether the answers come compressed.
    pub const fn is_compressed(self) -> bool {
        matches!(self, Self::FeedGzip | Self::DeedGzip | Self::BoardGzip)
    }
}
