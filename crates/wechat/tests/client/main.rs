//! The client against the stand-in over real HTTP: what a sign-in and the access token go through on good days and on
//! WeChat's bad ones.
//!
//! Time is the stand-in's clock and waits end at once, so nothing sleeps.

mod calls;
mod control;
mod media;
mod push;
mod receiver;
mod sign_in;
mod stand_in;
mod support;
mod token;
mod wire;
