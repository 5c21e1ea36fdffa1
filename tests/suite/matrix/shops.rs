//! Shops and offers at the resident API: what everybody reads, and what the desk decides.

use serde_json::json;

use super::runner::check;
use super::{Row, row};

/// What is public.
pub fn open() -> Vec<Row> {
    vec![
        row("GET", "/v1/merchants", "merchants?unit={village}", "+++++ ++++++ ++"),
        row("GET", "/v1/merchants/{id}", "merchants/{shop}", "+++++ ++++++ ++"),
        row("GET", "/v1/merchants/{id}", "merchants/{newapplying}", "..... ...... .."),
        row("GET", "/v1/offers", "offers?unit={village}", "+++++ ++++++ ++"),
        row("GET", "/v1/offers/{id}", "offers/{offer}", "+++++ ++++++ ++"),
        row("GET", "/v1/offers/{id}", "offers/{newoffer}", "..... ...... .."),
        // BQ-14: a resident thanks a shop.
        row("POST", "/v1/merchants/{id}/thanks", "merchants/{shop}/thanks", "?x+++ xxxxxx ??")
            .json(json!({"words": ["warm"]})),
        row("POST", "/v1/merchants/{id}/thanks", "merchants/{newapplying}/thanks", "?x... xxxxxx ??")
            .json(json!({"words": ["warm"]})),
    ]
}

/// What the desk reads and decides.
pub fn desk() -> Vec<Row> {
    let reason = json!({"reason": "资料不全"});
    vec![
        row("GET", "/v1/staff/merchants", "staff/merchants?unit={village}", "?xxxx +++++. ??"),
        row("GET", "/v1/staff/merchants", "staff/merchants", "?xxxx +++++o ??"),
        row(
            "POST",
            "/v1/staff/merchants/{id}/approve",
            "staff/merchants/{newapplying}/approve",
            "?xxxx x+xx+. ??",
        )
        .version("v1"),
        row(
            "POST",
            "/v1/staff/merchants/{id}/reject",
            "staff/merchants/{newapplying}/reject",
            "?xxxx x+xx+. ??",
        )
        .json(reason.clone()),
        row(
            "POST",
            "/v1/staff/merchants/{id}/suspend",
            "staff/merchants/{newshop}/suspend",
            "?xxxx x+xx+. ??",
        )
        .json(reason),
        row(
            "POST",
            "/v1/staff/merchants/{id}/resume",
            "staff/merchants/{newsuspended}/resume",
            "?xxxx x+xx+. ??",
        ),
        row("GET", "/v1/staff/offers", "staff/offers?unit={village}", "?xxxx +++++. ??"),
        row("GET", "/v1/staff/offers", "staff/offers", "?xxxx +++++o ??"),
        row("POST", "/v1/staff/offers/{id}/decide", "staff/offers/{newoffer}/decide", "?xxxx x+xx+. ??")
            .json(json!({"decision": "publish"}))
            .version("v1"),
    ]
}

#[tokio::test]
async fn everybody_reads_shops_and_the_desk_decides_on_them() {
    check([open(), desk()].concat()).await;
}
