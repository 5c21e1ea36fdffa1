//! What was deleted is overwritten: also where a row had lain before its page was put together anew, which deleting it does not reach.

use store::Address;

use super::bed::Bed;

/// How often the word stands in the file, and in the log beside it.
fn found(bed: &Bed) -> usize {
    let Address::Sqlite(path) = bed.place.address() else { panic!("a file") };
    let mut found = 0;
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.clone().into_os_string();
        name.push(suffix);
        let bytes = std::fs::read(name).unwrap_or_default();
        found += bytes.windows(7).filter(|window| *window == b"SECRETS").count();
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_is_nowhere_in_the_files() {
    let bed = Bed::sqlite();
    // Rows of many lengths, whose keys come in no order: pages are split and put together over and over.
    for _ in 0..80 {
        bed.raw(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) \
             INSERT INTO idempotency (principal, key, fingerprint, outcome, created_at) \
             SELECT randomblob(16), hex(randomblob(8)), zeroblob(8), \
                    CASE WHEN i % 3 = 0 THEN hex(randomblob(abs(random()) % 150)) ELSE 'SECRETS' || hex(randomblob(abs(random()) % 150)) END, i FROM n",
        );
        bed.raw("DELETE FROM idempotency WHERE outcome LIKE 'SECRETS%' AND abs(random()) % 3 = 0");
    }
    assert!(found(&bed) > 0);
    bed.raw("DELETE FROM idempotency WHERE outcome LIKE 'SECRETS%'");
    assert_ne!(bed.number("SELECT count(*) AS n FROM idempotency"), 0);
    assert!(bed.store.cleanse().await.unwrap());
    assert_eq!(found(&bed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_the_owner_may() {
    assert!(Bed::postgres().store.cleanse().await.unwrap());
}
