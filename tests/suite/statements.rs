//! What hot requests say to the database, counted exactly: a statement is a round trip on PostgreSQL, and one more is to be meant.

use serde_json::json;
use tests::Options;
use tests::process::Engine;
use tests::town::{Town, text};

use crate::till::Till;

/// The process that serves the shops, where the roles are apart: resident API, merchant service, worker.
const MERCHANT: usize = 1;

/// What a process has said to its database so far.
pub async fn said(town: &Town, process: usize) -> u64 {
    let (_, page) = town.admin_page(process, "/metrics").await;
    let line = page.lines().find_map(|line| line.strip_prefix("jishan_statements_total "));
    line.expect("the statements are counted").parse().expect("a count")
}

// One reads who asks, one reads what there is to know, and the rest are the transaction: its beginning, all that it writes, its end.
#[tokio::test]
async fn a_sale_says_little_to_the_database() {
    // On SQLite a statement is no round trip, and the worker is in the same process.
    if Engine::of_run() == Engine::Sqlite {
        return;
    }
    let till = Till::open_with(Options { roles_apart: true, ..Options::default() }, limited()).await;
    let town = &till.stage.town;
    let wang = till.customer("wang", 2).await;
    // The first sale has everything prepared.
    till.sold(&wang, "A-1").await;
    let code = till.code(&wang).await;

    let before = said(town, MERCHANT).await;
    let held = text(&till.take(&code, "A-2").await.expect(201)["id"]);
    let between = said(town, MERCHANT).await;
    till.step(&held, "confirm").await.expect(200);
    let after = said(town, MERCHANT).await;
    assert_eq!((between - before, after - between), (5, 5), "a hold, a confirmation");
    town.verify().await;
}

/// The haircut, with both of its limits.
fn limited() -> serde_json::Value {
    let mut offer = tests::market::haircut();
    offer["perDay"] = json!(100);
    offer["perResident"] = json!({"count": 10, "span": "week"});
    offer
}
