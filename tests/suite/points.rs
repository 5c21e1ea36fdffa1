//! Where every point went: what the history of a person's points says of a sale. (What it says of an award is in `claims`.)

use serde_json::{Value, json};
use tests::Actor;
use tests::town::text;

use crate::till::{COSTS, Till};

/// Mode, amount and what was bought, newest first, without the awards.
async fn sales(who: &Actor) -> Vec<(String, String, Value)> {
    let page = who.get("me/transfers").await.expect(200);
    let changes = page["items"].as_array().cloned().unwrap_or_default().into_iter();
    let of_sales = changes.filter(|c| c["claim"].is_null());
    of_sales.map(|c| (text(&c["mode"]), text(&c["amount"]), c["sale"].clone())).collect()
}

#[tokio::test]
async fn every_change_by_a_sale_names_the_shop_and_what_was_bought() {
    let till = Till::open().await;
    let wang = till.customer("wang", 2).await;
    let id = text(&till.sold(&wang, "A-1").await["id"]);
    till.void(&id).await.expect(200);
    let shop = text(&till.clerk.get("merchant").await.expect(200)["name"]);
    let bought = json!({"redemptionId": id, "shopName": shop, "offerTitle": "男士理发", "boughtBy": null});
    let costs = format!("{}.00", COSTS / 100);
    let line = |mode: &str, sign: &str| (mode.to_owned(), format!("{sign}{costs}"), bought.clone());
    assert_eq!(sales(&wang).await, [line("posted", ""), line("post", "-"), line("pending", "-")]);
}

#[tokio::test]
async fn on_a_household_account_a_sale_names_the_member_who_bought() {
    let till = Till::open().await;
    let town = &till.stage.town;
    till.policy(json!({"accountHolder": "household"})).await;
    let household = town.household(&town.world.group1, "LW-1").await;
    let wang = town.resident("wang", &town.world.group1, Some(&household)).await;
    let zhao = town.resident("zhao", &town.world.group1, Some(&household)).await;
    till.award(&wang, 1).await;
    zhao.put("me", json!({"nickname": "小赵"})).await.expect(200);
    till.sold(&zhao, "A-1").await;
    let seen = sales(&wang).await;
    let by: Vec<&Value> = seen.iter().map(|(_, _, sale)| &sale["boughtBy"]).collect();
    assert_eq!(by, ["小赵", "小赵"], "{seen:?}");
}
