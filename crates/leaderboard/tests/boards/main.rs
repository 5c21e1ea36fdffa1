//! Every story is told twice: on the board in this process and on Redis. `JISHAN_TEST_REDIS` names a Redis to use; without it each
//! test starts one of its own behind a socket in a temporary folder.

mod faults;
mod history;
mod naive;
mod server;
mod stage;
mod stories;
