//! What cannot be reached, and what is not understood.

use std::sync::Arc;

use domain::Code;
use domain::ids::{DeedId, IdentityId, OfferId, SessionId};
use domain::time::Zone;
use store::clock::SystemClock;
use store::db::{self, Purpose};
use store::{Address, Db, Error, Settings, Store};

use super::bed::{Bed, Place};

#[test]
fn only_known_schemes_are_addresses() {
    for text in [
        "",
        "jishan.db",
        "./jishan.db",
        "mysql://root@localhost/x",
        "sqlite:",
        "sqlite://",
        "Postgres://x",
        "file:x",
    ] {
        assert!(Address::parse(text).is_err(), "{text}");
    }
    assert_eq!(Address::parse("sqlite:/var/lib/jishan.db"), Ok(Address::Sqlite("/var/lib/jishan.db".into())));
    assert_eq!(
        Address::parse("sqlite:///var/lib/jishan.db"),
        Ok(Address::Sqlite("/var/lib/jishan.db".into()))
    );
    for url in ["postgres://u:secret@h/d", "postgresql://u:secret@h/d"] {
        let address = Address::parse(url).unwrap();
        assert_eq!(address, Address::Postgres(url.to_owned()));
        assert!(!format!("{address:?}").contains("secret"));
    }
}

/// The address of a server that is not there: the port was free a moment ago.
fn nobody() -> Address {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    Address::Postgres(format!("postgres://jishan:secret@127.0.0.1:{port}/none"))
}

fn assert_says_why(error: &Error) {
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    assert!(error.to_string().contains("refused"), "the cause is named: {error}");
    assert!(!format!("{error} {error:?}").contains("secret"));
    assert_eq!(error.refusal().code, Code::Unavailable);
}

