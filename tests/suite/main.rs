//! The suite: stories over HTTP against real servers, on the engine pair of `JISHAN_TEST_ENGINE`.

mod claims;
mod deeds;
mod people;
mod rankings;
mod rules;
mod readme;
mod sessions;
mod races;
mod stage;
