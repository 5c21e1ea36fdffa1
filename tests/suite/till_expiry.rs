//! Holds whose time is over: they have expired for everybody at that moment, whoever has noticed.

use serde_json::json;
use tests::market::haircut;
use tests::{Engine, Options};

use crate::stage::redeemable;
use crate::till::{COSTS, Till, after, code, state};

#[tokio::test]
async fn an_expired_hold_gives_back_points_and_limits_though_no_worker_runs() {
    let mut offer = haircut();
    offer["perResident"] = json!({"count": 1, "span": "month"});
    offer["perDay"] = json!(1);
    let mut till = Till::open_with(Options { roles_apart: true, ..Options::default() }, offer).await;
    let wang = till.customer("wang", 1).await;
    let li = till.customer("li", 1).await;
    till.stage.town.drain().await;
    // Of PostgreSQL's processes the last one is the worker. SQLite's only one is a worker, too: it rests.
    match till.stage.town.engine {
        Engine::Postgres => drop(till.stage.town.processes.pop()),
        Engine::Sqlite => till.stage.town.rest_the_worker(),
    }
    let held = till.held(&wang, "A-1").await;
    till.take(&till.code(&li).await, "A-2").await.refused(409, "offer_used_up");
    let plain = code(&wang, json!({})).await;
    till.take(&plain, "A-2").await.refused(409, "offer_used_up");

    till.stage.town.set_clock(&after(119)).await;
    assert_eq!(state(&wang, &held).await, "held");
    assert_eq!(redeemable(&wang).await, 0);
    till.stage.town.set_clock(&after(120)).await;
    for who in [&wang, &till.clerk] {
        assert_eq!(state(who, &held).await, "expired");
    }
    assert_eq!(redeemable(&wang).await, COSTS);
    for (query, many) in [("state=held", 0), ("state=expired", 1), ("", 1)] {
        let list = till.clerk.get(&format!("redemptions?{query}")).await.expect(200);
        assert_eq!(list["items"].as_array().map(Vec::len), Some(many), "{query}");
    }
    till.step(&held, "confirm").await.refused(409, "redemption_expired");
    assert_eq!(till.step(&held, "cancel").await.expect(200)["state"], "expired");

    let told = wang.get("inbox").await.expect(200);
    assert_ne!(told["items"][0]["kind"], "redemption_expired", "nobody has noticed yet");

    // The next touch takes what came back, and no more; and whose it was is told.
    let next = till.held(&li, "A-3").await;
    till.take(&till.code(&wang).await, "A-4").await.refused(409, "offer_used_up");
    let told = wang.get("inbox").await.expect(200);
    assert_eq!(told["items"][0]["kind"], "redemption_expired", "{told}");
    till.step(&next, "confirm").await.expect(200);
    assert_eq!((redeemable(&wang).await, redeemable(&li).await), (COSTS, 0));
    if till.stage.town.engine == Engine::Postgres {
        till.stage.town.start("worker");
        till.stage.town.set_clock(&after(121)).await;
    }
    till.stage.town.verify().await;
}

// The worker writes down what has expired, and tells whose it was.
#[tokio::test]
async fn the_worker_notices_what_has_expired() {
    let till = Till::open().await;
    let wang = till.customer("wang", 1).await;
    let held = till.held(&wang, "A-1").await;
    till.stage.town.set_clock(&after(150)).await;
    till.stage.town.drain().await;
    let told = wang.get("inbox").await.expect(200);
    assert_eq!(told["items"][0]["kind"], "redemption_expired", "{told}");
    let seen = wang.get(&format!("redemptions/{held}")).await.expect(200);
    assert_eq!((&seen["state"], &seen["settledAt"]), (&json!("expired"), &json!(after(120))));
    till.stage.town.verify().await;
}
