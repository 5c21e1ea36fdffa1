//! Writes: whole or not at all, and none fails for what its neighbour did.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use domain::Code;
use store::db::Purpose;
use store::schema::meta;
use store::{Db, Error, Result};

use super::bed::{Bed, Place, assert_refused};

on_both!(
    a_panic_fails_alone,
    an_error_leaves_nothing_and_fails_alone,
    a_savepoint_can_fail_inside_a_write,
    a_reader_does_not_write,
    what_others_may_see_is_another_edition_with_its_commit,
    too_many_at_once_are_told_that_it_is_busy,
);

fn put(c: &mut Db, key: &str) -> Result<()> {
    diesel::insert_into(meta::table).values((meta::key.eq(key), meta::value.eq(""))).execute(c)?;
    Ok(())
}

fn keys(bed: &Bed) -> i64 {
    bed.number("SELECT COUNT(*) AS n FROM meta WHERE key LIKE 'key:%'")
}

/// Ten writes in one batch (where there are batches), of which the fifth does something else after its row.
async fn ten(bed: &Bed, fifth: fn(&mut Db) -> Result<()>) -> Vec<Result<()>> {
    let (go, first) = bed.blocked().await;
    let mut writes = Vec::new();
    for i in 0..10 {
        let store = bed.store.clone();
        let body = move |c: &mut Db| {
            put(c, &format!("key:{i}"))?;
            if i == 5 { fifth(c) } else { Ok(()) }
        };
        writes.push(Box::pin(async move { store.write(body).await }));
    }
    // Each is polled once, so that it waits in the queue, before the first may end.
    let all = futures(writes);
    drop(go);
    let outcomes = all.await;
    first.await.unwrap().unwrap();
    outcomes
}

/// Spawns each, and waits for all in order.
async fn joined<T: Send + 'static>(tasks: Vec<tokio::task::JoinHandle<T>>) -> Vec<T> {
    let mut out = Vec::new();
    for task in tasks {
        out.push(task.await.unwrap());
    }
    out
}

fn futures<F>(writes: Vec<F>) -> impl Future<Output = Vec<F::Output>>
where
    F: Future<Output: Send + 'static> + Send + Unpin + 'static,
{
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let begun = writes.into_iter().map(|mut write| {
        let polled = std::pin::Pin::new(&mut write).poll(&mut cx);
        assert!(polled.is_pending(), "a write waits for its commit");
        write
    });
    let begun: Vec<F> = begun.collect();
    joined(begun.into_iter().map(tokio::spawn).collect())
}

fn assert_only_the_fifth_failed(bed: &Bed, outcomes: &[Result<()>]) {
    let failed: Vec<usize> =
        outcomes.iter().enumerate().filter(|(_, o)| o.is_err()).map(|(i, _)| i).collect();
    assert_eq!(failed, [5], "{outcomes:?}");
    assert_eq!(keys(bed), 9);
}

async fn a_panic_fails_alone(bed: &Bed) {
    let outcomes = ten(bed, |_| panic!("the fifth panics")).await;
    assert_only_the_fifth_failed(bed, &outcomes);
    assert!(matches!(outcomes[5], Err(Error::Corrupt(_))), "{outcomes:?}");
    bed.store.write(|c| put(c, "key:next")).await.unwrap();
}

async fn an_error_leaves_nothing_and_fails_alone(bed: &Bed) {
    let outcomes = ten(bed, |_| Err(Code::NotFound.into())).await;
    assert_only_the_fifth_failed(bed, &outcomes);
    let twice = bed.store.write(|c| put(c, "key:10").and_then(|()| put(c, "key:0"))).await;
    assert!(matches!(twice, Err(Error::Database(_))), "{twice:?}");
    assert_eq!(keys(bed), 9);
}

async fn a_savepoint_can_fail_inside_a_write(bed: &Bed) {
    let body = |c: &mut Db| {
        put(c, "key:kept")?;
        let inner: Result<()> = c.transaction(|c| put(c, "key:lost").and_then(|()| put(c, "key:kept")));
        assert!(inner.is_err());
        put(c, "key:also")
    };
    bed.store.write(body).await.unwrap();
    assert_eq!(keys(bed), 2);
}

async fn a_reader_does_not_write(bed: &Bed) {
    let written = bed.store.read(|c| put(c, "key:read")).await;
    if bed.is_sqlite() {
        assert!(matches!(written, Err(Error::Database(_))), "{written:?}");
        assert_eq!(keys(bed), 0);
    }
}

