//! Requests at the till that are sent more than once, and answers that never came: whatever happens on the way, each thing is done once.

use serde_json::Value;
use tests::town::text;
use tokio::io::AsyncWriteExt as _;

use crate::stage::{at_once, redeemable};
use crate::till::{COSTS, Till, sale, step_of, taking};

#[tokio::test]
async fn one_to_five_copies_of_a_request_do_one_thing() {
    let till = Till::open().await;
    let wang = till.customer("wang", 5).await;
    for copies in 1..=5 {
        let (shown, order) = (till.code(&wang).await, format!("A-{copies}"));
        let body = sale(&shown, &till.offer, &order);
        // One key for all of them, then another for each.
        for same in [true, false] {
            let answers = at_once((0..copies).map(|n| {
                let (clerk, body) = (till.clerk.clone(), body.clone());
                let key = if same {
                    format!("sale-{copies}-0123456789")
                } else {
                    format!("sale-{copies}-{n}-0123456789")
                };
                async move { clerk.send(taking(&clerk, &body, &key)).await }
            }))
            .await;
            let ids: Vec<String> = answers.into_iter().map(|a| text(&a.expect(201)["id"])).collect();
            assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        }
        let id = text(&till.clerk.get(&format!("redemptions/by-order/{order}")).await.expect(200)["id"]);
        let confirm = |_| {
            let (clerk, id) = (till.clerk.clone(), id.clone());
            async move { step_of(&clerk, &id, "confirm").await }
        };
        let receipts: Vec<Value> = at_once((0..copies).map(confirm))
            .await
            .into_iter()
            .map(|a| a.expect(200)["receipt"].clone())
            .collect();
        assert!(receipts.iter().all(|r| r.is_string() && *r == receipts[0]));
        assert_eq!(redeemable(&wang).await, (5 - copies) * COSTS);
        till.clerk
            .send(taking(
                &till.clerk,
                &sale(&shown, &till.offer, "A-0"),
                &format!("sale-{copies}-0123456789"),
            ))
            .await
            .refused(422, "idempotency_key_reused");
    }
    till.stage.town.verify().await;
}

// An answer was lost: the shop asks by its order number, then cancels, and whatever still comes changes nothing.
#[tokio::test]
async fn a_till_whose_answer_was_cut_asks_by_its_order_number_and_cancels() {
    let till = Till::open().await;
    let wang = till.customer("wang", 1).await;
    till.clerk.get("redemptions/by-order/A-1").await.refused(404, "redemption_not_found");
    let shown = till.code(&wang).await;
    send_and_hang_up(&till, &sale(&shown, &till.offer, "A-1")).await;
    let found = loop {
        let answer = till.clerk.get("redemptions/by-order/A-1").await;
        if answer.status == 200 {
            break answer.expect(200);
        }
    };
    let id = text(&found["id"]);
    assert_eq!(till.step(&id, "cancel").await.expect(200)["state"], "cancelled");
    assert_eq!(till.step(&id, "cancel").await.expect(200)["state"], "cancelled");
    till.step(&id, "confirm").await.refused(409, "redemption_settled");
    assert_eq!(
        till.take(&shown, "A-1").await.expect(201)["state"],
        "cancelled",
        "the same sale is what became of it"
    );
    assert_eq!(redeemable(&wang).await, COSTS);
    // A confirmation whose answer was lost is asked for again.
    let id = till.held(&wang, "A-2").await;
    let first = till.step(&id, "confirm").await.expect(200);
    let second = till.step(&id, "confirm").await;
    assert_eq!(second.header("idempotency-replayed"), "true");
    assert_eq!(second.expect(200), first);
    till.step(&id, "cancel").await.refused(409, "redemption_settled");
    till.stage.town.verify().await;
}

/// Sends the request of a sale and goes away before there is an answer.
async fn send_and_hang_up(till: &Till, body: &Value) {
    let (base, body) = (till.stage.town.merchant_base(), body.to_string());
    let host = base.trim_start_matches("http://");
    let mut line = tokio::net::TcpStream::connect(host).await.expect("the service listens");
    let head = format!(
        "POST /v1/redemptions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nIdempotency-Key: cut-0123456789abc\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        till.clerk.token.as_deref().unwrap_or_default(),
        body.len()
    );
    line.write_all(head.as_bytes()).await.expect("the request is sent");
    line.flush().await.expect("the request is sent");
    drop(line.into_std());
}
