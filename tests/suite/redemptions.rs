//! Redemptions: from the code on a phone to the receipt on both sides, and everything that can come between.

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Value, json};
use tests::market::{haircut, post_empty};
use tests::town::{START, TODAY, text};
use tests::{Actor, Engine, Options};
use tokio::io::AsyncWriteExt as _;

use crate::stage::{at_once, redeemable};
use crate::till::{COSTS, Till, code, sale, state, step_of, take, taking};

/// So many seconds after every story begins.
fn after(seconds: u32) -> String {
    let minutes = seconds / 60;
    format!("2026-03-02T{:02}:{:02}:{:02}Z", 2 + minutes / 60, minutes % 60, seconds % 60)
}

// BQ-10: a haircut for 30 yuan instead of 35, with points: two requests of the shop, and the customer has only shown the code.
#[tokio::test]
async fn a_haircut_costs_thirty_yuan_instead_of_thirty_five_and_five_points() {
    let till = Till::open().await;
    let wang = till.customer("wang", 2).await;
    let shown = wang.post("redemption-codes", json!({"offerId": till.offer})).await.expect(201);
    assert!(text(&shown["code"]).starts_with("JS1.") && shown["qr"] == shown["code"]);
    assert_eq!(shown["expiresAt"], "2026-03-02T02:01:00Z");

    let held = till.take(&text(&shown["code"]), "A-1").await.expect(201);
    let id = text(&held["id"]);
    assert_eq!(
        (&held["listPrice"], &held["price"], &held["points"]),
        (&json!("35.00"), &json!("30.00"), &json!("5.00"))
    );
    assert_eq!(
        (&held["state"], &held["approval"], &held["customer"]),
        (&json!("held"), &json!("given"), &json!("王*"))
    );
    let seen = wang.get(&format!("redemptions/{id}")).await.expect(200);
    assert_eq!(
        (&seen["shopName"], &seen["price"], &seen["points"]),
        (&json!("lily 理发店"), &json!("30.00"), &json!("5.00"))
    );
    assert_eq!(redeemable(&wang).await, COSTS, "what is held cannot be spent");

    let sold = till.step(&id, "confirm").await.expect(200);
    assert_eq!((&sold["state"], &sold["settledAt"]), (&json!("captured"), &json!(START)));
    assert_eq!(redeemable(&wang).await, COSTS);
    let mine = wang.get("me/redemptions").await.expect(200);
    assert_eq!((&mine["items"][0]["id"], &mine["items"][0]["receipt"]), (&json!(id), &sold["receipt"]));
    let told = wang.get("inbox").await.expect(200);
    assert_eq!(told["items"][0]["kind"], "redemption_captured", "{told}");

    // Everybody sees the own ones only.
    let li = till.customer("li", 0).await;
    let other = till.stage.town.shop("other", &till.stage.town.world.village).await.owner;
    for who in [&li, &other, &till.stage.town.applicant("nobody").await] {
        for path in [format!("redemptions/{id}"), "redemptions/by-order/A-1".to_owned()] {
            if who.id != li.id || path.ends_with(&id) {
                assert_eq!(who.get(&path).await.status, 404, "{path}");
            }
        }
    }
    step_of(&other, &id, "cancel").await.refused(404, "redemption_not_found");
    step_of(&li, &id, "decline").await.refused(404, "redemption_not_found");
    till.stage.town.verify().await;
}