#[test]
fn a_server_that_is_not_there_is_named_as_the_cause() {
    assert_says_why(&db::open(&nobody(), Purpose::Write).unwrap_err());
    let settings = Settings { address: nobody(), pool: 2, purpose: Purpose::Write };
    assert_says_why(&Store::open(&settings, Arc::new(SystemClock), Zone::shanghai()).unwrap_err());
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let place = Place::sqlite();
    let Address::Sqlite(file) = place.address() else { panic!("a file") };
    let address = Address::Sqlite(file.join("below").join("a-file.db"));
    let error = db::open(&address, Purpose::Write).unwrap_err();
    assert!(error.to_string().contains("a-file.db"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_was_cut_costs_one_request() {
    let bed = Bed::on(Place::postgres(), 1);
    let one = |c: &mut Db| Ok(diesel::connection::SimpleConnection::batch_execute(c, "SELECT 1")?);
    bed.store.read(one).await.unwrap();
    bed.raw(CUT);
    let error = bed.store.read(one).await.unwrap_err();
    assert!([Code::Busy, Code::Unavailable].contains(&error.refusal().code), "{error:?}");
    bed.store.read(one).await.unwrap();
    bed.store.write(one).await.unwrap();
}

/// Cuts every connection of a bed.
const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_was_cut_is_not_kept_by_what_is_asked_by_many() {
    let bed = Bed::on(Place::postgres(), 1);
    let offered = || bed.store.offered(vec![0; 32], OfferId::new(), "1".to_owned());
    assert!(offered().await.unwrap().is_none());
    bed.raw(CUT);
    let refused = offered().await.unwrap_err().refusal().code;
    assert!([Code::Busy, Code::Unavailable].contains(&refused), "{refused:?}");
    assert!(offered().await.unwrap().is_none());

    // Whoever is not answered by a write of many goes the long way, on another connection.
    let bed = Bed::on(Place::postgres(), 1);
    let liked = || bed.store.like(DeedId::new(), IdentityId::new(), SessionId::new());
    liked().await.unwrap();
    bed.raw(CUT);
    assert!(liked().await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_one_connection_was_cut_the_others_are_tried_first() {
    let bed = Bed::on(Place::postgres(), 4);
    let all_at_once = async || {
        let barrier = Arc::new(std::sync::Barrier::new(4));
        let reads = (0..4).map(|_| {
            let (store, barrier) = (bed.store.clone(), barrier.clone());
            tokio::spawn(async move {
                let together = move |c: &mut Db| {
                    barrier.wait();
                    Ok(diesel::connection::SimpleConnection::batch_execute(c, "SELECT 1")?)
                };
                store.read(together).await
            })
        });
        let mut lost = 0;
        for read in reads.collect::<Vec<_>>() {
            lost += usize::from(read.await.unwrap().is_err());
        }
        lost
    };
    assert_eq!(all_at_once().await, 0);
    bed.raw(CUT);
    let one = |c: &mut Db| Ok(diesel::connection::SimpleConnection::batch_execute(c, "SELECT 1")?);
    bed.store.read(one).await.unwrap_err();
    assert_eq!(all_at_once().await, 0, "each of the others was tried before it was used");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_ends_opens_no_connection_any_more() {
    let bed = Bed::on(Place::postgres(), 1);
    let one = |c: &mut Db| Ok(diesel::connection::SimpleConnection::batch_execute(c, "SELECT 1")?);
    bed.store.end().await;
    let error = bed.store.read(one).await.unwrap_err();
    assert_eq!(error.refusal().code, Code::Unavailable, "{error:?}");
    // What was open before serves to the end.
    let bed = Bed::on(Place::postgres(), 1);
    bed.store.read(one).await.unwrap();
    bed.store.end().await;
    bed.store.read(one).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_somebody_keeps_is_answered_with_busy() {
    let bed = Bed::postgres();
    bed.store.write(|c| lock_and_wait(c, "SET LOCAL lock_timeout = '1ms'")).await.unwrap();
    let (go, may_go) = std::sync::mpsc::channel::<()>();
    let (has, is_locked) = std::sync::mpsc::channel::<()>();
    let store = bed.store.clone();
    let keeper = tokio::spawn(async move {
        let keep = move |c: &mut Db| {
            lock_and_wait(c, "SELECT 1")?;
            has.send(()).ok();
            may_go.recv().ok();
            Ok(())
        };
        store.write(keep).await
    });
    tokio::task::spawn_blocking(move || is_locked.recv()).await.unwrap().unwrap();
    let error = bed.store.write(|c| lock_and_wait(c, "SET LOCAL lock_timeout = '1ms'")).await.unwrap_err();
    assert_eq!(error.refusal().code, Code::Busy, "{error:?}");
    drop(go);
    keeper.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_is_run_again() {
    let bed = Bed::postgres();
    bed.raw("INSERT INTO meta (key, value) VALUES ('a', ''), ('b', '')");
    let both_hold_one = Arc::new(std::sync::Barrier::new(2));
    let crossing = [["a", "b"], ["b", "a"]].map(|keys| {
        let (store, barrier) = (bed.store.clone(), both_hold_one.clone());
        let mut runs = 0;
        let body = move |c: &mut Db| {
            runs += 1;
            diesel::connection::SimpleConnection::batch_execute(c, "SET LOCAL deadlock_timeout = '10ms'")?;
            touch(c, keys[0])?;
            if runs == 1 {
                barrier.wait();
            }
            touch(c, keys[1])?;
            Ok(runs)
        };
        tokio::spawn(async move { store.write(body).await })
    });
    let mut runs = 0;
    for write in crossing {
        runs += write.await.unwrap().unwrap();
    }
    assert!(runs > 2, "one of the two was run again");
    assert_eq!(bed.number("SELECT COUNT(*) AS n FROM meta WHERE value = '++'"), 2);
}

fn touch(c: &mut Db, key: &str) -> store::Result<()> {
    use diesel::connection::SimpleConnection;
    Ok(c.batch_execute(&format!("UPDATE meta SET value = value || '+' WHERE key = '{key}'"))?)
}

fn lock_and_wait(c: &mut Db, first: &str) -> store::Result<()> {
    use diesel::connection::SimpleConnection;
    c.batch_execute(first)?;
    Ok(c.batch_execute("UPDATE sequencer SET day = day WHERE id = 1")?)
}
