//! Codes, redemptions, figures and thanks in both matrices.

use serde_json::{Value, json};
use tests::market::{Shop, haircut};
use tests::town::{TODAY, text};
use tests::{Actor, Town};

use super::till::{self, row};
use super::{Row, runner};
use crate::till as at_till;

/// What a till does.
pub fn till() -> Vec<Row> {
    let sale = json!({"code": "{newcode}", "offerId": "{cheap}", "orderNo": "{neworder}"});
    let unknown =
        json!({"code": "JS1.pXJ2mBWnUZ4gJhW0uHj1Zw", "offerId": "{cheap}", "orderNo": "20260302-0017"});
    vec![
        row("GET", "/v1/redemptions", "redemptions", "??? .++ oo?"),
        // Another shop has no such offer; a suspended shop does not sell.
        row("POST", "/v1/redemptions", "redemptions", "??? .++ .b?").json(sale),
        row("POST", "/v1/redemptions", "redemptions", "??? ... .b?").json(unknown),
        row("GET", "/v1/redemptions/by-order/{orderNo}", "redemptions/by-order/{order}", "??? .++ ..?"),
        row("GET", "/v1/redemptions/{id}", "redemptions/{redemption}", "??? .++ ..?"),
        // A suspended shop is told so before it is looked whose the redemption is; what gives points back is open to it.
        row("POST", "/v1/redemptions/{id}/confirm", "redemptions/{newheld}/confirm", "??? .++ .b?"),
        row("POST", "/v1/redemptions/{id}/cancel", "redemptions/{newheld}/cancel", "??? .++ ..?"),
        row("POST", "/v1/redemptions/{id}/void", "redemptions/{newsold}/void", "??? .++ ..?")
            .json(json!({"reason": "顾客退货"})),
        row("GET", "/v1/figures", "figures?from=2026-03-01&until=2026-03-02", "??? .x+ ox?"),
        row("GET", "/v1/figures/export", "figures/export?from=2026-03-01&until=2026-03-02", "??? .x+ ox?"),
        row("GET", "/v1/thanks", "thanks", "??? .++ ++?"),
    ]
}

/// What a customer does.
pub fn customer() -> Vec<Row> {
    let row = super::row;
    vec![
        row("POST", "/v1/redemption-codes", "redemption-codes", "?x+++ xxxxxx ??").json(json!({})),
        row("GET", "/v1/me/redemptions", "me/redemptions", "?x+oo xxxxxx ??"),
        row("GET", "/v1/redemptions/{id}", "redemptions/{redemption}", "?x+.. xxxxxx ??"),
        row("POST", "/v1/redemptions/{id}/approve", "redemptions/{newheld}/approve", "?x+.. xxxxxx ??"),
        row("POST", "/v1/redemptions/{id}/decline", "redemptions/{newheld}/decline", "?x+.. xxxxxx ??"),
    ]
}

/// An offer that hardly costs anything: whoever has points at all can pay it often.
fn cheap() -> Value {
    let mut offer = haircut();
    offer["points"] = json!("0.01");
    offer
}

/// Enters a claim for a resident and grants it.
async fn award(desk: &Actor, clerk: &Actor, resident: &str, item: &str) {
    let body = json!({"residentId": resident, "itemId": item, "dayOfAct": TODAY});
    let claim = text(&clerk.post("staff/claims", body).await.expect(201)["id"]);
    let path = crate::stage::claimed(desk, "claim", &claim).await;
    desk.post(&format!("{path}/decide"), crate::stage::grant()).await.expect(200);
}

/// A redemption of this resident that waits for the own tap, in a shop of its own.
pub async fn waiting(
    town: &Town,
    (desk, clerk): (&Actor, &Actor),
    resident: &Actor,
    item: &str,
    n: u32,
) -> String {
    let account = resident.get("me/account").await.expect(200);
    if account["accounts"][0]["redeemable"]["available"] == "0.00" {
        award(desk, clerk, &resident.id, item).await;
    }
    let shop = town.shop(&format!("seller-{n}"), &town.world.village).await;
    let offer = town.offer(&shop, cheap()).await;
    let code = at_till::code(resident, json!({})).await;
    text(&at_till::take(&shop.owner, &code, &offer, &format!("M-{n}")).await.expect(201)["id"])
}

/// The customer of the merchant service's matrix, who has points.
async fn customer_of(town: &Town) -> Actor {
    let customer = town.guest("customer").await;
    if customer.get("me").await.expect(200)["resident"].is_object() {
        return customer;
    }
    let (district, village, group) = (&town.world.district, &town.world.village, &town.world.group1);
    town.adopt(district, "sample-composed").await;
    let desk = town.appoint("granter", "secretary", village).await;
    let clerk = town.appoint("enterer", "grid_worker", village).await;
    let customer = town.resident("customer", group, None).await;
    award(&desk, &clerk, &customer.id, &town.item(group, "CMP-011").await).await;
    customer
}

/// The objects of the till's rows.
pub async fn object(town: &Town, shop: &Shop, kind: &str, n: u32) -> String {
    // The cheap offer of the shop is made once for all of them.
    let offer = async || {
        let found = shop.owner.get("offers?limit=100").await.expect(200);
        let known = found["items"].as_array().into_iter().flatten().find(|o| o["points"] == "0.01").cloned();
        match known {
            Some(offer) => text(&offer["id"]),
            None => town.offer(shop, cheap()).await,
        }
    };
    let order = format!("M-{n}");
    let code = async || at_till::code(&customer_of(town).await, json!({"offerId": offer().await})).await;
    let held = async || {
        let taken = at_till::take(&shop.owner, &code().await, &offer().await, &order).await;
        text(&taken.expect(201)["id"])
    };
    match kind {
        "cheap" => offer().await,
        "newcode" => code().await,
        "neworder" => order,
        "redemption" | "newheld" => held().await,
        "order" => {
            held().await;
            order
        }
        "newsold" => {
            let id = held().await;
            at_till::step_of(&shop.owner, &id, "confirm").await.expect(200);
            id
        }
        other => panic!("nothing is called {other}"),
    }
}

#[tokio::test]
async fn a_till_sells_for_its_own_shop_only() {
    till::check(till()).await;
}

#[tokio::test]
async fn a_customer_decides_on_the_own_redemptions_only() {
    runner::check(customer()).await;
}