async fn too_many_at_once_are_told_that_it_is_busy(bed: &Bed) {
    let mut blocked = Vec::new();
    for _ in 0..if bed.is_sqlite() { 1 } else { 8 } {
        blocked.push(bed.blocked().await);
    }
    let mut writes = Vec::new();
    for i in 0..1_024 {
        let store = bed.store.clone();
        writes.push(Box::pin(async move { store.write(move |c| put(c, &format!("key:{i}"))).await }));
    }
    let waiting = futures(writes);
    assert_refused(bed.store.write(|c| put(c, "key:more")).await, Code::Busy);
    for (go, first) in blocked {
        drop(go);
        first.await.unwrap().unwrap();
    }
    let outcomes = waiting.await;
    let done = outcomes.iter().filter(|o| o.is_ok()).count();
    // On a pool, whoever waits longer than two seconds is told that it is busy, too.
    assert!(outcomes.into_iter().all(|o| o.is_ok() || matches!(o, Err(Error::Refused(_)))));
    assert_eq!(usize::try_from(keys(bed)).unwrap(), done);
    assert!(done == 1_024 || !bed.is_sqlite());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_fails_on_sqlite_fails_alone() {
    let bed = Bed::sqlite();
    let orphan = |c: &mut Db| {
        c.batch_execute(
            "PRAGMA defer_foreign_keys=ON; INSERT INTO unit_paths (unit_id, ancestor_id, depth) VALUES (x'01', x'01', 0)",
        )?;
        Ok(())
    };
    let outcomes = ten(&bed, orphan).await;
    assert_only_the_fifth_failed(&bed, &outcomes);
    assert!(matches!(outcomes[5], Err(Error::Database(_))), "{outcomes:?}");
    bed.store.write(|c| put(c, "key:next")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_writer_survives_that_sqlite_ends_its_transaction() {
    let bed = Bed::sqlite();
    // As SQLite does by itself when the disk is full.
    let outcomes = ten(&bed, |c| Ok(c.batch_execute("ROLLBACK")?)).await;
    assert_only_the_fifth_failed(&bed, &outcomes);
    bed.store.write(|c| put(c, "key:next")).await.unwrap();
    assert_eq!(keys(&bed), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_of_one_serves_many_in_turn() {
    for place in [Place::sqlite(), Place::postgres()] {
        let bed = Bed::on(place, 1);
        let write = |i: usize| {
            let store = bed.store.clone();
            tokio::spawn(async move { store.write(move |c| put(c, &format!("key:{i}"))).await })
        };
        for outcome in joined((0..50).map(write).collect()).await {
            outcome.unwrap();
        }
        assert_eq!(keys(&bed), 50);
    }
}

#[derive(diesel::QueryableByName)]
struct Pages {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    log: i32,
}

// Left to the writer, the log begins anew after 16,000 pages; a thread beside it carries over what is written long before that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_sqlite_begins_anew_while_much_is_written() {
    let bed = Bed::sqlite();
    let mut reader = bed.place.open(Purpose::Read);
    let (mut most, mut begun_anew, mut n) = (0, false, 0);
    while !begun_anew && most < 12_000 {
        n += 1;
        let (key, value) = (format!("key:{n}"), "x".repeat(100_000));
        let write = move |c: &mut Db| {
            let row = (meta::key.eq(&key), meta::value.eq(&value));
            diesel::insert_into(meta::table).values(row).execute(c)?;
            Ok(())
        };
        bed.store.write(write).await.unwrap();
        let pages: Pages = diesel::sql_query("PRAGMA wal_checkpoint(NOOP)").get_result(&mut reader).unwrap();
        begun_anew = pages.log < most;
        most = most.max(pages.log);
    }
    assert!(begun_anew, "it grew to {most} pages");
}

async fn what_others_may_see_is_another_edition_with_its_commit(bed: &Bed) {
    let edition = async || bed.store.read(store::editions::now).await.unwrap();
    let first = edition().await;
    bed.store.write_quietly(|c| put(c, "key:quiet")).await.unwrap();
    assert_eq!(edition().await, first, "nobody sees it");
    bed.store.write(|c| put(c, "key:seen")).await.unwrap();
    assert_eq!(edition().await, first.after());
    let failed = bed.store.write(|c| put(c, "key:seen")).await;
    assert!(failed.is_err());
    assert_eq!(edition().await, first.after(), "nothing was written");
    // More than there are rows of it, all at once.
    let writes = (0..40).map(|n| {
        let store = bed.store.clone();
        tokio::spawn(async move { store.write(move |c| put(c, &format!("key:{n}"))).await })
    });
    for outcome in joined(writes.collect()).await {
        outcome.unwrap();
    }
    assert_eq!(edition().await, (0..41).fold(first, |edition, _| edition.after()));
    // Nobody turns it back.
    let back = |c: &mut Db| Ok(c.batch_execute("UPDATE editions SET n = n - 1")?);
    assert!(bed.store.write_quietly(back).await.is_err());
}