// BQ-10: a code for no offer only says who stands there.
#[tokio::test]
async fn a_plain_code_needs_the_customers_own_tap_above_the_units_limit() {
    let till = Till::open().await;
    let wang = till.customer("wang", 3).await;
    let held = till.take(&code(&wang, json!({})).await, "A-1").await.expect(201);
    let id = text(&held["id"]);
    assert_eq!(held["approval"], "awaited");
    assert_eq!(wang.get("inbox").await.expect(200)["items"][0]["kind"], "redemption_held");
    till.step(&id, "confirm").await.refused(409, "approval_awaited");
    assert_eq!(step_of(&wang, &id, "approve").await.expect(200)["approval"], "approved");
    assert_eq!(step_of(&wang, &id, "approve").await.header("idempotency-replayed"), "true");
    till.step(&id, "confirm").await.expect(200);
    step_of(&wang, &id, "decline").await.refused(409, "redemption_settled");

    let held = text(&till.take(&code(&wang, json!({})).await, "A-2").await.expect(201)["id"]);
    assert_eq!(step_of(&wang, &held, "decline").await.expect(200)["state"], "declined");
    step_of(&wang, &held, "approve").await.refused(409, "redemption_settled");
    till.step(&held, "confirm").await.refused(409, "redemption_settled");
    assert_eq!(redeemable(&wang).await, 2 * COSTS);

    // Where the unit says that five points need no tap, they do not.
    till.policy(json!({"tapAbove": "5.00"})).await;
    let held = till.take(&code(&wang, json!({})).await, "A-3").await.expect(201);
    assert_eq!(held["approval"], "given");
    till.step(&text(&held["id"]), "confirm").await.expect(200);
    // A typed code needs it all the same: somebody may have guessed it.
    let typed = code(&wang, json!({"merchantId": till.shop.id, "typed": true})).await;
    assert!(typed.len() == 11 && typed.bytes().all(|b| b.is_ascii_digit()));
    let spaced = format!("{} {}-{}", &typed[..4], &typed[4..8], &typed[8..]);
    assert_eq!(till.take(&spaced, "A-4").await.expect(201)["approval"], "awaited");
    till.stage.town.verify().await;
}

#[tokio::test]
async fn a_code_is_good_once_for_a_minute_and_the_newest_only() {
    let till = Till::open().await;
    let wang = till.customer("wang", 3).await;
    let (first, second) = (till.code(&wang).await, till.code(&wang).await);
    till.take(&first, "A-1").await.refused(404, "code_unknown");
    let other = till.stage.town.offer(&till.shop, haircut()).await;
    take(&till.clerk, &second, &other, "A-1").await.refused(409, "code_other_offer");
    till.take(&second, "A-1").await.expect(201);
    // Used, never made, malformed: one answer for all of them.
    let unknown = till.take("JS1.AAAAAAAAAAAAAAAAAAAAAA", "A-2").await;
    unknown.refused(404, "code_unknown");
    for wrong in [second.as_str(), "JS1.x", "12345678901", "王", "eyJhbGciOiJFZERTQSJ9"] {
        let answer = till.take(wrong, "A-2").await;
        answer.refused(404, "code_unknown");
        assert_eq!(
            (&answer.json["detail"], &answer.json["title"]),
            (&unknown.json["detail"], &unknown.json["title"])
        );
    }
    let late = till.code(&wang).await;
    till.stage.town.set_clock(&after(60)).await;
    till.take(&late, "A-2").await.refused(404, "code_unknown");

    // A shop's code at another shop, and an offer that is not the shop's.
    let rival = till.stage.town.shop("rival", &till.stage.town.world.village).await;
    let theirs = till.stage.town.offer(&rival, haircut()).await;
    let good = till.code(&wang).await;
    take(&rival.owner, &good, &theirs, "B-1").await.refused(409, "code_other_offer");
    take(&rival.owner, &good, &till.offer, "B-1").await.refused(404, "offer_not_found");
    let typed = code(&wang, json!({"merchantId": till.shop.id, "typed": true})).await;
    take(&rival.owner, &typed, &theirs, "B-1").await.refused(404, "code_unknown");
    till.take(&typed, "A-3").await.expect(201);
    // What can be no wish for a code.
    for wish in [
        json!({"typed": true}),
        json!({"merchantId": till.shop.id}),
        json!({"typed": true, "merchantId": till.shop.id, "offerId": till.offer}),
    ] {
        wang.post("redemption-codes", wish).await.refused(422, "invalid");
    }
    till.stage
        .town
        .guest("guest")
        .await
        .post("redemption-codes", json!({}))
        .await
        .refused(403, "residents_only");
    till.stage.town.verify().await;
}

#[tokio::test]
async fn a_customer_pays_the_price_that_was_shown_or_none() {
    let till = Till::open().await;
    let wang = till.customer("wang", 1).await;
    let shown = till.code(&wang).await;
    let path = format!("offers/{}", till.offer);
    let etag = till.shop.owner.get(&path).await.etag();
    let mut dearer = haircut();
    dearer["points"] = json!("5.01");
    let changed = till.shop.owner.put_if(&path, &etag, dearer).await.expect(200);
    till.take(&shown, "A-1").await.refused(409, "offer_closed");
    till.stage.town.publish_offer(&changed).await;
    till.take(&shown, "A-1").await.refused(409, "offer_changed");
    let plain = code(&wang, json!({})).await;
    till.take(&plain, "A-1").await.refused(409, "balance_exceeded");
    assert_eq!(redeemable(&wang).await, COSTS);
    // Nothing was used up by all that: the same code and number do for what can be paid.
    let cheap = till.stage.town.offer(&till.shop, haircut()).await;
    take(&till.clerk, &plain, &cheap, "A-1").await.expect(201);
    post_empty(&till.shop.owner, &format!("{path}/close")).await.expect(200);
    wang.post("redemption-codes", json!({"offerId": till.offer})).await.refused(409, "offer_closed");
}

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

