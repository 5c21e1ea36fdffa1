//! What hot requests say to the database, counted exactly: a statement is a round trip on PostgreSQL, and one more is to be meant.

use serde_json::json;
use tests::market::haircut;
use tests::process::Engine;
use tests::town::{Town, text};
use tests::{Actor, Options};

use crate::till::{Till, code, take};

/// The process that serves the shops, where the roles are apart: resident API, merchant service, worker.
const MERCHANT: usize = 1;

/// What a process has said to its database so far.
pub async fn said(town: &Town, process: usize) -> u64 {
    let (_, page) = town.admin_page(process, "/metrics").await;
    let line = page.lines().find_map(|line| line.strip_prefix("jishan_statements_total "));
    line.expect("the statements are counted").parse().expect("a count")
}

// One reads who asks, one reads what there is to know, and the rest are the transaction: its beginning, all that it writes, its end. Where
// the offer has limits, one more looks whether they have room.
#[tokio::test]
async fn a_sale_says_little_to_the_database() {
    // On SQLite a statement is no round trip, and the worker is in the same process.
    if Engine::of_run() == Engine::Sqlite {
        return;
    }
    let till = Till::open_with(Options { roles_apart: true, ..Options::default() }, haircut()).await;
    let town = &till.stage.town;
    let limited = town.offer(&till.shop, limited()).await;
    let wang = till.customer("wang", 4).await;
    for (offer, expected) in [(&till.offer, (5, 5)), (&limited, (6, 5))] {
        // The first sale has everything prepared.
        sell(&till, &wang, offer).await;
        assert_eq!(sell(&till, &wang, offer).await, expected, "a hold, a confirmation");
    }
    town.verify().await;
}

// A write that changes nothing would make everybody read everything anew, each second.
#[tokio::test]
async fn a_worker_that_finds_nothing_to_do_leaves_every_page_as_it_is() {
    let town = Town::open().await;
    town.council().await;
    town.drain().await;
    let edition = || town.value("SELECT SUM(n) FROM editions");
    let before = edition();
    for _ in 0..3 {
        town.drain().await;
    }
    assert_eq!(edition(), before);
}

/// How many statements a hold took, and its confirmation.
async fn sell(till: &Till, customer: &Actor, offer: &str) -> (u64, u64) {
    let town = &till.stage.town;
    let shown = code(customer, json!({"offerId": offer})).await;
    let before = said(town, MERCHANT).await;
    let held = take(&till.clerk, &shown, offer, &shown[4..20]).await.expect(201);
    let between = said(town, MERCHANT).await;
    till.step(&text(&held["id"]), "confirm").await.expect(200);
    (between - before, said(town, MERCHANT).await - between)
}

/// The haircut, with both of its limits.
fn limited() -> serde_json::Value {
    let mut offer = haircut();
    offer["perDay"] = json!(100);
    offer["perResident"] = json!({"count": 10, "span": "week"});
    offer
}
