//! What is kept for a while, and goes by itself: the clock is moved, and the rows are counted.

use serde_json::{Value, json};
use tests::town::text;
use tests::{Town, picture};

use crate::stage::Stage;

/// Runs SQL that changes nothing that the books hold.
fn run(town: &Town, sqlite: &str, postgres: &str) -> String {
    match &town.database {
        Some(database) => database.sql(postgres),
        None => {
            let file = rusqlite::Connection::open(town.folder().join("town.sqlite")).expect("the file opens");
            file.busy_timeout(std::time::Duration::from_secs(10)).expect("it waits");
            if sqlite.starts_with("SELECT") {
                file.query_row(sqlite, [], |row| row.get::<_, i64>(0)).expect("it reads").to_string()
            } else {
                file.execute(sqlite, []).expect("it writes").to_string()
            }
        }
    }
}

/// So many entries in the inbox of the only guest.
pub fn fill_inbox(town: &Town, many: u32) {
    let rows = "'identity', 'join_refused', 'join_01jbr62tryfk1sh9p01j0gre6f', '{}', 1, NULL FROM";
    let who = "(SELECT id FROM identities LIMIT 1)";
    run(
        town,
        &format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many}) \
             INSERT INTO inbox (id, owner_id, owner, kind, object, detail, created_at, read_at) SELECT randomblob(16), {who}, {rows} n"
        ),
        &format!(
            "INSERT INTO inbox (id, owner_id, owner, kind, object, detail, created_at, read_at) \
             SELECT gen_random_uuid(), {who}, {rows} generate_series(1, {many})"
        ),
    );
}

fn count(town: &Town, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    run(town, &sql, &sql).parse().expect("a number")
}

// S31
#[tokio::test]
async fn what_is_kept_for_a_while_goes_by_itself() {
    let stage = Stage::open().await;
    let town = &stage.town;
    let wang = town.resident("wang", &town.world.group1, None).await;
    stage.award(&wang, &stage.item("A-1").await).await;
    wang.post("redemption-codes", json!({})).await.expect(201);
    wang.upload(picture::jpeg(1)).await.expect(201);
    let asked = wang.post("me/exports", Value::Null).await.expect(201);
    let path = format!("staff/imports?unit={}&entity=households", town.world.village);
    let csv = "code,unit_code,door\nLW-9,YX-SQ-LW-1,1-1\n";
    let request = town.ops.request(reqwest::Method::POST, &path).header("Content-Type", "text/csv").body(csv);
    town.ops.send(request).await.expect(201);
    town.drain().await;
    let file = town.folder().join("pictures/exports").join(format!("{}.zip", text(&asked["id"])));
    let tables = [
        "sessions",
        "idempotency",
        "inbox",
        "import_rows",
        "redemption_codes",
        "pictures",
        "exports",
        "outbox",
    ];
    let kept = || tables.map(|table| (table, count(town, table) > 0));
    let there = |present: &[&str]| tables.map(|table| (table, present.contains(&table)));
    assert_eq!(kept(), there(&tables[..7]), "the outbox is worked off");

    // The moment, and what is still there then.
    let times: [(&str, &[&str]); 6] = [
        (
            "2026-03-02T03:00:00Z",
            &["sessions", "idempotency", "inbox", "import_rows", "redemption_codes", "pictures", "exports"],
        ),
        ("2026-03-04T02:00:00Z", &["sessions", "inbox", "import_rows", "exports"]),
        ("2026-03-31T02:00:00Z", &["sessions", "inbox", "import_rows", "exports"]),
        ("2026-04-02T02:00:00Z", &["sessions", "inbox", "exports"]),
        ("2026-06-02T02:00:00Z", &["inbox"]),
        ("2026-08-31T02:00:00Z", &[]),
    ];
    for (moment, present) in times {
        town.set_clock(moment).await;
        // What goes is noted, and then its file is taken away.
        town.drain().await;
        town.drain().await;
        assert_eq!(kept(), there(present), "on {moment}");
        assert_eq!(file.exists(), moment < "2026-03-09", "the copy's file on {moment}");
    }
    town.verify().await;
}