#[tokio::test]
async fn an_expired_hold_gives_back_points_and_limits_though_no_worker_runs() {
    let mut offer = haircut();
    offer["perResident"] = json!({"count": 1, "span": "month"});
    offer["perDay"] = json!(1);
    let mut till = Till::open_with(Options { roles_apart: true, ..Options::default() }, offer).await;
    let wang = till.customer("wang", 1).await;
    let li = till.customer("li", 1).await;
    // Of PostgreSQL's processes the last one is the worker; SQLite's only one does its work, too, perhaps.
    if till.stage.town.engine == Engine::Postgres {
        till.stage.town.drain().await;
        till.stage.town.processes.last_mut().expect("a worker").kill();
        till.stage.town.processes.pop();
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

    // The next touch takes what came back, and no more.
    let next = till.held(&li, "A-3").await;
    till.take(&till.code(&wang).await, "A-4").await.refused(409, "offer_used_up");
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

#[tokio::test]
async fn two_members_of_a_household_spend_one_account() {
    let till = Till::open().await;
    let town = &till.stage.town;
    till.policy(json!({"accountHolder": "household"})).await;
    let household = town.household(&town.world.group1, "LW-1").await;
    let wang = town.resident("wang", &town.world.group1, Some(&household)).await;
    let mei = town.resident("mei", &town.world.group1, Some(&household)).await;
    till.award(&wang, 1).await;
    let available = async |who: &Actor| {
        let account = who.get("me/account").await.expect(200);
        let purse = account["accounts"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|a| a["holder"] == "household")
            .cloned();
        text(&purse.unwrap_or_default()["redeemable"]["available"])
    };
    assert_eq!(available(&mei).await, "5.00");
    let held = till.held(&mei, "A-1").await;
    till.take(&till.code(&wang).await, "A-2").await.refused(409, "balance_exceeded");
    // What a member buys is the member's matter.
    step_of(&wang, &held, "decline").await.refused(404, "redemption_not_found");
    assert_eq!(step_of(&mei, &held, "decline").await.expect(200)["state"], "declined");
    let sold = till.sold(&wang, "A-3").await;
    assert_eq!((available(&wang).await, available(&mei).await), ("0.00".to_owned(), "0.00".to_owned()));
    till.void(&text(&sold["id"])).await.expect(200);
    assert_eq!(available(&mei).await, "5.00");
    town.verify().await;
}

#[tokio::test]
async fn a_sale_is_voided_within_the_window_with_a_reason_once() {
    let mut offer = haircut();
    offer["perResident"] = json!({"count": 1, "span": "all"});
    let till = Till::open_with(Options { roles_apart: true, ..Options::default() }, offer).await;
    let wang = till.customer("wang", 2).await;
    let held = till.held(&wang, "A-1").await;
    till.void(&held).await.refused(409, "redemption_not_captured");
    till.step(&held, "confirm").await.expect(200);
    till.take(&till.code(&wang).await, "A-2").await.refused(409, "offer_used_up");
    till.clerk
        .post(&format!("redemptions/{held}/void"), json!({"reason": " "}))
        .await
        .refused(422, "invalid");
    let voided = till.void(&held).await.expect(200);
    assert_eq!((&voided["state"], &voided["voidReason"]), (&json!("voided"), &json!("顾客退货")));
    assert!(voided["voidReceipt"].is_string() && voided["receipt"].is_string());
    assert_eq!(till.void(&held).await.expect(200), voided, "a void is done once");
    till.step(&held, "confirm").await.refused(409, "redemption_settled");
    assert_eq!(redeemable(&wang).await, 2 * COSTS);
    let seen = wang.get(&format!("redemptions/{held}")).await.expect(200);
    assert_eq!((&seen["state"], &seen["voidReason"]), (&json!("voided"), &json!("顾客退货")));
    assert_eq!(wang.get("inbox").await.expect(200)["items"][0]["kind"], "redemption_voided");

    // The limit was given back; an hour later the window is closed, where the unit says one hour.
    till.policy(json!({"voidWithinH": 1})).await;
    let sold = text(&till.sold(&wang, "A-3").await["id"]);
    till.stage.town.set_clock(&after(3_600)).await;
    let late = Till { clerk: till.stage.town.clerk_again("till-1").await, ..till };
    late.void(&sold).await.refused(409, "void_too_late");
    late.stage.town.verify().await;
}

#[tokio::test]
async fn one_order_number_is_one_sale() {
    let till = Till::open().await;
    let (wang, li) = (till.customer("wang", 2).await, till.customer("li", 1).await);
    let held = till.held(&wang, "20260302-0001").await;
    till.take(&till.code(&li).await, "20260302-0001").await.refused(409, "order_taken");
    let again = till.code(&wang).await;
    till.take(&again, "20260302-0001").await.refused(409, "order_taken");
    // The refused code was not used up.
    till.take(&again, "20260302-0002").await.expect(201);
    let found = till.clerk.get("redemptions/by-order/20260302-0001").await.expect(200);
    assert_eq!(found["id"], held.as_str());
    // Another shop counts for itself.
    let rival = till.stage.town.shop("rival", &till.stage.town.world.village).await;
    let theirs = till.stage.town.offer(&rival, haircut()).await;
    let shown = code(&li, json!({"offerId": theirs})).await;
    take(&rival.owner, &shown, &theirs, "20260302-0001").await.expect(201);
    till.take("JS1.AAAAAAAAAAAAAAAAAAAAAA", "A 1").await.refused(422, "invalid");
    till.clerk.get("redemptions/by-order/A%201").await.refused(404, "redemption_not_found");
    let ids = async |query: &str| {
        let page = till.clerk.get(&format!("redemptions?{query}")).await.expect(200);
        let ids: Vec<String> =
            page["items"].as_array().into_iter().flatten().map(|i| text(&i["orderNo"])).collect();
        (ids, page["nextCursor"].as_str().map(str::to_owned))
    };
    let (first, next) = ids("limit=1").await;
    assert_eq!(first, ["20260302-0002"]);
    let (second, end) = ids(&format!("limit=1&cursor={}", next.expect("a second page"))).await;
    assert_eq!((second, end), (vec!["20260302-0001".to_owned()], None));
    assert_eq!(ids(&format!("day={TODAY}&state=held")).await.0.len(), 2);
    assert_eq!(ids("day=2026-03-01").await.0.len(), 0);
    till.stage.town.verify().await;
}

#[tokio::test]
async fn wrong_typed_codes_are_limited_exactly_and_right_ones_are_not_counted() {
    let till = Till::open().await;
    let wang = till.customer("wang", 3).await;
    let typed = async || code(&wang, json!({"merchantId": till.shop.id, "typed": true})).await;
    let guess = |n: u64| {
        let (clerk, offer) = (till.clerk.clone(), till.offer.clone());
        async move { take(&clerk, &luhn(n), &offer, &format!("G-{n}")).await }
    };
    // Right ones and malformed ones do not count; a right one that cannot be paid is no guess either.
    for order in ["A-1", "A-2", "A-3"] {
        till.take(&typed().await, order).await.expect(201);
    }
    till.take(&typed().await, "A-4").await.refused(409, "balance_exceeded");
    till.take("12345678901", "A-5").await.refused(404, "code_unknown");
    let told = async |answers: Vec<tests::Answer>| {
        let of = |status| answers.iter().filter(|a| a.status == status).count();
        (of(404), of(429))
    };
    assert_eq!(told(at_once((0..16).map(guess)).await).await, (10, 6));
    let refused = guess(16).await;
    refused.refused(429, "code_too_many_wrong");
    assert_eq!(refused.header("retry-after"), "600");
    // Scanning goes on, and so does what was sold before; another shop has its own count.
    till.award(&wang, 1).await;
    let shown = till.code(&wang).await;
    till.take(&shown, "A-6").await.expect(201);
    till.take(&typed().await, "A-7").await.refused(429, "code_too_many_wrong");
    let rival = till.stage.town.shop("rival", &till.stage.town.world.village).await;
    let theirs = till.stage.town.offer(&rival, haircut()).await;
    take(&rival.owner, &luhn(1), &theirs, "B-1").await.refused(404, "code_unknown");
    // Four more windows, and the day is used up.
    let mut clerk = till.clerk.clone();
    for window in 1..=5 {
        till.stage.town.set_clock(&after(600 * window)).await;
        clerk = till.stage.town.clerk_again("till-1").await;
        let answers = at_once((0..16).map(|n| {
            let (clerk, offer) = (clerk.clone(), till.offer.clone());
            async move { take(&clerk, &luhn(n), &offer, "G").await }
        }))
        .await;
        assert_eq!(told(answers).await, if window < 5 { (10, 6) } else { (0, 16) }, "window {window}");
    }
    let refused = take(&clerk, &luhn(7), &till.offer, "G").await;
    // At ten minutes to eleven in Shanghai there are thirteen hours and ten minutes left of the day.
    assert_eq!(refused.header("retry-after"), (13 * 3_600 + 600).to_string());
    till.stage.town.verify().await;
}

/// Eleven digits with the right check digit.
fn luhn(n: u64) -> String {
    let body = format!("{n:010}");
    let digits = body.bytes().rev().map(|b| u32::from(b - b'0')).enumerate();
    let sum: u32 = digits.map(|(i, d)| if i % 2 == 0 { d * 2 / 10 + d * 2 % 10 } else { d }).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

#[tokio::test]
async fn who_does_not_take_part_sells_nothing_and_nobody_takes_the_own_code() {
    let till = Till::open().await;
    let town = &till.stage.town;
    let wang = till.customer("wang", 3).await;
    // The same WeChat account stands at the till.
    let himself = town.applicant("wang").await;
    let body = json!({"clerkId": himself.id, "role": "clerk"});
    till.shop.owner.post("merchant/staff", body).await.expect(201);
    town.drain().await;
    let own = till.code(&wang).await;
    take(&himself, &own, &till.offer, "A-1").await.refused(403, "own_code");
    till.take(&own, "A-1").await.expect(201);

    let sold = text(&till.sold(&wang, "A-2").await["id"]);
    let held = till.held(&wang, "A-3").await;
    let shown = till.code(&wang).await;
    let suspend = format!("staff/merchants/{}/suspend", till.shop.id);
    town.ops.post(&suspend, json!({"reason": "收到投诉，核实中"})).await.expect(200);
    till.take(&shown, "A-4").await.refused(409, "shop_not_approved");
    till.step(&held, "confirm").await.refused(409, "shop_not_approved");
    wang.post("redemption-codes", json!({"offerId": till.offer})).await.refused(404, "offer_not_found");
    let typed = json!({"merchantId": till.shop.id, "typed": true});
    wang.post("redemption-codes", typed).await.refused(404, "shop_not_found");
    // What gives points back is open to it.
    till.step(&held, "cancel").await.expect(200);
    till.void(&sold).await.expect(200);
    town.applicant("nobody")
        .await
        .post("redemptions", sale(&shown, &till.offer, "X-1"))
        .await
        .refused(404, "no_shop");
    town.verify().await;
}

#[tokio::test]
async fn a_receipt_is_verified_by_the_public_keys_and_an_edited_one_is_not() {
    let till = Till::open().await;
    let wang = till.customer("wang", 1).await;
    let sold = till.sold(&wang, "A-1").await;
    let id = text(&sold["id"]);
    let voided = till.void(&id).await.expect(200);
    let keys = till.clerk.get("/.well-known/jwks.json").await.expect(200);
    for (receipt, voided_at) in [(&voided["receipt"], Value::Null), (&voided["voidReceipt"], json!(START))] {
        let receipt = text(receipt);
        let (header, claims) = verified(&receipt, &keys).expect("the receipt is good");
        assert_eq!((&header["typ"], &header["alg"]), (&json!("receipt+jwt"), &json!("EdDSA")));
        assert_eq!(claims["voidedAt"], voided_at);
        for (claim, value) in [
            ("iss", "yunxi"),
            ("redemption", id.as_str()),
            ("shop", till.shop.id.as_str()),
            ("offer", till.offer.as_str()),
            ("orderNo", "A-1"),
            ("listPrice", "35.00"),
            ("price", "30.00"),
            ("points", "5.00"),
            ("capturedAt", START),
        ] {
            assert_eq!(claims[claim], value, "{claim}");
        }
        for at in (0..receipt.len()).step_by(7) {
            let mut edited = receipt.clone().into_bytes();
            edited[at] = if edited[at] == b'A' { b'B' } else { b'A' };
            let edited = String::from_utf8(edited).expect("ASCII");
            assert!(verified(&edited, &keys).is_none(), "byte {at}");
        }
        // It is nobody's ticket.
        let mut forger = till.clerk.clone();
        forger.token = Some(receipt);
        forger.get("redemptions").await.refused(401, "token_invalid");
    }
    assert_eq!(sold["receipt"], voided["receipt"]);
}

/// Header and claims of a compact JWS that one of these keys signed.
fn verified(token: &str, keys: &Value) -> Option<(Value, Value)> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let part = |text: &str| serde_json::from_slice::<Value>(&jsonwebtoken_part(text)?).ok();
    let header = part(header)?;
    let key = keys["keys"].as_array()?.iter().find(|key| key["kid"] == header["kid"])?;
    let key = DecodingKey::from_ed_components(key["x"].as_str()?).ok()?;
    let good = jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &key, Algorithm::EdDSA).ok()?;
    if good { Some((header, part(claims)?)) } else { None }
}

fn jsonwebtoken_part(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()
}

#[tokio::test]
async fn a_shop_sees_its_figures_by_day_week_and_month_and_takes_them_home() {
    let till = Till::open().await;
    let (wang, li) = (till.customer("wang", 3).await, till.customer("li", 2).await);
    till.sold(&wang, "A-1").await;
    till.sold(&wang, "A-2").await;
    let voided = text(&till.sold(&li, "A-3").await["id"]);
    till.void(&voided).await.expect(200);
    till.held(&li, "A-4").await;
    // The next day, which is also the next local day: 2026-03-03.
    till.stage.town.set_clock("2026-03-03T02:00:00Z").await;
    let till = Till {
        clerk: till.stage.town.clerk_again("till-1").await,
        shop: tests::market::Shop {
            owner: till.stage.town.applicant("lily").await,
            id: till.shop.id.clone(),
        },
        ..till
    };
    let (wang, li) = (till.stage.town.guest("wang").await, till.stage.town.guest("li").await);
    till.sold(&wang, "A-5").await;
    till.sold(&li, "A-6").await;
    let owner = &till.shop.owner;
    let figures = owner.get("figures?from=2026-03-01&until=2026-03-03").await.expect(200);
    let sold = |at: &Value| {
        ["redemptions", "customers", "newCustomers", "returningCustomers"]
            .map(|key| at[key].as_i64().unwrap_or(-1))
    };
    let periods: Vec<_> = figures["periods"].as_array().into_iter().flatten().map(sold).collect();
    assert_eq!(periods, [[0, 0, 0, 0], [2, 1, 1, 0], [2, 2, 1, 1]], "{figures}");
    assert_eq!(sold(&figures["inAll"]), [4, 2, 2, 0]);
    let all = &figures["inAll"];
    assert_eq!(
        (&all["points"], &all["cash"], &all["saved"]),
        (&json!("20.00"), &json!("120.00"), &json!("20.00"))
    );
    for (by, from, until) in [("week", "2026-03-02", "2026-03-08"), ("month", "2026-03-01", "2026-03-31")] {
        let figures = owner.get(&format!("figures?from={TODAY}&until={TODAY}&by={by}")).await.expect(200);
        assert_eq!((&figures["from"], &figures["until"]), (&json!(from), &json!(until)));
        assert_eq!(
            (sold(&figures["periods"][0]), sold(&figures["inAll"])),
            ([4, 2, 2, 0], [4, 2, 2, 0]),
            "{figures}"
        );
    }
    assert_eq!(owner.get("figures").await.expect(200)["periods"].as_array().map(Vec::len), Some(30));
    let export = owner.get("figures/export?by=week").await;
    assert!(export.status == 200 && export.bytes.starts_with(b"PK"));
    assert!(
        export.header("content-disposition").contains("figures-week-"),
        "{}",
        export.header("content-disposition")
    );
    for path in ["figures", "figures/export"] {
        till.clerk.get(path).await.refused(403, "forbidden");
        owner.get(&format!("{path}?from=2026-03-02&until=2026-03-01")).await.refused(422, "invalid");
        owner.get(&format!("{path}?from=2024-01-01&until=2026-03-01")).await.refused(422, "invalid");
    }
    till.stage.town.verify().await;
}
