//! Migrations: once, twice, and by several processes at once.

use store::db::Purpose;
use store::migrations;

use super::bed::Place;

fn once_and_twice(place: &Place) {
    let mut conn = place.open(Purpose::Long);
    assert!(!migrations::is_current(&mut conn).unwrap());
    let first = migrations::run(&mut conn).unwrap();
    assert!(!first.is_empty());
    assert!(migrations::is_current(&mut conn).unwrap());
    assert_eq!(migrations::run(&mut conn).unwrap(), Vec::<String>::new());
}

fn at_once(place: &Place) {
    let barrier = std::sync::Barrier::new(6);
    let runs: Vec<Vec<String>> = std::thread::scope(|scope| {
        let run = || {
            barrier.wait();
            migrations::run(&mut place.open(Purpose::Long)).unwrap()
        };
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(runs.iter().filter(|names| !names.is_empty()).count(), 1, "{runs:?}");
}

#[test]
fn once_and_twice_on_sqlite() {
    once_and_twice(&Place::sqlite());
}
#[test]
fn once_and_twice_on_postgres() {
    once_and_twice(&Place::postgres());
}
#[test]
fn six_at_once_on_sqlite() {
    at_once(&Place::sqlite());
}
#[test]
fn six_at_once_on_postgres() {
    at_once(&Place::postgres());
}
