//! Every table is decided on: what it holds of people, how it is taken away, where it is told.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::Text;
use store::db::Purpose;
use store::exports::KINDS;
use store::personal::{Export, TABLES};
use store::{AnyId, exports, migrations};

use super::bed::Place;

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn every_table_is_in_the_list(place: &Place, names: &str) {
    let mut conn = place.open(Purpose::Long);
    migrations::run(&mut conn).unwrap();
    let there: BTreeSet<String> =
        diesel::sql_query(names).load::<Name>(&mut conn).unwrap().into_iter().map(|row| row.name).collect();
    let listed: BTreeSet<String> = TABLES.iter().map(|table| table.name.to_owned()).collect();
    assert_eq!(listed.len(), TABLES.len(), "each once");
    assert_eq!(there, listed, "a table of the schema, and what `store::personal` says of it");
    // The statements of the copies are right, though there is nobody.
    let nobody = AnyId(uuid::Uuid::now_v7());
    for kind in KINDS {
        assert_eq!(exports::page(&mut conn, kind, nobody, None).unwrap(), Vec::new(), "{}", kind.name);
    }
}

#[test]
fn every_table_is_in_the_list_on_sqlite() {
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'";
    every_table_is_in_the_list(&Place::sqlite(), names);
}
#[test]
fn every_table_is_in_the_list_on_postgres() {
    let names = "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_%'";
    every_table_is_in_the_list(&Place::postgres(), names);
}

#[test]
fn every_file_tells_of_a_table() {
    let told: BTreeSet<&str> = TABLES
        .iter()
        .filter_map(|table| match table.export {
            Export::In(kind) => Some(kind),
            Export::Not(_) => None,
        })
        .collect();
    // The telephone stands enciphered and is opened by whoever makes the copy, so it is of no kind that a query reads.
    let files: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).chain(["phone"]).collect();
    assert_eq!(told, files);
}
