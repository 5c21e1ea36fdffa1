//! Codes, redemptions, figures and thanks in the matrix of the merchant service.

use serde_json::json;
use tests::Town;
use tests::market::Shop;

use super::Row;
use super::scene::nothing;
use super::till::{check, row};

/// What a till does. The redemption is nobody's: whose it is tells `redemptions`.
pub fn till() -> Vec<Row> {
    let sale =
        json!({"code": "JS1.pXJ2mBWnUZ4gJhW0uHj1Zw", "offerId": "{offer}", "orderNo": "20260302-0017"});
    vec![
        row("GET", "/v1/redemptions", "redemptions", "??? .++ ++?"),
        // A code of nothing: allowed, and there is no such code. Of another shop's offer there is none; a suspended shop does not sell.
        row("POST", "/v1/redemptions", "redemptions", "??? ... .b?").json(sale),
        row("GET", "/v1/redemptions/by-order/{orderNo}", "redemptions/by-order/NONE-1", "??? ... ..?"),
        row("GET", "/v1/redemptions/{id}", "redemptions/{redemption}", "??? ... ..?"),
        row("POST", "/v1/redemptions/{id}/confirm", "redemptions/{redemption}/confirm", "??? ... ..?"),
        row("POST", "/v1/redemptions/{id}/cancel", "redemptions/{redemption}/cancel", "??? ... ..?"),
        row("POST", "/v1/redemptions/{id}/void", "redemptions/{redemption}/void", "??? ... ..?")
            .json(json!({"reason": "顾客退货"})),
        row("GET", "/v1/figures", "figures?from=2026-03-01&until=2026-03-02", "??? .++ ++?"),
        row(
            "GET",
            "/v1/figures/export",
            "figures/export?from=2026-03-01&until=2026-03-02",
            "??? .++ ++?",
        ),
        row("GET", "/v1/thanks", "thanks", "??? .++ ++?"),
    ]
}

/// The objects of these rows.
pub async fn object(_: &Town, _: &Shop, kind: &str, _: u32) -> String {
    match kind {
        "redemption" => nothing("rdm"),
        other => panic!("nothing is called {other}"),
    }
}

#[tokio::test]
async fn a_till_sells_for_its_own_shop_only() {
    check(till()).await;
}
