//! The suite: stories over HTTP against real servers, on the engine pair of `JISHAN_TEST_ENGINE`.

mod claims;
mod commands;
mod journeys;
mod deeds;
mod matrix;
mod people;
mod rankings;
mod rules;
mod readme;
mod sessions;
mod spec;
mod races;
mod stage;
mod processes;
mod kills;
