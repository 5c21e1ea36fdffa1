//! The ledger's stories, each told on both engines: a SQLite file of its own, and a PostgreSQL database of its own.

mod store {
    #[macro_use]
    mod bed;
    mod append_only;
    mod counting;
    mod failing;
    mod fair;
    mod forgetting;
    mod holding;
    mod logging;
    mod migrating;
    mod overwriting;
    mod people;
    mod planted;
    mod posting;
    mod random;
    mod scoring;
    mod selling;
    mod shop;
    mod writing;
}
