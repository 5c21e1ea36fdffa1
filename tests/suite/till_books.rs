//! What a shop takes home: receipts that anybody can check, and figures.

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Value, json};
use tests::town::{START, TODAY, text};

use crate::till::Till;

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
