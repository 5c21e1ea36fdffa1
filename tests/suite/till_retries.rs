//! Requests at the till that are sent more than once, and answers that never came: whatever happens on the way, each thing is done once.

use serde_json::{Value, json};
use tests::market::haircut;
use tests::town::text;
use tests::{Actor, Line, Options};
use tokio::io::AsyncWriteExt as _;

use crate::stage::{AWARD, at_once, attempt, redeemable};
use crate::till::{COSTS, Till, Wish, apart, code, sale, step_of, taking, together};
use crate::till_races::rounds;

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

/// Somebody sends requests over a line that loses answers, and sends each again until there is one.
struct Insistent {
    who: Actor,
    line: Line,
}

/// How a request is sent.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// How many copies at once.
    copies: usize,
    /// To how many of them the first answer is lost, after the service has committed.
    lost: usize,
    /// Whether somebody uses the key for something else, too.
    misused: bool,
}

impl Insistent {
    /// What all copies were answered in the end.
    async fn send(&self, wish: &Wish, manner: Manner) -> Value {
        let Manner { copies, lost, misused } = manner;
        let mut other = Vec::new();
        if misused {
            // The key is used, and nobody knows.
            self.line.lose_answers_to(&wish.path, 1);
            assert_eq!(attempt(wish.by(&self.who)).await, None, "the answer was lost");
            other.push(wish.misused());
        }
        self.line.lose_answers_to(&wish.path, lost.min(copies));
        let requests: Vec<Wish> = (0..copies).map(|_| wish.clone()).chain(other).collect();
        let mut answers = at_once(requests.into_iter().map(|wish| {
            let who = self.who.clone();
            async move {
                loop {
                    // No answer, or that it is busy: it is sent again.
                    match attempt(wish.by(&who)).await {
                        Some(answer) if answer.0 != 503 => break answer,
                        _ => {}
                    }
                }
            }
        }))
        .await;
        if misused {
            let (status, told) = answers.pop().unwrap_or_default();
            assert_eq!((status, &told["code"]), (422, &json!("idempotency_key_reused")), "{}", wish.path);
        }
        let (status, told) = answers.first().cloned().unwrap_or_default();
        assert!(status < 300, "{}: {told}", wish.path);
        assert!(answers.iter().all(|answer| *answer == (status, told.clone())), "{answers:?}");
        told
    }
}

/// What a sale may come to: whether the code was for no offer, and its steps.
const WAYS: [(bool, &[&str], &str); 4] = [
    (false, &["confirm", "void"], "voided"),
    (false, &["cancel"], "cancelled"),
    (true, &["approve", "confirm", "void"], "voided"),
    (true, &["decline"], "declined"),
];

async fn everything_is_done_once(options: Options) {
    let till = Till::open_with(options, haircut()).await;
    let wang = till.customer("wang", 2).await;
    let resident = Line::to(till.stage.town.base(0).trim_start_matches("http://")).await;
    let line = till.line().await;
    let at_line = |line: &Line| format!("http://{}", line.address);
    let shop = Insistent { who: till.clerk.at_merchant(&at_line(&line)), line };
    let phone = Insistent { who: wang.at(&at_line(&resident)), line: resident };
    for round in 0..rounds(40) {
        let (plain, steps, end) = WAYS[round % WAYS.len()];
        let order = format!("R-{round}");
        // One hold in ten and one void in ten is misused: of all requests some five in a hundred.
        let manner = |misused| Manner { copies: 1 + round % 5, lost: round % 3, misused };
        let wanted = if plain { json!({}) } else { json!({"offerId": till.offer}) };
        let shown = code(&wang, wanted).await;
        let hold = Wish::new("redemptions".to_owned(), Some(sale(&shown, &till.offer, &order)), &order);
        let held = shop.send(&hold, manner(round % 10 == 3)).await;
        assert_eq!(redeemable(&wang).await, 2 * AWARD - COSTS, "{order} is held once");
        let mut stands = held.clone();
        for step in steps {
            let wish = Wish::step(&text(&held["id"]), step, &order);
            let who = if matches!(*step, "approve" | "decline") { &phone } else { &shop };
            stands = who.send(&wish, manner(*step == "void" && round % 10 == 6)).await;
        }
        assert_eq!(stands["state"], end);
        let found = till.clerk.get(&format!("redemptions/by-order/{order}")).await.expect(200);
        assert_eq!((&found["id"], &found["state"]), (&held["id"], &json!(end)));
        assert_eq!(redeemable(&wang).await, 2 * AWARD, "{order} has given everything back once");
    }
    till.stage.town.verify().await;
}

// Requests in one to five copies, answers that are lost after the commit, and keys that are used for something else.
#[tokio::test]
async fn what_is_sent_often_and_answered_late_is_done_once() {
    everything_is_done_once(together()).await;
}

#[tokio::test]
async fn what_is_sent_often_to_a_process_of_the_shops_is_done_once() {
    if let Some(options) = apart() {
        everything_is_done_once(options).await;
    }
}
