//! The ledger: accounts and guarded balances (`accounts`), linked groups of transfers (`posting`), holds (`holds`), counters for caps
//! (`counters`), what one person has (`purses`), the queue and the gapless log (`sequencer`), the scores that boards are made from (`scores`), and the recomputation of
//! all of it (`verify`).
//!
//! Lock order, everywhere: what the step is about (an event, a review, a redemption, a claim), counters, then holds, then balances by
//! account id, then the queue. A transaction that keeps to it can wait, but not for itself.

pub mod accounts;
pub mod counters;
pub mod history;
pub mod holds;
pub mod posting;
pub mod purses;
pub mod scores;
pub mod sequencer;
pub mod verify;
