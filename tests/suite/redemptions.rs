//! Redemptions: from the code on a phone to what has become of it on both sides, and who may do what.

use serde_json::json;
use tests::market::{haircut, post_empty};
use tests::town::{START, TODAY, text};
use tests::{Actor, Options};

use crate::stage::redeemable;
use crate::till::{COSTS, Till, after, code, sale, step_of, take};

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
