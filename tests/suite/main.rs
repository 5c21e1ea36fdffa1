//! The suite: stories over HTTP against real servers, on the engine pair of `JISHAN_TEST_ENGINE`.

mod claims;
mod commands;
mod deeds;
mod event_completion;
mod event_races;
mod events;
mod inbox;
mod journeys;
mod kills;
mod matrix;
mod merchants;
mod people;
mod points;
mod privileges;
mod processes;
mod races;
mod rankings;
mod readme;
mod redemptions;
mod rules;
mod sessions;
mod spec;
mod stage;
mod statements;
mod till;
mod till_races;
